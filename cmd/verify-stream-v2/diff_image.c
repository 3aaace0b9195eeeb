/* SPDX-License-Identifier: MIT */
#include "verify-stream-v2/diff_image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libstream/describe.h>
#include <libstream/io.h>

#include "common/messages.h"
#include "common/text.h"
#include "common/tool.h"
#include "verify-stream-v2/input.h"

/* Objects and arrays within each other; the describer's are far fewer. */
#define DEPTH_MAX 16u

/* An input while it is read. */
struct reading {
	struct diff_image *image;        /* what it becomes */
	struct xsr_source *source;       /* the input */
	struct xsr_decoder *decoder;     /* takes it apart */
	struct xsr_verifier *verifier;   /* for the hashes */
	struct xsr_describer *describer; /* for the fields */
	char path[512];                  /* of the object or array that is open */
	size_t length[DEPTH_MAX];        /* of path without the innermost, by depth */
	uint32_t member[DEPTH_MAX];      /* of arrays: number of the next element */
	unsigned depth;                  /* open objects and arrays; 1: the row */
	bool no_memory;                  /* some part gave up */
	bool too_many;                   /* items were left out */
};

/* Kinds of headers, by event. */
static const char *header_name(uint32_t event)
{
	switch (event) {
	case XSR_EVENT_XL_HEADER:
		return "xl header";
	case XSR_EVENT_LIBXL_HEADER:
		return "libxl header";
	case XSR_EVENT_IMAGE_HEADER:
		return "image header";
	default:
		return "domain header";
	}
}

const char *diff_item_name(const struct diff_item *item, char *text, size_t size)
{
	const char *name = item->header ? header_name(item->type) : xsr_record_name(item->layer, item->type);

	if (name)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, "%s record 0x%" PRIx32, xsr_layer_name(item->layer), item->type);
	return text;
}

/* Makes a path of the open object's and a key; of an array's and the element's number, without a key. */
static void make_path(struct reading *r, const char *key, char *path, size_t size)
{
	const char *dot = *r->path && key ? "." : "";

	if (key)
		snprintf(path, size, "%s%s%s", r->path, dot, key);
	else
		snprintf(path, size, "%s[%" PRIu32 "]", r->path, r->member[r->depth]++);
}

/* Where a thing stands says nothing about what it is. */
static bool is_place(const struct reading *r, const char *key)
{
	return r->depth == 1 && key &&
	       (strcmp(key, "offset") == 0 || strcmp(key, "record") == 0 || strcmp(key, "layer") == 0 ||
	           strcmp(key, "name") == 0 || strcmp(key, "type") == 0 || strcmp(key, "header") == 0);
}

static void put(struct reading *r, const char *key, const char *value)
{
	char path[640];

	if (r->depth >= DEPTH_MAX || is_place(r, key))
		return;
	make_path(r, key, path, sizeof(path));
	fprintf(r->image->fields, "%s=%s\n", path, value);
}

static void number(void *context, const char *key, uint64_t value, enum xsr_number_base base)
{
	char text[32];

	snprintf(text, sizeof(text), base == XSR_HEXADECIMAL ? "0x%" PRIx64 : "%" PRIu64, value);
	put(context, key, text);
}

static void boolean(void *context, const char *key, bool value)
{
	put(context, key, value ? "yes" : "no");
}

static void text(void *context, const char *key, const char *value)
{
	char escaped[4096];

	put(context, key, text_escape(value, escaped, sizeof(escaped)));
}

static void begin(void *context, const char *key, bool array)
{
	struct reading *r = context;
	char path[sizeof(r->path)];

	(void)array;
	if (r->depth + 1 < DEPTH_MAX) {
		r->length[r->depth + 1] = strlen(r->path);
		if (r->depth) {
			make_path(r, key, path, sizeof(path));
			memcpy(r->path, path, sizeof(path));
		}
		r->member[r->depth + 1] = 0;
	}
	r->depth++;
}

