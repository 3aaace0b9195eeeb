/* SPDX-License-Identifier: MIT */
/* The side that has the guest: it does what protocol_source says. */
#ifndef XC_MIGRATE_SOURCE_H
#define XC_MIGRATE_SOURCE_H

#include "options.h"
#include "protocol.h"

/* Where a migration stands, besides what the save tells. */
enum source_phase {
	SOURCE_CONNECTED, /* the other side answered */
	SOURCE_LET_GO,    /* the other side holds the guest and may run it */
};

struct source_hooks {
	struct save_hooks save; /* for the save's news */
	void (*phase)(void *context, enum source_phase phase);
	void *context; /* for phase */
};

struct source_outcome {
	enum source_state state;  /* an end */
	struct save_outcome save; /* what the save says; all zero if there was none */
	struct fault fault;       /* why it was not migrated, or what is in doubt */
	char name[256];           /* of the guest */
	double seconds;           /* all together */
	double downtime; /* from its suspension to the moment it was known to run, here or there; 0 if none */
};

/* Migrates. Signals that should end it must be blocked and arrive on signal_fd. */
void source_run(const struct migrate_options *options, int signal_fd, const struct source_hooks *hooks,
    struct source_outcome *outcome);

/* Exit status: see the table in xc-migrate(1). */
int source_exit_status(const struct source_outcome *outcome);

#endif
