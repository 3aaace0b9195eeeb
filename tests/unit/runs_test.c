/* SPDX-License-Identifier: MIT */
/* Runs of pfns are accounted for as one: the same must come out as of one pfn after the other. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "unit.h"
#include "verify/pfn_map.h"
#include "wire/cursor.h"

/* Highest pfn of the PV guests; some entries are beyond it. */
#define P2M_END 30000u

/* The same sequence each time. */
static uint32_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

START_TEST(map_agrees_with_an_array)
{
	enum { PFNS = 3 * CHUNK_PFNS, SETS = 3000 };
	static uint8_t model[PFNS];
	struct pfn_map map = {0};
	uint64_t random = 1, described = 0, populated = 0;

	for (unsigned i = 0; i < SETS; i++) {
		size_t first = next_random(&random) % PFNS, left = CHUNK_PFNS - first % CHUNK_PFNS;
		size_t n = 1 + next_random(&random) % (i % 2 ? 40 : 2000);
		enum pfn_state state = (enum pfn_state)(1 + next_random(&random) % 3);

		n = n < left ? n : left;
		memset(model + first, (int)state, n);
		ck_assert(pfn_map_set_run(&map, first, n, state));
	}
	for (size_t pfn = 0; pfn < PFNS; pfn++) {
		require(pfn_map_get(&map, pfn) == model[pfn], "pfn %zu", pfn);
		described += model[pfn] != PFN_UNSEEN;
		populated += model[pfn] >= PFN_RAM;
	}
	ck_assert_uint_eq(map.described, described);
	ck_assert_uint_eq(map.populated, populated);
	pfn_map_clear(&map);
}
END_TEST

static void put32(uint8_t *to, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

/* Mostly runs, with all that a rule may mind strewn in. */
static uint64_t next_entry(uint64_t *random, uint64_t before)
{
	static const uint8_t types[] = {0, 0, 15, 0, 1, 4, 6, 12, 13, 14};
	uint64_t pfn = (before & XSR_PFN_MASK) + 1, type = before >> XSR_PFN_TYPE_SHIFT;

	if (next_random(random) % 20 == 0)
		type = types[next_random(random) % sizeof(types)];
	if (next_random(random) % 60 == 0)
		pfn = next_random(random) % 3 ? next_random(random) % 40000 : (UINT64_C(1) << 40) - 3;
	if (next_random(random) % 200 == 0)
		pfn |= UINT64_C(1) << (52 + next_random(random) % 8);
	return type << XSR_PFN_TYPE_SHIFT | pfn;
}

/* Headers and batches of entries without page data, which is one finding a record more and the same both ways. */
static struct feed_blob make_image(uint64_t seed, uint32_t domain)
{
	struct xsr_image_header header = {.version = 3};
	struct xsr_domain_header guest = {.type = domain, .page_shift = 12, .xen_major = 4, .xen_minor = 17};
	uint8_t frames[8 + 8 * (P2M_END / 512 + 1)] = {0}, info[8] = {8, 4},
	                                        room[24 + 16 + 16 + 8 + sizeof(frames)];
	struct xsr_buffer out = {.data = room, .size = sizeof(room)};
	struct feed_blob image = {NULL, 0};
	uint64_t entry = 0;

	put32(frames + 4, P2M_END);
	ck_assert_int_eq(xsr_encode_image_header(&out, &header), XSR_OK);
	ck_assert_int_eq(xsr_encode_domain_header(&out, &guest, false), XSR_OK);
	if (domain == XSR_DOMAIN_X86_PV) {
		ck_assert_int_eq(xsr_encode_record(&out, XSR_LIBXC_X86_PV_INFO, info, sizeof(info), false),
		    XSR_OK);
		ck_assert_int_eq(xsr_encode_record(&out, XSR_LIBXC_X86_PV_P2M_FRAMES, frames, sizeof(frames),
		                     false),
		    XSR_OK);
	}
	feed_blob_add(&image, room, out.length);
	for (unsigned record = 0; record < 12; record++) {
		uint32_t count = 1 + next_random(&seed) % 900;
		uint8_t body[8 + 8 * 900] = {0}, framed[sizeof(body) + 8];

		out = (struct xsr_buffer){.data = framed, .size = sizeof(framed)};
		put32(body, count);
		for (uint32_t i = 0; i < count; i++) {
			entry = next_entry(&seed, entry);
			put32(body + 8 + 8 * i, (uint32_t)entry);
			put32(body + 12 + 8 * i, (uint32_t)(entry >> 32));
		}
		if (next_random(&seed) % 3 == 0)
			entry = 0;
		ck_assert_int_eq(xsr_encode_record(&out, XSR_LIBXC_PAGE_DATA, body, 8 + 8 * count, false),
		    XSR_OK);
		feed_blob_add(&image, framed, out.length);
	}
	return image;
}

/* Findings and numbers, with the entries coming in pieces of this many bytes. */
static char *judge(const struct feed_blob *image, size_t chunk, struct xsr_summary *summary)
{
	struct xsr_verifier *verifier = xsr_verifier_new(XSR_DEPTH_STREAM, NULL, NULL);
	struct xsr_decoder *decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct feed feed = {.chunk = chunk, .event = feed_to_verifier, .context = verifier};

	ck_assert(verifier && decoder);
	feed_into(decoder, &feed, image->data, image->size);
	(void)xsr_decoder_finish(decoder);
	(void)xsr_verifier_finish(verifier, decoder);
	*summary = *xsr_verifier_summary(verifier);
	xsr_verifier_free(verifier);
	xsr_decoder_free(decoder);
	return feed_findings_text(XSR_DEPTH_STREAM, chunk, image->data, image->size);
}

START_TEST(runs_are_judged_like_single_entries)
{
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct feed_blob image = make_image(seed, seed % 2 ? XSR_DOMAIN_X86_HVM : XSR_DOMAIN_X86_PV);
		struct xsr_summary runs, singles;
		char *of_runs = judge(&image, 0, &runs), *of_singles = judge(&image, 8, &singles);

		ck_assert_str_eq(of_runs, of_singles);
		ck_assert_mem_eq(runs.entries_by_type, singles.entries_by_type, sizeof(runs.entries_by_type));
		ck_assert_uint_eq(runs.entries, singles.entries);
		ck_assert_uint_eq(runs.p2m_size, singles.p2m_size);
		ck_assert_uint_eq(runs.passes, singles.passes);
		ck_assert_uint_eq(runs.distinct_pfns, singles.distinct_pfns);
		ck_assert_uint_eq(runs.populated_pfns, singles.populated_pfns);
		free(of_runs);
		free(of_singles);
		feed_blob_free(&image);
	}
}
END_TEST

START_TEST(arrays_are_loaded_in_both_orders)
{
	uint8_t bytes[25];
	uint64_t words[3];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(0xE0 + i);
	for (unsigned big = 0; big < 2; big++) {
		load_u64s(words, bytes + 1, 3, big);
		for (size_t i = 0; i < 3; i++)
			ck_assert_uint_eq(words[i], load_u64(bytes + 1 + 8 * i, big));
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {map_agrees_with_an_array, runs_are_judged_like_single_entries,
	    arrays_are_loaded_in_both_orders, NULL};

	return unit_main("runs", tests);
}
