/* SPDX-License-Identifier: MIT */
/* X86_PV_P2M_FRAMES: specs/libxc-stream.md §5.4. A guest of 1 TiB has half a million frames: 4 MiB, in pieces. */
#include "libxc/p2m_frames.h"

#include <inttypes.h>
#include <string.h>

#include <libstream/records.h>

#define AT_START  0u
#define AT_FRAMES 8u

enum xsr_status xsr_p2m_frames_decode(const void *body, size_t length, bool big_endian, struct xsr_p2m_frames *p2m)
{
	struct reader r = reader_make(body, length, big_endian);

	if (length < 2 * P2M_UNIT || length % P2M_UNIT || length > XSR_LIBXC_RECORD_MAX)
		return XSR_E_CORRUPT;
	p2m->start_pfn = reader_u32(&r);
	p2m->end_pfn = reader_u32(&r);
	p2m->count = (uint32_t)(reader_left(&r) / P2M_UNIT);
	p2m->frames = reader_skip(&r, (size_t)p2m->count * P2M_UNIT);
	p2m->big_endian = big_endian;
	return XSR_OK;
}

uint64_t xsr_p2m_frames_at(const struct xsr_p2m_frames *p2m, uint32_t index)
{
	return index < p2m->count ? load_u64(p2m->frames + (size_t)index * P2M_UNIT, p2m->big_endian) : UINT64_MAX;
}

uint32_t xsr_p2m_frames_needed(uint32_t start_pfn, uint32_t end_pfn, unsigned width)
{
	uint32_t per_frame = XSR_PAGE_SIZE / (width == 4 ? 4 : 8);

	return start_pfn > end_pfn ? 0 : end_pfn / per_frame - start_pfn / per_frame + 1;
}

enum xsr_status xsr_p2m_frames_encode(struct xsr_buffer *out, bool big_endian, uint32_t start_pfn, uint32_t end_pfn)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, big_endian);

	writer_u32(&w, start_pfn);
	writer_u32(&w, end_pfn);
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}

const uint8_t *p2m_units_next(struct p2m_units *u, const uint8_t **data, size_t *length)
{
	const uint8_t *unit = *data;
	size_t take = P2M_UNIT - u->have < *length ? P2M_UNIT - u->have : *length;

	if (!take)
		return NULL;
	if (take < P2M_UNIT) {
		memcpy(u->held + u->have, *data, take);
		unit = u->held;
	}
	u->have += (uint32_t)take;
	*data += take;
	*length -= take;
	if (u->have < P2M_UNIT)
		return NULL;
	u->have = 0;
	u->next++;
	return unit;
}

/* A walk over the body for check and describe. */
struct walk {
	struct p2m_units units;
	uint32_t start_pfn; /* from the head */
	uint32_t end_pfn;   /* from the head */
	uint32_t beyond;    /* frames with a pfn above end_pfn */
	uint32_t first;     /* number of the first of them */
	uint64_t first_pfn; /* its pfn */
};

_Static_assert(sizeof(struct walk) <= FAMILY_STATE_MAX, "a walk fits");

static void take_head(struct walk *w, const uint8_t *unit, bool big_endian)
{
	w->start_pfn = load_u32(unit, big_endian);
	w->end_pfn = load_u32(unit + 4, big_endian);
}

static void take_frame(struct walk *w, uint64_t pfn)
{
	if (pfn <= w->end_pfn)
		return;
	if (!w->beyond++) {
		w->first = w->units.next - 2;
		w->first_pfn = pfn;
	}
}

/* The restorer divides its tables by these two, and crashes on tables that it never made. */
static void check_head(const struct check *c, const struct walk *w)
{
	uint32_t frames = c->record->length / P2M_UNIT - 1, needed;

	if (w->start_pfn > w->end_pfn || !w->end_pfn)
		check_report(c, F_P2M_FRAMES_RANGE, AT_START, "start_pfn", "start at most end, and an end above 0",
		    "0x%" PRIx32 " to 0x%" PRIx32, w->start_pfn, w->end_pfn);
	if (c->depth < XSR_DEPTH_STREAM || !c->facts->width || w->start_pfn > w->end_pfn)
		return;
	needed = xsr_p2m_frames_needed(w->start_pfn, w->end_pfn, c->facts->width);
	if (frames != needed)
		check_report(c, F_P2M_FRAMES_COUNT, AT_FRAMES, "frames", "what start, end and width need",
		    "%" PRIu32 " instead of %" PRIu32, frames, needed);
}

/* One finding a record: a list that went wrong has thousands of them. With an end of 0 all are beyond it. */
static void check_end(const struct check *c, const struct walk *w)
{
	if (w->beyond && w->end_pfn && c->depth >= XSR_DEPTH_STREAM)
		check_report(c, F_P2M_FRAMES_PFN, AT_FRAMES + (uint64_t)w->first * P2M_UNIT, "frames",
		    "pfns up to end_pfn", "0x%" PRIx64 " above 0x%" PRIx32 ", and %" PRIu32 " more", w->first_pfn,
		    w->end_pfn, w->beyond - 1);
}

static void piece(void *state, const struct check *c, const uint8_t *data, size_t length, uint64_t position,
    bool last)
{
	struct walk *w = state;
	const uint8_t *unit;

	(void)position;
	while ((unit = p2m_units_next(&w->units, &data, &length))) {
		if (w->units.next == 1) {
			take_head(w, unit, c->record->big_endian);
			check_head(c, w);
		} else {
			take_frame(w, load_u64(unit, c->record->big_endian));
		}
	}
	if (last)
		check_end(c, w);
}

static void describe_piece(void *state, const struct xsr_visitor *v, const struct image_facts *facts,
    bool big_endian, const uint8_t *data, size_t length, uint64_t position, bool last)
{
	struct walk *w = state;
	const uint8_t *unit;

	(void)facts;
	(void)position;
	while ((unit = p2m_units_next(&w->units, &data, &length))) {
		if (w->units.next > 1) {
			v->number(v->context, NULL, load_u64(unit, big_endian), XSR_HEXADECIMAL);
			continue;
		}
		take_head(w, unit, big_endian);
		v->number(v->context, "start_pfn", w->start_pfn, XSR_HEXADECIMAL);
		v->number(v->context, "end_pfn", w->end_pfn, XSR_HEXADECIMAL);
		v->begin(v->context, "frames", true);
	}
	if (last)
		v->end(v->context);
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	struct xsr_p2m_frames p2m;

	(void)facts;
	if (xsr_p2m_frames_decode(body, length, big_endian, &p2m) != XSR_OK ||
	    xsr_p2m_frames_encode(out, big_endian, p2m.start_pfn, p2m.end_pfn) != XSR_OK)
		return false;
	for (uint32_t i = 0; i < p2m.count; i++) {
		uint64_t pfn = xsr_p2m_frames_at(&p2m, i);

		if (xsr_encode_pfns(out, &pfn, 1, big_endian) != XSR_OK)
			return false;
	}
	return true;
}

const struct record_family p2m_frames_family = {
    .layer = XSR_LAYER_LIBXC,
    .type = XSR_LIBXC_X86_PV_P2M_FRAMES,
    .guests = GUEST_PV,
    .min_length = 2 * P2M_UNIT,
    .max_length = XSR_LIBXC_RECORD_MAX,
    .multiple = P2M_UNIT,
    .bad_length = F_P2M_FRAMES_LENGTH,
    .piece = piece,
    .state_size = sizeof(struct walk),
    .describe_piece = describe_piece,
    .recode = recode,
};
