/* SPDX-License-Identifier: MIT */
/* X86_PV_INFO: specs/libxc-stream.md §5.3. */
#include "libxc/pv_info.h"

#include <libstream/records.h>

#define AT_WIDTH    0u
#define AT_RESERVED 2u

/* Single bytes only, so the byte order of the stream does not show. */
enum xsr_status xsr_pv_info_decode(const void *body, size_t length, bool big_endian, struct xsr_pv_info *info)
{
	struct reader r = reader_make(body, length, big_endian);

	if (length != XSR_PV_INFO_SIZE)
		return XSR_E_CORRUPT;
	info->width = reader_u8(&r);
	info->levels = reader_u8(&r);
	reader_bytes(&r, info->reserved, sizeof(info->reserved));
	return XSR_OK;
}

enum xsr_status xsr_pv_info_encode(struct xsr_buffer *out, bool big_endian, const struct xsr_pv_info *info)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, big_endian);

	writer_u8(&w, info->width);
	writer_u8(&w, info->levels);
	writer_bytes(&w, info->reserved, sizeof(info->reserved));
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}

/* Xen before 4.14 let mixtures of the two pass; no guest is one. */
static bool legal(const struct xsr_pv_info *info)
{
	return (info->width == 4 && info->levels == 3) || (info->width == 8 && info->levels == 4);
}

static void check(const struct check *c, const uint8_t *body, size_t length)
{
	struct xsr_pv_info info;

	if (xsr_pv_info_decode(body, length, c->record->big_endian, &info) != XSR_OK)
		return;
	if (!legal(&info))
		check_report(c, F_PV_INFO_WIDTH, AT_WIDTH, "width", "width 4 with 3 levels, or 8 with 4",
		    "width %u with %u levels", info.width, info.levels);
	check_zero(c, F_PV_INFO_RESERVED, body, AT_RESERVED, sizeof(info.reserved), "reserved");
}

static void describe(const struct xsr_visitor *v, const struct image_facts *facts, bool big_endian,
    const uint8_t *body, size_t length)
{
	struct xsr_pv_info info;

	(void)facts;
	if (xsr_pv_info_decode(body, length, big_endian, &info) != XSR_OK)
		return;
	v->number(v->context, "guest_width", info.width, XSR_DECIMAL);
	v->number(v->context, "pt_levels", info.levels, XSR_DECIMAL);
}

static void learn(struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length)
{
	struct xsr_pv_info info;

	if (xsr_pv_info_decode(body, length, big_endian, &info) != XSR_OK || !legal(&info))
		return;
	facts->width = info.width;
	facts->levels = info.levels;
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	struct xsr_pv_info info;

	(void)facts;
	return xsr_pv_info_decode(body, length, big_endian, &info) == XSR_OK &&
	    xsr_pv_info_encode(out, big_endian, &info) == XSR_OK;
}

const struct record_family pv_info_family = {
    .layer = XSR_LAYER_LIBXC,
    .type = XSR_LIBXC_X86_PV_INFO,
    .guests = GUEST_PV,
    .min_length = XSR_PV_INFO_SIZE,
    .max_length = XSR_PV_INFO_SIZE,
    .multiple = 1,
    .bad_length = F_PV_INFO_LENGTH,
    .check = check,
    .describe = describe,
    .learn = learn,
    .recode = recode,
};
