/* SPDX-License-Identifier: MIT */
/* The decoder: events do not depend on how bytes arrive, truncation is always seen, failure is for good. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "unit.h"

/* Runs a check on the bytes of each vector. */
static void each_vector(void (*check)(const struct feed_vector *v, const struct feed_blob *blob))
{
	for (const struct feed_vector *v = feed_vectors(); v->name; v++) {
		struct feed_blob blob = feed_vector_load(v);

		check(v, &blob);
		feed_blob_free(&blob);
	}
}

static void same_text(const struct feed_vector *v, size_t chunk, const char *a, const char *b)
{
	size_t at = 0, line = 0;

	if (strcmp(a, b) == 0)
		return;
	/* The texts are long: show the first line that differs. */
	for (; a[at] == b[at]; at++)
		if (a[at] == '\n')
			line = at + 1;
	ck_abort_msg("%s, pieces of %zu: %.*s, not %.*s", v->name, chunk, (int)strcspn(b + line, "\n"), b + line,
	    (int)strcspn(a + line, "\n"), a + line);
}

static void check_chunks(const struct feed_vector *v, const struct feed_blob *blob)
{
	struct feed feed = {0};
	char *whole = feed_events_text(&feed, blob->data, blob->size);

	for (size_t i = 0; feed_chunks[i]; i++) {
		char *pieces;

		if (feed_chunks[i] < feed_smallest(blob->size))
			continue;
		feed.chunk = feed_chunks[i];
		pieces = feed_events_text(&feed, blob->data, blob->size);
		same_text(v, feed_chunks[i], whole, pieces);
		free(pieces);
	}
	free(whole);
}

START_TEST(events_do_not_depend_on_the_feed_size)
{
	each_vector(check_chunks);
}
END_TEST

static void check_skip(const struct feed_vector *v, const struct feed_blob *blob)
{
	struct feed fed = {.omit_pages = true}, skipped = {.omit_pages = true, .skip = true};
	char *a = feed_events_text(&fed, blob->data, blob->size);
	char *b = feed_events_text(&skipped, blob->data, blob->size), *c;

	same_text(v, 0, a, b);
	skipped.chunk = 7;
	c = feed_events_text(&skipped, blob->data, blob->size);
	same_text(v, 7, a, c);
	free(a);
	free(b);
	free(c);
}

START_TEST(skipping_pages_is_like_feeding_them)
{
	each_vector(check_skip);
}
END_TEST

/* Feeds no more than the decoder wants, and remembers how many bytes it was given. */
static enum xsr_status feed_wanted(struct xsr_decoder *d, const struct feed_blob *blob, bool *ended, uint64_t *end)
{
	const struct xsr_event *event;
	enum xsr_status status;
	size_t at = 0, used;

	do {
		uint64_t wanted = xsr_decoder_wanted(d);
		size_t n = wanted < blob->size - at ? (size_t)wanted : blob->size - at, given = at + n;

		require(wanted > 0, "nothing is wanted");
		do {
			status = xsr_decoder_feed(d, blob->data + at, given - at, &used, &event);
			at += used;
			if (event && event->type == XSR_EVENT_END) {
				*ended = true;
				*end = event->offset;
				/* Nothing behind END was asked for. */
				ck_assert_uint_eq(given, event->offset);
			}
		} while (event);
		require(status != XSR_OK || at == given, "bytes are left");
	} while (status == XSR_OK && !*ended && at < blob->size);
	return status;
}

static void check_wanted(const struct feed_vector *v, const struct feed_blob *blob)
{
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct feed_blob longer = {0};
	bool ended = false;
	uint64_t end = 0;
	enum xsr_status status;

	(void)v;
	/* Bytes that follow, as in a pipe that goes on, must not be asked for. */
	feed_blob_add(&longer, blob->data, blob->size);
	feed_blob_add(&longer, "something else that uses the same pipe", 38);
	status = feed_wanted(d, &longer, &ended, &end);
	if (ended) {
		ck_assert_int_eq(status, XSR_OK);
		ck_assert_uint_eq(xsr_decoder_wanted(d), UINT64_MAX);
		ck_assert_uint_eq(xsr_decoder_offset(d), end);
		ck_assert_int_eq(xsr_decoder_finish(d), XSR_OK);
	}
	xsr_decoder_free(d);
	feed_blob_free(&longer);
}

START_TEST(wanted_never_goes_past_the_end)
{
	each_vector(check_wanted);
}
END_TEST

/* Where to cut a stream: offsets of events and some bytes around them. */
struct cuts {
	bool *at;    /* a flag for each offset */
	size_t size; /* of the stream */
	uint64_t end; /* of the outermost END, or UINT64_MAX */
};

