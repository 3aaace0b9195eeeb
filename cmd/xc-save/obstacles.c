/* SPDX-License-Identifier: MIT */
#include "obstacles.h"

#include <stdio.h>

/* A guest's memory differs from its target by some pages for good: special pages, and what its kernel rounds. */
#define BALLOON_SLACK_KIB 4096u

static bool refuse(const struct obstacles *o, struct fault *fault)
{
	if (o->pci_devices)
		return fault_set(fault, FAULT_UNSUSPENDED,
		    "it has %u PCI device%s of the host, whose state cannot be saved; detach %s first",
		    o->pci_devices, o->pci_devices == 1 ? "" : "s", o->pci_devices == 1 ? "it" : "them");
	if (o->vnuma)
		return fault_set(fault, FAULT_UNSUSPENDED,
		    "it has a virtual NUMA topology, and no image has room for that");
	if (o->pod_pages)
		return fault_set(fault, FAULT_UNSUSPENDED,
		    "%llu pages of it are populated on demand and have not been touched yet: its balloon "
		    "driver has "
		    "not brought it down to its target",
		    (unsigned long long)o->pod_pages);
	if (o->deaf)
		return fault_set(fault, FAULT_UNSUSPENDED,
		    "it says which requests it obeys, and to suspend is none of them "
		    "(control/feature-suspend)");
	return true;
}

/* Moving memory out of or into the guest, or stuck on the way. */
static bool is_ballooning(const struct obstacles *o, const struct domain_facts *facts)
{
	const uint64_t has = facts->pages * 4, wants = facts->target_kib + o->videoram_kib;
	const uint64_t off = has > wants ? has - wants : wants - has;

	return facts->target_kib && off > BALLOON_SLACK_KIB && off > wants / 64;
}

bool obstacles_judge(const struct obstacles *o, const struct domain_facts *facts,
    void (*warn)(void *context, const char *text), void *context, struct fault *fault)
{
	char text[160];

	if (!refuse(o, fault))
		return false;
	if (o->nested)
		warn(context, "it may run guests of its own; if it does now, they are not in the image");
	if (is_ballooning(o, facts)) {
		snprintf(text, sizeof(text),
		    "its balloon driver is at work: it has %llu MiB, its target is %llu MiB",
		    (unsigned long long)(facts->pages / 256),
		    (unsigned long long)((facts->target_kib + o->videoram_kib) / 1024));
		warn(context, text);
	}
	return true;
}
