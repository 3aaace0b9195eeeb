/* SPDX-License-Identifier: MIT */
/*
 * Which records must come, how often and where: specs/libxc-stream.md §6, specs/libxl-stream.md §5.
 *
 * What can be said of one record type is in the table below; the functions say what depends on others. A
 * thing that is missing is reported once, at the record where it can no longer come.
 */
#include "verify/state.h"

#include <inttypes.h>
#include <string.h>

/* The parts of an image, in order. A converter puts X86_TSC_INFO into the memory part. */
enum place {
	PLACE_ANYWHERE, /* unknown and special records */
	PLACE_STATIC,   /* before STATIC_DATA_END, in version 3 */
	PLACE_BARRIER,  /* STATIC_DATA_END itself */
	PLACE_START,    /* between static data and memory */
	PLACE_MEMORY,   /* page data */
	PLACE_TAIL,     /* behind the memory, once a checkpoint */
	PLACE_LAST,     /* END and CHECKPOINT */
};

/* How often a record may come. */
enum often {
	OFTEN,          /* any number of times */
	ONCE,           /* a second one is an error */
	ONCE_PER_GROUP, /* a second one before the next checkpoint replaces the first */
};

static const struct {
	enum place place;
	enum often often;
	unsigned guests;    /* GUEST_*, 0: no guest at all */
	unsigned version;   /* image version that brought it */
	bool needs_pv_info; /* its layout follows the guest's width */
} rules[XSR_LIBXC_TYPES] = {
    [XSR_LIBXC_END] = {PLACE_LAST, OFTEN, GUEST_ANY, 2, false},
    [XSR_LIBXC_PAGE_DATA] = {PLACE_MEMORY, OFTEN, GUEST_ANY, 2, false},
    [XSR_LIBXC_X86_PV_INFO] = {PLACE_STATIC, ONCE, GUEST_PV, 2, false},
    [XSR_LIBXC_X86_PV_P2M_FRAMES] = {PLACE_START, OFTEN, GUEST_PV, 2, true},
    [XSR_LIBXC_X86_PV_VCPU_BASIC] = {PLACE_TAIL, OFTEN, GUEST_PV, 2, true},
    [XSR_LIBXC_X86_PV_VCPU_EXTENDED] = {PLACE_TAIL, OFTEN, GUEST_PV, 2, true},
    [XSR_LIBXC_X86_PV_VCPU_XSAVE] = {PLACE_TAIL, OFTEN, GUEST_PV, 2, true},
    [XSR_LIBXC_SHARED_INFO] = {PLACE_TAIL, ONCE_PER_GROUP, GUEST_PV, 2, true},
    [XSR_LIBXC_X86_TSC_INFO] = {PLACE_TAIL, ONCE_PER_GROUP, GUEST_ANY, 2, false},
    [XSR_LIBXC_HVM_CONTEXT] = {PLACE_TAIL, ONCE_PER_GROUP, GUEST_HVM, 2, false},
    [XSR_LIBXC_HVM_PARAMS] = {PLACE_TAIL, OFTEN, GUEST_HVM, 2, false},
    [XSR_LIBXC_TOOLSTACK] = {PLACE_ANYWHERE, OFTEN, GUEST_ANY, 2, false},
    [XSR_LIBXC_X86_PV_VCPU_MSRS] = {PLACE_TAIL, OFTEN, GUEST_PV, 2, true},
    [XSR_LIBXC_VERIFY] = {PLACE_ANYWHERE, OFTEN, GUEST_ANY, 2, false},
    [XSR_LIBXC_CHECKPOINT] = {PLACE_LAST, OFTEN, GUEST_ANY, 2, false},
    [XSR_LIBXC_CHECKPOINT_DIRTY_PFN_LIST] = {PLACE_ANYWHERE, OFTEN, GUEST_ANY, 2, false},
    [XSR_LIBXC_STATIC_DATA_END] = {PLACE_BARRIER, ONCE, GUEST_ANY, 3, false},
    [XSR_LIBXC_X86_CPUID_POLICY] = {PLACE_STATIC, ONCE, GUEST_ANY, 3, false},
    [XSR_LIBXC_X86_MSR_POLICY] = {PLACE_STATIC, ONCE, GUEST_ANY, 3, false},
};

