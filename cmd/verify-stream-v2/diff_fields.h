/* SPDX-License-Identifier: MIT */
#ifndef XSR_VERIFY_STREAM_DIFF_FIELDS_H
#define XSR_VERIFY_STREAM_DIFF_FIELDS_H

#include "verify-stream-v2/diff_report.h"

/* Fields of one item longer than this are not compared one by one. */
#define DIFF_FIELDS_MAX (32u << 20)

/*
 * Reports in what an item of one image differs from the same of the other, and counts it. False if that cannot be
 * found out, with errno.
 */
bool diff_fields(struct diff_report *report, struct diff_image *a, const struct diff_item *in_a,
    struct diff_image *b, const struct diff_item *in_b);

#endif
