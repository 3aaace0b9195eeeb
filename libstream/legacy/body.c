/* SPDX-License-Identifier: MIT */
/* The body of a round, a chunk after the other: specs/legacy-stream.md §4. */
#include "legacy/machine.h"

#include <inttypes.h>
#include <string.h>

#include "wire/cursor.h"

#define METADATA_MAX   65536u      /* chunks of a round that are no batches */
#define TOOLSTACK_MIN  8u
#define TOOLSTACK_MAX  0x00100000u
#define COMPRESSED_MAX 0x01000000u
#define P16_FIXED      12u         /* of a parameter: pad and value */
#define TSC_FIXED      20u

void legacy_round_start(struct xsr_legacy *d)
{
	d->metadata = 0;
	d->seen = 0;
	d->had_qemu = false;
	d->compressed = d->compression_next;
	/* Images up to 3.0.4 do not say which vCPUs there are: it is the first one. */
	memset(d->vcpu_map, 0, sizeof(d->vcpu_map));
	d->vcpu_map[0] = 1;
	d->chunk.max_vcpu = 0;
	d->state = LS_CHUNK;
}

/* The oldest release with a chunk, by -id. */
static void chunk_since(struct xsr_legacy *d, int32_t id)
{
	static const uint16_t since[] = {300, 300, 301, 303, 304, 400, 400, 400, 401, 401, 401, 401, 402, 402, 402, 402,
	    402, 402, 402, 405, 405, 405};

	legacy_since(d, since[-id] / 100u, since[-id] % 100u);
}

static struct xsr_finding *chunk_fault(struct xsr_legacy *d, enum finding_id id, uint64_t offset, const char *field)
{
	return legacy_fail(d, id, offset, field);
}

/* Bytes of a chunk's fixed part behind the id; 0 for none. */
static size_t fixed_size(const struct xsr_legacy *d, int32_t id)
{
	if (xsr_legacy_chunk_param(id))
		return P16_FIXED;
	switch (id) {
	case XSR_LEGACY_VCPU_INFO:
	case XSR_LEGACY_TOOLSTACK:
		return 4;
	case XSR_LEGACY_TSC_INFO:
		return TSC_FIXED;
	case XSR_LEGACY_COMPRESSED_DATA:
		return d->head.width;
	default:
		return 0;
	}
}

static enum legacy_step body_end(struct xsr_legacy *d)
{
	legacy_event(d, XSR_LEGACY_BODY_END, d->offset - 4);
	d->in_body = false;
	legacy_tail_start(d);
	return STEP_EVENT;
}

static enum legacy_step batch_start(struct xsr_legacy *d)
{
	legacy_event(d, XSR_LEGACY_CHUNK, d->chunk.offset);
	d->list_count = (uint64_t)d->chunk.id;
	d->list_seen = 0;
	d->state = LS_ENTRIES;
	return STEP_EVENT;
}

/* Chunks that are an id and nothing else, and those with a form of their own. */
static enum legacy_step plain_chunk(struct xsr_legacy *d)
{
	d->state = LS_CHUNK;
	switch (d->chunk.id) {
	case XSR_LEGACY_LAST_CHECKPOINT:
		d->last_checkpoint = true;
		break;
	case XSR_LEGACY_ENABLE_COMPRESSION:
		d->compression_next = true;
		break;
	case XSR_LEGACY_TMEM:
	case XSR_LEGACY_TMEM_EXTRA:
		if (!d->demand.tmem) {
			finding_found(chunk_fault(d, F_LEGACY_TMEM, d->chunk.offset, "id"), "transcendent memory");
			finding_allowed(&d->error, "none: Xen has no place for it any more");
			return STEP_FAILED;
		}
		d->tmem_pools = 0;
		d->state = d->chunk.id == XSR_LEGACY_TMEM ? LS_TMEM_HEAD : LS_TMEM_EXTRA;
		break;
	default:
		break;
	}
	legacy_event(d, XSR_LEGACY_CHUNK, d->chunk.offset);
	return STEP_EVENT;
}

