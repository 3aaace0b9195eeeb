/* SPDX-License-Identifier: MIT */
/*
 * The converter without its input and output: it takes events of the legacy decoder and tells a port what to write.
 *
 * Rounds: the first one's body goes straight out. What follows a body is the state at that moment, and only the last
 * complete round's counts, so unless a chunk said that no round follows it is put aside, and so is each further body
 * until its round is complete.
 */
#ifndef XSR_LEGACY_CONVERT_H
#define XSR_LEGACY_CONVERT_H

#include <libstream/convert.h>
#include <libstream/encoder.h>

#include "findings.h"
#include "legacy/unpack.h"

/* Where output goes: out, or aside until it is replayed or cleared. */
enum convert_place {
	PLACE_OUT,    /* the sink */
	PLACE_BODY,   /* body of a round that is not complete yet */
	PLACE_TAIL_A, /* tail of a round; the two take turns */
	PLACE_TAIL_B, /* see there */
	PLACE_BLOB,   /* something whose length must be known before it can be written */
	PLACE_COUNT
};

/*
 * What the converter needs done. Each returns false if that failed or cannot go on; the port remembers why. `place`
 * is where output goes at the moment.
 */
struct convert_port {
	void *context; /* first argument of all */
	bool (*write)(void *context, const void *data, size_t size);
	/*
	 * What comes `ahead` bytes from here stems from this offset of the input; with verbatim the bytes behind it
	 * from the bytes behind that.
	 */
	void (*mark)(void *context, uint64_t ahead, uint64_t input, bool verbatim);
	/* The next `size` bytes of page data of the input: to the output, or away. */
	bool (*pages)(void *context, uint64_t size, bool keep);
	bool (*redirect)(void *context, enum convert_place place);
	/* Appends what is aside at `from` to the output, and forgets it. */
	bool (*replay)(void *context, enum convert_place from);
	bool (*clear)(void *context, enum convert_place place);
	uint64_t (*aside)(void *context, enum convert_place place);
	/* The guest's memory before and after a compressed page. */
	bool (*load)(void *context, uint32_t pfn, uint8_t *page);
	bool (*store)(void *context, uint32_t pfn, const uint8_t *page);
	/* PV: it is known that this pfn has no memory at the end. */
	bool (*gone)(void *context, uint64_t pfn);
};

#define CONVERT_PARAMS 24u

/* PV: what the tail of a round says that is looked at when all is over. */
struct pv_tail {
	uint64_t unmapped;      /* pfns without memory */
	uint64_t unmapped_at;   /* offset of the first of them */
	uint64_t last_unmapped; /* the latest of them */
	bool unsorted;          /* they do not ascend */
	uint64_t start_info;    /* pfn of that page */
	uint64_t start_info_at; /* offset of the register that says so */
};

struct convert {
	const struct xsr_convert_options *options; /* of the caller */
	struct xsr_convert_result *result;         /* filled in passing */
	const struct convert_port *port;           /* output */
	xsr_finding_fn *report;                    /* never NULL */
	void *report_context;                      /* its first argument */
	struct xsr_finding error;                  /* why an event was refused; id NULL: the port did */

