/* SPDX-License-Identifier: MIT */
/*
 * What share of damage is found: single bits of the metadata of each good vector are turned, and each vector is cut.
 *
 *	detection [-n FLIPS] [-v]
 *
 * Metadata is all but page data. A flip counts as found if the verifier has a finding more than for the whole vector.
 * One that is not found must be in data of free form, which freeform.c lists place by place: no rule can tell such a
 * bit from its opposite. Prints a table by kind of record. -n takes so many flips, spread evenly, instead of all;
 * -v names the places of what is not found.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "detection.h"
#include "feed.h"

#define require(condition, what)                                                                             \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "detection: %s\n", what);                                            \
			exit(2);                                                                             \
		}                                                                                            \
	} while (0)

/* Longer vectors show limits; their records are those of the others. */
#define VECTOR_MAX (1u << 20)
#define KINDS_MAX  256
#define IDS_MAX    512

/* Parts of a vector in its order. */
struct parts {
	struct part part[1u << 16]; /* as many as any vector has */
	size_t count;               /* how many */
};

/* A line of the table. */
struct kind {
	char name[64];      /* of the record, header or entry */
	uint64_t tried;     /* flips */
	uint64_t found;     /* flips that the verifier saw */
	uint64_t free_form; /* others, in data of free form */
	uint64_t missed;    /* others */
};

/* How often each finding came. */
struct tally {
	unsigned count[IDS_MAX]; /* by row of the catalogue */
};

static struct kind kinds[KINDS_MAX];
static size_t kind_count;
static bool verbose;

static struct kind *kind_of(const char *name)
{
	size_t i = 0;

	while (i < kind_count && strcmp(kinds[i].name, name) != 0)
		i++;
	if (i < kind_count)
		return &kinds[i];
	require(kind_count < KINDS_MAX, "too many kinds");
	snprintf(kinds[i].name, sizeof(kinds[i].name), "%s", name);
	kind_count++;
	return &kinds[i];
}

static void count_finding(void *context, const struct xsr_finding *f)
{
	struct tally *t = context;
	const struct xsr_catalogue_row *first = xsr_catalogue_at(0), *row = xsr_catalogue_find(f->id);

	t->count[row - first]++;
}

static void to_verifier(void *context, const struct xsr_event *e)
{
	xsr_verifier_event(context, e);
}

static void judge(const uint8_t *data, size_t size, feed_event_fn *also, void *also_context, struct tally *t)
{
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct xsr_verifier *v = xsr_verifier_new(XSR_DEPTH_STREAM, count_finding, t);
	struct feed feed = {
	    .skip = true, .event = also ? also : to_verifier, .context = also ? also_context : v};

	require(d && v, "out of memory");
	memset(t, 0, sizeof(*t));
	if (feed_into(d, &feed, data, size) == XSR_OK)
		xsr_decoder_finish(d);
	if (!also)
		xsr_verifier_finish(v, d);
	xsr_verifier_free(v);
	xsr_decoder_free(d);
}

static bool has_more(const struct tally *damaged, const struct tally *whole)
{
	for (size_t i = 0; i < IDS_MAX; i++)
		if (damaged->count[i] > whole->count[i])
			return true;
	return false;
}

static struct part *add_part(struct parts *p, const char *name, uint64_t offset, uint64_t size)
{
	struct part *part = &p->part[p->count];

	require(p->count < sizeof(p->part) / sizeof(p->part[0]), "a vector with too many parts");
	p->count++;
	memset(part, 0, sizeof(*part));
	snprintf(part->name, sizeof(part->name), "%s", name);
	part->offset = offset;
	part->size = size;
	return part;
}

/* Page data is cut out of the part that is being made: metadata in front of it, and padding behind. */
static void on_event(void *context, const struct xsr_event *e)
{
	struct parts *p = context;
	const char *name;
	char text[64];

	switch (e->type) {
	case XSR_EVENT_XL_HEADER:
		add_part(p, "xl header", e->offset, XSR_XL_HEADER_SIZE);
		return;
	case XSR_EVENT_XL_CONFIG:
		if (!e->u.bytes.position)
			add_part(p, "xl configuration", e->offset - 4, e->u.bytes.length + 4);
		return;
	case XSR_EVENT_LIBXL_HEADER:
		add_part(p, "libxl header", e->offset, 16);
		return;
	case XSR_EVENT_IMAGE_HEADER:
		add_part(p, "image header", e->offset, 24);
		return;
	case XSR_EVENT_DOMAIN_HEADER:
		add_part(p, "domain header", e->offset, 16);
		return;
	case XSR_EVENT_RECORD:
		name = xsr_record_name(e->record->layer, e->record->type);
		snprintf(text, sizeof(text), "%s %s", xsr_layer_name(e->record->layer),
		    name ? name : "optional");
		add_part(p, text, e->offset, 8 + (((uint64_t)e->record->length + 7) & ~UINT64_C(7)))->body =
		    e->record->length;
		return;
	case XSR_EVENT_PAYLOAD:
		p->part[p->count - 1].size = e->offset - p->part[p->count - 1].offset;
		return;
	default:
		return;
	}
}