static unsigned guest_of(const struct xsr_verifier *v)
{
	if (!v->facts.has_domain)
		return GUEST_ANY;
	switch (v->facts.domain_type) {
	case XSR_DOMAIN_X86_PV:
		return GUEST_PV;
	case XSR_DOMAIN_X86_HVM:
		return GUEST_HVM;
	default:
		return GUEST_ANY;
	}
}

/* Records of the whole stream so far, the current one included. */
static uint64_t seen(const struct xsr_verifier *v, enum xsr_libxc_record type)
{
	return v->summary.libxc_records[type];
}

static bool known(const struct xsr_record *r)
{
	return xsr_record_name(r->layer, r->type) != NULL;
}

/* Record types that this stream should not have at all. */
static void check_type(struct xsr_verifier *v, const struct xsr_record *r)
{
	if (!known(r) && r->type & XSR_RECORD_OPTIONAL)
		verify_record(v, F_RECORD_OPTIONAL, r, 0, "type", "", "0x%08" PRIx32, r->type);
	else if (!known(r))
		verify_record(v, F_RECORD_UNKNOWN, r, 0, "type",
		    r->layer == XSR_LAYER_LIBXL ? "0 to 5" : "0 to 0x12", "0x%08" PRIx32, r->type);
	else if (r->layer == XSR_LAYER_LIBXL)
		return;
	else if (r->type == XSR_LIBXC_TOOLSTACK)
		verify_record(v, F_RECORD_OBSOLETE, r, 0, "type", "", "0x%" PRIx32, r->type);
	else if (r->type == XSR_LIBXC_CHECKPOINT_DIRTY_PFN_LIST)
		verify_record(v, F_RECORD_BACK_CHANNEL, r, 0, "type", "", "0x%" PRIx32, r->type);
	else if (rules[r->type].version > v->facts.image_version)
		verify_record(v, F_RECORD_VERSION, r, 0, "type", "image version 3", "version %" PRIu32,
		    v->facts.image_version);
}

static void check_static(struct xsr_verifier *v, const struct xsr_record *r)
{
	enum place place = rules[r->type].place;
	bool needs_end = place == PLACE_START || place == PLACE_MEMORY || r->type == XSR_LIBXC_END;
	bool ended = seen(v, XSR_LIBXC_STATIC_DATA_END) > 0;

	if (v->facts.image_version < 3)
		return;
	if (place == PLACE_STATIC && ended)
		verify_record(v, F_ORDER_STATIC_DATA, r, 0, "", "before STATIC_DATA_END", "behind it");
	if (needs_end && !ended && !v->order.static_end_told) {
		v->order.static_end_told = true;
		verify_record(v, F_ORDER_STATIC_DATA_END, r, 0, "", "STATIC_DATA_END before this", "none");
	}
	if (r->type == XSR_LIBXC_STATIC_DATA_END && !v->summary.converted &&
	    (!seen(v, XSR_LIBXC_X86_CPUID_POLICY) || !seen(v, XSR_LIBXC_X86_MSR_POLICY)))
		verify_record(v, F_ORDER_POLICY, r, 0, "", "CPUID and MSR policy before this", "%s",
		    seen(v, XSR_LIBXC_X86_CPUID_POLICY) ? "no MSR policy"
		    : seen(v, XSR_LIBXC_X86_MSR_POLICY) ? "no CPUID policy"
		                                        : "neither");
}

static void check_repeat(struct xsr_verifier *v, const struct xsr_record *r)
{
	if (rules[r->type].often == ONCE && seen(v, (enum xsr_libxc_record)r->type) > 1)
		verify_record(v, F_ORDER_DUPLICATE, r, 0, "", "one in a stream", "another");
	if (rules[r->type].often == ONCE_PER_GROUP && v->order.group.libxc[r->type] > 1)
		verify_record(v, F_ORDER_REPEATED, r, 0, "", "one before the next checkpoint", "another");
}

