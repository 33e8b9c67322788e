// SPDX-License-Identifier: GPL-2.0
/*
 * Fragments: parts of pages, from any context.
 *
 * Each CPU has one page of the zone open, of which it cuts fragments from the start
 * to the end. What is open is guarded by a flag that is tried, as a cache is
 * (src/cache.c): whoever interrupts its holder, an NMI included, gets a page of its
 * own for that one fragment. So does a fragment that does not fit, unless what it
 * leaves of the new page is more than what is left of the open one: then that is
 * closed, and the new one open.
 *
 * A page has LABYRINTH_FRAGS granules. One word of its descriptor, ->frags, says all
 * that there is to know: a bit for each granule at which a live fragment begins, and
 * one bit, the last granule's, for "open". (Hence no fragment begins in the last
 * granule, which wastes it where all fragments fit into one granule, and otherwise
 * hardly ever.) There is no count beside it that could disagree:
 *
 * - Only the CPU that has the page open sets bits, so that none is set any more once
 *   the page is closed.
 * - A free clears its bit by compare-and-exchange and finds out by the same whether
 *   it was set: a double free and an address where no fragment begins change nothing.
 * - Whoever clears the last bit, a free or the closing, gives the page back. Since it
 *   is one word, there is one who does, whatever the order.
 *
 * A free also looks whose record it is, and that its page is split (a page that is handed
 * off has something else in the place of the word): that it reads after the word and
 * before the exchange. Should the record have changed hands in between, so has the
 * word; for the exchange to be fooled the record must show another page with just the
 * same fragments within a few instructions, and that only to somebody who frees twice.
 *
 * To its zone a split page is a live one. LABYRINTH_DESC_FRAG in the state keeps
 * labyrinth_free_page() off; at the end it is taken away and the page freed like any
 * other, orphans of a destroyed zone included. ->caller, ->when and ->context are the
 * last fragment's: there is no room for those of each.
 *
 * An open page whose fragments have all been freed is used again from its start, if
 * nobody else holds a reference: what was passed on by get_page() is not overwritten.
 * Where pages are patterned or cleared when they are freed it is closed instead. One
 * that holds no fragment is given up with the CPU's cache (shrinker, tickets, trim);
 * one that does is left open, as closing it would only waste the rest of it. With a CPU
 * that dies, and with the zone, all are closed.
 */
#include <linux/align.h>
#include <linux/instruction_pointer.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "page.h"
#include "registry.h"

/* Bytes in a granule, as a power of two. */
static __always_inline unsigned int labyrinth_frag_shift(const struct labyrinth_zone *zone)
{
	BUILD_BUG_ON(PAGE_SIZE < LABYRINTH_FRAGS);
	return PAGE_SHIFT + zone->order - ilog2(LABYRINTH_FRAGS);
}

static __always_inline u64 labyrinth_frag_bit(const struct labyrinth_zone *zone,
					      unsigned long offset)
{
	return BIT_ULL(offset >> labyrinth_frag_shift(zone));
}

/* --- pages come and go --- */

/* Its last bit is gone: the page is a whole one again, and freed. */
static void labyrinth_frag_give_page(struct labyrinth_zone *zone,
				     struct labyrinth_desc *desc, unsigned long caller)
{
	struct page *page = READ_ONCE(desc->page);
	u32 state = READ_ONCE(desc->state);

	do {
		/* Freed behind the zone's back, as was told, and come again. */
		if (unlikely(!(state & LABYRINTH_DESC_FRAG)))
			return;
		/* Destroy may be making an orphan of it. */
	} while (!try_cmpxchg(&desc->state, &state, state & ~LABYRINTH_DESC_FRAG));
	labyrinth_free_for(zone, page, caller);
}

static __always_inline bool labyrinth_frag_is_split(const struct labyrinth_desc *desc)
{
	return READ_ONCE(desc->state) & LABYRINTH_DESC_FRAG;
}

/* No CPU cuts fragments of it any more. */
static void labyrinth_frag_close(struct labyrinth_zone *zone, struct labyrinth_desc *desc)
{
	/* If this is the end of it, who freed the last fragment has freed the page. */
	unsigned long freer = labyrinth_desc_freer(desc);

	/* Otherwise it was freed behind the zone's back, and the record is another's. */
	if (likely(labyrinth_frag_is_split(desc)) &&
	    atomic64_fetch_andnot(LABYRINTH_FRAG_OPEN, &desc->frags) ==
	    (s64)LABYRINTH_FRAG_OPEN)
		labyrinth_frag_give_page(zone, desc, freer);
}

