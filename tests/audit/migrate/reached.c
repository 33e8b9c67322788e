// SPDX-License-Identifier: GPL-2.0
/* Pages that are reached by another name, or by code that nobody sees. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>

struct reached {
	struct page **pages;
	struct page **lent;
	struct page *dropped;
	struct page *named;
	struct page *good;
	int n;
};

#define DROP(r) do { __free_page((r)->dropped); (r)->dropped = NULL; } while (0)
#define MEMBER named
#define TAKE() fixture_keep(kept)

void fixture_keep(struct page *page);

/* An array by two names, here and where it is freed. */
static int fill(struct reached *r)
{
	struct page **pages = r->pages;
	int i;

	for (i = 0; i < r->n; i++) {
		pages[i] = alloc_page(GFP_ATOMIC);
		if (!pages[i])
			goto err;
	}
	return 0;
err:
	while (--i >= 0)
		__free_page(pages[i]);
	return -ENOMEM;
}

/* The caller's array. */
static void fill_lent(struct page **lent, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		lent[i] = alloc_page(GFP_ATOMIC);
		if (i && lent[i])
			__free_page(lent[i]);
	}
}

static void clean(struct reached *r)
{
	int i;

	for (i = 0; i < r->n; i++) {
		__free_page(r->pages[i]);
		__free_page(r->lent[i]);
	}
}

/* A macro that takes the member, one that is the member, one that has a variable's name. */
static void by_macro(struct reached *r, bool drop)
{
	struct page *kept = alloc_page(GFP_ATOMIC);

	r->dropped = alloc_page(GFP_ATOMIC);
	r->named = alloc_page(GFP_ATOMIC);
	if (drop)
		DROP(r);
	else
		__free_page(r->dropped);
	fixture_keep(r->MEMBER);
	__free_page(r->named);
	TAKE();
	__free_page(kept);
}

/* Nobody else has these. */
static void own(struct reached *r)
{
	struct page *pages[2] = {};

	pages[0] = alloc_page(GFP_ATOMIC);
	pages[1] = alloc_page(GFP_ATOMIC);
	if (pages[0])
		__free_page(pages[0]);
	if (pages[1])
		__free_page(pages[1]);
}

int fixture_reached(struct reached *r);
int fixture_reached(struct reached *r)
{
	int err = fill(r);

	fill_lent(r->lent, r->n);
	clean(r);
	by_macro(r, true);
	own(r);
	return err;
}
EXPORT_SYMBOL_GPL(fixture_reached);

MODULE_DESCRIPTION("fixture");
MODULE_LICENSE("GPL");