/* What is wrong with an id at this place, if anything. */
static bool id_legal(struct xsr_legacy *d, int32_t id)
{
	uint64_t at = d->chunk.offset;

	if (!legacy_chunk_known(id)) {
		finding_found(chunk_fault(d, F_LEGACY_CHUNK, at, "id"), "%" PRId32, id);
		finding_allowed(&d->error, "-21 to 1024");
		return false;
	}
	if (id < 0 && ++d->metadata > METADATA_MAX) {
		finding_found(chunk_fault(d, F_LEGACY_CHUNKS, at, "id"), "%" PRIu32, d->metadata);
		finding_allowed(&d->error, "at most %u that are no page batch", METADATA_MAX);
		return false;
	}
	if (xsr_legacy_chunk_param(id) && !d->head.hvm) {
		finding_found(chunk_fault(d, F_LEGACY_HVM_CHUNK, at, "id"), "%" PRId32, id);
		finding_allowed(&d->error, "no HVM parameter in a PV image");
		return false;
	}
	if (id == XSR_LEGACY_COMPRESSED_DATA && !d->compressed) {
		finding_found(chunk_fault(d, F_LEGACY_COMPRESSED, at, "id"), "no ENABLE_COMPRESSION in an earlier round");
		finding_allowed(&d->error, "compressed data from the second round on");
		return false;
	}
	return true;
}

enum legacy_step legacy_step_chunk(struct xsr_legacy *d, struct legacy_input *in)
{
	struct xsr_legacy_chunk *c = &d->chunk;
	int32_t id;

	if (!legacy_collect(d, in, 4))
		return STEP_MORE;
	id = (int32_t)load_u32(d->hold, false);
	c->id = id;
	c->name = xsr_legacy_chunk_name(id);
	c->offset = d->offset - 4;
	c->index = d->chunks++;
	c->length = 0;
	c->value = 0;
	d->in_body = true;
	if (!id_legal(d, id))
		return STEP_FAILED;
	if (id == XSR_LEGACY_END)
		return body_end(d);
	if (id > 0)
		return batch_start(d);
	chunk_since(d, id);
	if (d->seen & UINT32_C(1) << -id && id != XSR_LEGACY_COMPRESSED_DATA)
		legacy_report(d, F_LEGACY_REPEATED, c->offset, "id", "once in a round", "%" PRId32 " again", id);
	d->seen |= UINT32_C(1) << -id;
	if (!fixed_size(d, id))
		return plain_chunk(d);
	d->state = LS_CHUNK_FIXED;
	return STEP_AGAIN;
}

static enum legacy_step vcpu_info(struct xsr_legacy *d)
{
	uint32_t max = load_u32(d->hold, false);

	if (max >= XSR_LEGACY_VCPUS_MAX) {
		finding_found(chunk_fault(d, F_LEGACY_VCPU_INFO, d->offset - 4, "max_id"), "%" PRId32, (int32_t)max);
		finding_allowed(&d->error, "0 to %u", XSR_LEGACY_VCPUS_MAX - 1);
		return STEP_FAILED;
	}
	if (max > 63)
		legacy_since(d, 4, 2);
	d->chunk.max_vcpu = max;
	memset(d->vcpu_map, 0, sizeof(d->vcpu_map));
	d->list_count = max / 64 + 1;
	d->list_seen = 0;
	d->state = LS_VCPU_MAP;
	return STEP_AGAIN;
}

/* The words have 8 bytes whatever the width of the tools. */
enum legacy_step legacy_step_vcpu_map(struct xsr_legacy *d, struct legacy_input *in)
{
	uint32_t max = d->chunk.max_vcpu;
	uint64_t *last = &d->vcpu_map[max / 64], above;

	if (!legacy_collect(d, in, 8))
		return STEP_MORE;
	d->vcpu_map[d->list_seen++] = load_u64(d->hold, false);
	if (d->list_seen < d->list_count)
		return STEP_AGAIN;
	above = max % 64 == 63 ? 0 : UINT64_MAX << (max % 64 + 1);
	if (*last & above)
		legacy_report(d, F_LEGACY_VCPU_BITS, d->offset - 8, "bitmap", "no vCPU above max_id", "0x%" PRIx64,
		    *last);
	*last &= ~above;
	if (!d->head.hvm && !(d->vcpu_map[0] & 1)) {
		finding_found(chunk_fault(d, F_LEGACY_VCPU_INFO, d->chunk.offset + 8, "bitmap"), "vCPU 0 is not there");
		finding_allowed(&d->error, "bit 0 set in a PV image");
		return STEP_FAILED;
	}
	legacy_event(d, XSR_LEGACY_CHUNK, d->chunk.offset);
	d->state = LS_CHUNK;
	return STEP_EVENT;
}

/* A chunk that says how long its body is. */
static enum legacy_step sized(struct xsr_legacy *d, enum finding_id id, uint64_t least, uint64_t most)
{
	size_t fixed = fixed_size(d, d->chunk.id);
	uint64_t length = fixed == 4 ? load_u32(d->hold, false) : load_u64(d->hold, false);

