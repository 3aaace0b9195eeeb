/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXC_VCPU_BASIC_H
#define XSR_LIBXC_VCPU_BASIC_H

#include "family.h"

extern const struct record_family vcpu_basic_family;

#endif