/* One flip in one vector. */
static void flip(struct feed_blob *blob, const struct part *part, uint64_t byte, unsigned bit,
    const struct tally *whole, const char *vector)
{
	struct place place = place_of(part, blob->data, byte);
	struct kind *kind = kind_of(place.kind);
	static struct tally t;

	kind->tried++;
	blob->data[byte] ^= (uint8_t)(1u << bit);
	judge(blob->data, blob->size, NULL, NULL, &t);
	blob->data[byte] ^= (uint8_t)(1u << bit);
	if (has_more(&t, whole)) {
		kind->found++;
		return;
	}
	if (is_free_form(&place, bit)) {
		kind->free_form++;
		return;
	}
	kind->missed++;
	if (verbose)
		printf("missed: %s, byte %" PRId64 " bit %u of %s\n", place.kind, place.at, bit, vector);
}

/* Counts over all vectors, so that one flip in `step` is tried. */
static uint64_t turn, step = 1;

static void flip_parts(struct feed_blob *blob, const struct parts *parts, const struct tally *whole,
    const char *vector)
{
	for (size_t i = 0; i < parts->count; i++) {
		const struct part *p = &parts->part[i];

		for (uint64_t at = 0; at < p->size && p->offset + at < blob->size; at++)
			for (unsigned bit = 0; bit < 8; bit++)
				if (turn++ % step == 0)
					flip(blob, p, p->offset + at, bit, whole, vector);
	}
}

static uint64_t cuts, cuts_missed;

/* Behind a complete checkpoint a stream may end; that is its end as well as END is. */
static void cut(const struct feed_blob *blob, const struct parts *parts, const struct tally *whole,
    const char *vector)
{
	static struct tally t;

	for (size_t i = 0; i < parts->count; i++) {
		const struct part *p = &parts->part[i];

		for (uint64_t at = i == 0; at < p->size && p->offset + at < blob->size; at++) {
			if (turn++ % step != 0)
				continue;
			cuts++;
			judge(blob->data, p->offset + at, NULL, NULL, &t);
			if (has_more(&t, whole) || (at == 0 && i && is_checkpoint_end(&parts->part[i - 1])))
				continue;
			cuts_missed++;
			printf("missed: a cut %" PRIu64 " bytes into %s of %s\n", at, p->name, vector);
		}
	}
}

static void one_vector(const struct feed_vector *v, bool count_only)
{
	static struct parts parts;
	struct feed_blob blob;
	struct tally whole;

	/*
	 * What is behind the last complete checkpoint is dropped, so damage to it is of no account. Big-endian vectors
	 * would want a list of free forms of their own, for the same rules.
	 */
	if (strcmp(v->verdict, "good") != 0 || strstr(v->name, "torn") || strstr(v->name, "endian") ||
	    strstr(v->name, "byte-order"))
		return;
	blob = feed_vector_load(v);
	if (blob.size && blob.size <= VECTOR_MAX) {
		parts.count = 0;
		judge(blob.data, blob.size, on_event, &parts, &whole);
		if (count_only) {
			for (size_t i = 0; i < parts.count; i++)
				turn += parts.part[i].size * 9;
		} else {
			judge(blob.data, blob.size, NULL, NULL, &whole);
			flip_parts(&blob, &parts, &whole, v->name);
			cut(&blob, &parts, &whole, v->name);
		}
	}
	feed_blob_free(&blob);
}

/* Flips that are found or of free form; the rest has a rule, or should. */
static int report(void)
{
	uint64_t missed = cuts_missed;

	printf("%-44s %9s %9s %7s %9s %7s\n", "kind of record, header or entry", "flips", "found", "",
	    "free form", "missed");
	for (size_t i = 0; i < kind_count; i++) {
		const struct kind *k = &kinds[i];

		printf("%-44s %9" PRIu64 " %9" PRIu64 " %5.1f %% %9" PRIu64 " %7" PRIu64 "\n", k->name,
		    k->tried, k->found, 100.0 * (double)k->found / (double)k->tried, k->free_form, k->missed);
		missed += k->missed;
	}
	printf("%" PRIu64 " cuts, %" PRIu64 " not found\n", cuts, cuts_missed);
	return missed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static uint64_t wanted;
static int outcome;

/* Within libcheck, as what the unit tests share reports to it. */
START_TEST(damage_is_found)
{
	for (const struct feed_vector *v = feed_vectors(); v->name; v++)
		one_vector(v, true);
	printf("%" PRIu64 " places to damage\n", turn);
	if (wanted && wanted < turn)
		step = turn / wanted;
	/* Bits come in eights: a step that shares no factor with them reaches all. */
	step |= 1;
	turn = 0;
	for (const struct feed_vector *v = feed_vectors(); v->name; v++)
		one_vector(v, false);
	outcome = report();
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("detection");
	TCase *tcase = tcase_create("detection");
	SRunner *runner;
	int option;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "n:v")) != -1) {
		if (option == 'n')
			wanted = strtoull(optarg, NULL, 10);
		else if (option == 'v')
			verbose = true;
		else
			return 2;
	}
	tcase_set_timeout(tcase, 0);
	tcase_add_test(tcase, damage_is_found);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	option = srunner_ntests_failed(runner) ? EXIT_FAILURE : outcome;
	srunner_free(runner);
	return option;
}
