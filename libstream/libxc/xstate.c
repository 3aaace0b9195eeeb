/* SPDX-License-Identifier: MIT */
#include "libxc/xstate.h"

#include <string.h>

#include "wire/cursor.h"

#define CPUID_ENTRY_SIZE 24u
#define CPUID_XSTATE     0xdu

/* What two vendors' CPUs have in common; for images that bring no CPUID policy. */
static const struct {
	uint8_t bit;        /* the component's number */
	uint32_t size;      /* its bytes */
	uint32_t offset[2]; /* where Intel's and AMD's CPUs have it; 0 where none does */
} usual[] = {
    {XSTATE_YMM, 256, {576, 576}},
    {XSTATE_BNDREGS, 64, {960, 0}},
    {XSTATE_BNDCSR, 64, {1024, 0}},
    {XSTATE_OPMASK, 64, {1088, 832}},
    {XSTATE_ZMM, 512, {1152, 896}},
    {XSTATE_HI_ZMM, 1024, {1664, 1408}},
    {XSTATE_PKRU, 8, {2688, 2432}},
    {XSTATE_TILECFG, 64, {2752, 0}},
    {XSTATE_TILEDATA, 8192, {2816, 0}},
    {XSTATE_LWP, 128, {0, 832}},
};

#define USUAL (sizeof(usual) / sizeof(usual[0]))

static void learn_leaf(struct xstate_layout *layout, struct reader *r)
{
	uint32_t leaf = reader_u32(r), subleaf = reader_u32(r);
	uint32_t eax = reader_u32(r), ebx = reader_u32(r);

	reader_u32(r);
	uint32_t edx = reader_u32(r);

	if (leaf != CPUID_XSTATE)
		return;
	if (subleaf == 0) {
		layout->states = (uint64_t)edx << 32 | eax;
	} else if (subleaf > XSTATE_SSE && subleaf < XSTATE_COMPONENTS) {
		layout->component[subleaf].size = eax;
		layout->component[subleaf].offset = ebx;
	}
}

void xstate_layout_learn(struct xstate_layout *layout, const uint8_t *policy, size_t length, bool big_endian)
{
	struct reader r = reader_make(policy, length, big_endian);

	memset(layout, 0, sizeof(*layout));
	layout->known = true;
	while (reader_left(&r) >= CPUID_ENTRY_SIZE)
		learn_leaf(layout, &r);
}

/* Where a component ends; 0 if that is not known. In 64 bits, because a policy can have any two numbers. */
static uint64_t component_end(const struct xstate_layout *layout, unsigned bit, unsigned vendor)
{
	if (layout->known && layout->component[bit].size)
		return (uint64_t)layout->component[bit].offset + layout->component[bit].size;
	for (size_t i = 0; i < USUAL; i++)
		if (usual[i].bit == bit && usual[i].offset[vendor])
			return (uint64_t)usual[i].offset[vendor] + usual[i].size;
	return 0;
}

uint32_t xstate_area_size(const struct xstate_layout *layout, uint64_t states, unsigned vendor)
{
	uint64_t size = XSTATE_MIN_SIZE;

	for (unsigned bit = XSTATE_YMM; bit < XSTATE_COMPONENTS; bit++) {
		if (!(states & XSTATE_BIT(bit)))
			continue;
		uint64_t end = component_end(layout, bit, vendor);
		if (!end || end > UINT32_MAX)
			return 0;
		if (end > size)
			size = end;
	}
	return (uint32_t)size;
}

/* True if all or none of the group's states are there. */
static bool together(uint64_t states, uint64_t group)
{
	return !(states & group) || (states & group) == group;
}

bool xstate_legal(uint64_t states)
{
	uint64_t known = XSTATE_BIT(XSTATE_X87) | XSTATE_BIT(XSTATE_SSE);
	const uint64_t mpx = XSTATE_BIT(XSTATE_BNDREGS) | XSTATE_BIT(XSTATE_BNDCSR);
	const uint64_t avx512 = XSTATE_BIT(XSTATE_OPMASK) | XSTATE_BIT(XSTATE_ZMM) | XSTATE_BIT(XSTATE_HI_ZMM);
	const uint64_t amx = XSTATE_BIT(XSTATE_TILECFG) | XSTATE_BIT(XSTATE_TILEDATA);

	for (size_t i = 0; i < USUAL; i++)
		known |= XSTATE_BIT(usual[i].bit);
	if (!(states & XSTATE_BIT(XSTATE_X87)) || states & ~known)
		return false;
	if (states & XSTATE_BIT(XSTATE_YMM) && !(states & XSTATE_BIT(XSTATE_SSE)))
		return false;
	if (states & avx512 && !(states & XSTATE_BIT(XSTATE_YMM)))
		return false;
	return together(states, mpx) && together(states, avx512) && together(states, amx);
}
