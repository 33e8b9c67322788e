// SPDX-License-Identifier: GPL-2.0
/*
 * Tickets: what was set aside is there, whatever else has failed, and nothing
 * else gets at it.
 */
#include <kunit/test.h>
#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define ZERO	LABYRINTH_QUALITY_ZERO
#define POISON	LABYRINTH_QUALITY_POISON
#define VERIFY	LABYRINTH_QUALITY_VERIFY
#define RESERVE	8U
#define NR	20U

/* --- n pages, and not one more --- */

struct zone_param {
	const char			*what;
	struct labyrinth_zone_params	params;
};

#define ZONE(...) { .name = "kunit", .node = NUMA_NO_NODE, .reserve = RESERVE, __VA_ARGS__ }

static const struct zone_param zone_params[] = {
	{ "cached", ZONE() },
	{ "no cache", ZONE(.cache = LABYRINTH_NO_CACHE) },
	{ "order 2", ZONE(.order = 2, .cache = 8) },
	{ "reserve first", ZONE(.policy = LABYRINTH_RESERVE_FIRST) },
	{ "reserve only", ZONE(.policy = LABYRINTH_RESERVE_ONLY) },
	{ "VERIFY", ZONE(.quality = LABYRINTH_QUALITY_VERIFY) },
	{ "ZERO", ZONE(.quality = LABYRINTH_QUALITY_ZERO) },
};

static void zone_desc(const struct zone_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(zone, zone_params, zone_desc);

static struct labyrinth_zone *zone_for(struct kunit *test)
{
	const struct zone_param *param = test->param_value;

	return param ? labyrinth_test_zone_make(test, &param->params) :
		       labyrinth_test_zone(test, .reserve = RESERVE);
}

/* The system gives nothing, the worker does nothing, and the reserve is gone. */
static void use_up(struct kunit *test, struct labyrinth_zone *zone)
{
	struct page *page[RESERVE];

	labyrinth_test_cut_off(zone);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE), RESERVE);
	KUNIT_ASSERT_NULL(test, labyrinth_test_alloc(zone, NONE));
}

static void expect_different(struct kunit *test, struct page **page, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		page[i]->private++;
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ_MSG(test, page[i]->private, 1, "page %u", i);
}

static void exactly_the_ticket_is_served_when_all_else_has_failed(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, NR);
	struct page *page[NR + 1];

	use_up(test, zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_ticket_take(ticket, NONE, page, NR + 1), NR);
	KUNIT_EXPECT_NULL(test, labyrinth_ticket_alloc(ticket, NONE));
	expect_different(test, page, NR);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_ticket, NR);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, RESERVE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).failed, 3);
	/* The reserve is what starves; whoever has a ticket cannot. */
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations, 1);
}

static void tickets_come_on_top_of_the_reserve(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page[RESERVE + 1];
	struct labyrinth_stats stats;

	labyrinth_test_ticket(test, zone, NR);
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.ticketed, NR);
	KUNIT_EXPECT_EQ(test, stats.reserve, RESERVE);
	KUNIT_EXPECT_EQ(test, stats.reserve_min_seen, RESERVE);
	KUNIT_EXPECT_EQ(test, stats.owned, RESERVE + NR);
	KUNIT_EXPECT_EQ(test, stats.live, 0);
	labyrinth_test_cut_off(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE + 1), RESERVE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, RESERVE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, NR);
}

/* So many idle pages in this CPU's cache, and nothing from the system any more. */
static void cache_some(struct kunit *test, struct labyrinth_zone *zone, unsigned int nr)
{
	struct page **page = labyrinth_test_pages(test, nr);

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, nr), nr);
	labyrinth_free_bulk(zone, nr, page);
	labyrinth_refill_flush(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_SYSTEM, 0), 0);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).cached, nr);
	KUNIT_ASSERT_EQ(test, labyrinth_reserve_lack(zone), 0);
}

/* There are pages enough, but only together with the reserve's. */
static void ticket_is_never_taken_out_of_the_reserve(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 64, .cache = 16);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);
	struct labyrinth_stats before, after;

	cache_some(test, zone, 5);
	before = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, 6, 0, ticket), -ENOMEM);
	labyrinth_refill_flush(zone);
	after = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, after.reserve, 64);
	KUNIT_EXPECT_EQ(test, after.reserve_min_seen, 64);
	KUNIT_EXPECT_EQ(test, after.cached, 5);
	KUNIT_EXPECT_EQ(test, after.ticketed, 0);
	KUNIT_EXPECT_EQ(test, after.owned, before.owned);
	KUNIT_EXPECT_EQ(test, after.returned, before.returned);
	KUNIT_EXPECT_EQ(test, after.misuse, 0);
}

