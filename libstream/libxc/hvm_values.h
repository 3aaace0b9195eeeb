/* SPDX-License-Identifier: MIT */
/* What Xen refuses to load from an entry of an HVM context: specs/libxc-stream.md §8.9, rules 11 to 21. */
#ifndef XSR_LIBXC_HVM_VALUES_H
#define XSR_LIBXC_HVM_VALUES_H

#include "family.h"
#include "libxc/hvm_walk.h"
#include "libxc/xsave.h"

/*
 * Reports every value of an entry that does not load. Its payload has a legal length; of CPU_XSAVE's, `used` is the
 * number of bytes up to the last that is not 0.
 */
void hvm_values_check(const struct check *c, const struct xsr_hvm_entry *entry, uint32_t used);

/* One MSR of a CPU_MSR entry, and how many such an entry lists in as far as it is here. */
struct hvm_msr {
	uint32_t index;    /* of the MSR */
	uint32_t reserved; /* 0 */
	uint64_t value;    /* that it had */
};

uint32_t hvm_msr_count(const struct xsr_hvm_entry *entry);
struct hvm_msr hvm_msr_at(const struct xsr_hvm_entry *entry, uint32_t i);

/* The xsave image in a CPU_XSAVE entry of at least HVM_XSAVE_HEAD bytes. */
#define HVM_XSAVE_HEAD 24u
struct xsave_image hvm_xsave_image(const struct xsr_hvm_entry *entry);

#endif
