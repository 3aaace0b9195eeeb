/* SPDX-License-Identifier: MIT */
/* What xc-migrate says, on both sides. */
#ifndef XC_MIGRATE_REPORT_H
#define XC_MIGRATE_REPORT_H

#include "options.h"
#include "receiver.h"
#include "source.h"

struct report {
	const struct migrate_options *options; /* how to talk */
	bool let_go;                           /* the last news was that the other side holds the guest */
};

/* Fills hooks that say what happens while it happens. The report must outlive them. */
void report_source_begin(struct report *report, const struct migrate_options *options,
    struct source_hooks *hooks);
void report_receiver_begin(struct report *report, const struct migrate_options *options,
    struct restore_hooks *hooks);

/* Says how it ended. */
void report_source_end(struct report *report, const struct source_outcome *outcome, int status);
void report_receiver_end(struct report *report, const struct receiver_outcome *outcome);

#endif
