/* SPDX-License-Identifier: MIT */
/* X86_CPUID_POLICY: specs/libxc-stream.md §5.18 and §8.10. */
#include "libxc/cpuid_policy.h"

#include <inttypes.h>
#include <stdio.h>

#include <libstream/records.h>

#define LEAF_SIZE  24u
#define NO_SUBLEAF UINT32_MAX

/* Byte offsets in an entry, for findings. */
#define AT_LEAF    0u
#define AT_SUBLEAF 4u

/*
 * The leaves of a policy, as runs of consecutive ones. All releases together, in the order in which Xen writes them,
 * which is that of the numbers.
 */
static const struct run {
	uint32_t first, last; /* leaves */
	uint32_t subleaves;   /* how many each has; 0: none, and the subleaf field is NO_SUBLEAF */
} runs[] = {
    {0x0, 0x3, 0},
    {0x4, 0x4, 6},
    {0x5, 0x6, 0},
    {0x7, 0x7, 3},
    {0x8, 0xa, 0},
    {0xb, 0xb, 2},
    {0xc, 0xc, 0},
    {0xd, 0xd, 63},
    {0x40000000, 0x40000000, 0},
    {0x40000100, 0x40000100, 0},
    {0x80000000, 0x80000021, 0},
};

#define RUNS (sizeof(runs) / sizeof(runs[0]))

/* Places in all runs, which is also the most entries that any release accepts. */
#define PLACES 120u

enum xsr_status xsr_cpuid_policy_decode(const void *body, size_t length, bool big_endian,
    struct xsr_cpuid_policy *policy)
{
	if (!length || length % LEAF_SIZE)
		return XSR_E_CORRUPT;
	policy->count = length / LEAF_SIZE;
	policy->leaves = body;
	policy->big_endian = big_endian;
	return XSR_OK;
}

struct xsr_cpuid_leaf xsr_cpuid_policy_at(const struct xsr_cpuid_policy *policy, size_t index)
{
	struct xsr_cpuid_leaf leaf = {.leaf = UINT32_MAX, .subleaf = NO_SUBLEAF};
	struct reader r;

	if (index >= policy->count)
		return leaf;
	r = reader_make(policy->leaves + LEAF_SIZE * index, LEAF_SIZE, policy->big_endian);
	leaf.leaf = reader_u32(&r);
	leaf.subleaf = reader_u32(&r);
	leaf.eax = reader_u32(&r);
	leaf.ebx = reader_u32(&r);
	leaf.ecx = reader_u32(&r);
	leaf.edx = reader_u32(&r);
	return leaf;
}

bool xsr_cpuid_policy_find(const struct xsr_cpuid_policy *policy, uint32_t leaf, uint32_t subleaf,
    struct xsr_cpuid_leaf *found)
{
	for (size_t i = 0; i < policy->count; i++) {
		*found = xsr_cpuid_policy_at(policy, i);
		if (found->leaf == leaf && found->subleaf == subleaf)
			return true;
	}
	return false;
}

enum xsr_status xsr_cpuid_policy_encode(struct xsr_buffer *out, bool big_endian,
    const struct xsr_cpuid_leaf *leaves, size_t count)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, big_endian);

	for (size_t i = 0; i < count; i++) {
		writer_u32(&w, leaves[i].leaf);
		writer_u32(&w, leaves[i].subleaf);
		writer_u32(&w, leaves[i].eax);
		writer_u32(&w, leaves[i].ebx);
		writer_u32(&w, leaves[i].ecx);
		writer_u32(&w, leaves[i].edx);
	}
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}

/* The run that a leaf is in, or NULL. *place gets the number of the leaf's first place in all runs. */
static const struct run *run_of(uint32_t leaf, uint32_t *place)
{
	*place = 0;
	for (size_t i = 0; i < RUNS; i++) {
		uint32_t each = runs[i].subleaves ? runs[i].subleaves : 1;

		if (leaf >= runs[i].first && leaf <= runs[i].last) {
			*place += (leaf - runs[i].first) * each;
			return &runs[i];
		}
		*place += (runs[i].last - runs[i].first + 1) * each;
	}
	return NULL;
}

/* True if the entry is one that Xen accepts; then *place is its number in the order in which Xen writes them. */
static bool check_leaf(const struct check *c, const struct xsr_cpuid_leaf *leaf, uint64_t at, uint32_t *place)
{
	const struct run *run = run_of(leaf->leaf, place);
	const struct release *target = &c->facts->target;

	if (!run) {
		check_report(c, F_CPUID_POLICY_LEAF, at + AT_LEAF, "leaf",
		    "0 to 0xd, 0x40000000, 0x40000100, 0x80000000 to 0x80000021", "0x%" PRIx32, leaf->leaf);
		return false;
	}
	if (!run->subleaves && leaf->subleaf != NO_SUBLEAF) {
		check_report(c, F_CPUID_POLICY_SUBLEAF, at + AT_SUBLEAF, "subleaf", "0xffffffff",
		    "0x%" PRIx32 " of leaf 0x%" PRIx32, leaf->subleaf, leaf->leaf);
		return false;
	}
	if (run->subleaves && leaf->subleaf >= run->subleaves) {
		char allowed[32];

		snprintf(allowed, sizeof(allowed), "0 to %" PRIu32, run->subleaves - 1);
		check_report(c, F_CPUID_POLICY_SUBLEAF, at + AT_SUBLEAF, "subleaf", allowed,
		    "0x%" PRIx32 " of leaf 0x%" PRIx32, leaf->subleaf, leaf->leaf);
		return false;
	}
	if (target->minor && !release_knows_leaf(target, leaf->leaf, run->subleaves ? leaf->subleaf : 0))
		check_report(c, F_AGAINST_CPUID_POLICY, at + AT_LEAF, "leaf", "a leaf that this release knows",
		    "0x%" PRIx32 " subleaf 0x%" PRIx32, leaf->leaf, leaf->subleaf);
	if (run->subleaves)
		*place += leaf->subleaf;
	return true;
}

