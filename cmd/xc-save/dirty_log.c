/* SPDX-License-Identifier: MIT */
#include "dirty_log.h"

#include <errno.h>
#include <stdlib.h>

/* True if the domain has a device of the host's: then the hypervisor cannot see all that is written. */
static bool has_passthrough(struct xen *xen, const struct domain_facts *facts)
{
	char *devices = xen_store_read(xen, "/local/domain/0/backend/pci/%u/0/num_devs", facts->domid);
	bool has = devices && devices[0] != '0';

	free(devices);
	return has;
}

static bool explain(struct xen *xen, const struct domain_facts *facts, int error, struct fault *fault)
{
	if (has_passthrough(xen, facts))
		return fault_set(fault, FAULT_UNSUSPENDED,
		    "cannot be saved live: it has a PCI device of the host, whose writes nobody logs");
	if (facts->type == DOMAIN_PV && (error == EOPNOTSUPP || error == EINVAL || error == ENOSYS))
		return fault_set(fault, FAULT_UNSUSPENDED,
		    "cannot be saved live: the hypervisor logs no dirty pages of this PV guest, most likely "
		    "because it was built without shadow paging");
	if (error == EINVAL)
		return fault_set(fault, FAULT_UNSUSPENDED,
		    "cannot be saved live: its dirty pages are being logged already, for another live save "
		    "or migration, or since one was killed");
	errno = error;
	return fault_errno(fault, FAULT_UNSUSPENDED,
	    "cannot be saved live: the hypervisor does not log its dirty pages");
}

bool dirty_log_try(struct xen *xen, const struct domain_facts *facts, struct fault *fault)
{
	if (xc_shadow_control(xen->xc, facts->domid, XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, NULL, 0) < 0) {
		/*
		 * With a device model it may be on for the sake of video memory, and that comes back by itself; the
		 * engine switches it off and on again.
		 */
		if (errno == EINVAL && facts->type == DOMAIN_HVM && !has_passthrough(xen, facts))
			return true;
		return explain(xen, facts, errno, fault);
	}
	if (xc_shadow_control(xen->xc, facts->domid, XEN_DOMCTL_SHADOW_OP_OFF, NULL, 0) < 0)
		return fault_errno(fault, FAULT_SYSTEM, "cannot switch the log of dirty pages off again");
	return true;
}

bool dirty_log_count(struct xen *xen, uint32_t domid, uint64_t *pages)
{
	/* No bitmap is asked for, so that only the count comes back and the guest hardly notices. */
	xc_hypercall_buffer_t none = {HYPERCALL_BUFFER_INIT_NO_BOUNCE};
	xc_shadow_op_stats_t stats = {0};

	if (xc_logdirty_control(xen->xc, domid, XEN_DOMCTL_SHADOW_OP_PEEK, &none, 0, 0, &stats) < 0)
		return false;
	*pages = stats.dirty_count;
	return true;
}
