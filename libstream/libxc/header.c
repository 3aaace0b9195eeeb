/* SPDX-License-Identifier: MIT */
#include "libxc/header.h"

#include <libstream/encoder.h>

#include "wire/cursor.h"

/* The image header is big-endian; its option bit gives the order of all that follows. */
enum finding_id image_header_decode(const uint8_t *p, struct xsr_image_header *header, size_t *field)
{
	struct reader r = reader_make(p, XSR_IMAGE_HEADER_SIZE, true);
	uint64_t marker = reader_u64(&r);
	uint32_t id = reader_u32(&r);

	header->version = reader_u32(&r);
	header->options = reader_u16(&r);
	header->reserved1 = reader_u16(&r);
	header->reserved2 = reader_u32(&r);
	*field = 0;
	if (marker != XSR_IMAGE_MARKER)
		return F_IMAGE_MARKER;
	*field = 8;
	if (id != XSR_IMAGE_ID)
		return F_IMAGE_ID;
	*field = 12;
	return header->version == 2 || header->version == 3 ? F_COUNT : F_IMAGE_VERSION;
}

enum finding_id domain_header_decode(const uint8_t *p, bool big_endian, struct xsr_domain_header *header,
    size_t *field)
{
	struct reader r = reader_make(p, XSR_DOMAIN_HEADER_SIZE, big_endian);

	header->type = reader_u32(&r);
	header->page_shift = reader_u16(&r);
	header->reserved = reader_u16(&r);
	header->xen_major = reader_u32(&r);
	header->xen_minor = reader_u32(&r);
	*field = 4;
	return header->page_shift == 12 ? F_COUNT : F_DOMAIN_PAGE_SHIFT;
}

enum xsr_status xsr_encode_image_header(struct xsr_buffer *out, const struct xsr_image_header *header)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, true);

	writer_u64(&w, XSR_IMAGE_MARKER);
	writer_u32(&w, XSR_IMAGE_ID);
	writer_u32(&w, header->version);
	writer_u16(&w, header->options);
	writer_u16(&w, header->reserved1);
	writer_u32(&w, header->reserved2);
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}

enum xsr_status xsr_encode_domain_header(struct xsr_buffer *out, const struct xsr_domain_header *header,
    bool big_endian)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, big_endian);

	writer_u32(&w, header->type);
	writer_u16(&w, header->page_shift);
	writer_u16(&w, header->reserved);
	writer_u32(&w, header->xen_major);
	writer_u32(&w, header->xen_minor);
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}
