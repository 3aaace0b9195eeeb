/* SPDX-License-Identifier: MIT */
/*
 * MurmurHash3 in its x64 form of 128 bits: what page contents are told apart by. It is fast (a page costs
 * about as much as reading it from memory), needs no library, and its results are the same on every machine.
 * It is not cryptographic: who wants two pages to collide can make them collide, so it says that images are
 * alike, never that nobody has tampered with one.
 */
#ifndef XSR_WIRE_HASH128_H
#define XSR_WIRE_HASH128_H

#include <stddef.h>
#include <stdint.h>

/* 128 bits; also used as one number, low first. */
struct hash128 {
	uint64_t low;  /* the first half of the result */
	uint64_t high; /* the second half */
};

struct hash128 hash128(const void *data, size_t size, uint32_t seed);

/* Those of two things of one size, a multiple of 16, at once: a third faster than one after the other. */
void hash128_two(const void *a, const void *b, size_t size, uint32_t seed, struct hash128 result[2]);

/* Sum and difference modulo 2^128. */
struct hash128 hash128_add(struct hash128 a, struct hash128 b);
struct hash128 hash128_subtract(struct hash128 a, struct hash128 b);

#endif
