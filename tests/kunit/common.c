// SPDX-License-Identifier: GPL-2.0
/*
 * What the suites share.
 */
#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/path.h>
#include <linux/pid.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "common.h"

/* --- zones that go with their case --- */

/**
 * struct labyrinth_test_fixture - a zone and the case that made it
 * @test: the case
 * @zone: its zone; NULL: the case has destroyed it
 * @stolen: pages that the case has freed behind the zone's back
 */
struct labyrinth_test_fixture {
	struct kunit		*test;
	struct labyrinth_zone	*zone;
	unsigned int		stolen;
};

static unsigned int labyrinth_test_slots(const struct labyrinth_zone *zone)
{
	return zone->slot_mask / sizeof(struct labyrinth_desc) + 1;
}

static unsigned int labyrinth_test_count(struct labyrinth_zone *zone, u32 state)
{
	unsigned int slot, nr = 0;

	for (slot = 0; slot < labyrinth_test_slots(zone); slot++)
		if (zone->table[slot].page &&
		    (zone->table[slot].state == state ||
		     (zone->table[slot].state & state & LABYRINTH_DESC_LIVE)))
			nr++;
	return nr;
}

unsigned int labyrinth_test_live(struct labyrinth_zone *zone)
{
	return labyrinth_test_count(zone, LABYRINTH_DESC_LIVE);
}

struct labyrinth_stats labyrinth_test_stats(struct labyrinth_zone *zone)
{
	struct labyrinth_stats stats;

	labyrinth_zone_get_stats(zone, &stats);
	return stats;
}

/* Every page that the zone owns is where the statistics say. At rest only. */
void labyrinth_test_books(struct kunit *test, struct labyrinth_zone *zone)
{
	unsigned int aside = labyrinth_test_count(zone, LABYRINTH_DESC_ASIDE);
	unsigned int idle = labyrinth_test_count(zone, LABYRINTH_DESC_IDLE);
	unsigned int held = labyrinth_test_count(zone, LABYRINTH_DESC_TICKET);
	struct labyrinth_stats stats = labyrinth_test_stats(zone);

	KUNIT_EXPECT_EQ(test, stats.allocs,
			stats.from_cache + stats.from_system + stats.from_reserve +
			stats.from_ticket);
	KUNIT_EXPECT_EQ(test, stats.live, labyrinth_test_live(zone));
	KUNIT_EXPECT_EQ(test, stats.reserve + stats.cached, idle);
	KUNIT_EXPECT_EQ(test, stats.ticketed, held);
	KUNIT_EXPECT_EQ(test, stats.owned, stats.live + idle + aside + held);
	KUNIT_EXPECT_LE(test, stats.reserve, stats.reserve_target);
	KUNIT_EXPECT_LE(test, stats.owned, stats.max_pages);
}

static void free_fragments(struct labyrinth_zone *zone, const struct labyrinth_desc *desc)
{
	size_t granule = (PAGE_SIZE << zone->order) / 64;
	u64 frags = atomic64_read(&desc->frags);
	void *start = page_address(desc->page);
	unsigned int i;

	for (i = 0; i < 63; i++)
		if (frags & BIT_ULL(i))
			labyrinth_frag_free(zone, start + i * granule);
}

/* Pages that a failed case has left live must not outlive it. */
static void labyrinth_test_free_live(struct labyrinth_zone *zone)
{
	unsigned int slot;

	for (slot = 0; slot < labyrinth_test_slots(zone); slot++) {
		if (zone->table[slot].state & LABYRINTH_DESC_FRAG)
			free_fragments(zone, &zone->table[slot]);
		else if (zone->table[slot].state & LABYRINTH_DESC_LIVE)
			labyrinth_free_page(zone, zone->table[slot].page);
	}
	/* What a CPU keeps open is live. */
	if (labyrinth_test_stats(zone).frag_allocs)
		labyrinth_zone_trim(zone);
}

static int labyrinth_test_fixture_init(struct kunit_resource *resource, void *fixture)
{
	resource->data = fixture;
	return 0;
}

