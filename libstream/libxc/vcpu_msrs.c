/* SPDX-License-Identifier: MIT */
/* X86_PV_VCPU_MSRS: specs/libxc-stream.md §5.8 and §8.5. */
#include "libxc/vcpu_msrs.h"

#include <inttypes.h>

#include "libxc/vcpu_head.h"

#define COUNT_MAX 11u /* seven MSRs, and four address masks counted apart */

/* All that any release accepts. */
static const uint32_t accepted[] = {0x48, 0x140, 0xc0000103, 0xc0011019, 0xc001101a, 0xc001101b, 0xc0011027};

#define ACCEPTED (sizeof(accepted) / sizeof(accepted[0]))

enum xsr_status xsr_vcpu_msrs_decode(const void *body, size_t length, bool big_endian, struct xsr_vcpu_msrs *vcpu)
{
	struct reader r = reader_make(body, length, false);

	if (length < XSR_VCPU_HEAD_SIZE || length > XSR_LIBXC_RECORD_MAX ||
	    (length - XSR_VCPU_HEAD_SIZE) % XSR_VCPU_MSR_SIZE)
		return XSR_E_CORRUPT;
	vcpu->head = vcpu_head_read(body, length, big_endian);
	reader_skip(&r, XSR_VCPU_HEAD_SIZE);
	vcpu->count = (uint32_t)(reader_left(&r) / XSR_VCPU_MSR_SIZE);
	vcpu->entries = reader_skip(&r, reader_left(&r));
	return XSR_OK;
}

struct xsr_vcpu_msr xsr_vcpu_msrs_at(const struct xsr_vcpu_msrs *vcpu, uint32_t index)
{
	struct xsr_vcpu_msr msr = {0};

	if (index >= vcpu->count)
		return msr;
	struct reader r = reader_make(vcpu->entries + (size_t)index * XSR_VCPU_MSR_SIZE, XSR_VCPU_MSR_SIZE, false);

	msr.index = reader_u32(&r);
	msr.reserved = reader_u32(&r);
	msr.value = reader_u64(&r);
	return msr;
}

enum xsr_status xsr_vcpu_msrs_encode(struct xsr_buffer *out, bool big_endian, const struct xsr_vcpu_head *head,
    const struct xsr_vcpu_msr *entries, uint32_t count)
{
	size_t length = (size_t)count * XSR_VCPU_MSR_SIZE;
	enum xsr_status status;
	struct writer w;

	if (length > XSR_LIBXC_RECORD_MAX - XSR_VCPU_HEAD_SIZE)
		return XSR_E_MISUSE;
	status = vcpu_head_write(out, head, length, big_endian);
	if (status != XSR_OK)
		return status;
	w = writer_make(out->data + out->length, length, false);
	for (uint32_t i = 0; i < count; i++) {
		writer_u32(&w, entries[i].index);
		writer_u32(&w, entries[i].reserved);
		writer_u64(&w, entries[i].value);
	}
	out->length += w.position;
	return XSR_OK;
}

/* Number of this MSR in accepted[]; ACCEPTED if it is not there. */
static unsigned number_of(uint32_t index)
{
	unsigned i = 0;

	while (i < ACCEPTED && accepted[i] != index)
		i++;
	return i;
}

static void check_entries(const struct check *c, const struct xsr_vcpu_msrs *vcpu)
{
	const struct release *target = &c->facts->target;
	unsigned seen = 0;

	for (uint32_t i = 0; i < vcpu->count; i++) {
		struct xsr_vcpu_msr msr = xsr_vcpu_msrs_at(vcpu, i);
		uint64_t at = XSR_VCPU_HEAD_SIZE + (uint64_t)i * XSR_VCPU_MSR_SIZE;
		unsigned number = number_of(msr.index);

		if (number == ACCEPTED)
			check_report(c, F_VCPU_MSRS_INDEX, at, "index",
			    "0x48, 0x140, 0xc0000103, 0xc0011019 to 0xc001101b or 0xc0011027", "0x%" PRIx32,
			    msr.index);
		else if (target->minor && !release_loads_msr(target, false, msr.index))
			check_report(c, F_AGAINST_MSR, at, "index", "an MSR that this release loads",
			    "0x%" PRIx32, msr.index);
		else if (seen & 1u << number)
			check_report(c, F_VCPU_MSRS_DUPLICATE, at, "index", "each MSR once", "0x%" PRIx32 " again",
			    msr.index);
		else
			seen |= 1u << number;
		if (msr.reserved)
			check_report(c, F_VCPU_MSRS_ENTRY_RESERVED, at + 4, "reserved", "0", "0x%" PRIx32,
			    msr.reserved);
	}
}

