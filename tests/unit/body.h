/* SPDX-License-Identifier: MIT */
/*
 * What tests of record families share: one body is handed to its family as a decoder would hand it, and what comes
 * of it is text to compare with. Bodies above XSR_WHOLE_MAX, and any body if asked, come in pieces.
 */
#ifndef XSR_TESTS_BODY_H
#define XSR_TESTS_BODY_H

#include <stddef.h>

#include "family.h"

/* One body and how it is handed over. Members that are not used are zero. */
struct body {
	enum xsr_layer layer;     /* of the record */
	uint32_t type;            /* of the record */
	const void *data;         /* the body */
	size_t length;            /* of the body */
	bool big_endian;          /* byte order of the layer */
	enum xsr_depth depth;     /* for checks */
	size_t chunk;             /* bytes a piece; 0: whole */
	struct image_facts facts; /* what is known before; afterwards what the body taught */
};

/*
 * Findings of the body: "id offset\n" each, the offset counted from the body's first byte. A length that the
 * family forbids gives its finding at "-". To be freed.
 */
char *body_findings(struct body *body);

/* The body described, as JSON without blanks; hexadecimal numbers as 0x… To be freed. */
char *body_described(struct body *body);

/* Ends the test unless decoding and encoding the body gives the same bytes. */
void body_recodes(struct body *body);

/* Ends the test unless the findings are these. */
void body_expect(struct body *body, const char *findings);

/* Ends the test unless the description is this. */
void body_expect_described(struct body *body, const char *json);

/* Writes an integer of `width` bytes. */
void body_put(uint8_t *at, uint64_t value, unsigned width, bool big_endian);

#endif
