// SPDX-License-Identifier: GPL-2.0
/*
 * What the log says: once a burst, at destroy, and about each kind of misuse, with
 * the call sites by name.
 *
 * The lines are taken from the tracepoint "console", through which every message
 * passes whatever its level.
 */
#include <kunit/test.h>
#include <linux/compiler.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/vmstat.h>
#include <trace/events/printk.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	8U
#define BURST	"labyrinth: zone kunit: Atomic page allocation failed - using preallocated pool ("

#define LINES	64U
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

static struct ear heard = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(heard.lock),
};

/* Any context. @text is not terminated. */
static void hear(void *unused, const char *text, size_t length)
{
	static const char prefix[] = "labyrinth: ";
	unsigned long flags;

	if (length < sizeof(prefix) || strncmp(text, prefix, sizeof(prefix) - 1))
		return;
	raw_spin_lock_irqsave(&heard.lock, flags);
	if (heard.nr < LINES) {
		strscpy(heard.line[heard.nr], text, min(length + 1, (size_t)LINE));
		/* Pairs with the acquire in heard_lines(). */
		smp_store_release(&heard.nr, heard.nr + 1);
	}
	raw_spin_unlock_irqrestore(&heard.lock, flags);
}

static unsigned int heard_lines(void)
{
	/* Pairs with the release in hear(): so many are complete. */
	return smp_load_acquire(&heard.nr);
}

/* A module cannot refer to the tracepoint, but it can look for it. */
static void find_console(struct tracepoint *tracepoint, void *unused)
{
	check_trace_callback_type_console(hear);
	if (!strcmp(tracepoint->name, "console"))
		heard.tracepoint = tracepoint;
}

static int report_suite_init(struct kunit_suite *suite)
{
	heard.tracepoint = NULL;
	for_each_kernel_tracepoint(find_console, NULL);
	if (IS_ENABLED(CONFIG_TRACEPOINTS) && heard.tracepoint)
		return tracepoint_probe_register(heard.tracepoint, hear, NULL);
	return 0;
}

static void report_suite_exit(struct kunit_suite *suite)
{
	if (!IS_ENABLED(CONFIG_TRACEPOINTS) || !heard.tracepoint)
		return;
	tracepoint_probe_unregister(heard.tracepoint, hear, NULL);
	tracepoint_synchronize_unregister();
}

static int report_init(struct kunit *test)
{
	if (!heard.tracepoint)
		kunit_skip(test, "a kernel without the tracepoint 'console'");
	if (!IS_ENABLED(CONFIG_KALLSYMS))
		kunit_skip(test, "a kernel that does not know its symbols");
	WRITE_ONCE(heard.nr, 0);
	heard.hashed = NULL;
	return 0;
}

/*
 * Is this word a kernel address? Figures are decimal, offsets and flags small;
 * the exception is a pointer that was hashed.
 */
static bool is_address(const char *word)
{
	char hashed[32];
	u64 value;

	if (strspn(word, "0123456789") == strlen(word) && strlen(word) < 16)
		return false;
	snprintf(hashed, sizeof(hashed), "%p", heard.hashed);
	if (!strcmp(word, hashed) || kstrtou64(word, 16, &value))
		return false;
	/* User Mode Linux has its memory below 4 GiB. */
	return value > U32_MAX ||
	       (PAGE_OFFSET && PAGE_OFFSET <= U32_MAX && value >= PAGE_OFFSET);
}

static bool has_address(const char *line)
{
	char word[LINE];
	size_t length;

	for (; *line; line += max_t(size_t, length, 1)) {
		for (length = 0; isalnum(line[length]) || line[length] == '_'; length++)
			word[length] = line[length];
		word[length] = '\0';
		if (length && is_address(word))
			return true;
	}
	return false;
}

static void report_exit(struct kunit *test)
{
	unsigned int i;

	KUNIT_EXPECT_LT(test, heard_lines(), LINES);
	for (i = 0; i < heard_lines(); i++)
		KUNIT_EXPECT_FALSE_MSG(test, has_address(heard.line[i]),
				       "an address in: %s", heard.line[i]);
}

