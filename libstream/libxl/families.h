/* SPDX-License-Identifier: MIT */
/* The record families of the libxl layer, NULL at the end. */
#ifndef XSR_LIBXL_FAMILIES_H
#define XSR_LIBXL_FAMILIES_H

#include "family.h"

extern const struct record_family *const libxl_families[];

#endif
