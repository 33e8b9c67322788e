// SPDX-License-Identifier: GPL-2.0
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/scatterlist.h>

/* Bad: it is deprecated wherever it is called. */

static void copy_out(struct page *page, void *to)
{
	void *from = kmap_atomic(page); /* audit: kmap_atomic: page is mapped by kmap_atomic() */

	memcpy(to, from, PAGE_SIZE);
	kunmap_atomic(from);
}

static void copy_both(struct page *to, struct page *from)
{
	char *source, *target;

	source = kmap_atomic(from); /* audit: kmap_atomic: from is mapped */
	target = kmap_atomic(to); /* audit: kmap_atomic: to is mapped */
	memcpy(target, source, PAGE_SIZE);
	kunmap_atomic(target);
	kunmap_atomic(source);
}

static unsigned char *sg_start(struct scatterlist *sg)
{
	return kmap_atomic(sg_page(sg)) + sg->offset; /* audit: kmap_atomic: sg_page(sg) is mapped */
}

static int copy_from_caller(struct page *page, const char __user *user, size_t n)
{
	char *to;
	int left;

	to = kmap_atomic(page); /* audit: kmap_atomic: __copy_from_user_inatomic() relies on that */
	left = __copy_from_user_inatomic(to, user, n);
	kunmap_atomic(to);
	return left ? -EFAULT : 0;
}

static int count_this_cpu(struct page *page, struct counters __percpu *counters)
{
	struct counters *mine;
	u8 *p;

	p = kmap_atomic(page); /* audit: kmap_atomic: this_cpu_ptr() relies on that */
	if (!p[0]) {
		kunmap_atomic(p);
		return 0;
	}
	mine = this_cpu_ptr(counters);
	mine->bytes += p[0];
	kunmap_atomic(p);
	return 1;
}

static void *map_pfn(unsigned long pfn)
{
	return kmap_atomic_pfn(pfn); /* audit: kmap_atomic: kmap_atomic_pfn() */
}

#define frag_map(frag) kmap_atomic(skb_frag_page(frag)) /* audit: kmap_atomic */

static void in_a_loop(struct sg_table *table, u32 *sum)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sg(table->sgl, sg, table->nents, i) {
		u8 *p = kmap_atomic(sg_page(sg)); /* audit: kmap_atomic */

		*sum += p[sg->offset];
		kunmap_atomic(p);
	}
}

static void under_a_guard(struct device_state *state)
{
	scoped_guard(spinlock_irqsave, &state->lock) {
		void *p = kmap_atomic(state->page); /* audit: kmap_atomic: state->page */

		memset(p, 0, PAGE_SIZE);
		kunmap_atomic(p);
	}
}

/* Good. */

static void local(struct page *page, void *to)
{
	void *from = kmap_local_page(page);

	memcpy(to, from, PAGE_SIZE);
	kunmap_local(from);
}

static void by_helper(struct page *page, void *to)
{
	memcpy_from_page(to, page, 0, PAGE_SIZE);
}

/* kmap_atomic(page) in a comment. */
static void in_a_string(struct page *page)
{
	pr_debug("page %p wants kmap_atomic(page)\n", page);
}

static void *by_operation(struct device_operations *operations, struct page *page)
{
	return operations->kmap_atomic(page);
}

static void *own_name(struct own_page *page)
{
	void *p = own_kmap_atomic(page);

	own_kunmap_atomic(p);
	return page_address(page->page);
}

static void mapped_for_long(struct device_state *state)
{
	state->address = kmap(state->page);
}

static void page_faults_off(struct page *page, const void __user *user, size_t n)
{
	void *to = kmap_local_page(page);

	pagefault_disable();
	if (__copy_from_user_inatomic(to, user, n))
		pr_debug("not copied\n");
	pagefault_enable();
	kunmap_local(to);
}

static void only_unmaps(struct iterator *iterator)
{
	if (iterator->address)
		kunmap_atomic(iterator->address);
}
