/* SPDX-License-Identifier: MIT */
/* gzip'd input: RFC 1952 members one behind the other, and the zeros that tapes and block devices leave
 * behind. */
#include "io/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GZIP_MAGIC_0      0x1fu
#define GZIP_MAGIC_1      0x8bu
#define GZIP_DEFLATE      8u
#define GZIP_FLAGS_UNUSED 0xe0u

/* zlib: the largest window, and a gzip wrapper only. */
#define WINDOW_BITS (15 + 16)

/*
 * Four bytes, not two: a headerless legacy image begins with the size of its P2M, and two bytes of gzip magic
 * are a likely one.
 */
bool gzip_detect(const uint8_t *head, size_t length)
{
	return length >= GZIP_HEAD && head[0] == GZIP_MAGIC_0 && head[1] == GZIP_MAGIC_1 &&
	       head[2] == GZIP_DEFLATE && !(head[3] & GZIP_FLAGS_UNUSED);
}

struct gzip *gzip_new(const uint8_t *head, size_t length)
{
	struct gzip *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	memcpy(g->input, head, length);
	g->z.next_in = g->input;
	g->z.avail_in = (uInt)length;
	if (inflateInit2(&g->z, WINDOW_BITS) != Z_OK) {
		free(g);
		return NULL;
	}
	return g;
}

void gzip_free(struct gzip *g)
{
	if (!g)
		return;
	inflateEnd(&g->z);
	free(g);
}

static enum xsr_status damaged(struct xsr_source *s, enum xsr_status status, const char *what,
    struct xsr_finding *error)
{
	struct xsr_finding unwanted;

	if (!error)
		error = &unwanted;
	io_fail(error, F_STREAM_COMPRESSION, xsr_source_position(s), 0);
	error->status = status;
	finding_found(error, "%s", what);
	return status;
}

/* Gets more compressed bytes if there are none; *end says that there are no more. */
static enum xsr_status refill(struct xsr_source *s, bool *end, struct xsr_finding *error)
{
	struct gzip *g = s->gzip;
	enum xsr_status status;
	size_t got;

	*end = false;
	if (g->z.avail_in)
		return XSR_OK;
	status = source_read_raw(s, g->input, sizeof(g->input), &got, error);
	g->z.next_in = g->input;
	g->z.avail_in = (uInt)got;
	*end = got == 0;
	return status;
}

/* Behind a member: opens the next one, or passes over zeros. There is at least one byte of input. */
static enum xsr_status behind_member(struct xsr_source *s, struct xsr_finding *error)
{
	struct gzip *g = s->gzip;

	while (g->z.avail_in && *g->z.next_in == 0) {
		g->padding = true;
		g->z.next_in++;
		g->z.avail_in--;
	}
	if (!g->z.avail_in)
		return XSR_OK;
	if (g->padding || *g->z.next_in != GZIP_MAGIC_0)
		return damaged(s, XSR_E_CORRUPT, "other bytes behind the compressed data", error);
	g->between = false;
	return inflateReset(&g->z) == Z_OK ? XSR_OK : damaged(s, XSR_E_CORRUPT, "unusable state", error);
}

static enum xsr_status inflate_some(struct xsr_source *s, struct xsr_finding *error)
{
	struct gzip *g = s->gzip;

	switch (inflate(&g->z, Z_NO_FLUSH)) {
	case Z_STREAM_END:
		g->between = true;
		return XSR_OK;
	case Z_OK:
	case Z_BUF_ERROR:
		return XSR_OK;
	case Z_MEM_ERROR:
		return io_fail(error, F_IO_MEMORY, xsr_source_position(s), ENOMEM);
	default:
		return damaged(s, XSR_E_CORRUPT, g->z.msg ? g->z.msg : "damaged data", error);
	}
}

enum xsr_status gzip_read(struct xsr_source *s, void *data, size_t size, size_t *got,
    struct xsr_finding *error)
{
	struct gzip *g = s->gzip;
	uInt room = size < IO_CHUNK ? (uInt)size : IO_CHUNK;
	bool end;

	g->z.next_out = data;
	g->z.avail_out = room;
	while (g->z.avail_out == room) {
		enum xsr_status status = refill(s, &end, error);

		if (status != XSR_OK)
			return status;
		if (end && g->between)
			break;
		if (end)
			return damaged(s, XSR_E_TRUNCATED, "end of input inside the compressed data", error);
		status = g->between ? behind_member(s, error) : inflate_some(s, error);
		/* What came before the damage is good, and is handed out first; the next call meets the
		 * damage again. */
		if (status != XSR_OK && g->z.avail_out == room)
			return status;
	}
	*got = room - g->z.avail_out;
	return XSR_OK;
}
