/* SPDX-License-Identifier: MIT */
/*
 * The guest, as a save sees it. guest_xen.c stands on the hypervisor and xenstore; tests link a guest of
 * their own here, so that every way a save can fail is tried without Xen.
 */
#ifndef XC_SAVE_GUEST_H
#define XC_SAVE_GUEST_H

#include <stddef.h>

#include "device_model.h"
#include "obstacles.h"
#include "xen-common/domain.h"
#include "xen-common/engine.h"
#include "xen-common/fault.h"

struct guest;

/* Where the guest stands, as far as we touched it. */
enum guest_state {
	GUEST_RUNNING,   /* not asked to suspend, or the request was taken back */
	GUEST_ASKED,     /* it took the request but has not suspended: it may yet do so */
	GUEST_SUSPENDED, /* suspended by us; it runs again only if it is resumed */
	GUEST_DEAD,      /* crashed, shut down or vanished: nothing can be resumed */
};

/* How long to wait for the guest, and what ends the waiting early. */
struct patience {
	int timeout_s;   /* for each step of the guest's */
	int wake_fds[2]; /* when one of them becomes readable, give up; -1 for none */
};

/* Finds a guest and the facts about it. NULL and *fault if there is none or it cannot be reached. */
struct guest *guest_open(const char *operand, struct fault *fault);
void guest_close(struct guest *guest);

/* Facts as of guest_open(). */
const struct domain_facts *guest_facts(const struct guest *guest);

/*
 * The stored configuration of the guest's toolstack: JSON text, length without the terminating NUL, free
 * with free(). NULL if there is none; that is no failure.
 */
char *guest_stored_config(struct guest *guest, size_t *length);

/*
 * Suspends the guest. On failure *fault says why, unless a wake-up descriptor ended the waiting, which the
 * caller knows best; guest_state() says where the guest stands.
 */
bool guest_suspend(struct guest *guest, const struct patience *patience, struct fault *fault);

enum guest_state guest_state(const struct guest *guest);

/*
 * Makes the guest run on, whatever guest_state() says: a guest that was asked is waited for as long as
 * patience says, then resumed. True if it runs now.
 */
bool guest_resume(struct guest *guest, const struct patience *patience, struct fault *fault);

/* Lets a paused guest run. */
bool guest_unpause(struct guest *guest, struct fault *fault);

/* Leaves a suspended guest paused, ready to be unpaused or destroyed by any toolstack. */
bool guest_hold(struct guest *guest, struct fault *fault);

/* Destroys a suspended guest. */
bool guest_destroy(struct guest *guest, struct fault *fault);

/*
 * Can the hypervisor tell which pages the guest dirties? Tried, and left as it was: a guest that another program
 * saves live is not disturbed. False and *fault: it cannot.
 */
bool guest_can_be_live(struct guest *guest, struct fault *fault);

/* During a live save: pages dirtied since the engine last fetched them. False: not known. */
bool guest_dirty_pages(struct guest *guest, uint64_t *pages);

/* Why it should perhaps not be saved. config: what guest_stored_config() gave, NULL if nothing. */
void guest_obstacles(struct guest *guest, const char *config, size_t length, struct obstacles *obstacles);

/*
 * The device model of an HVM guest; NULL and *fault if it has none that can be talked to. It belongs to the guest.
 * Must not be asked for PV and PVH guests.
 */
struct device_model *guest_device_model(struct guest *guest, struct fault *fault);

/*
 * What the device model keeps in xenstore, as the body of EMULATOR_XENSTORE_DATA without its head: pairs of strings,
 * each with its NUL. NULL if there is nothing, as with any recent QEMU; free with free().
 */
char *guest_model_nodes(struct guest *guest, size_t *size);

/* Undoes what an engine that was killed may have left switched on. */
void guest_clean_up(struct guest *guest);

/* The engine that goes with this kind of guest. */
extern engine_body *const guest_engine;

#endif
