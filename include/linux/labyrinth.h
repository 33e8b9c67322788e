/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Labyrinth: pages for callers that cannot wait.
 *
 * PURPOSE
 *
 * A driver that needs a page in a hard interrupt, a softirq, under a spinlock
 * or in an NMI cannot wait for one. alloc_page(GFP_ATOMIC) then draws on what
 * happens to be free; in a burst, or on a fragmented machine, that is nothing.
 * A Labyrinth zone is one consumer's own pool: a reserve that was filled in
 * advance and heals itself from process context, a per-CPU cache in front of
 * it, and a registry that knows each page the zone has handed out and to whom.
 *
 * GUARANTEE
 *
 * With a reserve of N pages and no help from the system at all, N critical
 * requests succeed, from any contexts on any CPUs; request N+1 gets NULL.
 * Pages in caches come on top and never count. A worker restores the reserve
 * even if not one page is ever freed back, as long as the system has memory
 * and the zone owns fewer than max_pages.
 *
 * BEST SUITED FOR
 *
 * Receive rings, sensor and DMA buffers, emergency paths of block and network
 * drivers: pages taken in atomic context whose loss costs more than keeping a
 * few of them aside.
 *
 * LIMITS
 *
 * - Every reserved page is memory nobody else can use. A caller that may sleep
 *   wants alloc_page(GFP_KERNEL), one that can do without wants
 *   alloc_page(GFP_NOWAIT).
 * - 64-bit kernels only. Calls from NMI need an architecture whose cmpxchg() is
 *   usable there (x86-64, arm64, riscv64, s390, powerpc64).
 * - One zone belongs to one consumer; it is no general-purpose allocator.
 *
 * USAGE
 *
 *	LABYRINTH_IMPORT_NS;
 *
 *	static struct labyrinth_zone *zone;
 *
 *	static int probe(void)
 *	{
 *		const struct labyrinth_zone_params params = {
 *			.name = "rx", .reserve = 256, .node = NUMA_NO_NODE,
 *		};
 *
 *		zone = labyrinth_zone_create(&params);
 *		return PTR_ERR_OR_ZERO(zone);
 *	}
 *
 *	static irqreturn_t irq(int irq, void *dev)
 *	{
 *		struct page *page;
 *
 *		page = labyrinth_alloc_page_atomic(zone, LABYRINTH_QUALITY_ZERO);
 *		if (!page)
 *			return drop(dev);
 *		fill(page_address(page), dev);
 *		labyrinth_free_page(zone, page);
 *		return IRQ_HANDLED;
 *	}
 *
 * and labyrinth_zone_destroy(zone) when the last user is gone.
 *
 * A page from a zone goes back through labyrinth_free_page() of that zone. It
 * looks exactly like one from alloc_page(): page->private, page->lru and
 * page->mapping are the caller's while the page is live.
 */
#ifndef _LINUX_LABYRINTH_H
#define _LINUX_LABYRINTH_H

#include <linux/compiler.h>
#include <linux/dma-direction.h>
#include <linux/gfp.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/types.h>
#include <linux/version.h>

struct device;
struct labyrinth_zone;
struct page;

/**
 * LABYRINTH_VERSION - the version of this interface, and of the module
 *
 * Semantic versioning (https://semver.org): what was written for a version works with
 * all later ones that have the same first number; before 1.0, the same first two.
 * Everything else that has a version takes it from here.
 */
#define LABYRINTH_VERSION	"0.9.0"

/**
 * LABYRINTH_VERSION_CODE - the same as a number, major << 16 | minor << 8 | patch
 *
 * Of the header that a module is built with. What is loaded has the same or, if modversions
 * find nothing changed that the module uses, another one.
 */
#define LABYRINTH_VERSION_CODE	0x000900

/**
 * LABYRINTH_VERSION_AT_LEAST() - is this interface at least of that version?
 * @major: first number, 0 to 255
 * @minor: second number, 0 to 255
 * @patch: third number, 0 to 255
 *
 * For ``#if`` in a module that is to be built with older ones as well.
 */
#define LABYRINTH_VERSION_AT_LEAST(major, minor, patch) \
	(LABYRINTH_VERSION_CODE >= ((major) << 16 | (minor) << 8 | (patch)))

/**
 * LABYRINTH_IMPORT_NS - declare that a module uses Labyrinth's symbols
 *
 * Stands once in a consumer, at file scope, followed by a semicolon. The
 * argument of MODULE_IMPORT_NS() became a string in 6.13.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define LABYRINTH_IMPORT_NS	MODULE_IMPORT_NS("LABYRINTH")
#else
#define LABYRINTH_IMPORT_NS	MODULE_IMPORT_NS(LABYRINTH)
#endif

/*
 * gcc 11 and newer can tie an allocation function to the one that frees what
 * it returns; -fanalyzer then finds a consumer's leaks and double frees. Only
 * this form of the attribute is used: the plain one promises that nothing
 * else points to the object, which is not true of a struct page. Nor has
 * labyrinth_zone_create() any: gcc would take an ERR_PTR() for a zone that leaks.
 *
 * What is passed on, by labyrinth_detach_page() and its like too, does not leak for
 * gcc 12. It does where only what has been computed from the pointer is kept
 * (page_address(), page_to_pfn(), page->lru in a list), or the pointer in an array at
 * an index that the same statement changes (pages[nr++] = page): then have
 * -Wno-analyzer-malloc-leak for that file.
 */
