/* SPDX-License-Identifier: MIT */
/*
 * gzip'd input by ISA-L, where the build found it. It unpacks a guest's memory in half of zlib's time or less, and
 * nothing but zeros in a sixth: so what unpacks to a thousand times its size, as gzip can, is no matter of seconds.
 */
#include "io/io.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

struct gzip {
	struct unpacker base;   /* first, so that one stands for the other */
	int fault;              /* the library's, met again in every later call; 0: none */
	struct inflate_state z; /* its state */
};

static struct gzip *gzip_of(struct unpacker *u)
{
	return (struct gzip *)u;
}

static const char *fault_text(int fault)
{
	switch (fault) {
	case ISAL_INVALID_BLOCK:
		return "invalid deflate block";
	case ISAL_INVALID_SYMBOL:
		return "invalid deflate symbol";
	case ISAL_INVALID_LOOKBACK:
		return "invalid distance too far back";
	case ISAL_INVALID_WRAPPER:
		return "incorrect gzip header";
	case ISAL_UNSUPPORTED_METHOD:
		return "unknown compression method";
	case ISAL_INCORRECT_CHECKSUM:
		return "incorrect data check";
	default:
		return "damaged data";
	}
}

static void begin_member(struct inflate_state *z)
{
	isal_inflate_reset(z);
	z->crc_flag = ISAL_GZIP;
}

static enum xsr_status gzip_open(struct xsr_source *s, struct xsr_finding *error)
{
	struct unpacker *u = s->unpacker;
	enum xsr_status status = unpack_between(s, GZIP_MAGIC_0, error);

	if (status != XSR_OK || !u->left)
		return status;
	u->between = false;
	begin_member(&gzip_of(u)->z);
	return XSR_OK;
}

static enum xsr_status gzip_some(struct xsr_source *s, void *data, size_t size, size_t *got,
    struct xsr_finding *error)
{
	struct unpacker *u = s->unpacker;
	struct gzip *g = gzip_of(u);
	uint32_t room = size < IO_CHUNK ? (uint32_t)size : IO_CHUNK;

	g->z.next_in = (uint8_t *)(uintptr_t)u->next;
	g->z.avail_in = (uint32_t)u->left;
	g->z.next_out = data;
	g->z.avail_out = room;
	if (!g->fault)
		g->fault = isal_inflate(&g->z);
	u->next = g->z.next_in;
	u->left = g->z.avail_in;
	*got = room - g->z.avail_out;
	if (g->fault < 0)
		return unpack_damaged(s, XSR_E_CORRUPT, fault_text(g->fault), error);
	g->fault = 0;
	u->between = g->z.block_state == ISAL_BLOCK_FINISH;
	return XSR_OK;
}

static void gzip_free(struct unpacker *u)
{
	free(u);
}

struct unpacker *gzip_new(void)
{
	static const struct unpacker_ops ops = {
	    .name = "gzip", .open = gzip_open, .some = gzip_some, .free = gzip_free};
	struct gzip *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->base.ops = &ops;
	isal_inflate_init(&g->z);
	begin_member(&g->z);
	return &g->base;
}
