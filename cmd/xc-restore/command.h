/* SPDX-License-Identifier: MIT */
/* The command of --before-unpause: run by the shell, with the domain in its environment. */
#ifndef XC_RESTORE_COMMAND_H
#define XC_RESTORE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"
#include "warden.h"
#include "xen-common/fault.h"

struct command_facts {
	const char *command;     /* for sh -c */
	uint32_t domid;          /* XC_RESTORE_DOMID */
	const struct plan *plan; /* XC_RESTORE_NAME, XC_RESTORE_UUID; its configuration is standard input */
	struct warden *warden;   /* who ends the command if we are killed; NULL for nobody */
	int signal_fd;           /* when it becomes readable the command is stopped */
};

/*
 * Runs the command and waits for it. False if it fails, with *fault, or if signal_fd ended it, without; then the
 * caller takes the signal.
 */
bool command_run(const struct command_facts *facts, struct fault *fault);

#endif
