/* SPDX-License-Identifier: MIT */
/*
 * The verifier against the vectors: each gives the findings that its manifest row names, and no error besides.
 * IDs that the verifier does not know yet are in not-implemented.txt; what stands there is counted, not checked.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "unit.h"

#define LISTED_MAX 256
#define FOUND_MAX  4096

/* Lines of not-implemented.txt. */
static char listed[LISTED_MAX][64];
static size_t listed_count;

static void read_list(void)
{
	FILE *file = fopen(XSR_NOT_IMPLEMENTED, "r");
	char line[256];

	ck_assert_ptr_nonnull(file);
	listed_count = 0;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, " #\n")] = 0;
		if (!line[0])
			continue;
		ck_assert_uint_lt(listed_count, LISTED_MAX);
		snprintf(listed[listed_count++], sizeof(listed[0]), "%.63s", line);
	}
	fclose(file);
}

/* An entry is an ID, a vector's name, or the beginning of either with a star. */
static bool is_listed(const char *name)
{
	for (size_t i = 0; i < listed_count; i++) {
		size_t star = strcspn(listed[i], "*");

		if (strncmp(name, listed[i], star) == 0 && (listed[i][star] || !name[star]))
			return true;
	}
	return false;
}

static bool names(const struct feed_vector *v, const char *id)
{
	for (size_t i = 0; v->findings[i]; i++)
		if (strcmp(v->findings[i], id) == 0)
			return true;
	return false;
}

static bool all_listed(const struct feed_vector *v)
{
	for (size_t i = 0; v->findings[i]; i++)
		if (!is_listed(v->findings[i]))
			return false;
	return true;
}

/* What a run of the verifier gave. */
struct outcome {
	struct xsr_finding found[FOUND_MAX]; /* the findings */
	size_t count;                        /* how many; no more than fit */
	uint64_t starts[FOUND_MAX];          /* offsets where headers and records begin */
	size_t start_count;                  /* how many; no more than fit */
	uint64_t records[FOUND_MAX];         /* the same, records only */
	size_t record_count;                 /* how many; no more than fit */
	struct xsr_verdict verdict;          /* at the end */
	struct xsr_verifier *verifier;       /* while it runs */
};

static void keep_finding(void *context, const struct xsr_finding *f)
{
	struct outcome *o = context;

	if (o->count < FOUND_MAX)
		o->found[o->count++] = *f;
}

static void keep_event(void *context, const struct xsr_event *e)
{
	struct outcome *o = context;
	bool start = e->type == XSR_EVENT_XL_HEADER || e->type == XSR_EVENT_LIBXL_HEADER ||
	    e->type == XSR_EVENT_IMAGE_HEADER || e->type == XSR_EVENT_DOMAIN_HEADER || e->type == XSR_EVENT_RECORD;

	if (start && o->start_count < FOUND_MAX)
		o->starts[o->start_count++] = e->offset;
	if (e->type == XSR_EVENT_RECORD && o->record_count < FOUND_MAX)
		o->records[o->record_count++] = e->offset;
	require(xsr_verifier_event(o->verifier, e) == XSR_OK, "the verifier refuses an event");
}

static void verify(struct outcome *o, const struct feed_blob *blob, enum xsr_depth depth, size_t chunk)
{
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct feed feed = {.chunk = chunk, .skip = depth < XSR_DEPTH_PAGES, .event = keep_event, .context = o};
	enum xsr_status status;

	memset(o, 0, sizeof(*o));
	o->verifier = xsr_verifier_new(depth, keep_finding, o);
	require(d && o->verifier, "out of memory");
	if (feed_into(d, &feed, blob->data, blob->size) == XSR_OK)
		xsr_decoder_finish(d);
	status = xsr_verifier_finish(o->verifier, d);
	o->verdict = *xsr_verifier_verdict(o->verifier);
	require(status == o->verdict.status, "two verdicts");
	require((status == XSR_OK) == (o->verdict.errors == 0), "%" PRIu64 " errors, yet %s", o->verdict.errors,
	    xsr_status_name(status));
	require(xsr_verifier_finish(o->verifier, d) == status, "finishing twice gives another status");
	xsr_verifier_free(o->verifier);
	xsr_decoder_free(d);
}

