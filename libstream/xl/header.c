/* SPDX-License-Identifier: MIT */
#include "xl/header.h"

#include <libstream/encoder.h>

#include <string.h>

#include "wire/cursor.h"

#define BYTEORDER 0x01020304u

const uint8_t xl_magic[XSR_XL_MAGIC_SIZE] = {'X', 'e', 'n', ' ', 's', 'a', 'v', 'e', 'd', ' ', 'd', 'o', 'm', 'a',
    'i', 'n', ',', ' ', 'x', 'l', ' ', 'f', 'o', 'r', 'm', 'a', 't', '\n', ' ', '\0', ' ', '\r'};

enum finding_id xl_header_decode(const uint8_t *p, struct xsr_xl_header *header, size_t *field)
{
	struct reader r = reader_make(p, XSR_XL_HEADER_SIZE, false);

	memset(header, 0, sizeof(*header));
	*field = 0;
	if (memcmp(reader_skip(&r, XSR_XL_MAGIC_SIZE), xl_magic, XSR_XL_MAGIC_SIZE) != 0)
		return F_XL_MAGIC;
	*field = r.position;
	header->big_endian = load_u32(p + r.position, true) == BYTEORDER;
	r.big_endian = header->big_endian;
	if (reader_u32(&r) != BYTEORDER)
		return F_XL_BYTEORDER;
	header->mandatory_flags = reader_u32(&r);
	header->optional_flags = reader_u32(&r);
	header->optional_data_length = reader_u32(&r);
	return F_COUNT;
}

enum xsr_status xsr_encode_xl_header(struct xsr_buffer *out, const struct xsr_xl_header *header)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, header->big_endian);

	if (header->has_config != (header->optional_data_length >= 4))
		return XSR_E_MISUSE;
	writer_bytes(&w, xl_magic, sizeof(xl_magic));
	writer_u32(&w, BYTEORDER);
	writer_u32(&w, header->mandatory_flags);
	writer_u32(&w, header->optional_flags);
	writer_u32(&w, header->optional_data_length);
	if (header->has_config)
		writer_u32(&w, header->config_length);
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}