/* What a PV image needs before this record. */
static void check_pv(struct xsr_verifier *v, const struct xsr_record *r)
{
	bool last = r->type == XSR_LIBXC_END;

	if (guest_of(v) != GUEST_PV)
		return;
	if ((rules[r->type].needs_pv_info || last) && !seen(v, XSR_LIBXC_X86_PV_INFO) &&
	    !v->order.pv_info_told) {
		v->order.pv_info_told = true;
		verify_record(v, F_ORDER_PV_INFO, r, 0, "", "X86_PV_INFO before this", "none");
	}
	if ((r->type == XSR_LIBXC_PAGE_DATA || last) && !seen(v, XSR_LIBXC_X86_PV_P2M_FRAMES) &&
	    !v->order.p2m_told) {
		v->order.p2m_told = true;
		verify_record(v, F_ORDER_P2M_FRAMES, r, 0, "", "X86_PV_P2M_FRAMES before this", "none");
	}
}

static void check_memory(struct xsr_verifier *v, const struct xsr_record *r)
{
	struct order_state *o = &v->order;
	bool needs_memory = (rules[r->type].place == PLACE_TAIL && r->type != XSR_LIBXC_X86_TSC_INFO) ||
	                    rules[r->type].place == PLACE_LAST;

	if (needs_memory && !seen(v, XSR_LIBXC_PAGE_DATA) && !o->page_data_told) {
		o->page_data_told = true;
		verify_record(v, F_ORDER_PAGE_DATA, r, 0, "", "PAGE_DATA before this", "none");
	}
	if (r->type == XSR_LIBXC_PAGE_DATA && o->group.tail && !v->summary.converted && !o->late_told) {
		o->late_told = true;
		verify_record(v, F_ORDER_PAGE_DATA_LATE, r, 0, "", "before the end-of-stream records",
		    "behind %" PRIu64 " of them", o->group.tail);
	}
}

/* VERIFY turns all later pages into a comparison, for good: only a plain stream can end with that. */
static void check_verify(struct xsr_verifier *v, const struct xsr_record *r)
{
	bool late_checkpoint =
	    r->type == XSR_LIBXC_CHECKPOINT && seen(v, XSR_LIBXC_VERIFY) && !v->summary.checkpoints;
	const char *found = NULL;

	if (late_checkpoint || (r->type == XSR_LIBXC_VERIFY && v->summary.checkpoints))
		found = "in a checkpointed stream";
	else if (r->type == XSR_LIBXC_VERIFY && seen(v, XSR_LIBXC_VERIFY) > 1)
		found = "another";
	else if (r->type == XSR_LIBXC_VERIFY && !seen(v, XSR_LIBXC_PAGE_DATA))
		found = "no memory before it";
	/* Only the checkpoint shows it, but VERIFY is at fault. */
	if (found)
		verify_record(v, F_ORDER_VERIFY, late_checkpoint ? &v->order.verify_record : r, 0, "",
		    "once, behind the memory, without checkpoints", "%s", found);
	if (r->type == XSR_LIBXC_VERIFY)
		v->order.verify_record = *r;
}

/*
 * The end-of-stream records as Xen's savers write them: X86_TSC_INFO, then SHARED_INFO and the vCPUs one after the
 * other, or the HVM records in either order. Converters have their own order, with SHARED_INFO last.
 */
static void check_tail(struct xsr_verifier *v, const struct xsr_record *r)
{
	const uint64_t *group = v->order.group.libxc;
	bool after_vcpus = r->type == XSR_LIBXC_SHARED_INFO && group[XSR_LIBXC_X86_PV_VCPU_BASIC];
	bool after_others = r->type == XSR_LIBXC_X86_TSC_INFO && v->order.group.tail;

	if (v->summary.converted || group[r->type] > 1 || (!after_vcpus && !after_others))
		return;
	verify_record(v, F_ORDER_TAIL, r, 0, "", after_vcpus ? "before the vCPUs" : "first of its group",
	    "behind %" PRIu64 " others", v->order.group.tail);
}

