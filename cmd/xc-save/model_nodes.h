/* SPDX-License-Identifier: MIT */
/* What a device model keeps in xenstore and must find there again. */
#ifndef XC_SAVE_MODEL_NODES_H
#define XC_SAVE_MODEL_NODES_H

#include <stddef.h>

#include "xen-common/xen.h"

/* See guest_model_nodes(). */
char *model_nodes(struct xen *xen, uint32_t domid, size_t *size);

#endif
