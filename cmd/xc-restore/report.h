/* SPDX-License-Identifier: MIT */
/* What the user gets to see of a restore: the domain's number, a progress line, messages, or JSON. */
#ifndef XC_RESTORE_REPORT_H
#define XC_RESTORE_REPORT_H

#include "options.h"
#include "restorer.h"

struct report {
	const struct options *options; /* the command line */
	const char *input;             /* what messages are about */
};

/* Sets a report up, and the hooks that lead to it. */
void report_begin(struct report *report, const struct options *options, struct restore_hooks *hooks);

/* Says how it ended. */
void report_end(struct report *report, const struct restore_outcome *outcome, int status);

#endif
