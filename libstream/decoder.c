/* SPDX-License-Identifier: MIT */
/*
 * The decoder: one state, one step function a state. A step takes what it can from the input and says what came of
 * it; it sets the next state before it returns an event, so that a caller may stop and go on anywhere.
 */
#include <libstream/decoder.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "findings.h"
#include "libxc/header.h"
#include "libxl/header.h"
#include "wire/cursor.h"
#include "xl/header.h"

enum state {
	STATE_DETECT,        /* first bytes: which format? */
	STATE_XL_HEADER,     /* 48 bytes */
	STATE_XL_CONFIG_LEN, /* 4 bytes more if there is optional data */
	STATE_XL_CONFIG,     /* configuration */
	STATE_XL_TAIL,       /* the rest of the optional data */
	STATE_LIBXL_HEADER,  /* 16 bytes */
	STATE_IMAGE_HEADER,  /* 24 bytes */
	STATE_DOMAIN_HEADER, /* 16 bytes */
	STATE_RECORD,        /* 8 bytes: type and length */
	STATE_BODY,          /* any body but a page batch's */
	STATE_BATCH,         /* 8 bytes: count of a page batch */
	STATE_PFNS,          /* its entries */
	STATE_PAYLOAD,       /* announces page data, takes nothing */
	STATE_PAGES,         /* page data */
	STATE_PADDING,       /* zeros up to a multiple of 8 */
	STATE_END,           /* announces the end, takes nothing */
	STATE_TRAILER,       /* whatever comes behind it */
	STATE_FAILED,        /* see error */
	STATE_FINISHED,      /* xsr_decoder_finish() was called */
};

/* What came of a step. */
enum step {
	STEP_MORE,  /* the input is used up */
	STEP_AGAIN, /* another state now: step again */
	STEP_EVENT, /* decoder.event is ready */
	STEP_FAILED /* decoder.error is set */
};

/* Entries handed out at a time: one page of them. */
#define PFNS_PER_EVENT 512u

/* Bytes of the caller's input that are still to be taken. */
struct input {
	const uint8_t *data; /* next byte */
	size_t left;         /* how many */
};

struct xsr_decoder {
	enum xsr_format format; /* demanded, then detected */
	enum state state;       /* what comes next */
	uint64_t offset;        /* of the next byte to take */

	uint8_t hold[XSR_XL_HEADER_SIZE]; /* a header while it is collected */
	size_t held;                      /* bytes of it so far */

	enum xsr_event_type bytes_event; /* event of the run of bytes being taken */
	enum state bytes_next;           /* state behind it */
	uint64_t left;                   /* bytes of the run to come; also page data to come */
	uint64_t position;               /* of the next one in its thing */
	bool whole;                      /* the run goes out in one piece */
	size_t gathered;                 /* bytes of it in body[] */

	bool nested;           /* a libxl layer is around the image */
	bool libxl_big_endian; /* order of libxl records */
	bool libxc_big_endian; /* order behind the image header */
	bool hvm;              /* domain type is HVM */
	bool image_open;       /* an image header came and its END did not */
	bool in_checkpoint;    /* libxc handed over to libxl for a checkpoint */
	bool after_checkpoint; /* the last record was the CHECKPOINT_END of a nested checkpoint */
	enum xsr_layer layer;  /* that the next record is of */

	struct xsr_xl_header xl;           /* while its configuration length is collected */
	struct xsr_record record;          /* the current one */
	uint64_t records;                  /* seen so far */
	uint32_t batch_count;              /* entries of the current batch */
	uint32_t batch_seen;               /* of them already taken */
	uint64_t batch_pages;              /* of them with data */
	unsigned data_types;               /* bit a type: entries of it have data */
	uint64_t entries[PFNS_PER_EVENT];  /* for the PFNS event */

	struct xsr_event event;            /* the latest */
	struct xsr_finding error;          /* why state is STATE_FAILED */
	uint8_t body[XSR_WHOLE_MAX];       /* a small body that came in pieces */
};

struct xsr_decoder *xsr_decoder_new(enum xsr_format format)
{
	struct xsr_decoder *d;

	if (format > XSR_FORMAT_XL)
		return NULL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->format = format;
	d->layer = XSR_LAYER_LIBXC;
	for (unsigned type = 0; type < 16; type++)
		d->data_types |= (unsigned)xsr_page_has_data(type) << type;
	return d;
}

