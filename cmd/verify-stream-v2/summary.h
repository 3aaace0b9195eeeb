/* SPDX-License-Identifier: MIT */
/* The end of a verification: a summary that people like to read, or the closing row of --json. */
#ifndef XSR_VERIFY_STREAM_SUMMARY_H
#define XSR_VERIFY_STREAM_SUMMARY_H

#include <libstream/describe.h>
#include <libstream/verify.h>

/* All that is known at the end. */
struct outcome {
	const char *input;                 /* name */
	const char *verdict;               /* "good", "bad", or "unknown" if it could not be read whole */
	const struct xsr_verdict *counts;  /* of findings */
	const struct xsr_summary *summary; /* what is in the stream */
	enum xsr_depth depth;              /* how deep it was looked at */
	uint64_t hidden;                   /* findings that were not shown */
	const char *compression;           /* of the input, NULL if it has none */
};

/* "x86 PV", … Static. */
const char *summary_guest(const struct xsr_summary *summary);

void summary_print(const struct outcome *outcome);
void summary_visit(const struct outcome *outcome, const struct xsr_visitor *visitor);

#endif
