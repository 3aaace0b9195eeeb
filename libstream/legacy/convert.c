/* SPDX-License-Identifier: MIT */
/* The order of the output: headers, what an event becomes, rounds: specs/legacy-stream.md §7. */
#include "legacy/convert.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What other images have for Xen's version: 0 says that a converter made them, 1 is Xen's converter's own version. */
#define CONVERTER_MAJOR 0u
#define CONVERTER_MINOR 1u
#define DROP_QEMU       "no place in this format, or not wanted"

void convert_start(struct convert *c, const struct xsr_convert_options *options, struct xsr_convert_result *result,
    const struct convert_port *port, xsr_finding_fn *report, void *context)
{
	memset(c, 0, sizeof(*c));
	c->options = options;
	c->result = result;
	c->port = port;
	c->report = report;
	c->report_context = context;
	c->tail = PLACE_TAIL_A;
	result->container = XSR_FORMAT_LEGACY;
}

void convert_release(struct convert *c)
{
	free(c->toolstack);
	unpack_free(&c->unpack);
}

static void about(struct xsr_finding *f, enum finding_id id, const struct xsr_legacy_event *e, uint64_t offset,
    const char *field)
{
	finding_make(f, id, XSR_LAYER_LEGACY, offset, field);
	if (!e || !e->chunk)
		return;
	f->record = e->chunk->index;
	f->record_type = (uint32_t)e->chunk->id;
	f->type_name = e->chunk->name;
}

struct xsr_finding *convert_fault(struct convert *c, enum finding_id id, const struct xsr_legacy_event *e,
    uint64_t offset, const char *field)
{
	about(&c->error, id, e, offset, field);
	return &c->error;
}

void convert_report(struct convert *c, enum finding_id id, const struct xsr_legacy_event *e, const char *field,
    const char *allowed, const char *found, ...)
{
	struct xsr_finding f;
	char text[sizeof(f.found)];
	va_list args;

	va_start(args, found);
	vsnprintf(text, sizeof(text), found, args);
	va_end(args);
	about(&f, id, e, e ? e->offset : c->here, field);
	finding_found(&f, "%s", text);
	finding_allowed(&f, "%s", allowed);
	c->report(c->report_context, &f);
}

static bool write_buffer(struct convert *c, const struct xsr_buffer *b)
{
	return c->port->write(c->port->context, b->data, b->length);
}

bool convert_record_header(struct convert *c, uint32_t type, uint32_t length)
{
	uint8_t bytes[XSR_RECORD_HEADER_SIZE];
	struct xsr_buffer b = {.data = bytes, .size = sizeof(bytes)};

	c->port->mark(c->port->context, 0, c->here, false);
	return xsr_encode_record_header(&b, type, length, false) == XSR_OK && write_buffer(c, &b);
}

bool convert_record(struct convert *c, uint32_t type, const void *head, size_t head_length, const void *body,
    size_t length)
{
	static const uint8_t zeros[8];
	uint32_t total = (uint32_t)(head_length + length);
	const struct convert_port *p = c->port;

	if (!convert_record_header(c, type, total) || (head_length && !p->write(p->context, head, head_length)))
		return false;
	if (c->verbatim)
		p->mark(p->context, 0, c->here, true);
	return (!length || p->write(p->context, body, length)) && p->write(p->context, zeros, xsr_padding(total));
}

bool convert_verbatim(struct convert *c, uint32_t type, const void *head, size_t head_length, const void *body,
    size_t length)
{
	bool ok;

	c->verbatim = true;
	ok = convert_record(c, type, head, head_length, body, length);
	c->verbatim = false;
	return ok;
}

bool convert_piece(struct convert *c, const struct xsr_legacy_event *e)
{
	static const uint8_t zeros[8];
	const struct convert_port *p = c->port;

	p->mark(p->context, 0, e->offset, true);
	if (!p->write(p->context, e->u.bytes.data, e->u.bytes.length))
		return false;
	return !e->u.bytes.last ||
	    p->write(p->context, zeros, xsr_padding((uint32_t)(e->u.bytes.position + e->u.bytes.length)));
}

static enum xsr_format choose_format(const struct convert *c, bool in_xl)
{
	if (c->options->format != XSR_FORMAT_UNKNOWN)
		return c->options->format;
	return in_xl || c->options->config ? XSR_FORMAT_XL : XSR_FORMAT_LIBXL;
}