void xsr_decoder_free(struct xsr_decoder *d)
{
	free(d);
}

/* Starts the next event; the caller fills the union. */
static struct xsr_event *event_start(struct xsr_decoder *d, enum xsr_event_type type, enum xsr_layer layer,
    uint64_t offset)
{
	struct xsr_event *e = &d->event;
	bool in_record = type >= XSR_EVENT_RECORD && type <= XSR_EVENT_RECORD_END;

	e->type = type;
	e->layer = layer;
	e->offset = offset;
	e->record = in_record ? &d->record : NULL;
	return e;
}

static struct xsr_finding *fail(struct xsr_decoder *d, enum finding_id id, enum xsr_layer layer, uint64_t offset,
    const char *field)
{
	finding_make(&d->error, id, layer, offset, field);
	d->state = STATE_FAILED;
	return &d->error;
}

static const uint8_t *take(struct xsr_decoder *d, struct input *in, size_t n)
{
	const uint8_t *p = in->data;

	in->data += n;
	in->left -= n;
	d->offset += n;
	return p;
}

/* Collects `want` bytes in hold[]; true when all are there, and the next collection starts afresh. */
static bool collect(struct xsr_decoder *d, struct input *in, size_t want)
{
	size_t n = want - d->held;

	if (n > in->left)
		n = in->left;
	if (n)
		memcpy(d->hold + d->held, take(d, in, n), n);
	d->held += n;
	if (d->held < want)
		return false;
	d->held = 0;
	return true;
}

/* Begins a run of bytes that goes out as events of one type; an empty run is passed over. */
static void run_start(struct xsr_decoder *d, enum state state, enum xsr_event_type event, uint64_t length,
    enum state next)
{
	d->bytes_event = event;
	d->bytes_next = next;
	d->left = length;
	d->position = 0;
	d->gathered = 0;
	d->whole = length <= XSR_WHOLE_MAX;
	d->state = length ? state : next;
}

static enum step step_run(struct xsr_decoder *d, struct input *in)
{
	size_t n = in->left < d->left ? in->left : (size_t)d->left;
	const uint8_t *data;
	struct xsr_event *e;

	if (!n)
		return STEP_MORE;
	data = take(d, in, n);
	d->left -= n;
	if (d->whole && (d->gathered || d->left)) {
		memcpy(d->body + d->gathered, data, n);
		d->gathered += n;
		if (d->left)
			return STEP_MORE;
		data = d->body;
		n = d->gathered;
	}
	e = event_start(d, d->bytes_event, d->bytes_event <= XSR_EVENT_XL_TAIL ? XSR_LAYER_XL : d->layer,
	    d->offset - n);
	e->u.bytes.data = data;
	e->u.bytes.length = n;
	e->u.bytes.position = d->position;
	e->u.bytes.last = d->left == 0;
	e->u.bytes.whole = d->position == 0 && d->left == 0;
	d->position += n;
	if (!d->left)
		d->state = d->bytes_next;
	return STEP_EVENT;
}

static enum step detect_failed(struct xsr_decoder *d, enum xsr_format format)
{
	enum finding_id id = F_STREAM_WRAPPER;

	if (format == XSR_FORMAT_UNKNOWN)
		id = F_STREAM_UNKNOWN;
	else if (format == XSR_FORMAT_LEGACY)
		id = F_STREAM_LEGACY;
	struct xsr_finding *f = fail(d, id, XSR_LAYER_NONE, 0, "");
	if (format == XSR_FORMAT_UNKNOWN)
		finding_found_bytes(f, d->hold, d->held);
	else
		finding_found(f, "%s", xsr_format_name(format));
	finding_allowed(f, "an xl, libxl or libxc image");
	return STEP_FAILED;
}

/* Leaves what was collected in hold[]: it is the beginning of the first header. */
static enum step step_detect(struct xsr_decoder *d, struct input *in)
{
	enum xsr_format format = d->format;

