// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers: several pages from anywhere at one address, in atomic context.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "log.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	4U

static const unsigned int pages_params[] = { 2, 5, 16, 256 };

static void pages_desc(const unsigned int *pages, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u pages", *pages);
}

KUNIT_ARRAY_PARAM(pages, pages_params, pages_desc);

static struct labyrinth_zone *zone_for(struct kunit *test)
{
	const unsigned int *pages = test->param_value;

	return labyrinth_test_zone(test, .reserve = RESERVE, .cache = LABYRINTH_NO_CACHE,
				   .buffer_pages = pages ? *pages : 5);
}

static size_t bytes_of(struct labyrinth_zone *zone)
{
	return PAGE_SIZE * zone->buffer_pages;
}

/* Out of the sight of the compiler's own checks. */
static noinline void *alloc(struct labyrinth_zone *zone, labyrinth_quality_t quality)
{
	return labyrinth_alloc_atomic(zone, quality);
}

static noinline struct page **asker(struct labyrinth_zone *zone, const void *address)
{
	struct page **page = labyrinth_buffer_pages(zone, address);

	/* Not a tail call. */
	barrier();
	return page;
}

static bool is_filled(const void *buffer, size_t bytes, u8 byte)
{
	return !memchr_inv(buffer, byte, bytes);
}

static void buffer_is_memory_at_one_address(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	void *buffer[RESERVE];
	unsigned int i;

	for (i = 0; i < RESERVE; i++) {
		buffer[i] = alloc(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, buffer[i]);
		KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(buffer[i]));
		memset(buffer[i], i + 1, bytes_of(zone));
	}
	for (i = 0; i < RESERVE; i++) {
		KUNIT_EXPECT_TRUE(test, is_filled(buffer[i], bytes_of(zone), i + 1));
		labyrinth_test_free_address(zone, buffer[i]);
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, RESERVE);
}

static void pages_of_a_buffer_are_its_content(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	void *buffer = alloc(zone, NONE);
	struct page **page;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	page = labyrinth_buffer_pages(zone, buffer);
	KUNIT_ASSERT_NOT_NULL(test, page);
	for (i = 0; i < zone->buffer_pages; i++) {
		KUNIT_EXPECT_EQ(test, page_count(page[i]), 1);
		memset(page_address(page[i]), i, PAGE_SIZE);
		KUNIT_EXPECT_TRUE(test, is_filled(buffer + i * PAGE_SIZE, PAGE_SIZE, i));
	}
	labyrinth_test_free_address(zone, buffer);
}

static void scatter_list_is_made_of_it(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	void *buffer = alloc(zone, NONE);
	struct sg_table table;
	char copy[128];

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	memset(buffer, 7, bytes_of(zone));
	KUNIT_ASSERT_EQ(test,
			sg_alloc_table_from_pages(&table, labyrinth_buffer_pages(zone, buffer),
						  zone->buffer_pages, 0, bytes_of(zone),
						  GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test,
			sg_pcopy_to_buffer(table.sgl, table.nents, copy, sizeof(copy),
					   bytes_of(zone) - sizeof(copy)), sizeof(copy));
	KUNIT_EXPECT_TRUE(test, is_filled(copy, sizeof(copy), 7));
	sg_free_table(&table);
	labyrinth_test_free_address(zone, buffer);
}

/* Order 0 only, and yet the same reserve again and again. */
static void worker_makes_new_ones(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	void *buffer[3 * RESERVE];
	unsigned int i;

	for (i = 0; i < 3 * RESERVE; i++) {
		if (i % RESERVE == 0)
			KUNIT_ASSERT_TRUE(test,
					  labyrinth_test_wait(labyrinth_test_stats(zone).reserve ==
							      RESERVE));
		buffer[i] = alloc(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, buffer[i]);
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 3 * RESERVE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_system, 0);
	for (i = 0; i < 3 * RESERVE; i++)
		labyrinth_test_free_address(zone, buffer[i]);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, RESERVE);
}

