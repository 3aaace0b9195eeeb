/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXC_PV_INFO_H
#define XSR_LIBXC_PV_INFO_H

#include "family.h"

extern const struct record_family pv_info_family;

#endif