/* Does the line have all parts, one after the other? */
static bool has_parts(const char *line, const char * const *part)
{
	for (; *part; part++) {
		line = strstr(line, *part);
		if (!line)
			return false;
		line += strlen(*part);
	}
	return true;
}

static unsigned int told_parts(const char * const *part)
{
	unsigned int i, nr = 0;

	for (i = 0; i < heard_lines(); i++)
		nr += has_parts(heard.line[i], part);
	return nr;
}

/* How many lines have these parts in this order? */
#define told(...)	told_parts((const char * const []) { __VA_ARGS__, NULL })

/* "pfn 4711", with what comes next so that it is not the start of another. */
static const char *pfn_text(const struct page *page, const char *then)
{
	static char text[48];

	snprintf(text, sizeof(text), "pfn %lu%s", page_to_pfn(page), then);
	return text;
}

/* --- call sites --- */

/*
 * Stands behind a call that is to be made from this very function: not a tail
 * call, nor from another function that does just the same.
 */
static unsigned int left_at;
#define STAY_HERE()	WRITE_ONCE(left_at, __LINE__)

static noinline __noclone struct page *
taker(struct labyrinth_zone *zone, labyrinth_quality_t quality)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, quality);

	STAY_HERE();
	return page;
}

static noinline __noclone struct page *second_taker(struct labyrinth_zone *zone)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, NONE);

	STAY_HERE();
	return page;
}

static noinline __noclone struct page *address_taker(struct labyrinth_zone *zone)
{
	void *address = labyrinth_alloc_atomic(zone, NONE);

	STAY_HERE();
	return address ? virt_to_page(address) : NULL;
}

static noinline __noclone int
bulk_taker(struct labyrinth_zone *zone, labyrinth_quality_t quality, unsigned int nr,
	   struct page **page)
{
	int ret = labyrinth_alloc_bulk_atomic(zone, quality, nr, page);

	STAY_HERE();
	return ret;
}

static noinline __noclone void freer(struct labyrinth_zone *zone, struct page *page)
{
	labyrinth_free_page(zone, page);
	STAY_HERE();
}

static noinline __noclone void second_freer(struct labyrinth_zone *zone, struct page *page)
{
	labyrinth_free_page(zone, page);
	STAY_HERE();
}

static noinline __noclone void
address_freer(struct labyrinth_zone *zone, const void *address)
{
	labyrinth_free(zone, address);
	STAY_HERE();
}

static noinline __noclone void
bulk_freer(struct labyrinth_zone *zone, unsigned int nr, struct page **page)
{
	labyrinth_free_bulk(zone, nr, page);
	STAY_HERE();
}

/* --- the tests' own ears --- */

static void address_in_a_line_is_seen(struct kunit *test)
{
	char line[LINE];

	snprintf(line, sizeof(line), "%pS freed %p, pfn %lu", report_init, test,
		 totalram_pages());
	heard.hashed = test;
	KUNIT_EXPECT_FALSE_MSG(test, has_address(line), "'%s'", line);
	snprintf(line, sizeof(line), "freed 0x%lx, pfn 1", (unsigned long)test);
	KUNIT_EXPECT_TRUE_MSG(test, has_address(line), "'%s'", line);
	snprintf(line, sizeof(line), "freed %016lx", (unsigned long)report_init);
	KUNIT_EXPECT_TRUE_MSG(test, has_address(line), "'%s'", line);
	KUNIT_EXPECT_TRUE(test, has_address("by ffff888100000000, again"));
}

/* --- bursts --- */

/* Nothing but the reserve serves, and its worker only sleeps. */
static struct labyrinth_zone *zone_cut_off(struct kunit *test, unsigned int order)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .order = order);

	labyrinth_test_cut_off(zone);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	return zone;
}

/* Let it look, once at least; it will find no memory. */
static void wake_worker(struct labyrinth_zone *zone)
{
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, false);
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	labyrinth_refill_flush(zone);
}

