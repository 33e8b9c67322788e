// SPDX-License-Identifier: GPL-2.0
/// The address is taken of a page that may be highmem, and has none.
///
/// page_address() of a highmem page that is not mapped is NULL, and bvec_virt(), sg_virt() and
/// skb_frag_address() only add an offset to it, so that the code reads and writes next to address
/// 0, on 32-bit machines with much memory only. Pages of a bio, of a SCSI command, of an skb to be
/// sent, and of user memory may be highmem, and those allocated with __GFP_HIGHMEM.
///
//# Drivers for architectures that have no highmem are reported as well. Pages are taken for the
//# request's own: a driver that only ever sees bios of the kernel's, or integrity data, misleads it.
//# Fragments count only where the file offers NETIF_F_HIGHDMA (the stack copies them otherwise),
//# blocks only where it does not ask for bouncing. Masks that a caller passes in are not followed.
///
// Confidence: Moderate
// Advice: Map it with kmap_local_page() or bvec_kmap_local(), copy with memcpy_from_page() or
//   sg_copy_to_buffer(), map it for DMA with skb_frag_dma_map() or dma_map_page(); or allocate it
//   without __GFP_HIGHMEM.
// Needs: page_address[[:space:]]*\(.*(_page|pages)|(bvec_virt|sg_virt)[[:space:]]*\(|skb_frag_address[[:space:]]*\(|HIGHMEM|HIGHUSER
// URL: Documentation/audit.md#page_address_highmem
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@

import re

seen = set()

# Expressions come with a space around everything.
def tidy(text):
    text = re.sub(r" ?(->|\.|\[) ?|(?<=\w) (?=\()|(?<=\() | (?=[\])])",
                  lambda m: m.group(1) or "", text)
    return re.sub(r"^([&*]) ", r"\1", text)

def tell(p, message, say):
    if (p.file, p.line) not in seen:
        seen.add((p.file, p.line))
        say(p, message)

def highmem(mask):
    return "~" not in mask and "?" not in mask and "HIGH" in re.sub(r"__GFP_HIGH\b", "", mask)

// What keeps highmem away from the driver.
@bounces@
identifier limit = {BLK_BOUNCE_HIGH, BLK_FEAT_BOUNCE_HIGH};
@@

 limit

@bounced@
identifier host;
expression e;
@@

 struct scsi_host_template host = { .no_highmem = e, };

@highdma@
@@

 NETIF_F_HIGHDMA

// Pages of a request.
@segment depends on !bounces@
iterator each =~ "^(__)?(rq|bio)_for_each_(segment|bvec)$";
identifier bv;
position p;
@@

 each(bv, ...) {
 <+...
(
 bvec_virt@p(&bv)
|
 page_address@p(bv.bv_page)
)
 ...+>
 }

@script:python depends on report@
p << segment.p;
bv << segment.bv;
each << segment.each;
@@

tell(p[0], f"the address is taken of {bv}'s page, which may be highmem as any of {each}()", coccilib.report.print_report)

@script:python depends on org@
p << segment.p;
bv << segment.bv;
each << segment.each;
@@

tell(p[0], f"the address is taken of {bv}'s page, which may be highmem as any of {each}()", coccilib.org.print_todo)

@vector depends on !bounces@
identifier f, bv;
position p;
@@

 f(..., struct bio_vec *bv, ...) {
 <...
(
 bvec_virt@p(bv)
|
 page_address@p(bv->bv_page)
)
 ...>
 }

@script:python depends on report@
p << vector.p;
bv << vector.bv;
@@

tell(p[0], f"the address is taken of {bv}'s page, which may be highmem as any of a bio", coccilib.report.print_report)

@script:python depends on org@
p << vector.p;
bv << vector.bv;
@@

tell(p[0], f"the address is taken of {bv}'s page, which may be highmem as any of a bio", coccilib.org.print_todo)

// Pages of a SCSI command.
@first depends on !bounces && !bounced exists@
expression sg, command;
position p;
type T;
@@

 sg = (T)scsi_sglist(command)
 ... when != kmap(...)
(
 sg_virt@p(sg)
|
 sg_virt@p(&sg[0])
|
 page_address@p(sg_page(sg))
)

@walked depends on !bounces && !bounced@
iterator name scsi_for_each_sg;
expression command, n, i;
identifier sg;
position p;
@@

 scsi_for_each_sg(command, sg, n, i) {
 <+...
(
 sg_virt@p(sg)
|
 page_address@p(sg_page(sg))
)
 ...+>
 }

