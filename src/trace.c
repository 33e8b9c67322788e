// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints themselves; see trace/events/labyrinth.h.
 */
#define CREATE_TRACE_POINTS
#include <trace/events/labyrinth.h>
