/* SPDX-License-Identifier: MIT */
/* Conversions from memory, file and pipe to a file and to nowhere; failures of either end; layers off and on again. */
#include <libstream/convert.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/io.h"
#include "feed.h"
#include "unit.h"

static struct feed_blob vector(const char *name)
{
	const struct feed_vector *v = feed_vectors();

	while (v->name && strcmp(v->name, name) != 0)
		v++;
	require(v->name, "no vector %s", name);
	return feed_vector_load(v);
}

/* A file without a name that has these bytes, read from the start. */
static int file_of(const struct feed_blob *b)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	require(fd >= 0 && write(fd, b->data, b->size) == (ssize_t)b->size && lseek(fd, 0, SEEK_SET) == 0, "no file");
	return fd;
}

static struct feed_blob content(int fd)
{
	struct feed_blob b = {0};
	uint8_t buffer[8192];
	ssize_t n;

	require(lseek(fd, 0, SEEK_SET) == 0, "no seek");
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		feed_blob_add(&b, buffer, (size_t)n);
	return b;
}

/* Converts source to a new file, which it returns in *out. */
static enum xsr_status convert(struct xsr_source *source, const struct xsr_convert_options *options,
    struct feed_blob *out, struct xsr_finding *error)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	struct xsr_convert job = {.source = source, .sink = xsr_sink_to_fd(fd, true)};
	enum xsr_status status;

	if (options)
		job.options = *options;
	status = xsr_convert_run(&job, error);
	*out = content(fd);
	if (status == XSR_OK)
		ck_assert_uint_eq(job.result.bytes_out, out->size);
	xsr_sink_free(job.sink);
	xsr_source_free(source);
	return status;
}

static void check_same(struct feed_blob *a, struct feed_blob *b)
{
	ck_assert_uint_eq(a->size, b->size);
	ck_assert(memcmp(a->data, b->data, a->size) == 0);
	feed_blob_free(b);
}

START_TEST(every_way_gives_the_same)
{
	struct feed_blob image = vector("good-legacy-hvm-4-5-64"), first, next;
	struct xsr_convert nowhere = {0};
	struct xsr_finding error;
	int pipe_fds[2];

	ck_assert_int_eq(convert(xsr_source_from_memory(image.data, image.size), NULL, &first, &error), XSR_OK);
	ck_assert_int_eq(convert(xsr_source_from_fd(file_of(&image), true, NULL), NULL, &next, &error), XSR_OK);
	check_same(&first, &next);
	for (unsigned way = WAY_SPLICE; way <= WAY_MEMORY; way++) {
		struct xsr_source *source = xsr_source_from_fd(file_of(&image), true, NULL);

		source_force(source, way);
		ck_assert_int_eq(convert(source, NULL, &next, &error), XSR_OK);
		check_same(&first, &next);
	}
	ck_assert_int_eq(pipe(pipe_fds), 0);
	ck_assert_int_ge(fcntl(pipe_fds[1], F_SETPIPE_SZ, 1 << 20), (int)image.size);
	ck_assert_int_eq(write(pipe_fds[1], image.data, image.size), (ssize_t)image.size);
	close(pipe_fds[1]);
	ck_assert_int_eq(convert(xsr_source_from_fd(pipe_fds[0], true, NULL), NULL, &next, &error), XSR_OK);
	check_same(&first, &next);
	nowhere.source = xsr_source_from_memory(image.data, image.size);
	ck_assert_int_eq(xsr_convert_run(&nowhere, &error), XSR_OK);
	ck_assert_uint_eq(nowhere.result.bytes_out, first.size);
	ck_assert_uint_eq(nowhere.result.rounds, 1);
	ck_assert_uint_eq(nowhere.result.pages, 26);
	xsr_source_free(nowhere.source);
	feed_blob_free(&first);
	feed_blob_free(&image);
}
END_TEST

/* Wherever the second round ends too early, what comes out is the first one. */
START_TEST(a_torn_round_is_dropped)
{
	struct feed_blob image = vector("good-legacy-remus-2-64"), whole, expected, found;
	struct xsr_finding error;

	ck_assert_int_eq(convert(xsr_source_from_memory(image.data, image.size), NULL, &whole, &error), XSR_OK);
	ck_assert_int_eq(convert(xsr_source_from_memory(image.data, image.size - 1), NULL, &expected, &error), XSR_OK);
	ck_assert_uint_lt(expected.size, whole.size);
	for (size_t cut = image.size - 2; cut > image.size - 20000; cut -= 331) {
		ck_assert_int_eq(convert(xsr_source_from_memory(image.data, cut), NULL, &found, &error), XSR_OK);
		check_same(&expected, &found);
	}
	feed_blob_free(&whole);
	feed_blob_free(&expected);
	feed_blob_free(&image);
}
END_TEST

START_TEST(failures_are_told)
{
	struct feed_blob image = vector("good-legacy-hvm-4-5-32"), out;
	const struct xsr_convert_options misuse = {.version = 4}, narrow = {.demand = {.width = 8}};
	struct xsr_source *source = xsr_source_from_memory(image.data, image.size);
	struct xsr_convert full = {.source = source, .sink = xsr_sink_to_fd(open("/dev/full", O_WRONLY), true)};
	struct xsr_finding error;

	ck_assert_int_eq(xsr_convert_run(&full, &error), XSR_E_IO);
	ck_assert_str_eq(error.id, "io.write");
	xsr_sink_free(full.sink);
	xsr_source_free(source);
	ck_assert_int_eq(convert(xsr_source_from_memory(image.data, image.size), &misuse, &out, &error), XSR_E_MISUSE);
	ck_assert_int_eq(convert(xsr_source_from_memory(image.data, image.size), &narrow, &out, &error), XSR_E_FORMAT);
	ck_assert_str_eq(error.id, "legacy.width");
	ck_assert_int_eq(convert(xsr_source_from_memory(image.data, 100), NULL, &out, &error), XSR_E_TRUNCATED);
	ck_assert_str_eq(error.id, "legacy.truncated");
	feed_blob_free(&out);
	feed_blob_free(&image);
}
END_TEST

