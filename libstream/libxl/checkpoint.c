/* SPDX-License-Identifier: MIT */
/* CHECKPOINT_STATE: specs/libxl-stream.md §4.6. */
#include "libxl/checkpoint.h"

#include <inttypes.h>

#include <libstream/records.h>

static const char *const names[] = {"NEW", "SVM_SUSPENDED", "SVM_READY", "SVM_RESUMED"};

#define STATES (sizeof(names) / sizeof(names[0]))

const char *xsr_checkpoint_state_name(uint32_t id)
{
	return id < STATES ? names[id] : NULL;
}

enum xsr_status xsr_checkpoint_state_decode(const void *body, size_t length, bool big_endian, uint32_t *id)
{
	struct reader r = reader_make(body, length, big_endian);

	if (length != XSR_CHECKPOINT_STATE_SIZE)
		return XSR_E_CORRUPT;
	*id = reader_u32(&r);
	return XSR_OK;
}

enum xsr_status xsr_checkpoint_state_encode(struct xsr_buffer *out, bool big_endian, uint32_t id)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, big_endian);

	writer_u32(&w, id);
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}

/* The secondary answers with states 1 to 3, on a channel that has neither headers nor a libxc image. */
static void check(const struct check *c, const uint8_t *body, size_t length)
{
	uint32_t id;

	if (xsr_checkpoint_state_decode(body, length, c->record->big_endian, &id) != XSR_OK)
		return;
	if (id >= STATES)
		check_report(c, F_CHECKPOINT_STATE_ID, 0, "control_id", "0 to 3", "%" PRIu32, id);
	else if (id && c->depth >= XSR_DEPTH_STREAM)
		check_report(c, F_CHECKPOINT_BACK_STATE, 0, "control_id", "0 (NEW)", "%" PRIu32 " (%s)", id, names[id]);
}

static void describe(const struct xsr_visitor *v, const struct image_facts *facts, bool big_endian,
    const uint8_t *body, size_t length)
{
	uint32_t id;

	(void)facts;
	if (xsr_checkpoint_state_decode(body, length, big_endian, &id) != XSR_OK)
		return;
	v->number(v->context, "control_id", id, XSR_DECIMAL);
	if (id < STATES)
		v->text(v->context, "control", names[id]);
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	uint32_t id;

	(void)facts;
	return xsr_checkpoint_state_decode(body, length, big_endian, &id) == XSR_OK &&
	    xsr_checkpoint_state_encode(out, big_endian, id) == XSR_OK;
}

const struct record_family checkpoint_state_family = {
    .layer = XSR_LAYER_LIBXL,
    .type = XSR_LIBXL_CHECKPOINT_STATE,
    .guests = GUEST_ANY,
    .min_length = XSR_CHECKPOINT_STATE_SIZE,
    .max_length = XSR_CHECKPOINT_STATE_SIZE,
    .multiple = 1,
    .bad_length = F_CHECKPOINT_STATE_LENGTH,
    .check = check,
    .describe = describe,
    .recode = recode,
};
