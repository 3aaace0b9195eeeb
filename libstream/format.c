/* SPDX-License-Identifier: MIT */
#include <libstream/format.h>

#include <string.h>

#include "wire/cursor.h"

/* First bytes that are unmistakable, up to the length that tells them apart. */
static const struct {
	const char *magic;
	size_t length;
	enum xsr_format format;
} magics[] = {
    {"\xff\xff\xff\xff\xff\xff\xff\xff", 8, XSR_FORMAT_LIBXC},
    {"LibxlFmt", 8, XSR_FORMAT_LIBXL},
    {"Xen save", 8, XSR_FORMAT_XL},
    {"LinuxGuestRecord", 16, XSR_FORMAT_XEND},
    {"XenSavedDom", 11, XSR_FORMAT_XAPI},
    {"libvirt-xml\n ", 13, XSR_FORMAT_LIBVIRT},
};

/*
 * A legacy image has no magic. Its first word is the number of pfns, never 0 and below 2^28, in 4 or 8 bytes;
 * with 4 bytes the next word is the signature of a PV image or an HVM image's first chunk.
 */
static bool plausibly_legacy(const uint8_t *p)
{
	uint32_t pfns = load_u32(p, false), next = load_u32(p + 4, false);
	int32_t chunk = (int32_t)next;

	if (!pfns || pfns > 0x0fffffff)
		return false;
	return !next || next == UINT32_MAX || (chunk >= 1 && chunk <= 1024) || (chunk <= -1 && chunk >= -21);
}

enum xsr_format xsr_detect(const void *data, size_t size)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (size >= magics[i].length && memcmp(data, magics[i].magic, magics[i].length) == 0)
			return magics[i].format;
	if (size >= 8 && plausibly_legacy(data))
		return XSR_FORMAT_LEGACY;
	return XSR_FORMAT_UNKNOWN;
}

const char *xsr_format_name(enum xsr_format format)
{
	static const char *const names[] = {"unknown", "libxc", "libxl", "xl", "legacy", "xend", "xapi", "libvirt"};

	return (size_t)format < sizeof(names) / sizeof(names[0]) ? names[format] : "unknown";
}

const char *xsr_record_name(enum xsr_layer layer, uint32_t type)
{
	static const char *const libxl[] = {"END", "LIBXC_CONTEXT", "EMULATOR_XENSTORE_DATA", "EMULATOR_CONTEXT",
	    "CHECKPOINT_END", "CHECKPOINT_STATE"};
	static const char *const libxc[] = {"END", "PAGE_DATA", "X86_PV_INFO", "X86_PV_P2M_FRAMES",
	    "X86_PV_VCPU_BASIC", "X86_PV_VCPU_EXTENDED", "X86_PV_VCPU_XSAVE", "SHARED_INFO", "X86_TSC_INFO",
	    "HVM_CONTEXT", "HVM_PARAMS", "TOOLSTACK", "X86_PV_VCPU_MSRS", "VERIFY", "CHECKPOINT",
	    "CHECKPOINT_DIRTY_PFN_LIST", "STATIC_DATA_END", "X86_CPUID_POLICY", "X86_MSR_POLICY"};

	if (layer == XSR_LAYER_LIBXL && type < sizeof(libxl) / sizeof(libxl[0]))
		return libxl[type];
	if (layer == XSR_LAYER_LIBXC && type < sizeof(libxc) / sizeof(libxc[0]))
		return libxc[type];
	return NULL;
}