#if defined(CONFIG_CC_IS_GCC) && CONFIG_GCC_VERSION >= 110000 && !defined(__CHECKER__)
#define __labyrinth_freed_by(function, n)	__attribute__((__malloc__(function, n)))
#else
#define __labyrinth_freed_by(function, n)
#endif

/**
 * typedef labyrinth_quality_t - what a page must be like, and how hard to try
 *
 * A set of LABYRINTH_QUALITY_* flags. Sparse keeps it apart from integers and
 * from gfp_t.
 */
typedef unsigned int __bitwise labyrinth_quality_t;

/**
 * DOC: Quality flags
 *
 * ``LABYRINTH_QUALITY_NONE``
 *     The content is unspecified; the request is critical.
 *
 * ``LABYRINTH_QUALITY_ZERO``
 *     Every byte is zero. Once a zone is asked for such pages, its worker keeps
 *     some in stock, cleared in advance, and a request costs little more than one
 *     without flags while that lasts; after that the page is cleared in place. No
 *     stock is kept for bulk requests, in zones with VERIFY or without caches, and
 *     under init_on_free.
 *
 * ``LABYRINTH_QUALITY_POISON``
 *     Every byte is the zone's poison pattern. Together with ZERO: misuse.
 *
 * ``LABYRINTH_QUALITY_CL_ALIGN``
 *     The address is a multiple of L1_CACHE_BYTES. This is checked; a page
 *     that is not is reported and yields NULL.
 *
 * ``LABYRINTH_QUALITY_VERIFY``
 *     In &struct labyrinth_zone_params.quality only, per call it is misuse.
 *     Pages are filled with the poison pattern (with ZERO: with zeroes) when
 *     they are freed, and compared when they are handed out again; a page
 *     that was written to in between is reported and set aside.
 *
 * ``LABYRINTH_QUALITY_NOWAIT``
 *     The request is not critical: GFP_NOWAIT towards the system, and neither
 *     the kernel's atomic reserves nor this zone's reserve are touched.
 *
 * ``LABYRINTH_QUALITY_ACCOUNT``
 *     The page is charged to the current memory cgroup (__GFP_ACCOUNT), whose
 *     memory.max bounds it with NOWAIT only: the kernel lets what is critical
 *     exceed that. Task context only, elsewhere the call is misuse and yields
 *     NULL, because the kernel would not charge it. Nor does it in a kernel thread
 *     or work item without set_active_memcg(), and that is not refused. Comes from
 *     the system only and goes back to it when freed.
 */
#define LABYRINTH_QUALITY_NONE		((__force labyrinth_quality_t)0)
#define LABYRINTH_QUALITY_ZERO		((__force labyrinth_quality_t)(1U << 0))
#define LABYRINTH_QUALITY_POISON	((__force labyrinth_quality_t)(1U << 1))
#define LABYRINTH_QUALITY_CL_ALIGN	((__force labyrinth_quality_t)(1U << 2))
#define LABYRINTH_QUALITY_VERIFY	((__force labyrinth_quality_t)(1U << 3))
#define LABYRINTH_QUALITY_NOWAIT	((__force labyrinth_quality_t)(1U << 4))
#define LABYRINTH_QUALITY_ACCOUNT	((__force labyrinth_quality_t)(1U << 5))

/**
 * enum labyrinth_policy - where a request goes when the caches are empty
 * @LABYRINTH_POLICY_DEFAULT: the module parameter ``default_policy``
 * @LABYRINTH_SYSTEM_FIRST: the system, then the reserve
 * @LABYRINTH_RESERVE_FIRST: the reserve, then the system
 * @LABYRINTH_RESERVE_ONLY: the reserve; the system is left to the worker
 */
enum labyrinth_policy {
	LABYRINTH_POLICY_DEFAULT,
	LABYRINTH_SYSTEM_FIRST,
	LABYRINTH_RESERVE_FIRST,
	LABYRINTH_RESERVE_ONLY,
};

/* Longest zone name, without the terminating NUL. */
#define LABYRINTH_NAME_MAX	31

/* &struct labyrinth_zone_params.cache: no per-CPU cache at all. */
#define LABYRINTH_NO_CACHE	UINT_MAX

