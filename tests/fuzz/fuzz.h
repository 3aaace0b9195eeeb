/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets share. A target takes a stream as it is, so that the vectors are its corpus; how the stream
 * is cut into pieces is drawn from its own bytes.
 */
#ifndef XSR_TESTS_FUZZ_H
#define XSR_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Each target defines this one; the drivers (libFuzzer's, or replay.c) call it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise of the library that must hold for any input. */
#define PROMISE(condition)                                                                                           \
	do {                                                                                                         \
		if (!(condition)) {                                                                                  \
			fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);              \
			abort();                                                                                     \
		}                                                                                                    \
	} while (0)

/* A cheap repeatable series; the state starts with the input's checksum. */
static inline uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

static inline uint64_t seed_of(const uint8_t *data, size_t size)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	/* Ends of long inputs are enough: a changed byte in the midst need not change the cuts. */
	for (size_t i = 0; i < size && i < 256; i++)
		sum = (sum ^ data[i] ^ data[size - 1 - i]) * UINT64_C(0x100000001b3);
	return sum ^ size;
}

/* The size of the next piece: mostly small, sometimes all. */
static inline size_t next_piece(uint64_t *state, size_t left)
{
	static const size_t most[] = {1, 2, 8, 9, 64, 4096, 70000, SIZE_MAX};
	size_t limit = most[next_random(state) % 8], n = limit == SIZE_MAX ? left : 1 + next_random(state) % limit;

	return n < left ? n : left;
}

#endif
