/* SPDX-License-Identifier: MIT */
/*
 * Depth pages over images made here: what is counted, what the digest depends on, when page tables are
 * judged.
 */
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "unit.h"
#include "verify/chunk_map.h"
#include "verify/distinct.h"
#include "wire/hash128.h"

#define NOTAB  XSR_PAGE_NOTAB
#define L1     XSR_PAGE_L1TAB
#define XTAB   XSR_PAGE_XTAB
#define XALLOC XSR_PAGE_XALLOC

/* A page to be sent. */
struct page {
	uint64_t pfn;      /* where */
	unsigned type;     /* enum xsr_page_type */
	uint64_t words[2]; /* its first two words; the rest is zero */
};

static void add_record(struct feed_blob *image, uint32_t type, const void *body, uint32_t length)
{
	static uint8_t room[65536];
	struct xsr_buffer out = {.data = room, .size = sizeof(room)};

	require(xsr_encode_record(&out, type, body, length, false) == XSR_OK, "a record does not fit");
	feed_blob_add(image, room, out.length);
}

static void put32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* Headers and static data of a 64-bit PV guest with pfns 0 to 511, or of an HVM guest. */
static struct feed_blob begin(uint32_t domain)
{
	struct xsr_image_header header = {.version = 3};
	struct xsr_domain_header guest = {.type = domain, .page_shift = 12, .xen_major = 4, .xen_minor = 17};
	struct feed_blob image = {NULL, 0};
	uint8_t room[128], info[8] = {8, 4}, frames[16] = {0};
	struct xsr_buffer out = {.data = room, .size = sizeof(room)};

	require(xsr_encode_image_header(&out, &header) == XSR_OK &&
	            xsr_encode_domain_header(&out, &guest, false) == XSR_OK,
	    "headers");
	feed_blob_add(&image, room, out.length);
	put32(frames + 4, 511);
	if (domain == XSR_DOMAIN_X86_PV) {
		add_record(&image, XSR_LIBXC_X86_PV_INFO, info, sizeof(info));
		add_record(&image, XSR_LIBXC_STATIC_DATA_END, NULL, 0);
		add_record(&image, XSR_LIBXC_X86_PV_P2M_FRAMES, frames, sizeof(frames));
	}
	return image;
}

/* A PAGE_DATA record with these pages. */
static void add_pages(struct feed_blob *image, const struct page *pages, size_t count)
{
	static uint8_t body[60000];
	struct xsr_buffer out = {.data = body, .size = sizeof(body)};
	size_t used;

	require(xsr_encode_batch(&out, (uint32_t)count, 0, false) == XSR_OK, "batch");
	for (size_t i = 0; i < count; i++) {
		uint64_t entry = (uint64_t)pages[i].type << XSR_PFN_TYPE_SHIFT | pages[i].pfn;

		require(xsr_encode_pfns(&out, &entry, 1, false) == XSR_OK, "entry");
	}
	used = out.length;
	for (size_t i = 0; i < count; i++) {
		if (!xsr_page_has_data(pages[i].type))
			continue;
		require(used + XSR_PAGE_SIZE <= sizeof(body), "too many pages");
		memset(body + used, 0, XSR_PAGE_SIZE);
		for (unsigned w = 0; w < 2; w++) {
			put32(body + used + 8 * (size_t)w, (uint32_t)pages[i].words[w]);
			put32(body + used + 8 * (size_t)w + 4, (uint32_t)(pages[i].words[w] >> 32));
		}
		used += XSR_PAGE_SIZE;
	}
	add_record(image, XSR_LIBXC_PAGE_DATA, body, (uint32_t)used);
}

/* A store in memory; fails when told to. */
static uint8_t kept[65536];
static bool store_fails;

static bool store_read(void *context, uint64_t offset, void *data, size_t size)
{
	(void)context;
	require(offset + size <= sizeof(kept), "the store is read beyond the pfns there are");
	memcpy(data, kept + offset, size);
	return !store_fails;
}

static bool store_write(void *context, uint64_t offset, const void *data, size_t size)
{
	(void)context;
	require(offset + size <= sizeof(kept), "the store is written beyond the pfns there are");
	memcpy(kept + offset, data, size);
	return !store_fails;
}

static const struct xsr_store store = {NULL, store_read, store_write};

