/* SPDX-License-Identifier: MIT */
#include "libxl/families.h"

const struct record_family *const libxl_families[] = {
    NULL,
};
