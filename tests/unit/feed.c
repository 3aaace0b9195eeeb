/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "unit.h"

const size_t feed_chunks[FEED_CHUNK_COUNT] = {1, 2, 3, 7, 8, 64, 4096, 65536, 0};

void feed_blob_free(struct feed_blob *blob)
{
	free(blob->data);
	*blob = (struct feed_blob){0};
}

void feed_blob_add(struct feed_blob *blob, const void *data, size_t n)
{
	if (!n)
		return;
	blob->data = realloc(blob->data, blob->size + n);
	require(blob->data, "out of memory");
	memcpy(blob->data + blob->size, data, n);
	blob->size += n;
}

static const char *vectors_dir(void)
{
	const char *dir = getenv("XSR_VECTORS");

	return dir ? dir : XSR_VECTORS_DIR;
}

static const char *string_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

static void read_row(const json_t *row, struct feed_vector *v)
{
	const json_t *findings = json_object_get(row, "findings"), *record = json_object_get(row, "record");

	ck_assert_uint_le(json_array_size(findings), FEED_FINDINGS_MAX);
	v->name = string_of(row, "name");
	v->file = string_of(row, "file");
	v->verdict = string_of(row, "verdict");
	v->format = string_of(row, "format");
	v->depth = string_of(row, "depth");
	v->stage = string_of(row, "stage");
	v->status = (int)json_integer_value(json_object_get(row, "status"));
	for (size_t i = 0; i < json_array_size(findings); i++)
		v->findings[i] = json_string_value(json_array_get(findings, i));
	v->has_record = json_is_object(record);
	if (v->has_record)
		v->offset = (uint64_t)json_integer_value(json_object_get(record, "offset"));
}

const struct feed_vector *feed_vectors(void)
{
	static struct feed_vector *vectors;
	json_error_t error;
	static json_t *manifest;
	json_t *rows;
	char path[512];

	if (vectors)
		return vectors;
	snprintf(path, sizeof(path), "%s/manifest.json", vectors_dir());
	/*
	 * The rows' strings belong to the manifest, which therefore stays for as long as the program runs, and stays
	 * reachable: else the leak checker takes it for lost.
	 */
	manifest = json_load_file(path, 0, &error);
	if (!manifest)
		ck_abort_msg("%s: %s", path, error.text);
	rows = json_object_get(manifest, "vectors");
	ck_assert_uint_gt(json_array_size(rows), 0);
	vectors = calloc(json_array_size(rows) + 1, sizeof(*vectors));
	ck_assert_ptr_nonnull(vectors);
	for (size_t i = 0; i < json_array_size(rows); i++)
		read_row(json_array_get(rows, i), &vectors[i]);
	return vectors;
}

size_t feed_smallest(size_t size)
{
	return size > 1 << 20 ? 4096 : 1;
}

struct feed_blob feed_vector_load(const struct feed_vector *vector)
{
	static uint8_t piece[1 << 20];
	struct feed_blob blob = {0};
	char path[512];
	gzFile file;
	int n;

	snprintf(path, sizeof(path), "%s/%s", vectors_dir(), vector->file);
	/* gzread() passes plain files through. */
	file = gzopen(path, "rb");
	if (!file)
		ck_abort_msg("%s cannot be read", path);
	while ((n = gzread(file, piece, sizeof(piece))) > 0)
		feed_blob_add(&blob, piece, (size_t)n);
	if (gzclose_r(file) != Z_OK || n < 0)
		feed_blob_free(&blob);
	return blob;
}

/* In the midst of page data nothing happens, so small pieces would only take time there. */
static size_t piece_size(const struct xsr_decoder *decoder, size_t chunk)
{
	uint64_t pages = xsr_decoder_skippable(decoder);

	return chunk < 509 && pages > 1024 && pages % XSR_PAGE_SIZE < XSR_PAGE_SIZE - 64 ? 509 : chunk;
}

enum xsr_status feed_into(struct xsr_decoder *decoder, const struct feed *feed, const void *data, size_t size)
{
	const struct xsr_event *event;
	const uint8_t *at = data;
	size_t chunk = feed->chunk ? feed->chunk : size, used;

