/* SPDX-License-Identifier: MIT */
/* EMULATOR_CONTEXT, and the head that it shares with EMULATOR_XENSTORE_DATA: specs/libxl-stream.md §4.3, §4.4, §6. */
#include "libxl/emulator.h"

#include <inttypes.h>
#include <string.h>

#include <libstream/records.h>

#define HEAD XSR_EMULATOR_HEAD_SIZE

/* Byte offsets in QEMU's state. */
#define AT_MAGIC   0u
#define AT_VERSION 4u
#define AT_SECTION 8u
#define AT_NAME    14u

/* The first section's header with the longest name. Behind it come bytes that only the device can tell apart. */
#define STATE_HEAD_MAX (AT_NAME + 255u + 8u)

/* What is remembered of a body from piece to piece. */
struct state {
	uint8_t bytes[HEAD + STATE_HEAD_MAX]; /* its beginning */
	size_t held;                          /* bytes of it */
	uint8_t last;                         /* latest byte of the body */
};

_Static_assert(sizeof(struct state) <= FAMILY_STATE_MAX, "fits where families keep their state");

static const char *const names[] = {"unknown", "qemu-traditional", "qemu"};

#define EMULATORS (sizeof(names) / sizeof(names[0]))

const char *xsr_emulator_name(uint32_t id)
{
	return id < EMULATORS ? names[id] : NULL;
}

enum xsr_status xsr_emulator_decode(const void *body, size_t length, bool big_endian, struct xsr_emulator *e)
{
	struct reader r = reader_make(body, length, big_endian);

	e->id = reader_u32(&r);
	e->index = reader_u32(&r);
	if (r.failed)
		return XSR_E_CORRUPT;
	e->length = reader_left(&r);
	e->data = reader_skip(&r, e->length);
	return XSR_OK;
}

enum xsr_status xsr_emulator_encode(struct xsr_buffer *out, bool big_endian, const struct xsr_emulator *e)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, big_endian);

	writer_u32(&w, e->id);
	writer_u32(&w, e->index);
	writer_bytes(&w, e->data, e->length);
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}

enum xsr_status xsr_qemu_state_decode(const void *data, size_t length, struct xsr_qemu_state *s)
{
	struct reader r = reader_make(data, length, true);

	memset(s, 0, sizeof(*s));
	s->magic = reader_u32(&r);
	s->version = reader_u32(&r);
	s->section = reader_u8(&r);
	s->section_id = reader_u32(&r);
	s->name_length = reader_u8(&r);
	s->name = reader_skip(&r, s->name_length);
	s->instance = reader_u32(&r);
	s->section_version = reader_u32(&r);
	return r.failed ? XSR_E_CORRUPT : XSR_OK;
}

uint32_t emulator_check_head(const struct check *c, const uint8_t *head)
{
	const struct image_facts *f = c->facts;
	uint32_t id = load_u32(head + EMULATOR_AT_ID, c->record->big_endian);
	uint32_t index = load_u32(head + EMULATOR_AT_INDEX, c->record->big_endian);

	if (id >= EMULATORS)
		check_report(c, F_EMULATOR_ID, EMULATOR_AT_ID, "emulator_id", "0 to 2", "%" PRIu32, id);
	if (c->depth < XSR_DEPTH_STREAM)
		return id;
	if (id == XSR_EMULATOR_UNKNOWN && f->has_domain && f->xen_major)
		check_report(c, F_EMULATOR_UNKNOWN_ID, EMULATOR_AT_ID, "emulator_id", "1 or 2", "0");
	if (id == XSR_EMULATOR_QEMU_TRADITIONAL && release_reached(&f->target, 21, 0))
		check_report(c, F_AGAINST_EMULATOR, EMULATOR_AT_ID, "emulator_id", "2 (qemu) since Xen 4.21",
		    "1 (qemu-traditional)");
	if (index)
		check_report(c, F_EMULATOR_INDEX, EMULATOR_AT_INDEX, "index", "0", "%" PRIu32, index);
	return id;
}

void emulator_describe_head(const struct xsr_visitor *v, bool big_endian, const uint8_t *head)
{
	uint32_t id = load_u32(head + EMULATOR_AT_ID, big_endian);

	v->number(v->context, "emulator_id", id, XSR_DECIMAL);
	if (xsr_emulator_name(id))
		v->text(v->context, "emulator", xsr_emulator_name(id));
	v->number(v->context, "index", load_u32(head + EMULATOR_AT_INDEX, big_endian), XSR_DECIMAL);
}

static void gather(struct state *st, const uint8_t *data, size_t length)
{
	size_t n = sizeof(st->bytes) - st->held;

	if (n > length)
		n = length;
	if (n)
		memcpy(st->bytes + st->held, data, n);
	st->held += n;
	st->last = data[length - 1];
}

