// SPDX-License-Identifier: GPL-2.0
/*
 * The account of every page that anybody holds, kept without the library.
 *
 * There is one word for each page frame of the machine: 0, or the claim of who
 * holds it. Whoever gets a page claims its word by compare-and-exchange from 0:
 * a word that is not 0 is a page handed out twice. Whoever gives the page away
 * takes the very same claim out again before he does. In between, the page is
 * stamped with a pattern that follows from the claim, in full or in a few words,
 * and page->private, which is the holder's while the page is live, holds the claim
 * itself. So a page that two have, or that somebody wrote to, is noticed from
 * any of three sides.
 *
 * Memory that the hog takes from the system is claimed likewise: a page that is
 * both the system's and a zone's is noticed as well.
 *
 * All of it is legal in any context, NMI included.
 */
#define pr_fmt(fmt) "labyrinth_torture: " fmt

#include <linux/bitfield.h>
#include <linux/hash.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "torture.h"

/* Every so many claims stamp the whole page, the others this many words. */
#define TORTURE_WHOLE	16
#define TORTURE_WORDS	8

/* After that many lines the rest is only counted. */
#define TORTURE_TOLD	8

static atomic64_t *account;
static unsigned long account_pfns;
static atomic64_t wrongs[TORTURE_NR_WRONGS];
static atomic_t told;

static const char * const wrong_name[TORTURE_NR_WRONGS] = {
	[TORTURE_LOST] = "LOST",
	[TORTURE_DOUBLED] = "DOUBLED",
	[TORTURE_CORRUPTED] = "CORRUPTED",
};

/* --- what is wrong --- */

/* The first one stops everything; see torture_stopped(). */
void torture_wrong(enum torture_wrong wrong, u64 nr, const char *format, ...)
{
	struct va_format text;
	va_list args;

	atomic64_add(nr, &wrongs[wrong]);
	if (atomic_inc_return(&told) > TORTURE_TOLD)
		return;
	va_start(args, format);
	text.fmt = format;
	text.va = &args;
	pr_err("%s: %pV (cpu %u, %s)\n", wrong_name[wrong], &text,
	       raw_smp_processor_id(), current->comm);
	va_end(args);
}

u64 torture_wrongs(enum torture_wrong wrong)
{
	return atomic64_read(&wrongs[wrong]);
}

bool torture_stopped(void)
{
	return atomic_read(&told);
}

/* --- claims --- */

struct page *torture_claim_page(u64 claim)
{
	return pfn_to_page(FIELD_GET(TORTURE_CLAIM_PFN, claim));
}

unsigned int torture_claim_zone(u64 claim)
{
	return FIELD_GET(TORTURE_CLAIM_ZONE, claim);
}

/* For a message: "worker 3 in hardirq of zone plain, its page 17". */
struct claim_text {
	char text[96];
};

static const char *claim_tell(struct claim_text *told, u64 claim)
{
	snprintf(told->text, sizeof(told->text),
		 "worker %llu in %s of zone %s, its page %llu",
		 FIELD_GET(TORTURE_CLAIM_WORKER, claim),
		 torture_context_name(FIELD_GET(TORTURE_CLAIM_CONTEXT, claim)),
		 torture_zones[torture_claim_zone(claim)].name,
		 FIELD_GET(TORTURE_CLAIM_SEQUENCE, claim));
	return told->text;
}

static unsigned int claim_pages(u64 claim)
{
	return 1U << torture_zones[torture_claim_zone(claim)].order;
}

/* --- stamps --- */

static u64 stamp_word(u64 claim, unsigned int word)
{
	return ~claim + word * GOLDEN_RATIO_64;
}

/* How many words @claim stamps: all, or the first, the last and some. */
static unsigned int stamp_words(u64 claim, unsigned int words)
{
	return FIELD_GET(TORTURE_CLAIM_SEQUENCE, claim) % TORTURE_WHOLE ?
	       TORTURE_WORDS : words;
}

static unsigned int stamp_place(u64 claim, unsigned int i, unsigned int nr,
				unsigned int words)
{
	if (nr == words || i == 0)
		return i;
	if (i == 1)
		return words - 1;
	return hash_64(claim + i, 32) % words;
}

static void stamp(u64 claim, struct page *page)
{
	unsigned int words = claim_pages(claim) * PAGE_SIZE / sizeof(u64);
	unsigned int nr = stamp_words(claim, words), i, word;
	u64 *content = page_address(page);

	for (i = 0; i < nr; i++) {
		word = stamp_place(claim, i, nr, words);
		content[word] = stamp_word(claim, word);
	}
	set_page_private(page, claim);
}

/* Is the page still as its holder has stamped it? */
bool torture_intact(u64 claim)
{
	struct page *page = torture_claim_page(claim);
	unsigned int words = claim_pages(claim) * PAGE_SIZE / sizeof(u64);
	unsigned int nr = stamp_words(claim, words), i, word;
	const u64 *content = page_address(page);
	struct claim_text holder;

	if (page_private(page) != claim) {
		torture_wrong(TORTURE_CORRUPTED, 1,
			      "pfn %lu held by %s: its ->private became %#lx",
			      page_to_pfn(page), claim_tell(&holder, claim), page_private(page));
		return false;
	}
	for (i = 0; i < nr; i++) {
		word = stamp_place(claim, i, nr, words);
		if (content[word] == stamp_word(claim, word))
			continue;
		torture_wrong(TORTURE_CORRUPTED, 1,
			      "pfn %lu held by %s: byte %zu was %#llx and became %#llx",
			      page_to_pfn(page), claim_tell(&holder, claim), word * sizeof(u64),
			      stamp_word(claim, word), content[word]);
		return false;
	}
	return true;
}