	if (!collect(d, in, XSR_DETECT_SIZE))
		return STEP_MORE;
	if (format == XSR_FORMAT_UNKNOWN)
		format = xsr_detect(d->hold, XSR_DETECT_SIZE);
	d->held = XSR_DETECT_SIZE;
	switch (format) {
	case XSR_FORMAT_XL:
		d->state = STATE_XL_HEADER;
		break;
	case XSR_FORMAT_LIBXL:
		d->state = STATE_LIBXL_HEADER;
		break;
	case XSR_FORMAT_LIBXC:
		d->state = STATE_IMAGE_HEADER;
		break;
	default:
		return detect_failed(d, format);
	}
	d->format = format;
	return STEP_AGAIN;
}

static enum step xl_header_done(struct xsr_decoder *d)
{
	uint32_t rest = d->xl.optional_data_length, config = 0;
	struct xsr_event *e = event_start(d, XSR_EVENT_XL_HEADER, XSR_LAYER_XL, 0);

	e->u.xl = d->xl;
	if (d->xl.has_config) {
		rest -= 4;
		config = d->xl.config_length < rest ? d->xl.config_length : rest;
	}
	run_start(d, STATE_XL_CONFIG, XSR_EVENT_XL_CONFIG, config, STATE_XL_TAIL);
	return STEP_EVENT;
}

static enum step step_xl_header(struct xsr_decoder *d, struct input *in)
{
	enum finding_id id;
	size_t field;

	if (!collect(d, in, XSR_XL_HEADER_SIZE))
		return STEP_MORE;
	id = xl_header_decode(d->hold, &d->xl, &field);
	if (id != F_COUNT) {
		struct xsr_finding *f = fail(d, id, XSR_LAYER_XL, field, id == F_XL_MAGIC ? "magic" : "byteorder");

		if (id == F_XL_BYTEORDER)
			finding_found(f, "0x%08" PRIx32, load_u32(d->hold + field, false));
		finding_allowed(f, "%s", id == F_XL_MAGIC ? "\"Xen saved domain, xl format\"" : "0x01020304");
		return STEP_FAILED;
	}
	d->xl.has_config = d->xl.optional_data_length >= 4;
	if (!d->xl.has_config)
		return xl_header_done(d);
	d->state = STATE_XL_CONFIG_LEN;
	return STEP_AGAIN;
}

static enum step step_xl_config_length(struct xsr_decoder *d, struct input *in)
{
	if (!collect(d, in, 4))
		return STEP_MORE;
	d->xl.config_length = load_u32(d->hold, d->xl.big_endian);
	return xl_header_done(d);
}

/* The tail is what the optional data has behind the configuration. */
static enum step step_xl_tail(struct xsr_decoder *d, struct input *in)
{
	uint64_t optional = d->xl.optional_data_length, end = XSR_XL_HEADER_SIZE + optional;

	if (d->bytes_event != XSR_EVENT_XL_TAIL)
		run_start(d, STATE_XL_TAIL, XSR_EVENT_XL_TAIL, end - d->offset, STATE_LIBXL_HEADER);
	if (d->state == STATE_XL_TAIL)
		return step_run(d, in);
	return STEP_AGAIN;
}

static enum step step_libxl_header(struct xsr_decoder *d, struct input *in)
{
	struct xsr_libxl_header header;
	struct xsr_event *e;
	enum finding_id id;
	size_t field;

	/* Without the flag what follows an xl header is headerless, so there is nothing to recognise it by. */
	if (d->format == XSR_FORMAT_XL && !(d->xl.mandatory_flags & XSR_XL_FLAG_STREAMV2)) {
		finding_found(fail(d, F_STREAM_LEGACY, XSR_LAYER_XL, XSR_XL_MAGIC_SIZE + 4, "mandatory_flags"),
		    "0x%" PRIx32, d->xl.mandatory_flags);
		finding_allowed(&d->error, "bit 1 set: a libxl stream follows");
		return STEP_FAILED;
	}
	if (!collect(d, in, XSR_LIBXL_HEADER_SIZE))
		return STEP_MORE;
	id = libxl_header_decode(d->hold, &header, &field);
	if (id != F_COUNT) {
		struct xsr_finding *f = fail(d, id, XSR_LAYER_LIBXL, d->offset - XSR_LIBXL_HEADER_SIZE + field,
		    field ? "version" : "ident");

		finding_found(f, field ? "%" PRIu64 : "0x%016" PRIx64,
		    field ? header.version : load_u64(d->hold, true));
		finding_allowed(f, "%s", field ? "2" : "0x4c6962786c466d74");
		return STEP_FAILED;
	}
	d->nested = true;
	d->layer = XSR_LAYER_LIBXL;
	d->libxl_big_endian = header.options & XSR_LIBXL_OPTION_BIG_ENDIAN;
	d->state = STATE_RECORD;
	e = event_start(d, XSR_EVENT_LIBXL_HEADER, XSR_LAYER_LIBXL, d->offset - XSR_LIBXL_HEADER_SIZE);
	e->u.libxl = header;
	return STEP_EVENT;
}

