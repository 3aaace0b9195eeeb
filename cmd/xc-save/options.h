/* SPDX-License-Identifier: MIT */
#ifndef XC_SAVE_OPTIONS_H
#define XC_SAVE_OPTIONS_H

#include <stdbool.h>

#include "saver.h"

/* The command line, understood. */
struct options {
	struct save_request request; /* what to save, where to, and then? */
	bool resume;                 /* --resume: no save, make a guest run on */
	bool json;                   /* --json */
	int level;                   /* messages up to this one */
	bool quiet;                  /* no progress either */
};

/* Parses; exits with the usage status on an error. */
void options_parse(int argc, char **argv, struct options *options);

#endif
