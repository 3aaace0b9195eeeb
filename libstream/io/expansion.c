/* SPDX-License-Identifier: MIT */
#include "io/expansion.h"

#include <inttypes.h>

/* What any input may unpack to, however small it is; and how much of it may be other than page data. */
#define FREE_MIB       512u
#define HEAVY_FREE_MIB 10u

/*
 * Page data goes by at gigabytes a second. Everything else is looked at and reported: so much less of it may come of as
 * many stored bytes. Records of 1024 zero pages have one heavy byte, the pfn, for 4096 of page data, so the limit for
 * the heavy ones is no stricter for any guest whose memory came in such records.
 */
#define HEAVY 1024u

/* What judging, describing and counting any record comes to, in bytes. */
#define RECORD_WORK 80u

/* True if a number is above what is free and so many times what is stored. */
static bool above(uint64_t number, unsigned free_mib, uint64_t stored, uint64_t times)
{
	uint64_t rest = number - ((uint64_t)free_mib << 20);

	return number > (uint64_t)free_mib << 20 && (!times || stored <= UINT64_MAX / times) && rest > stored * times;
}

void expansion_event(struct expansion *x, const struct xsr_event *e)
{
	switch (e->type) {
	case XSR_EVENT_RECORD:
		x->heavy += RECORD_WORK;
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
	uint64_t stored = xsr_source_position(s), times = s->max_expansion;
	bool heavy = above(x->heavy, HEAVY_FREE_MIB, stored / HEAVY, times);

	if (!times || !s->unpacker || (!heavy && !above(unpacked, FREE_MIB, stored, times)))
		return XSR_OK;
	(void)unpack_damaged(s, XSR_E_LIMIT, "", error);
	if (!error)
		return XSR_E_LIMIT;
	finding_found(error, "%" PRIu64 " bytes%s out of %" PRIu64, heavy ? x->heavy : unpacked,
	    heavy ? " of records without page data" : "", stored);
	finding_allowed(error, heavy ? "%u MiB and %" PRIu64 "/1024 of that" : "%u MiB and %" PRIu64 " times that",
	    heavy ? HEAVY_FREE_MIB : FREE_MIB, times);
	return XSR_E_LIMIT;
}
