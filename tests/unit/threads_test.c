/* SPDX-License-Identifier: MIT */
/* With threads or without, fed or fetched, from whatever source: the same comes of page contents. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include <libstream/io.h>

#include "feed.h"
#include "io/io.h"
#include "unit.h"
#include "verify/hashers.h"

#define PAGES   300u
#define RECORDS 4u

/* Linked in front of the real one: the system has no thread left for us while this is set. */
static bool no_threads;
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
    void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
    void *context);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
    void *context)
{
	return no_threads ? EAGAIN : __real_pthread_create(thread, attributes, start, context);
}

/* Every seventh page is zero, the rest differ. */
static void fill(uint8_t *page, uint64_t number)
{
	memset(page, 0, XSR_PAGE_SIZE);
	for (size_t i = 0; number % 7 && i < XSR_PAGE_SIZE; i++)
		page[i] = (uint8_t)(number * 31 + i * i / 7);
}

static bool fetch(void *context, uint64_t offset, void *data, size_t size)
{
	const struct feed_blob *from = context;

	if (offset > from->size || size > from->size - offset)
		return false;
	memcpy(data, from->data + offset, size);
	return true;
}

START_TEST(hashes_are_those_of_the_pages)
{
	static uint8_t pages[JOB_PAGES * XSR_PAGE_SIZE], room[sizeof(pages)], zeros[XSR_PAGE_SIZE];
	struct feed_blob from = {.data = pages, .size = sizeof(pages)};

	for (size_t i = 0; i < JOB_PAGES; i++)
		fill(pages + i * XSR_PAGE_SIZE, i);
	for (unsigned threads = 0; threads < 5; threads++) {
		struct hashers *h = hashers_new(threads);

		ck_assert_ptr_nonnull(h);
		for (size_t n = 0; n < 300; n++) {
			size_t first = n % 5, count = 1 + n * 37 % (JOB_PAGES - first);
			uint8_t *at = pages + first * XSR_PAGE_SIZE;
			struct job job = {.pages = n % 2 ? room : at,
			    .count = count,
			    .fetch = n % 2 ? fetch : NULL,
			    .context = &from,
			    .offset = first * XSR_PAGE_SIZE};
			const struct page_hash *hashes;

			hashers_start(h, &job);
			hashes = hashers_wait(h);
			ck_assert_ptr_nonnull(hashes);
			for (size_t i = 0; i < count; i++) {
				const uint8_t *page = at + i * XSR_PAGE_SIZE;
				struct hash128 hash = hash128(page, XSR_PAGE_SIZE, 0);

				require(hashes[i].hash.low == hash.low && hashes[i].hash.high == hash.high,
				    "%u threads: page %zu", threads, i);
				require(hashes[i].zero == !memcmp(page, zeros, sizeof(zeros)), "zero");
			}
		}
		from.size = sizeof(pages) / 2;
		hashers_start(h,
		    &(struct job){.pages = room, .count = JOB_PAGES, .fetch = fetch, .context = &from});
		ck_assert_ptr_null(hashers_wait(h));
		from.size = sizeof(pages);
		hashers_free(h);
	}
}
END_TEST