static void no_more_than_the_reserve_without_help(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	void *buffer[RESERVE];
	unsigned int i;

	labyrinth_test_cut_off(zone);
	for (i = 0; i < RESERVE; i++) {
		buffer[i] = alloc(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, buffer[i]);
	}
	KUNIT_EXPECT_NULL(test, alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations, 1);
	labyrinth_test_free_address(zone, buffer[0]);
	KUNIT_EXPECT_PTR_EQ(test, alloc(zone, NONE), buffer[0]);
	for (i = 0; i < RESERVE; i++)
		labyrinth_test_free_address(zone, buffer[i]);
}

static void freed_buffer_is_handed_out_again_mapped_as_it_was(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE, .cache = 8,
							  .buffer_pages = 3);
	void *buffer = alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	labyrinth_refill_flush(zone);
	labyrinth_test_free_address(zone, buffer);
	KUNIT_EXPECT_PTR_EQ(test, alloc(zone, NONE), buffer);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_cache, 1);
	labyrinth_test_free_address(zone, buffer);
}

static void buffer_has_the_content_asked_for(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	void *buffer;

	labyrinth_test_cut_off(zone);
	buffer = alloc(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, buffer);
	memset(buffer, 0xff, bytes_of(zone));
	labyrinth_test_free_address(zone, buffer);
	KUNIT_ASSERT_PTR_EQ(test, alloc(zone, LABYRINTH_QUALITY_ZERO), buffer);
	KUNIT_EXPECT_TRUE(test, is_filled(buffer, bytes_of(zone), 0));
	labyrinth_test_free_address(zone, buffer);
	KUNIT_ASSERT_PTR_EQ(test, alloc(zone, LABYRINTH_QUALITY_POISON), buffer);
	KUNIT_EXPECT_TRUE(test, is_filled(buffer, bytes_of(zone), zone->poison));
	labyrinth_test_free_address(zone, buffer);
}

/* In its last byte. */
static void buffer_written_to_while_idle_is_set_aside(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 1,
							  .cache = LABYRINTH_NO_CACHE,
							  .quality = LABYRINTH_QUALITY_VERIFY,
							  .buffer_pages = 3);
	u8 *buffer;

	labyrinth_test_cut_off(zone);
	buffer = alloc(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, buffer);
	labyrinth_test_free_address(zone, buffer);
	buffer[bytes_of(zone) - 1] ^= 1;
	KUNIT_EXPECT_NULL(test, alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).verify_failures, 1);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", "first at byte 12287"), 1);
}

static void second_free_is_caught(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	void *buffer = alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	labyrinth_refill_flush(zone);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	/* So that it stays in the zone. */
	KUNIT_ASSERT_NOT_NULL(test, alloc(zone, NONE));
	labyrinth_test_free_address(zone, buffer);
	labyrinth_test_free_address(zone, buffer);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 1);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: double free of "), 1);
}

static void address_of_no_buffer_is_left_alone(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	void *buffer = alloc(zone, NONE), *other = vmalloc(PAGE_SIZE);
	struct page **page = labyrinth_buffer_pages(zone, buffer);

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	KUNIT_ASSERT_NOT_NULL(test, other);
	heard.hashed = page_address(page[0]);
	labyrinth_test_free_address(zone, page_address(page[0]));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", "no page of any zone"), 1);
	heard_forget();
	labyrinth_test_free_address(zone, buffer + 1);
	labyrinth_test_free_address(zone, buffer + PAGE_SIZE);
	labyrinth_test_free_address(zone, other);
	labyrinth_test_free_address(zone, zone);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 5);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 1);
	heard_forget();
	vfree(other);
	labyrinth_test_free_address(zone, buffer);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
}

static void pages_are_those_of_a_live_buffer_only(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	void *buffer = alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	KUNIT_EXPECT_NULL(test, asker(zone, buffer + PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, asker(zone, NULL));
	KUNIT_EXPECT_NULL(test, asker(zone, zone));
	labyrinth_test_free_address(zone, buffer);
	KUNIT_EXPECT_NULL(test, asker(zone, buffer));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 4);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: asker+", "no live one of the zone begins"), 4);
	heard_forget();
}

