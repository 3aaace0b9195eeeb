/* SPDX-License-Identifier: MIT */
#include "libxc/families.h"

#include "libxc/tsc_info.h"

const struct record_family *const libxc_families[] = {
    &tsc_info_family,
    NULL,
};
