/* SPDX-License-Identifier: MIT */
#include "libxl/header.h"

#include <libstream/encoder.h>

#include "wire/cursor.h"

/* The header is big-endian whatever the order of the records. */
enum finding_id libxl_header_decode(const uint8_t *p, struct xsr_libxl_header *header, size_t *field)
{
	struct reader r = reader_make(p, XSR_LIBXL_HEADER_SIZE, true);
	uint64_t ident = reader_u64(&r);

	header->version = reader_u32(&r);
	header->options = reader_u32(&r);
	*field = 0;
	if (ident != XSR_LIBXL_IDENT)
		return F_LIBXL_IDENT;
	*field = 8;
	return header->version == XSR_LIBXL_VERSION ? F_COUNT : F_LIBXL_VERSION;
}

enum xsr_status xsr_encode_libxl_header(struct xsr_buffer *out, const struct xsr_libxl_header *header)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, true);

	writer_u64(&w, XSR_LIBXL_IDENT);
	writer_u32(&w, header->version);
	writer_u32(&w, header->options);
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}
