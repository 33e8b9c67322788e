// SPDX-License-Identifier: GPL-2.0
/* What has to be left alone, and is told from what need not be. */
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>

#define ORDER 1
#define FREE_IT(p) __free_page(p)

struct trap {
	struct page *page;	/* from here and from elsewhere */
	struct page *low;
	struct page *pair;
	struct page *given;
	struct page *global;
	struct page *lost;
	struct page *macro;
	struct page *whole[2];
	struct page *copied;
	struct page *first;
	struct page *second;
	struct page *either;
	struct page *chosen;
	struct page *good;
};

typedef void (*done_t)(struct page *page);

struct page *fixture_borrow(void);
void fixture_take(struct page *page);
struct page *fixture_public(void);

static struct page *spare;

/* One of two sources stays the system's. */
static void mixed(struct trap *trap, bool atomic)
{
	if (atomic)
		trap->page = alloc_page(GFP_ATOMIC);
	else
		trap->page = alloc_page(GFP_KERNEL);
	__free_page(trap->page);
}

/* What a mask asks for that a zone does not have per call, or is not known. */
static void masks(struct trap *trap, gfp_t gfp, bool atomic)
{
	struct page *page, *other;

	trap->low = alloc_page(GFP_ATOMIC | __GFP_DMA32);
	if (trap->low)
		__free_page(trap->low);
	page = alloc_page(gfp);
	if (page)
		__free_page(page);
	other = alloc_page(atomic ? GFP_ATOMIC : GFP_KERNEL);
	if (other)
		__free_page(other);
}

/* More than one page: an order that a macro hides. */
static void orders(struct trap *trap)
{
	trap->pair = alloc_pages(GFP_ATOMIC, ORDER);
	if (trap->pair)
		__free_pages(trap->pair, ORDER);
}

/* To, and from, who is not known. */
static void elsewhere(struct trap *trap)
{
	struct page *own = alloc_page(GFP_ATOMIC);
	struct page *borrowed = fixture_borrow();

	if (own)
		fixture_take(own);
	__free_page(borrowed);
	trap->given = alloc_page(GFP_ATOMIC);
	fixture_take(trap->given);
}

struct page *fixture_public(void)
{
	struct page *page = alloc_page(GFP_ATOMIC);

	if (page)
		clear_highpage(page);
	return page;
}

/* In a variable of the file's, which another function fills as well. */
static void file_scope(struct trap *trap)
{
	spare = alloc_page(GFP_ATOMIC);
	if (spare)
		__free_page(spare);
}

static void file_scope_too(void)
{
	spare = fixture_borrow();
}

/* Nobody gives it back: by what way is it freed? */
static void lost(struct trap *trap)
{
	trap->lost = alloc_page(GFP_ATOMIC);
}

/* By a macro, which does not become a call of the zone's. */
static void by_macro(struct trap *trap)
{
	trap->macro = alloc_page(GFP_ATOMIC);
	if (trap->macro)
		FREE_IT(trap->macro);
}

/* The whole array is handed on. */
static void array(struct trap *trap)
{
	trap->whole[0] = alloc_page(GFP_ATOMIC);
	release_pages(trap->whole, 1);
}

/* The value goes on, not only whether there is one. */
static void conditional(struct trap *trap, bool first)
{
	struct page *page = alloc_page(GFP_ATOMIC);
	struct page *other = alloc_page(GFP_ATOMIC);

	trap->either = page ?: fixture_borrow();
	trap->chosen = first ? other : NULL;
	if (page)
		__free_page(page);
	if (other)
		__free_page(other);
}

/* In parentheses, by a pointer to it, and by a function that a pointer leads to. */
static void indirect(struct trap *trap, done_t done)
{
	struct page *one = alloc_page(GFP_ATOMIC);
	struct page *two = alloc_page(GFP_ATOMIC);
	struct page *three = alloc_page(GFP_ATOMIC);
	struct page **where = &two;
	struct trap copy = { .copied = three };

	fixture_take((one));
	done(one);
	fixture_take(*where);
	trap->whole[1] = copy.copied;
	__free_page(one);
	__free_page(two);
	__free_page(three);
}

/* Its value goes on where a place is written to. */
static void chained(struct trap *trap)
{
	struct page *page;

	trap->first = trap->second = alloc_page(GFP_ATOMIC);
	if (trap->second)
		__free_page(trap->second);
	trap->first = fixture_borrow();
	fixture_take(page = alloc_page(GFP_ATOMIC));
	__free_page(page);
}

/* A macro calls it with what is not known to be the zone's. */
static void put_one(struct page *page)
{
	__free_page(page);
}

#define PUT_TWO(one, two) do { put_one(one); put_one(two); } while (0)

static void by_two(void)
{
	struct page *page = alloc_page(GFP_ATOMIC);

	put_one(page);
	PUT_TWO(fixture_borrow(), fixture_borrow());
}

static void callback(struct page *page)
{
	__free_page(page);
}

/* A function that somebody calls by its address frees who knows what. */
static done_t by_callback(struct trap *trap)
{
	struct page *page = alloc_page(GFP_ATOMIC);

	if (page)
		callback(page);
	return callback;
}

/* And one that is as good as any. */
static void good(struct trap *trap)
{
	trap->good = alloc_page(GFP_ATOMIC);
	if (trap->good)
		__free_page(trap->good);
}

static int __init traps_init(void)
{
	struct trap trap = {};

	mixed(&trap, true);
	masks(&trap, GFP_ATOMIC, true);
	orders(&trap);
	elsewhere(&trap);
	file_scope(&trap);
	file_scope_too();
	lost(&trap);
	by_macro(&trap);
	array(&trap);
	conditional(&trap, true);
	indirect(&trap, fixture_take);
	by_two();
	chained(&trap);
	good(&trap);
	return !by_callback(&trap);
}
module_init(traps_init);

MODULE_DESCRIPTION("fixture");
MODULE_LICENSE("GPL");
