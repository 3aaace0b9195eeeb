/* SPDX-License-Identifier: MIT */
/* Reading a domain's configuration: libxl's ways to put things into JSON. */
#ifndef XC_RESTORE_CONFIG_H
#define XC_RESTORE_CONFIG_H

#include <jansson.h>
#include <stdbool.h>

/* An object's member that is an object, else NULL. Borrowed. */
json_t *config_object(json_t *object, const char *key);

/* A member that is text and not empty, else NULL. Borrowed. */
const char *config_text(json_t *object, const char *key);

/* libxl's three-valued booleans: "True", "False", "<default>"; also JSON's own, and numbers. */
bool config_truth(json_t *object, const char *key, bool fallback);

#endif