static void put32(uint8_t *to, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static void add(struct feed_blob *image, uint32_t type, const void *body, uint32_t length)
{
	static uint8_t room[16 + PAGES * (XSR_PAGE_SIZE + 8)];
	struct xsr_buffer out = {.data = room, .size = sizeof(room)};

	ck_assert_int_eq(xsr_encode_record(&out, type, body, length, false), XSR_OK);
	feed_blob_add(image, room, out.length);
}

/* A PV image of RECORDS times PAGES pfns, the last half of which come twice; every fiftieth is a table with faults. */
static struct feed_blob make_image(void)
{
	static uint8_t body[8 + PAGES * (XSR_PAGE_SIZE + 8)];
	struct xsr_image_header header = {.version = 3};
	struct xsr_domain_header guest = {.type = XSR_DOMAIN_X86_PV, .page_shift = 12, .xen_major = 4};
	uint8_t room[64], info[8] = {8, 4}, frames[8 + 8 * 3] = {0};
	struct xsr_buffer out = {.data = room, .size = sizeof(room)};
	struct feed_blob image = {NULL, 0};

	ck_assert_int_eq(xsr_encode_image_header(&out, &header), XSR_OK);
	ck_assert_int_eq(xsr_encode_domain_header(&out, &guest, false), XSR_OK);
	feed_blob_add(&image, room, out.length);
	put32(frames + 4, RECORDS * PAGES - 1);
	add(&image, XSR_LIBXC_X86_PV_INFO, info, sizeof(info));
	add(&image, XSR_LIBXC_STATIC_DATA_END, NULL, 0);
	add(&image, XSR_LIBXC_X86_PV_P2M_FRAMES, frames, sizeof(frames));
	for (uint32_t record = 0; record < RECORDS + RECORDS / 2; record++) {
		uint32_t first = (record < RECORDS ? record : record - RECORDS / 2) * PAGES;

		put32(body, PAGES);
		for (uint32_t i = 0; i < PAGES; i++) {
			put32(body + 8 + 8 * i, first + i);
			put32(body + 12 + 8 * i, (first + i) % 50 ? 0 : UINT32_C(1) << 28);
			fill(body + 8 + 8 * PAGES + (size_t)i * XSR_PAGE_SIZE, first + i + record);
		}
		add(&image, XSR_LIBXC_PAGE_DATA, body, sizeof(body));
	}
	add(&image, XSR_LIBXC_END, NULL, 0);
	return image;
}

/* What is compared. */
struct outcome {
	char findings[65536]; /* "id offset\n" each */
	uint64_t pages;       /* calls of the page function, as a number that depends on their order */
	struct xsr_summary summary;
};

/* How it is brought about. */
struct way {
	unsigned threads; /* besides this one */
	bool by_pump;     /* through the pump; else fed whole, without threads */
	bool may_fetch;   /* the payload hook is set */
	bool pipe;        /* through a pipe; else from memory */
};

struct run {
	struct xsr_verifier *verifier;
	struct xsr_source *source;
	struct outcome *outcome;
	unsigned fetched; /* payloads */
};

static void on_finding(void *context, const struct xsr_finding *f)
{
	struct run *r = context;
	size_t used = strlen(r->outcome->findings);

	snprintf(r->outcome->findings + used, sizeof(r->outcome->findings) - used, "%s %llu\n", f->id,
	    (unsigned long long)f->offset);
}

static void on_page(void *context, const struct xsr_page *page)
{
	struct run *r = context;

	r->outcome->pages = r->outcome->pages * 31 + page->pfn + page->content[3] + page->zero;
}

static bool on_event(void *context, const struct xsr_event *e)
{
	struct run *r = context;

	ck_assert_int_eq(xsr_verifier_event(r->verifier, e), XSR_OK);
	return true;
}

static bool on_payload(void *context, const struct xsr_event *e)
{
	struct run *r = context;
	bool taken = xsr_verifier_fetch(r->verifier, e, xsr_source_read_at, r->source);

	r->fetched += taken;
	return taken;
}

static void on_settle(void *context)
{
	struct run *r = context;

	xsr_verifier_settle(r->verifier);
}

/* A child of ours writes to it. */
static int pipe_of(const void *data, size_t size, pid_t *child)
{
	const uint8_t *p = data;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	*child = fork();
	if (*child == 0) {
		close(ends[0]);
		for (ssize_t n; size && (n = write(ends[1], p, size)) > 0; size -= (size_t)n)
			p += n;
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

static void pump(struct run *r, struct xsr_decoder *decoder, const struct way *way,
    const struct feed_blob *image)
{
	struct xsr_pump pump = {.decoder = decoder,
	    .want_pages = true,
	    .event = on_event,
	    .settle = on_settle,
	    .payload = way->may_fetch ? on_payload : NULL,
	    .context = r};
	pid_t child = 0;

	r->source = way->pipe ? xsr_source_from_fd(pipe_of(image->data, image->size, &child), true, NULL)
	                      : xsr_source_from_memory(image->data, image->size);
	ck_assert_ptr_nonnull(r->source);
	pump.source = r->source;
	ck_assert_int_eq(xsr_pump_run(&pump, NULL), XSR_OK);
	xsr_source_free(r->source);
	if (child)
		waitpid(child, NULL, 0);
}

static unsigned judge(const struct way *way, const struct feed_blob *image, struct outcome *outcome)
{
	struct xsr_decoder *decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct run r = {.outcome = outcome};
	struct feed feed = {.event = feed_to_verifier};

	memset(outcome, 0, sizeof(*outcome));
	r.verifier = xsr_verifier_new(XSR_DEPTH_PAGES, on_finding, &r);
	ck_assert(decoder && r.verifier);
	xsr_verifier_set_page_fn(r.verifier, on_page, &r);
	ck_assert(xsr_verifier_set_threads(r.verifier, way->threads));
	feed.context = r.verifier;
	if (way->by_pump)
		pump(&r, decoder, way, image);
	else
		feed_into(decoder, &feed, image->data, image->size);
	(void)xsr_decoder_finish(decoder);
	(void)xsr_verifier_finish(r.verifier, decoder);
	outcome->summary = *xsr_verifier_summary(r.verifier);
	xsr_verifier_free(r.verifier);
	xsr_decoder_free(decoder);
	return r.fetched;
}

static void same(const struct outcome *a, const struct outcome *b, const struct way *way)
{
	const struct xsr_summary *s = &a->summary, *t = &b->summary;

	ck_assert_msg(!strcmp(a->findings, b->findings), "%u threads, fetch %d, pipe %d:\n%s\nfor\n%s",
	    way->threads, way->may_fetch, way->pipe, b->findings, a->findings);
	ck_assert_uint_eq(a->pages, b->pages);
	ck_assert_uint_eq(s->zero_pages, t->zero_pages);
	ck_assert_uint_eq(s->distinct_pages, t->distinct_pages);
	ck_assert_uint_eq(s->intact_data_pages, t->intact_data_pages);
	ck_assert_int_eq(s->has_contents, t->has_contents);
	ck_assert_int_eq(s->has_digest, t->has_digest);
	ck_assert_mem_eq(s->digest, t->digest, sizeof(s->digest));
	ck_assert_mem_eq(s->bytes_by_type, t->bytes_by_type, sizeof(s->bytes_by_type));
}

/* All ways against the plain one, for an image that is whole and for one that ends in page data. */
static void compare_ways(const struct feed_blob *image, unsigned payloads)
{
	static struct outcome plain, other;
	struct way way = {0};

	judge(&way, image, &plain);
	ck_assert_ptr_nonnull(strstr(plain.findings, "page_data.entry_"));
	way.by_pump = true;
	for (unsigned i = 0; i < 16; i++) {
		unsigned fetched;

		way.threads = i % 4;
		way.may_fetch = i & 4;
		way.pipe = i & 8;
		fetched = judge(&way, image, &other);
		same(&plain, &other, &way);
		ck_assert_uint_eq(fetched, way.may_fetch && !way.pipe ? payloads : 0);
	}
}

START_TEST(all_ways_say_the_same)
{
	struct feed_blob image = make_image(), cut = image;

	compare_ways(&image, RECORDS + RECORDS / 2);
	cut.size = image.size / 2 - 5 * XSR_PAGE_SIZE - 99;
	compare_ways(&cut, RECORDS + RECORDS / 2 - 4);
	feed_blob_free(&image);
}
END_TEST

START_TEST(threads_that_cannot_be_had_are_done_without)
{
	struct feed_blob image = make_image();

	no_threads = true;
	compare_ways(&image, RECORDS + RECORDS / 2);
	feed_blob_free(&image);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {hashes_are_those_of_the_pages, all_ways_say_the_same,
	    threads_that_cannot_be_had_are_done_without, NULL};

	return unit_main("threads", tests);
}