static void idle_pages_serve_a_ticket_when_the_system_cannot(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4, .cache = 16);
	struct labyrinth_ticket *ticket;
	struct page *page[12];

	cache_some(test, zone, 12);
	ticket = labyrinth_test_ticket(test, zone, 12);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, 12);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 4);
	KUNIT_ASSERT_EQ(test, labyrinth_test_ticket_take(ticket, NONE, page, 12), 12);
	expect_different(test, page, 12);
}

/* What the reserve lacks is the worker's to bring, within max_pages. */
static void room_for_the_reserve_is_not_a_tickets_to_take(struct kunit *test)
{
	struct labyrinth_ticket *ticket;
	struct labyrinth_zone *zone;
	struct page *page[4];

	zone = labyrinth_test_zone(test, .reserve = 8, .max_pages = 16,
				   .cache = LABYRINTH_NO_CACHE);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	labyrinth_policy_set(zone, LABYRINTH_RESERVE_ONLY);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 4), 4);
	/* 8 are owned, 4 lacking: 4 are left for anybody, and no more. */
	labyrinth_test_ticket(test, zone, 4);
	ticket = labyrinth_test_ticket_new(test);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, 1, 0, ticket), -ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, 12);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, false);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
}

/* --- out of everybody's reach --- */

static void resize_to_one(struct labyrinth_zone *zone)
{
	labyrinth_zone_resize(zone, 1);
}

static void resize_up_and_down(struct labyrinth_zone *zone)
{
	labyrinth_zone_resize(zone, 10 * RESERVE);
	labyrinth_zone_resize(zone, RESERVE);
}

static void let_the_worker_work(struct labyrinth_zone *zone)
{
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	labyrinth_refill_flush(zone);
}

struct reach_param {
	const char	*what;
	void		(*fn)(struct labyrinth_zone *zone);
};

static const struct reach_param reach_params[] = {
	{ "resize to one page", resize_to_one },
	{ "resize up and down", resize_up_and_down },
	{ "trim", labyrinth_zone_trim },
	{ "the worker", let_the_worker_work },
};

static void reach_desc(const struct reach_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(reach, reach_params, reach_desc);

static void pages_of_a_ticket_are_out_of_reach(struct kunit *test)
{
	const struct reach_param *param = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, NR);
	struct page *page[NR + 1];

	param->fn(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, NR);
	labyrinth_test_books(test, zone);
	KUNIT_ASSERT_NOT_NULL(test, labyrinth_test_desc_in(zone, LABYRINTH_DESC_TICKET));
	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_ticket_take(ticket, NONE, page, NR + 1), NR);
	expect_different(test, page, NR);
}

static void page_of_a_ticket_cannot_be_freed(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 1);
	struct page *page = labyrinth_test_desc_in(zone, LABYRINTH_DESC_TICKET)->page;

	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, 1);
	KUNIT_EXPECT_PTR_EQ(test, labyrinth_ticket_alloc(ticket, NONE), page);
}

static void two_tickets_do_not_mix(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct labyrinth_ticket *one = labyrinth_test_ticket(test, zone, 7);
	struct labyrinth_ticket *two = labyrinth_test_ticket(test, zone, 5);
	struct page *page[7 + 5 + 1];

	use_up(test, zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_ticket_take(one, NONE, page, 8), 7);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, 5);
	labyrinth_ticket_release(one);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, 5);
	KUNIT_ASSERT_EQ(test, labyrinth_test_ticket_take(two, NONE, page + 7, 6), 5);
	expect_different(test, page, 12);
}

/* --- contexts --- */

static void in_task_context(void (*fn)(void *arg), void *arg)
{
	fn(arg);
}

static void with_interrupts_off(void (*fn)(void *arg), void *arg)
{
	unsigned long flags;

	local_irq_save(flags);
	fn(arg);
	local_irq_restore(flags);
}

struct context_param {
	const char	*what;
	void		(*call)(void (*fn)(void *arg), void *arg);
	u32		mask;	/* of what preempt_count() has there */
};

static const struct context_param context_params[] = {
	{ "task", in_task_context },
	{ "interrupts off", with_interrupts_off },
	{ "hard interrupt", labyrinth_test_in_hardirq, HARDIRQ_MASK },
	{ "NMI", labyrinth_test_in_nmi, NMI_MASK },
};