static void labyrinth_test_fixture_free(struct kunit_resource *resource)
{
	struct labyrinth_test_fixture *fixture = resource->data;
	struct labyrinth_stats stats;

	if (!fixture->zone)
		return;
	labyrinth_test_free_live(fixture->zone);
	labyrinth_refill_flush(fixture->zone);
	labyrinth_test_books(fixture->test, fixture->zone);
	stats = labyrinth_test_stats(fixture->zone);
	KUNIT_EXPECT_EQ(fixture->test, stats.taken,
			stats.returned + stats.owned + fixture->stolen);
	KUNIT_EXPECT_EQ(fixture->test, stats.live, 0);
	KUNIT_EXPECT_EQ(fixture->test, labyrinth_zone_destroy(fixture->zone), 0);
}

struct labyrinth_zone *
labyrinth_test_zone_make(struct kunit *test,
			 const struct labyrinth_zone_params *params)
{
	struct labyrinth_test_fixture *fixture;

	fixture = kunit_kzalloc(test, sizeof(*fixture), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fixture);
	fixture->test = test;
	/* What is freed here is in the cache here: each case has one CPU. */
	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	KUNIT_ASSERT_PTR_EQ(test, kunit_alloc_resource(test,
						       labyrinth_test_fixture_init,
						       labyrinth_test_fixture_free,
						       GFP_KERNEL, fixture),
			    (void *)fixture);
	fixture->zone = labyrinth_zone_create(params);
	if (IS_ERR(fixture->zone)) {
		int ret = PTR_ERR(fixture->zone);

		fixture->zone = NULL;
		KUNIT_ASSERT_EQ_MSG(test, ret, 0, "no zone '%s'", params->name);
	}
	return fixture->zone;
}

static bool labyrinth_test_fixture_match(struct kunit *test,
					 struct kunit_resource *resource, void *zone)
{
	struct labyrinth_test_fixture *fixture = resource->data;

	return resource->free == labyrinth_test_fixture_free && fixture->zone == zone;
}

static struct labyrinth_test_fixture *
labyrinth_test_fixture_of(struct kunit *test, struct labyrinth_zone *zone)
{
	struct labyrinth_test_fixture *fixture;
	struct kunit_resource *resource;

	resource = kunit_find_resource(test, labyrinth_test_fixture_match, zone);
	KUNIT_ASSERT_NOT_NULL(test, resource);
	fixture = resource->data;
	kunit_put_resource(resource);
	return fixture;
}

/* As the consumer does it, pages live or not: the case has the say. */
int labyrinth_test_zone_destroy(struct kunit *test, struct labyrinth_zone *zone)
{
	labyrinth_test_fixture_of(test, zone)->zone = NULL;
	return labyrinth_zone_destroy(zone);
}

void labyrinth_test_steal(struct kunit *test, struct labyrinth_zone *zone,
			  struct page *page)
{
	labyrinth_test_fixture_of(test, zone)->stolen++;
	__free_pages(page, zone->order);
}

/* --- memory that goes with its case --- */

static int labyrinth_test_memory_init(struct kunit_resource *resource, void *memory)
{
	resource->data = memory;
	return 0;
}

static void labyrinth_test_memory_free(struct kunit_resource *resource)
{
	kvfree(resource->data);
}

void labyrinth_test_keep(struct kunit *test, void *memory)
{
	KUNIT_ASSERT_PTR_EQ(test, kunit_alloc_resource(test, labyrinth_test_memory_init,
						       labyrinth_test_memory_free,
						       GFP_KERNEL, memory),
			    memory);
}

/* --- tickets that go with their case --- */

static int labyrinth_test_ticket_init(struct kunit_resource *resource, void *ticket)
{
	resource->data = ticket;
	return 0;
}

static void labyrinth_test_ticket_free(struct kunit_resource *resource)
{
	labyrinth_ticket_release(resource->data);
}

struct labyrinth_ticket *labyrinth_test_ticket_new(struct kunit *test)
{
	struct labyrinth_ticket *ticket;

