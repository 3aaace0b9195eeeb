/* SPDX-License-Identifier: MIT */
/* The record families of the libxc layer, NULL at the end. */
#ifndef XSR_LIBXC_FAMILIES_H
#define XSR_LIBXC_FAMILIES_H

#include "family.h"

extern const struct record_family *const libxc_families[];

#endif
