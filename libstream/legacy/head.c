/* SPDX-License-Identifier: MIT */
/* The head of an image: p2m_size, extended info and P2M frame list: specs/legacy-stream.md §3. */
#include "legacy/machine.h"

#include <inttypes.h>
#include <string.h>

#include "wire/cursor.h"

#define INFO_MAX     65536u
#define CONTEXT_32   2800u
#define CONTEXT_64   5168u
#define XCNT_MIN     32u
#define XCNT_MAX     (16u + 16u + 16384u)

enum legacy_step legacy_step_p2m_size(struct xsr_legacy *d, struct legacy_input *in)
{
	struct xsr_legacy_head *h = &d->head;

	if (!legacy_collect(d, in, h->width))
		return STEP_MORE;
	d->head_at = d->offset - h->width;
	h->p2m_size = h->width == 4 ? load_u32(d->hold, false) : load_u64(d->hold, false);
	if (!h->p2m_size || h->p2m_size > XSR_LEGACY_P2M_MAX) {
		finding_found(legacy_fail(d, F_LEGACY_P2M_SIZE, d->offset - h->width, "p2m_size"), "%" PRIu64,
		    h->p2m_size);
		finding_allowed(&d->error, "1 to 0x%x, which every legacy libxc image begins with", XSR_LEGACY_P2M_MAX);
		return STEP_FAILED;
	}
	/* Without extended info the guest has the width of the tools, and levels as Xen 3.0 had them. */
	h->guest_width = h->hvm ? 0 : h->width;
	h->guest_levels = h->hvm ? 0 : h->width == 8 ? 4 : 3;
	if (h->hvm)
		legacy_since(d, 3, 1);
	d->state = h->has_info ? LS_INFO_TOTAL : LS_HEAD;
	return STEP_AGAIN;
}

static struct xsr_finding *info_fault(struct xsr_legacy *d, size_t back, const char *field)
{
	return legacy_fail(d, F_LEGACY_EXTENDED_INFO, d->offset - back, field);
}

/* The next block, or what comes behind the last one. */
static void next_block(struct xsr_legacy *d)
{
	d->state = d->info_left ? LS_INFO_BLOCK : LS_HEAD;
}

enum legacy_step legacy_step_info_total(struct xsr_legacy *d, struct legacy_input *in)
{
	if (!legacy_collect(d, in, d->head.width + 4))
		return STEP_MORE;
	d->head.info_total = load_u32(d->hold + d->head.width, false);
	d->info_left = d->head.info_total;
	d->info_at = d->offset - 4;
	if (d->info_left > INFO_MAX) {
		finding_found(info_fault(d, 4, "total"), "%" PRIu32, d->info_left);
		finding_allowed(&d->error, "at most %u", INFO_MAX);
		return STEP_FAILED;
	}
	next_block(d);
	return STEP_AGAIN;
}

static enum legacy_step block_size_fault(struct xsr_legacy *d, uint32_t size, const char *allowed)
{
	finding_found(info_fault(d, 4, "size"), "%" PRIu32 " in block %.4s", size, (const char *)d->hold);
	finding_allowed(&d->error, "%s", allowed);
	return STEP_FAILED;
}

static enum legacy_step block_vcpu(struct xsr_legacy *d, uint32_t size)
{
	if (size != CONTEXT_32 && size != CONTEXT_64)
		return block_size_fault(d, size, "2800 or 5168");
	if (d->info_vcpu)
		return block_size_fault(d, size, "one such block");
	d->info_vcpu = true;
	d->head.guest_width = size == CONTEXT_64 ? 8 : 4;
	d->head.guest_levels = size == CONTEXT_64 ? 4 : 3;
	return STEP_AGAIN;
}

enum legacy_step legacy_step_info_block(struct xsr_legacy *d, struct legacy_input *in)
{
	enum legacy_step step = STEP_AGAIN;
	uint32_t size;

