/* SPDX-License-Identifier: MIT */
/* The hypervisor's log of dirty pages, beside the engine's own use of it. */
#ifndef XC_SAVE_DIRTY_LOG_H
#define XC_SAVE_DIRTY_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "xen-common/xen.h"

/* Switches the log on and off again. False and *fault if that is refused; then nothing was changed. */
bool dirty_log_try(struct xen *xen, const struct domain_facts *facts, struct fault *fault);

/* How many pages the log holds; they stay in it. False if the hypervisor does not say. */
bool dirty_log_count(struct xen *xen, uint32_t domid, uint64_t *pages);

#endif
