/* SPDX-License-Identifier: MIT */
#include "wire/hash128.h"

#include <string.h>

#define BLOCK 16u

/* Multipliers of the two lanes. */
#define C1 UINT64_C(0x87c37b91114253d5)
#define C2 UINT64_C(0x4cf5ad432745937f)

static uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

/*
 * In the cursor's terms load_u64(p, false), but inline: this is the one place where each byte of memory
 * passes.
 */
static uint64_t word(const uint8_t *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x;
}

static uint64_t scramble_low(uint64_t k)
{
	return rotate(k * C1, 31) * C2;
}

static uint64_t scramble_high(uint64_t k)
{
	return rotate(k * C2, 33) * C1;
}

/* Lets each bit reach each other. */
static uint64_t avalanche(uint64_t k)
{
	k = (k ^ k >> 33) * UINT64_C(0xff51afd7ed558ccd);
	k = (k ^ k >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return k ^ k >> 33;
}

static struct hash128 mix(struct hash128 h, const uint8_t *block)
{
	h.low = rotate(h.low ^ scramble_low(word(block)), 27) + h.high;
	h.low = h.low * 5 + 0x52dce729;
	h.high = rotate(h.high ^ scramble_high(word(block + 8)), 31) + h.low;
	h.high = h.high * 5 + 0x38495ab5;
	return h;
}

static struct hash128 finish(struct hash128 h, size_t size)
{
	h.low ^= size;
	h.high ^= size;
	h.low += h.high;
	h.high += h.low;
	h.low = avalanche(h.low);
	h.high = avalanche(h.high);
	h.low += h.high;
	h.high += h.low;
	return h;
}

struct hash128 hash128(const void *data, size_t size, uint32_t seed)
{
	const uint8_t *p = data, *end = p + size / BLOCK * BLOCK;
	struct hash128 h = {seed, seed};
	uint8_t rest[BLOCK] = {0};

	for (; p < end; p += BLOCK)
		h = mix(h, p);
	/* Zeros scramble to zero, so a rest filled up with them is what the rest alone would be. */
	if (size % BLOCK)
		memcpy(rest, end, size % BLOCK);
	h.low ^= scramble_low(word(rest));
	h.high ^= scramble_high(word(rest + 8));
	return finish(h, size);
}

void hash128_two(const void *a, const void *b, size_t size, uint32_t seed, struct hash128 result[2])
{
	const uint8_t *p = a, *q = b;
	struct hash128 g = {seed, seed}, h = {seed, seed};

	for (size_t i = 0; i < size; i += BLOCK) {
		g = mix(g, p + i);
		h = mix(h, q + i);
	}
	result[0] = finish(g, size);
	result[1] = finish(h, size);
}

struct hash128 hash128_add(struct hash128 a, struct hash128 b)
{
	struct hash128 sum = {a.low + b.low, a.high + b.high};

	sum.high += sum.low < a.low;
	return sum;
}

struct hash128 hash128_subtract(struct hash128 a, struct hash128 b)
{
	struct hash128 rest = {a.low - b.low, a.high - b.high};

	rest.high -= a.low < b.low;
	return rest;
}
