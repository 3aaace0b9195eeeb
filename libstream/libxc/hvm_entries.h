/* SPDX-License-Identifier: MIT */
/* What the entries of an HVM context look like: specs/libxc-stream.md §8.9. */
#ifndef XSR_LIBXC_HVM_ENTRIES_H
#define XSR_LIBXC_HVM_ENTRIES_H

#include <libstream/records.h>

/* Typecodes there are: 0 to this, exclusively. */
#define HVM_TYPES (XSR_HVM_CPU_MSR + 1u)

/* Whose entry it is, which is what its instance number means. */
enum hvm_owner {
	HVM_DOMAIN, /* one for all: instance 0 */
	HVM_VCPU,   /* instance is the vCPU's number */
	HVM_PAIR,   /* instance 0 is the master, 1 the slave */
};

struct hvm_type {
	const char *name;                  /* as specs have it */
	enum hvm_owner owner;              /* meaning of the instance */
	bool device;                       /* of a device that PVH guests do not have */
	const struct xsr_hvm_form *forms;  /* payload sizes, NULL if these do not tell */
	const struct xsr_hvm_field *fields; /* of the payload; ends with an empty name */
};

/* The row of a typecode, or NULL. */
const struct hvm_type *hvm_type(uint16_t type);

#endif