	ticket = kunit_kzalloc(test, sizeof(*ticket), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ticket);
	/* What comes last goes first: before its zone, and before its memory. */
	KUNIT_ASSERT_PTR_EQ(test, kunit_alloc_resource(test,
						       labyrinth_test_ticket_init,
						       labyrinth_test_ticket_free,
						       GFP_KERNEL, ticket),
			    (void *)ticket);
	return ticket;
}

struct labyrinth_ticket *labyrinth_test_ticket(struct kunit *test,
					       struct labyrinth_zone *zone,
					       unsigned int nr)
{
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);

	KUNIT_ASSERT_EQ(test, labyrinth_ticket_reserve(zone, nr, 0, ticket), 0);
	return ticket;
}

unsigned int labyrinth_test_ticket_take(struct labyrinth_ticket *ticket,
					labyrinth_quality_t quality,
					struct page **pages, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		pages[i] = labyrinth_ticket_alloc(ticket, quality);
		if (!pages[i])
			break;
	}
	return i;
}

/* --- what cases do over and over --- */

void labyrinth_test_cut_off(struct labyrinth_zone *zone)
{
	labyrinth_refill_flush(zone);
	labyrinth_zone_trim(zone);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, true);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, true);
}

void labyrinth_test_reconnect(struct labyrinth_zone *zone)
{
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, false);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, false);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, false);
}

struct page *labyrinth_test_alloc(struct labyrinth_zone *zone,
				  labyrinth_quality_t quality)
{
	return labyrinth_alloc_page_atomic(zone, quality);
}

void labyrinth_test_free(struct labyrinth_zone *zone, struct page *page)
{
	labyrinth_free_page(zone, page);
}

void labyrinth_test_free_address(struct labyrinth_zone *zone, const void *address)
{
	labyrinth_free(zone, address);
}

void *labyrinth_test_frag(struct labyrinth_zone *zone, unsigned int size,
			  unsigned int align, labyrinth_quality_t quality)
{
	return labyrinth_frag_alloc_atomic(zone, size, align, quality);
}

void labyrinth_test_frag_free(struct labyrinth_zone *zone, const void *addr)
{
	labyrinth_frag_free(zone, addr);
}

unsigned int labyrinth_test_take(struct labyrinth_zone *zone,
				 labyrinth_quality_t quality,
				 struct page **pages, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		pages[i] = labyrinth_alloc_page_atomic(zone, quality);
		if (!pages[i])
			break;
	}
	return i;
}

struct page **labyrinth_test_pages(struct kunit *test, unsigned int nr)
{
	struct page **pages = kunit_kcalloc(test, nr, sizeof(*pages), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pages);
	return pages;
}

struct labyrinth_desc *labyrinth_test_desc(struct labyrinth_zone *zone,
					   const struct page *page)
{
	unsigned int slot;

	for (slot = 0; slot < labyrinth_test_slots(zone); slot++)
		if (zone->table[slot].page == page)
			return &zone->table[slot];
	return NULL;
}

struct labyrinth_desc *labyrinth_test_desc_in(struct labyrinth_zone *zone, u32 state)
{
	unsigned int slot;

	for (slot = 0; slot < labyrinth_test_slots(zone); slot++)
		if (zone->table[slot].page && zone->table[slot].state == state)
			return &zone->table[slot];
	return NULL;
}

bool labyrinth_test_is_filled(const struct page *page, unsigned int order, u8 byte)
{
	return !memchr_inv(page_address(page), byte, PAGE_SIZE << order);
}

/* --- contexts --- */

/**
 * struct labyrinth_test_call - a function to be called in a hard interrupt
 * @timer: makes the interrupt
 * @fn: the function
 * @arg: its argument
 * @done: it has returned
 */
struct labyrinth_test_call {
	struct hrtimer		timer;
	void			(*fn)(void *arg);
	void			*arg;
	struct completion	done;
};

static enum hrtimer_restart labyrinth_test_called(struct hrtimer *timer)
{
	struct labyrinth_test_call *call = container_of(timer,
							struct labyrinth_test_call,
							timer);

	call->fn(call->arg);
	complete(&call->done);
	return HRTIMER_NORESTART;
}

