/* SPDX-License-Identifier: MIT */
#ifndef XSR_VERIFY_STREAM_EXPLAIN_H
#define XSR_VERIFY_STREAM_EXPLAIN_H

/*
 * Prints all that the catalogue knows of the finding `id`, or with "list" a line for each. Returns an exit
 * status.
 */
int explain(const char *id);

#endif
