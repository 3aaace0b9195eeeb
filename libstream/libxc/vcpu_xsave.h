/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXC_VCPU_XSAVE_H
#define XSR_LIBXC_VCPU_XSAVE_H

#include "family.h"

extern const struct record_family vcpu_xsave_family;

#endif
