/* SPDX-License-Identifier: MIT */
/*
 * PAGE_DATA and the account of all pfns: specs/libxc-stream.md §5.2 and §6.
 *
 * A rule that an entry breaks is reported once a record, at the first such entry: a damaged array breaks the
 * same rule a thousand times.
 */
#include "verify/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Offset of entry i in the body. */
#define AT_ENTRY(i) (8 + 8 * (uint64_t)(i))

/* True the first time a rule is broken in this record. */
static bool first_time(struct xsr_verifier *v, unsigned rule)
{
	bool told = v->pages.told >> rule & 1;

	v->pages.told |= UINT64_C(1) << rule;
	return !told;
}

enum rule { RULE_TYPE, RULE_RESERVED, RULE_PFN, RULE_ORDER, RULE_GUEST, RULE_LEVEL, RULE_XALLOC };

void pages_p2m(struct xsr_verifier *v, uint32_t start, uint32_t end, uint64_t frames)
{
	uint64_t per_frame = XSR_PAGE_SIZE / (v->facts.width ? v->facts.width : 8);

	/* A range that its frames do not bear out says nothing about the guest's size. */
	if (start > end || !end || frames != end / per_frame - start / per_frame + 1)
		return;
	v->pages.has_p2m = true;
	if (end > v->pages.p2m_end)
		v->pages.p2m_end = end;
	if (v->summary.announced_pfns <= end)
		v->summary.announced_pfns = (uint64_t)end + 1;
	if (v->summary.p2m_size <= end)
		v->summary.p2m_size = (uint64_t)end + 1;
}

void pages_batch(struct xsr_verifier *v, const struct xsr_event *e)
{
	struct page_state *p = &v->pages;
	uint32_t room = (e->record->length - 8) / 8;

	p->batch_count = e->u.batch.count;
	p->has_previous = false;
	p->unsorted = false;
	p->batched = 0;
	p->told = 0;
	if (v->depth < XSR_DEPTH_RECORD)
		return;
	if (!e->u.batch.count)
		verify_record(v, F_PAGE_DATA_COUNT, e->record, 8, "count", "at least 1", "0");
	else if (!e->u.batch.fits)
		verify_record(v, F_PAGE_DATA_COUNT, e->record, 8, "count", "entries that fit into the record",
		    "%" PRIu32 ", room for %" PRIu32, e->u.batch.count, room);
	if (e->u.batch.reserved)
		verify_record(v, F_PAGE_DATA_RESERVED, e->record, 12, "reserved", "0", "0x%" PRIx32,
		    e->u.batch.reserved);
	if (v->depth >= XSR_DEPTH_STREAM && e->u.batch.fits && e->u.batch.count > XSR_BATCH_MAX)
		verify_record(v, F_PAGE_DATA_BATCH, e->record, 8, "count", "at most 1024 by Xen's savers",
		    "%" PRIu32, e->u.batch.count);
}

static void entry_error(struct xsr_verifier *v, const struct xsr_event *e, enum finding_id id,
    uint32_t number, const char *field, const char *allowed, uint64_t entry)
{
	verify_record(v, id, e->record, 8 + AT_ENTRY(number), field, allowed,
	    "0x%016" PRIx64 " in entry %" PRIu32, entry, number);
}

/* What one entry says by itself. */
static void check_entry(struct xsr_verifier *v, const struct xsr_event *e, uint32_t number, uint64_t entry)
{
	unsigned type = (unsigned)(entry >> XSR_PFN_TYPE_SHIFT);

	if (type >= 5 && type <= 8 && first_time(v, RULE_TYPE))
		entry_error(v, e, F_PAGE_DATA_TYPE, number, "type", "0 to 4, 9 to 15", entry);
	if (entry & XSR_PFN_RESERVED_MASK && first_time(v, RULE_RESERVED))
		entry_error(v, e, F_PAGE_DATA_RESERVED, number, "entry bits 52 to 59", "0", entry);
}

