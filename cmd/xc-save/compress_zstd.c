/* SPDX-License-Identifier: MIT */
/* zstd, whose library has threads of its own. */
#include "compress_method.h"

#include <stdlib.h>
#include <zstd.h>

const int compress_zstd_levels = 19;

/* Compresses one piece of input and writes what comes of it; with `end` all that there is. */
static bool feed(struct compressor *c, ZSTD_CCtx *context, ZSTD_inBuffer *in, ZSTD_outBuffer *out, bool end)
{
	size_t left;

	do {
		out->pos = 0;
		left = ZSTD_compressStream2(context, out, in, end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return compressor_fail(c, ZSTD_getErrorName(left));
		if (!compressor_write(c, out->dst, out->pos))
			return false;
	} while (end ? left != 0 : in->pos < in->size);
	return true;
}

static bool whole(struct compressor *c, ZSTD_CCtx *context, void *room, size_t in_size, size_t out_size)
{
	ZSTD_outBuffer out = {.dst = (char *)room + in_size, .size = out_size};
	size_t got;

	do {
		ZSTD_inBuffer in = {.src = room};

		if (!compressor_read(c, room, in_size, &got))
			return false;
		in.size = got;
		if (!feed(c, context, &in, &out, got < in_size))
			return false;
	} while (got == in_size);
	return true;
}

static bool set(struct compressor *c, ZSTD_CCtx *context, ZSTD_cParameter parameter, int value)
{
	size_t error = ZSTD_CCtx_setParameter(context, parameter, value);

	return !ZSTD_isError(error) || compressor_fail(c, ZSTD_getErrorName(error));
}

bool compress_zstd(struct compressor *compressor, int level)
{
	const size_t in_size = ZSTD_CStreamInSize(), out_size = ZSTD_CStreamOutSize();
	ZSTD_CCtx *context = ZSTD_createCCtx();
	void *room = malloc(in_size + out_size);
	bool good;

	if (!context || !room) {
		good = compressor_fail(compressor, "out of memory");
	} else {
		/* A library without threads refuses the number; then it is one. */
		(void)ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, (int)compressor_threads());
		good = set(compressor, context, ZSTD_c_compressionLevel, level) &&
		       set(compressor, context, ZSTD_c_checksumFlag, 1) &&
		       whole(compressor, context, room, in_size, out_size);
	}
	ZSTD_freeCCtx(context);
	free(room);
	return good;
}
