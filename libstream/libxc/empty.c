/* SPDX-License-Identifier: MIT */
/*
 * END, VERIFY, CHECKPOINT and STATIC_DATA_END: specs/libxc-stream.md §5.1, §5.14, §5.15, §5.17. They have no body, so
 * all there is to say is their length; where they may stand is the verifier's business.
 *
 * TOOLSTACK (§5.13) and CHECKPOINT_DIRTY_PFN_LIST (§5.16) are at fault by being there at all, whatever they hold.
 */
#include "libxc/empty.h"

#include <libstream/records.h>

#define EMPTY(number)                                                                                                \
	{                                                                                                            \
		.layer = XSR_LAYER_LIBXC, .type = (number), .guests = GUEST_ANY, .multiple = 1,                      \
		.bad_length = F_RECORD_LENGTH                                                                        \
	}

const struct record_family end_family = EMPTY(XSR_LIBXC_END);
const struct record_family verify_family = EMPTY(XSR_LIBXC_VERIFY);
const struct record_family checkpoint_family = EMPTY(XSR_LIBXC_CHECKPOINT);
const struct record_family static_data_end_family = EMPTY(XSR_LIBXC_STATIC_DATA_END);

const struct record_family toolstack_family = {
    .layer = XSR_LAYER_LIBXC,
    .type = XSR_LIBXC_TOOLSTACK,
    .guests = GUEST_ANY,
    .max_length = XSR_LIBXC_RECORD_MAX,
    .multiple = 1,
    .bad_length = F_RECORD_LENGTH,
};

enum xsr_status xsr_dirty_pfn_list_decode(const void *body, size_t length, bool big_endian,
    struct xsr_dirty_pfn_list *list)
{
	if (length % 8)
		return XSR_E_CORRUPT;
	list->count = length / 8;
	list->pfns = body;
	list->big_endian = big_endian;
	return XSR_OK;
}

uint64_t xsr_dirty_pfn_list_at(const struct xsr_dirty_pfn_list *list, size_t index)
{
	return index < list->count ? load_u64(list->pfns + 8 * index, list->big_endian) : 0;
}

static void dirty_pfn_list_describe(const struct xsr_visitor *v, const struct image_facts *facts, bool big_endian,
    const uint8_t *body, size_t length)
{
	struct xsr_dirty_pfn_list list;

	(void)facts;
	if (xsr_dirty_pfn_list_decode(body, length, big_endian, &list) != XSR_OK)
		return;
	v->number(v->context, "count", list.count, XSR_DECIMAL);
	v->begin(v->context, "pfns", true);
	for (size_t i = 0; i < list.count; i++)
		v->number(v->context, NULL, xsr_dirty_pfn_list_at(&list, i), XSR_HEXADECIMAL);
	v->end(v->context);
}

static bool dirty_pfn_list_recode(const struct image_facts *facts, bool big_endian, const uint8_t *body,
    size_t length, struct xsr_buffer *out)
{
	struct xsr_dirty_pfn_list list;

	(void)facts;
	if (xsr_dirty_pfn_list_decode(body, length, big_endian, &list) != XSR_OK)
		return false;
	for (size_t i = 0; i < list.count; i++) {
		uint64_t pfn = xsr_dirty_pfn_list_at(&list, i);

		/* A list of pfns is encoded just as the entries of PAGE_DATA are. */
		if (xsr_encode_pfns(out, &pfn, 1, big_endian) != XSR_OK)
			return false;
	}
	return true;
}

/* Any length is let pass: the finding that such a record has no place in a forward stream says more. */
const struct record_family dirty_pfn_list_family = {
    .layer = XSR_LAYER_LIBXC,
    .type = XSR_LIBXC_CHECKPOINT_DIRTY_PFN_LIST,
    .guests = GUEST_ANY,
    .max_length = XSR_LIBXC_RECORD_MAX,
    .multiple = 1,
    .bad_length = F_RECORD_BACK_CHANNEL,
    .describe = dirty_pfn_list_describe,
    .recode = dirty_pfn_list_recode,
};
