/* SPDX-License-Identifier: MIT */
/* HVM_CONTEXT: specs/libxc-stream.md §5.11 and §8.9. */
#include "libxc/hvm_context.h"

#include <inttypes.h>
#include <stdio.h>

#include <libstream/records.h>

#include "libxc/hvm_entries.h"
#include "libxc/hvm_values.h"
#include "libxc/hvm_walk.h"

/* vCPUs of an HVM guest whose entries are told apart. Xen allows 128; this leaves room for releases to come. */
#define VCPUS 512u

/* The smallest CPU_XSAVE and CPU_MSR payloads. */
#define XSAVE_MIN (HVM_XSAVE_HEAD + XSTATE_MIN_SIZE)
#define MSR_MIN   (8u + 16u)

#define BIT(n) (1u << (n))

/* What a vCPU that runs cannot be without. */
#define VCPU_NEEDS (BIT(XSR_HVM_LAPIC) | BIT(XSR_HVM_LAPIC_REGS) | BIT(XSR_HVM_MTRR))

/* What is remembered of the entries that went by. */
struct seen {
	uint32_t vcpu[VCPUS]; /* bit: this vCPU has an entry of this type */
	uint32_t domain;      /* bit: there is an entry of this type that is no vCPU's */
	bool slave;           /* the second PIC came */
	bool started;         /* some entry came */
	bool unordered;       /* an entry out of order was reported */
	uint32_t last;        /* highest type and instance so far */
	uint32_t cpus;        /* CPU entries */
	uint32_t highest;     /* their highest vCPU */
};

struct state {
	struct hvm_walk walk; /* cuts the body into entries */
	struct seen seen;     /* check only */
};

_Static_assert(sizeof(struct state) <= FAMILY_STATE_MAX, "fits where families keep their state");
_Static_assert(XSAVE_MIN <= HVM_GATHER, "all that is judged of an xsave image is gathered");

static bool has(const struct seen *s, uint16_t type, uint16_t instance)
{
	if (type == XSR_HVM_PIC && instance == 1)
		return s->slave;
	if (xsr_hvm_entry_per_vcpu(type))
		return s->vcpu[instance] & BIT(type);
	return s->domain & BIT(type);
}

static void set(struct seen *s, uint16_t type, uint16_t instance)
{
	if (type == XSR_HVM_PIC && instance == 1)
		s->slave = true;
	else if (xsr_hvm_entry_per_vcpu(type))
		s->vcpu[instance] |= BIT(type);
	else
		s->domain |= BIT(type);
	if (type != XSR_HVM_CPU)
		return;
	s->cpus++;
	if (instance > s->highest)
		s->highest = instance;
}

static bool size_known(const struct xsr_hvm_entry *e)
{
	const struct xsr_hvm_form *form;

	if (e->type == XSR_HVM_CPU_XSAVE)
		return e->length >= XSAVE_MIN && e->length <= XSR_LIBXC_RECORD_MAX;
	if (e->type == XSR_HVM_CPU_MSR)
		return e->length >= MSR_MIN && (e->length - MSR_MIN) % 16 == 0;
	for (size_t i = 0; (form = xsr_hvm_entry_form(e->type, i)); i++)
		if (form->size == e->length)
			return true;
	return false;
}

/* An entry of a size that the release which shall load it does not know yet. */
static void check_form(const struct check *c, const struct xsr_hvm_entry *e)
{
	const struct xsr_hvm_form *form;
	char name[16], allowed[32];

	for (size_t i = 0; (form = xsr_hvm_entry_form(e->type, i)); i++) {
		if (form->size != e->length || release_has_form(&c->facts->target, form->since))
			continue;
		release_format(&c->facts->target, name, sizeof(name));
		snprintf(allowed, sizeof(allowed), "what Xen %s knows", name);
		check_report(c, F_AGAINST_HVM_ENTRY, e->offset + 4, "length", allowed,
		    "%" PRIu32 " bytes of %s %u, known since %s", e->length, hvm_type(e->type)->name, e->instance,
		    form->since);
	}
}