/**
 * struct labyrinth_zone_params - what a zone is to be
 * @name: unique name, 1 to LABYRINTH_NAME_MAX characters, the first a letter
 *	or digit, the others letters, digits, ``_``, ``.`` or ``-``. It names the
 *	directories below /sys/kernel/labyrinth and debugfs, and the administrator's
 *	``zones=`` entry.
 * @order: allocation order of every page of the zone, 0 unless contiguity is a
 *	must. Above 0 the pages are compound (__GFP_COMP); above 3
 *	(PAGE_ALLOC_COSTLY_ORDER) the log warns, since the system may not have such
 *	pages any more after a while.
 * @reserve: pages (of @order) guaranteed, 1 to 1048576; 0: the module parameter
 *	``default_reserve``
 * @max_pages: most pages the zone may own at once: reserved, cached and live
 *	ones together, up to 4194304. It must have room for @reserve and the
 *	caches, which with the depot hold up to 2 * @cache * num_possible_cpus()
 *	pages; clean ones in stock, where ZERO is asked for, come on top, up to about
 *	1.5 * @cache * num_possible_cpus(). 0: the largest of 1024, eight times the
 *	reserve, and the reserve with twice the caches, rounded up to a power of two.
 *	Each costs 128 bytes of descriptors if it is a power of two, else up to 256.
 * @cache: pages in each CPU's cache, 1 to 512; 0: the module parameter
 *	``cache_size``; LABYRINTH_NO_CACHE: none
 * @node: NUMA_NO_NODE, or the only node that pages may come from. Beware that a
 *	zeroed structure means node 0.
 * @gfp_zone: 0, __GFP_DMA32 or __GFP_DMA. With @dma_dev, 0 leaves the choice to its
 *	DMA mask; memory beyond the mask is refused if no IOMMU brings it within.
 * @policy: order of the allocation steps
 * @quality: or-ed into every request
 * @poison_pattern: byte for POISON and VERIFY; 0: the module parameter
 *	``poison_pattern``
 * @available: called once after critical requests of this zone failed, when the
 *	reserve is at ``refill_low`` or above again, or holds at least one page and can
 *	have no more for @max_pages, so that a starved driver can resume. Process
 *	context, may sleep, may call any function of this header except
 *	labyrinth_zone_destroy(): of its own zone that fails with -EDEADLK, and
 *	two callbacks that destroy each other's zone wait for ever. Never runs
 *	concurrently with itself, nor after labyrinth_zone_destroy() has returned.
 *	May be NULL.
 * @ctx: passed to @available
 * @handoff_max: pages that may be handed off and not done with at once, 1 to
 *	@max_pages; 0: 256, or @max_pages if that is less
 * @buffer_pages: 0, or 2 to 256: what the zone hands out are buffers of so many pages
 *	of order 0, mapped at one address; see "Buffers". All counts are of buffers then.
 * @dma_dev: NULL, or the device that every page is to be mapped for; see "Pages for
 *	a device". Its DMA mask has been set (dma_set_mask()) and does not change
 *	as long as the zone lives.
 * @dma_dir: with @dma_dev: DMA_BIDIRECTIONAL (which is 0), DMA_TO_DEVICE or
 *	DMA_FROM_DEVICE
 */
struct labyrinth_zone_params {
	const char *name;
	unsigned int order;
	unsigned int reserve;
	unsigned int max_pages;
	unsigned int cache;
	int node;
	gfp_t gfp_zone;
	enum labyrinth_policy policy;
	labyrinth_quality_t quality;
	u8 poison_pattern;
	void (*available)(struct labyrinth_zone *zone, void *ctx);
	void *ctx;
	unsigned int handoff_max;
	unsigned int buffer_pages;
	struct device *dma_dev;
	enum dma_data_direction dma_dir;
};

/**
 * DOC: Buffers
 *
 * Memory that is contiguous for the kernel, in atomic context, without any contiguous
 * physical memory: in a zone with &struct labyrinth_zone_params.buffer_pages each
 * labyrinth_alloc_atomic() returns the address of so many pages from anywhere, mapped
 * side by side in advance, and labyrinth_free() takes that address.
 *
 * Mapping may sleep. Requests are therefore served from caches and reserve alone
 * (LABYRINTH_RESERVE_ONLY; any other policy is refused), which the worker refills: the
 * reserve has to hold what is needed until then. A buffer that is freed is recycled,
 * mapping and all, if the zone holds the only reference of each of its pages.
 *
 * What is handed out as a page, by labyrinth_alloc_page_atomic() and its like, is the
 * buffer's first one, and stands for all of it; its page_address() is not the buffer's.
 * Buffers are neither charged, nor mapped for a device, nor detached.
 *
 * Beside its pages a buffer takes address space, and TLB entries for each page.
 */

/**
 * DOC: Pages for a device
 *
 * A zone with &struct labyrinth_zone_params.dma_dev maps each page once, when the
 * system gives it to the zone, and unmaps it when it leaves: freed to the system,
 * detached (a moment later where that is not allowed: in NMI, and on PREEMPT_RT in
 * atomic sections), or at labyrinth_zone_destroy(). In between the page keeps its
 * labyrinth_page_dma_addr(), however often it is freed and handed out again, and
 * neither costs anything for it.
 *
 * Who may touch the page changes by two calls, as for any streaming mapping, and always
 * in this order:
 *
 * 1. The page is handed out, and is the CPU's.
 * 2. labyrinth_dma_sync_for_device(), of all bytes that the device may read or write.
 *    In either direction: what the CPU has written, a zeroed page's zeros as well,
 *    has to get out of its caches before the device reads it, or else might do so
 *    after the device has written.
 * 3. The device does its work. The CPU does neither read nor write there.
 * 4. labyrinth_dma_sync_for_cpu(), of all bytes that the CPU is to read.
 * 5. The CPU reads. Then on with 2, or the page is freed; of a page that is freed unread,
 *    detached unread, or only read by the device, 4 may be left out.
 *
 * A page must not be freed, nor the zone destroyed, while a device works on it. The zone
 * itself never synchronises: pages are mapped and unmapped with
 * DMA_ATTR_SKIP_CPU_SYNC. Where caches are coherent and nothing is bounced the calls cost
 * next to nothing, but a machine on which they are needed is only a boot parameter away
 * (``swiotlb=force``).
 *
 * A page that cannot be mapped is given back and counted (dma_errors): a request goes on
 * as if the system had none, the worker tries again later, and creation and
 * growing fail with -EIO.
 *
 * labyrinth_zone_destroy() unmaps every page, those that are still live and those in
 * tickets as well, before it returns, and lets the device go; until then the zone holds a
 * reference of it. Live pages stay valid memory, but have no DMA address any more.
 * With devm_labyrinth_zone_create() that happens when its device is unbound, in reverse
 * order of what the driver acquired: what makes the device stop has to come before, in
 * the driver's remove() or acquired after the zone. What was mapped by dmam_*()
 * before the zone was created outlives it. @dev there and dma_dev are best the same
 * device, for it is dma_dev that has to be bound still; and it has to be bound, since one
 * that is not would be released, and its zone destroyed, only when nobody refers to it.
 */

