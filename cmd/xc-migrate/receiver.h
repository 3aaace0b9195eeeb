/* SPDX-License-Identifier: MIT */
/* The side that gets the guest: it does what protocol_receiver says. */
#ifndef XC_MIGRATE_RECEIVER_H
#define XC_MIGRATE_RECEIVER_H

#include "xc-restore/restorer.h"

#include "options.h"
#include "protocol.h"

struct receiver_outcome {
	enum receiver_state state;      /* an end */
	struct restore_outcome restore; /* what the restore says; all zero if there was none */
	struct fault fault;             /* why there is no copy */
	struct fault naming;            /* why a copy that runs did not get its name */
	char name[256];                 /* the copy's, in the end */
};

/* Receives a guest from standard input, answering on the descriptor out. */
void receiver_run(const struct migrate_options *options, int out, int signal_fd,
    const struct restore_hooks *hooks, struct receiver_outcome *outcome);

/* Exit status: see the table in xc-migrate(1). */
int receiver_exit_status(const struct receiver_outcome *outcome);

#endif