static void note_cut(void *context, const struct xsr_event *e)
{
	/* One less than, at, inside of and behind the eight bytes that most things begin with; plus one. */
	static const uint64_t near[] = {0, 1, 2, 5, 8, 9};
	struct cuts *c = context;

	if (e->type == XSR_EVENT_END)
		c->end = e->offset;
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++)
		if (e->offset + near[i] >= 1 && e->offset + near[i] - 1 < c->size)
			c->at[e->offset + near[i] - 1] = true;
}

static void check_cut(const struct feed_vector *v, const struct feed_blob *blob, size_t at, size_t chunk)
{
	struct feed feed = {.chunk = chunk, .skip = true};
	struct xsr_finding error = {0};
	enum xsr_status status = feed_run(&feed, blob->data, at, &error);

	/* A few bytes of magic are not enough to name a format. */
	if (at > 0 && at < 8 && status == XSR_E_FORMAT)
		return;
	require(status == XSR_E_TRUNCATED, "%s cut at %zu: %s", v->name, at, xsr_status_name(status));
	require(error.offset == at, "%s cut at %zu: error at %llu", v->name, at,
	    (unsigned long long)error.offset);
	require(strcmp(error.id, at ? "stream.truncated" : "stream.empty") == 0, "%s cut at %zu: %s", v->name, at,
	    error.id);
}

static void check_truncation(const struct feed_vector *v, const struct feed_blob *blob)
{
	struct cuts cuts = {.size = blob->size, .end = UINT64_MAX};
	struct feed feed = {.event = note_cut, .context = &cuts};

	if (strcmp(v->verdict, "good") != 0 || blob->size > 1 << 20)
		return;
	cuts.at = calloc(blob->size, sizeof(*cuts.at));
	ck_assert_ptr_nonnull(cuts.at);
	feed_run(&feed, blob->data, blob->size, NULL);
	for (size_t at = 0; at < blob->size && at < cuts.end; at++)
		if (cuts.at[at] || at % 2039 == 0)
			check_cut(v, blob, at, at % 2 ? 0 : 4096);
	free(cuts.at);
}

START_TEST(truncation_is_seen_at_each_boundary)
{
	each_vector(check_truncation);
}
END_TEST

/* The smallest good vector of each format, cut at each single byte but in the midst. */
START_TEST(truncation_is_seen_at_each_byte)
{
	static const char *const formats[] = {"libxc", "libxl", "xl"};

	for (size_t i = 0; i < 3; i++) {
		const struct feed_vector *smallest = NULL;
		struct feed_blob blob, best = {0};

		for (const struct feed_vector *v = feed_vectors(); v->name; v++) {
			if (strcmp(v->verdict, "good") != 0 || strcmp(v->format, formats[i]) != 0 ||
			    strstr(v->name, "go-message"))
				continue;
			blob = feed_vector_load(v);
			if (!smallest || blob.size < best.size) {
				feed_blob_free(&best);
				best = blob;
				smallest = v;
			} else {
				feed_blob_free(&blob);
			}
		}
		ck_assert_ptr_nonnull(smallest);
		for (size_t at = 0; at < best.size; at += at < 2048 || at + 2048 > best.size ? 1 : 11)
			check_cut(smallest, &best, at, 0);
		feed_blob_free(&best);
	}
}
END_TEST

static void check_sticky(const struct feed_vector *v, const struct feed_blob *blob)
{
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct feed feed = {.skip = true};
	enum xsr_status status = feed_into(d, &feed, blob->data, blob->size);
	const struct xsr_event *event = (const struct xsr_event *)&feed;
	struct xsr_finding error;
	uint64_t offset = xsr_decoder_offset(d);
	size_t used = 1;

	if (status == XSR_OK)
		status = xsr_decoder_finish(d);
	if (status != XSR_OK) {
		ck_assert_ptr_nonnull(xsr_decoder_error(d));
		error = *xsr_decoder_error(d);
		ck_assert_int_eq(error.status, status);
		ck_assert_int_eq(error.severity, XSR_ERROR);
		ck_assert_int_eq(xsr_decoder_feed(d, "more bytes", 10, &used, &event), status);
		ck_assert(used == 0 && !event);
		ck_assert_int_eq(xsr_decoder_skip(d, 1), XSR_E_MISUSE);
		ck_assert_uint_eq(xsr_decoder_skippable(d), 0);
		ck_assert_uint_eq(xsr_decoder_offset(d), offset);
		ck_assert_uint_ge(xsr_decoder_wanted(d), 1);
		ck_assert_int_eq(xsr_decoder_finish(d), status);
		ck_assert_mem_eq(xsr_decoder_error(d), &error, sizeof(error));
	} else {
		ck_assert_msg(!xsr_decoder_error(d), "%s: success with an error", v->name);
		ck_assert_int_eq(xsr_decoder_feed(d, "more bytes", 10, &used, &event), XSR_E_MISUSE);
		ck_assert(used == 0 && !event);
		ck_assert_int_eq(xsr_decoder_finish(d), XSR_OK);
	}
	xsr_decoder_free(d);
}

