/* SPDX-License-Identifier: MIT */
/* The two headers of a libxc image: specs/libxc-stream.md §2 and §3. */
#ifndef XSR_LIBXC_HEADER_H
#define XSR_LIBXC_HEADER_H

#include <libstream/format.h>

#include "findings.h"

/* Decode the 24 or 16 bytes at p. F_COUNT if all is well, else the finding, and *field tells where (byte offset). */
enum finding_id image_header_decode(const uint8_t *p, struct xsr_image_header *header, size_t *field);
enum finding_id domain_header_decode(const uint8_t *p, bool big_endian, struct xsr_domain_header *header,
    size_t *field);

#endif