/* Order is told once: behind one misplaced entry all others look misplaced. */
static void check_leaves(const struct check *c, const struct xsr_cpuid_policy *policy)
{
	bool seen[PLACES] = {false}, ordered = true;
	uint32_t place, last = 0;

	for (size_t i = 0; i < policy->count; i++) {
		struct xsr_cpuid_leaf leaf = xsr_cpuid_policy_at(policy, i);
		uint64_t at = LEAF_SIZE * (uint64_t)i;

		if (!check_leaf(c, &leaf, at, &place))
			continue;
		if (seen[place]) {
			check_report(c, F_CPUID_POLICY_DUPLICATE, at, "leaf", "each once",
			    "0x%" PRIx32 " subleaf 0x%" PRIx32, leaf.leaf, leaf.subleaf);
		} else if (place < last && ordered) {
			check_report(c, F_CPUID_POLICY_ORDER, at, "leaf", "ascending leaves and subleaves",
			    "0x%" PRIx32 " subleaf 0x%" PRIx32, leaf.leaf, leaf.subleaf);
			ordered = false;
		}
		seen[place] = true;
		if (place > last)
			last = place;
	}
}

static void check_count(const struct check *c, size_t count)
{
	check_report(c, F_CPUID_POLICY_COUNT, 0, "", "at most 120", "%zu", count);
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
		check_count(c, c->record->length / LEAF_SIZE);
}

static void check(const struct check *c, const uint8_t *body, size_t length)
{
	struct xsr_cpuid_policy policy;

	if (c->depth < XSR_DEPTH_STREAM ||
	    xsr_cpuid_policy_decode(body, length, c->record->big_endian, &policy) != XSR_OK)
		return;
	if (policy.count > PLACES)
		check_count(c, policy.count);
	else
		check_leaves(c, &policy);
}

static void describe(const struct xsr_visitor *v, const struct image_facts *facts, bool big_endian,
    const uint8_t *body, size_t length)
{
	struct xsr_cpuid_policy policy;

	(void)facts;
	if (xsr_cpuid_policy_decode(body, length, big_endian, &policy) != XSR_OK)
		return;
	v->number(v->context, "count", policy.count, XSR_DECIMAL);
	v->begin(v->context, "leaves", true);
	for (size_t i = 0; i < policy.count; i++) {
		struct xsr_cpuid_leaf leaf = xsr_cpuid_policy_at(&policy, i);

		v->begin(v->context, NULL, false);
		v->number(v->context, "leaf", leaf.leaf, XSR_HEXADECIMAL);
		if (leaf.subleaf != NO_SUBLEAF)
			v->number(v->context, "subleaf", leaf.subleaf, XSR_DECIMAL);
		v->number(v->context, "eax", leaf.eax, XSR_HEXADECIMAL);
		v->number(v->context, "ebx", leaf.ebx, XSR_HEXADECIMAL);
		v->number(v->context, "ecx", leaf.ecx, XSR_HEXADECIMAL);
		v->number(v->context, "edx", leaf.edx, XSR_HEXADECIMAL);
		v->end(v->context);
	}
	v->end(v->context);
}

/* What xsave areas and control registers are judged by. */
static void learn(struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length)
{
	struct xsr_cpuid_policy policy;
	struct xsr_cpuid_leaf leaf;

	xstate_layout_learn(&facts->xstate, body, length, big_endian);
	if (xsr_cpuid_policy_decode(body, length, big_endian, &policy) == XSR_OK &&
	    xsr_cpuid_policy_find(&policy, 0x80000008, NO_SUBLEAF, &leaf))
		facts->physical_bits = leaf.eax & 0xff;
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	struct xsr_cpuid_policy policy;

	(void)facts;
	if (xsr_cpuid_policy_decode(body, length, big_endian, &policy) != XSR_OK)
		return false;
	for (size_t i = 0; i < policy.count; i++) {
		struct xsr_cpuid_leaf leaf = xsr_cpuid_policy_at(&policy, i);

		if (xsr_cpuid_policy_encode(out, big_endian, &leaf, 1) != XSR_OK)
			return false;
	}
	return true;
}

const struct record_family cpuid_policy_family = {
    .layer = XSR_LAYER_LIBXC,
    .type = XSR_LIBXC_X86_CPUID_POLICY,
    .guests = GUEST_ANY,
    .min_length = LEAF_SIZE,
    .max_length = XSR_LIBXC_RECORD_MAX,
    .multiple = LEAF_SIZE,
    .bad_length = F_CPUID_POLICY_LENGTH,
    .check = check,
    .piece = piece,
    .describe = describe,
    .learn = learn,
    .recode = recode,
};