static bool write_xl_header(struct convert *c, const struct xsr_xl_header *header)
{
	uint8_t bytes[XSR_XL_HEADER_SIZE + 4];
	struct xsr_buffer b = {.data = bytes, .size = sizeof(bytes)};

	c->xl_written = true;
	return xsr_encode_xl_header(&b, header) == XSR_OK && write_buffer(c, &b);
}

/* A header of our own, with the configuration that was given, or none. */
static bool write_own_xl_header(struct convert *c)
{
	const struct xsr_convert_options *o = c->options;
	struct xsr_xl_header header = {
	    .mandatory_flags = XSR_XL_FLAG_STREAMV2 | (o->config && o->config_json ? XSR_XL_FLAG_JSON : 0),
	    .optional_data_length = o->config ? (uint32_t)o->config_length + 4 : 0,
	    .has_config = o->config != NULL,
	    .config_length = (uint32_t)o->config_length,
	};

	return write_xl_header(c, &header) &&
	    (!o->config || c->port->write(c->port->context, o->config, o->config_length));
}

static bool on_container(struct convert *c, const struct xsr_legacy_event *e)
{
	bool xl = e->u.container.format == XSR_FORMAT_XL, asked;
	struct xsr_xl_header header = e->u.container.xl;

	c->result->container = e->u.container.format;
	c->result->structured = e->u.container.structured;
	c->result->has_config = e->u.container.config_length != 0;
	c->format = choose_format(c, xl);
	c->pass_config = xl && c->format == XSR_FORMAT_XL && !c->options->config;
	/* Who asks for a stream without a place for it has it elsewhere. */
	asked = c->options->format == XSR_FORMAT_LIBXC || c->options->format == XSR_FORMAT_LIBXL;
	if (c->result->has_config && !c->pass_config && !c->options->config && !asked)
		convert_report(c, F_LEGACY_CONFIG, e, "", "that of xl; --config=FILE gives the new image one",
		    "that of %s", xsr_format_name(e->u.container.format));
	if (c->options->demand.xl && c->format == XSR_FORMAT_LIBXC)
		convert_report(c, F_LEGACY_DROPPED, e, "", "a place in front of a libxl stream: -f xl",
		    "xl header with the configuration");
	if (!c->pass_config)
		return true;
	header.mandatory_flags |= XSR_XL_FLAG_STREAMV2;
	return write_xl_header(c, &header);
}

static bool write_image_headers(struct convert *c)
{
	const struct xsr_image_header image = {.version = c->options->version ? c->options->version : 3};
	const struct xsr_domain_header domain = {
	    .type = c->head.hvm ? XSR_DOMAIN_X86_HVM : XSR_DOMAIN_X86_PV,
	    .page_shift = 12,
	    .xen_major = CONVERTER_MAJOR,
	    .xen_minor = CONVERTER_MINOR,
	};
	const struct xsr_libxl_header libxl = {.version = XSR_LIBXL_VERSION, .options = XSR_LIBXL_OPTION_LEGACY};
	uint8_t bytes[128];
	struct xsr_buffer b = {.data = bytes, .size = sizeof(bytes)};

	if (c->format != XSR_FORMAT_LIBXC && (xsr_encode_libxl_header(&b, &libxl) != XSR_OK ||
	    xsr_encode_record(&b, XSR_LIBXL_LIBXC_CONTEXT, NULL, 0, false) != XSR_OK))
		return false;
	return xsr_encode_image_header(&b, &image) == XSR_OK &&
	    xsr_encode_domain_header(&b, &domain, false) == XSR_OK && write_buffer(c, &b);
}

static bool on_head(struct convert *c, const struct xsr_legacy_event *e)
{
	struct xsr_pv_info info = {.width = (uint8_t)e->u.head.guest_width, .levels = (uint8_t)e->u.head.guest_levels};
	uint8_t bytes[16];
	struct xsr_buffer b = {.data = bytes, .size = sizeof(bytes)};

	c->head = e->u.head;
	c->result->head = e->u.head;
	if (c->format == XSR_FORMAT_UNKNOWN)
		c->format = choose_format(c, false);
	c->result->format = c->format;
	if (c->format == XSR_FORMAT_XL && !c->xl_written && !write_own_xl_header(c))
		return false;
	if (!write_image_headers(c))
		return false;
	if (!c->head.hvm && (xsr_pv_info_encode(&b, false, &info) != XSR_OK ||
	    !convert_record(c, XSR_LIBXC_X86_PV_INFO, NULL, 0, b.data, b.length)))
		return false;
	if (c->options->version != 2 && !convert_record(c, XSR_LIBXC_STATIC_DATA_END, NULL, 0, NULL, 0))
		return false;
	if (c->head.hvm)
		return true;
	b.length = 0;
	return xsr_p2m_frames_encode(&b, false, 0, (uint32_t)c->head.p2m_size - 1) == XSR_OK &&
	    convert_record_header(c, XSR_LIBXC_X86_PV_P2M_FRAMES, 8 + 8 * c->head.frames) && write_buffer(c, &b);
}