static bool has_vcpu(const struct group *g, enum vcpu_kind kind, uint32_t id)
{
	return id < VCPU_MAX && (g->vcpus[kind][id / 8] >> (id & 7) & 1);
}

/*
 * What must have come since the last checkpoint, in the order of telling. Returns how many are missing;
 * `found` of the first goes to *first. With tell, each is reported.
 */
static unsigned missing(struct xsr_verifier *v, const struct xsr_record *r, bool tell, const char **first)
{
	const struct group *g = &v->order.group;
	const struct {
		bool absent;
		enum finding_id id;
		const char *name;
	} needs[] = {
	    {guest_of(v) == GUEST_PV && !g->libxc[XSR_LIBXC_SHARED_INFO], F_ORDER_SHARED_INFO, "SHARED_INFO"},
	    {guest_of(v) == GUEST_PV && !g->vcpus_unsure && !has_vcpu(g, VCPU_BASIC, 0), F_ORDER_VCPU_BASIC,
	        "X86_PV_VCPU_BASIC of vCPU 0"},
	    {guest_of(v) == GUEST_HVM && !g->libxc[XSR_LIBXC_HVM_CONTEXT], F_ORDER_HVM_CONTEXT,
	        "HVM_CONTEXT"},
	    {guest_of(v) == GUEST_HVM && !g->libxc[XSR_LIBXC_HVM_PARAMS], F_ORDER_HVM_PARAMS, "HVM_PARAMS"},
	};
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (!needs[i].absent)
			continue;
		if (!n++)
			*first = needs[i].name;
		if (tell)
			verify_record(v, needs[i].id, r, 0, "", needs[i].name, "none before this");
	}
	return n;
}

static void check_last(struct xsr_verifier *v, const struct xsr_record *r)
{
	const char *first = "";

	if (r->type == XSR_LIBXC_CHECKPOINT) {
		if (missing(v, r, false, &first))
			verify_record(v, F_ORDER_CHECKPOINT, r, 0, "", "the whole state before this", "no %s",
			    first);
		return;
	}
	if (v->summary.checkpoints) {
		verify_record(v, F_CHECKPOINT_END, r, 0, "", "end of input", "END");
		return;
	}
	missing(v, r, true, &first);
	if (!v->order.group.libxc[XSR_LIBXC_X86_TSC_INFO])
		verify_record(v, F_ORDER_TSC_INFO, r, 0, "", "X86_TSC_INFO before this", "none");
}

static void libxc_order(struct xsr_verifier *v, const struct xsr_record *r)
{
	v->order.group.libxc[r->type]++;
	if (!(rules[r->type].guests & guest_of(v))) {
		verify_record(v, F_RECORD_GUEST, r, 0, "type",
		    guest_of(v) == GUEST_PV ? "records of PV guests" : "records of HVM guests", "0x%" PRIx32,
		    r->type);
		return;
	}
	check_static(v, r);
	check_repeat(v, r);
	check_pv(v, r);
	check_memory(v, r);
	check_verify(v, r);
	check_tail(v, r);
	if (rules[r->type].place == PLACE_LAST)
		check_last(v, r);
	if (rules[r->type].place != PLACE_TAIL)
		return;
	v->order.group.tail++;
	if (r->type == XSR_LIBXC_X86_PV_VCPU_BASIC && !v->length_ok)
		v->order.group.vcpus_unsure = true;
}

/* Xen 4.7 to 4.9 could run HVM guests without a device model. */
static bool may_lack_emulator(const struct xsr_verifier *v)
{
	return v->summary.pvh || guest_of(v) != GUEST_HVM ||
	       (v->facts.xen_major == 4 && v->facts.xen_minor >= 7 && v->facts.xen_minor <= 9);
}

