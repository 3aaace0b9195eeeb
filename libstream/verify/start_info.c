/* SPDX-License-Identifier: MIT */
#include "verify/start_info.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verify/contents.h"
#include "verify/state.h"
#include "wire/cursor.h"

/* Offsets in the page, by width. */
struct offsets {
	uint16_t store, console; /* what the names say */
};

static const struct offsets offsets_32 = {0x2c, 0x34};
static const struct offsets offsets_64 = {0x38, 0x48};

static const struct offsets *offsets_of(const struct xsr_verifier *v)
{
	return v->facts.width == 4 ? &offsets_32 : &offsets_64;
}

static struct start_info *find(struct start_infos *s, uint64_t pfn)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->pages[i].pfn == pfn)
			return &s->pages[i];
	return NULL;
}

void start_info_page(struct xsr_verifier *v, const struct xsr_record *record, uint64_t at, uint64_t pfn,
    const uint8_t *page)
{
	struct start_infos *s = &v->contents->start_infos;
	const struct offsets *offsets = offsets_of(v);
	struct start_info *info = s->count ? find(s, pfn) : NULL;
	bool magic = memcmp(page, "xen-", 4) == 0;

	/* The latest content counts. */
	if (info && !magic)
		*info = s->pages[--s->count];
	if (!magic || !v->facts.width)
		return;
	if (!info && s->count == START_INFO_MAX) {
		s->more = true;
		return;
	}
	if (!info)
		info = &s->pages[s->count++];
	*info = (struct start_info){.pfn = pfn, .record = *record, .at = at};
	info->store = v->facts.width == 4 ? load_u32(page + offsets->store, false)
	                                  : load_u64(page + offsets->store, false);
	info->console = v->facts.width == 4 ? load_u32(page + offsets->console, false)
	                                    : load_u64(page + offsets->console, false);
}

static void judge_ring(struct xsr_verifier *v, const struct start_info *info, uint16_t at, const char *field,
    uint64_t pfn)
{
	int type = pfn > v->pages.p2m_end ? PV_PAGE_NONE : pages_type(v, pfn);
	char allowed[48];

	if (pfn > v->pages.p2m_end)
		snprintf(allowed, sizeof(allowed), "pfns up to 0x%" PRIx64, v->pages.p2m_end);
	else if (type == XSR_PAGE_XTAB || type == PV_PAGE_NONE)
		snprintf(allowed, sizeof(allowed), "a pfn with memory");
	else
		return;
	verify_record(v, F_VCPU_BASIC_START_INFO_PAGE, &info->record, info->at + at, field, allowed,
	    "0x%" PRIx64, pfn);
}

void start_info_finish(struct xsr_verifier *v)
{
	struct start_infos *s = &v->contents->start_infos;
	const struct offsets *offsets = offsets_of(v);
	const struct start_info *info;
	struct xsr_record record;
	uint64_t pfn, at;

	if (!v->pages.has_p2m || !v->facts.width || !pv_state_start_info(&v->pv, &pfn, &record, &at))
		return;
	/* One that is no ordinary page of the guest has its finding already. */
	if (pfn > v->pages.p2m_end || pages_type(v, pfn) != XSR_PAGE_NOTAB)
		return;
	info = find(s, pfn);
	if (info) {
		judge_ring(v, info, offsets->store, "store_mfn", info->store);
		judge_ring(v, info, offsets->console, "console.domU.mfn", info->console);
	} else if (!s->more && !v->contents->incomplete) {
		verify_record(v, F_VCPU_BASIC_START_INFO_PAGE, &record, at,
		    v->facts.width == 4 ? "edx" : "rdx", "a page that begins with \"xen-\"",
		    "pfn 0x%" PRIx64 ", which does not", pfn);
	}
}
