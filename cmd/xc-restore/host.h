/* SPDX-License-Identifier: MIT */
/*
 * The host, as a restore sees it: where a domain is made, filled by an engine, and either set going or
 * removed. host_xen.c stands on the hypervisor and xenstore; tests link a host of their own here.
 */
#ifndef XC_RESTORE_HOST_H
#define XC_RESTORE_HOST_H

#include "xen-common/engine.h"
#include "xen-common/fault.h"

#include "feed.h"
#include "model.h"
#include "plan.h"
#include "warden.h"

struct host;

/* For the engine: what it needs besides the domain's number. The engine_job's context points to one. */
struct host_wiring {
	uint32_t store_domid, console_domid; /* domains that serve them */
	uint32_t store_port, console_port;   /* event channels, as the guest counts them */
	bool invariant_tsc;                  /* for images without a CPU policy: offer it */
	bool nested;                         /* and nested virtualisation */
	bool pvh;                            /* no device model */
};

/* Opens the way to hypervisor and xenstore. NULL and *fault on failure. */
struct host *host_open(struct fault *fault);
void host_close(struct host *host);

/*
 * Refuses what cannot work, before anything exists: a name or UUID in use, too little memory, features the
 * host lacks, a CPU policy it cannot give.
 */
bool host_check(struct host *host, const struct plan *plan, const struct feed_head *head,
    struct fault *fault);

/*
 * Makes an empty, paused domain of this plan, tells the warden of it at once, and makes its nodes in xenstore. After a
 * failure, too, host_remove() removes what there is.
 */
bool host_create(struct host *host, const struct plan *plan, struct warden *warden, struct fault *fault);

/* A domain that somebody else made, to restore into. */
struct host_adoption {
	uint32_t domid;                      /* its number */
	uint32_t store_port, console_port;   /* its event channels; 0: as xenstore says, or new ones */
	uint32_t store_domid, console_domid; /* domains that serve them */
};

/*
 * Takes such a domain instead of making one; fills the plan with what the hypervisor says about it. It is never
 * removed. FAULT_REFUSED if it cannot be restored into.
 */
bool host_adopt(struct host *host, const struct host_adoption *adoption, struct plan *plan,
    const struct feed_head *head, struct fault *fault);

/* Number of the domain that was made or adopted; 0 if none was. */
uint32_t host_domid(const struct host *host);

/* What the engine needs. Owned by the host. */
const struct host_wiring *host_wiring(const struct host *host);

/*
 * The memory is in place: tells xenstore, the console's daemon and libxl of the domain. store and console are
 * the ring pages that the engine named.
 */
bool host_introduce(struct host *host, const struct plan *plan, uint64_t store, uint64_t console,
    struct fault *fault);

/* Where this host has device models and their things. Owned by the host. */
const struct model_places *host_places(const struct host *host);

/*
 * Makes what an HVM guest's device model finds in xenstore, and the devices that it serves. nodes is what the image
 * has for it there.
 */
bool host_prepare_model(struct host *host, const struct plan *plan, const struct feed_blob *nodes,
    struct fault *fault);

/* Writes down the device model's process, for whoever ends the domain. */
bool host_note_model(struct host *host, pid_t pid, struct fault *fault);

/* Writes down where the guest's consoles are, for xl. */
bool host_note_consoles(struct host *host, const struct model_consoles *consoles, struct fault *fault);

/* True if the device model says in xenstore that it works. host is a struct host. */
bool host_model_runs(void *host);

/* Sets the domain going. */
bool host_unpause(struct host *host, struct fault *fault);

/* Removes the domain with everything that was made for it. True if nothing is left; harmless if there is none. */
bool host_remove(struct host *host, struct fault *fault);

/*
 * The same from another process, after the one that made the domain was killed: with handles of its own, and only if
 * the domain still has this UUID.
 */
bool host_clean(uint32_t domid, const char *uuid, struct fault *fault);

/* The engine that fills the domain. */
extern engine_body *const host_engine;

#endif
