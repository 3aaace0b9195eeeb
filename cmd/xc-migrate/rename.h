/* SPDX-License-Identifier: MIT */
#ifndef XC_MIGRATE_RENAME_H
#define XC_MIGRATE_RENAME_H

#include <stdbool.h>
#include <stdint.h>

#include "xen-common/fault.h"

/*
 * Gives a domain a name that no other has, where xenstore and libxl look for it. Tests link one of their own. False and
 * *fault if another domain has the name, or on failure.
 */
bool rename_domain(uint32_t domid, const char *uuid, const char *name, struct fault *fault);

#endif
