/* SPDX-License-Identifier: MIT */
/*
 * A record family: one record type, its length rule, and what can be done with its body. Each family is one file
 * in libxc/ or libxl/, with decode, encode, check and describe side by side.
 *
 * Families see bodies only. What needs more than one record (order, presence, page accounting, agreement between
 * records) is verify/'s; a family may leave facts for later records in struct image_facts.
 */
#ifndef XSR_FAMILY_H
#define XSR_FAMILY_H

#include <stddef.h>

#include <libstream/describe.h>
#include <libstream/encoder.h>
#include <libstream/verify.h>

#include "findings.h"
#include "libxc/xstate.h"
#include "release.h"
#include "wire/cursor.h"

/* Which guests a record is for. */
#define GUEST_PV  0x1u
#define GUEST_HVM 0x2u
#define GUEST_ANY (GUEST_PV | GUEST_HVM)

/* What an HVM context says about its guest. PVH guests have none of the devices. */
struct hvm_facts {
	bool known;            /* a context came; the latest one counts */
	bool has_pic;          /* entries of these devices are there */
	bool has_ioapic;       /* as has_pic */
	bool has_pit;          /* as has_pic */
	bool has_rtc;          /* as has_pic */
	bool has_hpet;         /* as has_pic */
	bool has_pmtimer;      /* as has_pic */
	uint32_t cpus;         /* CPU entries, one a vCPU that runs */
	uint32_t highest_vcpu; /* highest number of such a vCPU */
};

/* What earlier parts of the stream say; filled from headers and by families' learn, 0 where not known yet. */
struct image_facts {
	uint32_t image_version; /* 2 or 3 */
	uint32_t domain_type;   /* XSR_DOMAIN_* */
	uint32_t xen_major;     /* of the saver; 0 for a converter */
	uint32_t xen_minor;     /* of the saver */
	bool has_domain;        /* the domain header was seen, so the three above are valid */
	unsigned width;         /* guest width from X86_PV_INFO, 4 or 8 */
	unsigned levels;        /* page-table levels from X86_PV_INFO, 3 or 4 */
	struct xstate_layout xstate; /* from X86_CPUID_POLICY */
	unsigned physical_bits; /* width of physical addresses from X86_CPUID_POLICY */
	struct hvm_facts hvm;   /* from HVM_CONTEXT */
	struct release target;  /* the release that shall restore the image, if the caller named one */
	uint64_t host_states;   /* bits that xcr0 can have on the host that shall restore it; 0: no host is given */
};

/* One check of one body: where it stands, what is known, where findings go. */
struct check {
	const struct xsr_record *record; /* the record the body is of */
	const struct image_facts *facts; /* never NULL */
	uint64_t body_offset;            /* of the body's first byte in the stream */
	enum xsr_depth depth;            /* look no deeper */
	/* NULL, or true if one more finding of this kind would not be told: it is counted already */
	bool (*enough)(void *context, enum finding_id id, const struct xsr_record *record);
	xsr_finding_fn *report;          /* never NULL */
	void *report_context;            /* first argument of both */
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

/*
 * Room for what a family remembers from one piece of a body to the next. A walker that needs more must get by with
 * less: whoever feeds it keeps one of these, whatever the stream says.
 */
#define FAMILY_STATE_MAX 4096u

union family_state {
	max_align_t align;               /* aligned for any structure */
	uint8_t bytes[FAMILY_STATE_MAX]; /* the family's own, all zero before the first piece */
};

struct record_family {
	enum xsr_layer layer;    /* XSR_LAYER_LIBXL or XSR_LAYER_LIBXC */
	uint32_t type;           /* its number */
	unsigned guests;         /* GUEST_*: who may have it */
	uint32_t min_length;     /* shortest legal body */
	uint32_t max_length;     /* longest legal body */
	uint32_t multiple;       /* (length - min_length) must be a multiple of this; 1 for any */
	enum finding_id bad_length; /* finding for a length against the three above */
	/*
	 * Checks a whole body of legal length (at most XSR_WHOLE_MAX bytes). NULL for families whose bodies are
	 * checked piece by piece, for PAGE_DATA and for empty ones.
	 */
	void (*check)(const struct check *c, const uint8_t *body, size_t length);
	/*
	 * Checks a body of legal length piece by piece: the bodies that check does not get, or all of them if check
	 * is NULL. position is that of the first byte in the body; the pieces of a body follow each other without a
	 * gap and are cut anywhere. A body that the stream breaks off has no last piece. state has state_size
	 * bytes. NULL if there is nothing to check in such a body.
	 */
	void (*piece)(void *state, const struct check *c, const uint8_t *data, size_t length, uint64_t position,
	    bool last);
	size_t state_size; /* what piece and describe_piece remember; at most FAMILY_STATE_MAX */
	/* Visits the fields of a whole body. NULL as for check. */
	void (*describe)(const struct xsr_visitor *v, const struct image_facts *facts, bool big_endian,
	    const uint8_t *body, size_t length);
	/* The same piece by piece; what it opens it closes with the last piece. NULL as for piece. */
	void (*describe_piece)(void *state, const struct xsr_visitor *v, const struct image_facts *facts,
	    bool big_endian, const uint8_t *data, size_t length, uint64_t position, bool last);
	/* Takes from a whole body what later records are judged or read by. NULL for most. */
	void (*learn)(struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length);
	/* The same for families whose bodies are checked by piece: from its state behind the last piece. */
	void (*learn_pieces)(const void *state, struct image_facts *facts);
	/*
	 * Decodes such a body to its structure and encodes that again; false if either refuses. What the tests use
	 * to show that nothing is lost.
	 */
	bool (*recode)(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
	    struct xsr_buffer *out);
};

/* Whether a body of the family can have this length. */
bool family_length_legal(const struct record_family *family, uint32_t length);

/*
 * Hands a BODY event to the check or piece of its family (NULL: none), then lets it learn. Bodies of illegal length
 * are passed over: that finding is the caller's, at the RECORD event. state belongs to the caller, who keeps it from
 * one event to the next and leaves it alone.
 */
void family_check(const struct record_family *family, const struct check *c, union family_state *state,
    struct image_facts *facts, const struct xsr_event *body);

/* The same for describe and describe_piece. */
void family_describe(const struct record_family *family, const struct xsr_visitor *v, union family_state *state,
    struct image_facts *facts, const struct xsr_event *body);

/* The family of a record type, or NULL if there is none. */
const struct record_family *family_find(enum xsr_layer layer, uint32_t type);

#endif
