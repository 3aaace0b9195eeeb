/* SPDX-License-Identifier: MIT */
/* Can this host give a guest the CPU that its image was made with? */
#ifndef XC_RESTORE_POLICY_H
#define XC_RESTORE_POLICY_H

#include <stdbool.h>

#include <xenctrl.h>

#include "feed.h"
#include "plan.h"
#include "xen-common/fault.h"

/*
 * True if the host can, or if the image does not say what CPU it wants. log is where the errors of libxc end
 * up: they name the leaf or MSR.
 */
bool policy_check(xc_interface *xc, enum domain_type type, const struct feed_head *head, const char *log,
    struct fault *fault);

#endif
