/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXC_SHARED_INFO_H
#define XSR_LIBXC_SHARED_INFO_H

#include "family.h"

extern const struct record_family shared_info_family;

#endif