@script:python depends on report@
p << first.p;
sg << first.sg;
@@

tell(p[0], f"the address is taken of {tidy(sg)}'s page, which may be highmem as any of a command", coccilib.report.print_report)

@script:python depends on org@
p << first.p;
sg << first.sg;
@@

tell(p[0], f"the address is taken of {tidy(sg)}'s page, which may be highmem as any of a command", coccilib.org.print_todo)

@script:python depends on report@
p << walked.p;
sg << walked.sg;
@@

tell(p[0], f"the address is taken of {sg}'s page, which may be highmem as any of a command", coccilib.report.print_report)

@script:python depends on org@
p << walked.p;
sg << walked.sg;
@@

tell(p[0], f"the address is taken of {sg}'s page, which may be highmem as any of a command", coccilib.org.print_todo)

// Fragments of an skb to be sent.
@fragment depends on highdma@
identifier send =~ "xmit|(^|_)tx(_|$)|transmit|send|map_skb|map_frags|(^|_)tso";
identifier skb;
expression frag;
position p;
@@

 send(..., struct sk_buff *skb, ...) {
 <...
(
 skb_frag_address@p(frag)
|
 page_address@p(skb_frag_page(frag))
)
 ...>
 }

@script:python depends on report@
p << fragment.p;
frag << fragment.frag;
@@

tell(p[0], f"the address is taken of fragment {tidy(frag)}, which may be highmem with NETIF_F_HIGHDMA", coccilib.report.print_report)

@script:python depends on org@
p << fragment.p;
frag << fragment.frag;
@@

tell(p[0], f"the address is taken of fragment {tidy(frag)}, which may be highmem with NETIF_F_HIGHDMA", coccilib.org.print_todo)

// Pages of user memory.
@user exists@
identifier get =~ "^(get|pin)_user_pages(_fast|_unlocked|_remote|_locked)?$";
expression pages, i;
position p;
@@

 get(..., pages, ...)
 ... when != kmap(...)
 page_address@p(pages[i])

@script:python depends on report@
p << user.p;
pages << user.pages;
@@

tell(p[0], f"the address is taken of a page of {tidy(pages)}, which user memory may have in highmem", coccilib.report.print_report)

@script:python depends on org@
p << user.p;
pages << user.pages;
@@

tell(p[0], f"the address is taken of a page of {tidy(pages)}, which user memory may have in highmem", coccilib.org.print_todo)

// Pages allocated with a mask that allows it.
@own exists@
expression page, mask, n;
position p;
@@

(
 page = alloc_page(mask)
|
 page = alloc_pages(mask, n)
|
 page = alloc_pages_node(n, mask, ...)
)
 ... when != page = n
     when != kmap(page)
 page_address@p(page)

@script:python depends on report@
p << own.p;
page << own.page;
mask << own.mask;
@@

if highmem(mask):
    tell(p[0], f"the address is taken of {tidy(page)}, which {tidy(mask)} may have put into highmem", coccilib.report.print_report)

@script:python depends on org@
p << own.p;
page << own.page;
mask << own.mask;
@@

if highmem(mask):
    tell(p[0], f"the address is taken of {tidy(page)}, which {tidy(mask)} may have put into highmem", coccilib.org.print_todo)

// The same where one function allocates and another one takes the address.
@allocated@
expression holder, mask, n;
identifier page;
@@

(
 holder->page = alloc_page(mask)
|
 holder->page = alloc_pages(mask, n)
|
 holder->page = alloc_pages_node(n, mask, ...)
)

@script:python@
mask << allocated.mask;
@@

if not highmem(mask):
    cocci.include_match(False)

@elsewhere@
identifier allocated.page;
expression other;
position p;
@@

 page_address@p(other->page)

@script:python depends on report@
p << elsewhere.p;
other << elsewhere.other;
page << allocated.page;
mask << allocated.mask;
@@

tell(p[0], f"the address is taken of {tidy(other)}->{page}, which {tidy(mask)} may have put into highmem", coccilib.report.print_report)

@script:python depends on org@
p << elsewhere.p;
other << elsewhere.other;
page << allocated.page;
mask << allocated.mask;
@@

tell(p[0], f"the address is taken of {tidy(other)}->{page}, which {tidy(mask)} may have put into highmem", coccilib.org.print_todo)