static bool on_frames(struct convert *c, const struct xsr_legacy_event *e)
{
	uint8_t bytes[8 * 1024];
	struct xsr_buffer b = {.data = bytes, .size = sizeof(bytes)};

	c->port->mark(c->port->context, 0, e->offset, false);
	return xsr_encode_pfns(&b, e->u.list.entries, e->u.list.count, false) == XSR_OK && write_buffer(c, &b);
}

static bool on_tsc(struct convert *c, const struct xsr_tsc_info *tsc)
{
	uint8_t bytes[XSR_TSC_INFO_SIZE];
	struct xsr_buffer b = {.data = bytes, .size = sizeof(bytes)};

	return xsr_tsc_info_encode(&b, false, tsc) == XSR_OK &&
	    convert_record(c, XSR_LIBXC_X86_TSC_INFO, NULL, 0, b.data, b.length);
}

static uint32_t count_vcpus(const struct xsr_legacy_chunk *chunk)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i <= chunk->max_vcpu; i++)
		n += (uint32_t)(chunk->vcpu_map[i / 64] >> (i % 64) & 1);
	return n;
}

static bool on_chunk(struct convert *c, const struct xsr_legacy_event *e)
{
	const struct xsr_legacy_chunk *chunk = e->chunk;

	if (chunk->id > 0) {
		c->result->batches++;
		return true;
	}
	c->result->chunks++;
	switch (chunk->id) {
	case XSR_LEGACY_VERIFY:
		/* Restorers compare all that follows, later rounds too, and never look at another page. */
		c->comparing = !c->options->like_xen;
		if (c->comparing)
			convert_report(c, F_LEGACY_DROPPED, e, "", "", "pages sent again to compare with");
		return true;
	case XSR_LEGACY_VCPU_INFO:
		c->has_vcpu_info = true;
		c->result->vcpus = count_vcpus(chunk);
		return true;
	case XSR_LEGACY_TSC_INFO:
		return on_tsc(c, &chunk->tsc);
	case XSR_LEGACY_LAST_CHECKPOINT:
		c->last_checkpoint = true;
		return true;
	case XSR_LEGACY_TMEM:
	case XSR_LEGACY_TMEM_EXTRA:
		convert_report(c, F_LEGACY_DROPPED, e, "", "", "transcendent memory");
		return true;
	case XSR_LEGACY_TOOLSTACK:
		c->toolstack_length = 0;
		c->toolstack_offset = chunk->offset + 8;
		return true;
	default:
		return !xsr_legacy_chunk_param(chunk->id) || convert_param(c, chunk);
	}
}

/* True if this round's tail can be followed by another round. */
static bool checkpointed(const struct convert *c)
{
	return c->options->keep_checkpoints && !c->last_checkpoint;
}

static bool on_body_end(struct convert *c, const struct xsr_legacy_event *e)
{
	if (!convert_body_complete(c, e))
		return false;
	c->aside = !c->options->keep_checkpoints && (c->round || !c->last_checkpoint);
	c->comparing = false;
	c->telling = (struct pv_tail){0};
	if (c->aside && !c->port->redirect(c->port->context, c->tail))
		return false;
	return convert_params(c);
}

/* The libxc image is complete; what libxl has to say follows. */
static bool on_tail_end(struct convert *c)
{
	c->told = c->telling;
	if (!convert_record(c, checkpointed(c) ? XSR_LIBXC_CHECKPOINT : XSR_LIBXC_END, NULL, 0, NULL, 0))
		return false;
	return c->format == XSR_FORMAT_LIBXC || !c->head.hvm || convert_toolstack_record(c);
}

