/* SPDX-License-Identifier: MIT */
/* zstd'd input: RFC 8878 frames one behind the other. */
#include "io/io.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* First bytes of frames, and of those that are to be passed over: 0x50 to 0x5f. */
#define ZSTD_MAGIC_0      0x28u
#define ZSTD_SKIPPABLE_0  0x50u
#define ZSTD_SKIPPABLES_0 0xf0u

/*
 * The memory that a frame may ask for: 8 MiB, which a decoder must have by the RFC, and all that zstd takes for itself
 * up to level 19. More is asked for by --ultra and --long, and by whoever wants memory to run out.
 */
#define WINDOW_LOG_MAX 23

struct zstd {
	struct unpacker base; /* first, so that one stands for the other */
	ZSTD_DStream *z;      /* the library's state */
	size_t fault;         /* its error, met again in every later call; 0: none */
};

static struct zstd *zstd_of(struct unpacker *u)
{
	return (struct zstd *)u;
}

static void zstd_free(struct unpacker *u)
{
	ZSTD_freeDStream(zstd_of(u)->z);
	free(u);
}

static enum xsr_status failed(struct xsr_source *s, size_t fault, struct xsr_finding *error)
{
	enum xsr_status status;

	switch (ZSTD_getErrorCode(fault)) {
	case ZSTD_error_memory_allocation:
		return io_fail(error, F_IO_MEMORY, xsr_source_position(s), ENOMEM);
	case ZSTD_error_frameParameter_windowTooLarge:
		status = unpack_damaged(s, XSR_E_LIMIT, "zstd with a window that needs more memory", error);
		if (error)
			finding_allowed(error, "a window of at most %u MiB", 1u << (WINDOW_LOG_MAX - 20));
		return status;
	default:
		return unpack_damaged(s, XSR_E_CORRUPT, ZSTD_getErrorName(fault), error);
	}
}

/* The next frame, or zeros, or one that is no data. */
static enum xsr_status zstd_open(struct xsr_source *s, struct xsr_finding *error)
{
	struct unpacker *u = s->unpacker;
	bool skippable = !u->padding && (*u->next & ZSTD_SKIPPABLES_0) == ZSTD_SKIPPABLE_0;
	enum xsr_status status = skippable ? XSR_OK : unpack_between(s, ZSTD_MAGIC_0, error);

	u->between = status != XSR_OK || !u->left;
	return status;
}

static enum xsr_status zstd_some(struct xsr_source *s, void *data, size_t size, size_t *got,
    struct xsr_finding *error)
{
	struct unpacker *u = s->unpacker;
	struct zstd *z = zstd_of(u);
	ZSTD_outBuffer out = {.dst = data, .size = size};
	ZSTD_inBuffer in = {.src = u->next, .size = u->left};
	size_t wanted = z->fault ? z->fault : ZSTD_decompressStream(z->z, &out, &in);

	u->next += in.pos;
	u->left -= in.pos;
	*got = out.pos;
	if (ZSTD_isError(wanted)) {
		z->fault = wanted;
		return failed(s, wanted, error);
	}
	u->between = wanted == 0;
	return XSR_OK;
}

struct unpacker *zstd_new(void)
{
	static const struct unpacker_ops ops = {
	    .name = "zstd", .open = zstd_open, .some = zstd_some, .free = zstd_free};
	struct zstd *z = calloc(1, sizeof(*z));

	if (!z)
		return NULL;
	z->base.ops = &ops;
	z->z = ZSTD_createDStream();
	if (z->z && !ZSTD_isError(ZSTD_initDStream(z->z)) &&
	    !ZSTD_isError(ZSTD_DCtx_setParameter(z->z, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
		return &z->base;
	ZSTD_freeDStream(z->z);
	free(z);
	return NULL;
}
