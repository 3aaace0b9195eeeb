/* SPDX-License-Identifier: MIT */
/* What the four vCPU records have in common: specs/libxc-stream.md §5.5. */
#ifndef XSR_LIBXC_VCPU_HEAD_H
#define XSR_LIBXC_VCPU_HEAD_H

#include <libstream/records.h>

#include "family.h"

/* Highest vCPU id + 1 that any release of Xen gives a PV guest. */
#define VCPU_IDS 8192u

/* Reads the head, or writes it in front of `length` bytes of blob that then have room. */
struct xsr_vcpu_head vcpu_head_read(const void *body, size_t length, bool big_endian);
enum xsr_status vcpu_head_write(struct xsr_buffer *out, const struct xsr_vcpu_head *head, size_t length,
    bool big_endian);

/* Reports a reserved word that is not 0. */
void vcpu_head_check(const struct check *c, const struct xsr_vcpu_head *head, enum finding_id reserved);

void vcpu_head_describe(const struct xsr_visitor *v, const struct xsr_vcpu_head *head);

/* True if a 64-bit address is one that the CPU takes: bits 63 to 47 are all alike. */
bool canonical(uint64_t address);

#endif