/* Old restorers freed these; what came of them before is left out where it is known in time. */
static void on_unmapped(struct convert *c, const struct xsr_legacy_event *e)
{
	const uint64_t *pfns = e->u.list.entries;
	struct pv_tail *t = &c->telling;
	struct xsr_legacy_event there = {.offset = e->offset};

	if (!e->u.list.first)
		t->unmapped_at = e->offset;
	for (size_t i = 0; i < e->u.list.count && !t->unsorted; i++) {
		uint64_t before = i ? pfns[i - 1] : t->last_unmapped;

		if ((!i && !e->u.list.first) || pfns[i] > before)
			continue;
		t->unsorted = true;
		there.offset += i * c->head.width;
		convert_report(c, F_LEGACY_UNMAPPED_ORDER, &there, "pfn", "pfns that ascend",
		    "0x%" PRIx64 " behind 0x%" PRIx64, pfns[i], before);
	}
	t->last_unmapped = pfns[e->u.list.count - 1];
	t->unmapped = e->u.list.total;
}

static bool write_emulator_head(struct convert *c, uint64_t length)
{
	static const uint8_t head[8];

	return convert_record_header(c, XSR_LIBXL_EMULATOR_CONTEXT, (uint32_t)length + sizeof(head)) &&
	    c->port->write(c->port->context, head, sizeof(head));
}

static bool on_qemu(struct convert *c, const struct xsr_legacy_event *e)
{
	uint64_t length = e->u.qemu.length;

	c->result->has_qemu = true;
	c->result->qemu = e->u.qemu.framing;
	c->qemu_open = c->format != XSR_FORMAT_LIBXC && !c->options->skip_qemu;
	c->qemu_unknown = false;
	if (!c->qemu_open) {
		if (!c->options->skip_qemu)
			convert_report(c, F_LEGACY_DROPPED, e, "", DROP_QEMU, "state of the device model");
		return true;
	}
	if (length != UINT64_MAX)
		return write_emulator_head(c, length);
	c->qemu_unknown = true;
	return c->port->redirect(c->port->context, PLACE_BLOB);
}

/* The length of a state that ends with the input is known at its end. */
static bool close_qemu(struct convert *c)
{
	static const uint8_t zeros[8];
	const struct convert_port *p = c->port;
	uint64_t length = p->aside(p->context, PLACE_BLOB);

	if (!c->qemu_unknown)
		return true;
	c->qemu_unknown = false;
	return p->redirect(p->context, c->aside ? c->tail : c->round ? PLACE_BODY : PLACE_OUT) &&
	    write_emulator_head(c, length) && p->replay(p->context, PLACE_BLOB) &&
	    p->write(p->context, zeros, xsr_padding((uint32_t)length));
}

static bool on_qemu_data(struct convert *c, const struct xsr_legacy_event *e)
{
	if (!c->qemu_open)
		return true;
	if (c->qemu_unknown)
		return c->port->write(c->port->context, e->u.bytes.data, e->u.bytes.length);
	return convert_piece(c, e);
}

/* A round is complete: what was put aside for it goes out, but for its tail as long as another one may follow. */
static bool complete_round(struct convert *c)
{
	const struct convert_port *p = c->port;

	if (!close_qemu(c))
		return false;
	if (c->head.hvm && !c->result->has_qemu && !c->options->skip_qemu && c->format != XSR_FORMAT_LIBXC)
		convert_report(c, F_LEGACY_NO_QEMU, NULL, "", "", "none");
	if (c->format != XSR_FORMAT_LIBXC &&
	    !convert_record(c, checkpointed(c) ? XSR_LIBXL_CHECKPOINT_END : XSR_LIBXL_END, NULL, 0, NULL, 0))
		return false;
	if (!p->redirect(p->context, PLACE_OUT))
		return false;
	if (c->round && !p->replay(p->context, PLACE_BODY))
		return false;
	if (!c->aside)
		return true;
	if (c->have_tail && !p->clear(p->context, c->tail == PLACE_TAIL_A ? PLACE_TAIL_B : PLACE_TAIL_A))
		return false;
	c->have_tail = true;
	c->tail = c->tail == PLACE_TAIL_A ? PLACE_TAIL_B : PLACE_TAIL_A;
	return true;
}

static bool on_round(struct convert *c, const struct xsr_legacy_event *e)
{
	if (!complete_round(c))
		return false;
	c->round = e->round;
	c->has_vcpu_info = false;
	c->compressed_at = 0;
	c->param_count = 0;
	c->toolstack_length = 0;
	c->result->has_qemu = false;
	c->aside = false;
	return c->port->redirect(c->port->context, PLACE_BODY);
}

