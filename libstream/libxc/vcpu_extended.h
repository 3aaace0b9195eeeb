/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXC_VCPU_EXTENDED_H
#define XSR_LIBXC_VCPU_EXTENDED_H

#include "family.h"

extern const struct record_family vcpu_extended_family;

#endif