static void burst_is_told_once_and_not_with_every_page(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	unsigned int i;
	u64 passes;

	labyrinth_test_cut_off(zone);
	for (i = 0; i < RESERVE; i++) {
		KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
		labyrinth_refill_flush(zone);
		KUNIT_EXPECT_EQ(test, told(BURST), 1);
	}
	/* Nor for each time that the worker finds nothing. */
	passes = labyrinth_test_stats(zone).refill_failures;
	KUNIT_ASSERT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_stats(zone).refill_failures >
					      passes + 3));
	KUNIT_EXPECT_EQ(test, told(BURST), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void next_burst_is_told_again(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	unsigned int burst;

	for (burst = 1; burst <= 3; burst++) {
		labyrinth_test_cut_off(zone);
		KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
		KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
		labyrinth_refill_flush(zone);
		KUNIT_EXPECT_EQ(test, told(BURST), burst);
		labyrinth_test_reconnect(zone);
		labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
		KUNIT_ASSERT_TRUE(test,
				  labyrinth_test_wait(!test_bit(LABYRINTH_ZONE_BURST,
								&zone->state)));
		KUNIT_EXPECT_EQ(test, told(BURST), burst);
	}
}

static void burst_is_told_with_the_figures_of_the_reserve(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_cut_off(test, 1);
	struct page *page[6];
	unsigned int i;

	for (i = 0; i < 5; i++) {
		page[i] = taker(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
	}
	page[5] = second_taker(zone);
	KUNIT_ASSERT_NOT_NULL(test, page[5]);
	freer(zone, page[0]);
	freer(zone, page[1]);
	KUNIT_EXPECT_EQ(test, heard_lines(), 0);
	wake_worker(zone);
	KUNIT_EXPECT_EQ(test, told(BURST "reserve 4 of 8 left, lowest 2, 6 served",
				   " 0 starved, order 1,", "last caller second_taker+"), 1);
}

static void burst_is_told_with_how_many_starved(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_cut_off(test, 0);
	unsigned int i;

	for (i = 0; i < RESERVE; i++)
		KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_NULL(test, second_taker(zone));
	wake_worker(zone);
	KUNIT_EXPECT_EQ(test, told(BURST "reserve 0 of 8 left, lowest 0, 8 served",
				   " 3 starved, order 0,", "last caller taker+"), 1);
}

/* Others take and free meanwhile, but no half of it. */
static void burst_is_told_with_what_the_system_has(struct kunit *test)
{
	static const char key[] = "free in the system ";
	struct labyrinth_zone *zone = zone_cut_off(test, 0);
	unsigned long now, said;
	const char *figure;
	int fields;

	KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	wake_worker(zone);
	KUNIT_ASSERT_EQ(test, told(BURST, key, " KiB,"), 1);
	figure = strstr(heard.line[0], key);
	KUNIT_ASSERT_NOT_NULL(test, figure);
	fields = sscanf(figure + strlen(key), "%lu", &said);
	KUNIT_ASSERT_EQ(test, fields, 1);
	now = global_zone_page_state(NR_FREE_PAGES) << (PAGE_SHIFT - 10);
	KUNIT_EXPECT_GE(test, said, now / 2);
	KUNIT_EXPECT_LE(test, said, now * 2);
}

static void burst_of_a_bulk_request_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_cut_off(test, 0);
	struct page *page[5];

	KUNIT_ASSERT_EQ(test, bulk_taker(zone, NONE, 5, page), 0);
	wake_worker(zone);
	KUNIT_EXPECT_EQ(test, told(BURST "reserve 3 of 8 left, lowest 3, 5 served",
				   "last caller bulk_taker+"), 1);
}

static void burst_of_a_request_by_address_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_cut_off(test, 0);

	KUNIT_ASSERT_NOT_NULL(test, address_taker(zone));
	wake_worker(zone);
	KUNIT_EXPECT_EQ(test, told(BURST, "last caller address_taker+"), 1);
}

