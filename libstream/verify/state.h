/* SPDX-License-Identifier: MIT */
/* What the parts of the verifier share: its state, and how they report. */
#ifndef XSR_VERIFY_STATE_H
#define XSR_VERIFY_STATE_H

#include <libstream/verify.h>

#include "family.h"
#include "verify/contents.h"
#include "verify/hvm_state.h"
#include "verify/pfn_map.h"
#include "verify/pv_state.h"
#include "xl/config.h"

/* The most significant bit of a physical address that x86 can have is 51. */
#define HVM_PFN_LIMIT (UINT64_C(1) << 40)

/* vCPUs whose ids are remembered; no release of Xen has more. */
#define VCPU_MAX 8192u

/* The four records that each vCPU of a PV guest has. */
enum vcpu_kind { VCPU_BASIC, VCPU_EXTENDED, VCPU_XSAVE, VCPU_MSRS, VCPU_KINDS };

/* What was seen since the stream or the last checkpoint began. */
struct group {
	uint64_t libxc[XSR_LIBXC_TYPES];         /* records by type */
	uint64_t libxl[XSR_LIBXL_TYPES];         /* the same of the libxl layer */
	uint64_t tail;                           /* end-of-checkpoint records */
	uint8_t vcpus[VCPU_KINDS][VCPU_MAX / 8]; /* bit set: this vCPU had this record */
	bool vcpus_unsure;                       /* a vCPU record was too damaged to say whose it is */
};

struct order_state {
	struct group group;        /* since the last checkpoint */
	bool static_end_told;      /* a missing STATIC_DATA_END was reported */
	bool pv_info_told;         /* a missing X86_PV_INFO was reported */
	bool p2m_told;             /* missing P2M frames were reported */
	bool context_told;         /* a missing LIBXC_CONTEXT was reported */
	bool page_data_told;       /* missing memory was reported */
	bool late_told;            /* late memory was reported, once a group */
	bool in_checkpoint;        /* between libxc CHECKPOINT and libxl CHECKPOINT_END */
	bool after_checkpoint_end; /* the last record was a CHECKPOINT_END */
	uint32_t last_vcpu;        /* id of the latest X86_PV_VCPU_BASIC */
	struct xsr_record verify_record; /* the latest VERIFY */
	bool second_image;         /* another image began: its order is not judged again */
	uint64_t since_checkpoint; /* records since the last complete checkpoint */
};

struct page_state {
	struct pfn_map map;            /* state of each pfn described; depth stream */
	bool map_lost;                 /* accounting was given up */
	struct pfn_map tops;           /* PV: PFN_TABLE for page tables of the top level */
	bool tops_lost;                /* there were too many, too far apart */
	bool has_p2m;                  /* P2M frames were seen */
	uint64_t p2m_end;              /* highest pfn they cover */
	uint32_t batch_count;          /* entries the current record announces */
	uint64_t previous;             /* pfn before this one in the record */
	bool has_previous;             /* there is one */
	bool unsorted;                 /* the record is not in ascending order */
	uint64_t batch[XSR_BATCH_MAX]; /* pfns of the record, for the search for doubles */
	uint32_t batched;              /* how many */
	uint64_t told;                 /* bit a rule: already reported for this record */
	uint64_t last;                 /* highest pfn of the pass so far */
	bool in_pass;                  /* last is valid */
	bool first_pass_judged;        /* gaps were looked for */
};

/* Findings of one kind that a record may give; the rest is told as a number. */
#define REPEATS_MAX 16u

/* Findings of the latest record that gave any. */
struct repeats {
	bool any;                 /* there is such a record; else all counts are 0 */
	struct xsr_finding place; /* its first finding, for the place */
	size_t latest;            /* row of the latest finding */
	uint64_t count[F_COUNT];  /* by row of the catalogue */
};

struct xsr_verifier {
	enum xsr_depth depth;               /* how deep to look */
	xsr_finding_fn *report;             /* the caller's, or NULL */
	void *report_context;               /* its first argument */
	struct image_facts facts;           /* for the families */
	union family_state walk;            /* of the family whose body comes in pieces */
	struct xsr_summary summary;         /* for the caller */
	struct xsr_verdict verdict;         /* for the caller */
	struct repeats repeats;             /* report.c */
	bool in_payload;                    /* page data of a record began and its end did not come */
	uint64_t payload_offset;            /* where that page data begins */
	struct order_state order;           /* order.c */
	struct page_state pages;            /* pages.c */
	struct contents *contents;          /* contents.c; NULL below depth pages */
	struct pv_state pv;                 /* what PV records point at */
	struct hvm_state hvm;               /* what HVM_PARAMS points at */
	struct xl_config config;            /* config.c */
	const struct xsr_host *host;        /* that shall restore the stream, or NULL */
	bool host_told;                     /* that there is no policy to compare */
	const struct record_family *family; /* of the current record, NULL if unknown */
	bool length_ok;                     /* its length is legal */
	bool memory_lost;                   /* verify_memory_lost() was called */
	uint8_t body_head[8];               /* the first bytes of the current body */
	uint8_t trailer[64];                /* the first bytes behind END */
	bool finished;                      /* xsr_verifier_finish() was called */
};

