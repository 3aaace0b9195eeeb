/* SPDX-License-Identifier: MIT */
/* The configuration that goes into an xl image: JSON as libxl reads it. */
#ifndef XC_SAVE_CONFIG_H
#define XC_SAVE_CONFIG_H

#include <stddef.h>

#include "xen-common/domain.h"
#include "xen-common/fault.h"

/*
 * Makes the configuration: the stored one (length bytes of JSON) brought up to date with the facts, or, if
 * stored is NULL, one made from the facts alone. Free with free(). *size counts the terminating NUL, which
 * belongs to the image.
 */
char *config_make(const char *stored, size_t length, const struct domain_facts *facts, size_t *size,
    struct fault *fault);

#endif