static void reserve_that_serves_by_policy_is_no_burst(struct kunit *test)
{
	struct labyrinth_zone *zone;

	zone = labyrinth_test_zone(test, .reserve = RESERVE,
				   .policy = LABYRINTH_RESERVE_FIRST);
	KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 0);
}

/* --- misuse --- */

struct double_free_param {
	const char			*what;
	struct labyrinth_zone_params	params;
};

#define ZONE(...) { .name = "kunit", .node = NUMA_NO_NODE, .reserve = 2, __VA_ARGS__ }

/* Each takes and frees on another path. */
static const struct double_free_param double_free_params[] = {
	{ "cached", ZONE(.cache = 8) },
	{ "no cache", ZONE(.cache = LABYRINTH_NO_CACHE,
			   .policy = LABYRINTH_RESERVE_ONLY) },
	{ "VERIFY", ZONE(.quality = LABYRINTH_QUALITY_VERIFY, .cache = 8) },
	{ "order 1", ZONE(.order = 1, .cache = 8) },
};

static void double_free_desc(const struct double_free_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(double_free, double_free_params, double_free_desc);

static void double_free_is_told_with_all_three_call_sites(struct kunit *test)
{
	const struct double_free_param *param = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone_make(test, &param->params);
	struct page *page;

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	page = taker(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	freer(zone, page);
	KUNIT_EXPECT_EQ(test, heard_lines(), 0);
	second_freer(zone, page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: double free of ",
				   pfn_text(page, " by second_freer+"),
				   "taken by taker+", "freed before by freer+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

/* Now by address and in bulk, and the page has been through several hands. */
static void double_free_names_the_last_who_had_the_page(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = taker(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	freer(zone, page);
	KUNIT_ASSERT_PTR_EQ(test, address_taker(zone), page);
	bulk_freer(zone, 1, &page);
	address_freer(zone, page_address(page));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: double free of ",
				   pfn_text(page, " by address_freer+"),
				   "taken by address_taker+",
				   "freed before by bulk_freer+"), 1);
	bulk_freer(zone, 1, &page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: double free of ",
				   pfn_text(page, " by bulk_freer+"),
				   "taken by address_taker+",
				   "freed before by bulk_freer+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 2);
}

/* As two CPUs that free a page in the same instant leave it: cached twice. */
static void cache_again(struct labyrinth_zone *zone)
{
	struct labyrinth_cache *cache;

	preempt_disable();
	cache = this_cpu_ptr(zone->cache);
	cache->slot[cache->nr] = cache->slot[cache->nr - 1];
	cache->nr++;
	preempt_enable();
}

static void page_found_freed_twice_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2, .cache = 8);
	struct page *page = taker(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	freer(zone, page);
	cache_again(zone);
	KUNIT_ASSERT_PTR_EQ(test, second_taker(zone), page);
	KUNIT_ASSERT_PTR_NE(test, taker(zone, NONE), page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", "freed twice", "by freer+",
				   "by second_taker+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void foreign_page_is_told_with_who_freed_it(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = alloc_page(GFP_KERNEL);
	char hashed[32];

	KUNIT_ASSERT_NOT_NULL(test, page);
	heard.hashed = page;
	snprintf(hashed, sizeof(hashed), "freed %p,", page);
	freer(zone, page);
	labyrinth_refill_flush(zone);
	__free_page(page);
	KUNIT_EXPECT_EQ(test, told("zone kunit: freer+", hashed, "no page of any zone"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void address_inside_a_page_is_told_with_who_freed_it(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = taker(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	heard.hashed = page_address(page) + 64;
	address_freer(zone, page_address(page) + 64);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: address_freer+", "no page of any zone"), 1);
}

static void page_of_another_zone_is_told_with_that_zone_and_its_taker(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2), *other;
	struct page *page;

	other = labyrinth_test_zone_make(test, &(const struct labyrinth_zone_params) {
		.name = "kunit2", .reserve = 2, .node = NUMA_NO_NODE,
	});
	page = taker(other, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	freer(zone, page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: freer+", pfn_text(page, ")"),
				   "of zone kunit2, taken there by taker+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
	/* There it is idle afterwards, and no page of any zone any more. */
	second_freer(other, page);
	heard.hashed = page;
	freer(zone, page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("of zone kunit2"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 2);
}

static void write_after_free_is_told_with_offset_owner_and_freer(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .quality = LABYRINTH_QUALITY_VERIFY);
	struct page *page = taker(zone, NONE);
	u8 *byte;

	KUNIT_ASSERT_NOT_NULL(test, page);
	freer(zone, page);
	byte = page_address(page);
	byte[1234] ^= 1;
	byte[4000] ^= 1;
	KUNIT_ASSERT_NOT_NULL(test, second_taker(zone));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", pfn_text(page, " "), "written to after free",
				   " byte 1234:", "taken by taker+", "freed by freer+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void bad_flags_are_told_with_who_gave_them(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page[2];

	KUNIT_ASSERT_NULL(test, taker(zone, LABYRINTH_QUALITY_ZERO | LABYRINTH_QUALITY_POISON));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: taker+", "quality 0x3;", "0x3f"), 1);
	KUNIT_ASSERT_NULL(test, taker(zone, (__force labyrinth_quality_t)0x400));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: taker+", "quality 0x400;", "0x3f"), 1);
	KUNIT_ASSERT_EQ(test, bulk_taker(zone, LABYRINTH_QUALITY_VERIFY, 2, page), -ENOMEM);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: bulk_taker+", "quality 0x8;", "0x3f"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 3);
}

static void take_charged(void *zone)
{
	(void)taker(zone, LABYRINTH_QUALITY_ACCOUNT);
}

static void charged_request_in_an_interrupt_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);

	labyrinth_test_in_hardirq(take_charged, zone);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: taker+", "ACCOUNT", "in hardirq context"), 1);
	labyrinth_test_in_nmi(take_charged, zone);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: taker+", "ACCOUNT", "in nmi context"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 2);
}

/*
 * Allocate from the system, past the caches, until it gives a page that the zone
 * has already.
 */
static bool join_again(struct labyrinth_zone *zone)
{
	unsigned int i;

	for (i = 0; i < 500; i++) {
		(void)taker(zone, LABYRINTH_QUALITY_ACCOUNT);
		if (labyrinth_test_stats(zone).misuse)
			return true;
	}
	return false;
}

static void live_page_freed_behind_the_back_is_told_with_its_taker(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = second_taker(zone);

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_steal(test, zone, page);
	if (!join_again(zone))
		kunit_skip(test, "the system did not give the page again");
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", pfn_text(page, ","), "taken by second_taker+",
				   "behind the zone's back"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void idle_page_freed_behind_the_back_is_told_with_both(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = second_taker(zone);

	KUNIT_ASSERT_NOT_NULL(test, page);
	freer(zone, page);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_is_idle(zone, page));
	labyrinth_test_steal(test, zone, page);
	if (!join_again(zone))
		kunit_skip(test, "the system did not give the page again");
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: idle ", pfn_text(page, " "),
				   "behind the zone's back", "taken by second_taker+",
				   "freed by freer+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

/* Ten messages in five seconds; the count goes on. */
static void flood_of_misuse_is_cut_short(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long start = jiffies;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	heard.hashed = page;
	for (i = 0; i < 40; i++) {
		freer(zone, page);
		labyrinth_refill_flush(zone);
	}
	__free_page(page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 40);
	KUNIT_EXPECT_GE(test, told("zone kunit: freer+"), 10);
	if (time_before(jiffies, start + 5 * HZ))
		KUNIT_EXPECT_EQ(test, told("zone kunit: freer+"), 10);
}

static void flood_of_misuse_does_not_drown_a_burst(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	heard.hashed = page;
	for (i = 0; i < 20; i++) {
		freer(zone, page);
		labyrinth_refill_flush(zone);
	}
	__free_page(page);
	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told(BURST), 1);
}

/* --- destroy --- */

#define FEW	3U
#define MANY	5U

/* Who has fewer comes first in the table, so that the order is not by chance. */
static void few_first(struct labyrinth_zone *zone, struct page **page)
{
	struct labyrinth_desc *few = labyrinth_test_desc(zone, page[0]), *first = few;
	unsigned int i;

	for (i = 1; i < FEW + MANY; i++)
		first = min(first, labyrinth_test_desc(zone, page[i]));
	swap(few->caller, first->caller);
}

static void leaks_are_told_by_call_site_most_of_them_first(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	int refcount = labyrinth_test_module_refcount();
	struct page *page[FEW + MANY + 1];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(page); i++) {
		page[i] = i < FEW ? taker(zone, NONE) : second_taker(zone);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
	}
	/* No leak. */
	freer(zone, page[FEW + MANY]);
	few_first(zone, page);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, heard_lines(), 3);
	KUNIT_EXPECT_TRUE(test, strstr(heard.line[0], "zone kunit: destroyed with 8 pages live"));
	KUNIT_EXPECT_TRUE(test, strstr(heard.line[1], "5 of them taken by second_taker+"));
	KUNIT_EXPECT_TRUE(test, strstr(heard.line[2], "3 of them taken by taker+"));

	for (i = 0; i < FEW + MANY - 1; i++)
		freer(zone, page[i]);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, heard_lines(), 3);
	freer(zone, page[i]);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_module_refcount() == refcount));
	KUNIT_EXPECT_EQ(test, told("zone kunit: the last live page was freed"), 1);
}

/* The caller's address, at the beginning of another instruction each. */
static void leaks_from_many_call_sites_are_summed_up(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	int refcount = labyrinth_test_module_refcount();
	struct page *page[11];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(page); i++) {
		page[i] = taker(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
		labyrinth_test_desc(zone, page[i])->caller = (unsigned long)taker + i;
	}
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	labyrinth_free_bulk(zone, ARRAY_SIZE(page), page);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_module_refcount() == refcount));
	KUNIT_EXPECT_EQ(test, told("zone kunit: destroyed with 11 pages live"), 1);
	KUNIT_EXPECT_EQ(test, told("zone kunit: 1 of them taken by taker+"), 8);
	KUNIT_EXPECT_EQ(test, told("zone kunit: and others from 3 more call sites"), 1);
}

