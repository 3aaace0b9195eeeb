/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXC_HVM_CONTEXT_H
#define XSR_LIBXC_HVM_CONTEXT_H

#include "family.h"

extern const struct record_family hvm_context_family;

#endif