/* Findings of depth pages, and no others, for these images are not complete. */
static void note(void *context, const struct xsr_finding *f)
{
	const struct xsr_catalogue_row *row = xsr_catalogue_find(f->id);

	if (strcmp(row->depth, "pages") == 0)
		fprintf(context, "%s %u\n", f->id, (unsigned)f->record);
}

/* What came of an image. */
struct outcome {
	struct xsr_summary summary; /* at the end */
	char *findings;             /* "id record" each; to be freed */
};

static struct outcome verify(const struct feed_blob *image, size_t chunk, bool with_store)
{
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct outcome o;
	size_t length;
	FILE *out = open_memstream(&o.findings, &length);
	struct xsr_verifier *v = xsr_verifier_new(XSR_DEPTH_PAGES, note, out);
	struct feed feed = {.chunk = chunk, .event = feed_to_verifier, .context = v};

	require(d && out && v, "out of memory");
	memset(kept, 0, sizeof(kept));
	if (with_store)
		xsr_verifier_set_store(v, &store);
	if (feed_into(d, &feed, image->data, image->size) == XSR_OK)
		xsr_decoder_finish(d);
	xsr_verifier_finish(v, d);
	o.summary = *xsr_verifier_summary(v);
	xsr_verifier_free(v);
	xsr_decoder_free(d);
	fclose(out);
	return o;
}

/* Ends the image, verifies it in pieces of all sizes, and frees it. The results must all be the same. */
static struct outcome finish(struct feed_blob *image, bool with_store)
{
	struct outcome first;

	add_record(image, XSR_LIBXC_END, NULL, 0);
	first = verify(image, 0, with_store);
	for (size_t i = 0; i < FEED_CHUNK_COUNT; i++) {
		struct outcome o = verify(image, feed_chunks[i], with_store);

		require(memcmp(&o.summary, &first.summary, sizeof(o.summary)) == 0,
		    "another summary in pieces of %zu", feed_chunks[i]);
		require(strcmp(o.findings, first.findings) == 0, "other findings in pieces of %zu",
		    feed_chunks[i]);
		free(o.findings);
	}
	feed_blob_free(image);
	return first;
}

/* An image of one record a row; rows end with a pfn of UINT64_MAX. */
static struct outcome image_of(uint32_t domain, const struct page (*rows)[4], size_t count, bool with_store)
{
	struct feed_blob image = begin(domain);

	for (size_t i = 0; i < count; i++) {
		size_t n = 0;

		while (n < 4 && rows[i][n].pfn != UINT64_MAX)
			n++;
		add_pages(&image, rows[i], n);
	}
	return finish(&image, with_store);
}

#define STOP {.pfn = UINT64_MAX}
#define ROWS(rows) rows, sizeof(rows) / sizeof((rows)[0])

static bool same_digest(struct outcome a, struct outcome b)
{
	free(a.findings);
	free(b.findings);
	require(a.summary.has_digest && b.summary.has_digest, "an image has no digest");
	return memcmp(a.summary.digest, b.summary.digest, sizeof(a.summary.digest)) == 0;
}

static const struct page plain[][4] = {
    {{1, NOTAB, {11, 0}}, {2, NOTAB, {12, 0}}, {3, XTAB, {0}}, {4, NOTAB, {0}}}};

/* The check of hash functions that their author published: hashes of 256 keys of growing length, hashed. */
START_TEST(hash_is_murmur3)
{
	uint8_t key[256], results[256 * 16];
	struct hash128 all;

	for (unsigned i = 0; i < 256; i++) {
		struct hash128 h;

		key[i] = (uint8_t)i;
		h = hash128(key, i, 256 - i);
		for (unsigned b = 0; b < 8; b++) {
			results[16 * i + b] = (uint8_t)(h.low >> 8 * b);
			results[16 * i + 8 + b] = (uint8_t)(h.high >> 8 * b);
		}
	}
	all = hash128(results, sizeof(results), 0);
	ck_assert_uint_eq(all.low & 0xffffffff, 0x6384ba69);
}
END_TEST

START_TEST(sums_carry)
{
	struct hash128 a = {UINT64_MAX, 1}, b = {2, 3}, sum = hash128_add(a, b),
	               back = hash128_subtract(sum, b);

	ck_assert_uint_eq(sum.low, 1);
	ck_assert_uint_eq(sum.high, 5);
	ck_assert_uint_eq(back.low, a.low);
	ck_assert_uint_eq(back.high, a.high);
}
END_TEST