/* What an input that cannot be read twice leaves: the page stays, which is told; start_info is read from the output. */
static void note_id(void *context, const struct xsr_finding *f)
{
	if (strcmp(f->id, "legacy.given_back") == 0)
		*(unsigned *)context += 1;
}

START_TEST(read_once)
{
	struct feed_blob image = vector("good-legacy-given-back-64"), spoilt = vector("bad-legacy-start-info-store-64");
	struct xsr_source *source = xsr_source_from_memory(image.data, image.size);
	unsigned told = 0;
	struct xsr_convert job = {.source = source, .input = note_id, .context = &told};
	struct feed_blob out;
	struct xsr_finding error;

	ck_assert_int_eq(xsr_convert_run(&job, &error), XSR_OK);
	ck_assert_uint_eq(told, 1);
	xsr_source_free(source);
	job.source = xsr_source_from_fd(file_of(&image), true, NULL);
	ck_assert_int_eq(xsr_convert_run(&job, &error), XSR_OK);
	ck_assert_uint_eq(told, 1);
	xsr_source_free(job.source);
	source = xsr_source_from_memory(spoilt.data, spoilt.size);
	ck_assert_int_eq(convert(source, NULL, &out, &error), XSR_E_CORRUPT);
	ck_assert_str_eq(error.id, "legacy.start_info");
	ck_assert_str_eq(error.field, "start_info.store_mfn");
	ck_assert_uint_lt(error.offset, spoilt.size);
	feed_blob_free(&out);
	feed_blob_free(&spoilt);
	feed_blob_free(&image);
}
END_TEST

static struct feed_blob rewrap(const struct feed_blob *in, enum xsr_format format)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	struct xsr_rewrap job = {.source = xsr_source_from_memory(in->data, in->size), .sink = xsr_sink_to_fd(fd, true),
	    .format = format};
	struct xsr_finding error;
	struct feed_blob out;

	ck_assert_int_eq(xsr_rewrap_run(&job, &error), XSR_OK);
	out = content(fd);
	xsr_sink_free(job.sink);
	xsr_source_free(job.source);
	return out;
}

START_TEST(layers)
{
	const struct xsr_convert_options bare = {.format = XSR_FORMAT_LIBXC};
	struct feed_blob image = vector("good-legacy-hvm-4-5-64"), libxc, libxl, again, xl;
	struct xsr_finding error;

	ck_assert_int_eq(convert(xsr_source_from_memory(image.data, image.size), &bare, &libxc, &error), XSR_OK);
	libxl = rewrap(&libxc, XSR_FORMAT_LIBXL);
	ck_assert_int_eq(xsr_detect(libxl.data, libxl.size), XSR_FORMAT_LIBXL);
	ck_assert_uint_eq(libxl.size, libxc.size + 16 + 8 + 8);
	xl = rewrap(&libxl, XSR_FORMAT_XL);
	ck_assert_uint_eq(xl.size, libxl.size + XSR_XL_HEADER_SIZE);
	again = rewrap(&xl, XSR_FORMAT_LIBXC);
	check_same(&libxc, &again);
	again = rewrap(&xl, XSR_FORMAT_XL);
	check_same(&xl, &again);
	feed_blob_free(&xl);
	feed_blob_free(&libxl);
	feed_blob_free(&libxc);
	feed_blob_free(&image);
}
END_TEST

/* Looking ahead changes nothing of what is read then. */
START_TEST(peeking)
{
	struct feed_blob image = vector("good-legacy-hvm-4-5-64");
	struct xsr_source *source = xsr_source_from_fd(file_of(&image), true, NULL);
	struct feed_blob expected, out;
	struct xsr_finding error;
	uint8_t bytes[XSR_PEEK_MAX + 1];
	size_t got;

	ck_assert_int_eq(xsr_source_peek(source, bytes, 8, &got, &error), XSR_OK);
	ck_assert_uint_eq(got, 8);
	ck_assert_int_eq(xsr_source_peek(source, bytes, XSR_PEEK_MAX, &got, &error), XSR_OK);
	ck_assert_uint_eq(got, XSR_PEEK_MAX);
	ck_assert(memcmp(bytes, image.data, got) == 0);
	ck_assert_int_eq(xsr_source_peek(source, bytes, sizeof(bytes), &got, &error), XSR_E_MISUSE);
	ck_assert_int_eq(convert(source, NULL, &out, &error), XSR_OK);
	ck_assert_int_eq(convert(xsr_source_from_memory(image.data, image.size), NULL, &expected, &error), XSR_OK);
	check_same(&expected, &out);
	source = xsr_source_from_memory(image.data, 5);
	ck_assert_int_eq(xsr_source_peek(source, bytes, 8, &got, &error), XSR_OK);
	ck_assert_uint_eq(got, 5);
	xsr_source_free(source);
	feed_blob_free(&expected);
	feed_blob_free(&image);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {every_way_gives_the_same, a_torn_round_is_dropped, failures_are_told, layers,
	    peeking, read_once, NULL};

	return unit_main("legacy_convert", tests);
}
