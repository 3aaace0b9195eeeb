/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXL_XENSTORE_DATA_H
#define XSR_LIBXL_XENSTORE_DATA_H

#include "family.h"

extern const struct record_family xenstore_data_family;

#endif
