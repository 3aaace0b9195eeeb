/* SPDX-License-Identifier: MIT */
/*
 * Releases of Xen that read version 2 and 3, and what each of them reads: specs/libxc-stream.md §7. A release is
 * 4.minor.patch; one without a patch level is the last of its branch, so that what was backported counts.
 */
#ifndef XSR_RELEASE_H
#define XSR_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RELEASE_FIRST  6u
#define RELEASE_LAST   22u
#define RELEASE_LATEST 999u

struct release {
	unsigned minor; /* of the version, 6 for 4.6; 0: none is given */
	unsigned patch; /* level, RELEASE_LATEST for the last of the branch */
};

/* The limits of a release. */
struct release_limits {
	struct release since;     /* they hold from here to the next row */
	uint32_t record_max;      /* longest body of a libxc record */
	uint32_t image_version;   /* highest version of an image */
	uint32_t hvm_param_count; /* parameters of an HVM guest that it knows */
};

/* "4.17" or "4.17.3"; false for anything but a release that reads streams of version 2. */
bool release_parse(const char *text, struct release *release);

/* "4.17" or "4.17.3" in text. */
void release_format(const struct release *release, char *text, size_t size);

/* Whether this is 4.minor.patch or anything later of the same branch, or a later branch. */
bool release_reached(const struct release *release, unsigned minor, unsigned patch);

/* The row for a release that is given. */
const struct release_limits *release_limits(const struct release *release);

/* Whether it has a form of an HVM context's entry that came with this version: "", "4.7", "4.18.5". */
bool release_has_form(const struct release *release, const char *since);

/* Whether it loads this MSR for a vCPU of a guest; true for those that no release loads. */
bool release_loads_msr(const struct release *release, bool hvm, uint32_t index);

/* Whether it knows this leaf and subleaf of a CPUID policy, or this MSR of an MSR policy; true as above. */
bool release_knows_leaf(const struct release *release, uint32_t leaf, uint32_t subleaf);
bool release_knows_policy_msr(const struct release *release, uint32_t index);

#endif