START_TEST(what_failed_stays_failed)
{
	each_vector(check_sticky);
}
END_TEST

static void count_event(void *context, const struct xsr_event *e)
{
	(void)e;
	++*(uint64_t *)context;
}

/* Feeding byte by byte costs no more events than there are bytes, and a few for what needs none. */
static void check_linear(const struct feed_vector *v, const struct feed_blob *blob)
{
	uint64_t whole = 0, single = 0;
	struct feed feed = {.event = count_event, .context = &whole};

	if (feed_smallest(blob->size) > 1)
		return;
	feed_run(&feed, blob->data, blob->size, NULL);
	feed.chunk = 1;
	feed.context = &single;
	feed_run(&feed, blob->data, blob->size, NULL);
	ck_assert_msg(single >= whole && single <= blob->size + whole, "%s: %llu events for %zu bytes", v->name,
	    (unsigned long long)single, blob->size);
}

START_TEST(single_bytes_stay_linear)
{
	each_vector(check_linear);
}
END_TEST

START_TEST(memory_is_bounded)
{
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_UNKNOWN);

	ck_assert_ptr_nonnull(d);
	ck_assert_uint_le(malloc_usable_size(d), 1 << 20);
	xsr_decoder_free(d);
	xsr_decoder_free(NULL);
}
END_TEST

/* A libxc image up to the pages of its first batch: `count` pages of `fill`. */
static struct feed_blob batch_image(uint32_t count)
{
	static uint8_t page[XSR_PAGE_SIZE];
	uint8_t head[128];
	struct xsr_buffer out = {.data = head, .size = sizeof(head)};
	struct xsr_image_header image = {.version = 3};
	struct xsr_domain_header domain = {.type = XSR_DOMAIN_X86_HVM, .page_shift = 12, .xen_major = 4};
	struct feed_blob blob = {0};

	ck_assert_int_eq(xsr_encode_image_header(&out, &image), XSR_OK);
	ck_assert_int_eq(xsr_encode_domain_header(&out, &domain, false), XSR_OK);
	ck_assert_int_eq(xsr_encode_record_header(&out, XSR_LIBXC_PAGE_DATA, 8 + count * (8 + XSR_PAGE_SIZE), false),
	    XSR_OK);
	ck_assert_int_eq(xsr_encode_batch(&out, count, 0, false), XSR_OK);
	for (uint64_t pfn = 0; pfn < count; pfn++)
		ck_assert_int_eq(xsr_encode_pfns(&out, &pfn, 1, false), XSR_OK);
	feed_blob_add(&blob, head, out.length);
	for (uint32_t i = 0; i < count; i++)
		feed_blob_add(&blob, page, sizeof(page));
	return blob;
}

START_TEST(pages_may_be_skipped_in_part)
{
	struct feed_blob blob = batch_image(3);
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_LIBXC);
	size_t head = blob.size - 3 * XSR_PAGE_SIZE, used;
	struct feed feed = {0};
	const struct xsr_event *event;

	ck_assert_uint_eq(xsr_decoder_skippable(d), 0);
	ck_assert_int_eq(xsr_decoder_skip(d, 0), XSR_OK);
	ck_assert_int_eq(feed_into(d, &feed, blob.data, head), XSR_OK);
	ck_assert_uint_eq(xsr_decoder_skippable(d), 3 * XSR_PAGE_SIZE);
	ck_assert_int_eq(xsr_decoder_skip(d, 3 * XSR_PAGE_SIZE + 1), XSR_E_MISUSE);
	ck_assert_int_eq(xsr_decoder_skip(d, UINT64_MAX), XSR_E_MISUSE);
	ck_assert_int_eq(xsr_decoder_skip(d, 5), XSR_OK);
	ck_assert_uint_eq(xsr_decoder_wanted(d), 3 * XSR_PAGE_SIZE - 5);
	ck_assert_int_eq(xsr_decoder_feed(d, blob.data + head, 10, &used, &event), XSR_OK);
	ck_assert_uint_eq(used, 10);
	ck_assert_int_eq(event->type, XSR_EVENT_PAGES);
	ck_assert_uint_eq(event->u.bytes.position, 5);
	ck_assert(!event->u.bytes.whole && !event->u.bytes.last);
	ck_assert_uint_eq(event->offset, head + 5);
	ck_assert_int_eq(xsr_decoder_skip(d, 3 * XSR_PAGE_SIZE - 15), XSR_OK);
	ck_assert_uint_eq(xsr_decoder_offset(d), blob.size);
	ck_assert_int_eq(xsr_decoder_feed(d, NULL, 0, &used, &event), XSR_OK);
	ck_assert_int_eq(event->type, XSR_EVENT_RECORD_END);
	xsr_decoder_free(d);
	feed_blob_free(&blob);
}
END_TEST

