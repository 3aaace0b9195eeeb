/* SPDX-License-Identifier: MIT */
#include "verify/pv_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libstream/records.h>

#include "libxc/vcpu_head.h"

struct pv_vcpu {
	uint32_t seen;            /* 1 + the round in which it last had X86_PV_VCPU_BASIC; 0: never */
	bool has_cr1;             /* it has a page table for user mode */
	unsigned width;           /* 4 or 8: of its context */
	unsigned gdt_used;        /* elements of gdt */
	uint64_t start_info;      /* pfn; of vCPU 0 */
	uint64_t cr3;             /* pfn */
	uint64_t cr1;             /* pfn */
	uint64_t gdt[XSR_VCPU_GDT_FRAMES]; /* pfns */
	struct xsr_record record; /* where all this was */
	uint64_t offset;          /* of the record's body in the stream */
};

struct pv_run {
	uint64_t record; /* index of the record */
	uint64_t offset; /* of the first frame in the stream */
	uint32_t pfn;    /* of the first frame */
	uint32_t count;  /* of frames, at least 1 */
	int32_t step;    /* from one pfn to the next: 1, 0 or -1; no meaning for a single frame */
};

/* Offsets in the body of X86_PV_VCPU_BASIC, by width. */
struct offsets {
	uint16_t start_info, gdt, cr1, cr3; /* what the names say */
};

static const struct offsets offsets_32 = {8 + 0x20c, 8 + 0xa50, 8 + 0xaa0, 8 + 0xaa8};
static const struct offsets offsets_64 = {8 + 0x268, 8 + 0x12e0, 8 + 0x1380, 8 + 0x1390};

static const char *type_name(int type)
{
	static const char *const names[] = {"NOTAB", "L1TAB", "L2TAB", "L3TAB", "L4TAB", "type 5", "type 6", "type 7",
	    "type 8", "L1TAB", "L2TAB", "L3TAB", "L4TAB", "BROKEN", "XALLOC", "XTAB"};

	return type >= 0 && type < 16 ? names[type] : "not in the stream";
}

/* Makes room for a vCPU id below VCPU_IDS. What is new is zero: never seen. */
static struct pv_vcpu *vcpu_at(struct pv_state *s, uint32_t id)
{
	uint32_t room = s->vcpu_room ? s->vcpu_room : 8;
	struct pv_vcpu *grown;

	while (room <= id)
		room *= 2;
	if (room != s->vcpu_room) {
		grown = realloc(s->vcpus, room * sizeof(*grown));
		if (!grown)
			return NULL;
		memset(grown + s->vcpu_room, 0, (room - s->vcpu_room) * sizeof(*grown));
		s->vcpus = grown;
		s->vcpu_room = room;
	}
	return &s->vcpus[id];
}

static enum xsr_status take_vcpu(struct pv_state *s, const struct check *c, const struct xsr_event *e)
{
	struct xsr_vcpu_basic basic;
	struct pv_vcpu *vcpu;

	if (!e->u.bytes.whole || xsr_vcpu_basic_decode(e->u.bytes.data, e->u.bytes.length, c->record->big_endian,
	    &basic) != XSR_OK || basic.head.vcpu_id >= VCPU_IDS)
		return XSR_OK;
	/* A context of the other width is wrong as a whole; its pfns would be judged by the wrong rules. */
	if (c->facts->width && basic.width != c->facts->width)
		return XSR_OK;
	if (s->has_vcpu && basic.head.vcpu_id < s->last_vcpu)
		check_report(c, F_VCPU_BASIC_ORDER, 0, "vcpu_id", "ascending", "%" PRIu32 " after %" PRIu32,
		    basic.head.vcpu_id, s->last_vcpu);
	s->has_vcpu = true;
	s->last_vcpu = basic.head.vcpu_id;
	vcpu = vcpu_at(s, basic.head.vcpu_id);
	if (!vcpu)
		return XSR_E_NOMEM;
	vcpu->seen = s->round + 1;
	vcpu->width = basic.width;
	vcpu->start_info = basic.regs.rdx;
	vcpu->cr3 = xsr_vcpu_basic_cr3(&basic);
	vcpu->has_cr1 = xsr_vcpu_basic_cr1(&basic, &vcpu->cr1);
	vcpu->gdt_used = xsr_vcpu_basic_gdt_used(&basic);
	memcpy(vcpu->gdt, basic.gdt_frames, sizeof(vcpu->gdt));
	vcpu->record = *c->record;
	vcpu->offset = c->body_offset;
	return XSR_OK;
}