void labyrinth_test_in_hardirq(void (*fn)(void *arg), void *arg)
{
	/* KUnit runs one case at a time. */
	static struct labyrinth_test_call call;

	call.fn = fn;
	call.arg = arg;
	init_completion(&call.done);
	hrtimer_setup(&call.timer, labyrinth_test_called, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&call.timer, 0, HRTIMER_MODE_REL_PINNED_HARD);
	wait_for_completion(&call.done);
	hrtimer_cancel(&call.timer);
}

/*
 * No real NMI: those cannot be had at will. But everything that asks where it
 * is gets the answer that it would get in one.
 */
void labyrinth_test_in_nmi(void (*fn)(void *arg), void *arg)
{
	unsigned long flags;

	local_irq_save(flags);
	__preempt_count_add(NMI_OFFSET + HARDIRQ_OFFSET);
	fn(arg);
	__preempt_count_sub(NMI_OFFSET + HARDIRQ_OFFSET);
	local_irq_restore(flags);
}

/* --- files --- */

/* As user space sees it: from 7.0 on, kernel threads have an empty root. */
static struct file *file_of_user_space(const char *path, int flags)
{
	struct pid *init = find_get_pid(1);
	struct task_struct *task = get_pid_task(init, PIDTYPE_PID);
	struct path root = {};
	struct file *file;

	put_pid(init);
	if (!task)
		return ERR_PTR(-ESRCH);
	task_lock(task);
	if (task->fs)
		get_fs_root(task->fs, &root);
	task_unlock(task);
	put_task_struct(task);
	if (!root.mnt)
		return ERR_PTR(-ESRCH);
	file = file_open_root(&root, path, flags, 0);
	path_put(&root);
	return file;
}

bool labyrinth_test_file_exists(const char *path)
{
	struct file *file = file_of_user_space(path, O_PATH);

	if (IS_ERR(file))
		return false;
	filp_close(file, NULL);
	return true;
}

int labyrinth_test_file_read(const char *path, char *buffer, size_t size)
{
	struct file *file = file_of_user_space(path, O_RDONLY);
	loff_t pos = 0;
	ssize_t length;

	if (IS_ERR(file))
		return PTR_ERR(file);
	length = kernel_read(file, buffer, size - 1, &pos);
	filp_close(file, NULL);
	if (length >= 0)
		buffer[length] = '\0';
	return length;
}

/*
 * debugfs has no read_iter(), which kernel_read() wants: the file is read below it, a
 * piece at a time.
 */
int labyrinth_test_seq_read(const char *path, char *buffer, size_t size)
{
	struct kvec vec = { .iov_base = buffer, .iov_len = size - 1 };
	struct file *file = file_of_user_space(path, O_RDONLY);
	struct iov_iter iter;
	ssize_t length = 0, piece;
	struct kiocb kiocb;

	if (IS_ERR(file))
		return PTR_ERR(file);
	init_sync_kiocb(&kiocb, file);
	iov_iter_kvec(&iter, READ, &vec, 1, vec.iov_len);
	while ((piece = seq_read_iter(&kiocb, &iter)) > 0)
		length += piece;
	filp_close(file, NULL);
	if (piece < 0)
		return piece;
	buffer[length] = '\0';
	return length;
}

int labyrinth_test_file_write(const char *path, const char *text)
{
	struct file *file = file_of_user_space(path, O_WRONLY);
	loff_t pos = 0;
	ssize_t length;

	if (IS_ERR(file))
		return PTR_ERR(file);
	length = kernel_write(file, text, strlen(text), &pos);
	filp_close(file, NULL);
	return length < 0 ? length : 0;
}

int labyrinth_test_module_refcount(void)
{
	char text[16];
	int nr, ret;

	ret = labyrinth_test_file_read("/sys/module/labyrinth/refcnt", text, sizeof(text));
	if (ret < 0)
		return ret;
	ret = kstrtoint(strim(text), 10, &nr);
	return ret ?: nr;
}

LABYRINTH_IMPORT_NS;
LABYRINTH_IMPORT_PRIVATE_NS;
MODULE_DESCRIPTION("KUnit tests of Labyrinth");
MODULE_AUTHOR("The Labyrinth developers");
MODULE_LICENSE("GPL");
