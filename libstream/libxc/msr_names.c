/* SPDX-License-Identifier: MIT */
/* Model-specific registers that streams carry: specs/libxc-stream.md §8.5, §8.9 and §8.11. */
#include <libstream/records.h>

static const struct {
	uint32_t index;   /* of the register */
	const char *name; /* as the CPU vendors have it */
} names[] = {
    {0x48, "SPEC_CTRL"},
    {0xce, "PLATFORM_INFO"},
    {0x10a, "ARCH_CAPABILITIES"},
    {0x140, "MISC_FEATURES_ENABLES"},
    {0x6e1, "PKRS"},
    {0xd90, "BNDCFGS"},
    {0xda0, "XSS"},
    {0xc0000103, "TSC_AUX"},
    {0xc0011019, "DR1_ADDRESS_MASK"},
    {0xc001101a, "DR2_ADDRESS_MASK"},
    {0xc001101b, "DR3_ADDRESS_MASK"},
    {0xc0011027, "DR0_ADDRESS_MASK"},
    {0xc001011f, "VIRT_SPEC_CTRL"},
};

const char *xsr_msr_name(uint32_t index)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].index == index)
			return names[i].name;
	return NULL;
}