static void libxl_checkpoint(struct xsr_verifier *v, const struct xsr_record *r)
{
	const struct order_state *o = &v->order;

	if (r->type == XSR_LIBXL_CHECKPOINT_END && !o->in_checkpoint)
		verify_record(v, F_CHECKPOINT_OUTSIDE, r, 0, "", "libxc CHECKPOINT before this", "none");
	if (r->type == XSR_LIBXL_CHECKPOINT_STATE && !o->after_checkpoint_end)
		verify_record(v, F_CHECKPOINT_STATE_PLACE, r, 0, "", "right behind CHECKPOINT_END",
		    "elsewhere");
}

static void libxl_order(struct xsr_verifier *v, const struct xsr_record *r)
{
	struct order_state *o = &v->order;
	bool emulator = r->type == XSR_LIBXL_EMULATOR_XENSTORE_DATA || r->type == XSR_LIBXL_EMULATOR_CONTEXT;
	bool last = r->type == XSR_LIBXL_END;
	uint64_t *count = &o->group.libxl[r->type];

	++*count;
	if (r->type == XSR_LIBXL_LIBXC_CONTEXT && v->summary.libxl_records[r->type] > 1)
		verify_record(v, F_ORDER_DUPLICATE, r, 0, "", "one in a stream", "another");
	if (!v->summary.libxl_records[XSR_LIBXL_LIBXC_CONTEXT] && !o->context_told) {
		o->context_told = true;
		verify_record(v, F_ORDER_LIBXC_CONTEXT, r, 0, "", "LIBXC_CONTEXT first", "none before this");
	}
	if (emulator && (guest_of(v) == GUEST_PV || v->summary.pvh))
		verify_record(v, F_EMULATOR_GUEST, r, 0, "type", "END", "0x%" PRIx32, r->type);
	if (emulator && *count > 1)
		verify_record(v, F_ORDER_REPEATED, r, 0, "", "one before the next checkpoint", "another");
	if ((r->type == XSR_LIBXL_CHECKPOINT_END || (last && !v->summary.checkpoints)) &&
	    !o->group.libxl[XSR_LIBXL_EMULATOR_CONTEXT] && v->facts.has_domain && !may_lack_emulator(v))
		verify_record(v, F_ORDER_EMULATOR_CONTEXT, r, 0, "", "EMULATOR_CONTEXT before this", "none");
	if (last && v->summary.checkpoints && !o->group.libxc[XSR_LIBXC_END])
		verify_record(v, F_CHECKPOINT_END, r, 0, "", "end of input", "END");
	libxl_checkpoint(v, r);
}

void order_record(struct xsr_verifier *v, const struct xsr_record *r)
{
	bool bookkeeping = r->layer == XSR_LAYER_LIBXL &&
	                   (r->type == XSR_LIBXL_END || r->type == XSR_LIBXL_CHECKPOINT_STATE);

	if (v->depth >= XSR_DEPTH_RECORD)
		check_type(v, r);
	v->order.since_checkpoint +=
	    !bookkeeping && !(r->layer == XSR_LAYER_LIBXC && r->type == XSR_LIBXC_END);
	if (v->depth < XSR_DEPTH_STREAM)
		return;
	if (r->layer == XSR_LAYER_LIBXC && r->length > XSR_LIBXC_RECORD_MAX_46)
		verify_record(v, F_RECORD_LARGE, r, 4, "body_length", "at most 8388608 for Xen 4.6 to 4.9",
		    "%" PRIu32, r->length);
	if (!known(r))
		return;
	if (r->layer == XSR_LAYER_LIBXL)
		libxl_order(v, r);
	else if (!v->order.second_image)
		libxc_order(v, r);
}