static void nothing_is_told_of_a_zone_used_well(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	unsigned int i;

	for (i = 0; i < 100; i++)
		freer(zone, taker(zone, NONE));
	labyrinth_refill_flush(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, heard_lines(), 0);
}

static void request_after_destroy_is_told_with_who_made_it(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	int refcount = labyrinth_test_module_refcount();
	struct page *page = taker(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_NULL(test, second_taker(zone));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: second_taker+", "being destroyed"), 1);
	freer(zone, page);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_module_refcount() == refcount));
}

static void destroy_own(struct labyrinth_zone *zone, void *ctx)
{
	*(int *)ctx = labyrinth_zone_destroy(zone);
}

static void destroy_from_the_zones_own_callback_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone;
	int ret = 0;

	zone = labyrinth_test_zone(test, .reserve = 1, .available = destroy_own,
				   .ctx = &ret);
	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	KUNIT_ASSERT_NULL(test, taker(zone, NONE));
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(READ_ONCE(ret)));
	KUNIT_EXPECT_EQ(test, ret, -EDEADLK);
	KUNIT_EXPECT_EQ(test, told("zone kunit: destroy from", "available()"), 1);
}

/* --- zones that cannot be --- */

struct refused_param {
	const char			*parameter;	/* and the value, in the log */
	struct labyrinth_zone_params	params;
};

