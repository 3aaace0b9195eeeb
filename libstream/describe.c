/* SPDX-License-Identifier: MIT */
#include <libstream/describe.h>

#include <stdlib.h>

#include "family.h"
#include "xl/config.h"

struct xsr_describer {
	struct xsr_visitor visitor; /* the caller's, copied */
	struct image_facts facts;   /* what families need to know to read a body */
	union family_state walk;    /* of the family whose body comes in pieces */
	struct xl_config config;    /* of an xl image, while it goes by */
	struct xsr_visitor nested;  /* what families call: passes on to visitor and counts */
	unsigned depth;             /* objects and arrays open: a stream may end inside of any */
};

static void nested_number(void *context, const char *key, uint64_t value, enum xsr_number_base base)
{
	struct xsr_describer *d = context;

	d->visitor.number(d->visitor.context, key, value, base);
}

static void nested_boolean(void *context, const char *key, bool value)
{
	struct xsr_describer *d = context;

	d->visitor.boolean(d->visitor.context, key, value);
}

static void nested_text(void *context, const char *key, const char *value)
{
	struct xsr_describer *d = context;

	d->visitor.text(d->visitor.context, key, value);
}

static void nested_begin(void *context, const char *key, bool array)
{
	struct xsr_describer *d = context;

	d->visitor.begin(d->visitor.context, key, array);
	d->depth++;
}

static void nested_end(void *context)
{
	struct xsr_describer *d = context;

	d->visitor.end(d->visitor.context);
	d->depth--;
}

struct xsr_describer *xsr_describer_new(const struct xsr_visitor *visitor)
{
	struct xsr_describer *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->visitor = *visitor;
	d->nested.context = d;
	d->nested.number = nested_number;
	d->nested.boolean = nested_boolean;
	d->nested.text = nested_text;
	d->nested.begin = nested_begin;
	d->nested.end = nested_end;
	return d;
}

void xsr_describer_free(struct xsr_describer *d)
{
	free(d);
}

static void number(struct xsr_describer *d, const char *key, uint64_t value)
{
	d->visitor.number(d->visitor.context, key, value, XSR_DECIMAL);
}

static void hexadecimal(struct xsr_describer *d, const char *key, uint64_t value)
{
	d->visitor.number(d->visitor.context, key, value, XSR_HEXADECIMAL);
}

static void text(struct xsr_describer *d, const char *key, const char *value)
{
	d->visitor.text(d->visitor.context, key, value);
}

static void boolean(struct xsr_describer *d, const char *key, bool value)
{
	d->visitor.boolean(d->visitor.context, key, value);
}

static void begin(struct xsr_describer *d)
{
	nested_begin(d, NULL, false);
}

static void end(struct xsr_describer *d)
{
	nested_end(d);
}

static void header_begin(struct xsr_describer *d, const struct xsr_event *e, const char *name)
{
	begin(d);
	text(d, "layer", xsr_layer_name(e->layer));
	text(d, "header", name);
	number(d, "offset", e->offset);
}

static void describe_xl(struct xsr_describer *d, const struct xsr_event *e)
{
	const struct xsr_xl_header *h = &e->u.xl;

	header_begin(d, e, "xl");
	text(d, "byte_order", h->big_endian ? "big" : "little");
	hexadecimal(d, "mandatory_flags", h->mandatory_flags);
	hexadecimal(d, "optional_flags", h->optional_flags);
	number(d, "optional_data_length", h->optional_data_length);
	text(d, "config_format", h->mandatory_flags & XSR_XL_FLAG_JSON ? "json" : "text");
	if (h->has_config)
		number(d, "config_length", h->config_length);
	xl_config_begin(&d->config, h, NULL);
	/* The object stays open for what the configuration says, if any of it follows. */
	if (!h->has_config || !h->config_length || h->optional_data_length == 4)
		end(d);
}

