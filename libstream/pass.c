/* SPDX-License-Identifier: MIT */
#include "pass.h"

struct pass pass_read(const void *from, size_t length, bool big_endian, unsigned width)
{
	struct pass p = {.mode = PASS_READ, .width = width, .reader = reader_make(from, length, big_endian)};

	return p;
}

struct pass pass_write(void *to, size_t size, bool big_endian, unsigned width)
{
	struct pass p = {.mode = PASS_WRITE, .width = width, .writer = writer_make(to, size, big_endian)};

	return p;
}

struct pass pass_show(const struct xsr_visitor *v, unsigned width)
{
	struct pass p = {.mode = PASS_SHOW, .width = width, .v = v};

	return p;
}

bool pass_failed(const struct pass *p)
{
	return p->reader.failed || p->writer.failed;
}

static void show(struct pass *p, const char *key, uint64_t value)
{
	if (key)
		p->v->number(p->v->context, key, value, XSR_HEXADECIMAL);
}

void pass_u8(struct pass *p, const char *key, uint8_t *value)
{
	if (p->mode == PASS_READ)
		*value = reader_u8(&p->reader);
	else if (p->mode == PASS_WRITE)
		writer_u8(&p->writer, *value);
	else
		show(p, key, *value);
}

void pass_u16(struct pass *p, const char *key, uint16_t *value)
{
	if (p->mode == PASS_READ)
		*value = reader_u16(&p->reader);
	else if (p->mode == PASS_WRITE)
		writer_u16(&p->writer, *value);
	else
		show(p, key, *value);
}

void pass_u32(struct pass *p, const char *key, uint32_t *value)
{
	if (p->mode == PASS_READ)
		*value = reader_u32(&p->reader);
	else if (p->mode == PASS_WRITE)
		writer_u32(&p->writer, *value);
	else
		show(p, key, *value);
}

void pass_u64(struct pass *p, const char *key, uint64_t *value)
{
	if (p->mode == PASS_READ)
		*value = reader_u64(&p->reader);
	else if (p->mode == PASS_WRITE)
		writer_u64(&p->writer, *value);
	else
		show(p, key, *value);
}

void pass_ulong(struct pass *p, const char *key, uint64_t *value)
{
	if (p->mode == PASS_READ)
		*value = reader_ulong(&p->reader, p->width);
	else if (p->mode == PASS_WRITE)
		writer_ulong(&p->writer, *value, p->width);
	else
		show(p, key, *value);
}

void pass_half(struct pass *p, const char *key, uint32_t *value)
{
	if (p->mode == PASS_READ)
		*value = p->width == 4 ? reader_u16(&p->reader) : reader_u32(&p->reader);
	else if (p->mode == PASS_WRITE && p->width == 4)
		writer_u16(&p->writer, *value);
	else if (p->mode == PASS_WRITE)
		writer_u32(&p->writer, *value);
	else
		show(p, key, *value);
}

void pass_ulongs(struct pass *p, const char *key, uint64_t *values, size_t n)
{
	pass_begin(p, key, true);
	for (size_t i = 0; i < n; i++) {
		if (p->mode == PASS_SHOW)
			p->v->number(p->v->context, NULL, values[i], XSR_HEXADECIMAL);
		else
			pass_ulong(p, NULL, &values[i]);
	}
	pass_end(p);
}

void pass_bytes(struct pass *p, uint8_t *bytes, size_t n)
{
	if (p->mode == PASS_READ)
		reader_bytes(&p->reader, bytes, n);
	else if (p->mode == PASS_WRITE)
		writer_bytes(&p->writer, bytes, n);
}

void pass_begin(struct pass *p, const char *key, bool array)
{
	if (p->mode == PASS_SHOW)
		p->v->begin(p->v->context, key, array);
}

void pass_end(struct pass *p)
{
	if (p->mode == PASS_SHOW)
		p->v->end(p->v->context);
}