START_TEST(pages_are_counted)
{
	static const struct page rows[][4] = {
	    {{0, NOTAB, {0}}, {1, NOTAB, {7, 0}}, {2, NOTAB, {7, 0}}, {3, XTAB, {0}}},
	    {{4, L1, {0}}, {5, XALLOC, {0}}, STOP}};
	struct outcome o = image_of(XSR_DOMAIN_X86_PV, ROWS(rows), false);

	ck_assert(o.summary.has_contents);
	ck_assert_uint_eq(o.summary.zero_pages, 2);
	ck_assert_uint_eq(o.summary.distinct_pages, 2);
	ck_assert(!o.summary.distinct_estimated);
	ck_assert_uint_eq(o.summary.bytes_by_type[NOTAB], 3 * XSR_PAGE_SIZE);
	ck_assert_uint_eq(o.summary.bytes_by_type[L1], XSR_PAGE_SIZE);
	ck_assert_str_eq(o.findings, "");
	free(o.findings);
}
END_TEST

/* Neither batches nor their order nor what was sent before the last time. */
START_TEST(digest_is_of_the_memory)
{
	static const struct page again[][4] = {{{2, NOTAB, {99, 0}}, {4, NOTAB, {5, 5}}, STOP},
	    {{1, NOTAB, {11, 0}}, {2, NOTAB, {1, 2}}, {3, XTAB, {0}}, STOP}, {{2, NOTAB, {12, 0}}, STOP},
	    {{4, NOTAB, {0}}, STOP}};
	static const struct page allocated[][4] = {
	    {{1, NOTAB, {11, 0}}, {2, NOTAB, {12, 0}}, {4, XALLOC, {0}}, STOP}};
	/* A restorer gives no memory back for what is said later. */
	static const struct page later[][4] = {
	    {{1, NOTAB, {11, 0}}, {2, NOTAB, {12, 0}}, {4, XALLOC, {0}}, STOP},
	    {{1, XTAB, {0}}, {2, XALLOC, {0}}, STOP}};

	for (unsigned with = 0; with < 2; with++) {
		ck_assert(same_digest(image_of(XSR_DOMAIN_X86_PV, ROWS(plain), with),
		    image_of(XSR_DOMAIN_X86_PV, ROWS(again), true)));
		ck_assert(same_digest(image_of(XSR_DOMAIN_X86_HVM, ROWS(plain), with),
		    image_of(XSR_DOMAIN_X86_PV, ROWS(allocated), with)));
		ck_assert(same_digest(image_of(XSR_DOMAIN_X86_HVM, ROWS(plain), with),
		    image_of(XSR_DOMAIN_X86_PV, ROWS(later), true)));
	}
}
END_TEST