/**
 * struct labyrinth_stats - a zone's counters and levels
 * @allocs: pages handed out since creation
 * @frees: pages taken back; never more than @allocs
 * @from_cache: of @allocs, served by a per-CPU cache or the depot
 * @from_clean: of @from_cache, pages that had been cleared in advance
 * @from_system: of @allocs, served by alloc_pages()
 * @from_reserve: of @allocs, served by the reserve
 * @from_ticket: of @allocs, served by labyrinth_ticket_alloc()
 * @failed: requests that got nothing, critical or not
 * @misuse: wrong calls: double free, foreign page, bad flags, a page freed
 *	behind the zone's back
 * @live: handed out and not yet freed, @allocs - @frees; a page split into fragments,
 *	or kept open by a CPU to cut more, is one
 * @reserve: pages in the reserve now
 * @reserve_target: pages the reserve is kept at
 * @reserve_min_seen: lowest level of the reserve since creation
 * @cached: idle pages in per-CPU caches and depot
 * @detached: pages that left the zone because somebody else held a reference
 *	when they were freed
 * @refilled: pages from the system put into the reserve, by the worker and by
 *	creating and growing it
 * @verify_failures: pages found written to after they had been freed
 * @starvations: critical requests that got nothing
 * @capped: pages the system would have been asked for, had the zone not owned
 *	as many as max_pages and the reserve's shortage allow
 * @owned: pages the zone owns now: live, cached, reserved, in tickets, set aside
 * @max_pages: most pages it may own
 * @taken: pages the system, or labyrinth_recycle_page(), gave to the zone since
 *	creation
 * @returned: pages that left the zone for good; @taken - @returned is what it owns,
 *	save for pages others freed behind its back
 * @fallbacks: of @from_reserve, served because the system could not
 * @refill_failures: passes of the worker that the system gave nothing
 * @unjoined: pages given back because the registry had no slot for them
 * @ticketed: pages that open tickets hold now
 * @stolen: idle pages found to be free, or marked by somebody else, when they
 *	were to be handed out or given back. Counted as misuse, too, and dropped
 * @stalls: times that the refill worker was asked for and had not run for five
 *	seconds
 * @passed_on: of @frees, pages that left with labyrinth_detach_page()
 * @recycled: of @taken, pages that labyrinth_recycle_page() brought in
 * @handed_off: pages that labyrinth_handoff_page() queued
 * @dma_errors: pages given back because they could not be mapped for the zone's device
 * @frag_allocs: fragments handed out since creation
 * @frag_frees: fragments taken back; never more than @frag_allocs
 *
 * Counters only grow. They are read without a lock, @frees before @allocs, so
 * that @live is never negative, and @frag_frees before @frag_allocs likewise; others
 * may be a few events apart.
 */
struct labyrinth_stats {
	u64 allocs;
	u64 frees;
	u64 from_cache;
	u64 from_system;
	u64 from_reserve;
	u64 failed;
	u64 misuse;
	u64 live;
	u64 reserve;
	u64 reserve_target;
	u64 reserve_min_seen;
	u64 cached;
	u64 detached;
	u64 refilled;
	u64 verify_failures;
	u64 starvations;
	u64 capped;
	u64 owned;
	u64 max_pages;
	u64 taken;
	u64 returned;
	u64 fallbacks;
	u64 refill_failures;
	u64 unjoined;
	u64 from_clean;
	u64 from_ticket;
	u64 ticketed;
	u64 stolen;
	u64 stalls;
	u64 passed_on;
	u64 recycled;
	u64 handed_off;
	u64 dma_errors;
	u64 frag_allocs;
	u64 frag_frees;
};

/**
 * struct labyrinth_page_info - what a zone knows of one of its live pages
 * @page: the page itself
 * @address: where the kernel's linear mapping has it, or where its buffer is
 * @pfn: its page frame number
 * @phys: its physical address, which is no address that a device understands
 * @dma: the address that the zone's device has it at, or DMA_MAPPING_ERROR
 * @node: the NUMA node that its memory is on
 * @order: of the zone; it is 1 << @order pages of memory
 * @caller: return address of who took it, for ``%pS``
 * @age_ms: since when, in milliseconds
 */
struct labyrinth_page_info {
	struct page *page;
	void *address;
	unsigned long pfn;
	phys_addr_t phys;
	dma_addr_t dma;
	int node;
	unsigned int order;
	unsigned long caller;
	unsigned int age_ms;
};

/**
 * struct labyrinth_ticket - pages set aside for one purpose of their consumer
 *
 * Filled by labyrinth_ticket_reserve(). The structure is the consumer's, on its
 * stack or in a structure of its own, and stays where it is until
 * labyrinth_ticket_release().
 */
struct labyrinth_ticket {
	/* private: */
	struct labyrinth_zone	*zone;
	atomic64_t		pages;
	unsigned int		nr;
};

/**
 * typedef labyrinth_fault_t - what labyrinth_zone_inject() makes go wrong
 *
 * A set of LABYRINTH_FAULT_* flags. Sparse keeps it apart from integers.
 */
typedef unsigned int __bitwise labyrinth_fault_t;