static void take_shared_info(struct pv_state *s, const struct check *c, const struct xsr_event *e)
{
	struct xsr_shared_info info;

	if (!e->u.bytes.whole ||
	    xsr_shared_info_decode(e->u.bytes.data, e->u.bytes.length, c->facts->width, &info) != XSR_OK)
		return;
	s->has_shared = true;
	s->max_pfn = info.max_pfn;
	s->shared_record = *c->record;
	s->shared_offset = c->body_offset + (info.width == 4 ? 0x90c : 0xc10);
}

/*
 * Restorers let the P2M grow with each record; what no record covers stays pfn 0, silently. An impossible range and a
 * wrong number of frames have findings of their own, and none shall follow from them.
 */
static void take_range(struct pv_state *s, const struct check *c, const uint8_t *head)
{
	uint32_t start = load_u32(head, c->record->big_endian), end = load_u32(head + 4, c->record->big_endian);
	uint32_t frames = c->record->length / P2M_UNIT - 1;

	s->p2m_void = start > end || !end;
	if (s->p2m_void)
		return;
	if (c->facts->width && frames != xsr_p2m_frames_needed(start, end, c->facts->width))
		s->p2m_unsure = true;
	if (!s->has_p2m && start)
		check_report(c, F_P2M_FRAMES_START, 0, "start_pfn", "0 in the first record", "0x%" PRIx32, start);
	if (s->has_p2m)
		check_report(c, F_P2M_FRAMES_REPEATED, 0, "", "one record", "another one");
	if (s->has_p2m && start && start - 1 > s->p2m_end)
		check_report(c, F_P2M_FRAMES_START, 0, "start_pfn", "no gap behind the record before",
		    "0x%" PRIx32 " after 0x%" PRIx32, start, s->p2m_end);
	s->has_p2m = true;
	if (end > s->p2m_end)
		s->p2m_end = end;
}

/* Makes the frame part of the latest run if it goes on there. */
static bool run_goes_on(struct pv_run *run, uint64_t record, uint64_t offset, uint32_t pfn)
{
	int64_t step = (int64_t)pfn - run->pfn;

	if (run->record != record || run->offset + (uint64_t)run->count * P2M_UNIT != offset)
		return false;
	if (run->count == 1 && step >= -1 && step <= 1)
		run->step = (int32_t)step;
	else if (run->count == 1 || step != (int64_t)run->step * run->count)
		return false;
	run->count++;
	return true;
}

/* Frames beyond the P2M have their finding already; frames beyond the limit are not judged. */
static enum xsr_status take_frame(struct pv_state *s, const struct check *c, uint64_t offset, uint64_t pfn)
{
	if (pfn > UINT32_MAX)
		return XSR_OK;
	s->frames++;
	if (s->run_count && run_goes_on(&s->runs[s->run_count - 1], c->record->index, offset, (uint32_t)pfn))
		return XSR_OK;
	if (s->run_count == s->run_room) {
		uint32_t room = s->run_room ? s->run_room * 2 : 64;
		struct pv_run *grown = room <= PV_RUNS_MAX ? realloc(s->runs, room * sizeof(*grown)) : NULL;

		if (!grown)
			return XSR_E_NOMEM;
		s->runs = grown;
		s->run_room = room;
	}
	s->runs[s->run_count++] = (struct pv_run){.record = c->record->index, .offset = offset,
	    .pfn = (uint32_t)pfn, .count = 1};
	return XSR_OK;
}

