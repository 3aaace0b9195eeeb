/* SPDX-License-Identifier: MIT */
/*
 * The CPU's extended states, and where the standard (non-compacted) format of xsave has them. Offsets differ from
 * one CPU to the next; the CPUID policy of an image tells them: specs/libxc-stream.md §8.4.
 */
#ifndef XSR_LIBXC_XSTATE_H
#define XSR_LIBXC_XSTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XSTATE_LEGACY_SIZE 512u /* the FXSAVE image: x87 and SSE */
#define XSTATE_MIN_SIZE    576u /* that and the xsave header */
#define XSTATE_COMPONENTS  63u  /* bits of xcr0 that can stand for a component */

#define XSTATE_BIT(n) (UINT64_C(1) << (n))

enum xstate_component {
	XSTATE_X87 = 0,
	XSTATE_SSE = 1,
	XSTATE_YMM = 2,
	XSTATE_BNDREGS = 3,
	XSTATE_BNDCSR = 4,
	XSTATE_OPMASK = 5,
	XSTATE_ZMM = 6,
	XSTATE_HI_ZMM = 7,
	XSTATE_PKRU = 9,
	XSTATE_TILECFG = 17,
	XSTATE_TILEDATA = 18,
	XSTATE_LWP = 62,
};

/* What the CPUID policy of an image says about xsave. */
struct xstate_layout {
	bool known;      /* a policy came; if not, all else is 0 */
	uint64_t states; /* bits that xcr0 can have: leaf 0xD, subleaf 0, edx:eax */
	struct {
		uint32_t offset; /* from the first byte of the area */
		uint32_t size;   /* 0 if the policy does not tell */
	} component[XSTATE_COMPONENTS]; /* leaf 0xD, subleaf n */
};

/* Fills a layout from the body of X86_CPUID_POLICY: entries of 24 bytes. A rest that is no entry is passed over. */
void xstate_layout_learn(struct xstate_layout *layout, const uint8_t *policy, size_t length, bool big_endian);

/*
 * Bytes of an area with these states. Without a policy that tells (layout->known false, or a component without a
 * size) the answer is for vendor 0, Intel, or 1, AMD. 0 if not even that is known.
 */
uint32_t xstate_area_size(const struct xstate_layout *layout, uint64_t states, unsigned vendor);

/* Whether xcr0 can have this value on some CPU: which states exist, and which need which. */
bool xstate_legal(uint64_t states);

#endif
