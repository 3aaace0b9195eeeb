/* SPDX-License-Identifier: MIT */
/* TOOLSTACK, libxl's physmap: specs/legacy-stream.md §4.4. It becomes EMULATOR_XENSTORE_DATA. */
#include "legacy/convert.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/cursor.h"

#define HEAD       8u
#define ENTRY_HEAD 28u
#define NAME_PAD   4u       /* behind a name, by tools of 64 bits */
#define LEAST      4096u

/* One region of memory that the device model put somewhere. */
struct entry {
	uint64_t offset, start, size; /* where it is known by, where it is, how long */
	const char *name;             /* terminated; NULL if it has none */
};

static bool fault(struct convert *c, const struct xsr_legacy_event *e, size_t at, const char *field,
    const char *found, const char *allowed)
{
	finding_found(convert_fault(c, F_LEGACY_TOOLSTACK, e, c->toolstack_offset + at, field), "%s", found);
	finding_allowed(&c->error, "%s", allowed);
	return false;
}

/* Reads the entry at *r. False: it is not complete, or its name is none. */
static bool next_entry(const struct convert *c, struct reader *r, struct entry *entry, const char **why)
{
	uint32_t length;
	const uint8_t *name;

	*why = "an entry that does not fit";
	entry->offset = reader_u64(r);
	entry->start = reader_u64(r);
	entry->size = reader_u64(r);
	length = reader_u32(r);
	if (r->failed || length > reader_left(r))
		return false;
	name = reader_skip(r, length);
	if (c->head.width == 8 && !reader_skip(r, NAME_PAD))
		return false;
	*why = "a name that does not end in its only NUL";
	entry->name = length ? (const char *)name : NULL;
	return !length || memchr(name, 0, length) == name + length - 1;
}

static bool check(struct convert *c, const struct xsr_legacy_event *e)
{
	struct reader r = reader_make(c->toolstack, c->toolstack_length, false);
	uint32_t version = reader_u32(&r), count = reader_u32(&r);
	struct entry entry;
	const char *why;

	if (version != 1)
		return fault(c, e, 0, "version", "another version", "1");
	for (uint32_t i = 0; i < count; i++)
		if (!next_entry(c, &r, &entry, &why))
			return fault(c, e, r.position, "entry", why, "what the length of the chunk has room for");
	if (reader_left(&r))
		return fault(c, e, r.position, "entry", "bytes behind the last entry", "entries that fill the chunk");
	if (count && c->head.hvm && c->format == XSR_FORMAT_LIBXC)
		convert_report(c, F_LEGACY_DROPPED, e, "", "a place in a libxl stream", "physmap of the device model");
	return true;
}

/* The room grows with what has come, whatever the chunk says it will be. */
bool convert_toolstack(struct convert *c, const struct xsr_legacy_event *e)
{
	size_t need = c->toolstack_length + e->u.bytes.length, size = c->toolstack_size ? c->toolstack_size : LEAST;

	while (size < need)
		size *= 2;
	if (size > c->toolstack_size) {
		uint8_t *grown = realloc(c->toolstack, size);

		if (!grown) {
			finding_make(&c->error, F_IO_MEMORY, XSR_LAYER_NONE, 0, "");
			return false;
		}
		c->toolstack = grown;
		c->toolstack_size = size;
	}
	memcpy(c->toolstack + c->toolstack_length, e->u.bytes.data, e->u.bytes.length);
	c->toolstack_length = need;
	return !e->u.bytes.last || check(c, e);
}

/* Keys and values of an entry, each with its NUL: to text, or only counted with text NULL. */
static size_t entry_text(const struct entry *entry, char *text, size_t size)
{
	size_t n = 0;

#define ADD(...) (n += (size_t)snprintf(text ? text + n : NULL, text ? size - n : 0, __VA_ARGS__) + 1)
	ADD("physmap/%" PRIx64 "/start_addr", entry->offset);
	ADD("%" PRIx64, entry->start);
	ADD("physmap/%" PRIx64 "/size", entry->offset);
	ADD("%" PRIx64, entry->size);
	if (entry->name)
		ADD("physmap/%" PRIx64 "/name", entry->offset);
#undef ADD
	return n;
}

/* One pass over the entries; counts, or writes. */
static bool each_entry(struct convert *c, uint64_t *length, bool write)
{
	struct reader r = reader_make(c->toolstack, c->toolstack_length, false);
	const struct convert_port *p = c->port;
	struct entry entry;
	const char *why;
	char text[200];
	uint32_t count;

	(void)reader_u32(&r);
	count = reader_u32(&r);
	for (uint32_t i = 0; i < count && next_entry(c, &r, &entry, &why); i++) {
		size_t n = entry_text(&entry, write ? text : NULL, sizeof(text));
		size_t name = entry.name ? strlen(entry.name) + 1 : 0;

		*length += n + name;
		if (write && (!p->write(p->context, text, n) || (name && !p->write(p->context, entry.name, name))))
			return false;
	}
	return true;
}

bool convert_toolstack_record(struct convert *c)
{
	static const uint8_t head[8], zeros[8];
	const struct convert_port *p = c->port;
	uint64_t length = 0, written = 0;

	if (!c->toolstack_length || !each_entry(c, &length, false) || !length)
		return true;
	return convert_record_header(c, XSR_LIBXL_EMULATOR_XENSTORE_DATA, (uint32_t)length + sizeof(head)) &&
	    p->write(p->context, head, sizeof(head)) && each_entry(c, &written, true) &&
	    p->write(p->context, zeros, xsr_padding((uint32_t)length));
}
