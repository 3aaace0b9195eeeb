/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXC_CPUID_POLICY_H
#define XSR_LIBXC_CPUID_POLICY_H

#include "family.h"

extern const struct record_family cpuid_policy_family;

#endif
