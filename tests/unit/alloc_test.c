/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out: each allocation in turn fails, and every object says so, loses nothing and can be freed. The
 * linker puts the functions below in the place of the allocator (see CMakeLists.txt).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "unit.h"

#include <libstream/describe.h>
#include <libstream/io.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *p);

static bool armed;          /* count and fail */
static unsigned long calls; /* allocations since armed */
static unsigned long fatal; /* the one that fails, from 1; all after it succeed; 0: none */
static long alive;          /* allocations not freed, while armed */

static bool refuse(void)
{
	if (!armed || ++calls != fatal)
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	if (refuse())
		return NULL;
	alive += armed;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	if (refuse())
		return NULL;
	alive += armed;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	if (refuse())
		return NULL;
	alive += armed && !old;
	return __real_realloc(old, size);
}

void __wrap_free(void *p)
{
	alive -= armed && p;
	__real_free(p);
}

/* The stream that all tests go through: it has each thing that makes the library allocate. */
static struct feed_blob stream;

static void load(void)
{
	const struct feed_vector *v = feed_vectors();

	while (v->name && strcmp(v->name, "good-xl-pv64") != 0)
		v++;
	ck_assert_msg(v->name, "no vector good-xl-pv64");
	stream = feed_vector_load(v);
}

/* A run of a test: true if it came to its regular end, false if it met a failure and said so. */
typedef bool run_fn(void);

/* Fails the first allocation of a run, then the second, until one run needs fewer than that. */
static void fail_each(run_fn *run)
{
	bool ended = false;

	for (fatal = 1; !ended; fatal++) {
		armed = true;
		calls = 0;
		alive = 0;
		ended = run();
		armed = false;
		require(alive == 0, "allocation %lu fails: %ld are lost", fatal, alive);
		require(ended == (calls < fatal), "allocation %lu of %lu fails, and nobody says so", fatal, calls);
		require(fatal < 100000, "the run never ends without a failure");
	}
	ck_assert_uint_gt(fatal, 2);
}

static bool run_decoder(void)
{
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct xsr_encoder *e = xsr_encoder_new();
	struct feed feed = {.chunk = 4096};
	bool ended = d && e;

	if (d) {
		/* Once it is there it needs no more. */
		unsigned long before = calls;

		require(feed_into(d, &feed, stream.data, stream.size) == XSR_OK, "the vector does not decode");
		require(xsr_decoder_finish(d) == XSR_OK, "the vector does not end");
		require(calls == before, "the decoder allocates while it decodes");
	}
	xsr_decoder_free(d);
	xsr_encoder_free(e);
	return ended;
}

START_TEST(decoder_and_encoder)
{
	load();
	fail_each(run_decoder);
}
END_TEST

/* What the verifier said about memory. */
struct told {
	struct xsr_verifier *verifier; /* the one that runs */
	bool nomem;                    /* it said so */
};

static void tell_verifier(void *context, const struct xsr_event *event)
{
	struct told *t = context;
	enum xsr_status status = xsr_verifier_event(t->verifier, event);

	require(status == XSR_OK || status == XSR_E_NOMEM, "%s", xsr_status_name(status));
	t->nomem |= status == XSR_E_NOMEM;
}

static void tell_finding(void *context, const struct xsr_finding *f)
{
	struct told *t = context;

	t->nomem |= f->status == XSR_E_NOMEM;
}

static bool verifier_at(enum xsr_depth depth)
{
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct told told = {0};
	struct feed feed = {.event = tell_verifier, .context = &told, .skip = depth < XSR_DEPTH_PAGES};
	enum xsr_status status;

	told.verifier = xsr_verifier_new(depth, tell_finding, &told);
	if (!d || !told.verifier) {
		told.nomem = true;
	} else {
		require(feed_into(d, &feed, stream.data, stream.size) == XSR_OK, "the vector does not decode");
		require(xsr_decoder_finish(d) == XSR_OK, "the vector does not end");
		status = xsr_verifier_finish(told.verifier, d);
		/* A good stream never gets another fault than that. */
		require(status == XSR_OK || status == XSR_E_NOMEM, "a good stream is %s", xsr_status_name(status));
		told.nomem |= status == XSR_E_NOMEM;
	}
	xsr_verifier_free(told.verifier);
	xsr_decoder_free(d);
	return !told.nomem;
}

static bool run_record(void)
{
	return verifier_at(XSR_DEPTH_RECORD);
}

static bool run_stream(void)
{
	return verifier_at(XSR_DEPTH_STREAM);
}

static bool run_pages(void)
{
	return verifier_at(XSR_DEPTH_PAGES);
}

START_TEST(verifier)
{
	load();
	fail_each(run_record);
	fail_each(run_stream);
	fail_each(run_pages);
}
END_TEST

static void visit_number(void *c, const char *key, uint64_t value, enum xsr_number_base base)
{
	(void)c, (void)key, (void)value, (void)base;
}

static void visit_boolean(void *c, const char *key, bool value)
{
	(void)c, (void)key, (void)value;
}

static void visit_text(void *c, const char *key, const char *value)
{
	(void)c, (void)key, (void)value;
}

static void visit_begin(void *c, const char *key, bool array)
{
	(void)c, (void)key, (void)array;
}

static void visit_end(void *c)
{
	(void)c;
}

static void tell_describer(void *context, const struct xsr_event *event)
{
	xsr_describer_event(context, event);
}

static bool run_describer(void)
{
	struct xsr_visitor visitor = {NULL, visit_number, visit_boolean, visit_text, visit_begin, visit_end};
	struct xsr_describer *describer = xsr_describer_new(&visitor);
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct feed feed = {.event = tell_describer, .context = describer, .skip = true};
	bool ended = d && describer;

	if (ended) {
		require(feed_into(d, &feed, stream.data, stream.size) == XSR_OK, "the vector does not decode");
		xsr_describer_finish(describer);
	}
	xsr_describer_free(describer);
	xsr_decoder_free(d);
	return ended;
}

START_TEST(describer)
{
	load();
	fail_each(run_describer);
}
END_TEST

static bool run_memory_source(void)
{
	struct xsr_source *source = xsr_source_from_memory(stream.data, stream.size);
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct xsr_pump pump = {.source = source, .decoder = d};
	struct xsr_finding error = {0};
	bool ended = source && d;

	if (ended) {
		enum xsr_status status = xsr_pump_run(&pump, &error);

		require(status == XSR_OK || (status == XSR_E_NOMEM && error.status == status), "%s",
		    xsr_status_name(status));
		ended = status == XSR_OK;
	}
	xsr_source_free(source);
	xsr_decoder_free(d);
	return ended;
}

START_TEST(memory_source)
{
	load();
	fail_each(run_memory_source);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {decoder_and_encoder, verifier, describer, memory_source, NULL};

	return unit_main("alloc", tests);
}