static enum step step_image_header(struct xsr_decoder *d, struct input *in)
{
	struct xsr_image_header header;
	struct xsr_event *e;
	enum finding_id id;
	size_t field;

	if (!collect(d, in, XSR_IMAGE_HEADER_SIZE))
		return STEP_MORE;
	id = image_header_decode(d->hold, &header, &field);
	if (id != F_COUNT) {
		struct xsr_finding *f = fail(d, id, XSR_LAYER_LIBXC, d->offset - XSR_IMAGE_HEADER_SIZE + field,
		    field == 0 ? "marker" : field == 8 ? "id" : "version");

		if (field == 0)
			finding_found(f, "0x%016" PRIx64, load_u64(d->hold, true));
		else
			finding_found(f, "0x%08" PRIx32, load_u32(d->hold + field, true));
		finding_allowed(f, "%s", field == 0 ? "all ones" : field == 8 ? "0x58454e46" : "2 or 3");
		return STEP_FAILED;
	}
	d->libxc_big_endian = header.options & XSR_IMAGE_OPTION_BIG_ENDIAN;
	d->layer = XSR_LAYER_LIBXC;
	d->image_open = true;
	d->state = STATE_DOMAIN_HEADER;
	e = event_start(d, XSR_EVENT_IMAGE_HEADER, XSR_LAYER_LIBXC, d->offset - XSR_IMAGE_HEADER_SIZE);
	e->u.image = header;
	return STEP_EVENT;
}

static enum step step_domain_header(struct xsr_decoder *d, struct input *in)
{
	struct xsr_domain_header header;
	struct xsr_event *e;
	enum finding_id id;
	size_t field;

	if (!collect(d, in, XSR_DOMAIN_HEADER_SIZE))
		return STEP_MORE;
	id = domain_header_decode(d->hold, d->libxc_big_endian, &header, &field);
	if (id != F_COUNT) {
		finding_found(fail(d, id, XSR_LAYER_LIBXC, d->offset - XSR_DOMAIN_HEADER_SIZE + field, "page_shift"),
		    "%u", header.page_shift);
		finding_allowed(&d->error, "12");
		return STEP_FAILED;
	}
	d->hvm = header.type == XSR_DOMAIN_X86_HVM;
	d->state = STATE_RECORD;
	e = event_start(d, XSR_EVENT_DOMAIN_HEADER, XSR_LAYER_LIBXC, d->offset - XSR_DOMAIN_HEADER_SIZE);
	e->u.domain = header;
	return STEP_EVENT;
}

/*
 * Behind a nested checkpoint the image goes on, except that COLO puts one libxl record in between. Its number is
 * that of a PV record, and COLO streams are HVM, so the domain type decides.
 */
static enum xsr_layer layer_of_record(struct xsr_decoder *d)
{
	bool state = d->after_checkpoint && d->hvm &&
	    load_u32(d->hold, d->libxl_big_endian) == XSR_LIBXL_CHECKPOINT_STATE;

	d->after_checkpoint = false;
	return state ? XSR_LAYER_LIBXL : d->layer;
}

static enum step step_record(struct xsr_decoder *d, struct input *in)
{
	struct xsr_record *rec = &d->record;
	bool batch;