static enum xsr_status take_p2m(struct pv_state *s, const struct check *c, const struct xsr_event *e)
{
	const uint8_t *data = e->u.bytes.data, *unit;
	size_t length = e->u.bytes.length;
	enum xsr_status status = XSR_OK;

	if (e->u.bytes.position == 0)
		memset(&s->units, 0, sizeof(s->units));
	while ((unit = p2m_units_next(&s->units, &data, &length))) {
		uint64_t at = (uint64_t)(s->units.next - 1) * P2M_UNIT;

		if (!at)
			take_range(s, c, unit);
		else if (!s->p2m_void && take_frame(s, c, c->body_offset + at, load_u64(unit, c->record->big_endian)) != XSR_OK)
			status = XSR_E_NOMEM;
	}
	return status;
}

enum xsr_status pv_state_body(struct pv_state *s, const struct check *c, const struct xsr_event *e)
{
	if (c->depth < XSR_DEPTH_STREAM || c->record->layer != XSR_LAYER_LIBXC)
		return XSR_OK;
	switch (c->record->type) {
	case XSR_LIBXC_X86_PV_P2M_FRAMES:
		return take_p2m(s, c, e);
	case XSR_LIBXC_X86_PV_VCPU_BASIC:
		return take_vcpu(s, c, e);
	case XSR_LIBXC_SHARED_INFO:
		take_shared_info(s, c, e);
		return XSR_OK;
	default:
		return XSR_OK;
	}
}

/* A judgement under way. */
struct judge {
	const struct pv_state *state; /* what was remembered */
	pv_page_type_fn *page_type;   /* the caller's */
	void *context;                /* its first argument */
	struct check c;               /* aimed at the record in question */
};

/* What the page at a pfn must be. */
enum want { WANT_NOTAB, WANT_TOP_TABLE };

/* True if a page of this type is what is wanted, or cannot be judged. */
static bool type_fits(const struct judge *j, enum want want, int type)
{
	int levels = (int)j->c.facts->levels;

	if (type == PV_PAGE_UNKNOWN)
		return true;
	if (want == WANT_NOTAB)
		return type == XSR_PAGE_NOTAB;
	return !levels || type == levels || type == (levels | XSR_PAGE_PINNED);
}

static void judge_page(const struct judge *j, enum finding_id id, uint64_t at, const char *field, uint64_t pfn,
    enum want want)
{
	char allowed[48];
	int type;

	if (pfn > j->state->p2m_end) {
		snprintf(allowed, sizeof(allowed), "pfns up to 0x%" PRIx32, j->state->p2m_end);
		check_report(&j->c, id, at, field, allowed, "0x%" PRIx64, pfn);
		return;
	}
	type = j->page_type(j->context, pfn);
	if (type_fits(j, want, type))
		return;
	if (want == WANT_NOTAB)
		snprintf(allowed, sizeof(allowed), "a page of type NOTAB");
	else
		snprintf(allowed, sizeof(allowed), "a page of type L%uTAB", j->c.facts->levels);
	check_report(&j->c, id, at, field, allowed, "0x%" PRIx64 ", %s", pfn, type_name(type));
}

static void judge_vcpu(struct judge *j, uint32_t id)
{
	const struct pv_vcpu *vcpu = &j->state->vcpus[id];
	const struct offsets *at = vcpu->width == 4 ? &offsets_32 : &offsets_64;

	if (vcpu->seen != j->state->round + 1)
		return;
	j->c.record = &vcpu->record;
	j->c.body_offset = vcpu->offset;
	if (id == 0)
		judge_page(j, F_VCPU_BASIC_START_INFO, at->start_info, vcpu->width == 4 ? "edx" : "rdx",
		    vcpu->start_info, WANT_NOTAB);
	for (unsigned i = 0; i < vcpu->gdt_used; i++)
		judge_page(j, F_VCPU_BASIC_GDT, at->gdt + (uint64_t)i * vcpu->width, "gdt_frames", vcpu->gdt[i],
		    WANT_NOTAB);
	judge_page(j, F_VCPU_BASIC_CR3, at->cr3, "ctrlreg[3]", vcpu->cr3, WANT_TOP_TABLE);
	if (vcpu->has_cr1)
		judge_page(j, F_VCPU_BASIC_CR1, at->cr1, "ctrlreg[1]", vcpu->cr1, WANT_TOP_TABLE);
}

