/* SPDX-License-Identifier: MIT */
/*
 * Transcendent memory (4.0 to 4.5): specs/legacy-stream.md §4.5. No later format can hold it; it is gone through so
 * that what follows can be reached. Pages go out as page data of their chunk, to be skipped.
 */
#include "legacy/machine.h"

#include <inttypes.h>
#include <string.h>

#include "wire/cursor.h"

#define HEAD_SIZE  28u
#define POOL_SIZE  24u
#define POOLS_MAX  16u /* Xen gives a domain no more */
#define SHIFT_MAX  4u  /* of the page size; Xen has 0 */
#define NO_POOL    UINT32_MAX

static enum legacy_step fault(struct xsr_legacy *d, size_t back, const char *field, uint32_t found,
    const char *allowed)
{
	finding_found(legacy_fail(d, F_LEGACY_TMEM_FORM, d->offset - back, field), "0x%" PRIx32, found);
	finding_allowed(&d->error, "%s", allowed);
	return STEP_FAILED;
}

enum legacy_step legacy_step_tmem_head(struct xsr_legacy *d, struct legacy_input *in)
{
	if (!legacy_collect(d, in, HEAD_SIZE))
		return STEP_MORE;
	if (load_u32(d->hold + 8, false) != UINT32_MAX)
		return fault(d, HEAD_SIZE - 8, "mark", load_u32(d->hold + 8, false), "all ones");
	d->state = LS_TMEM_POOL;
	return STEP_AGAIN;
}

enum legacy_step legacy_step_tmem_pool(struct xsr_legacy *d, struct legacy_input *in)
{
	uint32_t id;

	if (!legacy_collect(d, in, 4))
		return STEP_MORE;
	id = load_u32(d->hold, false);
	d->state = id == NO_POOL ? LS_CHUNK : LS_TMEM_POOL_INFO;
	if (id != NO_POOL && (id >= POOLS_MAX || ++d->tmem_pools > POOLS_MAX))
		return fault(d, 4, "pool", id, "0 to 15, or all ones");
	return STEP_AGAIN;
}

static void next_page(struct xsr_legacy *d)
{
	d->state = d->tmem_pages ? LS_TMEM_OID : LS_TMEM_POOL;
}

enum legacy_step legacy_step_tmem_pool_info(struct xsr_legacy *d, struct legacy_input *in)
{
	uint32_t shift;

	if (!legacy_collect(d, in, POOL_SIZE))
		return STEP_MORE;
	shift = load_u32(d->hold, false) >> 4 & 0xf;
	d->tmem_pages = load_u32(d->hold + 4, false);
	if (shift > SHIFT_MAX)
		return fault(d, POOL_SIZE, "flags", shift, "a page shift of 0 to 4");
	if (d->tmem_pages > XSR_LEGACY_P2M_MAX)
		return fault(d, POOL_SIZE - 4, "n_pages", d->tmem_pages, "as many as a guest can have");
	d->tmem_size = (uint64_t)XSR_PAGE_SIZE << shift;
	next_page(d);
	return STEP_AGAIN;
}

enum legacy_step legacy_step_tmem_oid(struct xsr_legacy *d, struct legacy_input *in)
{
	bool last = true;

	if (!legacy_collect(d, in, d->demand.tmem_oid))
		return STEP_MORE;
	for (unsigned i = 0; i < d->demand.tmem_oid; i++)
		last = last && d->hold[i] == 0xff;
	if (d->chunk.id == XSR_LEGACY_TMEM_EXTRA)
		last = false;
	d->state = last ? LS_TMEM_POOL : LS_TMEM_INDEX;
	return STEP_AGAIN;
}

enum legacy_step legacy_step_tmem_index(struct xsr_legacy *d, struct legacy_input *in)
{
	if (!legacy_collect(d, in, 4))
		return STEP_MORE;
	if (d->chunk.id == XSR_LEGACY_TMEM_EXTRA) {
		d->state = LS_TMEM_EXTRA;
		return STEP_AGAIN;
	}
	d->tmem_pages--;
	next_page(d);
	legacy_run(d, LS_PAGES, XSR_LEGACY_PAGES, d->tmem_size, d->state);
	d->whole = false;
	legacy_event(d, XSR_LEGACY_PAYLOAD, d->offset)->u.payload.length = d->tmem_size;
	return STEP_EVENT;
}

enum legacy_step legacy_step_tmem_extra(struct xsr_legacy *d, struct legacy_input *in)
{
	uint32_t id;

	if (!legacy_collect(d, in, 4))
		return STEP_MORE;
	id = load_u32(d->hold, false);
	d->state = id == NO_POOL ? LS_CHUNK : LS_TMEM_OID;
	if (id != NO_POOL && id >= POOLS_MAX)
		return fault(d, 4, "pool", id, "0 to 15, or all ones");
	return STEP_AGAIN;
}
