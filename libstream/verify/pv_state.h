/* SPDX-License-Identifier: MIT */
/*
 * What the records of a PV guest say about its pages, kept until the types of all pages are known: where vCPUs have
 * their page tables, GDT and start_info, which pages hold the P2M, how large the guest thinks it is.
 *
 * Memory is bounded whatever the stream says: at most VCPU_IDS vCPUs and PV_RUNS_MAX runs of P2M frames, 4 MiB in all.
 */
#ifndef XSR_VERIFY_PV_STATE_H
#define XSR_VERIFY_PV_STATE_H

#include "family.h"
#include "libxc/p2m_frames.h"

/* Runs of P2M frames remembered: guests have a few, because they make their P2M in one piece. */
#define PV_RUNS_MAX 65536u

/* Answers of pv_page_type_fn besides enum xsr_page_type. */
#define PV_PAGE_UNKNOWN (-1) /* page accounting was given up: do not judge */
#define PV_PAGE_NONE    (-2) /* no PAGE_DATA named this pfn */

/* The latest type of a pfn; for page tables with or without XSR_PAGE_PINNED. */
typedef int pv_page_type_fn(void *context, uint64_t pfn);

struct pv_vcpu; /* what one vCPU points at */
struct pv_run;  /* P2M frames whose pfns go up or down by one, or are the same */

/* All zero at the start. */
struct pv_state {
	struct pv_vcpu *vcpus;   /* by vCPU id; owned */
	uint32_t vcpu_room;      /* elements of it */
	uint32_t round;          /* checkpoints so far: vCPUs of earlier rounds do not count */
	bool has_vcpu;           /* last_vcpu is valid */
	uint32_t last_vcpu;      /* id of the latest X86_PV_VCPU_BASIC of this round */
	struct pv_run *runs;     /* in the order of the stream; owned */
	uint32_t run_count;      /* elements in use */
	uint32_t run_room;       /* elements there are */
	uint64_t frames;         /* in all of them */
	bool runs_judged;        /* they were judged before, when the stream was at … */
	uint64_t runs_judged_at; /* … this offset */
	struct p2m_units units;  /* of the P2M record that is arriving */
	bool has_p2m;            /* some P2M record came */
	uint32_t p2m_end;        /* highest end_pfn so far */
	bool p2m_unsure;         /* a record had not the frames that its end needs: p2m_end may be too high */
	bool p2m_void;           /* the P2M record that is arriving has an impossible range: pass it over */
	bool has_shared;         /* SHARED_INFO of a known width came in this round */
	uint64_t max_pfn;        /* what it says */
	struct xsr_record shared_record; /* the record it was in */
	uint64_t shared_offset;  /* of the field in the stream */
};

/*
 * Takes a BODY event of a record of legal length, whatever its type, and reports what the order of records shows
 * (c->depth below XSR_DEPTH_STREAM: does nothing). Call it before family_check(): facts are those of earlier
 * records. XSR_E_NOMEM if what it says could not be kept; judging goes on with the rest.
 */
enum xsr_status pv_state_body(struct pv_state *state, const struct check *c, const struct xsr_event *body);

/*
 * At END and at each CHECKPOINT: reports what points at pages of the wrong type or beyond the P2M. c->body_offset is
 * where the stream stands; c->record is not used. The P2M frames, which may be millions, are judged again at a
 * later checkpoint only if as many bytes have come since: else a few bytes could cost any amount of time.
 */
void pv_state_judge(struct pv_state *state, const struct check *c, pv_page_type_fn *page_type, void *context);

/*
 * Which page vCPU 0 says is start_info, in the latest round, and where it says so: the record, and the offset of the
 * register from the record's header. False if there is no vCPU 0.
 */
bool pv_state_start_info(const struct pv_state *state, uint64_t *pfn, struct xsr_record *record, uint64_t *at);

/* After a CHECKPOINT was judged: vCPUs and SHARED_INFO come again, the P2M stays. */
void pv_state_next_round(struct pv_state *state);

/* Forgets everything and frees it. */
void pv_state_clear(struct pv_state *state);

#endif
