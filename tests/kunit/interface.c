// SPDX-License-Identifier: GPL-2.0
/*
 * What the administrator sees and sets below /sys/kernel/labyrinth.
 */
#include <kunit/test.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "common.h"

#define NONE		LABYRINTH_QUALITY_NONE
#define DIRECTORY	"/sys/kernel/labyrinth/kunit/"

struct file_param {
	const char	*name;
	size_t		offset;
};

#define FILE(name)	{ #name, offsetof(struct labyrinth_stats, name) }

static const struct file_param file_params[] = {
	FILE(allocs), FILE(frees), FILE(from_cache), FILE(from_system),
	FILE(from_reserve), FILE(failed), FILE(misuse), FILE(live), FILE(reserve),
	FILE(reserve_target), FILE(reserve_min_seen), FILE(cached), FILE(refilled),
	FILE(verify_failures), FILE(starvations), FILE(capped), FILE(owned),
	FILE(max_pages), FILE(taken), FILE(returned), FILE(fallbacks),
	FILE(refill_failures), FILE(unjoined), FILE(detached), FILE(from_clean),
	FILE(from_ticket), FILE(ticketed), FILE(stolen), FILE(stalls),
	FILE(passed_on), FILE(recycled), FILE(handed_off),
	FILE(dma_errors),
	FILE(frag_allocs), FILE(frag_frees),
};

static void file_desc(const struct file_param *param, char *desc)
{
	strscpy(desc, param->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(file, file_params, file_desc);

/* A zone for which nearly every figure is another one. */
static struct labyrinth_zone *busy_zone(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct page *page[40];
	unsigned int nr, i;

	zone = labyrinth_test_zone(test, .reserve = 9, .cache = 8,
				   .quality = LABYRINTH_QUALITY_VERIFY);
	/* Five are left, seven are taken. */
	nr = labyrinth_test_ticket_take(labyrinth_test_ticket(test, zone, 12), NONE, page, 7);
	KUNIT_ASSERT_EQ(test, nr, 7);
	nr += labyrinth_test_take(zone, NONE, page + nr, 33);
	KUNIT_ASSERT_EQ(test, nr, 40);
	for (i = 0; i < 30; i++)
		labyrinth_test_free(zone, page[i]);
	labyrinth_test_free(zone, page[0]);
	/* One of those that found room in the caches. */
	*(u8 *)page_address(page[5]) ^= 1;
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, true);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, true);
	while (labyrinth_test_alloc(zone, NONE))
		;
	(void)labyrinth_test_alloc(zone, LABYRINTH_QUALITY_NOWAIT);
	labyrinth_refill_flush(zone);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	labyrinth_refill_flush(zone);
	return zone;
}

static int read_file(const char *name, char *text, size_t size)
{
	char path[80];

	snprintf(path, sizeof(path), DIRECTORY "%s", name);
	return labyrinth_test_file_read(path, text, size);
}

static int write_file(const char *name, const char *text)
{
	char path[80];

	snprintf(path, sizeof(path), DIRECTORY "%s", name);
	return labyrinth_test_file_write(path, text);
}

static void file_shows_its_figure(struct kunit *test)
{
	const struct file_param *param = test->param_value;
	struct labyrinth_stats stats = labyrinth_test_stats(busy_zone(test));
	char text[32];
	u64 value;

	KUNIT_ASSERT_GT(test, read_file(param->name, text, sizeof(text)), 1);
	KUNIT_EXPECT_EQ(test, text[strlen(text) - 1], '\n');
	KUNIT_ASSERT_EQ(test, kstrtou64(text, 10, &value), 0);
	KUNIT_EXPECT_EQ(test, value, *(u64 *)((void *)&stats + param->offset));
}

