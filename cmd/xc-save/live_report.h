/* SPDX-License-Identifier: MIT */
/* A pass of a live save for people and for programs; xc-migrate tells the same. */
#ifndef XC_SAVE_LIVE_REPORT_H
#define XC_SAVE_LIVE_REPORT_H

#include <jansson.h>
#include <stddef.h>

#include "live.h"

/* One line without its end. Returns out. */
const char *live_pass_text(const struct live_pass *pass, char *out, size_t size);

/* A JSON object, "event": "pass"; NULL if memory is short. The caller owns it. */
json_t *live_pass_row(const struct live_pass *pass);

/* A number, or null for one that is negative: not known. */
json_t *live_real(double value);

#endif
