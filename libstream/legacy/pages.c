/* SPDX-License-Identifier: MIT */
/* Batches become PAGE_DATA: specs/legacy-stream.md §4.1 and §4.6. */
#include "legacy/convert.h"

#include <inttypes.h>
#include <string.h>

/* The output's form of an entry. */
static uint64_t widen(uint64_t entry)
{
	return (uint64_t)XSR_LEGACY_TYPE(entry) << XSR_PFN_TYPE_SHIFT | (entry & XSR_LEGACY_PFN_MASK);
}

/* Record header, count and entries; the pages are next. */
static bool write_batch(struct convert *c, const uint64_t *entries, uint32_t count, uint32_t pages)
{
	uint8_t bytes[16 + 8 * 1024];
	struct xsr_buffer b = {.data = bytes, .size = sizeof(bytes)};
	uint32_t length = 8 + 8 * count + pages * XSR_PAGE_SIZE;

	return xsr_encode_record_header(&b, XSR_LIBXC_PAGE_DATA, length, false) == XSR_OK &&
	    xsr_encode_batch(&b, count, 0, false) == XSR_OK && xsr_encode_pfns(&b, entries, count, false) == XSR_OK &&
	    c->port->write(c->port->context, b.data, b.length);
}

/* Old restorers let the last one win, and so do those of today; but no saver writes it. */
static void look_for_duplicates(struct convert *c, const struct xsr_legacy_event *e)
{
	uint64_t seen[2048] = {0};

	for (uint32_t i = 0; i < c->batch_count; i++) {
		uint64_t pfn = (c->batch[i] & XSR_PFN_MASK) + 1;
		size_t at = (size_t)(pfn * 0x9e3779b1u >> 12) % 2048;

		while (seen[at] && seen[at] != pfn)
			at = (at + 1) % 2048;
		if (seen[at]) {
			convert_report(c, F_LEGACY_DUPLICATE, e, "entry", "each pfn once", "0x%" PRIx64, pfn - 1);
			return;
		}
		seen[at] = pfn;
	}
}

/* True for a page that the guest had given back by the end: a restorer could not take it back. */
static bool given_back(const struct convert *c, uint64_t pfn)
{
	return !c->head.hvm && !c->options->like_xen && !c->options->keep_checkpoints &&
	    c->port->gone(c->port->context, pfn);
}

/* Takes over the entries that are no holes. In a compressed round those left out have data still to come. */
static void filter(struct convert *c, const struct xsr_legacy_event *e)
{
	bool ascending = true;

	c->batch_count = 0;
	c->batch_pages = 0;
	c->kept_of = 0;
	for (uint32_t i = 0; i < e->u.batch.count; i++) {
		uint64_t entry = e->u.batch.entries[i];
		bool data = xsr_page_has_data(XSR_LEGACY_TYPE(entry)), keep = true;

		if (XSR_LEGACY_TYPE(entry) == XSR_PAGE_XTAB)
			continue;
		if (!e->u.batch.compressed) {
			bool back = given_back(c, entry & XSR_LEGACY_PFN_MASK);

			c->given_back += back && data;
			keep = !back && !c->comparing;
		}
		if (data)
			c->kept[c->kept_of++] = keep;
		if (!keep)
			continue;
		c->batch_pages += data;
		c->batch[c->batch_count] = widen(entry);
		if (c->batch_count && (c->batch[c->batch_count] & XSR_PFN_MASK) <=
		    (c->batch[c->batch_count - 1] & XSR_PFN_MASK))
			ascending = false;
		c->batch_count++;
	}
	if (!ascending)
		look_for_duplicates(c, e);
}

static bool drain(struct convert *c, const struct xsr_legacy_event *e, const uint8_t *data, size_t length,
    size_t *used);

/* In a compressed round a batch waits for its data. */
static bool queue_batch(struct convert *c, const struct xsr_legacy_event *e)
{
	struct unpack *u = &c->unpack;
	uint32_t entries[1024];
	size_t used;

	for (uint32_t i = 0; i < c->batch_count; i++)
		entries[i] = (uint32_t)(c->batch[i] >> XSR_PFN_TYPE_SHIFT) << 28 |
		    (uint32_t)(c->batch[i] & XSR_LEGACY_PFN_MASK);
	if (!unpack_push(u, entries, c->batch_count)) {
		finding_found(convert_fault(c, F_LEGACY_COMPRESSED, e, e->offset, "entries"), "too many without data");
		finding_allowed(&c->error, "at most %u", UNPACK_QUEUE_MAX);
		return false;
	}
	if (!drain(c, e, u->early, u->early_length, &used))
		return false;
	u->early_length -= used;
	if (used && u->early_length)
		memmove(u->early, u->early + used, u->early_length);
	return true;
}

bool convert_entries(struct convert *c, const struct xsr_legacy_event *e)
{
	filter(c, e);
	c->result->entries += e->u.batch.count;
	c->result->pages += e->u.batch.pages;
	c->result->compressed |= e->u.batch.compressed;
	if (!c->batch_count)
		return true;
	if (e->u.batch.compressed)
		return queue_batch(c, e);
	return write_batch(c, c->batch, c->batch_count, c->batch_pages);
}