	for (size_t left = size, n; left || !size; left -= n, at += n) {
		uint64_t skip = feed->skip ? xsr_decoder_skippable(decoder) : 0;
		enum xsr_status status;

		n = piece_size(decoder, chunk);
		n = n < left ? n : left;
		if (skip) {
			n = skip < left ? (size_t)skip : left;
			require(xsr_decoder_skip(decoder, n) == XSR_OK, "cannot skip what may be skipped");
			continue;
		}
		status = xsr_decoder_feed(decoder, at, n, &used, &event);
		require(used <= n, "the decoder took %zu of %zu bytes", used, n);
		require(status == XSR_OK || !event, "an event with a failure");
		if (status != XSR_OK)
			return status;
		require(event || used == n, "the decoder left %zu bytes without an event", n - used);
		n = used;
		if (event && feed->event)
			feed->event(feed->context, event);
		/* Without an event and without bytes the input is empty: nothing more can happen. */
		if (!event && !n)
			break;
	}
	/* Events that need no more bytes (END, a payload of no bytes) are still to be fetched. */
	for (;;) {
		enum xsr_status status = xsr_decoder_feed(decoder, NULL, 0, &used, &event);

		require(used == 0, "the decoder took bytes from nowhere");
		if (status != XSR_OK || !event)
			return status;
		if (feed->event)
			feed->event(feed->context, event);
	}
}

enum xsr_status feed_run(const struct feed *feed, const void *data, size_t size, struct xsr_finding *error)
{
	struct xsr_decoder *decoder = xsr_decoder_new(feed->format);
	enum xsr_status status;

	require(decoder, "out of memory");
	status = feed_into(decoder, feed, data, size);
	if (status == XSR_OK)
		status = xsr_decoder_finish(decoder);
	if (error && status != XSR_OK)
		*error = *xsr_decoder_error(decoder);
	xsr_decoder_free(decoder);
	return status;
}

/* The text of events while it grows, and the run of bytes or entries that is being joined. */
struct recorder {
	FILE *out;                /* the text */
	bool running;             /* a run is open */
	enum xsr_event_type type; /* its event type */
	uint64_t length;          /* bytes or entries of it so far */
	uint64_t next;            /* position (offset in the stream) that continues it */
	uLong sum;                /* CRC of it */
	bool omit_pages;          /* no PAGES wanted */
};

static void run_close(struct recorder *r)
{
	if (r->running)
		fprintf(r->out, "  run %d length %" PRIu64 " crc %08lx\n", (int)r->type, r->length, r->sum);
	r->running = false;
}

static void run_add(struct recorder *r, const struct xsr_event *e, const void *data, size_t size, size_t things)
{
	if (!r->running || r->type != e->type) {
		run_close(r);
		r->running = true;
		r->type = e->type;
		r->length = 0;
		r->next = e->offset;
		r->sum = crc32(0, NULL, 0);
		fprintf(r->out, "  run %d layer %d at %" PRIu64 "\n", (int)e->type, (int)e->layer, e->offset);
	}
	require(e->offset == r->next, "a gap at %" PRIu64, e->offset);
	r->next += size;
	r->length += things;
	r->sum = crc32_z(r->sum, data, size);
}

/* Fixed headers go to text as all their fields; the structs have no padding that matters. */
static void record_header(struct recorder *r, const struct xsr_event *e)
{
	const struct xsr_xl_header *x = &e->u.xl;
	const struct xsr_image_header *i = &e->u.image;
	const struct xsr_domain_header *d = &e->u.domain;

	if (e->type == XSR_EVENT_XL_HEADER)
		fprintf(r->out, " %d %x %x %u %d %u", x->big_endian, x->mandatory_flags, x->optional_flags,
		    x->optional_data_length, x->has_config, x->config_length);
	else if (e->type == XSR_EVENT_LIBXL_HEADER)
		fprintf(r->out, " %u %x", e->u.libxl.version, e->u.libxl.options);
	else if (e->type == XSR_EVENT_IMAGE_HEADER)
		fprintf(r->out, " %u %x %u %u", i->version, i->options, i->reserved1, i->reserved2);
	else if (e->type == XSR_EVENT_DOMAIN_HEADER)
		fprintf(r->out, " %u %u %u %u %u", d->type, d->page_shift, d->reserved, d->xen_major, d->xen_minor);
}

