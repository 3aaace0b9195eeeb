/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXL_CHECKPOINT_H
#define XSR_LIBXL_CHECKPOINT_H

#include "family.h"

extern const struct record_family checkpoint_state_family;

#endif