START_TEST(formats_can_be_demanded)
{
	static const enum xsr_format demand[] = {XSR_FORMAT_LIBXC, XSR_FORMAT_LIBXL, XSR_FORMAT_XL};

	for (enum xsr_format f = XSR_FORMAT_LEGACY; f <= XSR_FORMAT_LIBVIRT; f++)
		ck_assert_ptr_null(xsr_decoder_new(f));
	for (const struct feed_vector *v = feed_vectors(); v->name; v++) {
		struct feed_blob blob;

		if (strcmp(v->verdict, "good") != 0)
			continue;
		blob = feed_vector_load(v);
		for (size_t i = 0; i < 3; i++) {
			struct feed feed = {.format = demand[i], .skip = true};
			struct xsr_finding error = {0};
			enum xsr_status status = feed_run(&feed, blob.data, blob.size, &error);
			bool right = strcmp(xsr_format_name(demand[i]), v->format) == 0;

			ck_assert_msg((status != XSR_E_FORMAT) == right, "%s as %s: %s", v->name,
			    xsr_format_name(demand[i]), xsr_status_name(status));
		}
		feed_blob_free(&blob);
	}
}
END_TEST

/* The manifest has one name for all wrappers, and "none" for what could be anything. */
static bool same_format(const char *name, enum xsr_format format)
{
	if (strcmp(name, "none") == 0)
		return true;
	if (strcmp(name, "wrapper") == 0)
		return format == XSR_FORMAT_XAPI || format == XSR_FORMAT_LIBVIRT || format == XSR_FORMAT_XEND;
	return strcmp(name, xsr_format_name(format)) == 0;
}

START_TEST(detection_names_the_format)
{
	for (const struct feed_vector *v = feed_vectors(); v->name; v++) {
		struct feed_blob blob = feed_vector_load(v);
		enum xsr_format format = xsr_detect(blob.data, blob.size);

		/* An empty blob is a gzip file that is damaged: there is nothing to look at. */
		if (blob.size)
			ck_assert_msg(same_format(v->format, format), "%s: %s, not %s", v->name,
			    xsr_format_name(format), v->format);
		/* No byte behind the sixteenth counts, and fewer bytes never name another format. */
		if (blob.size > XSR_DETECT_SIZE)
			ck_assert_int_eq(xsr_detect(blob.data, XSR_DETECT_SIZE), format);
		for (size_t n = 0; n < XSR_DETECT_SIZE && n < blob.size; n++) {
			enum xsr_format less = xsr_detect(blob.data, n);

			ck_assert(less == XSR_FORMAT_UNKNOWN || less == format || less == XSR_FORMAT_LEGACY);
		}
		feed_blob_free(&blob);
	}
}
END_TEST

START_TEST(names_are_never_null)
{
	for (int i = -1; i < 40; i++) {
		ck_assert_ptr_nonnull(xsr_format_name((enum xsr_format)i));
		ck_assert_ptr_nonnull(xsr_status_name((enum xsr_status)i));
		ck_assert_ptr_nonnull(xsr_severity_name((enum xsr_severity)i));
		ck_assert_ptr_nonnull(xsr_layer_name((enum xsr_layer)i));
		ck_assert_ptr_nonnull(xsr_depth_name((enum xsr_depth)i));
	}
	ck_assert_str_eq(xsr_record_name(XSR_LAYER_LIBXC, XSR_LIBXC_PAGE_DATA), "PAGE_DATA");
	ck_assert_str_eq(xsr_record_name(XSR_LAYER_LIBXC, XSR_LIBXC_X86_MSR_POLICY), "X86_MSR_POLICY");
	ck_assert_str_eq(xsr_record_name(XSR_LAYER_LIBXL, XSR_LIBXL_CHECKPOINT_STATE), "CHECKPOINT_STATE");
	ck_assert_ptr_null(xsr_record_name(XSR_LAYER_LIBXC, 0x13));
	ck_assert_ptr_null(xsr_record_name(XSR_LAYER_LIBXL, 6));
	ck_assert_ptr_null(xsr_record_name(XSR_LAYER_XL, 0));
	ck_assert_str_ne(xsr_version(), "");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {events_do_not_depend_on_the_feed_size, skipping_pages_is_like_feeding_them,
	    wanted_never_goes_past_the_end, truncation_is_seen_at_each_boundary, truncation_is_seen_at_each_byte,
	    what_failed_stays_failed, single_bytes_stay_linear, memory_is_bounded, pages_may_be_skipped_in_part,
	    formats_can_be_demanded, detection_names_the_format, names_are_never_null, NULL};

	return unit_main("decoder", tests);
}