static bool found(const struct outcome *o, const char *id)
{
	for (size_t i = 0; i < o->count; i++)
		if (strcmp(o->found[i].id, id) == 0)
			return true;
	return false;
}

static const char *all_found(const struct outcome *o)
{
	static char text[512];
	size_t n = 0;

	text[0] = 0;
	for (size_t i = 0; i < o->count && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %s@%" PRIu64, o->found[i].id, o->found[i].offset);
	return text;
}

/* The damage is in the compression: what is behind it is not this test's. */
static bool damaged_gzip(const struct feed_vector *v)
{
	return names(v, "stream.compression");
}

/* One fault of the verifier: told, counted, and the next vector is looked at. */
static unsigned faults;

static void fault(const struct feed_vector *v, enum xsr_depth depth, const char *what, const struct outcome *o)
{
	printf("%s, depth %s: %s; found:%s", v->name, xsr_depth_name(depth), what, all_found(o));
	if (v->has_record)
		printf("; the fault is at %" PRIu64, v->offset);
	putchar('\n');
	faults++;
}

static void check_good(const struct feed_vector *v, const struct outcome *o, enum xsr_depth depth)
{
	for (size_t i = 0; i < o->count; i++)
		if (!names(v, o->found[i].id))
			fault(v, depth, "a finding that it should not have", o);
	for (size_t i = 0; v->findings[i]; i++) {
		enum xsr_depth needed = XSR_DEPTH_FRAME;

		ck_assert(xsr_depth_parse(xsr_catalogue_find(v->findings[i])->depth, &needed));
		if (needed <= depth && !is_listed(v->findings[i]) && !found(o, v->findings[i]))
			fault(v, depth, v->findings[i], o);
	}
}

/*
 * The finding is in the record or header that the manifest names: that one is the last to begin before it. A record
 * whose header is cut off, or whose length ends decoding, has no event.
 */
static bool right_place(const struct feed_vector *v, const struct outcome *o, const struct xsr_finding *f)
{
	if (f->record != XSR_NO_RECORD && f->record < o->record_count)
		return o->records[f->record] == v->offset;
	for (size_t i = 0; i < o->start_count; i++)
		if (o->starts[i] > v->offset && o->starts[i] <= f->offset)
			return false;
	return f->offset >= v->offset;
}

/* One fault often brings others after it, but the first error is one of those named, and stands at the right place. */
static void check_bad(const struct feed_vector *v, const struct outcome *o, enum xsr_depth depth)
{
	bool named = false, placed = false;

	for (size_t i = 0; i < o->count; i++) {
		const struct xsr_finding *f = &o->found[i];

		if (f->severity == XSR_ERROR && !named && !names(v, f->id))
			fault(v, depth, "the first error is not one that is named", o);
		named |= names(v, f->id);
		placed |= names(v, f->id) && (!v->has_record || right_place(v, o, f));
	}
	if (!named)
		fault(v, depth, v->findings[0], o);
	else if (!placed)
		fault(v, depth, "the finding is not at the record at fault", o);
	if (v->status != (o->verdict.errors > 0))
		fault(v, depth, "wrong verdict", o);
}

START_TEST(vectors_give_their_findings)
{
	static struct outcome o;
	unsigned waiting = 0, done = 0;

	read_list();
	faults = 0;
	for (const struct feed_vector *v = feed_vectors(); v->name; v++) {
		bool good = strcmp(v->verdict, "good") == 0;
		struct feed_blob blob;
		enum xsr_depth depth;

		if (damaged_gzip(v))
			continue;
		if (is_listed(v->name) || (!good && all_listed(v))) {
			waiting++;
			continue;
		}
		ck_assert(xsr_depth_parse(v->depth, &depth));
		blob = feed_vector_load(v);
		for (enum xsr_depth i = good ? XSR_DEPTH_FRAME : depth; i <= depth; i++) {
			verify(&o, &blob, i, 0);
			if (good)
				check_good(v, &o, i);
			else
				check_bad(v, &o, i);
		}
		feed_blob_free(&blob);
		done++;
	}
	printf("%u vectors checked, %u wait for rules that are not implemented yet\n", done, waiting);
	ck_assert_msg(faults == 0, "%u faults", faults);
}
END_TEST

START_TEST(findings_do_not_depend_on_the_feed_size)
{
	for (const struct feed_vector *v = feed_vectors(); v->name; v++) {
		struct feed_blob blob = feed_vector_load(v);

		for (enum xsr_depth depth = XSR_DEPTH_STREAM; depth <= XSR_DEPTH_PAGES; depth++) {
			static const size_t chunks[] = {1, 4096};
			char *whole = feed_findings_text(depth, 0, blob.data, blob.size);

			for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
				char *pieces;

				if (chunks[i] < feed_smallest(blob.size))
					continue;
				pieces = feed_findings_text(depth, chunks[i], blob.data, blob.size);
				ck_assert_msg(strcmp(whole, pieces) == 0, "%s, depth %s, pieces of %zu:\n%snot\n%s",
				    v->name, xsr_depth_name(depth), chunks[i], pieces, whole);
				free(pieces);
			}
			free(whole);
		}
		feed_blob_free(&blob);
	}
}
END_TEST

