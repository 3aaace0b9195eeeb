/* SPDX-License-Identifier: MIT */
#include "libxc/xsave.h"

#include <inttypes.h>
#include <stdio.h>

#define AT_ACCUM     8u  /* of xcr0_accum behind xcr0 */
#define AT_AREA      16u /* of the area behind xcr0 */
#define AT_XSTATE_BV 512u
#define AT_XCOMP_BV  520u
#define AT_RESERVED  528u

#define X87_REGISTERS 8u
#define XMM_REGISTERS 16u

/* False if xcr0_accum makes no sense: then there is nothing to measure the area by, nor a policy to ask. */
static bool check_masks(const struct check *c, const struct xsave_findings *f, const struct xsave_image *x,
    uint64_t at)
{
	const struct xstate_layout *layout = &c->facts->xstate;
	bool legal = xstate_legal(x->xcr0_accum);

	if (!legal)
		check_report(c, f->xcr0, at + AT_ACCUM, "xcr0_accum", "x87 and states with all that they need",
		    "0x%" PRIx64, x->xcr0_accum);
	if (!xstate_legal(x->xcr0))
		check_report(c, f->xcr0, at, "xcr0", "x87 and states with all that they need", "0x%" PRIx64,
		    x->xcr0);
	else if (x->xcr0 & ~x->xcr0_accum)
		check_report(c, f->xcr0, at, "xcr0", "states in xcr0_accum", "0x%" PRIx64 " with xcr0_accum 0x%" PRIx64,
		    x->xcr0, x->xcr0_accum);
	if (legal && layout->known && x->xcr0_accum & ~layout->states)
		check_report(c, f->policy, at + AT_ACCUM, "xcr0_accum", "states of the CPUID policy",
		    "0x%" PRIx64 " with a policy of 0x%" PRIx64, x->xcr0_accum, layout->states);
	if (legal && c->facts->host_states && x->xcr0_accum & ~c->facts->host_states)
		check_report(c, F_HOST_XSTATE, at + AT_ACCUM, "xcr0_accum", "states of the host",
		    "0x%" PRIx64 " with a host of 0x%" PRIx64, x->xcr0_accum, c->facts->host_states);
	return legal;
}

/* The area must have its header; XSTATE_MIN_SIZE bytes of it are here. */
static void check_header(const struct check *c, const struct xsave_findings *f, const struct xsave_image *x,
    uint64_t at)
{
	uint64_t xstate_bv = load_u64(x->area + AT_XSTATE_BV, false);
	uint64_t xcomp_bv = load_u64(x->area + AT_XCOMP_BV, false);

	if (xstate_bv & ~x->xcr0_accum)
		check_report(c, f->xstate_bv, at + AT_XSTATE_BV, "xstate_bv", "states in xcr0_accum",
		    "0x%" PRIx64 " with xcr0_accum 0x%" PRIx64, xstate_bv, x->xcr0_accum);
	if (xcomp_bv)
		check_report(c, f->format, at + AT_XCOMP_BV, "xcomp_bv", "0, the standard format", "0x%" PRIx64,
		    xcomp_bv);
	for (size_t i = AT_RESERVED; i < XSTATE_MIN_SIZE; i++) {
		if (!x->area[i])
			continue;
		check_report(c, f->format, at + i, "reserved", "0", "0x%02x in byte %zu of the area", x->area[i], i);
		return;
	}
}

/* What the area's length must be, as text. */
static void allowed_length(char *text, size_t size, uint32_t intel, uint32_t amd)
{
	if (intel && amd && intel != amd)
		snprintf(text, size, "%" PRIu32 " (Intel) or %" PRIu32 " (AMD) bytes for its xcr0_accum", intel, amd);
	else
		snprintf(text, size, "%" PRIu32 " bytes for its xcr0_accum", intel ? intel : amd);
}

static bool length_fits(const struct xsave_image *x, uint32_t size)
{
	return size && (x->length == size || (x->longer && x->length > size));
}

/*
 * Without a policy the CPU is not known, so either vendor's size will do. States that neither table has, or that
 * the policy leaves without a size, make the size unknown; no judgement then.
 */