/* One finding a run: neighbours are wrong together. */
static void judge_run(struct judge *j, const struct pv_run *run)
{
	struct xsr_record record = {.layer = XSR_LAYER_LIBXC, .type = XSR_LIBXC_X86_PV_P2M_FRAMES,
	    .index = run->record};

	j->c.record = &record;
	j->c.body_offset = run->offset;
	for (uint32_t i = 0; i < run->count; i++) {
		uint64_t pfn = (uint64_t)((int64_t)run->pfn + (int64_t)run->step * i);
		int type = pfn <= j->state->p2m_end ? j->page_type(j->context, pfn) : PV_PAGE_UNKNOWN;

		if (type_fits(j, WANT_NOTAB, type))
			continue;
		check_report(&j->c, F_P2M_FRAMES_TYPE, (uint64_t)i * P2M_UNIT, "frames", "pages of type NOTAB",
		    "0x%" PRIx64 ", %s", pfn, type_name(type));
		return;
	}
}

static void judge_shared_info(struct judge *j)
{
	const struct pv_state *s = j->state;
	char allowed[48];

	if (!s->has_shared || s->p2m_unsure || s->max_pfn > s->p2m_end)
		return;
	j->c.record = &s->shared_record;
	j->c.body_offset = s->shared_offset;
	snprintf(allowed, sizeof(allowed), "above the last pfn, 0x%" PRIx32, s->p2m_end);
	check_report(&j->c, F_SHARED_INFO_MAX_PFN, 0, "max_pfn", allowed, "0x%" PRIx64, s->max_pfn);
}

static void judge_runs(struct judge *j, struct pv_state *s, uint64_t now)
{
	if (s->runs_judged && (now - s->runs_judged_at) / P2M_UNIT < s->frames)
		return;
	s->runs_judged = true;
	s->runs_judged_at = now;
	for (uint32_t i = 0; i < s->run_count; i++)
		judge_run(j, &s->runs[i]);
}

void pv_state_judge(struct pv_state *s, const struct check *c, pv_page_type_fn *page_type, void *context)
{
	struct judge j = {.state = s, .page_type = page_type, .context = context, .c = *c};

	/* Without a P2M no pfn can be told from another; its absence is a finding of its own. */
	if (!s->has_p2m || c->depth < XSR_DEPTH_STREAM)
		return;
	judge_runs(&j, s, c->body_offset);
	judge_shared_info(&j);
	for (uint32_t id = 0; s->has_vcpu && id < s->vcpu_room; id++)
		judge_vcpu(&j, id);
}

bool pv_state_start_info(const struct pv_state *s, uint64_t *pfn, struct xsr_record *record, uint64_t *at)
{
	const struct pv_vcpu *vcpu = s->vcpus;

	if (!s->vcpu_room || !vcpu->seen)
		return false;
	*pfn = vcpu->start_info;
	*record = vcpu->record;
	*at = vcpu->offset - vcpu->record.offset + (vcpu->width == 4 ? offsets_32 : offsets_64).start_info;
	return true;
}

void pv_state_next_round(struct pv_state *s)
{
	s->round++;
	s->has_vcpu = false;
	s->has_shared = false;
}

void pv_state_clear(struct pv_state *s)
{
	free(s->vcpus);
	free(s->runs);
	memset(s, 0, sizeof(*s));
}
