/* SPDX-License-Identifier: MIT */
/* X86_MSR_POLICY: specs/libxc-stream.md §5.19 and §8.11. */
#include "libxc/msr_policy.h"

#include <inttypes.h>

#include <libstream/records.h>

#define ENTRY_SIZE 16u

/* Byte offsets in an entry, for findings. */
#define AT_INDEX 0u
#define AT_FLAGS 4u
#define AT_VALUE 8u

/* The MSRs of a policy in the order in which Xen writes them. */
static const struct policy_msr {
	uint32_t index;      /* of the MSR */
	uint64_t bits;       /* that its value may have in any release */
	const char *allowed; /* the same for people */
} msrs[] = {
    {0xce, UINT64_C(0x80000000), "bit 31 only"},
    {0x10a, UINT64_MAX, ""},
};

#define MSRS (sizeof(msrs) / sizeof(msrs[0]))

enum xsr_status xsr_msr_policy_decode(const void *body, size_t length, bool big_endian,
    struct xsr_msr_policy *policy)
{
	if (!length || length % ENTRY_SIZE)
		return XSR_E_CORRUPT;
	policy->count = length / ENTRY_SIZE;
	policy->entries = body;
	policy->big_endian = big_endian;
	return XSR_OK;
}

struct xsr_msr_entry xsr_msr_policy_at(const struct xsr_msr_policy *policy, size_t index)
{
	struct xsr_msr_entry entry = {.index = UINT32_MAX};
	struct reader r;

	if (index >= policy->count)
		return entry;
	r = reader_make(policy->entries + ENTRY_SIZE * index, ENTRY_SIZE, policy->big_endian);
	entry.index = reader_u32(&r);
	entry.flags = reader_u32(&r);
	entry.value = reader_u64(&r);
	return entry;
}

enum xsr_status xsr_msr_policy_encode(struct xsr_buffer *out, bool big_endian, const struct xsr_msr_entry *entries,
    size_t count)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, big_endian);

	for (size_t i = 0; i < count; i++) {
		writer_u32(&w, entries[i].index);
		writer_u32(&w, entries[i].flags);
		writer_u64(&w, entries[i].value);
	}
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}

/* Place of the entry's MSR in msrs[]; MSRS if it is not one of the policy. */
static size_t check_entry(const struct check *c, const struct xsr_msr_entry *e, uint64_t at)
{
	const struct release *target = &c->facts->target;
	size_t place = 0;

	if (e->flags)
		check_report(c, F_MSR_POLICY_FLAGS, at + AT_FLAGS, "flags", "0", "0x%" PRIx32, e->flags);
	while (place < MSRS && msrs[place].index != e->index)
		place++;
	if (place == MSRS)
		check_report(c, F_MSR_POLICY_INDEX, at + AT_INDEX, "index", "0xce or 0x10a", "0x%" PRIx32, e->index);
	else if (target->minor && !release_knows_policy_msr(target, e->index))
		check_report(c, F_AGAINST_MSR_POLICY, at + AT_INDEX, "index", "an MSR that this release knows",
		    "0x%" PRIx32, e->index);
	else if (e->value & ~msrs[place].bits)
		check_report(c, F_MSR_POLICY_VALUE, at + AT_VALUE, "value", msrs[place].allowed,
		    "0x%" PRIx64 " for MSR 0x%" PRIx32, e->value, e->index);
	return place;
}

static void check_entries(const struct check *c, const struct xsr_msr_policy *policy)
{
	bool seen[MSRS] = {false};
	size_t last = 0;

	for (size_t i = 0; i < policy->count; i++) {
		struct xsr_msr_entry e = xsr_msr_policy_at(policy, i);
		uint64_t at = ENTRY_SIZE * (uint64_t)i;
		size_t place = check_entry(c, &e, at);

		if (place == MSRS)
			continue;
		if (seen[place])
			check_report(c, F_MSR_POLICY_DUPLICATE, at, "index", "each once", "0x%" PRIx32, e.index);
		else if (place < last)
			check_report(c, F_MSR_POLICY_ORDER, at, "index", "0xce, then 0x10a", "0x%" PRIx32, e.index);
		seen[place] = true;
		last = place;
	}
}

static void check_count(const struct check *c, size_t count)
{
	check_report(c, F_MSR_POLICY_COUNT, 0, "", "at most 2", "%zu", count);
}

/* Only a body of far too many entries comes in pieces, and that is all there is to say about it. */
static void piece(void *state, const struct check *c, const uint8_t *data, size_t length, uint64_t position,
    bool last)
{
	(void)state;
	(void)data;
	(void)length;
	(void)last;
	if (!position && c->depth >= XSR_DEPTH_STREAM)
		check_count(c, c->record->length / ENTRY_SIZE);
}

static void check(const struct check *c, const uint8_t *body, size_t length)
{
	struct xsr_msr_policy policy;

	if (c->depth < XSR_DEPTH_STREAM ||
	    xsr_msr_policy_decode(body, length, c->record->big_endian, &policy) != XSR_OK)
		return;
	if (policy.count > MSRS)
		check_count(c, policy.count);
	else
		check_entries(c, &policy);
}

static void describe(const struct xsr_visitor *v, const struct image_facts *facts, bool big_endian,
    const uint8_t *body, size_t length)
{
	struct xsr_msr_policy policy;

	(void)facts;
	if (xsr_msr_policy_decode(body, length, big_endian, &policy) != XSR_OK)
		return;
	v->number(v->context, "count", policy.count, XSR_DECIMAL);
	v->begin(v->context, "msrs", true);
	for (size_t i = 0; i < policy.count; i++) {
		struct xsr_msr_entry e = xsr_msr_policy_at(&policy, i);

		v->begin(v->context, NULL, false);
		v->number(v->context, "index", e.index, XSR_HEXADECIMAL);
		if (xsr_msr_name(e.index))
			v->text(v->context, "name", xsr_msr_name(e.index));
		v->number(v->context, "flags", e.flags, XSR_HEXADECIMAL);
		v->number(v->context, "value", e.value, XSR_HEXADECIMAL);
		v->end(v->context);
	}
	v->end(v->context);
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	struct xsr_msr_policy policy;

	(void)facts;
	if (xsr_msr_policy_decode(body, length, big_endian, &policy) != XSR_OK)
		return false;
	for (size_t i = 0; i < policy.count; i++) {
		struct xsr_msr_entry e = xsr_msr_policy_at(&policy, i);

		if (xsr_msr_policy_encode(out, big_endian, &e, 1) != XSR_OK)
			return false;
	}
	return true;
}

const struct record_family msr_policy_family = {
    .layer = XSR_LAYER_LIBXC,
    .type = XSR_LIBXC_X86_MSR_POLICY,
    .guests = GUEST_ANY,
    .min_length = ENTRY_SIZE,
    .max_length = XSR_LIBXC_RECORD_MAX,
    .multiple = ENTRY_SIZE,
    .bad_length = F_MSR_POLICY_LENGTH,
    .check = check,
    .piece = piece,
    .describe = describe,
    .recode = recode,
};
