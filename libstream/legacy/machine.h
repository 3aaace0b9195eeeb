/* SPDX-License-Identifier: MIT */
/*
 * The machine that the files of this folder share: its states, what it remembers, and the few ways in which a step
 * takes bytes. A step is a function for a state; it sets the next state before it returns an event.
 */
#ifndef XSR_LEGACY_MACHINE_H
#define XSR_LEGACY_MACHINE_H

#include <libstream/legacy.h>

#include "findings.h"
#include "legacy/hint.h"

enum legacy_state {
	LS_CONTAINER,      /* 16 bytes: is there a container? */
	LS_XL_HEADER,      /* 48 bytes */
	LS_XL_LENGTH,      /* 4 bytes: length of the configuration */
	LS_XL_TAIL,        /* the rest of the optional data */
	LS_XEND_LENGTH,    /* 20 bytes, the magic included */
	LS_LIBVIRT_HEADER, /* 64 bytes */
	LS_XAPI_RECORD,    /* 16 bytes */
	LS_CONFIG,         /* configuration of any container */
	LS_BLOB,           /* body of a record of xapi's */
	LS_GUESS,          /* looks ahead, takes nothing */
	LS_P2M_SIZE,       /* 4 or 8 bytes */
	LS_INFO_TOTAL,     /* signature and 4 bytes */
	LS_INFO_BLOCK,     /* 8 bytes: a block of extended info */
	LS_INFO_XCNT,      /* 4 bytes */
	LS_INFO_SKIP,      /* the data of a block */
	LS_HEAD,           /* announces the head, takes nothing */
	LS_FRAMES,         /* entries of the P2M frame list */
	LS_CHUNK,          /* 4 bytes: id */
	LS_CHUNK_FIXED,    /* the fixed part of a chunk */
	LS_VCPU_MAP,       /* words of VCPU_INFO */
	LS_ENTRIES,        /* entries of a batch */
	LS_PAYLOAD,        /* announces page data, takes nothing */
	LS_PAGES,          /* page data */
	LS_CHUNK_DATA,     /* body of TOOLSTACK or COMPRESSED_DATA */
	LS_TMEM_HEAD,      /* 28 bytes */
	LS_TMEM_POOL,      /* 4 bytes: id of a pool */
	LS_TMEM_POOL_INFO, /* 24 bytes */
	LS_TMEM_OID,       /* id of an object */
	LS_TMEM_INDEX,     /* 4 bytes: index of a page in it */
	LS_TMEM_EXTRA,     /* 4 bytes: id of a pool */
	LS_HVM_TAIL,       /* 28 bytes */
	LS_HVM_CONTEXT,    /* the HVM context */
	LS_UNMAPPED_COUNT, /* 4 bytes */
	LS_UNMAPPED,       /* pfns without a page */
	LS_VCPU,           /* context of a vCPU */
	LS_VCPU_EXTENDED,  /* 128 bytes */
	LS_XSAVE_HEAD,     /* 16 bytes: mask and size */
	LS_XSAVE,          /* xsave state */
	LS_SHARED_INFO,    /* 4096 bytes */
	LS_TAIL_END,       /* announces it, takes nothing */
	LS_AFTER,          /* 4 bytes: device model, another round, or neither */
	LS_QEMU_SIGNATURE, /* 21 bytes */
	LS_QEMU_LENGTH,    /* 4 bytes, or 5 with a newline */
	LS_QEMU_NEWLINE,   /* 1 byte: which of two framings */
	LS_QEMU,           /* state of the device model */
	LS_ROUND,          /* announces the next round, takes nothing */
	LS_TRAILER,        /* whatever comes behind */
	LS_FAILED,         /* see error */
	LS_FINISHED,       /* xsr_legacy_finish() said yes */
	LS_COUNT
};

enum legacy_step {
	STEP_MORE,   /* the input is used up */
	STEP_AGAIN,  /* another state now: step again */
	STEP_EVENT,  /* event is ready */
	STEP_FAILED, /* error is set */
};