	if (length < least || length > most) {
		finding_found(chunk_fault(d, id, d->offset - fixed, "length"), "%" PRIu64, length);
		finding_allowed(&d->error, "%" PRIu64 " to %" PRIu64, least, most);
		return STEP_FAILED;
	}
	d->chunk.length = length;
	legacy_event(d, XSR_LEGACY_CHUNK, d->chunk.offset);
	legacy_run(d, LS_CHUNK_DATA, XSR_LEGACY_CHUNK_DATA, length, LS_CHUNK);
	d->whole = false;
	return STEP_EVENT;
}

enum legacy_step legacy_step_fixed(struct xsr_legacy *d, struct legacy_input *in)
{
	struct xsr_legacy_chunk *c = &d->chunk;

	if (!legacy_collect(d, in, fixed_size(d, c->id)))
		return STEP_MORE;
	switch (c->id) {
	case XSR_LEGACY_VCPU_INFO:
		return vcpu_info(d);
	case XSR_LEGACY_TOOLSTACK:
		return sized(d, F_LEGACY_TOOLSTACK, TOOLSTACK_MIN, TOOLSTACK_MAX);
	case XSR_LEGACY_COMPRESSED_DATA:
		return sized(d, F_LEGACY_COMPRESSED, 1, COMPRESSED_MAX);
	case XSR_LEGACY_TSC_INFO:
		c->tsc.mode = load_u32(d->hold, false);
		c->tsc.nsec = load_u64(d->hold + 4, false);
		c->tsc.khz = load_u32(d->hold + 12, false);
		c->tsc.incarnation = load_u32(d->hold + 16, false);
		break;
	default:
		c->value = load_u64(d->hold + 4, false);
		break;
	}
	legacy_event(d, XSR_LEGACY_CHUNK, c->offset);
	d->state = LS_CHUNK;
	return STEP_EVENT;
}

static bool entry_fault(struct xsr_legacy *d, uint64_t offset, uint64_t entry, const char *allowed)
{
	finding_found(chunk_fault(d, F_LEGACY_ENTRY, offset, "entry"), "0x%" PRIx64, entry);
	finding_allowed(&d->error, "%s", allowed);
	return false;
}

static bool entry_legal(struct xsr_legacy *d, uint64_t offset, uint64_t entry)
{
	unsigned type = XSR_LEGACY_TYPE(entry);

	if (entry > UINT32_MAX)
		return entry_fault(d, offset, entry, "bits 63 to 32 zero");
	if (type >= 5 && type <= 8)
		return entry_fault(d, offset, entry, "a page type other than 5 to 8");
	/* What is in the low bits of a hole depends on the saver and means nothing. */
	if (type == XSR_PAGE_XTAB)
		return true;
	if ((entry & XSR_LEGACY_PFN_MASK) >= d->head.p2m_size)
		return entry_fault(d, offset, entry, "a pfn below p2m_size");
	if (type == XSR_PAGE_XALLOC)
		legacy_since(d, 4, 2);
	if (type == XSR_PAGE_BROKEN)
		legacy_since(d, 4, 3);
	return true;
}

enum legacy_step legacy_step_entries(struct xsr_legacy *d, struct legacy_input *in)
{
	size_t first = (size_t)d->list_seen, n;
	struct xsr_legacy_event *e;
	uint64_t at;

	n = legacy_take_list(d, in, first, &at);
	if (!n)
		return STEP_MORE;
	for (size_t i = 0; i < n; i++)
		if (!entry_legal(d, at + i * d->head.width, d->entries[first + i]))
			return STEP_FAILED;
	if (d->list_seen < d->list_count)
		return STEP_AGAIN;
	d->batch_pages = 0;
	for (size_t i = 0; i < d->list_count; i++)
		d->batch_pages += xsr_page_has_data(XSR_LEGACY_TYPE(d->entries[i]));
	e = legacy_event(d, XSR_LEGACY_ENTRIES, d->chunk.offset + 4);
	e->u.batch.entries = d->entries;
	e->u.batch.count = (uint32_t)d->list_count;
	e->u.batch.pages = (uint32_t)d->batch_pages;
	e->u.batch.compressed = d->compressed;
	d->state = d->batch_pages && !d->compressed ? LS_PAYLOAD : LS_CHUNK;
	return STEP_EVENT;
}

enum legacy_step legacy_step_payload(struct xsr_legacy *d, struct legacy_input *in)
{
	uint64_t length = d->batch_pages * XSR_PAGE_SIZE;

	(void)in;
	legacy_run(d, LS_PAGES, XSR_LEGACY_PAGES, length, LS_CHUNK);
	d->whole = false;
	legacy_event(d, XSR_LEGACY_PAYLOAD, d->offset)->u.payload.length = length;
	return STEP_EVENT;
}
