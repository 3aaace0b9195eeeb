/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXL_EMULATOR_H
#define XSR_LIBXL_EMULATOR_H

#include "family.h"

extern const struct record_family emulator_context_family;

/* Where the fields of the head stand that both records have. */
#define EMULATOR_AT_ID    0u
#define EMULATOR_AT_INDEX 4u

/* Checks the head, XSR_EMULATOR_HEAD_SIZE bytes, of either record. Returns its id. */
uint32_t emulator_check_head(const struct check *c, const uint8_t *head);

/* Visits its fields. */
void emulator_describe_head(const struct xsr_visitor *v, bool big_endian, const uint8_t *head);

#endif
