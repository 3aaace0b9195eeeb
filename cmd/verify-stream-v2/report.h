/* SPDX-License-Identifier: MIT */
/* Findings as they come: counted, shown as text or JSON up to a limit, and the verdict that they make. */
#ifndef XSR_VERIFY_STREAM_REPORT_H
#define XSR_VERIFY_STREAM_REPORT_H

#include "common/json_rows.h"
#include "verify-stream-v2/options.h"

struct report {
	const struct options *options; /* what is wanted */
	const char *input;             /* name for messages */
	struct json_rows *json;        /* rows, or NULL for text */
	struct xsr_verdict verdict;    /* counts and class of all findings */
	unsigned long shown;           /* findings shown */
	uint64_t hidden;               /* findings that were not, for their number */
	uint64_t checkpoints;          /* complete ones that were told of */
	uint64_t checkpoint_errors;    /* errors up to the last of them */
};

/* A finding callback; context is the report. */
void report_finding(void *context, const struct xsr_finding *finding);

/* Tells of a checkpoint that is complete now, if it was not told of yet: whether a restore can go on from it. */
void report_checkpoint(struct report *report, const struct xsr_summary *summary);

/* True if the stream is good as far as the options go. */
bool report_good(const struct report *report);

/* Says the verdict in one line, if there is anything to say; not for JSON. */
void report_verdict(const struct report *report);

#endif
