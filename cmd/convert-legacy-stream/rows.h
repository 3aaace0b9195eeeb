/* SPDX-License-Identifier: MIT */
/* The parts of an image, and what it is in all, as rows for text and JSON. */
#ifndef XSR_CMD_CONVERT_ROWS_H
#define XSR_CMD_CONVERT_ROWS_H

#include <libstream/convert.h>
#include <libstream/describe.h>

/* Visits an event as one row; nothing for events that are a piece of something. */
void rows_event(const struct xsr_visitor *v, const struct xsr_legacy_event *e);

/* Visits the summary as one row. verdict: "good", "bad" or "unknown". */
void rows_summary(const struct xsr_visitor *v, const struct xsr_convert_result *r, const char *verdict);

/* Prints the summary. */
void rows_print_summary(const struct xsr_convert_result *r);

/* How a device model is framed, e.g. "DeviceModelRecord0002". Static. */
const char *rows_qemu_name(enum xsr_legacy_qemu framing);

#endif
