/* SPDX-License-Identifier: MIT */
/* Differences as they are found: counted, and shown as text or JSON up to a limit. */
#ifndef XSR_VERIFY_STREAM_DIFF_REPORT_H
#define XSR_VERIFY_STREAM_DIFF_REPORT_H

#include "common/json_rows.h"
#include "verify-stream-v2/diff_image.h"

/* Which of the two images has a thing. */
enum diff_side { DIFF_BOTH, DIFF_FIRST, DIFF_SECOND };

struct diff_report {
	const struct options *options; /* what is wanted */
	struct json_rows *json;        /* rows, or NULL for text */
	unsigned long shown;           /* differences shown */
	uint64_t hidden;               /* differences that were not, for their number */
	uint64_t records;              /* headers and records that differ, or that one has not */
	uint64_t pages;                /* pfns that differ, or that have content in one only */
};

/* An item that only one image has. */
void diff_report_item(struct diff_report *report, const struct diff_item *item, enum diff_side side);

/* A field that differs; a or b is NULL if that image does not have it. */
void diff_report_field(struct diff_report *report, const struct diff_item *item, const char *field,
    const char *a, const char *b);

/* Bytes of the body that differ though no field does. */
void diff_report_body(struct diff_report *report, const struct diff_item *item, uint64_t bytes,
    uint64_t first);

/* Pages that differ in content or kind, or that one image has. */
void diff_report_pages(struct diff_report *report, uint64_t first, uint64_t last, enum diff_side side);

/* The end. */
void diff_report_total(struct diff_report *report);

#endif