/* What it says of this guest. */
static void check_entry_guest(struct xsr_verifier *v, const struct xsr_event *e, uint32_t number,
    uint64_t entry)
{
	const struct page_state *p = &v->pages;
	unsigned type = (unsigned)(entry >> XSR_PFN_TYPE_SHIFT), level = type & 7;
	uint64_t pfn = entry & XSR_PFN_MASK;
	bool table = level >= 1 && level <= 4, hvm = v->facts.domain_type == XSR_DOMAIN_X86_HVM;
	char allowed[48];

	if (hvm ? pfn >= HVM_PFN_LIMIT : p->has_p2m && pfn > p->p2m_end) {
		snprintf(allowed, sizeof(allowed), "pfns up to 0x%" PRIx64,
		    hvm ? HVM_PFN_LIMIT - 1 : p->p2m_end);
		if (first_time(v, RULE_PFN))
			entry_error(v, e, F_PAGE_DATA_PFN, number, "pfn", allowed, entry);
	}
	if (hvm && table && type != XSR_PAGE_BROKEN && type != XSR_PAGE_XALLOC && type != XSR_PAGE_XTAB &&
	    first_time(v, RULE_GUEST))
		entry_error(v, e, F_PAGE_DATA_GUEST, number, "type", "no page tables in an HVM guest", entry);
	if (!hvm && v->facts.levels == 3 && (type == 4 || type == 12) && first_time(v, RULE_LEVEL))
		entry_error(v, e, F_PAGE_DATA_LEVEL, number, "type", "L1 to L3", entry);
	if (type == XSR_PAGE_XALLOC && !v->summary.converted && first_time(v, RULE_XALLOC))
		entry_error(v, e, F_PAGE_DATA_XALLOC, number, "type", "XALLOC only from the legacy converter",
		    entry);
}

/* The first pass of a saver names every pfn; a converter leaves out the holes. */
static void judge_first_pass(struct xsr_verifier *v)
{
	struct page_state *p = &v->pages;
	uint64_t size = v->summary.p2m_size;

	if (p->first_pass_judged || v->depth < XSR_DEPTH_STREAM)
		return;
	p->first_pass_judged = true;
	if (p->map_lost || v->summary.converted || !p->map.described || p->map.described >= size)
		return;
	verify_report(v, F_PAGE_DATA_MISSING, XSR_LAYER_LIBXC, v->summary.bytes, "pfn",
	    "every pfn of the guest", "%" PRIu64 " of %" PRIu64 " left out, the first is 0x%" PRIx64,
	    size - p->map.described, size, pfn_map_first_unseen(&p->map, size));
}

/* A pass ends where the pfns begin again from below. */
static void follow_pass(struct xsr_verifier *v, uint64_t pfn)
{
	struct page_state *p = &v->pages;

	if (!p->in_pass || pfn <= p->last) {
		if (p->in_pass)
			judge_first_pass(v);
		v->summary.passes++;
		p->in_pass = true;
	}
	p->last = pfn;
}

static enum pfn_state state_of(unsigned type)
{
	if (type == XSR_PAGE_XTAB || type == XSR_PAGE_BROKEN)
		return PFN_HOLE;
	return type == XSR_PAGE_NOTAB || type == XSR_PAGE_XALLOC ? PFN_RAM : PFN_TABLE;
}

/*
 * Which page tables are of the top level, the one thing of a table's level that is asked for later: they are few, so
 * a map of their own is cheaper than wider states in the other.
 */
static void account_top(struct xsr_verifier *v, uint64_t pfn, unsigned type)
{
	struct page_state *p = &v->pages;
	bool top = v->facts.levels && state_of(type) == PFN_TABLE && (type & 7) == v->facts.levels;

	if (p->tops_lost || (!top && pfn_map_get(&p->tops, pfn) == PFN_UNSEEN))
		return;
	p->tops_lost = !pfn_map_set(&p->tops, pfn, top ? PFN_TABLE : PFN_HOLE);
	if (p->tops.chunks.no_memory)
		verify_memory_lost(v);
}

/* No more pfns can be accounted for. */
static void map_full(struct xsr_verifier *v, const struct xsr_event *e, uint32_t number, uint64_t entry)
{
	v->pages.map_lost = true;
	if (v->pages.map.chunks.no_memory)
		verify_memory_lost(v);
	else
		entry_error(v, e, F_PAGE_DATA_SCATTERED, number, "pfn", "dense ranges of pfns", entry);
}