bool convert_finish(struct convert *c, const struct xsr_legacy *decoder)
{
	const struct convert_port *p = c->port;
	bool complete = xsr_legacy_rounds(decoder) > c->round;

	c->result->rounds = xsr_legacy_rounds(decoder);
	c->result->torn = xsr_legacy_torn(decoder);
	c->result->release = xsr_legacy_release(decoder);
	c->here = xsr_legacy_offset(decoder);
	if (c->given_back)
		convert_report(c, F_LEGACY_LEFT_OUT, NULL, "", "", "%" PRIu64 " pages", c->given_back);
	if (c->result->torn)
		convert_report(c, F_LEGACY_TORN, NULL, "", "", "%" PRIu64 " complete before it", c->result->rounds);
	if (complete && !complete_round(c))
		return false;
	if (!p->redirect(p->context, PLACE_OUT))
		return false;
	/* complete_round() made the other one this round's. */
	if (c->have_tail)
		return p->replay(p->context, c->tail == PLACE_TAIL_A ? PLACE_TAIL_B : PLACE_TAIL_A);
	return true;
}

static bool on_blob(struct convert *c, const struct xsr_legacy_event *e)
{
	/* The first kind is what the toolstack says about itself, not a part of the guest. */
	if (e->u.blob.type != 0xf)
		convert_report(c, F_LEGACY_DROPPED, e, "", "", "record 0x%" PRIx64 " of xapi's", e->u.blob.type);
	return true;
}

/* A captured migration ends with what the sender told the receiver. */
static bool on_trailer(struct convert *c, const struct xsr_legacy_event *e)
{
	static const char go[] = "domain is yours, you are cleared to unpause";

	if (e->u.bytes.position < sizeof(go) && e->u.bytes.length <= sizeof(go) - e->u.bytes.position &&
	    memcmp(e->u.bytes.data, go + e->u.bytes.position, e->u.bytes.length) == 0) {
		if (!e->u.bytes.position)
			convert_report(c, F_STREAM_GO_MESSAGE, e, "", "", "%s", go);
		return true;
	}
	finding_found(convert_fault(c, F_LEGACY_TRAILING, e, e->offset, ""), "0x%02x", e->u.bytes.data[0]);
	finding_allowed(&c->error, "nothing, or another round");
	return false;
}

bool convert_event(struct convert *c, const struct xsr_legacy_event *e)
{
	c->here = e->offset;
	switch (e->type) {
	case XSR_LEGACY_CONTAINER:
		return on_container(c, e);
	case XSR_LEGACY_CONFIG:
	case XSR_LEGACY_CONFIG_TAIL:
		return !c->pass_config || c->port->write(c->port->context, e->u.bytes.data, e->u.bytes.length);
	case XSR_LEGACY_BLOB:
		return on_blob(c, e);
	case XSR_LEGACY_HEAD:
		return on_head(c, e);
	case XSR_LEGACY_FRAMES:
		return on_frames(c, e);
	case XSR_LEGACY_CHUNK:
		return on_chunk(c, e);
	case XSR_LEGACY_ENTRIES:
		return convert_entries(c, e);
	case XSR_LEGACY_PAYLOAD:
		return convert_payload(c, e);
	case XSR_LEGACY_CHUNK_DATA:
		return e->chunk->id == XSR_LEGACY_TOOLSTACK ? convert_toolstack(c, e) : convert_compressed(c, e);
	case XSR_LEGACY_BODY_END:
		return on_body_end(c, e);
	case XSR_LEGACY_HVM_TAIL:
		return convert_hvm_tail(c, e);
	case XSR_LEGACY_HVM_CONTEXT:
		return convert_piece(c, e);
	case XSR_LEGACY_VCPU:
		return convert_vcpu(c, e);
	case XSR_LEGACY_VCPU_EXTENDED:
		return convert_vcpu_extended(c, e);
	case XSR_LEGACY_VCPU_XSAVE:
		return convert_vcpu_xsave(c, e);
	case XSR_LEGACY_SHARED_INFO:
		return convert_verbatim(c, XSR_LIBXC_SHARED_INFO, NULL, 0, e->u.bytes.data, e->u.bytes.length);
	case XSR_LEGACY_TAIL_END:
		return on_tail_end(c);
	case XSR_LEGACY_QEMU:
		return on_qemu(c, e);
	case XSR_LEGACY_QEMU_DATA:
		return on_qemu_data(c, e);
	case XSR_LEGACY_ROUND:
		return on_round(c, e);
	case XSR_LEGACY_TRAILER:
		return on_trailer(c, e);
	case XSR_LEGACY_UNMAPPED:
		on_unmapped(c, e);
		return true;
	case XSR_LEGACY_BLOB_DATA:
	case XSR_LEGACY_PAGES:
		break;
	}
	return true;
}