#define BAD(...)	{ .name = "kunit", .node = NUMA_NO_NODE, __VA_ARGS__ }

static const struct refused_param refused_params[] = {
	{ "name 'a/b'", { .name = "a/b", .node = NUMA_NO_NODE } },
	{ "name '(null)'", { .node = NUMA_NO_NODE } },
	{ "order is 99;", BAD(.order = 99) },
	{ "node is 99999;", { .name = "kunit", .node = 99999 } },
	{ "gfp_zone is GFP_KERNEL", BAD(.gfp_zone = GFP_KERNEL) },
	{ "policy is 4;", BAD(.policy = 4) },
	{ "quality is 0x3;", BAD(.quality = LABYRINTH_QUALITY_ZERO |
					     LABYRINTH_QUALITY_POISON) },
	{ "cache is 513;", BAD(.cache = 513) },
	{ "reserve is 1048577;", BAD(.reserve = 1048577) },
	{ "max_pages is 9;", BAD(.reserve = 10, .max_pages = 9) },
};

static void refused_desc(const struct refused_param *param, char *desc)
{
	strscpy(desc, param->parameter, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refused, refused_params, refused_desc);

static void refusal_is_told_with_value_and_what_is_allowed(struct kunit *test)
{
	const struct refused_param *param = test->param_value;

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(labyrinth_zone_create(&param->params)),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, told("zone ", param->parameter, "allowed are "), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void refused_resize_is_told_with_value_and_what_is_allowed(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .max_pages = 100,
							  .cache = LABYRINTH_NO_CACHE);

	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, 101), -ERANGE);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", "reserve of 101 ", "1 to 100 "), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static struct kunit_case report_cases[] = {
	KUNIT_CASE(address_in_a_line_is_seen),
	KUNIT_CASE(burst_is_told_once_and_not_with_every_page),
	KUNIT_CASE(next_burst_is_told_again),
	KUNIT_CASE(burst_is_told_with_the_figures_of_the_reserve),
	KUNIT_CASE(burst_is_told_with_how_many_starved),
	KUNIT_CASE(burst_is_told_with_what_the_system_has),
	KUNIT_CASE(burst_of_a_bulk_request_is_told),
	KUNIT_CASE(burst_of_a_request_by_address_is_told),
	KUNIT_CASE(reserve_that_serves_by_policy_is_no_burst),
	KUNIT_CASE_PARAM(double_free_is_told_with_all_three_call_sites,
			 double_free_gen_params),
	KUNIT_CASE(double_free_names_the_last_who_had_the_page),
	KUNIT_CASE(page_found_freed_twice_is_told),
	KUNIT_CASE(foreign_page_is_told_with_who_freed_it),
	KUNIT_CASE(address_inside_a_page_is_told_with_who_freed_it),
	KUNIT_CASE(page_of_another_zone_is_told_with_that_zone_and_its_taker),
	KUNIT_CASE(write_after_free_is_told_with_offset_owner_and_freer),
	KUNIT_CASE(bad_flags_are_told_with_who_gave_them),
	KUNIT_CASE(charged_request_in_an_interrupt_is_told),
	KUNIT_CASE(live_page_freed_behind_the_back_is_told_with_its_taker),
	KUNIT_CASE(idle_page_freed_behind_the_back_is_told_with_both),
	KUNIT_CASE(flood_of_misuse_is_cut_short),
	KUNIT_CASE(flood_of_misuse_does_not_drown_a_burst),
	KUNIT_CASE(leaks_are_told_by_call_site_most_of_them_first),
	KUNIT_CASE(leaks_from_many_call_sites_are_summed_up),
	KUNIT_CASE(nothing_is_told_of_a_zone_used_well),
	KUNIT_CASE(request_after_destroy_is_told_with_who_made_it),
	KUNIT_CASE(destroy_from_the_zones_own_callback_is_told),
	KUNIT_CASE_PARAM(refusal_is_told_with_value_and_what_is_allowed,
			 refused_gen_params),
	KUNIT_CASE(refused_resize_is_told_with_value_and_what_is_allowed),
	{}
};

static struct kunit_suite report_suite = {
	.name = "labyrinth_report",
	.suite_init = report_suite_init,
	.suite_exit = report_suite_exit,
	.init = report_init,
	.exit = report_exit,
	.test_cases = report_cases,
};

kunit_test_suite(report_suite);
