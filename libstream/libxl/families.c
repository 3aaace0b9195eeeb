/* SPDX-License-Identifier: MIT */
#include "libxl/families.h"

#include "libxl/checkpoint.h"
#include "libxl/emulator.h"
#include "libxl/empty.h"
#include "libxl/xenstore_data.h"

const struct record_family *const libxl_families[] = {
    &libxl_end_family,
    &libxc_context_family,
    &xenstore_data_family,
    &emulator_context_family,
    &checkpoint_end_family,
    &checkpoint_state_family,
    NULL,
};