static bool instance_legal(const struct xsr_hvm_entry *e)
{
	switch (hvm_type(e->type)->owner) {
	case HVM_VCPU:
		return e->instance < VCPUS;
	case HVM_PAIR:
		return e->instance < 2;
	default:
		return e->instance == 0;
	}
}

/*
 * The state of a guest from Xen 3.4 can only be in a converted image; newer savers have no such CPU entry, and a
 * newer Xen takes it for one with tsc_aux.
 */
static bool too_old(const struct check *c, const struct xsr_hvm_entry *e)
{
	return e->type == XSR_HVM_CPU && e->length == XSR_HVM_CPU_SIZE_34 && c->facts->xen_major;
}

static void check_place(const struct check *c, struct seen *s, const struct xsr_hvm_entry *e)
{
	uint32_t key = (uint32_t)e->type << 16 | e->instance;
	const char *name = hvm_type(e->type)->name;

	if (has(s, e->type, e->instance)) {
		check_report(c, F_HVM_CONTEXT_DUPLICATE, e->offset, "type", "each type and instance once", "%s %u",
		    name, e->instance);
	} else if (key < s->last && e->type != XSR_HVM_HEADER && !s->unordered) {
		check_report(c, F_HVM_CONTEXT_ORDER, e->offset, "type", "ascending types and instances",
		    "%s %u behind %s %u", name, e->instance, hvm_type((uint16_t)(s->last >> 16))->name,
		    s->last & 0xffff);
		s->unordered = true;
	}
	if (key > s->last)
		s->last = key;
}

/* An entry of a known type, other than END. */
static void check_known(const struct check *c, struct state *st, const struct xsr_hvm_entry *e)
{
	const char *name = hvm_type(e->type)->name;
	bool instance = instance_legal(e);

	if (!st->seen.started && e->type != XSR_HVM_HEADER)
		check_report(c, F_HVM_CONTEXT_HEADER, e->offset, "type", "HEADER first", "%s", name);
	if (!instance)
		check_report(c, F_HVM_CONTEXT_INSTANCE, e->offset + 2, "instance", "", "%u of %s", e->instance, name);
	else
		check_place(c, &st->seen, e);
	if (!size_known(e) || too_old(c, e))
		check_report(c, F_HVM_CONTEXT_SIZE, e->offset + 4, "length", "", "%" PRIu32 " bytes of %s %u",
		    e->length, name, e->instance);
	else
		hvm_values_check(c, e, st->walk.used);
	if (c->facts->target.minor)
		check_form(c, e);
	if (instance)
		set(&st->seen, e->type, e->instance);
	st->seen.started = true;
}

static void check_vcpus(const struct check *c, const struct seen *s, uint64_t at)
{
	static const uint16_t needs[] = {XSR_HVM_LAPIC, XSR_HVM_LAPIC_REGS, XSR_HVM_MTRR};

	if (!s->cpus)
		check_report(c, F_HVM_CONTEXT_MISSING, at, "type", "CPU of at least one vCPU", "none");
	for (uint16_t vcpu = 0; vcpu < VCPUS; vcpu++) {
		if (!(s->vcpu[vcpu] & BIT(XSR_HVM_CPU)) || (s->vcpu[vcpu] & VCPU_NEEDS) == VCPU_NEEDS)
			continue;
		for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
			if (!has(s, needs[i], vcpu))
				check_report(c, F_HVM_CONTEXT_MISSING, at, "type", "LAPIC, LAPIC_REGS and MTRR",
				    "no %s of vCPU %u", hvm_type(needs[i])->name, vcpu);
	}
}