/* Bytes that are still to be taken. */
struct legacy_input {
	const uint8_t *data; /* next byte */
	size_t left;         /* how many */
};

#define LEGACY_HOLD    64u   /* longest fixed thing: libvirt's header */
#define LEGACY_ENTRIES 1024u /* most entries of a batch */
#define LEGACY_FIRST_LOOK 24u /* bytes that tell what an image is; the shortest is longer */

struct xsr_legacy {
	struct xsr_legacy_demand demand; /* of the caller */
	xsr_finding_fn *report;          /* for what does not stop decoding; never NULL */
	void *report_context;            /* its first argument */

	enum legacy_state state; /* what comes next */
	uint64_t offset;         /* of the next byte to take */

	uint8_t hold[LEGACY_HOLD]; /* a fixed thing while it is collected */
	size_t held;               /* bytes of it so far */

	enum xsr_legacy_event_type bytes_event; /* event of the run of bytes being taken */
	enum legacy_state bytes_next;           /* state behind it */
	uint64_t left;                          /* bytes of the run to come; also page data to come */
	uint64_t position;                      /* of the next one in its thing */
	bool whole;                             /* the run goes out in one piece */
	size_t gathered;                        /* bytes of it in body[] */

	bool structured;       /* in xapi's container of records */
	bool image_done;       /* in it: the image was there */
	bool xapi;             /* in either of xapi's containers */
	uint64_t config_end;   /* xl: offset behind the optional data */
	struct xsr_xl_header xl; /* while its configuration length is collected */
	struct hint hint;      /* guest type that the container's configuration tells */
	bool contained;        /* any container was there */

	struct xsr_legacy_head head; /* of the image */
	uint64_t head_at;            /* where it begins */
	uint32_t info_left;          /* bytes of extended info to come */
	uint64_t info_at;            /* offset of its total */
	bool info_vcpu;              /* the block "vcpu" was seen */
	uint64_t list_count;         /* entries of the list or batch being taken */
	uint64_t list_seen;          /* of them already taken */
	uint64_t list_last;          /* the latest of an ascending list */

	struct xsr_legacy_chunk chunk; /* the current one */
	uint64_t chunks;               /* seen so far */
	uint32_t metadata;             /* of this round that are no batches */
	uint32_t seen;                 /* bit n: chunk -n was in this round */
	bool in_body;                  /* chunk is valid for events */
	bool last_checkpoint;          /* LAST_CHECKPOINT was seen: no other round */
	bool compression_next;         /* ENABLE_COMPRESSION was seen: from the next round on */
	bool compressed;               /* in this round page data is compressed */
	uint64_t batch_pages;          /* entries of the batch with data */

	uint32_t tmem_pools;  /* of this chunk so far */
	uint32_t tmem_pages;  /* of this pool to come */
	uint64_t tmem_size;   /* bytes of such a page */

	uint64_t vcpu_map[XSR_LEGACY_VCPUS_MAX / 64]; /* vCPUs of this round's tail */
	uint32_t vcpu;        /* the current one */
	uint64_t xsave_mask;  /* of it */
	uint64_t round;       /* the current one */
	uint64_t complete;    /* rounds that are */
	bool torn;            /* the input ended in another one */
	bool had_qemu;        /* the device model of this round was seen */
	enum xsr_legacy_qemu qemu; /* its framing */
	unsigned release;     /* oldest that can have written what was seen, major * 100 + minor */

	uint8_t look[XSR_LEGACY_LOOK]; /* bytes looked at; steps get them before any other input */
	size_t look_length;            /* how many there are */
	size_t look_used;              /* how many steps took */

	uint64_t entries[LEGACY_ENTRIES]; /* for ENTRIES, FRAMES and UNMAPPED */
	struct xsr_legacy_event event;    /* the latest */
	struct xsr_finding error;         /* why state is LS_FAILED */
	uint8_t body[XSR_WHOLE_MAX];      /* a small thing that came in pieces */
};