/* The first section of the state; `have` bytes of the state are here, the rest is longer than any header. */
static void check_section(const struct check *c, const uint8_t *data, size_t have)
{
	struct xsr_qemu_state s;
	enum xsr_status status = xsr_qemu_state_decode(data, have, &s);

	if (have > AT_SECTION && s.section != XSR_QEMU_SECTION_FULL)
		check_report(c, F_EMULATOR_SECTION, HEAD + AT_SECTION, "section", "0x04, a full section", "0x%02x",
		    s.section);
	else if (status != XSR_OK)
		check_report(c, F_EMULATOR_SECTION, HEAD + AT_SECTION, "section", "a whole section header",
		    "%zu bytes", have - AT_SECTION);
	else if (!s.name_length)
		check_report(c, F_EMULATOR_SECTION, HEAD + AT_NAME - 1, "name", "a name", "none");
}

/* What can be told of QEMU's state: payloads of sections have no length, so only the first one can be found. */
static void check_state(const struct check *c, const struct state *st)
{
	const uint8_t *data = st->bytes + HEAD;
	size_t have = st->held - HEAD;
	uint32_t version;

	if (have < AT_VERSION || load_u32(data + AT_MAGIC, true) != XSR_QEMU_MAGIC) {
		check_report(c, F_EMULATOR_MAGIC, HEAD + AT_MAGIC, "magic", "0x5145564d",
		    have < 4 ? "%" PRIu32 " bytes" : "0x%08" PRIx32,
		    have < 4 ? (uint32_t)have : load_u32(data + AT_MAGIC, true));
		return;
	}
	version = have < AT_SECTION ? 0 : load_u32(data + AT_VERSION, true);
	if (version != 2 && version != 3) {
		check_report(c, F_EMULATOR_VERSION, HEAD + AT_VERSION, "version", "2 or 3", "%" PRIu32, version);
		return;
	}
	check_section(c, data, have);
	if (st->last)
		check_report(c, F_EMULATOR_END, c->record->length - 1, "end", "0x00", "0x%02x", st->last);
}

static void piece(void *state, const struct check *c, const uint8_t *data, size_t length, uint64_t position,
    bool last)
{
	struct state *st = state;
	uint32_t id;

	(void)position;
	gather(st, data, length);
	if (!last)
		return;
	id = emulator_check_head(c, st->bytes);
	if (c->depth < XSR_DEPTH_STREAM)
		return;
	if (c->record->length == HEAD)
		check_report(c, F_EMULATOR_EMPTY, HEAD, "state", "the device model's state", "none");
	else if (id == XSR_EMULATOR_QEMU || id == XSR_EMULATOR_UNKNOWN)
		check_state(c, st);
}

static void describe_section(const struct xsr_visitor *v, const struct xsr_qemu_state *s)
{
	char name[256];

	memcpy(name, s->name, s->name_length);
	name[s->name_length] = '\0';
	v->begin(v->context, "first_section", false);
	v->number(v->context, "kind", s->section, XSR_HEXADECIMAL);
	v->number(v->context, "id", s->section_id, XSR_DECIMAL);
	v->text(v->context, "name", name);
	v->number(v->context, "instance", s->instance, XSR_DECIMAL);
	v->number(v->context, "version", s->section_version, XSR_DECIMAL);
	v->end(v->context);
}

static void describe_piece(void *state, const struct xsr_visitor *v, const struct image_facts *facts,
    bool big_endian, const uint8_t *data, size_t length, uint64_t position, bool last)
{
	struct state *st = state;
	struct xsr_qemu_state s;
	enum xsr_status status;

	(void)facts;
	gather(st, data, length);
	if (!last)
		return;
	emulator_describe_head(v, big_endian, st->bytes);
	v->number(v->context, "state_length", position + length - HEAD, XSR_DECIMAL);
	status = xsr_qemu_state_decode(st->bytes + HEAD, st->held - HEAD, &s);
	if (s.magic != XSR_QEMU_MAGIC)
		return;
	v->number(v->context, "qemu_version", s.version, XSR_DECIMAL);
	if (status == XSR_OK)
		describe_section(v, &s);
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	struct xsr_emulator e;

	(void)facts;
	return xsr_emulator_decode(body, length, big_endian, &e) == XSR_OK &&
	    xsr_emulator_encode(out, big_endian, &e) == XSR_OK;
}

const struct record_family emulator_context_family = {
    .layer = XSR_LAYER_LIBXL,
    .type = XSR_LIBXL_EMULATOR_CONTEXT,
    .guests = GUEST_HVM,
    .min_length = HEAD,
    .max_length = UINT32_MAX,
    .multiple = 1,
    .bad_length = F_EMULATOR_LENGTH,
    .piece = piece,
    .state_size = sizeof(struct state),
    .describe_piece = describe_piece,
    .recode = recode,
};
