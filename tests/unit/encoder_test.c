/* SPDX-License-Identifier: MIT */
/* The encoder: decoding and encoding gives the same bytes; nothing is written where it does not fit. */
#include "feed.h"
#include "unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "family.h"

/* Encodes events and compares with the input as it goes. */
struct mirror {
	struct xsr_encoder *encoder; /* the one under test */
	const struct feed_blob *in;  /* what was fed */
	const char *name;            /* for messages */
	size_t length;               /* bytes encoded so far, all of them as in the input */
	uint8_t *room;               /* for one event */
	size_t size;                 /* of it */
};

static void mirror_event(void *context, const struct xsr_event *e)
{
	struct mirror *m = context;
	struct xsr_buffer out = {.data = m->room, .size = m->size}, none = {.data = m->room, .size = 0};
	enum xsr_status status = xsr_encoder_event(m->encoder, e, &out);

	require(status == XSR_OK, "%s: event %d at %" PRIu64 ": %s", m->name, (int)e->type, e->offset,
	    xsr_status_name(status));
	require(out.length <= out.size, "%s: more bytes than room", m->name);
	require(out.length <= m->in->size - m->length &&
	    memcmp(m->room, m->in->data + m->length, out.length) == 0,
	    "%s: event %d at %" PRIu64 " is encoded differently", m->name, (int)e->type, e->offset);
	m->length += out.length;
	/* Room for one byte less is no room. */
	none.size = out.length ? out.length - 1 : 0;
	status = xsr_encoder_event(m->encoder, e, &none);
	require(status == (out.length ? XSR_E_LIMIT : XSR_OK) && !none.length, "%s: event %d at %" PRIu64
	    " without room: %s", m->name, (int)e->type, e->offset, xsr_status_name(status));
}

static void check_mirror(const struct feed_vector *v, const struct feed_blob *blob, size_t chunk, uint8_t *room,
    size_t size)
{
	struct mirror m = {.in = blob, .name = v->name, .room = room, .size = size};
	struct feed feed = {.chunk = chunk, .event = mirror_event, .context = &m};
	struct xsr_finding error;
	enum xsr_status status;

	m.encoder = xsr_encoder_new();
	ck_assert_ptr_nonnull(m.encoder);
	status = feed_run(&feed, blob->data, blob->size, &error);
	xsr_encoder_free(m.encoder);
	if (status == XSR_OK)
		ck_assert_msg(m.length == blob->size, "%s: %zu of %zu bytes came back", v->name, m.length,
		    blob->size);
	else
		/* All but the thing that could not be decoded came back; that is a small body at the most. */
		ck_assert_msg(m.length + XSR_WHOLE_MAX >= error.offset, "%s: %zu bytes came back, error at %" PRIu64,
		    v->name, m.length, error.offset);
}

START_TEST(decoding_and_encoding_gives_the_same_bytes)
{
	size_t number = 0;

	xsr_encoder_free(NULL);
	for (const struct feed_vector *v = feed_vectors(); v->name; v++, number++) {
		struct feed_blob blob = feed_vector_load(v);
		size_t size = blob.size > XSR_WHOLE_MAX ? blob.size : XSR_WHOLE_MAX;
		uint8_t *room = malloc(size);

		ck_assert_ptr_nonnull(room);
		/* A third of the sizes for each vector, all of them over the vectors, and always in one piece. */
		for (size_t i = 0; i < FEED_CHUNK_COUNT; i++)
			if (!feed_chunks[i] || ((i + number) % 3 == 0 && feed_chunks[i] >= feed_smallest(blob.size)))
				check_mirror(v, &blob, feed_chunks[i], room, size);
		free(room);
		feed_blob_free(&blob);
	}
}
END_TEST

/* Recodes whole bodies by their family. */
struct recoder {
	struct image_facts facts; /* as a verifier would know them */
	const char *name;         /* for messages */
	bool good;                /* no body may be refused */
	unsigned *done;           /* bodies recoded, by layer and type */
};

static void recode_event(void *context, const struct xsr_event *e)
{
	static uint8_t room[2 * XSR_WHOLE_MAX];
	struct xsr_buffer out = {.data = room, .size = sizeof(room)};
	const struct xsr_record *r = e->record;
	const struct record_family *family = r ? family_find(r->layer, r->type) : NULL;
	struct recoder *c = context;

	if (e->type == XSR_EVENT_IMAGE_HEADER)
		c->facts.image_version = e->u.image.version;
	if (e->type == XSR_EVENT_DOMAIN_HEADER) {
		c->facts.domain_type = e->u.domain.type;
		c->facts.xen_major = e->u.domain.xen_major;
		c->facts.xen_minor = e->u.domain.xen_minor;
		c->facts.has_domain = true;
	}
	if (e->type != XSR_EVENT_BODY || !family || !family->recode || !e->u.bytes.whole)
		return;
	if (family->learn)
		family->learn(&c->facts, r->big_endian, e->u.bytes.data, e->u.bytes.length);
	if (!family_length_legal(family, r->length) ||
	    !family->recode(&c->facts, r->big_endian, e->u.bytes.data, e->u.bytes.length, &out)) {
		require(!c->good, "%s: %s record %" PRIu64 " is refused", c->name, xsr_record_name(r->layer, r->type),
		    r->index);
		return;
	}
	require(out.length == e->u.bytes.length && memcmp(room, e->u.bytes.data, out.length) == 0,
	    "%s: %s record %" PRIu64 " is encoded differently", c->name, xsr_record_name(r->layer, r->type),
	    r->index);
	c->done[(r->layer == XSR_LAYER_LIBXL ? 32 : 0) + r->type]++;
}

