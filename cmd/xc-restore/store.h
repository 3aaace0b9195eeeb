/* SPDX-License-Identifier: MIT */
/* A domain's nodes in xenstore and its stored configuration, as libxl lays them out. */
#ifndef XC_RESTORE_STORE_H
#define XC_RESTORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "xen-common/xen.h"

#include "feed.h"
#include "host.h"
#include "plan.h"

/* What a domain needs before its memory is there. */
bool store_make(struct xen *xen, uint32_t domid, const struct plan *plan, struct fault *fault);

/* What is known only afterwards: rings, memory, vCPUs, console. */
bool store_fill(struct xen *xen, uint32_t domid, const struct plan *plan, const struct host_wiring *wiring,
    const uint64_t rings[2], struct fault *fault);

/* For an HVM guest's device model: its directory, and the devices that it serves. nodes are the image's. */
bool store_model(struct xen *xen, uint32_t domid, const struct plan *plan, const struct feed_blob *nodes,
    struct fault *fault);

/* Its process, for whoever ends the domain. */
bool store_model_pid(struct xen *xen, uint32_t domid, long pid, struct fault *fault);

/* Where the consoles are that it makes. */
bool store_consoles(struct xen *xen, uint32_t domid, const struct model_consoles *consoles,
    struct fault *fault);

/* The configuration for libxl, in the file where it looks for it. */
bool store_config(uint32_t domid, const struct plan *plan, struct fault *fault);

#endif
