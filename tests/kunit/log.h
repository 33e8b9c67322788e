/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites on the log share: ears for what the module prints, and call
 * sites with names of their own.
 */
#ifndef LABYRINTH_TESTS_LOG_H
#define LABYRINTH_TESTS_LOG_H

#include "common.h"

#define LINES	128U
#define LINE	512U

/**
 * struct ear - what the module has printed in this case
 * @tracepoint: through which it is heard; NULL: this kernel has none
 * @lock: for whoever prints
 * @nr: lines
 * @line: the lines
 * @hashed: a pointer that may be printed, hashed
 */
struct ear {
	struct tracepoint	*tracepoint;
	raw_spinlock_t		lock;
	unsigned int		nr;
	char			line[LINES][LINE];
	const void		*hashed;
};

extern struct ear heard;

/* A suite that listens has these four. */
int log_suite_init(struct kunit_suite *suite);
void log_suite_exit(struct kunit_suite *suite);
int log_init(struct kunit *test);
void log_exit(struct kunit *test);

unsigned int heard_lines(void);
/* Make room: what was printed so far is dealt with. */
void heard_forget(void);
bool has_address(const char *line);

/* How many lines have these parts in this order? */
unsigned int told_parts(const char * const *part);
#define told(...)	told_parts((const char * const []) { __VA_ARGS__, NULL })

/* "pfn 4711", with what comes next so that it is not the start of another. */
const char *pfn_text(const struct page *page, const char *then);

/*
 * Call sites, by the names that the log is to have. Each makes its call itself: no
 * tail call, nor is it one function with another that does just the same.
 */
struct page *taker(struct labyrinth_zone *zone, labyrinth_quality_t quality);
struct page *second_taker(struct labyrinth_zone *zone);
struct page *address_taker(struct labyrinth_zone *zone);
int bulk_taker(struct labyrinth_zone *zone, labyrinth_quality_t quality,
	       unsigned int nr, struct page **page);
void freer(struct labyrinth_zone *zone, struct page *page);
void second_freer(struct labyrinth_zone *zone, struct page *page);
void address_freer(struct labyrinth_zone *zone, const void *address);
void bulk_freer(struct labyrinth_zone *zone, unsigned int nr, struct page **page);

#endif /* LABYRINTH_TESTS_LOG_H */