static void context_desc(const struct context_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(context, context_params, context_desc);

/**
 * struct taking - pages of a ticket, taken in another context
 * @ticket: the ticket
 * @page: the pages
 * @nr: how many
 */
struct taking {
	struct labyrinth_ticket	*ticket;
	struct page		*page[NR + 1];
	unsigned int		nr;
};

static void take_all(void *arg)
{
	struct taking *taking = arg;

	taking->nr = labyrinth_test_ticket_take(taking->ticket, NONE, taking->page, NR + 1);
}

static void ticket_serves_in_any_context(struct kunit *test)
{
	const struct context_param *param = test->param_value;
	struct taking *taking = kunit_kzalloc(test, sizeof(*taking), GFP_KERNEL);
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct labyrinth_desc *desc;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, taking);
	taking->ticket = labyrinth_test_ticket(test, zone, NR);
	use_up(test, zone);
	param->call(take_all, taking);
	KUNIT_ASSERT_EQ(test, taking->nr, NR);
	expect_different(test, taking->page, NR);
	for (i = 0; i < NR; i++) {
		desc = labyrinth_test_desc(zone, taking->page[i]);
		KUNIT_ASSERT_NOT_NULL(test, desc);
		KUNIT_EXPECT_EQ(test, desc->state, LABYRINTH_DESC_LIVE);
		KUNIT_EXPECT_EQ(test, !!(desc->context & (HARDIRQ_MASK | NMI_MASK)),
				!!param->mask);
		KUNIT_EXPECT_EQ(test, !!(desc->context & param->mask), !!param->mask);
	}
}

/* --- quality --- */

struct content_param {
	labyrinth_quality_t	zone;
	labyrinth_quality_t	call;
	u8			byte;
};

static const struct content_param content_params[] = {
	{ NONE, ZERO, 0 },
	{ NONE, POISON, 0x5d },
	{ ZERO, NONE, 0 },
	{ POISON, NONE, 0x5d },
	{ VERIFY, ZERO, 0 },
	{ VERIFY, POISON, 0x5d },
	{ VERIFY | ZERO, NONE, 0 },
	{ NONE, ZERO | LABYRINTH_QUALITY_NOWAIT | LABYRINTH_QUALITY_CL_ALIGN, 0 },
};

static void content_desc(const struct content_param *param, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "zone 0x%x, call 0x%x",
		 (__force unsigned int)param->zone, (__force unsigned int)param->call);
}

KUNIT_ARRAY_PARAM(content, content_params, content_desc);

/* The pages have been somebody's before. */
static void page_of_a_ticket_has_the_content_asked_for(struct kunit *test)
{
	const struct content_param *param = test->param_value;
	struct labyrinth_zone *zone;
	struct labyrinth_ticket *ticket;
	struct page *page[4];
	unsigned int i;

	zone = labyrinth_test_zone(test, .reserve = 2, .quality = param->zone,
				   .poison_pattern = 0x5d);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 4), 4);
	for (i = 0; i < 4; i++)
		memset(page_address(page[i]), 0xa5, PAGE_SIZE);
	labyrinth_free_bulk(zone, 4, page);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, true);
	ticket = labyrinth_test_ticket(test, zone, 4);
	KUNIT_ASSERT_EQ(test, labyrinth_test_ticket_take(ticket, param->call, page, 4), 4);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page[i], 0, param->byte));
}

/* What the system gives a ticket holds anything, too. */
static void page_from_the_system_has_the_content_asked_for(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, NR);
	struct page *page = labyrinth_test_desc_in(zone, LABYRINTH_DESC_TICKET)->page;
	unsigned int i;

	memset(page_address(page), 0xa5, PAGE_SIZE);
	for (i = 0; i < NR; i++) {
		page = labyrinth_ticket_alloc(ticket, ZERO);
		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page, 0, 0));
	}
}

static void page_written_to_in_a_ticket_is_replaced(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .quality = VERIFY);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 3);
	struct labyrinth_desc *bad = labyrinth_test_desc_in(zone, LABYRINTH_DESC_TICKET);
	struct page *page[4];
	unsigned int i;

	((u8 *)page_address(bad->page))[1234] ^= 4;
	KUNIT_ASSERT_EQ(test, labyrinth_test_ticket_take(ticket, NONE, page, 4), 3);
	expect_different(test, page, 3);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_PTR_NE(test, page[i], bad->page);
	KUNIT_EXPECT_EQ(test, bad->state, LABYRINTH_DESC_ASIDE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).verify_failures, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_ticket, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).allocs, 3);
}