/* Some entries for pfns one behind the other and of one type: takes them to the order of the record. */
static void take_order(struct page_state *p, uint64_t pfn, size_t n)
{
	for (size_t i = 0; i < n && p->batched < XSR_BATCH_MAX; i++)
		p->batch[p->batched++] = pfn + i;
	if (pfn + n - 1 > p->last)
		p->last = pfn + n - 1;
	p->has_previous = true;
	p->previous = pfn + n - 1;
}

/* The order of the pfns in the record, and the account. */
static void account(struct xsr_verifier *v, const struct xsr_event *e, uint32_t number, uint64_t entry)
{
	struct page_state *p = &v->pages;
	uint64_t pfn = entry & XSR_PFN_MASK;

	if (p->has_previous && pfn <= p->previous) {
		p->unsorted = true;
		if (pfn < p->previous && first_time(v, RULE_ORDER))
			entry_error(v, e, F_PAGE_DATA_ORDER, number, "pfn", "ascending pfns", entry);
	}
	if (!p->has_previous)
		follow_pass(v, pfn);
	take_order(p, pfn, 1);
	if (p->map_lost || pfn >= HVM_PFN_LIMIT)
		return;
	if (v->facts.domain_type == XSR_DOMAIN_X86_PV)
		account_top(v, pfn, (unsigned)(entry >> XSR_PFN_TYPE_SHIFT));
	if (!pfn_map_set(&p->map, pfn, state_of((unsigned)(entry >> XSR_PFN_TYPE_SHIFT))))
		map_full(v, e, number, entry);
}

/* Comes last: a pass that ends with these entries is judged without them. */
static void count_entries(struct xsr_verifier *v, uint64_t entry, size_t n)
{
	struct xsr_summary *s = &v->summary;
	unsigned type = (unsigned)(entry >> XSR_PFN_TYPE_SHIFT);
	uint64_t last = (entry & XSR_PFN_MASK) + n - 1;

	s->entries += n;
	s->entries_by_type[type] += n;
	s->data_pages += xsr_page_has_data(type) ? n : 0;
	if (last >= s->p2m_size && last < HVM_PFN_LIMIT && !v->pages.has_p2m)
		s->p2m_size = last + 1;
}

static void take_entry(struct xsr_verifier *v, const struct xsr_event *e, uint32_t number, uint64_t entry)
{
	if (v->depth >= XSR_DEPTH_RECORD)
		check_entry(v, e, number, entry);
	if (v->depth >= XSR_DEPTH_STREAM) {
		check_entry_guest(v, e, number, entry);
		account(v, e, number, entry);
	}
	count_entries(v, entry, 1);
}

/* How many entries from the first on are of one type and of pfns one behind the other. */
static size_t run_length(const uint64_t *entries, size_t count)
{
	size_t n = 1;

	while (n < count && entries[n] == entries[0] + n)
		n++;
	return n;
}

/*
 * True if no rule has anything to say of any of n such entries, so that they can be accounted for as one. A rule that
 * might is enough for false: one by one, they are judged exactly.
 */
static bool beyond_doubt(const struct xsr_verifier *v, uint64_t entry, size_t n)
{
	const struct page_state *p = &v->pages;
	unsigned type = (unsigned)(entry >> XSR_PFN_TYPE_SHIFT);
	uint64_t pfn = entry & XSR_PFN_MASK, last = pfn + n - 1;

	if (type != XSR_PAGE_NOTAB && type != XSR_PAGE_XTAB)
		return false;
	if (entry & XSR_PFN_RESERVED_MASK || last >= HVM_PFN_LIMIT || (p->has_p2m && last > p->p2m_end))
		return false;
	return !p->has_previous || pfn > p->previous;
}