/**
 * DOC: Faults
 *
 * ``LABYRINTH_FAULT_NONE``
 *     Nothing goes wrong.
 *
 * ``LABYRINTH_FAULT_SYSTEM``
 *     Every attempt at the system fails, the worker's and those of
 *     labyrinth_zone_resize() and labyrinth_ticket_reserve() as well.
 *
 * ``LABYRINTH_FAULT_NTH``
 *     The nth attempt from now on that a request makes at the system fails, and
 *     no other. The worker's attempts do not count: it is nobody's to say
 *     when they come.
 *
 * ``LABYRINTH_FAULT_WORKER``
 *     The refill worker does nothing.
 *
 * ``LABYRINTH_FAULT_RESERVE_ONLY``
 *     Requests find neither cached pages nor the system: the reserve serves, and
 *     what does not touch it gets nothing.
 *
 * ``LABYRINTH_FAULT_DMA``
 *     No page can be mapped for the zone's device; those that are mapped stay so.
 *     Without a device it has no effect.
 */
#define LABYRINTH_FAULT_NONE		((__force labyrinth_fault_t)0)
#define LABYRINTH_FAULT_SYSTEM		((__force labyrinth_fault_t)(1U << 0))
#define LABYRINTH_FAULT_NTH		((__force labyrinth_fault_t)(1U << 1))
#define LABYRINTH_FAULT_WORKER		((__force labyrinth_fault_t)(1U << 2))
#define LABYRINTH_FAULT_RESERVE_ONLY	((__force labyrinth_fault_t)(1U << 3))
#define LABYRINTH_FAULT_DMA		((__force labyrinth_fault_t)(1U << 4))

/**
 * labyrinth_zone_create() - make a zone and fill its reserve
 * @params: what it is to be; copied
 *
 * The administrator's ``zones=`` entry for that name takes precedence over
 * reserve, max_pages, cache and policy in @params; without a max_pages of its own
 * it raises that of @params as far as needed.
 *
 * Context: Process context. Sleeps.
 * Return: The zone, its reserve full, or
 *
 * * ERR_PTR(-EINVAL): a parameter is out of range; the log names the parameter,
 *   the value and what is allowed
 * * ERR_PTR(-EEXIST): a zone of that name exists
 * * ERR_PTR(-ENOSPC): all zones together would set aside more than the module
 *   parameter ``memory_limit`` allows
 * * ERR_PTR(-ENOMEM): the system has no memory for it
 * * ERR_PTR(-EIO): its pages cannot be mapped for dma_dev
 * * ERR_PTR(-EOPNOTSUPP): dma_dev is given, and the kernel has no DMA
 */
struct labyrinth_zone * __must_check
labyrinth_zone_create(const struct labyrinth_zone_params *params);

/**
 * devm_labyrinth_zone_create() - make a zone that goes with its device
 * @dev: the device; the zone is destroyed when its driver is unbound
 * @params: as for labyrinth_zone_create()
 *
 * Context: Process context. Sleeps.
 * Return: As for labyrinth_zone_create().
 */
struct labyrinth_zone * __must_check
devm_labyrinth_zone_create(struct device *dev,
			   const struct labyrinth_zone_params *params);

/**
 * labyrinth_zone_destroy() - give a zone up
 * @zone: the zone; NULL is a no-op
 *
 * The caller makes sure that nobody allocates any more, nor waits in
 * labyrinth_ticket_reserve(); save from available(), where that wait ends with
 * -ENOMEM. Pages still live stay valid and are reported in the log with their call
 * sites; they may still be freed by labyrinth_free_page() and labyrinth_free(), or
 * fragment by fragment by labyrinth_frag_free(), from any context, but no device
 * reaches them any more. Open tickets may still be released; they hand nothing out any
 * more. Until the last page is freed and the last ticket released, the zone's memory
 * stays and labyrinth.ko cannot be unloaded. The name is free for another zone at once.
 * A running available() callback is waited for, and so are the functions of all
 * pages that were handed off.
 *
 * Context: Process context. Sleeps. Must not be called with a lock held that
 *	the zone's available() callback, or a hand-off function, takes.
 * Return: 0, or -EDEADLK if called from the zone's own available() callback or
 *	hand-off function; the zone is unchanged then.
 */
int labyrinth_zone_destroy(struct labyrinth_zone *zone);

/**
 * labyrinth_zone_resize() - change how many pages are guaranteed
 * @zone: the zone
 * @reserve: pages, 1 or more
 *
 * Growing fills the reserve before it returns, or changes nothing. Shrinking
 * gives the surplus back to the system. Live pages are not affected.
 *
 * Context: Process context. Sleeps.
 * Return: 0; -EINVAL for 0 pages; -ERANGE if @reserve and the caches together
 *	pass max_pages; -ENOSPC past the module parameter ``memory_limit``;
 *	-ENOMEM if the system has not got them; -EIO if they cannot be mapped for the
 *	zone's device.
 */
int labyrinth_zone_resize(struct labyrinth_zone *zone, unsigned int reserve);

/**
 * labyrinth_zone_get_stats() - read a zone's counters and levels
 * @zone: the zone
 * @stats: filled in
 *
 * Context: Any context; the time it takes grows with the number of possible CPUs.
 */
void labyrinth_zone_get_stats(struct labyrinth_zone *zone,
			      struct labyrinth_stats *stats);

/**
 * labyrinth_free_page() - give a page back to its zone
 * @zone: the zone it came from
 * @page: the page; NULL is a no-op
 *
 * If the caller holds the only reference, the page is recycled; otherwise the
 * zone drops its reference and the last holder frees the page. A page that is
 * not live in @zone (double free, foreign, another zone's, a wild pointer) is
 * left alone, counted as misuse and reported.
 *
 * Context: Any context.
 */