static void end(void *context)
{
	struct reading *r = context;

	if (r->depth < DEPTH_MAX)
		r->path[r->length[r->depth]] = '\0';
	r->depth--;
}

static struct diff_item *latest(struct diff_image *image)
{
	return image->count ? &image->items[image->count - 1] : NULL;
}

/* Of the same kind, in one pass back to the last one. */
static uint32_t number_of(const struct diff_image *image, const struct diff_item *item)
{
	for (uint32_t i = image->count; i--;) {
		const struct diff_item *other = &image->items[i];

		if (other->layer == item->layer && other->header == item->header && other->type == item->type)
			return other->number + 1;
	}
	return 0;
}

/* What was open ends here. */
static void close_item(struct diff_image *image)
{
	struct diff_item *item = latest(image);

	if (!item)
		return;
	item->fields_size = (uint64_t)ftello(image->fields) - item->fields;
	item->body_size = (uint64_t)ftello(image->bodies) - item->body;
}

static bool grow(struct reading *r)
{
	struct diff_image *image = r->image;
	uint32_t room = image->room ? 2 * image->room : 64;
	struct diff_item *grown;

	r->too_many |= room > DIFF_ITEMS_MAX;
	grown = r->too_many ? NULL : realloc(image->items, room * sizeof(*grown));
	if (!grown) {
		r->no_memory |= !r->too_many;
		return false;
	}
	image->items = grown;
	image->room = room;
	return true;
}

static void open_item(struct reading *r, const struct xsr_event *e)
{
	struct diff_image *image = r->image;
	struct diff_item item = {
	    .layer = e->layer,
	    .header = e->type != XSR_EVENT_RECORD,
	    .type = e->type == XSR_EVENT_RECORD ? e->record->type : e->type,
	    .offset = e->offset,
	};

	close_item(image);
	if (image->count == image->room && !grow(r))
		return;
	item.number = number_of(image, &item);
	item.fields = (uint64_t)ftello(image->fields);
	item.body = (uint64_t)ftello(image->bodies);
	image->items[image->count++] = item;
}

static bool is_page_data(const struct xsr_event *e)
{
	return e->record && e->record->layer == XSR_LAYER_LIBXC && e->record->type == XSR_LIBXC_PAGE_DATA;
}

static bool on_event(void *context, const struct xsr_event *e)
{
	struct reading *r = context;

	r->no_memory |= xsr_verifier_event(r->verifier, e) == XSR_E_NOMEM;
	if (is_page_data(e))
		return true;
	switch (e->type) {
	case XSR_EVENT_XL_HEADER:
	case XSR_EVENT_LIBXL_HEADER:
	case XSR_EVENT_IMAGE_HEADER:
	case XSR_EVENT_DOMAIN_HEADER:
	case XSR_EVENT_RECORD:
		open_item(r, e);
		break;
	case XSR_EVENT_XL_CONFIG:
	case XSR_EVENT_BODY:
		fwrite(e->u.bytes.data, 1, e->u.bytes.length, r->image->bodies);
		break;
	default:
		break;
	}
	xsr_describer_event(r->describer, e);
	return !r->no_memory && !r->too_many;
}

static bool on_payload(void *context, const struct xsr_event *payload)
{
	const struct reading *r = context;

	return xsr_verifier_fetch(r->verifier, payload, xsr_source_read_at, r->source);
}

static void on_settle(void *context)
{
	const struct reading *r = context;

	xsr_verifier_settle(r->verifier);
}

static void on_tick(void *context, uint64_t stream_offset)
{
	const struct reading *r = context;
	uint64_t size;

	progress_update(xsr_source_size(r->source, &size) ? xsr_source_position(r->source) : stream_offset);
}

static bool say(const char *name, int error)
{
	message(MESSAGE_ERROR, name, "%s", strerror(error));
	return false;
}

