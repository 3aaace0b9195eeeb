/* SPDX-License-Identifier: MIT */
/*
 * A record family: one record type, its length rule, and what can be done with its body. Each family is one file
 * in libxc/ or libxl/, with decode, encode, check and describe side by side.
 *
 * Families see bodies only. What needs more than one record (order, presence, page accounting, agreement between
 * records) is verify/'s; a check may leave facts for it in struct image_facts.
 */
#ifndef XSR_FAMILY_H
#define XSR_FAMILY_H

#include <libstream/describe.h>
#include <libstream/encoder.h>
#include <libstream/verify.h>

#include "findings.h"
#include "wire/cursor.h"

/* Which guests a record is for. */
#define GUEST_PV  0x1u
#define GUEST_HVM 0x2u
#define GUEST_ANY (GUEST_PV | GUEST_HVM)

/* What earlier parts of the stream say; filled by the verifier and by checks, 0 where not known yet. */
struct image_facts {
	uint32_t image_version; /* 2 or 3 */
	uint32_t domain_type;   /* XSR_DOMAIN_* */
	uint32_t xen_major;     /* of the saver; 0 for a converter */
	uint32_t xen_minor;     /* of the saver */
	bool has_domain;        /* the domain header was seen, so the three above are valid */
	unsigned width;         /* guest width from X86_PV_INFO, 4 or 8 */
	unsigned levels;        /* page-table levels from X86_PV_INFO, 3 or 4 */
};

/* One check of one body: where it stands, what is known, where findings go. */
struct check {
	const struct xsr_record *record; /* the record the body is of */
	const struct image_facts *facts; /* never NULL */
	uint64_t body_offset;            /* of the body's first byte in the stream */
	enum xsr_depth depth;            /* look no deeper */
	xsr_finding_fn *report;          /* never NULL */
	void *report_context;            /* its first argument */
};

/*
 * Reports a finding at byte `at` of the body. allowed may be ""; the rest says what was found, as printf does.
 * field is static.
 */
void check_report(const struct check *c, enum finding_id id, uint64_t at, const char *field, const char *allowed,
    const char *found, ...) __attribute__((format(printf, 6, 7)));

/* Reports id for each non-zero byte range [at, at + n) of a reserved field: once, for the field. */
void check_zero(const struct check *c, enum finding_id id, const uint8_t *body, size_t at, size_t n,
    const char *field);

struct record_family {
	enum xsr_layer layer;    /* XSR_LAYER_LIBXL or XSR_LAYER_LIBXC */
	uint32_t type;           /* its number */
	unsigned guests;         /* GUEST_*: who may have it */
	uint32_t min_length;     /* shortest legal body */
	uint32_t max_length;     /* longest legal body */
	uint32_t multiple;       /* (length - min_length) must be a multiple of this; 1 for any */
	enum finding_id bad_length; /* finding for a length against the three above */
	/*
	 * Checks a whole body of legal length (at most XSR_WHOLE_MAX bytes). NULL for families whose bodies come in
	 * pieces (PAGE_DATA, P2M frames, HVM context, emulator records) and for empty ones.
	 */
	void (*check)(const struct check *c, const uint8_t *body, size_t length);
	/* Visits the fields of such a body. NULL as above. */
	void (*describe)(const struct xsr_visitor *v, const struct image_facts *facts, bool big_endian,
	    const uint8_t *body, size_t length);
	/*
	 * Decodes such a body to its structure and encodes that again; false if either refuses. What the tests use
	 * to show that nothing is lost.
	 */
	bool (*recode)(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
	    struct xsr_buffer *out);
};

/* The family of a record type, or NULL if there is none. */
const struct record_family *family_find(enum xsr_layer layer, uint32_t type);

#endif
