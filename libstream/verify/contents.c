/* SPDX-License-Identifier: MIT */
#include "verify/contents.h"

#include <stdlib.h>
#include <string.h>

#include "verify/state.h"
#include "wire/cursor.h"

static const uint8_t zeros[XSR_PAGE_SIZE];

struct contents *contents_new(void)
{
	struct contents *c = calloc(1, sizeof(*c));

	if (c)
		c->zero = hash128(zeros, sizeof(zeros), 0);
	return c;
}

void contents_free(struct contents *c)
{
	if (c)
		tables_clear(&c->tables);
	free(c);
}

static bool is_pv(const struct xsr_verifier *v)
{
	return v->facts.domain_type == XSR_DOMAIN_X86_PV;
}

/* The level of a page table, whether pinned or not; 0 for other pages. */
static unsigned level_of(uint64_t entry)
{
	unsigned type = (unsigned)(entry >> XSR_PFN_TYPE_SHIFT);

	return type == XSR_PAGE_XALLOC ? 0 : type & 7;
}

/* Whatever account is lost for scattered pfns, this one is lost with it: terms are kept by pfn. */
static bool may_digest(struct xsr_verifier *v, uint64_t pfn)
{
	if (v->pages.map_lost || pfn >= HVM_PFN_LIMIT)
		memory_digest_lose(&v->contents->digest);
	return !v->contents->digest.lost;
}

void contents_batch(struct xsr_verifier *v, const struct xsr_event *e)
{
	struct contents *c = v->contents;

	if (!c)
		return;
	c->count = 0;
	c->done = 0;
	c->next = 0;
	c->listed = 0;
	c->unsound = !e->u.batch.fits;
	tables_batch(&c->tables);
	memory_digest_batch(&c->digest);
}

/* Tells the caller of a page; hash is NULL if it has no content. */
static void tell(struct xsr_verifier *v, uint64_t entry, bool zero, const struct hash128 *hash)
{
	struct contents *c = v->contents;
	struct xsr_page page = {
	    .pfn = entry & XSR_PFN_MASK,
	    .type = (unsigned)(entry >> XSR_PFN_TYPE_SHIFT),
	    .zero = zero,
	    .pass = v->summary.passes,
	};
	struct writer w = writer_make(page.content, sizeof(page.content), true);

	if (!c->page_fn || v->pages.map_lost || page.pfn >= HVM_PFN_LIMIT)
		return;
	if (hash) {
		writer_u64(&w, hash->high);
		writer_u64(&w, hash->low);
	}
	c->page_fn(c->page_context, &page);
}

static void take_entry(struct xsr_verifier *v, const struct xsr_event *e, uint32_t number, uint64_t entry)
{
	struct contents *c = v->contents;
	unsigned type = (unsigned)(entry >> XSR_PFN_TYPE_SHIFT);

	if (is_pv(v))
		tables_entry(v, e->record, number, entry);
	if (!xsr_page_has_data(type)) {
		tell(v, entry, false, NULL);
		if (type == XSR_PAGE_XALLOC && may_digest(v, entry & XSR_PFN_MASK))
			memory_digest_fill(&c->digest, entry & XSR_PFN_MASK, 0, c->zero);
	} else if (c->count < CONTENTS_MAX) {
		c->entries[c->count++] = entry;
	} else {
		/* More than fit are in no record whose size is right. */
		c->unsound = true;
	}
}

void contents_pfns(struct xsr_verifier *v, const struct xsr_event *e)
{
	if (!v->contents)
		return;
	for (size_t i = 0; i < e->u.pfns.count; i++)
		take_entry(v, e, e->u.pfns.first + (uint32_t)i, e->u.pfns.entries[i]);
	v->contents->listed += (uint32_t)e->u.pfns.count;
}

void contents_payload(struct xsr_verifier *v, const struct xsr_event *e)
{
	if (v->contents && e->u.payload.length != e->u.payload.expected)
		v->contents->unsound = true;
}

/* A whole page: the number'th of its record. */
static void take_page(struct xsr_verifier *v, const struct xsr_record *record, uint32_t number,
    const uint8_t *page)
{
	struct contents *c = v->contents;
	uint64_t entry = c->entries[number], pfn = entry & XSR_PFN_MASK;
	uint64_t at = 16 + 8 * (uint64_t)c->listed + (uint64_t)number * XSR_PAGE_SIZE;
	bool zero = memcmp(page, zeros, sizeof(zeros)) == 0;
	struct hash128 hash = zero ? c->zero : hash128(page, XSR_PAGE_SIZE, 0);

	v->summary.bytes_by_type[entry >> XSR_PFN_TYPE_SHIFT] += XSR_PAGE_SIZE;
	v->summary.zero_pages += zero;
	distinct_add(&c->distinct, hash.high);
	tell(v, entry, zero, &hash);
	if (may_digest(v, pfn))
		memory_digest_set(&c->digest, pfn, level_of(entry), hash);
	if (is_pv(v) && level_of(entry))
		tables_page(v, record, at, entry, page);
	else if (is_pv(v))
		start_info_page(v, record, at, pfn, page);
}

void contents_pages(struct xsr_verifier *v, const struct xsr_event *e)
{
	struct contents *c = v->contents;
	const uint8_t *data = e->u.bytes.data;
	size_t left = e->u.bytes.length;
	uint64_t position = e->u.bytes.position;

	if (!c || c->unsound)
		return;
	while (left) {
		size_t at = position % XSR_PAGE_SIZE, n = XSR_PAGE_SIZE - at;

		if (n > left)
			n = left;
		/* What the caller passed over is missing: a page of which only the end came is none. */
		if (position != c->next || c->done == c->count)
			return;
		if (n < XSR_PAGE_SIZE)
			memcpy(c->page + at, data, n);
		if (at + n == XSR_PAGE_SIZE) {
			take_page(v, e->record, c->done, n == XSR_PAGE_SIZE ? data : c->page);
			c->done++;
		}
		data += n;
		left -= n;
		position += n;
		c->next = position;
	}
}

void contents_record_end(struct xsr_verifier *v)
{
	struct contents *c = v->contents;

	if (!c)
		return;
	c->incomplete |= c->unsound || c->done != c->count;
	if (v->pages.unsorted)
		memory_digest_doubled(&c->digest);
}

void contents_finish(struct xsr_verifier *v)
{
	struct contents *c = v->contents;
	struct xsr_summary *s = &v->summary;

	if (!c)
		return;
	s->has_contents = !c->incomplete;
	s->distinct_pages = distinct_count(&c->distinct);
	s->distinct_estimated = c->distinct.shift > 0;
	if (c->incomplete || !v->verdict.complete)
		memory_digest_lose(&c->digest);
	s->has_digest = memory_digest_finish(&c->digest, s->digest);
	if (!is_pv(v))
		return;
	tables_finish(v);
	start_info_finish(v);
}