/* A finding has what its catalogue row says, and text that a terminal can show. */
START_TEST(findings_are_explained)
{
	static struct outcome o;

	for (const struct feed_vector *v = feed_vectors(); v->name; v++) {
		struct feed_blob blob = feed_vector_load(v);

		verify(&o, &blob, XSR_DEPTH_PAGES, 0);
		for (size_t i = 0; i < o.count; i++) {
			const struct xsr_finding *f = &o.found[i];
			const struct xsr_catalogue_row *row = xsr_catalogue_find(f->id);
			char text[512];

			require(row, "%s: %s is not in the catalogue", v->name, f->id);
			require(f->type_name && f->field, "%s: %s without texts", v->name, f->id);
			require(f->offset <= blob.size, "%s: %s is beyond the stream", v->name, f->id);
			require(xsr_finding_format(f, text, sizeof(text)) < sizeof(text), "%s: %s is too long",
			    v->name, f->id);
			for (const char *c = text; *c; c++)
				require(*c >= ' ' && *c <= '~', "%s: %s is not printable", v->name, f->id);
			/* Errors and warnings say what was found, what was allowed, or at least in which field. */
			require(f->severity == XSR_NOTE || f->found[0] || f->allowed[0] || f->field[0] ||
			    strcmp(f->id, "stream.empty") == 0, "%s: %s says nothing: %s", v->name, f->id, text);
		}
		feed_blob_free(&blob);
	}
}
END_TEST

/* Each ID of the catalogue has a vector, so that each is shown to be found. */
START_TEST(each_finding_has_a_vector)
{
	const struct xsr_catalogue_row *row;
	unsigned missing = 0;

	read_list();
	for (size_t i = 0; (row = xsr_catalogue_at(i)); i++) {
		const struct feed_vector *v = feed_vectors();

		while (v->name && !names(v, row->id))
			v++;
		/* Legacy images are the converter's tests' matter; releases and hosts have tables. */
		if (v->name || strcmp(row->depth, "io") == 0 || strncmp(row->id, "legacy.", 7) == 0 ||
		    strncmp(row->id, "against.", 8) == 0 ||
		    strncmp(row->id, "host.", 5) == 0)
			continue;
		printf("%s has no vector%s\n", row->id, is_listed(row->id) ? " (not implemented yet)" : "");
		missing += !is_listed(row->id);
	}
	ck_assert_msg(missing == 0, "%u findings have no vector", missing);
}
END_TEST

int main(void)
{
	/* A test that fails leaves without flushing. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	const TTest *const tests[] = {vectors_give_their_findings, findings_do_not_depend_on_the_feed_size,
	    findings_are_explained, each_finding_has_a_vector, NULL};

	return unit_main("vectors", tests);
}
