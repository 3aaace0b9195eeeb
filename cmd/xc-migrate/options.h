/* SPDX-License-Identifier: MIT */
#ifndef XC_MIGRATE_OPTIONS_H
#define XC_MIGRATE_OPTIONS_H

#include <stdbool.h>

#include "xc-save/saver.h"

#include "via.h"

/* The command line, understood. */
struct migrate_options {
	struct save_request save; /* what is migrated, and how it is saved */
	struct via_setup via;     /* how to reach the other side */
	bool receive;             /* --receive: this is the other side */
	bool new_uuid;            /* --receive: the copy gets a UUID of its own */
	const char *name;         /* --receive: the copy's name instead of the original's, or NULL */
	const char *before;       /* --receive: command before the copy runs, or NULL */
	int timeout_s;            /* how long to wait for the other side */
	bool json;                /* --json */
	int level;                /* messages up to this one */
	bool quiet;               /* no progress either */
};

/* Parses; exits with the usage status on an error. */
void migrate_options_parse(int argc, char **argv, struct migrate_options *options);

#endif