/* A page that the caller has just taken becomes a split one. */
static bool labyrinth_frag_split(struct labyrinth_desc *desc, u64 frags)
{
	u32 state = READ_ONCE(desc->state);

	/* Pairs with the acquire of free, by the exchange of the state. */
	atomic64_set(&desc->frags, frags);
	do {
		/* Freed by somebody whose page it once was. */
		if (unlikely(!(state & LABYRINTH_DESC_LIVE)))
			return false;
	} while (!try_cmpxchg(&desc->state, &state, state | LABYRINTH_DESC_FRAG));
	return true;
}

/* --- what a CPU has open; with the flag held --- */

/* Its page is the caller's to close. */
static struct labyrinth_desc *labyrinth_frag_take_out(struct labyrinth_zone *zone,
						      struct labyrinth_frag *frag)
{
	struct labyrinth_desc *desc = frag->desc;

	frag->used = labyrinth_bytes(zone);
	WRITE_ONCE(frag->desc, NULL);
	return desc;
}

static bool labyrinth_frag_empty(const struct labyrinth_desc *desc)
{
	/* Pairs with the exchange in free: what was freed is not used any more. */
	return atomic64_read_acquire(&desc->frags) == (s64)LABYRINTH_FRAG_OPEN &&
	       labyrinth_frag_is_split(desc);
}

static __always_inline void labyrinth_frag_sign(struct labyrinth_desc *desc,
						unsigned long caller, u32 context)
{
	desc->caller = caller;
	desc->when = jiffies;
	desc->context = context;
}

/* A fragment of the open page, or NULL: it does not fit. */
static __always_inline void *labyrinth_frag_cut(struct labyrinth_zone *zone,
						struct labyrinth_frag *frag,
						unsigned long size, unsigned long align,
						unsigned long caller, u32 context)
{
	unsigned long granule = 1UL << labyrinth_frag_shift(zone);
	unsigned long bytes = labyrinth_bytes(zone);
	struct labyrinth_desc *desc = frag->desc;
	unsigned long start;

	start = ALIGN(frag->used, max(align, granule));
	if (unlikely(start + size > bytes || start >= bytes - granule))
		return NULL;
	/* Closed by nobody but this CPU; but see labyrinth_registry_replace(). */
	if (unlikely(!labyrinth_frag_is_split(desc)))
		return NULL;
	frag->used = ALIGN(start + size, granule);
	labyrinth_frag_sign(desc, caller, context);
	atomic64_or(labyrinth_frag_bit(zone, start), &desc->frags);
	WRITE_ONCE(frag->allocs, frag->allocs + 1);
	return frag->start + start;
}

/* May an open page be used once more, now that it is empty? */
static bool labyrinth_frag_renew(struct labyrinth_zone *zone, struct labyrinth_frag *frag)
{
	if (!frag->desc || !labyrinth_frag_empty(frag->desc) ||
	    test_bit(LABYRINTH_FREE_VERIFY, &zone->free_attention) ||
	    test_bit(LABYRINTH_FREE_CLEAR, &zone->free_attention) ||
	    !labyrinth_recyclable(zone, frag->desc->page) ||
	    !labyrinth_tails_sound(zone, frag->desc->page))
		return false;
	frag->used = 0;
	return true;
}

/* --- allocation --- */

static void labyrinth_frag_misuse(struct labyrinth_zone *zone,
				  enum labyrinth_event_type type, unsigned int detail,
				  unsigned long caller)
{
	labyrinth_alloc_misuse(zone, type, detail, caller);
	labyrinth_count(zone, LABYRINTH_FAILED);
}

static __always_inline bool labyrinth_frag_size_valid(const struct labyrinth_zone *zone,
						      unsigned int size)
{
	/* 0 is a very large size. */
	return size - 1U < labyrinth_bytes(zone);
}

static __always_inline bool labyrinth_frag_align_valid(const struct labyrinth_zone *zone,
						       unsigned int align)
{
	return !(align & (align - 1)) && align <= labyrinth_bytes(zone);
}

