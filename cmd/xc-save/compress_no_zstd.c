/* SPDX-License-Identifier: MIT */
/* In place of compress_zstd.c where libzstd is not found. */
#include "compress_method.h"

const int compress_zstd_levels = 0;

bool compress_zstd(struct compressor *compressor, int level)
{
	(void)level;
	return compressor_fail(compressor, "zstd is not built in");
}