START_TEST(bodies_survive_their_typed_form)
{
	unsigned done[64] = {0};

	for (const struct feed_vector *v = feed_vectors(); v->name; v++) {
		struct recoder c = {.name = v->name, .good = strcmp(v->verdict, "good") == 0, .done = done};
		struct feed feed = {.chunk = 4096, .skip = true, .event = recode_event, .context = &c};
		struct feed_blob blob = feed_vector_load(v);

		feed_run(&feed, blob.data, blob.size, NULL);
		feed_blob_free(&blob);
	}
	for (unsigned i = 0; i < 64; i++) {
		const struct record_family *family = family_find(i < 32 ? XSR_LAYER_LIBXC : XSR_LAYER_LIBXL, i % 32);

		if (family && family->recode)
			ck_assert_msg(done[i] > 0, "no vector has a %s body to recode",
			    xsr_record_name(family->layer, family->type));
	}
}
END_TEST

START_TEST(records_are_padded)
{
	uint8_t room[64];

	for (uint32_t length = 0; length < 17; length++) {
		struct xsr_buffer out = {.data = room, .size = sizeof(room)};
		size_t whole = 8 + (length + 7) / 8 * 8;

		ck_assert_uint_eq(xsr_padding(length), whole - 8 - length);
		memset(room, 0x5a, sizeof(room));
		ck_assert_int_eq(xsr_encode_record(&out, 0x01020304, "abcdefghijklmnopqrst", length, true), XSR_OK);
		ck_assert_uint_eq(out.length, whole);
		ck_assert_mem_eq(room, "\1\2\3\4\0\0\0", 7);
		ck_assert_uint_eq(room[7], length);
		ck_assert_mem_eq(room + 8, "abcdefghijklmnopqrst", length);
		for (size_t i = 8 + length; i < sizeof(room); i++)
			ck_assert_uint_eq(room[i], i < whole ? 0 : 0x5a);
		/* One byte too little: nothing is written. */
		out = (struct xsr_buffer){.data = room, .size = whole - 1};
		ck_assert_int_eq(xsr_encode_record(&out, 1, "abcdefghijklmnopqrst", length, true), XSR_E_LIMIT);
		ck_assert_uint_eq(out.length, 0);
	}
	ck_assert_uint_eq(xsr_padding(UINT32_MAX), 1);
}
END_TEST

START_TEST(misuse_is_told)
{
	uint8_t room[64];
	struct xsr_buffer out = {.data = room, .size = sizeof(room)};
	struct xsr_event odd = {.type = (enum xsr_event_type)99};
	struct xsr_encoder *encoder = xsr_encoder_new();

	ck_assert_int_eq(xsr_encode_record(&out, 1, NULL, 4, false), XSR_E_MISUSE);
	ck_assert_int_eq(xsr_encode_record(&out, 1, NULL, 0, false), XSR_OK);
	ck_assert_uint_eq(out.length, 8);
	ck_assert_int_eq(xsr_encoder_event(encoder, &odd, &out), XSR_E_MISUSE);
	ck_assert_uint_eq(out.length, 8);
	xsr_encoder_free(encoder);
}
END_TEST

START_TEST(headers_are_refused_without_room)
{
	uint8_t room[64];
	struct xsr_xl_header xl = {.mandatory_flags = 3, .optional_data_length = 8, .has_config = true};
	struct xsr_libxl_header libxl = {.version = 2};
	struct xsr_image_header image = {.version = 3};
	struct xsr_domain_header domain = {.type = 1, .page_shift = 12};

	for (size_t size = 0; size <= sizeof(room); size++) {
		struct xsr_buffer out = {.data = room, .size = size};

		ck_assert_int_eq(xsr_encode_xl_header(&out, &xl), size < 52 ? XSR_E_LIMIT : XSR_OK);
		ck_assert_uint_eq(out.length, size < 52 ? 0 : 52);
		out.length = 0;
		ck_assert_int_eq(xsr_encode_libxl_header(&out, &libxl), size < 16 ? XSR_E_LIMIT : XSR_OK);
		ck_assert_uint_eq(out.length, size < 16 ? 0 : 16);
		out.length = 0;
		ck_assert_int_eq(xsr_encode_image_header(&out, &image), size < 24 ? XSR_E_LIMIT : XSR_OK);
		ck_assert_uint_eq(out.length, size < 24 ? 0 : 24);
		out.length = 0;
		ck_assert_int_eq(xsr_encode_domain_header(&out, &domain, false), size < 16 ? XSR_E_LIMIT : XSR_OK);
		ck_assert_uint_eq(out.length, size < 16 ? 0 : 16);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {decoding_and_encoding_gives_the_same_bytes, bodies_survive_their_typed_form,
	    records_are_padded, misuse_is_told, headers_are_refused_without_room, NULL};

	return unit_main("encoder", tests);
}