START_TEST(digest_tells_memory_apart)
{
	static const struct page others[][1][4] = {
	    {{{1, NOTAB, {11, 0}}, {2, NOTAB, {13, 0}}, {4, NOTAB, {0}}, STOP}}, /* content */
	    {{{1, NOTAB, {12, 0}}, {2, NOTAB, {11, 0}}, {4, NOTAB, {0}},
	        STOP}},                                         /* the same contents elsewhere */
	    {{{1, NOTAB, {11, 0}}, {2, NOTAB, {12, 0}}, STOP}}, /* a zero page less */
	    {{{1, NOTAB, {11, 0}}, {2, NOTAB, {12, 0}}, {4, L1, {0}}, STOP}}, /* a page table */
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_msg(!same_digest(image_of(XSR_DOMAIN_X86_PV, ROWS(plain), true),
		                  image_of(XSR_DOMAIN_X86_PV, ROWS(others[i]), true)),
		    "image %zu is not told apart", i);
}
END_TEST

START_TEST(digest_is_not_guessed)
{
	static const struct page twice[][4] = {{{1, NOTAB, {11, 0}}, STOP}, {{1, NOTAB, {11, 0}}, STOP}};
	static const struct page doubled[][4] = {{{1, NOTAB, {11, 0}}, {1, NOTAB, {11, 0}}, STOP}};
	struct feed_blob image = begin(XSR_DOMAIN_X86_HVM), whole;
	struct outcome o = image_of(XSR_DOMAIN_X86_HVM, ROWS(twice), false);

	ck_assert_msg(!o.summary.has_digest, "without a store nothing can be taken back");
	free(o.findings);
	o = image_of(XSR_DOMAIN_X86_HVM, ROWS(doubled), false);
	ck_assert_msg(!o.summary.has_digest, "a pfn came twice in a record");
	free(o.findings);
	store_fails = true;
	o = image_of(XSR_DOMAIN_X86_HVM, ROWS(twice), true);
	store_fails = false;
	ck_assert_msg(!o.summary.has_digest, "the store failed");
	free(o.findings);
	add_pages(&image, plain[0], 4);
	o = verify(&image, 0, true);
	ck_assert_msg(!o.summary.has_digest, "there is no END");
	ck_assert(o.summary.has_contents);
	free(o.findings);
	whole = image;
	whole.size -= 5000;
	o = verify(&whole, 0, true);
	ck_assert_uint_eq(o.summary.bytes_by_type[NOTAB], XSR_PAGE_SIZE);
	free(o.findings);
	feed_blob_free(&image);
}
END_TEST

/* Page data that the caller passes over gives no digest of what is left. */
START_TEST(skipped_pages_are_missed)
{
	struct feed_blob image = begin(XSR_DOMAIN_X86_PV);
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct xsr_verifier *v = xsr_verifier_new(XSR_DEPTH_PAGES, NULL, NULL);
	struct feed feed = {.skip = true, .event = feed_to_verifier, .context = v};

	ck_assert(d && v);
	add_pages(&image, plain[0], 4);
	add_record(&image, XSR_LIBXC_END, NULL, 0);
	ck_assert_int_eq(feed_into(d, &feed, image.data, image.size), XSR_OK);
	ck_assert_int_eq(xsr_decoder_finish(d), XSR_OK);
	xsr_verifier_finish(v, d);
	ck_assert(!xsr_verifier_summary(v)->has_contents);
	ck_assert(!xsr_verifier_summary(v)->has_digest);
	xsr_verifier_free(v);
	xsr_decoder_free(d);
	feed_blob_free(&image);
}
END_TEST

/* A page of which a part was passed over is none, and neither is what follows taken for it. */
START_TEST(torn_pages_are_missed)
{
	struct feed_blob image = begin(XSR_DOMAIN_X86_PV);
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct xsr_verifier *v = xsr_verifier_new(XSR_DEPTH_PAGES, NULL, NULL);
	struct feed feed = {.chunk = 64, .event = feed_to_verifier, .context = v};
	size_t pages;

	ck_assert(d && v);
	add_pages(&image, plain[0], 4);
	pages = image.size - 3 * XSR_PAGE_SIZE;
	ck_assert_int_eq(feed_into(d, &feed, image.data, pages + 2048), XSR_OK);
	ck_assert_int_eq(xsr_decoder_skip(d, 2048), XSR_OK);
	ck_assert_int_eq(feed_into(d, &feed, image.data + pages + 4096, 2 * XSR_PAGE_SIZE), XSR_OK);
	xsr_verifier_finish(v, d);
	ck_assert_uint_eq(xsr_verifier_summary(v)->bytes_by_type[NOTAB], 0);
	xsr_verifier_free(v);
	xsr_decoder_free(d);
	feed_blob_free(&image);
}
END_TEST

static void list_page(void *context, const struct xsr_page *page)
{
	unsigned sum = 0;

	for (size_t i = 0; i < sizeof(page->content); i++)
		sum |= page->content[i];
	fprintf(context, "%u:%u:%s%s:%u\n", (unsigned)page->pfn, page->type, page->zero ? "zero" : "",
	    sum ? "content" : "", (unsigned)page->pass);
}

START_TEST(pages_are_told)
{
	static const struct page again[] = {{2, NOTAB, {0}}, {4, XALLOC, {0}}};
	struct feed_blob image = begin(XSR_DOMAIN_X86_PV);
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct xsr_verifier *v = xsr_verifier_new(XSR_DEPTH_PAGES, NULL, NULL);
	struct feed feed = {.chunk = 7, .event = feed_to_verifier, .context = v};
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	ck_assert(d && v && out);
	add_pages(&image, plain[0], 4);
	add_pages(&image, again, 2);
	xsr_verifier_set_page_fn(v, list_page, out);
	ck_assert_int_eq(feed_into(d, &feed, image.data, image.size), XSR_OK);
	fclose(out);
	ck_assert_str_eq(text, "3:15::1\n1:0:content:1\n2:0:content:1\n4:0:zerocontent:1\n4:14::2\n"
	                       "2:0:zerocontent:2\n");
	free(text);
	xsr_verifier_free(v);
	xsr_decoder_free(d);
	feed_blob_free(&image);
}
END_TEST

#define ENTRY(pfn) ((uint64_t)(pfn) << 12 | 0x67)
#define L2         XSR_PAGE_L2TAB
#define L4         XSR_PAGE_L4TAB

static void expect(const struct page (*rows)[4], size_t count, const char *findings)
{
	struct outcome o = image_of(XSR_DOMAIN_X86_PV, rows, count, true);

	ck_assert_str_eq(o.findings, findings);
	free(o.findings);
}

/* The target may come before the table, with it, or behind it. Records 3 and 4 are the ones with pages. */
START_TEST(targets_are_judged_in_any_order)
{
	static const struct page before[][4] = {{{1, NOTAB, {5, 0}}, STOP}, {{2, L2, {ENTRY(1), 0}}, STOP}};
	static const struct page with[][4] = {{{1, NOTAB, {5, 0}}, {2, L2, {ENTRY(1), 0}}, STOP}};
	static const struct page behind[][4] = {{{1, L2, {ENTRY(2), 0}}, STOP}, {{2, NOTAB, {5, 0}}, STOP}};
	static const struct page hole[][4] = {{{1, L1, {ENTRY(2), 0}}, STOP}, {{2, XTAB, {0}}, STOP}};

	expect(ROWS(before), "page_data.entry_level 4\n");
	expect(ROWS(with), "page_data.entry_level 3\n");
	expect(ROWS(behind), "page_data.entry_level 4\n");
	expect(ROWS(hole), "page_data.entry_hole 4\n");
}
END_TEST

START_TEST(good_tables_are_good)
{
	static const struct page rows[][4] = {
	    {{1, L1, {ENTRY(3), 0}}, {2, L2, {ENTRY(1), ENTRY(2)}}, {3, NOTAB, {4, 0}},
	        {4, L2 | XSR_PAGE_PINNED, {ENTRY(5), 0x5ff000}}},
	    {{5, L1 | XSR_PAGE_PINNED, {0x1065, ENTRY(6)}}, {6, XALLOC, {0}}, STOP}};

	expect(ROWS(rows), "");
}
END_TEST

START_TEST(bad_tables_are_bad)
{
	static const struct page writable[][4] = {{{1, L1, {ENTRY(2), 0}}, {2, L2, {0}}, STOP}};
	static const struct page unseen[][4] = {{{1, L1, {ENTRY(300), ENTRY(301)}}, STOP}};
	static const struct page beyond[][4] = {
	    {{1, L1, {ENTRY(512), 0}}, {2, L1, {ENTRY(UINT64_C(0xffffffffff)), 0}}, STOP},
	    {{3, L1, {ENTRY(512), 0}}, STOP}};
	static const struct page super[][4] = {
	    {{1, L1, {ENTRY(2) | 0x80, 0}}, {2, NOTAB, {0}}, {3, L2, {ENTRY(1) | 0x80, 0}}, STOP}};
	static const struct page conflict[][4] = {
	    {{1, L4, {ENTRY(3), 0}}, {2, L2, {ENTRY(3), 0}}, {3, L1, {0}}, STOP}};

	expect(ROWS(writable), "page_data.entry_level 3\n");
	expect(ROWS(unseen), "page_data.entry_hole 4294967295\n");
	/* Once a record. */
	expect(ROWS(beyond), "page_data.entry_pfn 3\npage_data.entry_pfn 4\n");
	expect(ROWS(super), "page_data.entry_superpage 3\n");
	expect(ROWS(conflict), "page_data.entry_level 3\n");
}
END_TEST

/* What was true of a table when it was sent early need not be in the end. */
START_TEST(stale_tables_are_not_judged)
{
	static const struct page rows[][4] = {
	    {{1, NOTAB, {5, 0}}, {2, L2, {ENTRY(1), ENTRY(400)}}, {3, XTAB, {0}}, STOP},
	    {{2, L1, {ENTRY(3), ENTRY(512)}}, STOP}};

	expect(ROWS(rows), "page_data.entry_pfn 4\n");
}
END_TEST

START_TEST(hvm_guests_have_no_tables)
{
	static const struct page rows[][4] = {{{1, L2, {ENTRY(512), 0x80}}, STOP}};
	struct outcome o = image_of(XSR_DOMAIN_X86_HVM, ROWS(rows), true);

	ck_assert_str_eq(o.findings, "");
	free(o.findings);
}
END_TEST

START_TEST(many_different_pages_are_estimated)
{
	struct distinct *d = calloc(1, sizeof(*d));
	uint64_t n;

	ck_assert_ptr_nonnull(d);
	for (n = 0; n < 60000; n++) {
		distinct_add(d, hash128(&n, sizeof(n), 0).high);
		distinct_add(d, hash128(&n, sizeof(n), 0).high);
	}
	ck_assert_uint_eq(d->shift, 0);
	ck_assert_uint_eq(distinct_count(d), 60000);
	for (; n < 2000000; n++)
		distinct_add(d, hash128(&n, sizeof(n), 0).high);
	ck_assert_uint_ne(d->shift, 0);
	ck_assert_uint_gt(distinct_count(d), 1960000);
	ck_assert_uint_lt(distinct_count(d), 2040000);
	/* Hashes that were made alike end in an answer, too. */
	for (n = 0; n < 200000; n++)
		distinct_add(d, n);
	ck_assert_uint_lt(d->count, DISTINCT_SLOTS);
	free(d);
}
END_TEST

/* Strewn cells are refused early, dense ones never. */
START_TEST(cells_are_bounded)
{
	struct chunk_map map = {0};
	uint64_t n = 0;

	while (n < 100000 && chunk_map_make(&map, n << 20, CHUNK_PFNS))
		map.in_use = ++n;
	ck_assert_uint_lt(n, 300);
	ck_assert(!map.no_memory);
	chunk_map_clear(&map);
	for (n = 0; n < 1000 * (uint64_t)CHUNK_PFNS; n += CHUNK_PFNS) {
		require(chunk_map_make(&map, n, CHUNK_PFNS), "a dense chunk is refused");
		map.in_use += CHUNK_PFNS;
	}
	chunk_map_clear(&map);
}
END_TEST

/*
 * A list above the size of a whole body, fed in pieces shorter than its range: the P2M's end is known all the
 * same.
 */
START_TEST(long_p2m_has_an_end)
{
	static uint8_t body[8 + 8 * 9000];
	struct feed_blob image = begin(XSR_DOMAIN_X86_HVM), copy;
	uint8_t info[8] = {8, 4}, room[8] = {0};
	struct page far = {9000 * 512, NOTAB, {0}};
	struct xsr_buffer out = {.data = NULL};
	size_t at;

	/* An HVM image has no static data yet: made a PV one, it gets its own. */
	image.data[24] = XSR_DOMAIN_X86_PV;
	add_record(&image, XSR_LIBXC_X86_PV_INFO, info, sizeof(info));
	add_record(&image, XSR_LIBXC_STATIC_DATA_END, NULL, 0);
	put32(body + 4, 9000 * 512 - 1);
	at = image.size;
	feed_blob_add(&image, room, sizeof(room));
	feed_blob_add(&image, body, sizeof(body));
	out = (struct xsr_buffer){.data = image.data + at, .size = 8};
	ck_assert_int_eq(xsr_encode_record_header(&out, XSR_LIBXC_X86_PV_P2M_FRAMES, sizeof(body), false),
	    XSR_OK);
	add_pages(&image, &far, 1);
	copy = image;
	for (size_t chunk = 1; chunk < 10; chunk += 3) {
		char *text = feed_findings_text(XSR_DEPTH_PAGES, chunk, copy.data, copy.size);

		ck_assert_msg(strstr(text, "page_data.pfn"), "in pieces of %zu: %s", chunk, text);
		free(text);
	}
	feed_blob_free(&image);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {hash_is_murmur3, sums_carry, pages_are_counted, pages_are_told,
	    digest_is_of_the_memory, digest_tells_memory_apart, digest_is_not_guessed,
	    skipped_pages_are_missed, torn_pages_are_missed, targets_are_judged_in_any_order,
	    good_tables_are_good, bad_tables_are_bad, stale_tables_are_not_judged, hvm_guests_have_no_tables,
	    many_different_pages_are_estimated, cells_are_bounded, long_p2m_has_an_end, NULL};

	return unit_main("contents", tests);
}
