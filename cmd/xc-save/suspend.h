/* SPDX-License-Identifier: MIT */
/* How a guest is brought to suspend, and back. */
#ifndef XC_SAVE_SUSPEND_H
#define XC_SAVE_SUSPEND_H

#include "guest.h"
#include "xen-common/xen.h"

/* Suspends; *state is kept up to date on the way. */
bool suspend_domain(struct xen *xen, struct domain_facts *facts, const struct patience *patience,
    enum guest_state *state, struct fault *fault);

/* Waits for a guest that took the request; true if it is suspended now. */
bool suspend_settle(struct xen *xen, struct domain_facts *facts, const struct patience *patience,
    enum guest_state *state, struct fault *fault);

/* Resumes a suspended domain where it is. */
bool suspend_undo(struct xen *xen, const struct domain_facts *facts, struct fault *fault);

#endif