static void first_page_stands_for_its_buffer(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE);
	struct labyrinth_page_info info;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, labyrinth_page_info(zone, page, &info), 0);
	KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(info.address));
	KUNIT_EXPECT_PTR_EQ(test, labyrinth_buffer_pages(zone, info.address)[0], page);
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
}

/* The others go with it, and the page when its last holder says so. */
static void buffer_of_which_somebody_holds_a_page_leaves(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	void *buffer = alloc(zone, NONE);
	struct page *last;

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	last = labyrinth_buffer_pages(zone, buffer)[zone->buffer_pages - 1];
	get_page(last);
	labyrinth_test_free_address(zone, buffer);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).returned, 1);
	KUNIT_EXPECT_EQ(test, page_count(last), 1);
	put_page(last);
}

/* It is somebody else's by now, whoever that is, and not given away a second time. */
static void page_of_a_buffer_given_away_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	void *buffer = alloc(zone, NONE);
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	page = labyrinth_buffer_pages(zone, buffer)[3];
	/* The last reference, as if the page had been freed, without anybody taking it. */
	KUNIT_ASSERT_TRUE(test, put_page_testzero(page));
	labyrinth_test_free_address(zone, buffer);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", pfn_text(page, ", "),
				   "freed behind the zone's back"), 1);
	/* Now really. */
	page_ref_inc(page);
	put_page(page);
}

static void freed_buffer_is_not_known(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE);
	struct labyrinth_page_info info;

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_free(zone, page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_page_info(zone, page, &info), -ENOENT);
	KUNIT_EXPECT_NULL(test, info.address);
}

static void take_and_free(void *arg)
{
	struct labyrinth_zone *zone = arg;
	void *buffer = labyrinth_alloc_atomic(zone, LABYRINTH_QUALITY_ZERO);

	labyrinth_free(zone, buffer);
}

static void buffers_are_taken_and_freed_in_every_context(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);

	labyrinth_test_in_hardirq(take_and_free, zone);
	labyrinth_test_in_nmi(take_and_free, zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
}

static void buffer_is_not_detached(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE), *offered = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_NOT_NULL(test, offered);
	KUNIT_EXPECT_NULL(test, labyrinth_detach_page(zone, page));
	KUNIT_EXPECT_FALSE(test, labyrinth_recycle_page(zone, offered));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	put_page(offered);
	labyrinth_test_free(zone, page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", "detaches a buffer"), 1);
}

static noinline void *cutter(struct labyrinth_zone *zone)
{
	void *fragment = labyrinth_frag_alloc_atomic(zone, 64, 0, NONE);

	/* Not a tail call. */
	barrier();
	return fragment;
}

static void buffer_is_not_split(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);

	KUNIT_EXPECT_NULL(test, cutter(zone));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: cutter+", "zone of buffers (buffer_pages 5)"), 1);
}

static void resize_and_tickets_bring_buffers(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct labyrinth_page_info info;
	struct labyrinth_ticket *ticket;
	struct page *page[3];

	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 10), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 10);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 2), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 2);
	ticket = labyrinth_test_ticket(test, zone, 3);
	KUNIT_EXPECT_EQ(test, labyrinth_test_ticket_take(ticket, NONE, page, 3), 3);
	KUNIT_ASSERT_EQ(test, labyrinth_page_info(zone, page[2], &info), 0);
	KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(info.address));
	labyrinth_free_bulk(zone, 3, page);
}

static void live_buffers_outlive_their_zone(struct kunit *test)
{
	int before = labyrinth_test_module_refcount();
	struct labyrinth_zone *zone = zone_for(test);
	size_t bytes = bytes_of(zone);
	u8 *buffer = alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	heard_forget();
	memset(buffer, 1, bytes);
	labyrinth_test_free_address(zone, buffer);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(labyrinth_test_module_refcount() == before));
}

struct bad_param {
	const char			*what;
	struct labyrinth_zone_params	params;
	const char			*told;
};

