/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the bench share that are about Labyrinth only.
 */
#ifndef LABYRINTH_TESTS_BENCH_ZONE_H
#define LABYRINTH_TESTS_BENCH_ZONE_H

#include <linux/labyrinth.h>

#include "bench.h"

struct labyrinth_zone *bench_zone(struct labyrinth_zone_params params);
void bench_memory(void);

extern const struct bench_loop bench_zone_pair;
extern const struct bench_loop bench_zone_address;
extern const struct bench_loop bench_zone_bulk64;

/* zero.c */
u64 bench_zero_stock(struct labyrinth_zone *zone);
void bench_zero(void);

/* growth.c */
void bench_growth(void);

/* exhaust.c */
extern const struct bench_loop bench_exhausted_pair;
void bench_exhausted(void);

#endif /* LABYRINTH_TESTS_BENCH_ZONE_H */