/* What is wrong is told, one thing at a time. */
static bool labyrinth_frag_valid(struct labyrinth_zone *zone, unsigned int size,
				 unsigned int align, labyrinth_quality_t quality,
				 unsigned long caller)
{
	if (unlikely(zone->buffer_pages)) {
		labyrinth_frag_misuse(zone, LABYRINTH_EVENT_FRAG_BUFFER, 0, caller);
		return false;
	}
	if (unlikely(!labyrinth_frag_size_valid(zone, size))) {
		labyrinth_frag_misuse(zone, LABYRINTH_EVENT_FRAG_SIZE, size, caller);
		return false;
	}
	if (unlikely(!labyrinth_frag_align_valid(zone, align))) {
		labyrinth_frag_misuse(zone, LABYRINTH_EVENT_FRAG_ALIGN, align, caller);
		return false;
	}
	if (unlikely((quality | zone->quality) & LABYRINTH_QUALITY_ACCOUNT)) {
		labyrinth_frag_misuse(zone, LABYRINTH_EVENT_FRAG_ACCOUNT, 0, caller);
		return false;
	}
	if (unlikely(!labyrinth_request_valid(zone, quality, caller))) {
		labyrinth_count(zone, LABYRINTH_FAILED);
		return false;
	}
	return true;
}

/* Of the page that this CPU has open, renewed if that helps. */
static void *labyrinth_frag_from_open(struct labyrinth_zone *zone, unsigned int size,
				      unsigned int align, unsigned long caller, u32 context)
{
	struct labyrinth_frag *frag;
	void *addr = NULL;

	preempt_disable();
	frag = this_cpu_ptr(zone->frag);
	if (labyrinth_flag_try(&frag->busy)) {
		addr = labyrinth_frag_cut(zone, frag, size, align, caller, context);
		if (!addr && labyrinth_frag_renew(zone, frag))
			addr = labyrinth_frag_cut(zone, frag, size, align, caller, context);
		labyrinth_flag_drop(&frag->busy);
	}
	preempt_enable();
	return addr;
}

/*
 * At the start of a new page, which is opened if more is left of it than of the one that
 * is. *old: the page to be closed in its place, or NULL.
 */
static bool labyrinth_frag_begin(struct labyrinth_zone *zone, struct labyrinth_desc *desc,
				 void *start, unsigned long size,
				 struct labyrinth_desc **old)
{
	unsigned long granule = 1UL << labyrinth_frag_shift(zone);
	unsigned long used = ALIGN(size, granule);
	struct labyrinth_frag *frag;
	bool locked, open, split;

	/* No fragment begins in the last granule. */
	if (used == labyrinth_bytes(zone) - granule)
		used += granule;
	*old = NULL;
	preempt_disable();
	frag = this_cpu_ptr(zone->frag);
	locked = labyrinth_flag_try(&frag->busy);
	/* One of the kernel's last reserves goes back soon. */
	open = locked && used < frag->used &&
	       !(READ_ONCE(desc->state) & LABYRINTH_DESC_NORECYCLE);
	split = labyrinth_frag_split(desc, labyrinth_frag_bit(zone, 0) |
				     (open ? LABYRINTH_FRAG_OPEN : 0));
	if (split && open) {
		*old = labyrinth_frag_take_out(zone, frag);
		frag->start = start;
		frag->used = used;
		WRITE_ONCE(frag->desc, desc);
	}
	if (split && locked)
		WRITE_ONCE(frag->allocs, frag->allocs + 1);
	else if (split)
		labyrinth_count(zone, LABYRINTH_FRAG_ALLOCS);
	if (locked)
		labyrinth_flag_drop(&frag->busy);
	preempt_enable();
	return split;
}

static void *labyrinth_frag_from_new(struct labyrinth_zone *zone, unsigned int size,
				     labyrinth_quality_t quality, unsigned long caller,
				     u32 context)
{
	struct labyrinth_desc *desc, *old;
	struct page *page;
	void *start;

	page = labyrinth_alloc_for(zone, quality & LABYRINTH_QUALITY_NOWAIT, caller);
	if (!page)
		return NULL;
	start = page_address(page);
	desc = labyrinth_registry_find(zone, page);
	if (unlikely(!desc || !labyrinth_frag_begin(zone, desc, start, size, &old))) {
		labyrinth_count(zone, LABYRINTH_FAILED);
		return NULL;
	}
	/* The fragment, which nobody knows yet, keeps the page. */
	labyrinth_frag_sign(desc, caller, context);
	if (old)
		labyrinth_frag_close(zone, old);
	return start;
}

static void labyrinth_frag_fill(struct labyrinth_zone *zone, void *addr,
				unsigned int size, labyrinth_quality_t quality)
{
	if (quality & LABYRINTH_QUALITY_POISON)
		memset(addr, zone->poison, size);
	else if (labyrinth_quality_zeroed(zone, quality))
		memset(addr, 0, size);
}