#define ZONE(...) { .name = "kunit", .node = NUMA_NO_NODE, .reserve = 2, __VA_ARGS__ }

static const struct bad_param bad_params[] = {
	{ "one page", ZONE(.buffer_pages = 1), "2 to 256" },
	{ "too many", ZONE(.buffer_pages = 257), "2 to 256" },
	{ "order", ZONE(.buffer_pages = 2, .order = 1), "order 1" },
	{ "charged", ZONE(.buffer_pages = 2, .quality = LABYRINTH_QUALITY_ACCOUNT), "ACCOUNT" },
	{ "policy", ZONE(.buffer_pages = 2, .policy = LABYRINTH_SYSTEM_FIRST), "reserve_only" },
};

static void bad_desc(const struct bad_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad, bad_params, bad_desc);

static void bad_parameters_are_refused(struct kunit *test)
{
	const struct bad_param *param = test->param_value;

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(labyrinth_zone_create(&param->params)), -EINVAL);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", param->told), 1);
}

static void policy_stays_what_it_is(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);

	KUNIT_EXPECT_EQ(test, labyrinth_test_file_write("/sys/kernel/labyrinth/kunit/policy",
							"system_first"), -EINVAL);
	KUNIT_EXPECT_EQ(test, zone->policy, LABYRINTH_RESERVE_ONLY);
	KUNIT_EXPECT_EQ(test, told("zone kunit: policy system_first; ", "reserve_only"), 1);
}

static void pages_of_a_buffer_are_shown(struct kunit *test)
{
	char text[32];

	zone_for(test);
	KUNIT_ASSERT_GT(test, labyrinth_test_file_read("/sys/kernel/labyrinth/kunit/buffer_pages",
						       text, sizeof(text)), 0);
	KUNIT_EXPECT_STREQ(test, text, "5\n");
}

static struct kunit_case buffer_cases[] = {
	KUNIT_CASE_PARAM(buffer_is_memory_at_one_address, pages_gen_params),
	KUNIT_CASE_PARAM(pages_of_a_buffer_are_its_content, pages_gen_params),
	KUNIT_CASE_PARAM(scatter_list_is_made_of_it, pages_gen_params),
	KUNIT_CASE_PARAM(worker_makes_new_ones, pages_gen_params),
	KUNIT_CASE(no_more_than_the_reserve_without_help),
	KUNIT_CASE(freed_buffer_is_handed_out_again_mapped_as_it_was),
	KUNIT_CASE_PARAM(buffer_has_the_content_asked_for, pages_gen_params),
	KUNIT_CASE(buffer_written_to_while_idle_is_set_aside),
	KUNIT_CASE(second_free_is_caught),
	KUNIT_CASE(address_of_no_buffer_is_left_alone),
	KUNIT_CASE(pages_are_those_of_a_live_buffer_only),
	KUNIT_CASE(first_page_stands_for_its_buffer),
	KUNIT_CASE_PARAM(buffer_of_which_somebody_holds_a_page_leaves, pages_gen_params),
	KUNIT_CASE(page_of_a_buffer_given_away_is_told),
	KUNIT_CASE(freed_buffer_is_not_known),
	KUNIT_CASE(buffers_are_taken_and_freed_in_every_context),
	KUNIT_CASE(buffer_is_not_detached),
	KUNIT_CASE(buffer_is_not_split),
	KUNIT_CASE(resize_and_tickets_bring_buffers),
	KUNIT_CASE(live_buffers_outlive_their_zone),
	KUNIT_CASE_PARAM(bad_parameters_are_refused, bad_gen_params),
	KUNIT_CASE(policy_stays_what_it_is),
	KUNIT_CASE(pages_of_a_buffer_are_shown),
	{}
};

static struct kunit_suite buffer_suite = {
	.name = "labyrinth_buffer",
	.suite_init = log_suite_init,
	.suite_exit = log_suite_exit,
	.init = log_init,
	.exit = log_exit,
	.test_cases = buffer_cases,
};

kunit_test_suite(buffer_suite);
