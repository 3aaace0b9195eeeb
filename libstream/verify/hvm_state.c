/* SPDX-License-Identifier: MIT */
#include "verify/hvm_state.h"

#include <inttypes.h>
#include <string.h>

#include <libstream/records.h>

#define STORE_PFN 1u

/* Indices of the parameters that are followed; STORE_PFN is the first. */
static const uint32_t indices[HVM_PAGE_PARAMS] = {STORE_PFN, 5, 6, 17};

/* Byte offset of the value of parameter number i in the body. */
static uint64_t value_at(uint32_t i)
{
	return 8 + 16 * (uint64_t)i + 8;
}

static void take_param(struct hvm_state *s, const struct xsr_event *e, const struct xsr_hvm_param *p, uint32_t i)
{
	for (size_t k = 0; k < HVM_PAGE_PARAMS; k++) {
		if (indices[k] != p->index)
			continue;
		s->page[k].seen = true;
		s->page[k].pfn = p->value;
		s->page[k].offset = e->offset + value_at(i);
		s->page[k].record = *e->record;
	}
}

/* Bodies that may not come whole have thousands of parameters, and their findings already. */
void hvm_state_body(struct hvm_state *s, const struct xsr_event *e)
{
	struct xsr_hvm_params list;

	if (e->record->layer != XSR_LAYER_LIBXC || e->record->type != XSR_LIBXC_HVM_PARAMS ||
	    e->record->length > XSR_WHOLE_MAX ||
	    xsr_hvm_params_decode(e->u.bytes.data, e->u.bytes.length, e->record->big_endian, &list) != XSR_OK)
		return;
	s->has_params = true;
	s->record = *e->record;
	for (uint32_t i = 0; i < list.count; i++) {
		struct xsr_hvm_param p = xsr_hvm_params_at(&list, i);

		take_param(s, e, &p, i);
	}
}

static void judge_page(const struct check *c, const struct hvm_page_param *page, uint32_t index, int type)
{
	struct check at = *c;

	if (type == PV_PAGE_UNKNOWN || (type >= XSR_PAGE_NOTAB && type < XSR_PAGE_BROKEN) || type == XSR_PAGE_XALLOC)
		return;
	at.record = &page->record;
	at.body_offset = page->offset;
	check_report(&at, F_HVM_PARAMS_PFN, 0, "value", "a page with memory",
	    "0x%" PRIx64 " for %s, %s", page->pfn, xsr_hvm_param_name(index),
	    type == PV_PAGE_NONE ? "not in the stream" : type == XSR_PAGE_XTAB ? "a hole" : "a broken page");
}

void hvm_state_judge(const struct hvm_state *s, const struct check *c, pv_page_type_fn *page_type, void *context)
{
	struct check at = *c;

	for (size_t k = 0; k < HVM_PAGE_PARAMS; k++)
		if (s->page[k].seen && s->page[k].pfn)
			judge_page(c, &s->page[k], indices[k], page_type(context, s->page[k].pfn));
	if (!s->has_params || s->page[0].seen)
		return;
	at.record = &s->record;
	at.body_offset = s->record.offset;
	check_report(&at, F_HVM_PARAMS_STORE, 0, "", "STORE_PFN", "none");
}

void hvm_state_next_round(struct hvm_state *s)
{
	memset(s, 0, sizeof(*s));
}