void labyrinth_free_page(struct labyrinth_zone *zone, struct page *page);

/**
 * labyrinth_free() - labyrinth_free_page() by address
 * @zone: the zone it came from
 * @addr: what labyrinth_alloc_atomic() returned; NULL is a no-op
 *
 * Context: Any context.
 */
void labyrinth_free(struct labyrinth_zone *zone, const void *addr);

/**
 * labyrinth_alloc_page_atomic() - take a page now
 * @zone: the zone
 * @quality: LABYRINTH_QUALITY_* flags, or-ed with the zone's own
 *
 * Tries this CPU's cache, the zone's depot, and then, in the order of the zone's
 * policy, the system and the reserve. Each step is bounded; none waits. The
 * system is skipped while an earlier full attempt has failed and the worker has
 * not yet found memory again. In NMI, and on PREEMPT_RT wherever a sleeping lock
 * is illegal, it is skipped, too; or, where the kernel has alloc_pages_nolock()
 * (6.18) and that works there, tried by it.
 *
 * Context: Any context.
 * Return: The page (the head page if the zone's order is above 0), or NULL:
 *	nothing was left, or the flags contradict each other or the context
 *	(counted as misuse and reported).
 */
struct page * __must_check
labyrinth_alloc_page_atomic(struct labyrinth_zone *zone,
			    labyrinth_quality_t quality)
	__labyrinth_freed_by(labyrinth_free_page, 2);

/**
 * labyrinth_alloc_atomic() - take a page now, by address
 * @zone: the zone
 * @quality: as for labyrinth_alloc_page_atomic()
 *
 * Context: Any context.
 * Return: The page's address in the kernel's linear mapping, PAGE_SIZE << order
 *	bytes, or the buffer's, or NULL.
 */
void * __must_check
labyrinth_alloc_atomic(struct labyrinth_zone *zone, labyrinth_quality_t quality)
	__labyrinth_freed_by(labyrinth_free, 2);

/**
 * labyrinth_alloc_bulk_atomic() - take several pages now, or none
 * @zone: the zone
 * @quality: as for labyrinth_alloc_page_atomic()
 * @nr: how many; the call takes time in proportion
 * @pages: array of at least @nr; on failure its content is undefined, and
 *	nothing in it is the caller's
 *
 * Context: Any context.
 * Return: 0, or -ENOMEM: fewer than @nr could be had and all went back, or the
 *	flags were such that labyrinth_alloc_page_atomic() would return NULL.
 */
int __must_check
labyrinth_alloc_bulk_atomic(struct labyrinth_zone *zone,
			    labyrinth_quality_t quality, unsigned int nr,
			    struct page **pages);

/**
 * labyrinth_free_bulk() - give several pages back
 * @zone: the zone they came from
 * @nr: how many
 * @pages: the pages; NULL entries are skipped
 *
 * Context: Any context.
 */
void labyrinth_free_bulk(struct labyrinth_zone *zone, unsigned int nr,
			 struct page **pages);

/**
 * labyrinth_detach_page() - take a page away from its zone for good
 * @zone: the zone it came from
 * @page: the page; NULL is a no-op
 *
 * For pages that are passed on to who does not know of zones: the network stack, the
 * page cache, a pipe. The zone forgets the page, with the reference that the caller
 * has; from now on it is as one from alloc_pages(), and the last put_page() gives
 * it to the system. Its descriptor is free for another one, and the reserve is as full
 * as before. A charged page (ACCOUNT) remains charged.
 *
 * A driver that may get the page back does better without: it takes a reference more
 * for the one it passes the page to, and frees it once that is gone (page_ref_count()
 * is 1); labyrinth_free_page() then recycles it.
 *
 * Context: Any context.
 * Return: @page, or NULL if it is not live in @zone (freed or passed on before,
 *	foreign, handed off): nothing has been done then, and it is counted as misuse and
 *	reported.
 */
struct page *labyrinth_detach_page(struct labyrinth_zone *zone, struct page *page);

/**
 * labyrinth_recycle_page() - offer a page to a zone
 * @zone: the zone
 * @page: a page that the caller owns; NULL is a no-op
 *
 * A page that is live in @zone is freed as by labyrinth_free_page(). Any other one,
 * detached before or the system's, joins the zone if the caller holds the only
 * reference and it is as those are that the zone asks the system for: of its order,
 * node and memory zone, neither charged, pfmemalloc nor marked. It goes into the reserve
 * while that is short, else where a freed page goes; what it contains is not cleared.
 * It must not be live in another zone: from that it is detached first. Nobody looks
 * for it there, as this is called in any context.
 *
 * Context: Any context.
 * Return: True: the page is the zone's; false: it does not suit, or the zone has
 *	max_pages already, or is charged (ACCOUNT) or being destroyed, or the page cannot
 *	be mapped for the zone's device (in NMI, and on PREEMPT_RT in atomic sections,
 *	none can), or has not quite left the zone yet: it is still the caller's, who
 *	calls put_page().
 */
bool __must_check labyrinth_recycle_page(struct labyrinth_zone *zone, struct page *page);

