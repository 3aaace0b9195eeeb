/* SPDX-License-Identifier: MIT */
#ifndef XC_RESTORE_OPTIONS_H
#define XC_RESTORE_OPTIONS_H

#include <stdbool.h>

#include "restorer.h"

/* The command line, understood. */
struct options {
	struct restore_request request; /* what to restore, and how */
	char uuid[37];                  /* --uuid in lower case */
	bool json;                      /* --json */
	int level;                      /* messages up to this one */
	bool quiet;                     /* no progress either */
};

/* Parses; exits with the usage status on an error. */
void options_parse(int argc, char **argv, struct options *options);

#endif
