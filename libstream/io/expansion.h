/* SPDX-License-Identifier: MIT */
/* How much a compressed input may unpack to: what work is to be done shall be in proportion to what is stored. */
#ifndef XSR_IO_EXPANSION_H
#define XSR_IO_EXPANSION_H

#include "io/io.h"

/* What has been unpacked. */
struct expansion {
	uint64_t heavy; /* of it, what is no page data, in bytes; a record is some, an entry of a batch one */
};

/* Counts what came of unpacked bytes. */
void expansion_event(struct expansion *x, const struct xsr_event *e);

/* XSR_OK, or XSR_E_LIMIT with *error if so many unpacked bytes are too much for the source. */
enum xsr_status expansion_check(const struct expansion *x, struct xsr_source *s, uint64_t unpacked,
    struct xsr_finding *error);

#endif