/* --- entries --- */

/*
 * What alloc_pages() promises of a page, and the request's quality on top. The
 * memory manager itself may hold a reference for a moment, as it looks at pages
 * which it may find to be somebody else's.
 */
static void check_fresh(u64 claim, struct page *page, labyrinth_quality_t quality)
{
	size_t bytes = claim_pages(claim) * PAGE_SIZE;
	struct claim_text holder;
	unsigned int tries;
	void *odd = NULL;

	for (tries = 0; tries < 1000 && page_count(page) != 1; tries++)
		cpu_relax();
	if (page_count(page) != 1 || atomic_read(&page->_mapcount) != -1 || page->mapping ||
	    page_private(page))
		torture_wrong(TORTURE_CORRUPTED, 1,
			      "pfn %lu for %s is not as new: count %d, mapping %p, private %#lx",
			      page_to_pfn(page), claim_tell(&holder, claim), page_count(page),
			      page->mapping, page_private(page));
	if (quality & LABYRINTH_QUALITY_ZERO)
		odd = memchr_inv(page_address(page), 0, bytes);
	else if (quality & LABYRINTH_QUALITY_POISON)
		odd = memchr_inv(page_address(page),
				 torture_zones[torture_claim_zone(claim)].poison,
				 bytes);
	if (odd)
		torture_wrong(TORTURE_CORRUPTED, 1,
			      "pfn %lu for %s, quality %#x: byte %zu is %#x",
			      page_to_pfn(page), claim_tell(&holder, claim),
			      (__force unsigned int)quality,
			      odd - page_address(page), *(u8 *)odd);
}

/*
 * @worker has been given @page. 0: it is not his, and must not be touched any
 * more.
 */
u64 torture_claim(struct torture_worker *worker, enum torture_context context,
		  unsigned int zone, struct page *page,
		  labyrinth_quality_t quality)
{
	struct claim_text holder, other;
	unsigned long pfn = page_to_pfn(page);
	unsigned int i;
	u64 claim, old;

	claim = FIELD_PREP(TORTURE_CLAIM_PFN, pfn) |
		FIELD_PREP(TORTURE_CLAIM_SEQUENCE,
			   worker->sequence++ & FIELD_MAX(TORTURE_CLAIM_SEQUENCE)) |
		FIELD_PREP(TORTURE_CLAIM_ZONE, zone) |
		FIELD_PREP(TORTURE_CLAIM_CONTEXT, context) |
		FIELD_PREP(TORTURE_CLAIM_WORKER, worker->id);
	if (pfn + claim_pages(claim) > account_pfns) {
		torture_wrong(TORTURE_CORRUPTED, 1,
			      "pfn %lu for %s is none: there are %lu",
			      pfn, claim_tell(&holder, claim), account_pfns);
		return 0;
	}
	for (i = 0; i < claim_pages(claim); i++) {
		old = atomic64_cmpxchg(&account[pfn + i], 0, claim);
		if (likely(!old))
			continue;
		torture_wrong(TORTURE_DOUBLED, 1,
			      "pfn %lu for %s is held by %s",
			      pfn + i, claim_tell(&holder, claim), claim_tell(&other, old));
		return 0;
	}
	check_fresh(claim, page, quality);
	stamp(claim, page);
	return claim;
}

/*
 * The holder is about to give the page away. False: it is not what he holds;
 * better that he leaves it alone.
 */
bool torture_release(u64 claim)
{
	unsigned long pfn = FIELD_GET(TORTURE_CLAIM_PFN, claim);
	struct claim_text holder, other;
	unsigned int i;
	u64 old;

	if (!torture_intact(claim))
		return false;
	/* The next holder finds it as new. */
	set_page_private(torture_claim_page(claim), 0);
	for (i = 0; i < claim_pages(claim); i++) {
		old = atomic64_cmpxchg(&account[pfn + i], claim, 0);
		if (likely(old == claim))
			continue;
		torture_wrong(TORTURE_DOUBLED, 1,
			      "pfn %lu held by %s stands for %s",
			      pfn + i, claim_tell(&holder, claim), claim_tell(&other, old));
		return false;
	}
	return true;
}

/* Pages that somebody has claimed and nobody released. At rest only. */
unsigned long torture_account_left(void)
{
	unsigned long pfn, left = 0;
	struct claim_text holder;
	u64 claim;

	for (pfn = 0; pfn < account_pfns; pfn++) {
		claim = atomic64_read(&account[pfn]);
		if (!claim)
			continue;
		left++;
		torture_wrong(TORTURE_LOST, 1, "pfn %lu is still held by %s",
			      pfn, claim_tell(&holder, claim));
	}
	return left;
}

int torture_account_init(void)
{
	int node;

	for_each_online_node(node)
		account_pfns = max(account_pfns, pgdat_end_pfn(NODE_DATA(node)));
	if (account_pfns > FIELD_MAX(TORTURE_CLAIM_PFN)) {
		pr_err("the machine has page frames up to %lu; allowed are %llu\n",
		       account_pfns, FIELD_MAX(TORTURE_CLAIM_PFN));
		return -ERANGE;
	}
	account = vzalloc(array_size(account_pfns, sizeof(*account)));
	return account ? 0 : -ENOMEM;
}

void torture_account_exit(void)
{
	vfree(account);
}
