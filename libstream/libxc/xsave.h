/* SPDX-License-Identifier: MIT */
/*
 * An xsave image as X86_PV_VCPU_XSAVE and the CPU_XSAVE entry of an HVM context carry it: xcr0, xcr0_accum and an
 * area in the standard format: specs/libxc-stream.md §8.4. Little-endian in every stream.
 */
#ifndef XSR_LIBXC_XSAVE_H
#define XSR_LIBXC_XSAVE_H

#include "family.h"
#include "libxc/xstate.h"

/* One xsave image. */
struct xsave_image {
	uint64_t xcr0;       /* states that the guest has enabled */
	uint64_t xcr0_accum; /* states that it ever had enabled */
	const uint8_t *area; /* the first bytes of the area */
	size_t have;         /* how many of them are here; XSTATE_MIN_SIZE of them are looked at */
	uint64_t length;     /* bytes that the area has in the stream */
	bool longer;         /* the area may be longer than its states need (the caller looks at the excess) */
};

/* The findings that a carrier has for what can be wrong. They may be all the same. */
struct xsave_findings {
	enum finding_id xcr0;      /* xcr0 or xcr0_accum is no legal set, or xcr0 is outside of xcr0_accum */
	enum finding_id xstate_bv; /* xstate_bv is outside of xcr0_accum */
	enum finding_id format;    /* compacted format, or reserved words in use */
	enum finding_id area;      /* length against xcr0_accum */
	enum finding_id policy;    /* states that the CPUID policy does not have */
};

/*
 * Reports all that is wrong with an image whose xcr0 stands at byte `at` of the body, xcr0_accum and the area right
 * behind it. An image without an area is good only with both masks 0. Uses c->facts->xstate.
 */
void xsave_check(const struct check *c, const struct xsave_findings *findings, const struct xsave_image *image,
    uint64_t at);

/* Visits the 512 bytes of an FXSAVE image as an object under this key (NULL: no object, the keys alone). */
void fxsave_describe(const struct xsr_visitor *v, const char *key, const uint8_t *image);

/* Visits xcr0, xcr0_accum and, where the area is long enough, its header, FXSAVE image and length. */
void xsave_describe(const struct xsr_visitor *v, const struct xsave_image *image);

#endif
