/* SPDX-License-Identifier: MIT */
/* HVM_PARAMS: specs/libxc-stream.md §5.12. */
#include "libxc/hvm_params.h"

#include <inttypes.h>
#include <string.h>

#include <libstream/records.h>

#define HEAD_SIZE  8u
#define ENTRY_SIZE 16u

/* Byte offsets in the body, for findings. */
#define AT_COUNT    0u
#define AT_RESERVED 4u

#define PAE_ENABLED 4u

/* What Xen wants of a value. Most parameters take anything. */
enum rule {
	RULE_ANY,
	RULE_REFUSED,  /* Xen refuses any value */
	RULE_AT_MOST,  /* 0 to limit */
	RULE_RANGE_1,  /* 1 to limit */
	RULE_VIRIDIAN, /* feature bits, with the base bit */
	RULE_S_STATE,  /* awake or in S3 */
	RULE_FIP,      /* width of the saved FPU instruction pointer */
	RULE_TSS,      /* size in the high half */
};

struct param {
	const char *name;    /* as specs and Xen's headers have it; NULL if not assigned */
	enum rule rule;      /* for its value */
	uint64_t limit;      /* of the rule */
	const char *allowed; /* the rule for people, static */
};

#define VIRIDIAN_BASE     UINT64_C(0x1)
#define VIRIDIAN_FEATURES UINT64_C(0x1fff)
#define TSS_SIZE_MIN      104u

static const struct param params[] = {
    [0] = {.name = "CALLBACK_IRQ"},
    [1] = {.name = "STORE_PFN"},
    [2] = {.name = "STORE_EVTCHN"},
    [PAE_ENABLED] = {.name = "PAE_ENABLED"},
    [5] = {.name = "IOREQ_PFN"},
    [6] = {.name = "BUFIOREQ_PFN"},
    [9] = {.name = "VIRIDIAN", .rule = RULE_VIRIDIAN, .allowed = "bit 0 set, bits 13 to 63 clear"},
    [10] = {.name = "TIMER_MODE", .rule = RULE_AT_MOST, .limit = 3, .allowed = "0 to 3"},
    [11] = {.name = "HPET_ENABLED"},
    [12] = {.name = "IDENT_PT"},
    [13] = {.name = "DM_DOMAIN", .rule = RULE_REFUSED},
    [14] = {.name = "ACPI_S_STATE", .rule = RULE_S_STATE, .allowed = "0 or 3"},
    [15] = {.name = "VM86_TSS", .rule = RULE_AT_MOST, .limit = UINT32_MAX, .allowed = "below 2^32"},
    [16] = {.name = "VPT_ALIGN"},
    [17] = {.name = "CONSOLE_PFN"},
    [18] = {.name = "CONSOLE_EVTCHN"},
    [19] = {.name = "ACPI_IOPORTS_LOCATION", .rule = RULE_AT_MOST, .limit = 1, .allowed = "0 or 1"},
    [20] = {.name = "MEMORY_EVENT_CR0", .rule = RULE_REFUSED},
    [21] = {.name = "MEMORY_EVENT_CR3", .rule = RULE_REFUSED},
    [22] = {.name = "MEMORY_EVENT_CR4", .rule = RULE_REFUSED},
    [23] = {.name = "MEMORY_EVENT_INT3", .rule = RULE_REFUSED},
    [24] = {.name = "NESTEDHVM", .rule = RULE_REFUSED},
    [25] = {.name = "MEMORY_EVENT_SINGLE_STEP", .rule = RULE_REFUSED},
    [26] = {.name = "BUFIOREQ_EVTCHN", .rule = RULE_REFUSED},
    [27] = {.name = "PAGING_RING_PFN"},
    [28] = {.name = "MONITOR_RING_PFN"},
    [29] = {.name = "SHARING_RING_PFN"},
    [30] = {.name = "MEMORY_EVENT_MSR", .rule = RULE_REFUSED},
    [31] = {.name = "TRIPLE_FAULT_REASON", .rule = RULE_AT_MOST, .limit = 5, .allowed = "0 to 5"},
    [32] = {.name = "IOREQ_SERVER_PFN"},
    [33] = {.name = "NR_IOREQ_SERVER_PAGES", .rule = RULE_RANGE_1, .limit = 64, .allowed = "1 to 64"},
    [34] = {.name = "VM_GENERATION_ID_ADDR"},
    [35] = {.name = "ALTP2M", .rule = RULE_AT_MOST, .limit = 3, .allowed = "0 to 3"},
    [36] = {.name = "X87_FIP_WIDTH", .rule = RULE_FIP, .allowed = "0, 4 or 8"},
    [37] = {.name = "VM86_TSS_SIZED", .rule = RULE_TSS, .allowed = "size in the high half at least 104"},
    [38] = {.name = "MCA_CAP", .rule = RULE_AT_MOST, .limit = 1, .allowed = "0 or 1"},
};