static void describe_config(struct xsr_describer *d, const struct xsr_event *e)
{
	const struct xl_config_facts *f = &d->config.facts;

	xl_config_feed(&d->config, NULL, e->u.bytes.data, e->u.bytes.length, e->offset, e->u.bytes.last);
	if (!e->u.bytes.last)
		return;
	if (f->type[0])
		text(d, "guest_type", f->type);
	if (f->name[0])
		text(d, "guest_name", f->name);
	if (f->uuid[0])
		text(d, "guest_uuid", f->uuid);
	if (f->has_max_vcpus)
		number(d, "max_vcpus", f->max_vcpus);
	if (f->has_max_memkb)
		number(d, "max_memkb", f->max_memkb);
	end(d);
}

static void describe_libxl(struct xsr_describer *d, const struct xsr_event *e)
{
	header_begin(d, e, "libxl");
	number(d, "version", e->u.libxl.version);
	hexadecimal(d, "options", e->u.libxl.options);
	text(d, "byte_order", e->u.libxl.options & XSR_LIBXL_OPTION_BIG_ENDIAN ? "big" : "little");
	boolean(d, "converted", e->u.libxl.options & XSR_LIBXL_OPTION_LEGACY);
	end(d);
}

static void describe_image(struct xsr_describer *d, const struct xsr_event *e)
{
	header_begin(d, e, "image");
	number(d, "version", e->u.image.version);
	hexadecimal(d, "options", e->u.image.options);
	text(d, "byte_order", e->u.image.options & XSR_IMAGE_OPTION_BIG_ENDIAN ? "big" : "little");
	d->facts.image_version = e->u.image.version;
	end(d);
}

static void describe_domain(struct xsr_describer *d, const struct xsr_event *e)
{
	const struct xsr_domain_header *h = &e->u.domain;

	header_begin(d, e, "domain");
	number(d, "domain_type", h->type);
	text(d, "domain_type_name",
	    h->type == XSR_DOMAIN_X86_PV ? "x86 PV" : h->type == XSR_DOMAIN_X86_HVM ? "x86 HVM" : "unknown");
	number(d, "page_shift", h->page_shift);
	number(d, "xen_major", h->xen_major);
	number(d, "xen_minor", h->xen_minor);
	d->facts.domain_type = h->type;
	d->facts.xen_major = h->xen_major;
	d->facts.xen_minor = h->xen_minor;
	d->facts.has_domain = true;
	end(d);
}

static void record_begin(struct xsr_describer *d, const struct xsr_event *e)
{
	const struct xsr_record *r = e->record;
	const char *name = xsr_record_name(r->layer, r->type);

	begin(d);
	text(d, "layer", xsr_layer_name(r->layer));
	number(d, "record", r->index);
	hexadecimal(d, "type", r->type);
	text(d, "name", name ? name : r->type & XSR_RECORD_OPTIONAL ? "unknown optional" : "unknown");
	number(d, "offset", r->offset);
	number(d, "length", r->length);
}

static void record_body(struct xsr_describer *d, const struct xsr_event *e)
{
	const struct record_family *family = family_find(e->record->layer, e->record->type);

	family_describe(family, &d->nested, &d->walk, &d->facts, e);
}

static void record_end(struct xsr_describer *d)
{
	while (d->depth)
		end(d);
}

void xsr_describer_event(struct xsr_describer *d, const struct xsr_event *e)
{
	switch (e->type) {
	case XSR_EVENT_XL_HEADER:
		describe_xl(d, e);
		break;
	case XSR_EVENT_XL_CONFIG:
		describe_config(d, e);
		break;
	case XSR_EVENT_LIBXL_HEADER:
		describe_libxl(d, e);
		break;
	case XSR_EVENT_IMAGE_HEADER:
		describe_image(d, e);
		break;
	case XSR_EVENT_DOMAIN_HEADER:
		describe_domain(d, e);
		break;
	case XSR_EVENT_RECORD:
		record_begin(d, e);
		break;
	case XSR_EVENT_BODY:
		record_body(d, e);
		break;
	case XSR_EVENT_BATCH:
		number(d, "count", e->u.batch.count);
		break;
	case XSR_EVENT_PAYLOAD:
		number(d, "data_pages", e->u.payload.expected / XSR_PAGE_SIZE);
		break;
	case XSR_EVENT_RECORD_END:
		record_end(d);
		break;
	default:
		break;
	}
}

void xsr_describer_finish(struct xsr_describer *d)
{
	record_end(d);
}
