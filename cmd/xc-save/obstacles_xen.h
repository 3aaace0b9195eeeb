/* SPDX-License-Identifier: MIT */
#ifndef XC_SAVE_OBSTACLES_XEN_H
#define XC_SAVE_OBSTACLES_XEN_H

#include <stddef.h>

#include "obstacles.h"
#include "xen-common/xen.h"

/* Looks for what may keep this domain from being saved. config: what libxl has stored, NULL if nothing. */
void obstacles_find(struct xen *xen, const struct domain_facts *facts, const char *config, size_t length,
    struct obstacles *obstacles);

#endif