_Static_assert(sizeof(params) / sizeof(params[0]) == XSR_HVM_PARAM_COUNT, "all that any release knows");

const char *xsr_hvm_param_name(uint64_t index)
{
	return index < XSR_HVM_PARAM_COUNT ? params[index].name : NULL;
}

enum xsr_status xsr_hvm_params_decode(const void *body, size_t length, bool big_endian,
    struct xsr_hvm_params *p)
{
	struct reader r = reader_make(body, length, big_endian);

	p->count = reader_u32(&r);
	p->reserved = reader_u32(&r);
	p->big_endian = big_endian;
	if (r.failed || reader_left(&r) % ENTRY_SIZE || reader_left(&r) / ENTRY_SIZE != p->count)
		return XSR_E_CORRUPT;
	p->entries = reader_skip(&r, reader_left(&r));
	return XSR_OK;
}

static struct xsr_hvm_param param_decode(const uint8_t *entry, bool big_endian)
{
	struct xsr_hvm_param param = {load_u64(entry, big_endian), load_u64(entry + 8, big_endian)};

	return param;
}

struct xsr_hvm_param xsr_hvm_params_at(const struct xsr_hvm_params *p, uint32_t i)
{
	struct xsr_hvm_param none = {.index = UINT64_MAX};

	return i < p->count ? param_decode(p->entries + (size_t)ENTRY_SIZE * i, p->big_endian) : none;
}

enum xsr_status xsr_hvm_params_encode_head(struct xsr_buffer *out, bool big_endian, uint32_t count,
    uint32_t reserved)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, big_endian);

	writer_u32(&w, count);
	writer_u32(&w, reserved);
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}

enum xsr_status xsr_hvm_params_encode(struct xsr_buffer *out, bool big_endian, const struct xsr_hvm_param *param,
    size_t count)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, big_endian);

	for (size_t i = 0; i < count; i++) {
		writer_u64(&w, param[i].index);
		writer_u64(&w, param[i].value);
	}
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}

static bool value_fits(const struct param *param, uint64_t value)
{
	switch (param->rule) {
	case RULE_AT_MOST:
		return value <= param->limit;
	case RULE_RANGE_1:
		return value >= 1 && value <= param->limit;
	case RULE_VIRIDIAN:
		return !(value & ~VIRIDIAN_FEATURES) && (value & VIRIDIAN_BASE);
	case RULE_S_STATE:
		return value == 0 || value == 3;
	case RULE_FIP:
		return value == 0 || value == 4 || value == 8;
	case RULE_TSS:
		return value >> 32 >= TSS_SIZE_MIN;
	default:
		return true;
	}
}

/* Images of old savers and of the converter may still have this parameter; every restorer drops it. */
static bool may_have_pae(const struct image_facts *facts)
{
	return facts->image_version < 3 || (facts->has_domain && facts->xen_major == 0);
}

/* One parameter by itself; false if its index is none. */
static bool check_param(const struct check *c, const struct xsr_hvm_param *p, uint64_t at)
{
	const struct release *target = &c->facts->target;
	const struct param *param;

	if (!xsr_hvm_param_name(p->index)) {
		check_report(c, F_HVM_PARAMS_INDEX, at, "index", "0 to 38 but for 3, 7 and 8", "%" PRIu64, p->index);
		return false;
	}
	param = &params[p->index];
	if (param->rule == RULE_REFUSED)
		check_report(c, F_HVM_PARAMS_REFUSED, at, "index", "", "%" PRIu64 " (%s)", p->index, param->name);
	if (p->index == PAE_ENABLED && !may_have_pae(c->facts))
		check_report(c, F_HVM_PARAMS_OLD_PAE, at, "index", "", "4 (PAE_ENABLED)");
	if (target->minor && p->index >= release_limits(target)->hvm_param_count)
		check_report(c, F_AGAINST_HVM_PARAM, at, "index", "a parameter that this release knows",
		    "%" PRIu64 " (%s)", p->index, param->name);
	if (!value_fits(param, p->value))
		check_report(c, F_HVM_PARAMS_VALUE, at + 8, "value", param->allowed, "0x%" PRIx64 " for %s",
		    p->value, param->name);
	else if (!p->value)
		check_report(c, F_HVM_PARAMS_ZERO, at + 8, "value", "not 0", "0 for index %" PRIu64, p->index);
	return true;
}

/* What is remembered of a body from piece to piece. */
struct state {
	uint8_t bytes[ENTRY_SIZE];             /* the head or an entry that is cut between pieces */
	uint32_t held;                         /* bytes of it */
	bool headed;                           /* the head came */
	bool miscounted;                       /* its count is not what the body has; no telling what is an entry */
	uint64_t taken;                        /* bytes of the body so far, whole things only */
	bool seen[XSR_HVM_PARAM_COUNT];        /* this index came */
	uint64_t values[XSR_HVM_PARAM_COUNT];  /* with this value */
};

