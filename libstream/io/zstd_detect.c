/* SPDX-License-Identifier: MIT */
/* Telling zstd (RFC 8878) needs no library. */
#include "io/io.h"

#include <string.h>

/* As the size of a P2M, with which a headerless legacy image begins, this would be a guest of 16 TiB. */
bool zstd_detect(const uint8_t *head, size_t length)
{
	static const uint8_t magic[PACKED_HEAD] = {0x28, 0xb5, 0x2f, 0xfd};

	return length >= sizeof(magic) && memcmp(head, magic, sizeof(magic)) == 0;
}
