/* SPDX-License-Identifier: MIT */
#include <libstream/encoder.h>

#include <stdlib.h>

#include "wire/cursor.h"

/* What a stream's earlier headers say about how later things are written. */
struct xsr_encoder {
	bool libxc_big_endian; /* from the image header's options */
};

struct xsr_encoder *xsr_encoder_new(void)
{
	return calloc(1, sizeof(struct xsr_encoder));
}

void xsr_encoder_free(struct xsr_encoder *encoder)
{
	free(encoder);
}

/* A writer over the room that is left in a buffer. */
static struct writer writer_of(const struct xsr_buffer *out, bool big_endian)
{
	return writer_make(out->data + out->length, out->size - out->length, big_endian);
}

/* Makes what was written part of the buffer, or leaves the buffer as it was. */
static enum xsr_status commit(struct xsr_buffer *out, const struct writer *w)
{
	if (w->failed)
		return XSR_E_LIMIT;
	out->length += w->position;
	return XSR_OK;
}

unsigned xsr_padding(uint32_t length)
{
	return -length & 7;
}

enum xsr_status xsr_encode_record_header(struct xsr_buffer *out, uint32_t type, uint32_t length, bool big_endian)
{
	struct writer w = writer_of(out, big_endian);

	writer_u32(&w, type);
	writer_u32(&w, length);
	return commit(out, &w);
}

enum xsr_status xsr_encode_record(struct xsr_buffer *out, uint32_t type, const void *body, uint32_t length,
    bool big_endian)
{
	struct writer w = writer_of(out, big_endian);

	if (length && !body)
		return XSR_E_MISUSE;
	writer_u32(&w, type);
	writer_u32(&w, length);
	writer_bytes(&w, body, length);
	writer_zeros(&w, xsr_padding(length));
	return commit(out, &w);
}

enum xsr_status xsr_encode_batch(struct xsr_buffer *out, uint32_t count, uint32_t reserved, bool big_endian)
{
	struct writer w = writer_of(out, big_endian);

	writer_u32(&w, count);
	writer_u32(&w, reserved);
	return commit(out, &w);
}

enum xsr_status xsr_encode_pfns(struct xsr_buffer *out, const uint64_t *entries, size_t count, bool big_endian)
{
	struct writer w = writer_of(out, big_endian);

	for (size_t i = 0; i < count; i++)
		writer_u64(&w, entries[i]);
	return commit(out, &w);
}

static enum xsr_status encode_bytes(struct xsr_buffer *out, const uint8_t *data, size_t length)
{
	struct writer w = writer_of(out, false);

	writer_bytes(&w, data, length);
	return commit(out, &w);
}

enum xsr_status xsr_encoder_event(struct xsr_encoder *encoder, const struct xsr_event *e, struct xsr_buffer *out)
{
	switch (e->type) {
	case XSR_EVENT_XL_HEADER:
		return xsr_encode_xl_header(out, &e->u.xl);
	case XSR_EVENT_LIBXL_HEADER:
		return xsr_encode_libxl_header(out, &e->u.libxl);
	case XSR_EVENT_IMAGE_HEADER:
		encoder->libxc_big_endian = e->u.image.options & XSR_IMAGE_OPTION_BIG_ENDIAN;
		return xsr_encode_image_header(out, &e->u.image);
	case XSR_EVENT_DOMAIN_HEADER:
		return xsr_encode_domain_header(out, &e->u.domain, encoder->libxc_big_endian);
	case XSR_EVENT_RECORD:
		return xsr_encode_record_header(out, e->record->type, e->record->length, e->record->big_endian);
	case XSR_EVENT_BATCH:
		return xsr_encode_batch(out, e->u.batch.count, e->u.batch.reserved, e->record->big_endian);
	case XSR_EVENT_PFNS:
		return xsr_encode_pfns(out, e->u.pfns.entries, e->u.pfns.count, e->record->big_endian);
	case XSR_EVENT_XL_CONFIG:
	case XSR_EVENT_XL_TAIL:
	case XSR_EVENT_BODY:
	case XSR_EVENT_PAGES:
	case XSR_EVENT_TRAILER:
		return encode_bytes(out, e->u.bytes.data, e->u.bytes.length);
	case XSR_EVENT_RECORD_END:
		return encode_bytes(out, e->u.padding.bytes, e->u.padding.length);
	case XSR_EVENT_PAYLOAD:
	case XSR_EVENT_END:
		return XSR_OK;
	}
	return XSR_E_MISUSE;
}