typedef enum legacy_step legacy_step_fn(struct xsr_legacy *d, struct legacy_input *in);

/* Starts the next event; the caller fills the union. */
struct xsr_legacy_event *legacy_event(struct xsr_legacy *d, enum xsr_legacy_event_type type, uint64_t offset);

/* Ends decoding with a finding about the field at offset; the caller adds what was found and allowed. */
struct xsr_finding *legacy_fail(struct xsr_legacy *d, enum finding_id id, uint64_t offset, const char *field);

/* Reports a finding that does not end decoding. */
void legacy_report(struct xsr_legacy *d, enum finding_id id, uint64_t offset, const char *field,
    const char *allowed, const char *found, ...) __attribute__((format(printf, 6, 7)));

/* Says that the current chunk belongs to a finding. */
void legacy_in_chunk(const struct xsr_legacy *d, struct xsr_finding *f);

/* Takes n bytes, which must be there. */
const uint8_t *legacy_take(struct xsr_legacy *d, struct legacy_input *in, size_t n);

/* Collects `want` bytes in hold[]; true when all are there, and the next collection starts afresh. */
bool legacy_collect(struct xsr_legacy *d, struct legacy_input *in, size_t want);

/* Begins a run of bytes that goes out as events of one type; an empty run is passed over. */
void legacy_run(struct xsr_legacy *d, enum legacy_state state, enum xsr_legacy_event_type event, uint64_t length,
    enum legacy_state next);
legacy_step_fn legacy_step_run;

/*
 * Takes entries of toolstack width to entries[], as many as there are of list_count, at most LEGACY_ENTRIES - at.
 * Returns how many; 0: the input is used up. They count from *offset.
 */
size_t legacy_take_list(struct xsr_legacy *d, struct legacy_input *in, size_t at, uint64_t *offset);

/* A release that has what was just seen; keeps the newest. */
void legacy_since(struct xsr_legacy *d, unsigned major, unsigned minor);

/* Steps, a file each. container.c: */
legacy_step_fn legacy_step_container, legacy_step_xl_header, legacy_step_xl_length, legacy_step_xl_tail,
    legacy_step_xend, legacy_step_libvirt, legacy_step_config, legacy_step_xapi_record;
/* detect.c: */
legacy_step_fn legacy_step_guess;
/* head.c: */
legacy_step_fn legacy_step_p2m_size, legacy_step_info_total, legacy_step_info_block, legacy_step_xcnt,
    legacy_step_info_skip, legacy_step_head, legacy_step_frames;
/* body.c: */
legacy_step_fn legacy_step_chunk, legacy_step_fixed, legacy_step_vcpu_map, legacy_step_entries,
    legacy_step_payload;
/* tmem.c: */
legacy_step_fn legacy_step_tmem_head, legacy_step_tmem_pool, legacy_step_tmem_pool_info, legacy_step_tmem_oid,
    legacy_step_tmem_index, legacy_step_tmem_extra;
/* tail.c: */
legacy_step_fn legacy_step_hvm_tail, legacy_step_hvm_context, legacy_step_unmapped_count, legacy_step_unmapped,
    legacy_step_vcpu, legacy_step_vcpu_extended, legacy_step_xsave_head, legacy_step_xsave,
    legacy_step_tail_end, legacy_step_after, legacy_step_qemu_signature, legacy_step_qemu_length,
    legacy_step_qemu_newline, legacy_step_qemu, legacy_step_round;

/* Begins the round's body or tail; tail.c and body.c. */
void legacy_round_start(struct xsr_legacy *d);
void legacy_tail_start(struct xsr_legacy *d);

/* True if an id can begin a chunk of a body. */
bool legacy_chunk_known(int32_t id);

/* True if first bytes of something can become a signature of the device model's. */
bool legacy_qemu_prefix(const uint8_t *p, size_t length);

#endif