	uint64_t here;                  /* offset of the current event */
	bool verbatim;                  /* a body that is written is that of the event */
	struct xsr_legacy_head head;    /* of the image */
	enum xsr_format format;         /* of the output */
	bool xl_written;                /* the xl header is out */
	bool pass_config;               /* the container's configuration is passed on */
	bool last_checkpoint;           /* no round follows */
	bool has_vcpu_info;             /* this round said which vCPUs there are */
	bool aside;                     /* this round's tail is put aside */
	uint64_t round;                 /* the current one */
	bool have_tail;                 /* an earlier round's tail is aside */
	enum convert_place tail;        /* where this round's goes */
	struct xsr_hvm_param params[CONVERT_PARAMS]; /* of this round, in order of first appearance */
	struct xsr_legacy_chunk param_chunks[CONVERT_PARAMS]; /* where in the input they are */
	size_t param_count;             /* how many */
	uint8_t *toolstack;             /* TOOLSTACK of this round as it came */
	size_t toolstack_length;        /* bytes of it */
	size_t toolstack_size;          /* room */
	uint64_t toolstack_offset;      /* in the input */
	uint64_t batch[1024];           /* entries of a batch that are no holes, in the output's form */
	uint32_t batch_count;           /* how many */
	uint32_t batch_pages;           /* of them with data */
	bool kept[1024];                /* of the pages that come with a batch: those for the output */
	uint32_t kept_of;               /* how many come */
	bool comparing;                 /* behind VERIFY: pages that were there already */
	uint64_t given_back;            /* pages left out since the guest had given them back */
	struct pv_tail told;            /* by the last complete round */
	struct pv_tail telling;         /* by this one so far */
	uint32_t record_left;           /* padding behind a body that comes in pieces */
	bool qemu_open;                 /* EMULATOR_CONTEXT's state is coming */
	bool qemu_unknown;              /* ... of unknown length */
	struct unpack unpack;           /* compressed rounds */
	uint64_t compressed_at;         /* offset of the latest compressed data, 0 for none in this round */
};

/* Begins; *c is filled whole. */
void convert_start(struct convert *c, const struct xsr_convert_options *options, struct xsr_convert_result *result,
    const struct convert_port *port, xsr_finding_fn *report, void *context);

/* Frees what c has, not c. */
void convert_release(struct convert *c);

/* Takes an event. False: c->error says why, or the port knows. */
bool convert_event(struct convert *c, const struct xsr_legacy_event *e);

/* The input has ended well; decoder is the finished one. */
bool convert_finish(struct convert *c, const struct xsr_legacy *decoder);

/* What its parts share. Fault of the input at offset; the caller adds texts. */
struct xsr_finding *convert_fault(struct convert *c, enum finding_id id, const struct xsr_legacy_event *e,
    uint64_t offset, const char *field);
void convert_report(struct convert *c, enum finding_id id, const struct xsr_legacy_event *e, const char *field,
    const char *allowed, const char *found, ...) __attribute__((format(printf, 6, 7)));

/* Writes a record header; or a whole record of a head and a body (either may be empty). */
bool convert_record_header(struct convert *c, uint32_t type, uint32_t length);
bool convert_record(struct convert *c, uint32_t type, const void *head, size_t head_length, const void *body,
    size_t length);

/* The same where the body is that of the current event. */
bool convert_verbatim(struct convert *c, uint32_t type, const void *head, size_t head_length, const void *body,
    size_t length);

/* pages.c: a batch, its page data, a chunk of compressed data, the end of a body. */
bool convert_entries(struct convert *c, const struct xsr_legacy_event *e);
bool convert_payload(struct convert *c, const struct xsr_legacy_event *e);
bool convert_compressed(struct convert *c, const struct xsr_legacy_event *e);
bool convert_body_complete(struct convert *c, const struct xsr_legacy_event *e);

/* state.c: parameters, vCPUs, HVM context. */
bool convert_param(struct convert *c, const struct xsr_legacy_chunk *chunk);
bool convert_params(struct convert *c);
bool convert_hvm_tail(struct convert *c, const struct xsr_legacy_event *e);
bool convert_vcpu(struct convert *c, const struct xsr_legacy_event *e);
bool convert_vcpu_extended(struct convert *c, const struct xsr_legacy_event *e);
bool convert_vcpu_xsave(struct convert *c, const struct xsr_legacy_event *e);

/* A piece of a body whose header is out, and the padding behind the last one. */
bool convert_piece(struct convert *c, const struct xsr_legacy_event *e);

/* toolstack.c: gathers a chunk, checks it when it is complete, and writes the record. */
bool convert_toolstack(struct convert *c, const struct xsr_legacy_event *e);
bool convert_toolstack_record(struct convert *c);

#endif
