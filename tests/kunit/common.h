/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites share: zones that go away with their test case, whatever way
 * that ends, and contexts to call from.
 *
 * A zone made by labyrinth_test_zone() is checked once more when its case ends:
 * its books must balance, page by page, whatever the case was about.
 */
#ifndef LABYRINTH_TESTS_COMMON_H
#define LABYRINTH_TESTS_COMMON_H

#include <kunit/test.h>
#include <linux/iopoll.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/time64.h>

#include "../../src/internal.h"

/* No wait for a worker is longer; none is expected to be nearly as long. */
#define LABYRINTH_TEST_PATIENCE_S	10

static inline bool labyrinth_test_identity(bool met)
{
	return met;
}

/* Wait for process context to bring something about; false: it did not. */
#define labyrinth_test_wait(condition)						\
({										\
	bool met__;								\
										\
	!read_poll_timeout(labyrinth_test_identity, met__, met__,		\
			   10 * USEC_PER_MSEC,					\
			   LABYRINTH_TEST_PATIENCE_S * USEC_PER_SEC, false,	\
			   condition);						\
})

/* A zone named "kunit" with these parameters; the case fails if there is none. */
#define labyrinth_test_zone(test, ...)						\
	labyrinth_test_zone_make(test, &(const struct labyrinth_zone_params) {	\
		.name = "kunit", .node = NUMA_NO_NODE, __VA_ARGS__		\
	})

struct labyrinth_zone *
labyrinth_test_zone_make(struct kunit *test,
			 const struct labyrinth_zone_params *params);
int labyrinth_test_zone_destroy(struct kunit *test, struct labyrinth_zone *zone);
/* Free a page behind the zone's back, as no consumer should. */
void labyrinth_test_steal(struct kunit *test, struct labyrinth_zone *zone,
			  struct page *page);
void labyrinth_test_books(struct kunit *test, struct labyrinth_zone *zone);
struct labyrinth_stats labyrinth_test_stats(struct labyrinth_zone *zone);

/* Nothing but the reserve can serve from now on: no cached page, no system. */
void labyrinth_test_cut_off(struct labyrinth_zone *zone);
void labyrinth_test_reconnect(struct labyrinth_zone *zone);

/* Up to @nr pages, stopping at the first NULL. Returns how many. */
unsigned int labyrinth_test_take(struct labyrinth_zone *zone,
				 labyrinth_quality_t quality,
				 struct page **pages, unsigned int nr);
/* One page or fragment more or less, out of the sight of the compiler's own checks. */
struct page *labyrinth_test_alloc(struct labyrinth_zone *zone,
				  labyrinth_quality_t quality);
void labyrinth_test_free(struct labyrinth_zone *zone, struct page *page);
void labyrinth_test_free_address(struct labyrinth_zone *zone, const void *address);
void *labyrinth_test_frag(struct labyrinth_zone *zone, unsigned int size,
			  unsigned int align, labyrinth_quality_t quality);
void labyrinth_test_frag_free(struct labyrinth_zone *zone, const void *addr);
struct page **labyrinth_test_pages(struct kunit *test, unsigned int nr);

/* Memory that is given to kvfree() when the case ends. */
void labyrinth_test_keep(struct kunit *test, void *memory);

/* A ticket that is released when its case ends, whatever the case has done. */
struct labyrinth_ticket *labyrinth_test_ticket_new(struct kunit *test);
/* The same with @nr pages, which are there now; the case fails if not. */
struct labyrinth_ticket *labyrinth_test_ticket(struct kunit *test,
					       struct labyrinth_zone *zone,
					       unsigned int nr);
/* Up to @nr pages, stopping at the first NULL. Returns how many. */
unsigned int labyrinth_test_ticket_take(struct labyrinth_ticket *ticket,
					labyrinth_quality_t quality,
					struct page **pages, unsigned int nr);

/* The descriptor of @page as the registry's table has it, or NULL. */
struct labyrinth_desc *labyrinth_test_desc(struct labyrinth_zone *zone,
					   const struct page *page);
/* One whose page is in this state, LABYRINTH_DESC_*, or NULL. */
struct labyrinth_desc *labyrinth_test_desc_in(struct labyrinth_zone *zone, u32 state);
unsigned int labyrinth_test_live(struct labyrinth_zone *zone);
bool labyrinth_test_is_filled(const struct page *page, unsigned int order, u8 byte);

/* Is @page idle in the zone, where it can be handed out again? */
static inline bool labyrinth_test_is_idle(struct labyrinth_zone *zone,
					  const struct page *page)
{
	struct labyrinth_desc *desc = labyrinth_test_desc(zone, page);

	return desc && READ_ONCE(desc->state) == LABYRINTH_DESC_IDLE;
}

static inline bool labyrinth_test_is_live(struct labyrinth_zone *zone,
					  const struct page *page)
{
	struct labyrinth_desc *desc = labyrinth_test_desc(zone, page);

	return desc && (READ_ONCE(desc->state) & LABYRINTH_DESC_LIVE);
}

static inline bool labyrinth_test_is_latched(struct labyrinth_zone *zone)
{
	return test_bit(LABYRINTH_ZONE_LATCHED, &zone->state);
}

/* Whose page the reserve hands out next. */
static inline struct labyrinth_desc *labyrinth_test_reserve_top(struct labyrinth_zone *zone)
{
	return labyrinth_at(zone->table,
			    labyrinth_head_place(atomic64_read(&zone->reserve.head)));
}

/* A mark that the buddy allocator takes back without complaint. */
static inline void labyrinth_test_mark(struct page *page)
{
	folio_set_referenced(page_folio(page));
}

static inline void labyrinth_test_unmark(struct page *page)
{
	folio_clear_referenced(page_folio(page));
}

/* Call a function in a hard interrupt, or where in_nmi() says yes. */
void labyrinth_test_in_hardirq(void (*fn)(void *arg), void *arg);
void labyrinth_test_in_nmi(void (*fn)(void *arg), void *arg);

/* What user space sees. Reading returns a negative error, else the length. */
bool labyrinth_test_file_exists(const char *path);
int labyrinth_test_file_read(const char *path, char *buffer, size_t size);
int labyrinth_test_seq_read(const char *path, char *buffer, size_t size);
int labyrinth_test_file_write(const char *path, const char *text);
int labyrinth_test_module_refcount(void);

#endif /* LABYRINTH_TESTS_COMMON_H */
