/* SPDX-License-Identifier: MIT */
/*
 * What differs between two images. Headers and records are matched by kind and number among their kind; pages by pfn,
 * through the terms of the digest that the verifier left in its store: what they stand for is content and kind of page,
 * however often and in whatever order pages were sent.
 */
#include "verify-stream-v2/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/messages.h"
#include "common/sandbox.h"
#include "common/tool.h"
#include "verify-stream-v2/diff_fields.h"

/* By kind, then number. */
static int compare_items(const void *a, const void *b)
{
	const struct diff_item *x = *(const struct diff_item *const *)a,
	                       *y = *(const struct diff_item *const *)b;

	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	if (x->header != y->header)
		return x->header ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static const struct diff_item **sorted(const struct diff_image *image)
{
	const struct diff_item **items =
	    calloc(image->count ? image->count : 1, sizeof(const struct diff_item *));

	for (uint32_t i = 0; items && i < image->count; i++)
		items[i] = &image->items[i];
	if (items)
		qsort(items, image->count, sizeof(const struct diff_item *), compare_items);
	return items;
}

static const struct diff_item *find(const struct diff_item *const *items, uint32_t count,
    const struct diff_item *item)
{
	const struct diff_item *const *found =
	    bsearch(&item, items, count, sizeof(const struct diff_item *), compare_items);

	return found ? *found : NULL;
}

static void only(struct diff_report *r, const struct diff_item *item, enum diff_side side)
{
	r->records++;
	diff_report_item(r, item, side);
}

/* Headers and records, in the order of the first image, then what only the second has. */
static bool diff_items(struct diff_report *r, struct diff_image *a, struct diff_image *b)
{
	const struct diff_item **in_a = sorted(a), **in_b = sorted(b), *other;
	bool good = in_a && in_b;

	for (uint32_t i = 0; good && i < a->count; i++) {
		other = find(in_b, b->count, &a->items[i]);
		if (other)
			good = diff_fields(r, a, &a->items[i], b, other);
		else
			only(r, &a->items[i], DIFF_FIRST);
	}
	for (uint32_t i = 0; good && i < b->count; i++)
		if (!find(in_a, a->count, &b->items[i]))
			only(r, &b->items[i], DIFF_SECOND);
	if (!good)
		message(MESSAGE_ERROR, NULL, "%s", strerror(errno));
	free(in_a);
	free(in_b);
	return good;
}

/* Neighbouring pfns that differ in the same way. */
struct run {
	struct diff_report *report; /* gets it when it is over */
	bool open;                  /* there is one */
	enum diff_side side;        /* how they differ */
	uint64_t first;             /* pfn */
	uint64_t last;              /* pfn */
};

static void run_end(struct run *run)
{
	if (run->open)
		diff_report_pages(run->report, run->first, run->last, run->side);
	run->open = false;
}

static void run_add(struct run *run, uint64_t pfn, enum diff_side side)
{
	if (run->open && run->side == side && run->last + 1 == pfn) {
		run->last = pfn;
		return;
	}
	run_end(run);
	*run = (struct run){.report = run->report, .open = true, .side = side, .first = pfn, .last = pfn};
}

static void compare_hashes(struct run *run, uint64_t pfn, const uint8_t *a, const uint8_t *b, size_t count)
{
	static const uint8_t none[DIFF_HASH_BYTES];

	for (size_t i = 0; i < count; i++, a += DIFF_HASH_BYTES, b += DIFF_HASH_BYTES) {
		if (memcmp(a, b, DIFF_HASH_BYTES) == 0)
			continue;
		if (memcmp(b, none, DIFF_HASH_BYTES) == 0)
			run_add(run, pfn + i, DIFF_FIRST);
		else
			run_add(run, pfn + i,
			    memcmp(a, none, DIFF_HASH_BYTES) == 0 ? DIFF_SECOND : DIFF_BOTH);
	}
}

/* Where the next bytes are in either file. */
static uint64_t next_data(struct diff_image *a, struct diff_image *b, uint64_t offset)
{
	uint64_t x = scratch_next(&a->hashes, offset), y = scratch_next(&b->hashes, offset);

	return x < y ? x : y;
}

static bool diff_pages(struct diff_report *r, struct diff_image *a, struct diff_image *b)
{
	static uint8_t x[65536], y[sizeof(x)];
	struct run run = {.report = r};

	if (memcmp(a->summary.digest, b->summary.digest, sizeof(a->summary.digest)) == 0)
		return true;
	for (uint64_t at = next_data(a, b, 0); at != UINT64_MAX; at = next_data(a, b, at + sizeof(x))) {
		at -= at % sizeof(x);
		if (!scratch_read(&a->hashes, at, x, sizeof(x)) ||
		    !scratch_read(&b->hashes, at, y, sizeof(y))) {
			message(MESSAGE_ERROR, "temporary file", "%s",
			    strerror(a->hashes.error ? a->hashes.error : b->hashes.error));
			return false;
		}
		if (memcmp(x, y, sizeof(x)) != 0)
			compare_hashes(&run, at / DIFF_HASH_BYTES, x, y, sizeof(x) / DIFF_HASH_BYTES);
	}
	run_end(&run);
	return true;
}

static int compare(struct diff_report *r, struct diff_image *a, struct diff_image *b)
{
	if (!diff_items(r, a, b) || !diff_pages(r, a, b))
		return TOOL_TROUBLE;
	diff_report_total(r);
	if (r->json && json_rows_failed(r->json)) {
		message(MESSAGE_ERROR, NULL, "%s", strerror(ENOMEM));
		return TOOL_TROUBLE;
	}
	return r->records || r->pages ? TOOL_STREAM : TOOL_GOOD;
}

/* What is done with inputs that are open. */
struct job {
	struct diff_image a, b;    /* the two images */
	struct diff_report report; /* in what they differ */
};

/* In the sandbox. */
static int work(void *context)
{
	struct job *job = context;
	const struct options *o = job->report.options;

	if (!diff_image_read(&job->a, o) || !diff_image_read(&job->b, o))
		return TOOL_TROUBLE;
	return compare(&job->report, &job->a, &job->b);
}

int diff(const struct options *options)
{
	struct job job = {
	    .a = {.hashes = {.fd = -1}}, .b = {.hashes = {.fd = -1}}, .report = {.options = options}};
	int status = TOOL_TROUBLE;

	job.report.json = options->json ? json_rows_new(stdout) : NULL;
	if (options->json && !job.report.json)
		message(MESSAGE_ERROR, NULL, "%s", strerror(ENOMEM));
	else if (diff_image_open(&job.a, options->operands[0]) &&
	         diff_image_open(&job.b, options->operands[1]))
		status = sandbox_run(work, &job, options->operands[0], TOOL_TROUBLE);
	diff_image_free(&job.a);
	diff_image_free(&job.b);
	json_rows_free(job.report.json);
	return status;
}