void order_vcpu(struct xsr_verifier *v, const struct xsr_record *r, uint32_t id)
{
	static const enum finding_id orphan[] = {
	    F_COUNT, F_VCPU_EXTENDED_VCPU_ID, F_VCPU_XSAVE_VCPU_ID, F_VCPU_MSRS_VCPU_ID};
	struct group *g = &v->order.group;
	enum vcpu_kind kind = r->type == XSR_LIBXC_X86_PV_VCPU_BASIC      ? VCPU_BASIC
	                      : r->type == XSR_LIBXC_X86_PV_VCPU_EXTENDED ? VCPU_EXTENDED
	                      : r->type == XSR_LIBXC_X86_PV_VCPU_XSAVE    ? VCPU_XSAVE
	                                                                  : VCPU_MSRS;

	if (v->depth < XSR_DEPTH_STREAM)
		return;
	if (id >= VCPU_MAX) {
		if (kind != VCPU_BASIC && !g->vcpus_unsure)
			verify_record(v, orphan[kind], r, 8, "vcpu_id", "a vCPU with X86_PV_VCPU_BASIC",
			    "%" PRIu32, id);
		g->vcpus_unsure = true;
		return;
	}
	if (has_vcpu(g, kind, id))
		verify_record(v, F_ORDER_REPEATED, r, 8, "vcpu_id", "one of this kind a vCPU",
		    "another for vCPU %" PRIu32, id);
	else if (kind == VCPU_BASIC && !v->summary.checkpoints)
		v->summary.vcpus++;
	if (kind != VCPU_BASIC && id != v->order.last_vcpu && has_vcpu(g, VCPU_BASIC, id))
		verify_record(v, F_ORDER_TAIL, r, 8, "vcpu_id", "all records of a vCPU together",
		    "vCPU %" PRIu32 " behind vCPU %" PRIu32, id, v->order.last_vcpu);
	if (kind == VCPU_BASIC)
		v->order.last_vcpu = id;
	g->vcpus[kind][id / 8] |= (uint8_t)(1u << (id & 7));
	if (kind != VCPU_BASIC && !g->vcpus_unsure && !has_vcpu(g, VCPU_BASIC, id))
		verify_record(v, orphan[kind], r, 8, "vcpu_id", "a vCPU with X86_PV_VCPU_BASIC", "%" PRIu32,
		    id);
}

/* All state since the last checkpoint is here: a receiver could take over now. */
static void checkpoint_complete(struct xsr_verifier *v)
{
	struct order_state *o = &v->order;

	v->summary.checkpoints++;
	v->summary.checkpoint_end = v->summary.bytes;
	memset(&o->group, 0, sizeof(o->group));
	o->late_told = false;
	o->in_checkpoint = false;
	o->since_checkpoint = 0;
}

void order_record_end(struct xsr_verifier *v, const struct xsr_record *r)
{
	struct order_state *o = &v->order;
	bool libxl_end = r->layer == XSR_LAYER_LIBXL && r->type == XSR_LIBXL_CHECKPOINT_END;
	bool libxc = r->layer == XSR_LAYER_LIBXC && r->type == XSR_LIBXC_CHECKPOINT;

	o->after_checkpoint_end = libxl_end && o->in_checkpoint;
	if ((libxl_end && o->in_checkpoint) || (libxc && !v->summary.has_libxl))
		checkpoint_complete(v);
	else if (libxc)
		o->in_checkpoint = true;
}

void order_finish(struct xsr_verifier *v, const struct xsr_finding *fault)
{
	uint64_t since = v->order.since_checkpoint;

	v->verdict.complete = v->summary.ended || v->summary.checkpoints;
	if (fault && (fault->status != XSR_E_TRUNCATED || !v->summary.checkpoints)) {
		verify_finding(v, fault);
		return;
	}
	if (!v->summary.checkpoints || v->depth < XSR_DEPTH_STREAM)
		return;
	if (since || (fault && fault->offset != v->summary.bytes))
		verify_report(v, F_CHECKPOINT_PARTIAL, XSR_LAYER_LIBXC, v->summary.bytes, "",
		    "nothing behind the last checkpoint", "%" PRIu64 " records", since);
	else if (fault)
		verify_report(v, F_CHECKPOINT_EOF, XSR_LAYER_LIBXC, v->summary.bytes, "", "",
		    "%" PRIu64 " checkpoints", v->summary.checkpoints);
}