/* account() for a run of entries that are beyond doubt. */
static void account_run(struct xsr_verifier *v, const struct xsr_event *e, uint32_t number, uint64_t entry,
    size_t n)
{
	struct page_state *p = &v->pages;
	unsigned type = (unsigned)(entry >> XSR_PFN_TYPE_SHIFT);
	uint64_t pfn = entry & XSR_PFN_MASK;

	if (!p->has_previous)
		follow_pass(v, pfn);
	take_order(p, pfn, n);
	for (size_t done = 0, piece; done < n && !p->map_lost; done += piece) {
		uint64_t first = pfn + done;

		piece = CHUNK_PFNS - (first & (CHUNK_PFNS - 1));
		if (piece > n - done)
			piece = n - done;
		/* Such pages are no tables: they matter only where there was one before. */
		if (chunk_map_find(&p->tops.chunks, first))
			for (size_t i = 0; i < piece; i++)
				account_top(v, first + i, type);
		if (!pfn_map_set_run(&p->map, first, piece, state_of(type)))
			map_full(v, e, number + (uint32_t)done, entry + done);
	}
}

void pages_pfns(struct xsr_verifier *v, const struct xsr_event *e)
{
	const uint64_t *entries = e->u.pfns.entries;
	size_t count = e->u.pfns.count;

	for (size_t i = 0, n; i < count; i += n) {
		uint32_t number = e->u.pfns.first + (uint32_t)i;

		n = run_length(entries + i, count - i);
		if (v->depth >= XSR_DEPTH_STREAM && beyond_doubt(v, entries[i], n)) {
			account_run(v, e, number, entries[i], n);
			count_entries(v, entries[i], n);
			continue;
		}
		for (size_t k = 0; k < n; k++)
			take_entry(v, e, number + (uint32_t)k, entries[i + k]);
	}
}

void pages_payload(struct xsr_verifier *v, const struct xsr_event *e)
{
	if (v->depth >= XSR_DEPTH_RECORD && v->pages.batch_count &&
	    e->u.payload.length != e->u.payload.expected)
		verify_record(v, F_PAGE_DATA_LENGTH, e->record, 4, "body_length",
		    "4096 bytes for each page with data",
		    "%" PRIu64 " bytes of page data for %" PRIu64 " pages", e->u.payload.length,
		    e->u.payload.expected / XSR_PAGE_SIZE);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Looks for a pfn that occurs twice: only a record out of order can have one. */
void pages_record_end(struct xsr_verifier *v, const struct xsr_record *r)
{
	struct page_state *p = &v->pages;

	if (v->depth < XSR_DEPTH_STREAM || !p->unsorted)
		return;
	qsort(p->batch, p->batched, sizeof(p->batch[0]), compare);
	for (uint32_t i = 1; i < p->batched; i++) {
		if (p->batch[i] != p->batch[i - 1])
			continue;
		verify_record(v, F_PAGE_DATA_DUPLICATE, r, 8, "pfn", "each pfn once in a record",
		    "pfn 0x%" PRIx64 " twice", p->batch[i]);
		return;
	}
}

int pages_type(void *context, uint64_t pfn)
{
	const struct xsr_verifier *v = context;
	const struct page_state *p = &v->pages;

	if (p->map_lost)
		return PV_PAGE_UNKNOWN;
	switch (pfn_map_get(&p->map, pfn)) {
	case PFN_HOLE:
		return XSR_PAGE_XTAB;
	case PFN_RAM:
		return XSR_PAGE_NOTAB;
	case PFN_TABLE:
		if (p->tops_lost || !v->facts.levels)
			return PV_PAGE_UNKNOWN;
		/* Any lower level will do as an answer: nothing asks for one. */
		return pfn_map_get(&p->tops, pfn) == PFN_TABLE ? (int)v->facts.levels : XSR_PAGE_L1TAB;
	default:
		return PV_PAGE_NONE;
	}
}

void pages_clear(struct xsr_verifier *v)
{
	pfn_map_clear(&v->pages.map);
	pfn_map_clear(&v->pages.tops);
}

void pages_finish(struct xsr_verifier *v)
{
	struct page_state *p = &v->pages;

	judge_first_pass(v);
	v->summary.distinct_pfns = p->map.described;
	v->summary.populated_pfns = p->map.populated;
}
