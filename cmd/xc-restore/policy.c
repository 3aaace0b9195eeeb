/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include <errno.h>
#include <stdlib.h>

#include <libstream/records.h>

#include <xenguest.h>

/* Puts the image's leaves into a policy. */
static bool take_cpuid(xc_interface *xc, xc_cpu_policy_t *guest, const struct feed_head *head)
{
	const bool big_endian = head->image.options & XSR_IMAGE_OPTION_BIG_ENDIAN;
	struct xsr_cpuid_policy policy;
	xen_cpuid_leaf_t *leaves;
	bool good;

	if (!head->cpuid.data)
		return true;
	if (xsr_cpuid_policy_decode(head->cpuid.data, head->cpuid.size, big_endian, &policy) != XSR_OK)
		return false;
	leaves = calloc(policy.count, sizeof(*leaves));
	for (size_t i = 0; leaves && i < policy.count; i++) {
		struct xsr_cpuid_leaf leaf = xsr_cpuid_policy_at(&policy, i);

		leaves[i] =
		    (xen_cpuid_leaf_t){leaf.leaf, leaf.subleaf, leaf.eax, leaf.ebx, leaf.ecx, leaf.edx};
	}
	good = leaves && xc_cpu_policy_update_cpuid(xc, guest, leaves, (uint32_t)policy.count) == 0;
	free(leaves);
	return good;
}

/* The same with its MSRs. */
static bool take_msrs(xc_interface *xc, xc_cpu_policy_t *guest, const struct feed_head *head)
{
	const bool big_endian = head->image.options & XSR_IMAGE_OPTION_BIG_ENDIAN;
	struct xsr_msr_policy policy;
	xen_msr_entry_t *msrs;
	bool good;

	if (!head->msrs.data)
		return true;
	if (xsr_msr_policy_decode(head->msrs.data, head->msrs.size, big_endian, &policy) != XSR_OK)
		return false;
	msrs = calloc(policy.count, sizeof(*msrs));
	for (size_t i = 0; msrs && i < policy.count; i++) {
		struct xsr_msr_entry msr = xsr_msr_policy_at(&policy, i);

		msrs[i] = (xen_msr_entry_t){.idx = msr.index, .flags = msr.flags, .val = msr.value};
	}
	good = msrs && xc_cpu_policy_update_msrs(xc, guest, msrs, (uint32_t)policy.count) == 0;
	free(msrs);
	return good;
}

static bool compatible(xc_interface *xc, xc_cpu_policy_t *host, xc_cpu_policy_t *guest,
    const struct feed_head *head, unsigned most)
{
	return xc_cpu_policy_get_system(xc, most, host) == 0 &&
	       xc_cpu_policy_get_system(xc, most, guest) == 0 && take_cpuid(xc, guest, head) &&
	       take_msrs(xc, guest, head) && xc_cpu_policy_is_compatible(xc, host, guest);
}

bool policy_check(xc_interface *xc, enum domain_type type, const struct feed_head *head, const char *log,
    struct fault *fault)
{
	xc_cpu_policy_t *host, *guest;
	bool good;

	if (!head->cpuid.data && !head->msrs.data)
		return true;
	host = xc_cpu_policy_init();
	guest = xc_cpu_policy_init();
	good = host && guest &&
	       compatible(xc, host, guest, head,
	           type == DOMAIN_PV ? XEN_SYSCTL_cpu_policy_pv_max : XEN_SYSCTL_cpu_policy_hvm_max);
	if (!good)
		fault_set(fault, FAULT_REFUSED, "this host cannot give the guest the CPU it had%s%s",
		    log[0] ? ": " : "", log);
	if (host)
		xc_cpu_policy_destroy(host);
	if (guest)
		xc_cpu_policy_destroy(guest);
	return good;
}
