/* SPDX-License-Identifier: MIT */
/*
 * The warden: a process that waits beside a restore and removes the half-made domain if the restore is killed, so that
 * not even KILL leaves one behind.
 */
#ifndef XC_RESTORE_WARDEN_H
#define XC_RESTORE_WARDEN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "xen-common/fault.h"

struct warden;

/* Starts it. NULL and *fault on failure. */
struct warden *warden_start(struct fault *fault);

/* From now on it watches over this domain; 0 for none: the domain is complete, or gone. */
void warden_watch(struct warden *warden, uint32_t domid, const char *uuid);

/* Processes that are to go with the domain; each is the leader of its group. */
enum warden_helper {
	WARDEN_MODEL,
	WARDEN_COMMAND,
	WARDEN_HELPERS,
};

/* From now on this process goes with the domain; 0 for none. A warden that is NULL is allowed. */
void warden_helper(struct warden *warden, enum warden_helper which, pid_t pid);

/* Dismisses it; it watches over nothing any more. NULL is allowed. */
void warden_end(struct warden *warden);

#endif
