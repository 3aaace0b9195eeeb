/* SPDX-License-Identifier: MIT */
/* Telling gzip (RFC 1952), whichever library undoes it. */
#include "io/io.h"

#define GZIP_MAGIC_1      0x8bu
#define GZIP_DEFLATE      8u
#define GZIP_FLAGS_UNUSED 0xe0u

/*
 * Four bytes, not two: a headerless legacy image begins with the size of its P2M, and two bytes of gzip magic
 * are a likely one.
 */
bool gzip_detect(const uint8_t *head, size_t length)
{
	return length >= PACKED_HEAD && head[0] == GZIP_MAGIC_0 && head[1] == GZIP_MAGIC_1 &&
	       head[2] == GZIP_DEFLATE && !(head[3] & GZIP_FLAGS_UNUSED);
}
