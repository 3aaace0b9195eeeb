/* SPDX-License-Identifier: MIT */
/* The describer over all vectors: what it opens it closes, and the feed size does not show. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libstream/describe.h>

#include "feed.h"
#include "unit.h"

/* A description as lines of text. */
struct page {
	FILE *out;      /* the text */
	unsigned depth; /* objects and arrays open */
};

static void on_number(void *context, const char *key, uint64_t value, enum xsr_number_base base)
{
	struct page *p = context;

	fprintf(p->out, "%s %d %" PRIu64 "\n", key ? key : "-", (int)base, value);
}

static void on_boolean(void *context, const char *key, bool value)
{
	struct page *p = context;

	fprintf(p->out, "%s %d\n", key ? key : "-", value);
}

static void on_text(void *context, const char *key, const char *value)
{
	struct page *p = context;

	fprintf(p->out, "%s %s\n", key ? key : "-", value);
}

static void on_begin(void *context, const char *key, bool array)
{
	struct page *p = context;

	/* Objects of headers and records have no key and stand at the top; nothing else may. */
	require(p->depth > 0 || (!key && !array), "%s stands at the top", key);
	fprintf(p->out, "%s %s\n", key ? key : "-", array ? "[" : "{");
	p->depth++;
}

static void on_end(void *context)
{
	struct page *p = context;

	require(p->depth > 0, "closed more than opened");
	fprintf(p->out, "end\n");
	p->depth--;
}

static void on_event(void *context, const struct xsr_event *e)
{
	xsr_describer_event(context, e);
}

static char *describe(const struct feed_blob *blob, size_t chunk)
{
	struct feed feed = {.chunk = chunk, .event = on_event, .skip = true};
	struct page p = {0};
	struct xsr_visitor v = {.context = &p};
	struct xsr_describer *d;
	size_t size;
	char *text;

	v.number = on_number;
	v.boolean = on_boolean;
	v.text = on_text;
	v.begin = on_begin;
	v.end = on_end;
	p.out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(p.out);
	d = xsr_describer_new(&v);
	ck_assert_ptr_nonnull(d);
	feed.context = d;
	feed_run(&feed, blob->data, blob->size, NULL);
	xsr_describer_finish(d);
	ck_assert_uint_eq(p.depth, 0);
	xsr_describer_free(d);
	fclose(p.out);
	return text;
}

START_TEST(feed_size_does_not_show)
{
	static const size_t chunks[] = {13, 4096};

	for (const struct feed_vector *v = feed_vectors(); v->name; v++) {
		struct feed_blob blob = feed_vector_load(v);
		char *whole = describe(&blob, 0);

		for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
			char *pieces;

			if (chunks[i] < feed_smallest(blob.size))
				continue;
			pieces = describe(&blob, chunks[i]);
			ck_assert_msg(strcmp(whole, pieces) == 0, "%s in pieces of %zu", v->name, chunks[i]);
			free(pieces);
		}
		free(whole);
		feed_blob_free(&blob);
	}
}
END_TEST

/* One whole image by name: the parts that make up a description are there. */
START_TEST(an_hvm_image_is_described)
{
	static const char *const parts[] = {"guest_type hvm\n", "max_vcpus 0 2\n", "name CPU\n", "rip 1 18446744071578845184\n",
	    "name LAPIC_REGS\n", "name MTRR\n", "name STORE_PFN\n", "name PLATFORM_INFO\n", "leaf 1 2147483656\n",
	    "xcr0 1 7\n", "name timer\n"};
	const struct feed_vector *v = feed_vectors();
	struct feed_blob blob;
	char *text;

	while (v->name && strcmp(v->name, "good-xl-hvm") != 0)
		v++;
	ck_assert_ptr_nonnull(v->name);
	blob = feed_vector_load(v);
	text = describe(&blob, 0);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		ck_assert_msg(strstr(text, parts[i]) != NULL, "no %s", parts[i]);
	free(text);
	/* Cut anywhere, it still closes what it opened: describe() looks. */
	for (size_t n = 0; n < blob.size; n += 997) {
		struct feed_blob cut = {.data = blob.data, .size = n};

		free(describe(&cut, 0));
	}
	feed_blob_free(&blob);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {feed_size_does_not_show, an_hvm_image_is_described, NULL};

	return unit_main("describe", tests);
}
