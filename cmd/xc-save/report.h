/* SPDX-License-Identifier: MIT */
/* What the user gets to see of a save: a progress line, messages, or JSON. */
#ifndef XC_SAVE_REPORT_H
#define XC_SAVE_REPORT_H

#include <stdio.h>

#include "options.h"
#include "saver.h"

struct report {
	const struct options *options; /* the command line */
	FILE *json;                    /* where JSON rows go, NULL without --json */
	bool watched;                  /* someone watches: passes of a live save are told in any case */
};

/* Sets a report up, and the hooks that lead to it. */
void report_begin(struct report *report, const struct options *options, struct save_hooks *hooks);

/* Says how it ended. */
void report_end(struct report *report, const struct save_outcome *outcome, int status);

#endif
