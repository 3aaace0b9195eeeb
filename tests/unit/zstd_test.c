/* SPDX-License-Identifier: MIT */
/* zstd'd input: frames in all kinds of pieces, whole, damaged, cut, one behind the other, and hungry ones. */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "feed.h"
#include "io/io.h"
#include "unit.h"

#define SIZE 150001u

static uint8_t plain[SIZE];

static void fill_plain(void)
{
	for (size_t i = 0; i < SIZE; i++)
		plain[i] = (uint8_t)(i * i / 300 + i % 11);
}

/* Adds a frame with a checksum, of some of the plain bytes. */
static void add_frame(struct feed_blob *to, size_t from, size_t size, int window_log)
{
	size_t room = ZSTD_compressBound(size), n;
	uint8_t *frame = malloc(room);
	ZSTD_CCtx *z = ZSTD_createCCtx();

	ck_assert(frame && z);
	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	if (window_log) {
		ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, window_log);
		ZSTD_CCtx_setParameter(z, ZSTD_c_contentSizeFlag, 0);
		/* Without a size that is known the window is what was asked for. */
		ZSTD_inBuffer in = {.src = plain + from, .size = size};
		ZSTD_outBuffer out = {.dst = frame, .size = room};
		ck_assert(!ZSTD_isError(ZSTD_compressStream2(z, &out, &in, ZSTD_e_flush)));
		ck_assert_uint_eq(ZSTD_compressStream2(z, &out, &in, ZSTD_e_end), 0);
		n = out.pos;
	} else {
		n = ZSTD_compress2(z, frame, room, plain + from, size);
	}
	ck_assert(!ZSTD_isError(n));
	feed_blob_add(to, frame, n);
	ZSTD_freeCCtx(z);
	free(frame);
}

/* At least `least` of the plain bytes come, and then this status, again and again if it is a fault. */
static void expect(const struct feed_blob *input, size_t least, enum xsr_status wanted)
{
	static const size_t pieces[] = {1, 7, 4096, IO_CHUNK, 1 << 20};
	static uint8_t buffer[1 << 20];

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct xsr_source *s = xsr_source_from_memory(input->data, input->size);
		enum xsr_status status = XSR_OK;
		struct xsr_finding error = {0};
		size_t total = 0, got = 1;

		ck_assert_ptr_nonnull(s);
		while (status == XSR_OK && got) {
			status = xsr_source_read(s, buffer, pieces[i], &got, &error);
			if (status != XSR_OK)
				break;
			require(total + got <= SIZE && !memcmp(buffer, plain + total, got), "other bytes");
			total += got;
		}
		ck_assert_int_eq(status, wanted);
		ck_assert_uint_ge(total, least);
		ck_assert_str_eq(xsr_source_compression(s), "zstd");
		if (wanted != XSR_OK) {
			ck_assert_str_eq(error.id, "stream.compression");
			ck_assert_int_eq(xsr_source_read(s, buffer, pieces[i], &got, &error), wanted);
		} else {
			ck_assert_uint_eq(total, least);
		}
		xsr_source_free(s);
	}
}

START_TEST(frames_are_undone)
{
	static const uint8_t skippable[] = {0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'},
	                     zeros[512] = {0};
	struct feed_blob image = {NULL, 0};
	size_t half = SIZE / 2, first;

	fill_plain();
	add_frame(&image, 0, half, 0);
	first = image.size;
	expect(&image, half, XSR_OK);
	feed_blob_add(&image, skippable, sizeof(skippable));
	expect(&image, half, XSR_OK);
	add_frame(&image, half, SIZE - half, 0);
	expect(&image, SIZE, XSR_OK);
	image.size--;
	expect(&image, half, XSR_E_TRUNCATED);
	image.data[image.size - 1] ^= 1; /* the checksum */
	image.size++;
	expect(&image, half, XSR_E_CORRUPT);
	image.data[image.size - 2] ^= 1;
	feed_blob_add(&image, zeros, sizeof(zeros));
	expect(&image, SIZE, XSR_OK);
	image.data[image.size - 1] = 1;
	expect(&image, SIZE, XSR_E_CORRUPT);
	image.data[first] = 'x'; /* what comes behind is no frame */
	expect(&image, half, XSR_E_CORRUPT);
	image.size = 7;
	expect(&image, 0, XSR_E_TRUNCATED);
	feed_blob_free(&image);
}
END_TEST

/* 8 MiB must be had; what needs more is told, and not given. */
START_TEST(windows_are_bounded)
{
	struct feed_blob image = {NULL, 0};

	fill_plain();
	add_frame(&image, 0, SIZE, 23);
	expect(&image, SIZE, XSR_OK);
	feed_blob_free(&image);
	add_frame(&image, 0, SIZE, 24);
	expect(&image, 0, XSR_E_LIMIT);
	feed_blob_free(&image);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {frames_are_undone, windows_are_bounded, NULL};

	return unit_main("zstd", tests);
}
