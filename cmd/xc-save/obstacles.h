/* SPDX-License-Identifier: MIT */
/* Why a guest should not be saved, although it runs: what an image cannot hold, and what keeps it from suspending. */
#ifndef XC_SAVE_OBSTACLES_H
#define XC_SAVE_OBSTACLES_H

#include <stdbool.h>
#include <stdint.h>

#include "xen-common/domain.h"
#include "xen-common/fault.h"

/* What is known of a guest in this respect; all zero is a guest without any obstacle. */
struct obstacles {
	unsigned pci_devices;  /* devices of the host that it was given */
	uint64_t pod_pages;    /* pages that it was promised and never touched (populate on demand) */
	bool vnuma;            /* it sees a NUMA topology */
	bool nested;           /* it may run guests of its own */
	bool deaf;             /* it says which requests it obeys, and to suspend is not among them */
	uint64_t videoram_kib; /* memory beside what its balloon driver is told of */
};

/*
 * The worst one decides: false and *fault (FAULT_UNSUSPENDED) if the guest is not to be saved. What it should only be
 * thought of is told to warn, in a clause.
 */
bool obstacles_judge(const struct obstacles *obstacles, const struct domain_facts *facts,
    void (*warn)(void *context, const char *text), void *context, struct fault *fault);

#endif