/* The promise is of sound pages: what is left of it is kept. */
static void page_written_to_is_never_handed_out_for_want_of_another(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .quality = VERIFY);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 3);
	struct labyrinth_desc *bad = labyrinth_test_desc_in(zone, LABYRINTH_DESC_TICKET);
	unsigned int calls, got = 0;

	*(u8 *)page_address(bad->page) ^= 1;
	use_up(test, zone);
	for (calls = 0; calls < 3; calls++) {
		struct page *page = labyrinth_ticket_alloc(ticket, NONE);

		KUNIT_EXPECT_PTR_NE(test, page, bad->page);
		got += !!page;
	}
	KUNIT_EXPECT_EQ(test, got, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).verify_failures, 1);
}

static void page_of_a_ticket_freed_behind_the_back_is_replaced(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 1);
	struct page *stolen = labyrinth_test_desc_in(zone, LABYRINTH_DESC_TICKET)->page;
	struct page *page;

	/* The replacement comes from the reserve: the system might give that very page. */
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, true);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	labyrinth_test_steal(test, zone, stolen);
	page = labyrinth_ticket_alloc(ticket, NONE);
	KUNIT_EXPECT_NOT_NULL(test, page);
	KUNIT_EXPECT_PTR_NE(test, page, stolen);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).stolen, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, 1);
}

static const labyrinth_quality_t bad_flags_params[] = {
	LABYRINTH_QUALITY_ACCOUNT,
	LABYRINTH_QUALITY_ACCOUNT | LABYRINTH_QUALITY_ZERO,
	LABYRINTH_QUALITY_VERIFY,
	LABYRINTH_QUALITY_ZERO | LABYRINTH_QUALITY_POISON,
	(__force labyrinth_quality_t)BIT(6),
	(__force labyrinth_quality_t)BIT(31),
};

static void bad_flags_desc(const labyrinth_quality_t *flags, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "0x%x", (__force unsigned int)*flags);
}

KUNIT_ARRAY_PARAM(bad_flags, bad_flags_params, bad_flags_desc);

static void bad_flags_are_misuse_and_take_nothing(struct kunit *test)
{
	const labyrinth_quality_t *flags = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 1);

	KUNIT_EXPECT_NULL(test, labyrinth_ticket_alloc(ticket, *flags));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).failed, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, 1);
	KUNIT_EXPECT_NOT_NULL(test, labyrinth_ticket_alloc(ticket, NONE));
}

/* --- what was taken --- */

static void pages_from_a_ticket_are_freed_like_any_other(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 6);
	struct page *page[4];

	KUNIT_ASSERT_EQ(test, labyrinth_test_ticket_take(ticket, NONE, page, 4), 4);
	labyrinth_ticket_release(ticket);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 4);
	/* The two that were left are idle; these join them. */
	labyrinth_free_page(zone, page[0]);
	labyrinth_free(zone, page_address(page[1]));
	labyrinth_free_bulk(zone, 2, page + 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 4);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 6);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	labyrinth_test_free(zone, page[3]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
}

static void page_from_a_ticket_looks_like_one_from_the_system(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 1);
	struct page *page = labyrinth_ticket_alloc(ticket, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_EQ(test, page_private(page), 0);
	KUNIT_EXPECT_NULL(test, page->mapping);
	KUNIT_EXPECT_FALSE(test, page_is_pfmemalloc(page));
	KUNIT_EXPECT_EQ(test, compound_order(page), zone->order);
}

/* --- one ticket, many hands --- */

#define HANDS	4U
#define MANY	600U

/**
 * struct hands - threads and an interrupt that share a ticket
 * @ticket: the ticket
 * @timer: makes the interrupt
 * @thread: the threads
 * @go: they may begin
 * @got: pages taken so far, by all
 * @by_interrupt: of those, how many by the interrupt
 * @page: the pages
 */
struct hands {
	struct labyrinth_ticket	*ticket;
	struct hrtimer		timer;
	struct task_struct	*thread[HANDS];
	bool			go;
	atomic_t		got;
	atomic_t		by_interrupt;
	struct page		*page[MANY + 1];
};

static bool grab(struct hands *hands)
{
	struct page *page = labyrinth_ticket_alloc(hands->ticket, NONE);

	if (!page)
		return false;
	hands->page[min_t(unsigned int, atomic_inc_return(&hands->got) - 1, MANY)] = page;
	return true;
}

