/* SPDX-License-Identifier: MIT */
/* gzip'd input: RFC 1952 members one behind the other. */
#include "io/io.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#define GZIP_MAGIC_0      0x1fu
#define GZIP_MAGIC_1      0x8bu
#define GZIP_DEFLATE      8u
#define GZIP_FLAGS_UNUSED 0xe0u

/* zlib: the largest window, and a gzip wrapper only. */
#define WINDOW_BITS (15 + 16)

struct gzip {
	struct unpacker base; /* first, so that one stands for the other */
	z_stream z;           /* zlib's state */
};

/*
 * Four bytes, not two: a headerless legacy image begins with the size of its P2M, and two bytes of gzip magic
 * are a likely one.
 */
bool gzip_detect(const uint8_t *head, size_t length)
{
	return length >= PACKED_HEAD && head[0] == GZIP_MAGIC_0 && head[1] == GZIP_MAGIC_1 &&
	       head[2] == GZIP_DEFLATE && !(head[3] & GZIP_FLAGS_UNUSED);
}

static struct gzip *gzip_of(struct unpacker *u)
{
	return (struct gzip *)u;
}

static void gzip_free(struct unpacker *u)
{
	inflateEnd(&gzip_of(u)->z);
	free(u);
}

static enum xsr_status inflate_some(struct xsr_source *s, struct xsr_finding *error)
{
	struct unpacker *u = s->unpacker;
	z_stream *z = &gzip_of(u)->z;
	int status;

	z->next_in = (Bytef *)(uintptr_t)u->next;
	z->avail_in = (uInt)u->left;
	status = inflate(z, Z_NO_FLUSH);
	u->next = z->next_in;
	u->left = z->avail_in;
	switch (status) {
	case Z_STREAM_END:
		u->between = true;
		return XSR_OK;
	case Z_OK:
	case Z_BUF_ERROR:
		return XSR_OK;
	case Z_MEM_ERROR:
		return io_fail(error, F_IO_MEMORY, xsr_source_position(s), ENOMEM);
	default:
		return unpack_damaged(s, XSR_E_CORRUPT, z->msg ? z->msg : "damaged data", error);
	}
}

/* Behind a member: opens the next one. There is at least one byte of input. */
static enum xsr_status behind_member(struct xsr_source *s, struct xsr_finding *error)
{
	struct unpacker *u = s->unpacker;
	enum xsr_status status = unpack_between(s, GZIP_MAGIC_0, error);

	if (status != XSR_OK || !u->left)
		return status;
	u->between = false;
	return inflateReset(&gzip_of(u)->z) == Z_OK
	           ? XSR_OK
	           : unpack_damaged(s, XSR_E_CORRUPT, "unusable state", error);
}

static enum xsr_status gzip_read(struct xsr_source *s, void *data, size_t size, size_t *got,
    struct xsr_finding *error)
{
	struct unpacker *u = s->unpacker;
	z_stream *z = &gzip_of(u)->z;
	uInt room = size < IO_CHUNK ? (uInt)size : IO_CHUNK;
	bool end;

	z->next_out = data;
	z->avail_out = room;
	while (z->avail_out == room) {
		enum xsr_status status = unpack_refill(s, &end, error);

		if (status != XSR_OK)
			return status;
		if (end && u->between)
			break;
		if (end)
			return unpack_damaged(s, XSR_E_TRUNCATED, "end of input inside the compressed data",
			    error);
		status = u->between ? behind_member(s, error) : inflate_some(s, error);
		/* What came before the damage is good, and is handed out first; the next call meets the
		 * damage again. */
		if (status != XSR_OK && z->avail_out == room)
			return status;
	}
	*got = room - z->avail_out;
	return XSR_OK;
}

struct unpacker *gzip_new(void)
{
	static const struct unpacker_ops ops = {.name = "gzip", .read = gzip_read, .free = gzip_free};
	struct gzip *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->base.ops = &ops;
	if (inflateInit2(&g->z, WINDOW_BITS) == Z_OK)
		return &g->base;
	free(g);
	return NULL;
}