static void record_fields(struct recorder *r, const struct xsr_event *e)
{
	const struct xsr_record *rec = e->record;

	if (e->type == XSR_EVENT_RECORD)
		fprintf(r->out, " layer %d type %x length %u index %" PRIu64 " offset %" PRIu64 " be %d",
		    (int)rec->layer, rec->type, rec->length, rec->index, rec->offset, rec->big_endian);
	else if (e->type == XSR_EVENT_BATCH)
		fprintf(r->out, " %u %u %d", e->u.batch.count, e->u.batch.reserved, e->u.batch.fits);
	else if (e->type == XSR_EVENT_PAYLOAD)
		fprintf(r->out, " %" PRIu64 " %" PRIu64, e->u.payload.length, e->u.payload.expected);
	else if (e->type == XSR_EVENT_RECORD_END)
		fprintf(r->out, " %u %02x%02x%02x%02x%02x%02x%02x", e->u.padding.length, e->u.padding.bytes[0],
		    e->u.padding.bytes[1], e->u.padding.bytes[2], e->u.padding.bytes[3], e->u.padding.bytes[4],
		    e->u.padding.bytes[5], e->u.padding.bytes[6]);
}

static void record_event(void *context, const struct xsr_event *e)
{
	struct recorder *r = context;

	if (r->omit_pages && e->type == XSR_EVENT_PAGES)
		return;
	switch (e->type) {
	case XSR_EVENT_XL_CONFIG:
	case XSR_EVENT_XL_TAIL:
	case XSR_EVENT_BODY:
	case XSR_EVENT_PAGES:
	case XSR_EVENT_TRAILER:
		require(e->u.bytes.length > 0, "an event of no bytes");
		run_add(r, e, e->u.bytes.data, e->u.bytes.length, e->u.bytes.length);
		return;
	case XSR_EVENT_PFNS:
		require(e->u.pfns.count > 0, "an event of no entries");
		run_add(r, e, e->u.pfns.entries, 8 * e->u.pfns.count, e->u.pfns.count);
		return;
	default:
		break;
	}
	run_close(r);
	fprintf(r->out, "%d layer %d at %" PRIu64, (int)e->type, (int)e->layer, e->offset);
	record_header(r, e);
	record_fields(r, e);
	fputc('\n', r->out);
}

char *feed_events_text(const struct feed *feed, const void *data, size_t size)
{
	struct xsr_finding error;
	struct recorder r = {.omit_pages = feed->omit_pages};
	struct feed f = *feed;
	enum xsr_status status;
	char line[512], *text;
	size_t length;

	r.out = open_memstream(&text, &length);
	require(r.out, "out of memory");
	f.event = record_event;
	f.context = &r;
	status = feed_run(&f, data, size, &error);
	run_close(&r);
	if (status == XSR_OK) {
		fprintf(r.out, "ok\n");
	} else {
		xsr_finding_format(&error, line, sizeof(line));
		fprintf(r.out, "%s: %s\n", xsr_status_name(status), line);
	}
	fclose(r.out);
	return text;
}

void feed_to_verifier(void *context, const struct xsr_event *event)
{
	require(xsr_verifier_event(context, event) == XSR_OK, "the verifier refuses an event");
}

static void note_finding(void *context, const struct xsr_finding *f)
{
	fprintf(context, "%s %" PRIu64 "\n", f->id, f->offset);
}

char *feed_findings_text(enum xsr_depth depth, size_t chunk, const void *data, size_t size)
{
	struct xsr_decoder *decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct xsr_verifier *verifier;
	struct feed feed = {.chunk = chunk, .event = feed_to_verifier};
	size_t length;
	char *text;
	FILE *out = open_memstream(&text, &length);

	require(out, "out of memory");
	require(decoder, "out of memory");
	verifier = xsr_verifier_new(depth, note_finding, out);
	require(verifier, "out of memory");
	feed.context = verifier;
	feed.skip = depth < XSR_DEPTH_PAGES;
	if (feed_into(decoder, &feed, data, size) == XSR_OK)
		xsr_decoder_finish(decoder);
	xsr_verifier_finish(verifier, decoder);
	xsr_verifier_free(verifier);
	xsr_decoder_free(decoder);
	fclose(out);
	return text;
}