/* Counts a finding that is complete and hands it on; context is the verifier. Has the shape of
 * xsr_finding_fn. */
void verify_finding(void *context, const struct xsr_finding *finding);

/*
 * True if the record gave so many findings of this kind that one more is counted only, which is done then: making up
 * its text is most of the work of a hostile record. What a finding is told as hangs on nothing but its kind and layer.
 */
bool verify_enough(void *context, enum finding_id id, const struct xsr_record *record);

/* Tells how many findings of the latest record were not told one by one. */
void verify_rest(struct xsr_verifier *v);

/* Reports a finding outside of any record's body. field is static; the rest says what was found. */
void verify_report(struct xsr_verifier *v, enum finding_id id, enum xsr_layer layer, uint64_t offset,
    const char *field, const char *allowed, const char *found, ...) __attribute__((format(printf, 7, 8)));

/* Reports a finding about a record: at its header, or `at` bytes into it. */
void verify_record(struct xsr_verifier *v, enum finding_id id, const struct xsr_record *record, uint64_t at,
    const char *field, const char *allowed, const char *found, ...) __attribute__((format(printf, 7, 8)));

/* Memory for a rule's state could not be had: says so once, and in what xsr_verifier_event() returns. */
void verify_memory_lost(struct xsr_verifier *v);

/* headers.c: the fields of the four headers, and what stands behind END. */
void headers_xl(struct xsr_verifier *v, const struct xsr_event *e);
void headers_libxl(struct xsr_verifier *v, const struct xsr_event *e);
void headers_image(struct xsr_verifier *v, const struct xsr_event *e);
void headers_domain(struct xsr_verifier *v, const struct xsr_event *e);
void headers_trailer(struct xsr_verifier *v);

/* config.c: the configuration of an xl image; the image header; and the end, when the summary is complete. */
void config_header(struct xsr_verifier *v, const struct xsr_event *e);
void config_bytes(struct xsr_verifier *v, const struct xsr_event *e);
void config_domain(struct xsr_verifier *v, const struct xsr_event *e);
void config_finish(struct xsr_verifier *v);

/* against.c: rules that depend on the release. False if the finding means nothing to it. */
bool against_decide(const struct release *target, struct xsr_finding *finding);
void against_image(struct xsr_verifier *v, const struct xsr_event *e);
void against_domain(struct xsr_verifier *v, const struct xsr_event *e);
void against_record(struct xsr_verifier *v, const struct xsr_record *record);
void against_guest(struct xsr_verifier *v, const struct xsr_record *record);

/* host.c: what the host that shall restore the stream lacks. Each does nothing without a host. */
void host_image(struct xsr_verifier *v, const struct xsr_event *e);
void host_domain(struct xsr_verifier *v, const struct xsr_event *e);
void host_body(struct xsr_verifier *v, const struct xsr_event *e);
void host_record(struct xsr_verifier *v, const struct xsr_record *record);
void host_finish(struct xsr_verifier *v);

/* The host's policy for guests like the image's, or NULL where there is none to compare with. */
const struct xsr_host_cpu *host_cpu(const struct xsr_verifier *v);

/* host_features.c: the words of features in one leaf of the guest's policy. */
void host_features(struct xsr_verifier *v, const struct xsr_record *record, uint64_t at,
    const struct xsr_cpuid_leaf *guest, const struct xsr_cpuid_leaf *host);

/* order.c: what must come, once, and where. Called for each record, its body's first piece, and the end. */
void order_record(struct xsr_verifier *v, const struct xsr_record *r);
void order_vcpu(struct xsr_verifier *v, const struct xsr_record *r, uint32_t vcpu_id);
void order_record_end(struct xsr_verifier *v, const struct xsr_record *r);
void order_finish(struct xsr_verifier *v, const struct xsr_finding *fault);

/* pages.c: PAGE_DATA, and the account of all pfns. */
void pages_p2m(struct xsr_verifier *v, uint32_t start, uint32_t end, uint64_t frames);
void pages_batch(struct xsr_verifier *v, const struct xsr_event *e);
void pages_pfns(struct xsr_verifier *v, const struct xsr_event *e);
void pages_payload(struct xsr_verifier *v, const struct xsr_event *e);
void pages_record_end(struct xsr_verifier *v, const struct xsr_record *r);
/* The latest type of a pfn, for pv_state_judge(); context is the verifier. */
int pages_type(void *context, uint64_t pfn);
void pages_finish(struct xsr_verifier *v);
void pages_clear(struct xsr_verifier *v);

#endif