	if (!collect(d, in, XSR_RECORD_HEADER_SIZE))
		return STEP_MORE;
	d->layer = layer_of_record(d);
	rec->layer = d->layer;
	rec->big_endian = d->layer == XSR_LAYER_LIBXL ? d->libxl_big_endian : d->libxc_big_endian;
	rec->type = load_u32(d->hold, rec->big_endian);
	rec->length = load_u32(d->hold + 4, rec->big_endian);
	rec->offset = d->offset - XSR_RECORD_HEADER_SIZE;
	rec->index = d->records++;
	if (d->layer == XSR_LAYER_LIBXC && rec->length > XSR_LIBXC_RECORD_MAX) {
		struct xsr_finding *f = fail(d, F_RECORD_LIMIT, d->layer, rec->offset + 4, "body_length");

		finding_in_record(f, rec);
		finding_found(f, "%" PRIu32, rec->length);
		finding_allowed(f, "at most %u", XSR_LIBXC_RECORD_MAX);
		return STEP_FAILED;
	}
	batch = d->layer == XSR_LAYER_LIBXC && rec->type == XSR_LIBXC_PAGE_DATA && rec->length >= 8;
	run_start(d, STATE_BODY, XSR_EVENT_BODY, rec->length, STATE_PADDING);
	if (batch)
		d->state = STATE_BATCH;
	event_start(d, XSR_EVENT_RECORD, d->layer, rec->offset);
	return STEP_EVENT;
}

static enum step step_batch(struct xsr_decoder *d, struct input *in)
{
	struct xsr_event *e;
	uint32_t room;

	if (!collect(d, in, 8))
		return STEP_MORE;
	room = d->record.length - 8;
	d->batch_count = load_u32(d->hold, d->record.big_endian);
	d->batch_seen = 0;
	d->batch_pages = 0;
	e = event_start(d, XSR_EVENT_BATCH, d->layer, d->offset - 8);
	e->u.batch.count = d->batch_count;
	e->u.batch.reserved = load_u32(d->hold + 4, d->record.big_endian);
	e->u.batch.fits = d->batch_count <= room / 8;
	if (e->u.batch.fits) {
		d->state = d->batch_count ? STATE_PFNS : STATE_PAYLOAD;
		return STEP_EVENT;
	}
	run_start(d, STATE_BODY, XSR_EVENT_BODY, room, STATE_PADDING);
	d->position = 8;
	d->whole = false;
	return STEP_EVENT;
}

/* Decodes entries out of the input, or a single one out of hold[] where the input is cut inside an entry. */
static enum step step_pfns(struct xsr_decoder *d, struct input *in)
{
	size_t n = d->batch_count - d->batch_seen;
	const uint8_t *p = d->hold;
	struct xsr_event *e;

	if (n > PFNS_PER_EVENT)
		n = PFNS_PER_EVENT;
	if (d->held || in->left < 8) {
		if (!collect(d, in, 8))
			return STEP_MORE;
		n = 1;
	} else {
		if (n > in->left / 8)
			n = in->left / 8;
		p = take(d, in, 8 * n);
	}
	load_u64s(d->entries, p, n, d->record.big_endian);
	for (size_t i = 0; i < n; i++)
		d->batch_pages += d->data_types >> (d->entries[i] >> XSR_PFN_TYPE_SHIFT) & 1;
	e = event_start(d, XSR_EVENT_PFNS, d->layer, d->offset - 8 * n);
	e->u.pfns.entries = d->entries;
	e->u.pfns.count = n;
	e->u.pfns.first = d->batch_seen;
	d->batch_seen += (uint32_t)n;
	if (d->batch_seen == d->batch_count)
		d->state = STATE_PAYLOAD;
	return STEP_EVENT;
}

static enum step step_payload(struct xsr_decoder *d, struct input *in)
{
	uint64_t length = d->record.length - 8 - 8 * (uint64_t)d->batch_count;
	struct xsr_event *e;

	(void)in;
	run_start(d, STATE_PAGES, XSR_EVENT_PAGES, length, STATE_PADDING);
	d->whole = false;
	if (!length && !d->batch_pages)
		return STEP_AGAIN;
	e = event_start(d, XSR_EVENT_PAYLOAD, d->layer, d->offset);
	e->u.payload.length = length;
	e->u.payload.expected = d->batch_pages * XSR_PAGE_SIZE;
	return STEP_EVENT;
}

/* Which layer, and which kind of thing, comes behind the record that just ended. */
static void after_libxl_record(struct xsr_decoder *d)
{
	switch (d->record.type) {
	case XSR_LIBXL_END:
		d->state = STATE_END;
		return;
	case XSR_LIBXL_LIBXC_CONTEXT:
		d->state = STATE_IMAGE_HEADER;
		return;
	case XSR_LIBXL_CHECKPOINT_END:
		d->after_checkpoint = d->in_checkpoint;
		if (d->in_checkpoint)
			d->layer = XSR_LAYER_LIBXC;
		d->in_checkpoint = false;
		break;
	case XSR_LIBXL_CHECKPOINT_STATE:
		if (d->image_open && !d->in_checkpoint)
			d->layer = XSR_LAYER_LIBXC;
		break;
	default:
		break;
	}
	d->state = STATE_RECORD;
}

