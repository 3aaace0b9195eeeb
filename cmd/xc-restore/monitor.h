/* SPDX-License-Identifier: MIT */
/* QEMU's machine protocol (QMP), as far as a restore talks to a device model: one question after the other. */
#ifndef XC_RESTORE_MONITOR_H
#define XC_RESTORE_MONITOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "xen-common/fault.h"

struct monitor;

/* What ends the waiting for an answer, besides the answer. */
struct monitor_limits {
	int64_t deadline_ms; /* CLOCK_MONOTONIC */
	int wake_fds[2];     /* readable: give up, without a fault; -1 for none */
};

/*
 * Connects to the socket and greets. NULL without a fault if nobody listens there yet or waiting was ended, NULL with
 * *fault if who listens does not speak the protocol.
 */
struct monitor *monitor_open(const char *path, const struct monitor_limits *limits, struct fault *fault);

/*
 * Gives a command without arguments and takes its answer, to be freed with json_decref(). NULL if it is an error or
 * does not come, with *fault unless waiting was ended.
 */
json_t *monitor_ask(struct monitor *monitor, const char *command, const struct monitor_limits *limits,
    struct fault *fault);

/* NULL is allowed. */
void monitor_close(struct monitor *monitor);

#endif
