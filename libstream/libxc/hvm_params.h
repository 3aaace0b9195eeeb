/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXC_HVM_PARAMS_H
#define XSR_LIBXC_HVM_PARAMS_H

#include "family.h"

extern const struct record_family hvm_params_family;

#endif