/* False if the list is so long that Xen does not even look at it. */
static bool check_count(const struct check *c, uint64_t count)
{
	if (count <= COUNT_MAX)
		return true;
	check_report(c, F_VCPU_MSRS_COUNT, XSR_VCPU_HEAD_SIZE, "entries", "at most 11", "%" PRIu64, count);
	return false;
}

static void check(const struct check *c, const uint8_t *body, size_t length)
{
	struct xsr_vcpu_msrs vcpu;

	if (xsr_vcpu_msrs_decode(body, length, c->record->big_endian, &vcpu) != XSR_OK)
		return;
	vcpu_head_check(c, &vcpu.head, F_VCPU_MSRS_RESERVED);
	if (!vcpu.count)
		check_report(c, F_VCPU_MSRS_EMPTY, XSR_VCPU_HEAD_SIZE, "entries", "at least one", "none");
	if (c->depth < XSR_DEPTH_STREAM)
		return;
	if (check_count(c, vcpu.count))
		check_entries(c, &vcpu);
}

/* Of a body that is too long to come whole the count is enough to refuse it. */
static void piece(void *state, const struct check *c, const uint8_t *data, size_t length, uint64_t position,
    bool last)
{
	(void)state;
	(void)data;
	(void)length;
	(void)last;
	if (position == 0 && c->depth >= XSR_DEPTH_STREAM)
		check_count(c, (c->record->length - XSR_VCPU_HEAD_SIZE) / XSR_VCPU_MSR_SIZE);
}

static void describe(const struct xsr_visitor *v, const struct image_facts *facts, bool big_endian,
    const uint8_t *body, size_t length)
{
	struct xsr_vcpu_msrs vcpu;

	(void)facts;
	if (xsr_vcpu_msrs_decode(body, length, big_endian, &vcpu) != XSR_OK)
		return;
	vcpu_head_describe(v, &vcpu.head);
	v->begin(v->context, "msrs", true);
	for (uint32_t i = 0; i < vcpu.count; i++) {
		struct xsr_vcpu_msr msr = xsr_vcpu_msrs_at(&vcpu, i);
		const char *name = xsr_msr_name(msr.index);

		v->begin(v->context, NULL, false);
		v->number(v->context, "index", msr.index, XSR_HEXADECIMAL);
		if (name)
			v->text(v->context, "name", name);
		v->number(v->context, "value", msr.value, XSR_HEXADECIMAL);
		v->end(v->context);
	}
	v->end(v->context);
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	struct xsr_vcpu_msr entries[COUNT_MAX];
	struct xsr_vcpu_msrs vcpu;

	(void)facts;
	if (xsr_vcpu_msrs_decode(body, length, big_endian, &vcpu) != XSR_OK || vcpu.count > COUNT_MAX)
		return false;
	for (uint32_t i = 0; i < vcpu.count; i++)
		entries[i] = xsr_vcpu_msrs_at(&vcpu, i);
	return xsr_vcpu_msrs_encode(out, big_endian, &vcpu.head, entries, vcpu.count) == XSR_OK;
}

const struct record_family vcpu_msrs_family = {
    .layer = XSR_LAYER_LIBXC,
    .type = XSR_LIBXC_X86_PV_VCPU_MSRS,
    .guests = GUEST_PV,
    .min_length = XSR_VCPU_HEAD_SIZE,
    .max_length = XSR_LIBXC_RECORD_MAX,
    .multiple = XSR_VCPU_MSR_SIZE,
    .bad_length = F_VCPU_MSRS_LENGTH,
    .check = check,
    .piece = piece,
    .describe = describe,
    .recode = recode,
};
