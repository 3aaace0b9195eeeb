/* SPDX-License-Identifier: MIT */
/* --list: a line for each header and record, with the fields that fit a line. */
#ifndef XSR_CMD_LIST_H
#define XSR_CMD_LIST_H

#include <libstream/describe.h>

struct list;

/* NULL if memory is short. Free with list_free() (NULL allowed). */
struct list *list_new(void);
void list_free(struct list *list);

/* Prints the heading; name of the input or NULL. */
void list_heading(const char *input);

/* The visitor that prints: for a describer. Valid as long as list. */
const struct xsr_visitor *list_visitor(struct list *list);

#endif