bool convert_payload(struct convert *c, const struct xsr_legacy_event *e)
{
	const struct convert_port *p = c->port;
	uint32_t run;

	if (e->chunk->id < 0)
		return p->pages(p->context, e->u.payload.length, false);
	for (uint32_t i = 0; i < c->kept_of; i += run) {
		for (run = 1; i + run < c->kept_of && c->kept[i + run] == c->kept[i]; run++)
			;
		if (!p->pages(p->context, (uint64_t)run * XSR_PAGE_SIZE, c->kept[i]))
			return false;
	}
	return true;
}

/* Starts the batch in front of the queue: its entries are all known, and so is the length of its record. */
static bool next_batch(struct convert *c)
{
	struct unpack *u = &c->unpack;
	uint32_t pages = 0, count = 0;
	uint64_t entries[1024];

	u->left = u->queue[u->begin++];
	for (uint32_t i = 0; i < u->left; i++) {
		uint32_t entry = u->queue[u->begin + i];
		bool data = xsr_page_has_data(XSR_LEGACY_TYPE(entry));

		if (given_back(c, entry & XSR_LEGACY_PFN_MASK)) {
			c->given_back += data;
			continue;
		}
		entries[count++] = widen(entry);
		pages += data;
	}
	return !count || write_batch(c, entries, count, pages);
}

/* Goes to the next entry that waits for data. False: a write failed. */
static bool next_entry(struct convert *c)
{
	struct unpack *u = &c->unpack;

	for (;;) {
		if (!u->left) {
			if (u->begin == u->end)
				return true;
			if (!next_batch(c))
				return false;
		}
		if (u->left && xsr_page_has_data(XSR_LEGACY_TYPE(u->queue[u->begin])))
			return true;
		if (u->left) {
			u->left--;
			u->begin++;
		}
	}
}

/* A unit is complete: its page goes out, and is kept for the next round. */
static bool page_done(struct convert *c, uint32_t pfn)
{
	struct unpack *u = &c->unpack;

	u->left--;
	u->begin++;
	return (given_back(c, pfn) || c->port->write(c->port->context, u->page, XSR_PAGE_SIZE)) &&
	    c->port->store(c->port->context, pfn, u->page);
}

/* Decodes what there are entries for; *used is less than length where entries are missing. */
static bool drain(struct convert *c, const struct xsr_legacy_event *e, const uint8_t *data, size_t length,
    size_t *used)
{
	struct unpack *u = &c->unpack;

	*used = 0;
	for (;;) {
		bool complete;
		uint32_t pfn;
		size_t n;

		if (u->state == UNPACK_FIRST && !next_entry(c))
			return false;
		if (*used == length || unpack_idle(u))
			return true;
		pfn = u->queue[u->begin] & XSR_LEGACY_PFN_MASK;
		if (u->state == UNPACK_FIRST && !c->port->load(c->port->context, pfn, u->page))
			return false;
		n = unpack_unit(u, data + *used, length - *used, &complete);
		if (n == SIZE_MAX) {
			finding_found(convert_fault(c, F_LEGACY_COMPRESSED, e, e->offset, "marker"),
			    "a run that does not fit, for pfn 0x%" PRIx32, pfn);
			finding_allowed(&c->error, "runs of 1 to 127 words that cover a page exactly");
			return false;
		}
		*used += n;
		if (complete && !page_done(c, pfn))
			return false;
	}
}

bool convert_compressed(struct convert *c, const struct xsr_legacy_event *e)
{
	size_t used;

	c->compressed_at = e->offset;
	if (!drain(c, e, e->u.bytes.data, e->u.bytes.length, &used))
		return false;
	if (used == e->u.bytes.length)
		return true;
	if (!c->unpack.early_length)
		convert_report(c, F_LEGACY_COMPRESSED_EARLY, e, "", "data behind the entries it is for", "%zu bytes",
		    e->u.bytes.length - used);
	if (unpack_early(&c->unpack, e->u.bytes.data + used, e->u.bytes.length - used))
		return true;
	finding_found(convert_fault(c, F_LEGACY_COMPRESSED, e, e->offset, "data"), "more than there are entries for");
	finding_allowed(&c->error, "at most %u bytes ahead of them", UNPACK_EARLY_MAX);
	return false;
}

bool convert_body_complete(struct convert *c, const struct xsr_legacy_event *e)
{
	const struct unpack *u = &c->unpack;
	uint64_t at = c->compressed_at ? c->compressed_at : e->offset;
	bool waiting = !unpack_idle(u);

	if (!waiting && !u->early_length)
		return true;
	finding_found(convert_fault(c, F_LEGACY_COMPRESSED, e, at, "end"), "%s",
	    waiting ? "entries without data" : "data without entries");
	finding_allowed(&c->error, "a unit for each entry with data, and nothing left over");
	return false;
}
