// SPDX-License-Identifier: GPL-2.0
/*
 * Ears for the kernel's log, and call sites to be named in it.
 *
 * The lines are taken from the tracepoint "console", through which every message
 * passes whatever its level.
 */
#include <kunit/test.h>
#include <linux/compiler.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <trace/events/printk.h>

#include "log.h"

struct ear heard = {
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

unsigned int heard_lines(void)
{
	/* Pairs with the release in hear(): so many are complete. */
	return smp_load_acquire(&heard.nr);
}

void heard_forget(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&heard.lock, flags);
	heard.nr = 0;
	raw_spin_unlock_irqrestore(&heard.lock, flags);
}

/* A module cannot refer to the tracepoint, but it can look for it. */
static void find_console(struct tracepoint *tracepoint, void *unused)
{
	check_trace_callback_type_console(hear);
	if (!strcmp(tracepoint->name, "console"))
		heard.tracepoint = tracepoint;
}

int log_suite_init(struct kunit_suite *suite)
{
	heard.tracepoint = NULL;
	for_each_kernel_tracepoint(find_console, NULL);
	if (IS_ENABLED(CONFIG_TRACEPOINTS) && heard.tracepoint)
		return tracepoint_probe_register(heard.tracepoint, hear, NULL);
	return 0;
}

void log_suite_exit(struct kunit_suite *suite)
{
	if (!IS_ENABLED(CONFIG_TRACEPOINTS) || !heard.tracepoint)
		return;
	tracepoint_probe_unregister(heard.tracepoint, hear, NULL);
	tracepoint_synchronize_unregister();
}

int log_init(struct kunit *test)
{
	if (!heard.tracepoint)
		kunit_skip(test, "a kernel without the tracepoint 'console'");
	if (!IS_ENABLED(CONFIG_KALLSYMS))
		kunit_skip(test, "a kernel that does not know its symbols");
	heard_forget();
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

bool has_address(const char *line)
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

void log_exit(struct kunit *test)
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

unsigned int told_parts(const char * const *part)
{
	unsigned int i, nr = 0;

	for (i = 0; i < heard_lines(); i++)
		nr += has_parts(heard.line[i], part);
	return nr;
}

const char *pfn_text(const struct page *page, const char *then)
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

noinline __noclone struct page *taker(struct labyrinth_zone *zone,
				      labyrinth_quality_t quality)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, quality);

	STAY_HERE();
	return page;
}

noinline __noclone struct page *second_taker(struct labyrinth_zone *zone)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, LABYRINTH_QUALITY_NONE);

	STAY_HERE();
	return page;
}

noinline __noclone struct page *address_taker(struct labyrinth_zone *zone)
{
	void *address = labyrinth_alloc_atomic(zone, LABYRINTH_QUALITY_NONE);

	STAY_HERE();
	return address ? virt_to_page(address) : NULL;
}

noinline __noclone int bulk_taker(struct labyrinth_zone *zone,
				  labyrinth_quality_t quality, unsigned int nr,
				  struct page **page)
{
	int ret = labyrinth_alloc_bulk_atomic(zone, quality, nr, page);

	STAY_HERE();
	return ret;
}

noinline __noclone void freer(struct labyrinth_zone *zone, struct page *page)
{
	labyrinth_free_page(zone, page);
	STAY_HERE();
}

noinline __noclone void second_freer(struct labyrinth_zone *zone, struct page *page)
{
	labyrinth_free_page(zone, page);
	STAY_HERE();
}

noinline __noclone void address_freer(struct labyrinth_zone *zone,
				      const void *address)
{
	labyrinth_free(zone, address);
	STAY_HERE();
}

noinline __noclone void bulk_freer(struct labyrinth_zone *zone, unsigned int nr,
				   struct page **page)
{
	labyrinth_free_bulk(zone, nr, page);
	STAY_HERE();
}
