/* SPDX-License-Identifier: MIT */
/* The xl header: specs/xl-image.md §2 and §3. */
#ifndef XSR_XL_HEADER_H
#define XSR_XL_HEADER_H

#include <libstream/format.h>

#include "findings.h"

/* The 32 bytes every xl image begins with; no terminating NUL. */
extern const uint8_t xl_magic[XSR_XL_MAGIC_SIZE];

/* Decodes the 48 bytes at p. F_COUNT if all is well, else the finding, and *field tells where (byte offset). */
enum finding_id xl_header_decode(const uint8_t *p, struct xsr_xl_header *header, size_t *field);

#endif
