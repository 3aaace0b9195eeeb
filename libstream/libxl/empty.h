/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXL_EMPTY_H
#define XSR_LIBXL_EMPTY_H

#include "family.h"

extern const struct record_family libxl_end_family;
extern const struct record_family libxc_context_family;
extern const struct record_family checkpoint_end_family;

#endif
