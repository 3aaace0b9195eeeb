/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXC_TSC_INFO_H
#define XSR_LIBXC_TSC_INFO_H

#include "family.h"

extern const struct record_family tsc_info_family;

#endif
