/* SPDX-License-Identifier: MIT */
/* X86_TSC_INFO: specs/libxc-stream.md §5.10. */
#include "libxc/tsc_info.h"

#include <inttypes.h>

#include <libstream/records.h>

/* Byte offsets in the body, for findings. */
#define AT_MODE     0u
#define AT_KHZ      4u
#define AT_NSEC     8u
#define AT_RESERVED 20u

#define MODE_NEVER_EMULATE 2u
#define MODE_PVRDTSCP      3u

enum xsr_status xsr_tsc_info_decode(const void *body, size_t length, bool big_endian, struct xsr_tsc_info *info)
{
	struct reader r = reader_make(body, length, big_endian);

	if (length != XSR_TSC_INFO_SIZE)
		return XSR_E_CORRUPT;
	info->mode = reader_u32(&r);
	info->khz = reader_u32(&r);
	info->nsec = reader_u64(&r);
	info->incarnation = reader_u32(&r);
	info->reserved = reader_u32(&r);
	return XSR_OK;
}

enum xsr_status xsr_tsc_info_encode(struct xsr_buffer *out, bool big_endian, const struct xsr_tsc_info *info)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, big_endian);

	writer_u32(&w, info->mode);
	writer_u32(&w, info->khz);
	writer_u64(&w, info->nsec);
	writer_u32(&w, info->incarnation);
	writer_u32(&w, info->reserved);
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}

/* What Xen takes but no saver means. */
static void check_sense(const struct check *c, const struct xsr_tsc_info *info)
{
	if (info->mode == MODE_PVRDTSCP)
		check_report(c, F_TSC_INFO_OLD_MODE, AT_MODE, "mode", "0 to 2", "3");
	if (info->mode < MODE_NEVER_EMULATE && !info->khz)
		check_report(c, F_TSC_INFO_KHZ, AT_KHZ, "khz", "not 0 in modes 0 and 1", "0");
	if (info->mode == MODE_NEVER_EMULATE && (info->khz || info->nsec))
		check_report(c, F_TSC_INFO_NEVER_EMULATE, AT_KHZ, "khz", "0 kHz and 0 ns in mode 2",
		    "%" PRIu32 " kHz and %" PRIu64 " ns", info->khz, info->nsec);
	else if (info->nsec >> 63)
		check_report(c, F_TSC_INFO_NSEC, AT_NSEC, "nsec", "not negative", "0x%" PRIx64, info->nsec);
}

static void check(const struct check *c, const uint8_t *body, size_t length)
{
	struct xsr_tsc_info info;

	if (xsr_tsc_info_decode(body, length, c->record->big_endian, &info) != XSR_OK)
		return;
	if (info.mode > MODE_PVRDTSCP)
		check_report(c, F_TSC_INFO_MODE, AT_MODE, "mode", "0 to 3", "%" PRIu32, info.mode);
	if (info.reserved)
		check_report(c, F_TSC_INFO_RESERVED, AT_RESERVED, "reserved", "0", "0x%" PRIx32, info.reserved);
	if (c->depth >= XSR_DEPTH_STREAM)
		check_sense(c, &info);
}

static void describe(const struct xsr_visitor *v, const struct image_facts *facts, bool big_endian,
    const uint8_t *body, size_t length)
{
	struct xsr_tsc_info info;

	(void)facts;
	if (xsr_tsc_info_decode(body, length, big_endian, &info) != XSR_OK)
		return;
	v->number(v->context, "mode", info.mode, XSR_DECIMAL);
	v->number(v->context, "khz", info.khz, XSR_DECIMAL);
	v->number(v->context, "nsec", info.nsec, XSR_DECIMAL);
	v->number(v->context, "incarnation", info.incarnation, XSR_DECIMAL);
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	struct xsr_tsc_info info;

	(void)facts;
	return xsr_tsc_info_decode(body, length, big_endian, &info) == XSR_OK &&
	    xsr_tsc_info_encode(out, big_endian, &info) == XSR_OK;
}

const struct record_family tsc_info_family = {
    .layer = XSR_LAYER_LIBXC,
    .type = XSR_LIBXC_X86_TSC_INFO,
    .guests = GUEST_ANY,
    .min_length = XSR_TSC_INFO_SIZE,
    .max_length = XSR_TSC_INFO_SIZE,
    .multiple = 1,
    .bad_length = F_TSC_INFO_LENGTH,
    .check = check,
    .describe = describe,
    .recode = recode,
};