static noinline void *labyrinth_frag_slow(struct labyrinth_zone *zone, unsigned int size,
					  unsigned int align, labyrinth_quality_t quality,
					  unsigned long caller)
{
	labyrinth_quality_t all = quality | zone->quality;
	void *addr = NULL;
	u32 context;

	/* A reader all along: what is opened here, destroy will close. */
	rcu_read_lock();
	context = labyrinth_slow_context();
	if (!labyrinth_frag_valid(zone, size, align, quality, caller))
		goto out;
	if (all & LABYRINTH_QUALITY_CL_ALIGN)
		align = max_t(unsigned int, align, L1_CACHE_BYTES);
	addr = labyrinth_frag_from_open(zone, size, align, caller, context) ?:
	       labyrinth_frag_from_new(zone, size, quality, caller, context);
	if (addr)
		labyrinth_frag_fill(zone, addr, size, all);
out:
	rcu_read_unlock();
	return addr;
}

void *labyrinth_frag_alloc_atomic(struct labyrinth_zone *zone, unsigned int size,
				  unsigned int align, labyrinth_quality_t quality)
{
	struct labyrinth_frag *frag;
	void *addr = NULL;

	/* Preemption off is a read-side section, too: destroy waits for it. */
	preempt_disable();
	frag = this_cpu_ptr(zone->frag);
	/* data_race(): a hint, see LABYRINTH_FREE_SHORT. */
	if (likely(!(quality | data_race(zone->alloc_attention)) &&
		   labyrinth_frag_size_valid(zone, size) &&
		   labyrinth_frag_align_valid(zone, align) &&
		   labyrinth_flag_try(&frag->busy))) {
		addr = labyrinth_frag_cut(zone, frag, size, align, _RET_IP_,
					  preempt_count());
		labyrinth_flag_drop(&frag->busy);
	}
	preempt_enable();
	return likely(addr) ? addr : labyrinth_frag_slow(zone, size, align, quality, _RET_IP_);
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_frag_alloc_atomic);

/* --- free --- */

/* @page: the fragment's, if the zone knows it; @addr: what was freed otherwise. */
static noinline void labyrinth_frag_free_misuse(struct labyrinth_zone *zone,
						const void *addr,
						const struct labyrinth_desc *desc,
						const struct page *page,
						unsigned long caller)
{
	labyrinth_count(zone, LABYRINTH_MISUSE);
	if (!desc)
		labyrinth_record(zone, LABYRINTH_EVENT_FOREIGN, addr, 0, caller, 0, 0);
	else
		labyrinth_record(zone, LABYRINTH_EVENT_FRAG_FREE, page,
				 (unsigned long)addr & (labyrinth_bytes(zone) - 1), caller,
				 labyrinth_desc_caller(desc), labyrinth_desc_freer(desc));
}

/*
 * The fragment that begins at @offset is live no more, if it was. *last: nor is anything
 * else of its page.
 */
static __always_inline bool labyrinth_frag_clear(struct labyrinth_zone *zone,
						 struct labyrinth_desc *desc,
						 const struct page *page,
						 unsigned long offset,
						 unsigned long caller, bool *last)
{
	u64 bit = labyrinth_frag_bit(zone, offset);
	unsigned long freer;
	s64 frags;

	if (unlikely(offset & ((1UL << labyrinth_frag_shift(zone)) - 1) ||
		     bit == LABYRINTH_FRAG_OPEN))
		return false;
	do {
		/* The word, and then whose it is. */
		frags = atomic64_read_acquire(&desc->frags);
		freer = labyrinth_desc_freer(desc);
		smp_rmb();	/* likewise; pairs with the claim of src/handoff.c */
		if (unlikely(!(frags & bit) || READ_ONCE(desc->page) != page ||
			     !labyrinth_frag_is_split(desc)))
			return false;
		/*
		 * Others may be freeing theirs. And should this be a second free, a record
		 * that is handed off meanwhile has there what is to be called.
		 */
		(void)try_cmpxchg_local(&desc->freer, &freer, caller);
	} while (unlikely(!atomic64_try_cmpxchg(&desc->frags, &frags, frags & ~bit)));
	*last = frags == (s64)bit;
	return true;
}

static __always_inline void labyrinth_frag_count_free(struct labyrinth_zone *zone)
{
	struct labyrinth_frag *frag = this_cpu_ptr(zone->frag);

	if (unlikely(!labyrinth_flag_try(&frag->busy))) {
		labyrinth_count(zone, LABYRINTH_FRAG_FREES);
		return;
	}
	WRITE_ONCE(frag->frees, frag->frees + 1);
	labyrinth_flag_drop(&frag->busy);
}