	if (!legacy_collect(d, in, 8))
		return STEP_MORE;
	size = load_u32(d->hold + 4, false);
	if (d->info_left < 8 || size > d->info_left - 8) {
		/* Which of the two is wrong cannot be known: the total comes first. */
		finding_found(legacy_fail(d, F_LEGACY_EXTENDED_INFO, d->info_at, "total"),
		    "%" PRIu32 ", and a block of %" PRIu32 " bytes where %" PRIu32 " are left",
		    d->head.info_total, size, d->info_left);
		finding_allowed(&d->error, "blocks that fill it");
		return STEP_FAILED;
	}
	d->info_left -= 8 + size;
	legacy_run(d, LS_INFO_SKIP, XSR_LEGACY_HEAD, size, LS_HEAD);
	if (memcmp(d->hold, "vcpu", 4) == 0) {
		step = block_vcpu(d, size);
	} else if (memcmp(d->hold, "extv", 4) == 0) {
		d->head.extended = true;
		legacy_since(d, 3, 2);
		if (size)
			step = block_size_fault(d, size, "0");
	} else if (memcmp(d->hold, "xcnt", 4) == 0) {
		legacy_since(d, 4, 1);
		if (size != 4)
			step = block_size_fault(d, size, "4");
		else
			d->state = LS_INFO_XCNT;
	} else {
		legacy_report(d, F_LEGACY_EXTENDED_UNKNOWN, d->offset - 8, "id", "vcpu, extv or xcnt", "%.4s",
		    (const char *)d->hold);
	}
	if (step == STEP_AGAIN && !size)
		next_block(d);
	return step;
}

enum legacy_step legacy_step_xcnt(struct xsr_legacy *d, struct legacy_input *in)
{
	if (!legacy_collect(d, in, 4))
		return STEP_MORE;
	d->head.xcnt = load_u32(d->hold, false);
	if (d->head.xcnt < XCNT_MIN || d->head.xcnt > XCNT_MAX) {
		finding_found(info_fault(d, 4, "xcnt"), "%" PRIu32, d->head.xcnt);
		finding_allowed(&d->error, "%u to %u", XCNT_MIN, XCNT_MAX);
		return STEP_FAILED;
	}
	next_block(d);
	return STEP_AGAIN;
}

/* The content of a block is of no interest: what it says was in its size. */
enum legacy_step legacy_step_info_skip(struct xsr_legacy *d, struct legacy_input *in)
{
	size_t n = in->left < d->left ? in->left : (size_t)d->left;

	if (!n)
		return STEP_MORE;
	legacy_take(d, in, n);
	d->left -= n;
	if (d->left)
		return STEP_MORE;
	next_block(d);
	return STEP_AGAIN;
}

enum legacy_step legacy_step_head(struct xsr_legacy *d, struct legacy_input *in)
{
	struct xsr_legacy_head *h = &d->head;

	(void)in;
	if (h->has_info && !d->info_vcpu) {
		finding_found(legacy_fail(d, F_LEGACY_EXTENDED_INFO, d->info_at, "vcpu"), "no such block");
		finding_allowed(&d->error, "exactly one");
		return STEP_FAILED;
	}
	d->list_count = 0;
	d->list_seen = 0;
	if (!h->hvm) {
		uint64_t per_frame = XSR_PAGE_SIZE / h->guest_width;

		d->list_count = (h->p2m_size + per_frame - 1) / per_frame;
	}
	h->frames = (uint32_t)d->list_count;
	h->viridian = h->hvm && d->hint.viridian;
	legacy_event(d, XSR_LEGACY_HEAD, d->head_at)->u.head = *h;
	if (h->hvm)
		legacy_round_start(d);
	else
		d->state = LS_FRAMES;
	return STEP_EVENT;
}

enum legacy_step legacy_step_frames(struct xsr_legacy *d, struct legacy_input *in)
{
	uint32_t first = (uint32_t)d->list_seen;
	struct xsr_legacy_event *e;
	uint64_t at;
	size_t n = legacy_take_list(d, in, 0, &at);

	if (!n)
		return STEP_MORE;
	for (size_t i = 0; i < n; i++) {
		if (d->entries[i] < d->head.p2m_size)
			continue;
		finding_found(legacy_fail(d, F_LEGACY_P2M_FRAME, at + i * d->head.width, "frame"), "0x%" PRIx64,
		    d->entries[i]);
		finding_allowed(&d->error, "a pfn below p2m_size 0x%" PRIx64, d->head.p2m_size);
		return STEP_FAILED;
	}
	e = legacy_event(d, XSR_LEGACY_FRAMES, at);
	e->u.list.entries = d->entries;
	e->u.list.count = n;
	e->u.list.first = first;
	e->u.list.total = (uint32_t)d->list_count;
	if (d->list_seen == d->list_count)
		legacy_round_start(d);
	return STEP_EVENT;
}
