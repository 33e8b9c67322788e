// SPDX-License-Identifier: GPL-2.0
/// Quality flags or zone parameters contradict each other.
///
/// What cannot be had at once is misuse: the request yields NULL each time, creation
/// fails with -EINVAL, and the log says so only when it happens.
///
//# Flags and parameters in variables are not followed. A zone without .node in its
//# initialiser may be meant for node 0, or get one from a function.
///
// Confidence: High
// Advice: Ask for one content only (ZERO or POISON), set VERIFY in the zone's parameters,
//   ACCOUNT where a single page is charged, and name the node, NUMA_NO_NODE mostly.
// Needs: LABYRINTH_QUALITY_|labyrinth_(alloc|frag_alloc|ticket_alloc|zone_params)
// URL: Documentation/audit.md#labyrinth_quality
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@
import re

places = {}

def key(p):
    return (p.file, int(p.line), int(p.column))

def found(p, message):
    places.setdefault(key(p), (p, message))

def flags(text):
    """The flags of an or-ed expression; none, if it has any other operator."""
    text = str(text)
    if re.search(r"[?~&]|\^", text):
        return set()
    return set(re.findall(r"LABYRINTH_QUALITY_(\w+)", text))

def contradiction(text):
    have = flags(text)
    if {"ZERO", "POISON"} <= have:
        return "LABYRINTH_QUALITY_ZERO contradicts LABYRINTH_QUALITY_POISON"
    if "NONE" in have and len(have) > 1:
        return "LABYRINTH_QUALITY_NONE has no effect beside other flags"
    return None

// One run of spatch reads many files.
@script:python@
@@
places.clear()

@call@
identifier f = {labyrinth_alloc_page_atomic,labyrinth_alloc_atomic,labyrinth_alloc_bulk_atomic,labyrinth_ticket_alloc,labyrinth_void_allocpage_gfpatomic_extra_quality};
expression zone, wanted;
position p;
@@
f@p(zone, wanted, ...)

@script:python@
f << call.f;
quality << call.wanted;
p << call.p;
@@
wrong = contradiction(quality)
have = flags(quality)
if wrong:
    found(p[0], "%s, in %s()" % (wrong, f))
elif "VERIFY" in have:
    found(p[0], "LABYRINTH_QUALITY_VERIFY is a zone's, not a request's, in %s()" % f)
elif f == "labyrinth_ticket_alloc" and "ACCOUNT" in have:
    found(p[0], "LABYRINTH_QUALITY_ACCOUNT is not for the pages of a ticket, in %s()" % f)
elif re.search(r"\b(__)?GFP_[A-Z]", quality):
    found(p[0], "%s() takes LABYRINTH_QUALITY_ flags, and is given %s" % (f, quality))

@frag@
identifier f = {labyrinth_frag_alloc_atomic};
expression zone, size, align, wanted;
position p;
@@
f@p(zone, size, align, wanted)

@script:python@
f << frag.f;
quality << frag.wanted;
p << frag.p;
@@
wrong = contradiction(quality)
have = flags(quality)
if wrong:
    found(p[0], "%s, in %s()" % (wrong, f))
elif have & {"VERIFY", "ACCOUNT"}:
    found(p[0], "LABYRINTH_QUALITY_%s is not for fragments, in %s()" %
          (sorted(have & {"VERIFY", "ACCOUNT"})[0], f))
elif re.search(r"\b(__)?GFP_[A-Z]", quality):
    found(p[0], "%s() takes LABYRINTH_QUALITY_ flags, and is given %s" % (f, quality))

// A zone's own flags hold for each of its requests.
@own@
identifier params;
expression value;
position p;
@@
struct labyrinth_zone_params params = { .quality = value@p, };

@script:python@
value << own.value;
p << own.p;
@@
wrong = contradiction(value)
if wrong:
    found(p[0], "%s, in the zone's parameters" % wrong)

@set@
struct labyrinth_zone_params params;
expression value;
position p;
@@
params.quality = value@p

@script:python@
value << set.value;
p << set.p;
@@
wrong = contradiction(value)
if wrong:
    found(p[0], "%s, in the zone's parameters" % wrong)

// Buffers come from the reserve alone, are of order 0, and neither charged nor mapped.
@buffer@
identifier params;
expression pages, value;
identifier other = {order,policy,dma_dev,quality};
position p;
@@
struct labyrinth_zone_params params = { .buffer_pages = pages, .other = value@p, };

@script:python@
pages << buffer.pages;
other << buffer.other;
value << buffer.value;
p << buffer.p;
@@
allowed = {"order": ("0",), "dma_dev": ("NULL",),
           "policy": ("LABYRINTH_RESERVE_ONLY", "LABYRINTH_POLICY_DEFAULT", "0")}
if re.fullmatch(r"0|NULL", pages):
    pass
elif other == "quality":
    if "ACCOUNT" in flags(value):
        found(p[0], "LABYRINTH_QUALITY_ACCOUNT is not for a zone of buffers")
elif value not in allowed[other]:
    found(p[0], ".%s = %s is not for a zone of buffers" % (other, value))

@one@
identifier params;
position p;
@@
struct labyrinth_zone_params params = { .buffer_pages = 1@p, };

@script:python@
p << one.p;
@@
found(p[0], "a buffer of one page is a page: .buffer_pages is 0, or 2 to 256")

@both@
identifier params;
position p;
@@
struct labyrinth_zone_params params = { .gfp_zone = \(__GFP_DMA@p | __GFP_DMA32\|__GFP_DMA32@p | __GFP_DMA\), };

@script:python@
p << both.p;
@@
found(p[0], "__GFP_DMA contradicts __GFP_DMA32, in the zone's parameters")

// A zeroed structure means node 0.
@named@
identifier params;
expression e;
position p;
@@
struct labyrinth_zone_params params@p = { .node = e, };

@nodeless@
identifier params;
expression e;
position p != named.p;
@@
struct labyrinth_zone_params params@p = { .name = e, };

@script:python@
p << nodeless.p;
params << nodeless.params;
@@
found(p[0], "%s names no node, so its pages may come from node 0 only" % params)

@later@
identifier params;
expression e;
@@
params.node = e

@script:python@
params << later.params;
@@
for place in [k for k, (p, m) in places.items() if m.startswith(params + " names no node")]:
    del places[place]

@script:python depends on report@
@@
for place in sorted(places):
    coccilib.report.print_report(*places[place])

@script:python depends on org@
@@
for place in sorted(places):
    coccilib.org.print_todo(*places[place])