/* Takes the next thing of the body, the head or an entry, out of the input; NULL when that is used up. */
static const uint8_t *next(struct state *st, const uint8_t **data, size_t *length)
{
	uint32_t want = st->headed ? ENTRY_SIZE : HEAD_SIZE, n = want - st->held;

	if (n > *length)
		n = (uint32_t)*length;
	if (n)
		memcpy(st->bytes + st->held, *data, n);
	*data += n;
	*length -= n;
	st->held += n;
	if (st->held < want)
		return NULL;
	st->held = 0;
	st->taken += want;
	return st->bytes;
}

static void check_head(const struct check *c, struct state *st, const uint8_t *head)
{
	bool big_endian = c->record->big_endian;
	uint32_t count = load_u32(head + AT_COUNT, big_endian), length = c->record->length;
	uint32_t reserved = load_u32(head + AT_RESERVED, big_endian);

	st->headed = true;
	st->miscounted = count != (length - HEAD_SIZE) / ENTRY_SIZE;
	if (st->miscounted)
		check_report(c, F_HVM_PARAMS_LENGTH, AT_COUNT, "count", "8 + 16 a parameter",
		    "%" PRIu32 " in a body of %" PRIu32 " bytes", count, length);
	else if (!count)
		check_report(c, F_HVM_PARAMS_EMPTY, AT_COUNT, "count", "at least 1", "0");
	if (reserved)
		check_report(c, F_HVM_PARAMS_RESERVED, AT_RESERVED, "reserved", "0", "0x%" PRIx32, reserved);
}

static void check_entry(const struct check *c, struct state *st, const uint8_t *entry)
{
	struct xsr_hvm_param p = param_decode(entry, c->record->big_endian);
	uint64_t at = st->taken - ENTRY_SIZE;

	if (!check_param(c, &p, at))
		return;
	if (st->seen[p.index] && st->values[p.index] != p.value)
		check_report(c, F_HVM_PARAMS_DUPLICATE, at, "index", "each index once",
		    "%" PRIu64 " with 0x%" PRIx64 " before, 0x%" PRIx64 " now", p.index, st->values[p.index],
		    p.value);
	st->seen[p.index] = true;
	st->values[p.index] = p.value;
}

/* By pieces whatever the length: nothing bounds the count but the record. */
static void piece(void *state, const struct check *c, const uint8_t *data, size_t length, uint64_t position,
    bool last)
{
	struct state *st = state;
	const uint8_t *thing;

	(void)position;
	(void)last;
	while ((thing = next(st, &data, &length))) {
		if (!st->headed)
			check_head(c, st, thing);
		else if (c->depth >= XSR_DEPTH_STREAM && !st->miscounted)
			check_entry(c, st, thing);
	}
}

static void describe_param(const struct xsr_visitor *v, const struct xsr_hvm_param *p)
{
	v->begin(v->context, NULL, false);
	v->number(v->context, "index", p->index, XSR_DECIMAL);
	if (xsr_hvm_param_name(p->index))
		v->text(v->context, "name", xsr_hvm_param_name(p->index));
	v->number(v->context, "value", p->value, XSR_HEXADECIMAL);
	v->end(v->context);
}

static void describe_piece(void *state, const struct xsr_visitor *v, const struct image_facts *facts,
    bool big_endian, const uint8_t *data, size_t length, uint64_t position, bool last)
{
	struct state *st = state;
	const uint8_t *thing;

	(void)facts;
	(void)position;
	while ((thing = next(st, &data, &length))) {
		if (!st->headed) {
			st->headed = true;
			v->number(v->context, "count", load_u32(thing + AT_COUNT, big_endian), XSR_DECIMAL);
			v->begin(v->context, "parameters", true);
		} else {
			struct xsr_hvm_param p = param_decode(thing, big_endian);

			describe_param(v, &p);
		}
	}
	if (last)
		v->end(v->context);
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	struct xsr_hvm_params list;

	(void)facts;
	if (xsr_hvm_params_decode(body, length, big_endian, &list) != XSR_OK ||
	    xsr_hvm_params_encode_head(out, big_endian, list.count, list.reserved) != XSR_OK)
		return false;
	for (uint32_t i = 0; i < list.count; i++) {
		struct xsr_hvm_param p = xsr_hvm_params_at(&list, i);

		if (xsr_hvm_params_encode(out, big_endian, &p, 1) != XSR_OK)
			return false;
	}
	return true;
}

const struct record_family hvm_params_family = {
    .layer = XSR_LAYER_LIBXC,
    .type = XSR_LIBXC_HVM_PARAMS,
    .guests = GUEST_HVM,
    .min_length = HEAD_SIZE,
    .max_length = XSR_LIBXC_RECORD_MAX,
    .multiple = ENTRY_SIZE,
    .bad_length = F_HVM_PARAMS_LENGTH,
    .piece = piece,
    .state_size = sizeof(struct state),
    .describe_piece = describe_piece,
    .recode = recode,
};
