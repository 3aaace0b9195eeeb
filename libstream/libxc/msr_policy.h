/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXC_MSR_POLICY_H
#define XSR_LIBXC_MSR_POLICY_H

#include "family.h"

extern const struct record_family msr_policy_family;

#endif