/**
 * labyrinth_handoff_page() - leave the rest of the work to process context
 * @zone: the zone that @page came from
 * @page: the page, live in @zone
 * @fn: called with it in process context, where it may sleep; the page is freed when
 *	it returns. It may call any function of this header but for those that free
 *	@page or pass it on (it takes a reference instead, with get_page()), and
 *	labyrinth_zone_destroy() of @zone, which fails with -EDEADLK.
 * @ctx: passed to @fn
 *
 * What is handed off to a zone's worker is done one at a time, in the order in which
 * it was handed off, by calls on different CPUs in any one of those that are
 * possible. labyrinth_zone_destroy() waits for all of it. @fn must not wait for
 * another page handed off in the same zone.
 *
 * Context: Any context.
 * Return: 0: the page is the worker's; otherwise it is still the caller's:
 *
 * * -EBUSY: &struct labyrinth_zone_params.handoff_max pages are waiting
 * * -ESHUTDOWN: the zone is being destroyed (misuse)
 * * -EINVAL: @page is not live in @zone, or handed off already, or @fn is NULL
 *   (misuse)
 */
int __must_check labyrinth_handoff_page(struct labyrinth_zone *zone, struct page *page,
					void (*fn)(struct page *page, void *ctx),
					void *ctx);

/**
 * labyrinth_page_info() - all that a zone knows of a page
 * @zone: the zone
 * @page: any pointer; it is not followed unless it is live in @zone
 * @info: filled in; without a page all zeroes, but for node and dma
 *
 * Context: Any context. Who does not own the page may be told what it was a moment ago.
 * Return: 0, or -ENOENT: no such page is live in @zone.
 */
int labyrinth_page_info(struct labyrinth_zone *zone, const struct page *page,
			struct labyrinth_page_info *info);

/**
 * labyrinth_frag_free() - give a fragment back
 * @zone: the zone it came from
 * @addr: what labyrinth_frag_alloc_atomic() returned; NULL is a no-op
 *
 * Its page goes back when the last of its fragments does: recycled if nobody else
 * holds a reference, as by labyrinth_free_page(). An address at which no fragment of
 * @zone is live (double free, one inside a fragment, a whole page, foreign) is left
 * alone, counted as misuse and reported; a double free is caught until the place is
 * handed out again.
 *
 * Context: Any context.
 */
void labyrinth_frag_free(struct labyrinth_zone *zone, const void *addr);

/**
 * labyrinth_frag_alloc_atomic() - take a part of a page now
 * @zone: the zone
 * @size: bytes, 1 up to the zone's page size, PAGE_SIZE << order
 * @align: 0 or 1: none; or a power of two up to the zone's page size
 * @quality: as for labyrinth_alloc_page_atomic(), said of the fragment: ZERO and
 *	POISON fill its @size bytes, and no others; CL_ALIGN aligns it to
 *	L1_CACHE_BYTES at least. ACCOUNT is misuse, the zone's own as well.
 *
 * Fragments are cut from a page that each CPU keeps open, one behind the other; when
 * that is used up, the next page is taken as by labyrinth_alloc_page_atomic(), with the
 * same guarantee: as long as the reserve has a page, a critical request gets its
 * fragment. A page is divided into 64 granules (of 64 bytes where pages have 4 KiB); a
 * fragment begins at a granule and takes up whole ones, but never begins in the last.
 *
 * The fragments of a page share it, its reference count and struct page: nothing in
 * that is the caller's. One may be passed on to the network stack: get_page() of its
 * page, virt_to_head_page(), then labyrinth_frag_free(); the memory is not used again
 * before that reference is dropped, nor the page recycled. One live fragment, however
 * small, keeps its whole page live.
 *
 * A page that a CPU keeps open counts as live even if it holds no fragment. It goes
 * back by the shrinker, when a ticket wants pages, when its CPU goes offline, and when
 * the zone is destroyed; destroy reports it only if it holds fragments. With
 * ``init_on_free``, and in zones with VERIFY, fragments are cleared or patterned with
 * their page, when the last of them is freed.
 *
 * Context: Any context.
 * Return: The fragment's address in the kernel's linear mapping, or NULL: no page was
 *	left, or an argument is out of range, or the flags contradict each other
 *	(counted as misuse and reported).
 */
void * __must_check
labyrinth_frag_alloc_atomic(struct labyrinth_zone *zone, unsigned int size,
			    unsigned int align, labyrinth_quality_t quality)
	__labyrinth_freed_by(labyrinth_frag_free, 2);

/**
 * labyrinth_ticket_reserve() - set pages aside that a later request cannot miss
 * @zone: the zone
 * @nr: pages, 1 or more
 * @timeout: jiffies to wait for them; 0: not at all; MAX_SCHEDULE_TIMEOUT: for ever.
 *	Another ticket of the zone that is just being filled is waited for in any case.
 * @ticket: filled in; on failure labyrinth_ticket_release() of it is a no-op
 *
 * For what must not fail half-way: a consumer that needs n pages to finish what it
 * begins reserves them where it may sleep, and takes them where it may not. The
 * pages come on top of the reserve, never out of it, and neither resizing nor the
 * shrinker touches them. They count towards max_pages and ``memory_limit``; in a
 * zone that owns max_pages already, some of them idle in other CPUs' caches, it
 * takes a little @timeout to have them back.
 *
 * Context: Process context. Sleeps, for memory even with a @timeout of 0.
 * Return: 0, or
 *
 * * -EINVAL: @nr is 0, or the zone's pages are charged (ACCOUNT) and cannot be set
 *   aside
 * * -ENOMEM: @timeout is 0 and they are not there now; or there never can be so
 *   many, because of max_pages or ``memory_limit``: the log says so; or the zone is
 *   being destroyed, as only its own available() can meet it
 * * -ETIMEDOUT: they were not there within @timeout
 */
