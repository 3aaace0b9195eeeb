/* SPDX-License-Identifier: MIT */
/* Records of the libxc layer without a body, and two that no forward stream may have. */
#ifndef XSR_LIBXC_EMPTY_H
#define XSR_LIBXC_EMPTY_H

#include "family.h"

extern const struct record_family end_family;
extern const struct record_family verify_family;
extern const struct record_family checkpoint_family;
extern const struct record_family static_data_end_family;
extern const struct record_family toolstack_family;
extern const struct record_family dirty_pfn_list_family;

#endif