/* Files first: what they are made for can then be written to them. */
static bool make_files(struct diff_image *image)
{
	if (!scratch_open(&image->hashes))
		return say("temporary file", errno);
	image->fields = scratch_file();
	image->bodies = scratch_file();
	return (image->fields && image->bodies) || say("temporary file", errno);
}

static bool make_machines(struct reading *r, const struct options *o)
{
	struct xsr_visitor visitor = {
	    .context = r, .number = number, .boolean = boolean, .text = text, .begin = begin, .end = end};
	struct xsr_store store = scratch_store(&r->image->hashes);

	xsr_source_limit_expansion(r->source, o->max_expansion);
	r->decoder = xsr_decoder_new(o->format);
	r->verifier = xsr_verifier_new(XSR_DEPTH_PAGES, NULL, NULL);
	r->describer = xsr_describer_new(&visitor);
	if (!r->decoder || !r->verifier || !r->describer)
		return say(r->image->name, ENOMEM);
	if (!xsr_verifier_set_threads(r->verifier, tool_threads()))
		return say(r->image->name, ENOMEM);
	xsr_verifier_set_store(r->verifier, &store);
	return true;
}

static bool pump(struct reading *r, const struct options *o)
{
	struct xsr_pump pump = {.source = r->source,
	    .decoder = r->decoder,
	    .want_pages = true,
	    .event = on_event,
	    .tick = on_tick,
	    .payload = on_payload,
	    .settle = on_settle,
	    .context = r};
	struct xsr_finding error;
	enum xsr_status status;
	uint64_t size = 0;

	(void)xsr_source_size(r->source, &size);
	progress_start(o->quiet || o->to_syslog ? PROGRESS_NEVER : o->progress, r->image->name, size);
	status = xsr_pump_run(&pump, &error);
	progress_end();
	if (status == XSR_OK && !r->no_memory && !r->too_many && xsr_decoder_finish(r->decoder) != XSR_OK) {
		error = *xsr_decoder_error(r->decoder);
		status = error.status;
	}
	if (status != XSR_OK)
		message_finding(r->image->name, &error);
	return status == XSR_OK;
}

/* What was read is all of it, and all of it was kept. */
static bool judge(const struct reading *r)
{
	struct diff_image *image = r->image;

	if (r->no_memory)
		return say(image->name, ENOMEM);
	if (image->hashes.error)
		return say("temporary file", image->hashes.error);
	if (fflush(image->fields) != 0 || fflush(image->bodies) != 0)
		return say("temporary file", errno);
	if (r->too_many)
		message(MESSAGE_ERROR, image->name,
		    "more than %u records besides memory: too many to compare", DIFF_ITEMS_MAX);
	else if (!image->summary.has_digest)
		message(MESSAGE_ERROR, image->name,
		    "its pages cannot be told apart; see what --depth=pages says");
	return !r->too_many && image->summary.has_digest;
}

static bool read_all(struct reading *r, const struct options *o)
{
	if (!make_machines(r, o) || !pump(r, o))
		return false;
	(void)xsr_verifier_finish(r->verifier, r->decoder);
	xsr_describer_finish(r->describer);
	close_item(r->image);
	r->image->summary = *xsr_verifier_summary(r->verifier);
	return judge(r);
}

bool diff_image_open(struct diff_image *image, const char *name)
{
	*image = (struct diff_image){.hashes = {.fd = -1}};
	image->source = input_open(name, false, &image->name);
	return image->source && make_files(image);
}

bool diff_image_read(struct diff_image *image, const struct options *o)
{
	struct reading r = {.image = image, .source = image->source};
	bool good = read_all(&r, o);

	xsr_describer_free(r.describer);
	xsr_verifier_free(r.verifier);
	xsr_decoder_free(r.decoder);
	return good;
}

void diff_image_free(struct diff_image *image)
{
	xsr_source_free(image->source);
	scratch_close(&image->hashes);
	if (image->fields)
		fclose(image->fields);
	if (image->bodies)
		fclose(image->bodies);
	free(image->items);
}
