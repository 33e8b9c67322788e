/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What spatch 1.1.1 cannot parse by itself, for its option --macro-file. It stops at the
 * end of the function otherwise, and says nothing of what is in there.
 */

/* linux/cleanup.h, since 6.6; guard(…)(…); parses as a call of what a call returns. */
#define scoped_guard YACFE_ITERATOR
#define scoped_cond_guard YACFE_ITERATOR
#define __free(function)
