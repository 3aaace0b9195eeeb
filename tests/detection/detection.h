/* SPDX-License-Identifier: MIT */
#ifndef XSR_TESTS_DETECTION_H
#define XSR_TESTS_DETECTION_H

#include <stdbool.h>
#include <stdint.h>

/* A header or record without its page data. */
struct part {
	char name[64];   /* "xl header", "libxc HVM_CONTEXT" */
	uint64_t offset; /* in the stream */
	uint64_t size;   /* bytes of metadata */
	uint32_t body;   /* of a record: length of its body */
};

/* Where a byte is: what the table and the list of free forms go by. */
struct place {
	char kind[64]; /* the part's name, or of an entry of an HVM context */
	int64_t at;    /* byte in the header, or in the body; below 0 in a record's header */
	bool padding;  /* behind the body */
};

struct place place_of(const struct part *part, const uint8_t *stream, uint64_t byte);

/* A stream may end behind this part. */
bool is_checkpoint_end(const struct part *part);

/* Whether no rule can tell this bit from its opposite. */
bool is_free_form(const struct place *place, unsigned bit);

#endif
