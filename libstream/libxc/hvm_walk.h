/* SPDX-License-Identifier: MIT */
/*
 * Walks an HVM context that comes in pieces of any size, in a fixed amount of memory. Entries are gathered whole up
 * to HVM_GATHER bytes, which is more than any but CPU_XSAVE has; of longer ones the beginning is kept.
 */
#ifndef XSR_LIBXC_HVM_WALK_H
#define XSR_LIBXC_HVM_WALK_H

#include <libstream/records.h>

#define HVM_ENTRY_HEAD 8u
#define HVM_GATHER     1048u /* the largest fixed payload, HPET's */

enum hvm_walk_state {
	HVM_WALK_HEAD,    /* type, instance and length come next */
	HVM_WALK_PAYLOAD, /* a payload comes */
	HVM_WALK_ENDED,   /* END came; anything behind it is no entry */
};

/* All zero is the beginning. */
struct hvm_walk {
	enum hvm_walk_state state;   /* what comes next */
	struct xsr_hvm_entry entry;  /* the current or latest one */
	uint64_t offset;             /* bytes taken so far, behind END not counted */
	uint64_t entries;            /* complete ones */
	uint64_t behind_end;         /* bytes that followed END */
	uint32_t taken;              /* bytes of the current head or payload */
	uint32_t used;               /* behind the last byte of the payload that is not 0 */
	uint8_t bytes[HVM_GATHER];   /* the head or payload, as far as it fits */
};

/*
 * Takes bytes until an entry is complete and returns it, or takes all and returns NULL. The entry is valid until
 * the next call.
 */
const struct xsr_hvm_entry *hvm_walk_next(struct hvm_walk *w, const uint8_t **data, size_t *length);

#endif