/* With NULL the zone is not looked at: only a live page keeps it there. */
void labyrinth_frag_free(struct labyrinth_zone *zone, const void *addr)
{
	struct labyrinth_desc *desc;
	unsigned long offset;
	struct page *page;
	bool last;

	if (unlikely(!addr))
		return;
	offset = (unsigned long)addr & (labyrinth_bytes(zone) - 1);
	if (unlikely(!labyrinth_addr_plausible(addr - offset))) {
		labyrinth_frag_free_misuse(zone, addr, NULL, NULL, _RET_IP_);
		return;
	}
	page = labyrinth_addr_page(addr - offset);
	/* The zone may go as soon as the fragment is not live any more. */
	preempt_disable();
	if (unlikely(!labyrinth_registry_nigh(zone, page, &desc) &&
		     !labyrinth_registry_far(zone, page, &desc))) {
		labyrinth_frag_free_misuse(zone, page, NULL, NULL, _RET_IP_);
		preempt_enable();
		return;
	}
	if (unlikely(!labyrinth_frag_clear(zone, desc, page, offset, _RET_IP_, &last))) {
		labyrinth_frag_free_misuse(zone, addr, desc, page, _RET_IP_);
		preempt_enable();
		return;
	}
	labyrinth_frag_count_free(zone);
	preempt_enable();
	/* Then the page is still live, and keeps the zone; here the system may be entered. */
	if (last)
		labyrinth_frag_give_page(zone, desc, _RET_IP_);
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_frag_free);

/* --- giving up what is open --- */

/* Has this CPU a page open that holds nothing? */
bool labyrinth_frag_drainable(struct labyrinth_zone *zone, unsigned int cpu)
{
	const struct labyrinth_desc *desc;

	/* data_race(): whatever it is by now, or was, is a descriptor. */
	desc = data_race(READ_ONCE(per_cpu_ptr(zone->frag, cpu)->desc));
	return desc && labyrinth_frag_empty(desc);
}

/* This CPU's, if it holds nothing. */
unsigned int labyrinth_frag_idle(struct labyrinth_zone *zone)
{
	unsigned int cpu, nr = 0;

	for_each_possible_cpu(cpu)
		nr += labyrinth_frag_drainable(zone, cpu);
	return nr;
}

void labyrinth_frag_drain(struct labyrinth_zone *zone)
{
	struct labyrinth_desc *desc = NULL;
	struct labyrinth_frag *frag;

	preempt_disable();
	frag = this_cpu_ptr(zone->frag);
	if (labyrinth_flag_try(&frag->busy)) {
		if (frag->desc && labyrinth_frag_empty(frag->desc))
			desc = labyrinth_frag_take_out(zone, frag);
		labyrinth_flag_drop(&frag->busy);
	}
	preempt_enable();
	if (desc)
		labyrinth_frag_close(zone, desc);
}

/* Where nobody cuts fragments any more: the CPU is dead, or the zone dying. */
void labyrinth_frag_drain_dead(struct labyrinth_zone *zone, unsigned int cpu)
{
	struct labyrinth_desc *desc;

	desc = labyrinth_frag_take_out(zone, per_cpu_ptr(zone->frag, cpu));
	if (desc)
		labyrinth_frag_close(zone, desc);
}

void labyrinth_frag_stop(struct labyrinth_zone *zone)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		labyrinth_frag_drain_dead(zone, cpu);
}

/* --- statistics --- */

u64 labyrinth_frag_frees(struct labyrinth_zone *zone)
{
	u64 frees = labyrinth_counted(zone, LABYRINTH_FRAG_FREES);
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		/* data_race(): each CPU counts for itself, and late is not lost. */
		frees += data_race(READ_ONCE(per_cpu_ptr(zone->frag, cpu)->frees));
	return frees;
}

u64 labyrinth_frag_allocs(struct labyrinth_zone *zone)
{
	u64 allocs = labyrinth_counted(zone, LABYRINTH_FRAG_ALLOCS);
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		/* data_race(): likewise. */
		allocs += data_race(READ_ONCE(per_cpu_ptr(zone->frag, cpu)->allocs));
	return allocs;
}

int labyrinth_frag_setup(struct labyrinth_zone *zone)
{
	unsigned int cpu;

	zone->frag = alloc_percpu(struct labyrinth_frag);
	if (!zone->frag)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		per_cpu_ptr(zone->frag, cpu)->used = labyrinth_bytes(zone);
	return 0;
}
