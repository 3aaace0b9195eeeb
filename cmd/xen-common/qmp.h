/* SPDX-License-Identifier: MIT */
/*
 * A client of QMP, the monitor protocol of QEMU, as far as a device model of Xen is asked to do things: one command
 * at a time, events skipped. The other side may be dead, mute or confused; each call ends by its deadline.
 */
#ifndef XEN_COMMON_QMP_H
#define XEN_COMMON_QMP_H

#include <stdbool.h>

#include <jansson.h>

#include "fault.h"

struct qmp;

/*
 * Connects to the monitor at this socket, waits for its greeting and negotiates. NULL and *fault (FAULT_SYSTEM) if
 * nobody listens or the answers do not come within timeout_ms.
 */
struct qmp *qmp_open(const char *path, int timeout_ms, struct fault *fault);

/* NULL is allowed. */
void qmp_close(struct qmp *qmp);

/* One command. */
struct qmp_command {
	const char *name; /* as in QEMU's manual */
	json_t
	    *arguments; /* an object, or NULL; the caller's reference is taken, whatever comes of the call */
	int fd;         /* a descriptor to pass along, 0 for none (nobody passes standard input) */
	int timeout_ms; /* for all of it */
};

/*
 * Sends a command and waits for its reply; the value returned goes to *value, which the caller unreferences, if
 * value is not NULL. False and *fault if it was refused, or no reply came in time. A reply that comes too late does
 * not confuse later commands: replies are told apart by number.
 */
bool qmp_run(struct qmp *qmp, const struct qmp_command *command, json_t **value, struct fault *fault);

#endif