static void check_length(const struct check *c, const struct xsave_findings *f, const struct xsave_image *x,
    uint64_t at)
{
	uint32_t intel = xstate_area_size(&c->facts->xstate, x->xcr0_accum, 0);
	uint32_t amd = xstate_area_size(&c->facts->xstate, x->xcr0_accum, 1);
	char allowed[96];

	if ((!intel && !amd) || length_fits(x, intel) || length_fits(x, amd))
		return;
	allowed_length(allowed, sizeof(allowed), intel, amd);
	check_report(c, f->area, at, "area", allowed, "%" PRIu64 " bytes", x->length);
}

void xsave_check(const struct check *c, const struct xsave_findings *f, const struct xsave_image *x, uint64_t at)
{
	bool legal;

	if (!x->length) {
		if (x->xcr0 || x->xcr0_accum)
			check_report(c, f->area, at + AT_AREA, "area", "an area, or masks of 0",
			    "none, xcr0_accum 0x%" PRIx64, x->xcr0_accum);
		return;
	}
	legal = check_masks(c, f, x, at);
	if (x->length < XSTATE_MIN_SIZE) {
		check_report(c, f->area, at + AT_AREA, "area", "at least 576 bytes", "%" PRIu64 " bytes", x->length);
		return;
	}
	if (x->have >= XSTATE_MIN_SIZE)
		check_header(c, f, x, at + AT_AREA);
	if (legal)
		check_length(c, f, x, at + AT_AREA);
}

/* A register of up to 16 bytes, highest byte first, as a person would write the number. */
static void describe_register(const struct xsr_visitor *v, const uint8_t *bytes, size_t n)
{
	char text[2 + 2 * 16 + 1] = "0x";

	for (size_t i = 0; i < n && i < 16; i++)
		snprintf(text + 2 + 2 * i, 3, "%02x", bytes[n - 1 - i]);
	v->text(v->context, NULL, text);
}

static void describe_registers(const struct xsr_visitor *v, const char *key, const uint8_t *bytes, size_t n,
    size_t size)
{
	v->begin(v->context, key, true);
	for (size_t i = 0; i < n; i++)
		describe_register(v, bytes + 16 * i, size);
	v->end(v->context);
}

void fxsave_describe(const struct xsr_visitor *v, const char *key, const uint8_t *image)
{
	struct reader r = reader_make(image, XSTATE_LEGACY_SIZE, false);

	if (key)
		v->begin(v->context, key, false);
	v->number(v->context, "fcw", reader_u16(&r), XSR_HEXADECIMAL);
	v->number(v->context, "fsw", reader_u16(&r), XSR_HEXADECIMAL);
	v->number(v->context, "ftw", reader_u8(&r), XSR_HEXADECIMAL);
	reader_skip(&r, 1);
	v->number(v->context, "fop", reader_u16(&r), XSR_HEXADECIMAL);
	v->number(v->context, "fip", reader_u64(&r), XSR_HEXADECIMAL);
	v->number(v->context, "fdp", reader_u64(&r), XSR_HEXADECIMAL);
	v->number(v->context, "mxcsr", reader_u32(&r), XSR_HEXADECIMAL);
	v->number(v->context, "mxcsr_mask", reader_u32(&r), XSR_HEXADECIMAL);
	/* x87 registers have 10 bytes in slots of 16. */
	describe_registers(v, "x87", reader_skip(&r, X87_REGISTERS * 16), X87_REGISTERS, 10);
	describe_registers(v, "xmm", reader_skip(&r, XMM_REGISTERS * 16), XMM_REGISTERS, 16);
	if (key)
		v->end(v->context);
}

void xsave_describe(const struct xsr_visitor *v, const struct xsave_image *x)
{
	v->number(v->context, "xcr0", x->xcr0, XSR_HEXADECIMAL);
	v->number(v->context, "xcr0_accum", x->xcr0_accum, XSR_HEXADECIMAL);
	v->number(v->context, "area_length", x->length, XSR_DECIMAL);
	if (x->have < XSTATE_MIN_SIZE)
		return;
	v->number(v->context, "xstate_bv", load_u64(x->area + AT_XSTATE_BV, false), XSR_HEXADECIMAL);
	v->number(v->context, "xcomp_bv", load_u64(x->area + AT_XCOMP_BV, false), XSR_HEXADECIMAL);
	fxsave_describe(v, "fxsave", x->area);
}