int __must_check
labyrinth_ticket_reserve(struct labyrinth_zone *zone, unsigned int nr,
			 unsigned long timeout, struct labyrinth_ticket *ticket);

/**
 * labyrinth_ticket_alloc() - take one of a ticket's pages
 * @ticket: the ticket
 * @quality: as for labyrinth_alloc_page_atomic(); NOWAIT has no effect, ACCOUNT is
 *	misuse
 *
 * Cannot fail as often as pages were reserved, whatever else happens. (Pages that
 * somebody wrote to, in a VERIFY zone, or freed meanwhile are replaced from the
 * zone, as long as it has any.) Any number of CPUs may call it for one ticket.
 *
 * Context: Any context.
 * Return: The page, to be freed by labyrinth_free_page() like any other; NULL if the
 *	ticket is used up, its zone destroyed, or the flags are wrong.
 */
struct page * __must_check
labyrinth_ticket_alloc(struct labyrinth_ticket *ticket,
		       labyrinth_quality_t quality)
	__labyrinth_freed_by(labyrinth_free_page, 2);

/**
 * labyrinth_ticket_release() - give back what is left of a ticket
 * @ticket: the ticket; NULL and one that is released already are no-ops
 *
 * Needed for every ticket that was reserved, used up or not. No other call may
 * use the ticket at the same time or later. A zone that was destroyed before
 * its tickets were released stays in memory until they are.
 *
 * Context: Any context; the time it takes grows with the pages left.
 */
void labyrinth_ticket_release(struct labyrinth_ticket *ticket);

/**
 * labyrinth_buffer_pages() - the pages of a buffer, for a scatter list
 * @zone: a zone of buffers
 * @address: what labyrinth_alloc_atomic() returned
 *
 * For sg_alloc_table_from_pages(), say. The array belongs to the buffer and stays for as
 * long as that is live.
 *
 * Context: Any context.
 * Return: &struct labyrinth_zone_params.buffer_pages pages in their order, or NULL if no
 *	live buffer of @zone begins at @address (misuse).
 */
struct page **labyrinth_buffer_pages(struct labyrinth_zone *zone, const void *address);

/**
 * labyrinth_page_dma_addr() - where the zone's device finds a page
 * @zone: a zone with a device
 * @page: a live page of it
 *
 * The address is that of the page's first byte, and the same for as long as the page
 * is the zone's, whoever has it.
 *
 * Context: Any context.
 * Return: The address; DMA_MAPPING_ERROR for a zone without device, or one that was
 *	destroyed, and for a page that is not live in it (counted as misuse and
 *	reported).
 */
dma_addr_t labyrinth_page_dma_addr(struct labyrinth_zone *zone,
				   const struct page *page);

/**
 * labyrinth_dma_sync_for_device() - give a part of a page to the device
 * @zone: a zone with a device
 * @page: a live page of it
 * @offset: first byte, from the page's beginning
 * @size: bytes, 1 or more, all within the page (PAGE_SIZE << order)
 *
 * Before the device reads or writes there; see "Pages for a device". A call with wrong
 * arguments does nothing; it is counted as misuse and reported.
 *
 * Context: Any context but NMI, and where dma_sync_single_for_device() of that device
 *	is allowed.
 */
void labyrinth_dma_sync_for_device(struct labyrinth_zone *zone,
				   const struct page *page, unsigned int offset,
				   unsigned int size);

/**
 * labyrinth_dma_sync_for_cpu() - take a part of a page back from the device
 * @zone: a zone with a device
 * @page: a live page of it
 * @offset: first byte, from the page's beginning
 * @size: bytes, 1 or more, all within the page (PAGE_SIZE << order)
 *
 * Before the CPU reads what the device has written there; see "Pages for a device".
 * Otherwise as labyrinth_dma_sync_for_device().
 *
 * Context: Any context but NMI, and where dma_sync_single_for_cpu() of that device is
 *	allowed.
 */
void labyrinth_dma_sync_for_cpu(struct labyrinth_zone *zone, const struct page *page,
				unsigned int offset, unsigned int size);

/**
 * labyrinth_zone_inject() - make things go wrong in a consumer's own tests
 * @zone: the zone
 * @faults: LABYRINTH_FAULT_* flags; they take the place of those injected before
 * @nth: for LABYRINTH_FAULT_NTH: which attempt, 1 or more; else 0
 *
 * Without any fault in any zone this costs nothing but a patched no-op, and that
 * only where the caches could not serve. Where the kernel has
 * CONFIG_FAULT_INJECTION_DEBUG_FS, fail_system and fail_refill in the zone's debugfs
 * directory offer random failures of the same attempts, but for those made where the
 * system may not be entered, as described in the kernel's Documentation/fault-injection.
 *
 * Context: Process context. Sleeps.
 * Return: 0, or -EINVAL for unknown flags, or an @nth that does not go with them.
 */
int labyrinth_zone_inject(struct labyrinth_zone *zone, labyrinth_fault_t faults,
			  unsigned int nth);

/**
 * labyrinth_void_allocpage_gfpatomic_extra_quality() - labyrinth_alloc_atomic()
 * @zone: the zone
 * @quality: as for labyrinth_alloc_page_atomic()
 *
 * The long name says what it does: a void pointer to a page allocated as by
 * GFP_ATOMIC, with extra quality.
 *
 * Return: As for labyrinth_alloc_atomic().
 */
#define labyrinth_void_allocpage_gfpatomic_extra_quality(zone, quality) \
	labyrinth_alloc_atomic(zone, quality)

#endif /* _LINUX_LABYRINTH_H */