static void after_libxc_record(struct xsr_decoder *d)
{
	d->state = STATE_RECORD;
	if (d->record.type == XSR_LIBXC_END) {
		d->image_open = false;
		d->layer = XSR_LAYER_LIBXL;
		if (!d->nested)
			d->state = STATE_END;
	} else if (d->record.type == XSR_LIBXC_CHECKPOINT && d->nested) {
		d->in_checkpoint = true;
		d->layer = XSR_LAYER_LIBXL;
	}
}

static enum step step_padding(struct xsr_decoder *d, struct input *in)
{
	unsigned length = -d->record.length & 7;
	struct xsr_event *e;

	if (!collect(d, in, length))
		return STEP_MORE;
	e = event_start(d, XSR_EVENT_RECORD_END, d->record.layer, d->offset - length);
	e->u.padding.length = length;
	memset(e->u.padding.bytes, 0, sizeof(e->u.padding.bytes));
	memcpy(e->u.padding.bytes, d->hold, length);
	if (d->record.layer == XSR_LAYER_LIBXL)
		after_libxl_record(d);
	else
		after_libxc_record(d);
	return STEP_EVENT;
}

static enum step step_end(struct xsr_decoder *d, struct input *in)
{
	(void)in;
	event_start(d, XSR_EVENT_END, d->nested ? XSR_LAYER_LIBXL : XSR_LAYER_LIBXC, d->offset);
	d->layer = XSR_LAYER_NONE;
	run_start(d, STATE_TRAILER, XSR_EVENT_TRAILER, UINT64_MAX, STATE_TRAILER);
	return STEP_EVENT;
}

static enum step step_failed(struct xsr_decoder *d, struct input *in)
{
	(void)d;
	(void)in;
	return STEP_FAILED;
}

static enum step (*const steps[])(struct xsr_decoder *, struct input *) = {
    [STATE_DETECT] = step_detect,
    [STATE_XL_HEADER] = step_xl_header,
    [STATE_XL_CONFIG_LEN] = step_xl_config_length,
    [STATE_XL_CONFIG] = step_run,
    [STATE_XL_TAIL] = step_xl_tail,
    [STATE_LIBXL_HEADER] = step_libxl_header,
    [STATE_IMAGE_HEADER] = step_image_header,
    [STATE_DOMAIN_HEADER] = step_domain_header,
    [STATE_RECORD] = step_record,
    [STATE_BODY] = step_run,
    [STATE_BATCH] = step_batch,
    [STATE_PFNS] = step_pfns,
    [STATE_PAYLOAD] = step_payload,
    [STATE_PAGES] = step_run,
    [STATE_PADDING] = step_padding,
    [STATE_END] = step_end,
    [STATE_TRAILER] = step_run,
    [STATE_FAILED] = step_failed,
};

enum xsr_status xsr_decoder_feed(struct xsr_decoder *d, const void *data, size_t size, size_t *used,
    const struct xsr_event **event)
{
	struct input in = {.data = data, .left = size};
	enum step step = STEP_AGAIN;

	*event = NULL;
	*used = 0;
	if (d->state == STATE_FINISHED)
		return XSR_E_MISUSE;
	while (step == STEP_AGAIN)
		step = steps[d->state](d, &in);
	*used = size - in.left;
	if (step == STEP_FAILED)
		return d->error.status;
	if (step == STEP_EVENT)
		*event = &d->event;
	return XSR_OK;
}

uint64_t xsr_decoder_skippable(const struct xsr_decoder *d)
{
	return d->state == STATE_PAGES ? d->left : 0;
}

enum xsr_status xsr_decoder_skip(struct xsr_decoder *d, uint64_t size)
{
	if (size > xsr_decoder_skippable(d))
		return XSR_E_MISUSE;
	d->left -= size;
	d->position += size;
	d->offset += size;
	if (d->state == STATE_PAGES && !d->left)
		d->state = d->bytes_next;
	return XSR_OK;
}

