/* SPDX-License-Identifier: MIT */
/* The libxl header: specs/libxl-stream.md §2. */
#ifndef XSR_LIBXL_HEADER_H
#define XSR_LIBXL_HEADER_H

#include <libstream/format.h>

#include "findings.h"

/* Decodes the 16 bytes at p. F_COUNT if all is well, else the finding, and *field tells where (byte offset). */
enum finding_id libxl_header_decode(const uint8_t *p, struct xsr_libxl_header *header, size_t *field);

#endif
