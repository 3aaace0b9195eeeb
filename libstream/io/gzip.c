/* SPDX-License-Identifier: MIT */
/* gzip'd input by zlib, where there is no ISA-L: RFC 1952 members one behind the other. */
#include "io/io.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

/* zlib: the largest window, and a gzip wrapper only. */
#define WINDOW_BITS (15 + 16)

struct gzip {
	struct unpacker base; /* first, so that one stands for the other */
	z_stream z;           /* zlib's state */
};

static struct gzip *gzip_of(struct unpacker *u)
{
	return (struct gzip *)u;
}

static void gzip_free(struct unpacker *u)
{
	inflateEnd(&gzip_of(u)->z);
	free(u);
}

static enum xsr_status gzip_some(struct xsr_source *s, void *data, size_t size, size_t *got,
    struct xsr_finding *error)
{
	struct unpacker *u = s->unpacker;
	z_stream *z = &gzip_of(u)->z;
	uInt room = size < IO_CHUNK ? (uInt)size : IO_CHUNK;
	int status;

	z->next_in = (Bytef *)(uintptr_t)u->next;
	z->avail_in = (uInt)u->left;
	z->next_out = data;
	z->avail_out = room;
	status = inflate(z, Z_NO_FLUSH);
	u->next = z->next_in;
	u->left = z->avail_in;
	*got = room - z->avail_out;
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

static enum xsr_status gzip_open(struct xsr_source *s, struct xsr_finding *error)
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

struct unpacker *gzip_new(void)
{
	static const struct unpacker_ops ops = {
	    .name = "gzip", .open = gzip_open, .some = gzip_some, .free = gzip_free};
	struct gzip *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->base.ops = &ops;
	if (inflateInit2(&g->z, WINDOW_BITS) == Z_OK)
		return &g->base;
	free(g);
	return NULL;
}