static int grab_all(void *arg)
{
	struct hands *hands = arg;

	/* All at once, if there are CPUs enough. */
	while (!READ_ONCE(hands->go) && !kthread_should_stop())
		schedule_timeout_idle(1);
	while (grab(hands))
		cond_resched();
	while (!kthread_should_stop())
		schedule_timeout_idle(1);
	return 0;
}

static enum hrtimer_restart grab_in_interrupt(struct hrtimer *timer)
{
	struct hands *hands = container_of(timer, struct hands, timer);
	ktime_t start = ktime_get();
	s64 took;

	if (!grab(hands))
		return HRTIMER_NORESTART;
	atomic_inc(&hands->by_interrupt);
	/* The threads must get somewhere, however slow a debug kernel is. */
	took = ktime_to_ns(ktime_sub(ktime_get(), start));
	hrtimer_forward_now(timer, ns_to_ktime(max_t(s64, 50 * NSEC_PER_USEC, 8 * took)));
	return HRTIMER_RESTART;
}

static void start_hands(struct kunit *test, struct hands *hands)
{
	unsigned int i;

	for (i = 0; i < HANDS; i++)
		hands->thread[i] = kthread_run(grab_all, hands, "kunit-ticket/%u", i);
	hrtimer_setup(&hands->timer, grab_in_interrupt, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	/* One page is the interrupt's for certain. */
	hrtimer_start(&hands->timer, 0, HRTIMER_MODE_REL_PINNED_HARD);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(atomic_read(&hands->by_interrupt) ||
						    atomic_read(&hands->got) == MANY));
	WRITE_ONCE(hands->go, true);
}

static void stop_hands(struct hands *hands)
{
	unsigned int i;

	for (i = 0; i < HANDS; i++)
		if (!IS_ERR(hands->thread[i]))
			kthread_stop(hands->thread[i]);
	hrtimer_cancel(&hands->timer);
}

static void every_page_of_a_shared_ticket_is_taken_once(struct kunit *test)
{
	struct hands *hands = kunit_kzalloc(test, sizeof(*hands), GFP_KERNEL);
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .max_pages = 2048);

	KUNIT_ASSERT_NOT_NULL(test, hands);
	hands->ticket = labyrinth_test_ticket(test, zone, MANY);
	start_hands(test, hands);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(atomic_read(&hands->got) >= MANY));
	stop_hands(hands);
	KUNIT_ASSERT_EQ(test, atomic_read(&hands->got), MANY);
	expect_different(test, hands->page, MANY);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_ticket, MANY);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	labyrinth_test_books(test, zone);
}

static struct kunit_case ticket_cases[] = {
	KUNIT_CASE_PARAM(exactly_the_ticket_is_served_when_all_else_has_failed,
			 zone_gen_params),
	KUNIT_CASE_PARAM(tickets_come_on_top_of_the_reserve, zone_gen_params),
	KUNIT_CASE(ticket_is_never_taken_out_of_the_reserve),
	KUNIT_CASE(idle_pages_serve_a_ticket_when_the_system_cannot),
	KUNIT_CASE(room_for_the_reserve_is_not_a_tickets_to_take),
	KUNIT_CASE_PARAM(pages_of_a_ticket_are_out_of_reach, reach_gen_params),
	KUNIT_CASE(page_of_a_ticket_cannot_be_freed),
	KUNIT_CASE(two_tickets_do_not_mix),
	KUNIT_CASE_PARAM(ticket_serves_in_any_context, context_gen_params),
	KUNIT_CASE_PARAM(page_of_a_ticket_has_the_content_asked_for, content_gen_params),
	KUNIT_CASE(page_from_the_system_has_the_content_asked_for),
	KUNIT_CASE(page_written_to_in_a_ticket_is_replaced),
	KUNIT_CASE(page_written_to_is_never_handed_out_for_want_of_another),
	KUNIT_CASE(page_of_a_ticket_freed_behind_the_back_is_replaced),
	KUNIT_CASE_PARAM(bad_flags_are_misuse_and_take_nothing, bad_flags_gen_params),
	KUNIT_CASE(pages_from_a_ticket_are_freed_like_any_other),
	KUNIT_CASE_PARAM(page_from_a_ticket_looks_like_one_from_the_system,
			 zone_gen_params),
	KUNIT_CASE(every_page_of_a_shared_ticket_is_taken_once),
	{}
};

static struct kunit_suite ticket_suite = {
	.name = "labyrinth_ticket",
	.test_cases = ticket_cases,
};

kunit_test_suite(ticket_suite);
