/* SPDX-License-Identifier: MIT */
#include "libxc/hvm_walk.h"

#include <string.h>

#include "wire/cursor.h"

/* Takes up to want - taken bytes, keeps those that fit, and notes where the zeros at the end begin. */
static void gather(struct hvm_walk *w, uint32_t want, const uint8_t **data, size_t *length)
{
	uint32_t n = want - w->taken;
	uint32_t keep;

	if (n > *length)
		n = (uint32_t)*length;
	keep = w->taken < HVM_GATHER ? HVM_GATHER - w->taken : 0;
	if (keep > n)
		keep = n;
	if (keep)
		memcpy(w->bytes + w->taken, *data, keep);
	for (uint32_t i = n; i > 0; i--) {
		if (!(*data)[i - 1])
			continue;
		w->used = w->taken + i;
		break;
	}
	w->taken += n;
	w->offset += n;
	*data += n;
	*length -= n;
}

/* The head is complete: what it says is what comes next. */
static void head_done(struct hvm_walk *w)
{
	struct reader r = reader_make(w->bytes, HVM_ENTRY_HEAD, false);

	w->entry.offset = w->offset - HVM_ENTRY_HEAD;
	w->entry.type = reader_u16(&r);
	w->entry.instance = reader_u16(&r);
	w->entry.length = reader_u32(&r);
	w->state = HVM_WALK_PAYLOAD;
	w->taken = 0;
	w->used = 0;
}

static const struct xsr_hvm_entry *payload_done(struct hvm_walk *w)
{
	w->entry.payload = w->bytes;
	w->entry.have = w->entry.length < HVM_GATHER ? w->entry.length : HVM_GATHER;
	w->state = w->entry.type == XSR_HVM_END ? HVM_WALK_ENDED : HVM_WALK_HEAD;
	w->taken = 0;
	w->entries++;
	return &w->entry;
}

const struct xsr_hvm_entry *hvm_walk_next(struct hvm_walk *w, const uint8_t **data, size_t *length)
{
	if (w->state == HVM_WALK_HEAD) {
		gather(w, HVM_ENTRY_HEAD, data, length);
		if (w->taken < HVM_ENTRY_HEAD)
			return NULL;
		head_done(w);
	}
	if (w->state == HVM_WALK_PAYLOAD) {
		gather(w, w->entry.length, data, length);
		return w->taken == w->entry.length ? payload_done(w) : NULL;
	}
	w->behind_end += *length;
	*data += *length;
	*length = 0;
	return NULL;
}