/* Bytes that the state's fixed-size thing needs in all; 0 if it has none. */
static size_t fixed_size(const struct xsr_decoder *d)
{
	static const uint8_t sizes[] = {
	    [STATE_DETECT] = XSR_DETECT_SIZE,
	    [STATE_XL_HEADER] = XSR_XL_HEADER_SIZE,
	    [STATE_XL_CONFIG_LEN] = 4,
	    [STATE_LIBXL_HEADER] = XSR_LIBXL_HEADER_SIZE,
	    [STATE_IMAGE_HEADER] = XSR_IMAGE_HEADER_SIZE,
	    [STATE_DOMAIN_HEADER] = XSR_DOMAIN_HEADER_SIZE,
	    [STATE_RECORD] = XSR_RECORD_HEADER_SIZE,
	    [STATE_BATCH] = 8,
	};

	if (d->state == STATE_PADDING)
		return -d->record.length & 7;
	return (size_t)d->state < sizeof(sizes) ? sizes[d->state] : 0;
}

uint64_t xsr_decoder_wanted(const struct xsr_decoder *d)
{
	size_t fixed = fixed_size(d);

	if (fixed > d->held)
		return fixed - d->held;
	switch (d->state) {
	case STATE_PFNS:
		return 8 * (uint64_t)(d->batch_count - d->batch_seen) - d->held;
	case STATE_XL_CONFIG:
	case STATE_XL_TAIL:
	case STATE_BODY:
	case STATE_PAGES:
	case STATE_TRAILER:
		return d->left ? d->left : 1;
	default:
		return 1;
	}
}

/* The input ended where nothing was begun, or inside of something: says which. */
static void truncated(struct xsr_decoder *d)
{
	static const char *const things[] = {
	    [STATE_DETECT] = "header",
	    [STATE_XL_HEADER] = "xl header",
	    [STATE_XL_CONFIG_LEN] = "config_length",
	    [STATE_XL_CONFIG] = "configuration",
	    [STATE_XL_TAIL] = "optional data",
	    [STATE_LIBXL_HEADER] = "libxl header",
	    [STATE_IMAGE_HEADER] = "image header",
	    [STATE_DOMAIN_HEADER] = "domain header",
	    [STATE_RECORD] = "record header",
	    [STATE_BODY] = "body",
	    [STATE_BATCH] = "count",
	    [STATE_PFNS] = "pfns",
	    [STATE_PAYLOAD] = "page data",
	    [STATE_PAGES] = "page data",
	    [STATE_PADDING] = "padding",
	};
	enum state state = d->state;
	bool in_record = state >= STATE_BODY && state <= STATE_PADDING;
	uint64_t wanted = xsr_decoder_wanted(d);
	struct xsr_finding *f = fail(d, d->offset ? F_STREAM_TRUNCATED : F_STREAM_EMPTY, d->layer, d->offset,
	    things[state]);

	if (!d->offset)
		return;
	finding_in_record(f, in_record ? &d->record : NULL);
	if (state == STATE_RECORD && !d->held) {
		finding_found(f, "end of input between records");
		finding_allowed(f, "records up to END");
		return;
	}
	finding_found(f, "end of input");
	finding_allowed(f, "%" PRIu64 " more bytes here", wanted);
}

enum xsr_status xsr_decoder_finish(struct xsr_decoder *d)
{
	if (d->state == STATE_END || d->state == STATE_TRAILER || d->state == STATE_FINISHED) {
		d->state = STATE_FINISHED;
		return XSR_OK;
	}
	if (d->state == STATE_DETECT && d->held && d->format == XSR_FORMAT_UNKNOWN) {
		enum xsr_format format = xsr_detect(d->hold, d->held);

		if (format < XSR_FORMAT_LIBXC || format > XSR_FORMAT_XL)
			detect_failed(d, format);
	}
	if (d->state != STATE_FAILED)
		truncated(d);
	return d->error.status;
}

const struct xsr_finding *xsr_decoder_error(const struct xsr_decoder *d)
{
	return d->state == STATE_FAILED ? &d->error : NULL;
}

uint64_t xsr_decoder_offset(const struct xsr_decoder *d)
{
	return d->offset;
}

enum xsr_format xsr_decoder_format(const struct xsr_decoder *d)
{
	return d->state == STATE_DETECT ? XSR_FORMAT_UNKNOWN : d->format;
}