/* Each vCPU of a domain has an MTRR entry, also one that is down: what is of another one belongs to no vCPU. */
static void check_strangers(const struct check *c, const struct seen *s, uint64_t at)
{
	static const uint16_t kinds[] = {XSR_HVM_LAPIC, XSR_HVM_LAPIC_REGS, XSR_HVM_CPU_XSAVE,
	    XSR_HVM_VIRIDIAN_VCPU, XSR_HVM_VMCE_VCPU, XSR_HVM_TSC_ADJUST, XSR_HVM_CPU_MSR};

	for (uint16_t vcpu = 0; vcpu < VCPUS; vcpu++) {
		if (has(s, XSR_HVM_MTRR, vcpu) || s->vcpu[vcpu] & BIT(XSR_HVM_CPU))
			continue;
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (has(s, kinds[i], vcpu))
				check_report(c, F_HVM_CONTEXT_STRANGER, at, "instance", "vCPUs with an MTRR entry",
				    "%s %u", hvm_type(kinds[i])->name, vcpu);
	}
}

static void check_entry(const struct check *c, struct state *st, const struct xsr_hvm_entry *e)
{
	if (!hvm_type(e->type)) {
		check_report(c, F_HVM_CONTEXT_CODE, e->offset, "type", "0 to 20", "%u", e->type);
		st->seen.started = true;
		return;
	}
	if (e->type != XSR_HVM_END) {
		check_known(c, st, e);
		return;
	}
	if (!st->seen.started)
		check_report(c, F_HVM_CONTEXT_HEADER, e->offset, "type", "HEADER first", "END");
	if (e->length)
		check_report(c, F_HVM_CONTEXT_END, e->offset + 4, "length", "0", "%" PRIu32, e->length);
	if (e->instance)
		check_report(c, F_HVM_CONTEXT_PADDING, e->offset + 2, "instance", "0 of END", "%u", e->instance);
}

/* The body is complete. */
static void check_end(const struct check *c, const struct state *st)
{
	const struct hvm_walk *w = &st->walk;

	if (w->state == HVM_WALK_PAYLOAD)
		check_report(c, F_HVM_CONTEXT_WALK, w->entry.offset + 4, "length", "what is left of the body",
		    "%" PRIu32 " bytes of type %u", w->entry.length, w->entry.type);
	else if (w->state == HVM_WALK_HEAD && w->taken)
		check_report(c, F_HVM_CONTEXT_WALK, w->offset - w->taken, "type", "8 bytes", "%" PRIu32 " bytes",
		    w->taken);
	else if (w->state == HVM_WALK_HEAD)
		check_report(c, F_HVM_CONTEXT_END, w->offset, "type", "END", "end of the body");
	if (w->behind_end)
		check_report(c, F_HVM_CONTEXT_END, w->offset, "type", "nothing behind END", "%" PRIu64 " bytes",
		    w->behind_end);
	if (w->state == HVM_WALK_ENDED)
		check_vcpus(c, &st->seen, w->entry.offset);
	if (w->state == HVM_WALK_ENDED && st->seen.cpus)
		check_strangers(c, &st->seen, w->entry.offset);
}

/* What the walk itself needs no judgement for is noted at any depth: it says what guest this is. */
static void note(struct state *st, const struct xsr_hvm_entry *e)
{
	if (hvm_type(e->type) && e->type != XSR_HVM_END && instance_legal(e))
		set(&st->seen, e->type, e->instance);
}

static void piece(void *state, const struct check *c, const uint8_t *data, size_t length, uint64_t position,
    bool last)
{
	struct state *st = state;
	const struct xsr_hvm_entry *e;

	(void)position;
	while ((e = hvm_walk_next(&st->walk, &data, &length))) {
		if (c->depth >= XSR_DEPTH_STREAM)
			check_entry(c, st, e);
		else
			note(st, e);
	}
	if (last && c->depth >= XSR_DEPTH_STREAM)
		check_end(c, st);
}

static void learn_pieces(const void *state, struct image_facts *facts)
{
	const struct seen *s = &((const struct state *)state)->seen;
	struct hvm_facts *h = &facts->hvm;

	h->known = true;
	h->cpus = s->cpus;
	h->highest_vcpu = s->highest;
	h->has_pic = s->domain & BIT(XSR_HVM_PIC) || s->slave;
	h->has_ioapic = s->domain & BIT(XSR_HVM_IOAPIC);
	h->has_pit = s->domain & BIT(XSR_HVM_PIT);
	h->has_rtc = s->domain & BIT(XSR_HVM_RTC);
	h->has_hpet = s->domain & BIT(XSR_HVM_HPET);
	h->has_pmtimer = s->domain & BIT(XSR_HVM_PMTIMER);
}

