/* SPDX-License-Identifier: MIT */
#include "io/expansion.h"

#include <inttypes.h>

/* What any input may unpack to, however small it is. */
#define FREE_MIB 512u

/*
 * Page data goes by at gigabytes a second. Everything else is looked at, and reported: a byte of it counts for so many
 * of page data. Records of 1024 zero pages have one such byte, the pfn, for 4096 of page data, so no good image comes
 * to its limit by this.
 */
#define HEAVY_WEIGHT 1024u

/* Unpacked bytes are bounded by what fits into a uint64_t of stream, the weighted ones are not. */
static uint64_t saturated(uint64_t value, uint64_t factor)
{
	return value > UINT64_MAX / factor ? UINT64_MAX : value * factor;
}

void expansion_event(struct expansion *x, const struct xsr_event *e)
{
	switch (e->type) {
	case XSR_EVENT_RECORD:
		/* Twice its length: an empty record is judged, described and counted like any. */
		x->heavy += (uint64_t)2 * XSR_RECORD_HEADER_SIZE;
		break;
	case XSR_EVENT_PFNS:
		/* An entry is 8 bytes, and quickly accounted for. */
		x->heavy += e->u.pfns.count;
		break;
	case XSR_EVENT_BODY:
	case XSR_EVENT_XL_CONFIG:
	case XSR_EVENT_XL_TAIL:
		x->heavy += e->u.bytes.length;
		break;
	default:
		break;
	}
}

enum xsr_status expansion_check(const struct expansion *x, struct xsr_source *s, uint64_t unpacked,
    struct xsr_finding *error)
{
	uint64_t counted = saturated(x->heavy, HEAVY_WEIGHT), stored = xsr_source_position(s), most;

	if (!s->max_expansion || !s->unpacker)
		return XSR_OK;
	if (counted < unpacked)
		counted = unpacked;
	most = saturated(stored, s->max_expansion);
	if (counted <= FREE_MIB << 20 || counted - (FREE_MIB << 20) <= most)
		return XSR_OK;
	(void)unpack_damaged(s, XSR_E_LIMIT, "more than its size allows", error);
	if (!error)
		return XSR_E_LIMIT;
	finding_found(error, "what counts as %" PRIu64 " bytes, out of %" PRIu64, counted, stored);
	finding_allowed(error, "%" PRIu64 " times as much and %u MiB", s->max_expansion, FREE_MIB);
	return XSR_E_LIMIT;
}