static void figures_of_a_busy_zone_tell_what_has_happened(struct kunit *test)
{
	struct labyrinth_stats stats = labyrinth_test_stats(busy_zone(test));

	KUNIT_EXPECT_EQ(test, stats.misuse, 1);
	KUNIT_EXPECT_EQ(test, stats.verify_failures, 1);
	KUNIT_EXPECT_EQ(test, stats.from_reserve, 9);
	KUNIT_EXPECT_EQ(test, stats.from_ticket, 7);
	KUNIT_EXPECT_EQ(test, stats.ticketed, 5);
	KUNIT_EXPECT_EQ(test, stats.frees, 30);
	KUNIT_EXPECT_EQ(test, stats.failed, 2);
	KUNIT_EXPECT_EQ(test, stats.starvations, 1);
	KUNIT_EXPECT_EQ(test, stats.reserve_min_seen, 0);
	KUNIT_EXPECT_EQ(test, stats.reserve_target, 9);
	KUNIT_EXPECT_EQ(test, stats.taken - stats.returned, stats.owned);
}

static void order_and_policy_are_shown(struct kunit *test)
{
	char text[32];

	labyrinth_test_zone(test, .reserve = 2, .order = 1,
			    .policy = LABYRINTH_RESERVE_FIRST);
	KUNIT_ASSERT_GT(test, read_file("order", text, sizeof(text)), 0);
	KUNIT_EXPECT_STREQ(test, text, "1\n");
	KUNIT_ASSERT_GT(test, read_file("policy", text, sizeof(text)), 0);
	KUNIT_EXPECT_STREQ(test, text, "reserve_first\n");
}

static void target_written_resizes_the_zone(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);

	KUNIT_EXPECT_EQ(test, write_file("reserve_target", "77\n"), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 77);
}

struct text_param {
	const char	*file;
	const char	*text;
	int		error;
};

static const struct text_param bad_text_params[] = {
	{ "reserve_target", "0", -EINVAL },
	{ "reserve_target", "-1", -EINVAL },
	{ "reserve_target", "many", -EINVAL },
	{ "reserve_target", "5 pages", -EINVAL },
	{ "reserve_target", "4294967295", -ERANGE },
	{ "reserve_target", "99999999999999999999", -ERANGE },
	{ "policy", "first", -EINVAL },
	{ "policy", "default", -EINVAL },
	{ "policy", "system_first reserve_first", -EINVAL },
	{ "live", "0", -EACCES },
};

static void text_desc(const struct text_param *param, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s '%s'", param->file, param->text);
}

KUNIT_ARRAY_PARAM(bad_text, bad_text_params, text_desc);

static void nonsense_is_refused_and_changes_nothing(struct kunit *test)
{
	const struct text_param *param = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	int ret = write_file(param->file, param->text);

	/* Root may open a file that it cannot write to. */
	if (param->error == -EACCES)
		KUNIT_EXPECT_LT(test, ret, 0);
	else
		KUNIT_EXPECT_EQ(test, ret, param->error);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_target, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 2);
	KUNIT_EXPECT_EQ(test, zone->policy, LABYRINTH_SYSTEM_FIRST);
}

#define HELD	64U
#define BURST	4U
#define PERIOD	ns_to_ktime(50 * NSEC_PER_USEC)

static void expect_figures(struct kunit *test, struct labyrinth_zone *zone,
			   unsigned int taken, unsigned int freed)
{
	struct labyrinth_stats stats = labyrinth_test_stats(zone);

	KUNIT_ASSERT_EQ(test, stats.allocs, taken);
	KUNIT_ASSERT_EQ(test, stats.frees, freed);
	KUNIT_ASSERT_EQ(test, stats.live, taken - freed);
}

static void figures_at_rest_are_those_of_the_callers(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2, .cache = 8);
	struct page *page[HELD];
	unsigned int taken = 0, freed = 0;

	/* Two steps forward and one back. */
	while (taken - freed < HELD) {
		page[taken++ - freed] = labyrinth_test_alloc(zone, NONE);
		if (taken % 3 == 0)
			labyrinth_test_free(zone, page[taken - ++freed]);
		expect_figures(test, zone, taken, freed);
	}
	/* And all the way back, through cache, depot and system. */
	while (taken > freed) {
		labyrinth_test_free(zone, page[taken - ++freed]);
		expect_figures(test, zone, taken, freed);
	}
}