static void describe_field(const struct xsr_visitor *v, const struct xsr_hvm_entry *e,
    const struct xsr_hvm_field *field)
{
	if (field->count == 1) {
		v->number(v->context, field->name, xsr_hvm_field_value(e, field, 0), field->base);
		return;
	}
	v->begin(v->context, field->name, true);
	for (size_t i = 0; i < field->count; i++)
		v->number(v->context, NULL, xsr_hvm_field_value(e, field, i), field->base);
	v->end(v->context);
}

static void describe_msrs(const struct xsr_visitor *v, const struct xsr_hvm_entry *e)
{
	v->begin(v->context, "msrs", true);
	for (uint32_t i = 0; i < hvm_msr_count(e); i++) {
		struct hvm_msr msr = hvm_msr_at(e, i);

		v->begin(v->context, NULL, false);
		v->number(v->context, "index", msr.index, XSR_HEXADECIMAL);
		if (xsr_msr_name(msr.index))
			v->text(v->context, "name", xsr_msr_name(msr.index));
		v->number(v->context, "value", msr.value, XSR_HEXADECIMAL);
		v->end(v->context);
	}
	v->end(v->context);
}

static void describe_entry(const struct xsr_visitor *v, const struct xsr_hvm_entry *e)
{
	const struct xsr_hvm_field *field;

	v->begin(v->context, NULL, false);
	v->number(v->context, "type", e->type, XSR_DECIMAL);
	if (xsr_hvm_entry_name(e->type))
		v->text(v->context, "name", xsr_hvm_entry_name(e->type));
	v->number(v->context, "instance", e->instance, XSR_DECIMAL);
	v->number(v->context, "length", e->length, XSR_DECIMAL);
	if (e->type == XSR_HVM_CPU && e->have >= XSTATE_LEGACY_SIZE)
		fxsave_describe(v, "fpu", e->payload);
	for (size_t i = 0; (field = xsr_hvm_entry_field(e, i)); i++)
		describe_field(v, e, field);
	if (e->type == XSR_HVM_CPU_XSAVE && e->length >= HVM_XSAVE_HEAD) {
		struct xsave_image image = hvm_xsave_image(e);

		xsave_describe(v, &image);
	}
	if (e->type == XSR_HVM_CPU_MSR)
		describe_msrs(v, e);
	v->end(v->context);
}

static void describe_piece(void *state, const struct xsr_visitor *v, const struct image_facts *facts,
    bool big_endian, const uint8_t *data, size_t length, uint64_t position, bool last)
{
	struct state *st = state;
	const struct xsr_hvm_entry *e;

	(void)facts;
	(void)big_endian;
	if (!position)
		v->begin(v->context, "entries", true);
	while ((e = hvm_walk_next(&st->walk, &data, &length)))
		describe_entry(v, e);
	if (last)
		v->end(v->context);
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	struct xsr_hvm_walk walk = xsr_hvm_context_walk(body, length);
	struct xsr_hvm_entry entry;

	(void)facts;
	(void)big_endian;
	while (xsr_hvm_context_next(&walk, &entry))
		if (xsr_hvm_entry_encode(out, &entry) != XSR_OK)
			return false;
	return walk.ended && walk.position == length;
}

const struct record_family hvm_context_family = {
    .layer = XSR_LAYER_LIBXC,
    .type = XSR_LIBXC_HVM_CONTEXT,
    .guests = GUEST_HVM,
    .min_length = 1,
    .max_length = XSR_LIBXC_RECORD_MAX,
    .multiple = 1,
    .bad_length = F_HVM_CONTEXT_LENGTH,
    .piece = piece,
    .state_size = sizeof(struct state),
    .describe_piece = describe_piece,
    .learn_pieces = learn_pieces,
    .recode = recode,
};
