/* SPDX-License-Identifier: MIT */
/* How memory grows with what is verified: hardly. Page data is passed over, as in a file. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "feed.h"
#include "unit.h"

#define BATCH     1024u
#define MEBIBYTES 96u

/* A decoder and a verifier of depth stream. */
struct run {
	struct xsr_decoder *decoder;
	struct xsr_verifier *verifier;
};

/* Mebibytes that this process held at most. */
static size_t peak(void)
{
	struct rusage usage;

	ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
	return (size_t)usage.ru_maxrss / 1024;
}

static void feed_bytes(struct run *r, const uint8_t *data, size_t size)
{
	const struct xsr_event *e;
	size_t used;

	do {
		require(xsr_decoder_feed(r->decoder, data, size, &used, &e) == XSR_OK, "decoder");
		data += used;
		size -= used;
		if (e)
			require(xsr_verifier_event(r->verifier, e) == XSR_OK, "verifier");
		if (xsr_decoder_skippable(r->decoder))
			require(!xsr_decoder_skip(r->decoder, xsr_decoder_skippable(r->decoder)), "skip");
	} while (e);
}

static struct run begin(void)
{
	struct xsr_image_header image = {.version = 3};
	struct xsr_domain_header guest = {.type = XSR_DOMAIN_X86_HVM, .page_shift = 12, .xen_major = 4};
	struct run r = {xsr_decoder_new(XSR_FORMAT_UNKNOWN), xsr_verifier_new(XSR_DEPTH_STREAM, NULL, NULL)};
	uint8_t room[64];
	struct xsr_buffer out = {.data = room, .size = sizeof(room)};

	ck_assert(r.decoder && r.verifier);
	ck_assert_int_eq(xsr_encode_image_header(&out, &image), XSR_OK);
	ck_assert_int_eq(xsr_encode_domain_header(&out, &guest, false), XSR_OK);
	ck_assert_int_eq(xsr_encode_record(&out, XSR_LIBXC_STATIC_DATA_END, NULL, 0, false), XSR_OK);
	feed_bytes(&r, room, out.length);
	return r;
}

static void feed_batch(struct run *r, uint64_t first, uint32_t count)
{
	static uint8_t room[16 + 8 * BATCH];
	uint64_t entries[BATCH];
	struct xsr_buffer out = {.data = room, .size = sizeof(room)};

	for (uint32_t i = 0; i < count; i++)
		entries[i] = first + i;
	require(!xsr_encode_record_header(&out, XSR_LIBXC_PAGE_DATA, 8 + count * (8 + XSR_PAGE_SIZE),
	            false) &&
	            !xsr_encode_batch(&out, count, 0, false) && !xsr_encode_pfns(&out, entries, count, false),
	    "batch");
	feed_bytes(r, room, out.length);
}

static void end(struct run *r, uint64_t pfns, uint64_t passes)
{
	const struct xsr_summary *s = xsr_verifier_summary(r->verifier);

	(void)xsr_decoder_finish(r->decoder);
	(void)xsr_verifier_finish(r->verifier, r->decoder);
	ck_assert_uint_eq(s->distinct_pfns, pfns);
	ck_assert_uint_eq(s->passes, passes);
	ck_assert_uint_le(peak(), MEBIBYTES);
	xsr_verifier_free(r->verifier);
	xsr_decoder_free(r->decoder);
}

START_TEST(a_tebibyte_of_memory)
{
	const uint64_t pages = UINT64_C(1) << 28;
	struct run r = begin();

	for (uint64_t first = 0; first < pages; first += BATCH)
		feed_batch(&r, first, BATCH);
	end(&r, pages, 1);
}
END_TEST

/* A live migration that does not converge. */
START_TEST(ten_thousand_small_passes)
{
	const uint64_t pages = 1 << 16, passes = 10000;
	struct run r = begin();

	for (uint64_t first = 0; first < pages; first += BATCH)
		feed_batch(&r, first, BATCH);
	for (uint64_t pass = 0; pass < passes; pass++)
		feed_batch(&r, pass * 7919 % (pages - 16), 16);
	/* A pass that begins above the one before it is no new one. */
	ck_assert_uint_gt(xsr_verifier_summary(r.verifier)->passes, passes / 10);
	end(&r, pages, xsr_verifier_summary(r.verifier)->passes);
}
END_TEST

START_TEST(a_million_records_of_one_page)
{
	const uint64_t pages = 1 << 20;
	struct run r = begin();

	for (uint64_t pfn = 0; pfn < pages; pfn++)
		feed_batch(&r, pfn, 1);
	end(&r, pages, 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
	    a_tebibyte_of_memory, ten_thousand_small_passes, a_million_records_of_one_page, NULL};

	return unit_main("scale", tests);
}
