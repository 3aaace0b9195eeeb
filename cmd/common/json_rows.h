/* SPDX-License-Identifier: MIT */
/*
 * JSON for machines: one object a line on a stdio stream. Rows are built through the library's visitor, so
 * that the same description serves text and JSON.
 *
 * Numbers that are best read in hexadecimal are strings, "0x1f". Others are integers; JSON readers are not to
 * be trusted beyond 2^63 - 1, so what is larger is a string too. Text is made valid UTF-8: bytes that are not
 * become U+FFFD, and all that is not ASCII is written as \u escapes.
 */
#ifndef XSR_CMD_JSON_ROWS_H
#define XSR_CMD_JSON_ROWS_H

#include <stdio.h>

#include <libstream/describe.h>

struct json_rows;

/* Rows go to out. NULL if memory is short. Free with json_rows_free() (NULL allowed). */
struct json_rows *json_rows_new(FILE *out);
void json_rows_free(struct json_rows *rows);

/* Each row from now on begins with "input": name (copied; NULL for none). */
void json_rows_input(struct json_rows *rows, const char *name);

/* The visitor that builds rows: an outermost begin(NULL, false) … end() is one row. Valid as long as rows. */
const struct xsr_visitor *json_rows_visitor(struct json_rows *rows);

/* One row for a finding: "finding", "severity", "class", "layer", "offset", … */
void json_rows_finding(struct json_rows *rows, const struct xsr_finding *finding);

/* True if memory or output failed at any time. */
bool json_rows_failed(const struct json_rows *rows);

#endif