/**
 * struct traffic - an interrupt that takes pages and frees them at once
 * @timer: makes it, again and again
 * @zone: its zone
 * @interrupts: how many there were
 * @moved: pages taken, and freed
 */
struct traffic {
	struct hrtimer		timer;
	struct labyrinth_zone	*zone;
	unsigned int		interrupts;
	u64			moved;
};

static enum hrtimer_restart traffic_interrupt(struct hrtimer *timer)
{
	struct traffic *traffic = container_of(timer, struct traffic, timer);
	ktime_t start = ktime_get(), took;
	struct page *page[BURST];
	unsigned int nr, i;

	nr = labyrinth_test_take(traffic->zone, NONE, page, BURST);
	for (i = 0; i < nr; i++)
		labyrinth_test_free(traffic->zone, page[i]);
	traffic->moved += nr;
	WRITE_ONCE(traffic->interrupts, traffic->interrupts + 1);
	/* The reader must get somewhere, however slow a debug kernel is. */
	took = ktime_sub(ktime_get(), start);
	hrtimer_forward_now(timer, max_t(ktime_t, PERIOD, 8 * took));
	return HRTIMER_RESTART;
}

/*
 * Whatever happens while the figures are read, frees are never ahead: what the
 * reader holds himself is always among what is live.
 */
static void live_is_never_less_than_what_the_reader_holds(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2, .cache = 8);
	unsigned long deadline = jiffies + LABYRINTH_TEST_PATIENCE_S * HZ;
	unsigned int before, during, disturbed = 0, low = 0, high = 0;
	struct labyrinth_stats stats;
	struct traffic *traffic;
	struct page *page[HELD];

	traffic = kunit_kzalloc(test, sizeof(*traffic), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, traffic);
	traffic->zone = zone;
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, HELD), HELD);
	hrtimer_setup(&traffic->timer, traffic_interrupt, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&traffic->timer, PERIOD, HRTIMER_MODE_REL_PINNED_HARD);
	while (disturbed < 2000 && time_before(jiffies, deadline)) {
		before = READ_ONCE(traffic->interrupts);
		stats = labyrinth_test_stats(zone);
		during = READ_ONCE(traffic->interrupts) - before;
		disturbed += during;
		low += stats.live < HELD || stats.allocs - stats.frees != stats.live;
		high += stats.live > HELD + BURST * during;
		cond_resched();
	}
	hrtimer_cancel(&traffic->timer);
	KUNIT_EXPECT_GE(test, disturbed, 100);
	KUNIT_EXPECT_EQ(test, low, 0);
	KUNIT_EXPECT_EQ(test, high, 0);
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.allocs, HELD + traffic->moved);
	KUNIT_EXPECT_EQ(test, stats.frees, traffic->moved);
	KUNIT_EXPECT_EQ(test, stats.live, HELD);
}

static struct kunit_case interface_cases[] = {
	KUNIT_CASE_PARAM(file_shows_its_figure, file_gen_params),
	KUNIT_CASE(figures_of_a_busy_zone_tell_what_has_happened),
	KUNIT_CASE(order_and_policy_are_shown),
	KUNIT_CASE(target_written_resizes_the_zone),
	KUNIT_CASE_PARAM(nonsense_is_refused_and_changes_nothing, bad_text_gen_params),
	KUNIT_CASE(figures_at_rest_are_those_of_the_callers),
	KUNIT_CASE(live_is_never_less_than_what_the_reader_holds),
	{}
};

static struct kunit_suite interface_suite = {
	.name = "labyrinth_interface",
	.test_cases = interface_cases,
};

kunit_test_suite(interface_suite);
