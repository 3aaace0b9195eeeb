/* SPDX-License-Identifier: MIT */
#include "verify/contents.h"

#include <stdlib.h>
#include <string.h>

#include "verify/state.h"
#include "wire/cursor.h"

struct contents *contents_new(void)
{
	static const uint8_t zeros[XSR_PAGE_SIZE];
	struct contents *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->zero = hash128(zeros, sizeof(zeros), 0);
	c->hashers = hashers_new(0);
	if (c->hashers)
		return c;
	free(c);
	return NULL;
}

void contents_free(struct contents *c)
{
	if (!c)
		return;
	hashers_free(c->hashers);
	free(c->fetched);
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
    const uint8_t *page, const struct page_hash *hash)
{
	struct contents *c = v->contents;
	uint64_t entry = c->entries[number], pfn = entry & XSR_PFN_MASK;
	uint64_t at = 16 + 8 * (uint64_t)c->listed + (uint64_t)number * XSR_PAGE_SIZE;

	v->summary.bytes_by_type[entry >> XSR_PFN_TYPE_SHIFT] += XSR_PAGE_SIZE;
	v->summary.zero_pages += hash->zero;
	distinct_add(&c->distinct, hash->hash.high);
	tell(v, entry, hash->zero, &hash->hash);
	if (may_digest(v, pfn))
		memory_digest_set(&c->digest, pfn, level_of(entry), hash->hash);
	if (is_pv(v) && level_of(entry))
		tables_page(v, record, at, entry, page);
	else if (is_pv(v))
		start_info_page(v, record, at, pfn, page);
}

/* Takes what came of a job. */
static void take_job(struct xsr_verifier *v, const struct xsr_record *record, const uint8_t *pages,
    uint32_t first, size_t count, const struct page_hash *hashes)
{
	for (size_t i = 0; i < count; i++)
		take_page(v, record, first + (uint32_t)i, pages + i * XSR_PAGE_SIZE, &hashes[i]);
}

void contents_settle(struct xsr_verifier *v)
{
	struct contents *c = v->contents;

	if (!c || !c->job)
		return;
	take_job(v, &c->job_record, c->job, c->job_first, c->job_count, hashers_wait(c->hashers));
	c->job = NULL;
}

/* Whole pages, as many as a job takes: their hashes are worked out while the caller gets the next ones. */
static void begin_job(struct xsr_verifier *v, const struct xsr_record *record, const uint8_t *pages,
    size_t count)
{
	struct contents *c = v->contents;

	contents_settle(v);
	/* They are only read: nothing is fetched to them. */
	hashers_start(c->hashers, &(struct job){.pages = (uint8_t *)(uintptr_t)pages, .count = count});
	c->job = pages;
	c->job_first = c->done;
	c->job_count = (uint32_t)count;
	c->job_record = *record;
	c->done += (uint32_t)count;
}

/* Bytes of a page that comes in pieces. */
static size_t gather(struct xsr_verifier *v, const struct xsr_record *record, size_t at, const uint8_t *data,
    size_t left)
{
	struct contents *c = v->contents;
	size_t n = XSR_PAGE_SIZE - at < left ? XSR_PAGE_SIZE - at : left;

	memcpy(c->page + at, data, n);
	if (at + n == XSR_PAGE_SIZE) {
		begin_job(v, record, c->page, 1);
		contents_settle(v);
	}
	return n;
}

void contents_pages(struct xsr_verifier *v, const struct xsr_event *e)
{
	struct contents *c = v->contents;
	const uint8_t *data = e->u.bytes.data;
	size_t left = e->u.bytes.length, n;
	uint64_t known;

	/* What the caller passed over is missing: a page of which only the end came is none. */
	if (!c || c->unsound || e->u.bytes.position > c->next)
		return;
	/* What was fetched is known. */
	known = c->next - e->u.bytes.position;
	if (known >= left)
		return;
	data += known;
	left -= (size_t)known;
	while (left && c->done < c->count) {
		size_t at = c->next % XSR_PAGE_SIZE, whole = left / XSR_PAGE_SIZE;

		if (at || !whole) {
			n = gather(v, e->record, at, data, left);
		} else {
			if (whole > c->count - c->done)
				whole = c->count - c->done;
			if (whole > JOB_PAGES)
				whole = JOB_PAGES;
			begin_job(v, e->record, data, whole);
			n = whole * XSR_PAGE_SIZE;
		}
		data += n;
		left -= n;
		c->next += n;
	}
	if (!c->background)
		contents_settle(v);
}

/* Starts with the next pages of the record, half of the buffer at a time; 0 if there are none left. */
static size_t fetch_some(struct xsr_verifier *v, struct job *job, unsigned turn)
{
	struct contents *c = v->contents;
	size_t left = c->count - c->done;

	job->pages = c->fetched + (size_t)(turn % 2) * JOB_PAGES * XSR_PAGE_SIZE;
	job->offset += job->count * XSR_PAGE_SIZE;
	job->count = left < JOB_PAGES ? left : JOB_PAGES;
	if (!job->count)
		return 0;
	hashers_start(c->hashers, job);
	c->done += (uint32_t)job->count;
	return job->count;
}

/* Threads are at the next pages while those before are taken in order. */
static bool fetch_all(struct xsr_verifier *v, const struct xsr_event *e, struct job *job)
{
	struct contents *c = v->contents;
	uint32_t first = c->done;
	size_t count = fetch_some(v, job, 0);

	for (unsigned turn = 1; count; turn++) {
		const uint8_t *pages = job->pages;
		const struct page_hash *hashes = hashers_wait(c->hashers);
		size_t next;

		if (!hashes) {
			c->done = first;
			return false;
		}
		next = fetch_some(v, job, turn);
		take_job(v, e->record, pages, first, count, hashes);
		c->next += count * XSR_PAGE_SIZE;
		first += (uint32_t)count;
		count = next;
	}
	return true;
}

bool contents_fetch(struct xsr_verifier *v, const struct xsr_event *e, hashers_fetch_fn *fetch, void *context)
{
	struct contents *c = v->contents;
	struct job job = {.fetch = fetch, .context = context, .offset = e->offset};

	if (!c || c->unsound || c->next || c->count < FETCH_MIN)
		return false;
	if (!c->fetched)
		c->fetched = malloc((size_t)2 * JOB_PAGES * XSR_PAGE_SIZE);
	return c->fetched && fetch_all(v, e, &job);
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
