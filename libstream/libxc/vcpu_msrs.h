/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXC_VCPU_MSRS_H
#define XSR_LIBXC_VCPU_MSRS_H

#include "family.h"

extern const struct record_family vcpu_msrs_family;

#endif
