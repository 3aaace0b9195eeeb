/* SPDX-License-Identifier: MIT */
/* X86_PV_VCPU_XSAVE: specs/libxc-stream.md §5.7 and §8.4. */
#include "libxc/vcpu_xsave.h"

#include <inttypes.h>
#include <string.h>

#include "libxc/vcpu_head.h"
#include "libxc/xsave.h"

#define AT_XCR0    XSR_VCPU_HEAD_SIZE
#define MASKS_SIZE 16u

enum xsr_status xsr_vcpu_xsave_decode(const void *body, size_t length, bool big_endian, struct xsr_vcpu_xsave *vcpu)
{
	struct reader r = reader_make(body, length, false);

	memset(vcpu, 0, sizeof(*vcpu));
	if (length < XSR_VCPU_HEAD_SIZE || length > XSR_LIBXC_RECORD_MAX)
		return XSR_E_CORRUPT;
	vcpu->head = vcpu_head_read(body, length, big_endian);
	reader_skip(&r, XSR_VCPU_HEAD_SIZE);
	vcpu->empty = reader_left(&r) == 0;
	if (vcpu->empty)
		return XSR_OK;
	vcpu->xcr0 = reader_u64(&r);
	vcpu->xcr0_accum = reader_u64(&r);
	vcpu->area_length = (uint32_t)reader_left(&r);
	vcpu->area = reader_skip(&r, vcpu->area_length);
	return r.failed ? XSR_E_CORRUPT : XSR_OK;
}

enum xsr_status xsr_vcpu_xsave_encode(struct xsr_buffer *out, bool big_endian, const struct xsr_vcpu_xsave *vcpu)
{
	size_t length = vcpu->empty ? 0 : (size_t)MASKS_SIZE + vcpu->area_length;
	enum xsr_status status = vcpu_head_write(out, &vcpu->head, length, big_endian);
	struct writer w;

	if (status != XSR_OK || vcpu->empty)
		return status;
	w = writer_make(out->data + out->length, length, false);
	writer_u64(&w, vcpu->xcr0);
	writer_u64(&w, vcpu->xcr0_accum);
	writer_bytes(&w, vcpu->area, vcpu->area_length);
	out->length += w.position;
	return XSR_OK;
}

static const struct xsave_findings findings = {
    .xcr0 = F_VCPU_XSAVE_XCR0,
    .xstate_bv = F_VCPU_XSAVE_XSTATE_BV,
    .format = F_VCPU_XSAVE_FORMAT,
    .area = F_VCPU_XSAVE_AREA,
    .policy = F_VCPU_XSAVE_POLICY,
};

static struct xsave_image image_of(const struct xsr_vcpu_xsave *vcpu)
{
	struct xsave_image image = {.xcr0 = vcpu->xcr0, .xcr0_accum = vcpu->xcr0_accum, .area = vcpu->area,
	    .have = vcpu->area_length, .length = vcpu->area_length};

	return image;
}

static void check(const struct check *c, const uint8_t *body, size_t length)
{
	struct xsr_vcpu_head head = vcpu_head_read(body, length, c->record->big_endian);
	struct xsr_vcpu_xsave vcpu;
	struct xsave_image image;

	vcpu_head_check(c, &head, F_VCPU_XSAVE_RESERVED);
	if (xsr_vcpu_xsave_decode(body, length, c->record->big_endian, &vcpu) != XSR_OK) {
		check_report(c, F_VCPU_XSAVE_LENGTH, XSR_VCPU_HEAD_SIZE, "context", "at least 16 bytes",
		    "%zu bytes", length - XSR_VCPU_HEAD_SIZE);
		return;
	}
	if (vcpu.empty)
		check_report(c, F_VCPU_XSAVE_EMPTY, XSR_VCPU_HEAD_SIZE, "context", "at least 16 bytes", "none");
	else if (c->depth >= XSR_DEPTH_STREAM) {
		image = image_of(&vcpu);
		xsave_check(c, &findings, &image, AT_XCR0);
	}
}

/* A body that is too long to come whole is too long for any CPU. */
static void piece(void *state, const struct check *c, const uint8_t *data, size_t length, uint64_t position,
    bool last)
{
	(void)state;
	(void)data;
	(void)length;
	(void)last;
	if (position == 0 && c->depth >= XSR_DEPTH_STREAM && c->record->length > XSR_WHOLE_MAX)
		check_report(c, F_VCPU_XSAVE_AREA, AT_XCR0 + MASKS_SIZE, "area", "what its states need",
		    "%" PRIu32 " bytes", c->record->length - XSR_VCPU_HEAD_SIZE - MASKS_SIZE);
}

static void describe(const struct xsr_visitor *v, const struct image_facts *facts, bool big_endian,
    const uint8_t *body, size_t length)
{
	struct xsr_vcpu_xsave vcpu;
	struct xsave_image image;

	(void)facts;
	if (xsr_vcpu_xsave_decode(body, length, big_endian, &vcpu) != XSR_OK)
		return;
	vcpu_head_describe(v, &vcpu.head);
	if (vcpu.empty)
		return;
	image = image_of(&vcpu);
	xsave_describe(v, &image);
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	struct xsr_vcpu_xsave vcpu;

	(void)facts;
	return xsr_vcpu_xsave_decode(body, length, big_endian, &vcpu) == XSR_OK &&
	    xsr_vcpu_xsave_encode(out, big_endian, &vcpu) == XSR_OK;
}

/* Blobs of 1 to 15 bytes are left to check(): an empty one, below them, is a different finding. */
const struct record_family vcpu_xsave_family = {
    .layer = XSR_LAYER_LIBXC,
    .type = XSR_LIBXC_X86_PV_VCPU_XSAVE,
    .guests = GUEST_PV,
    .min_length = XSR_VCPU_HEAD_SIZE,
    .max_length = XSR_LIBXC_RECORD_MAX,
    .multiple = 1,
    .bad_length = F_VCPU_XSAVE_LENGTH,
    .check = check,
    .piece = piece,
    .describe = describe,
    .recode = recode,
};
