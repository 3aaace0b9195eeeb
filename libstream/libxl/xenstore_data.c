/* SPDX-License-Identifier: MIT */
/* EMULATOR_XENSTORE_DATA: specs/libxl-stream.md §4.3. */
#include "libxl/xenstore_data.h"

#include <inttypes.h>
#include <string.h>

#include <libstream/records.h>

#include "libxl/emulator.h"

#define HEAD XSR_EMULATOR_HEAD_SIZE

/*
 * Longest key and value that are kept as text. xenstore's own limits are a path of 3072 and a value of 4096 bytes,
 * but what QEMU keeps there is a few dozen; longer strings are checked all the same, and described cut off.
 */
#define KEY_KEPT   256u
#define VALUE_KEPT 1024u

/* Memory regions that are followed at a time until their three keys are there. */
#define NODES     24u
#define NODE_NAME 20u

enum part {
	PART_HEAD,  /* emulator id and index */
	PART_KEY,   /* up to its NUL */
	PART_VALUE, /* up to its NUL */
};

/* Keys of a memory region that came, as bits. */
#define HAS_START 0x1u
#define HAS_SIZE  0x2u
#define HAS_NAME  0x4u
#define HAS_ALL   0x7u

/* A region physmap/NAME of which some keys came, and not all. */
struct node {
	char name[NODE_NAME]; /* terminated; "" if this place is free */
	unsigned keys;        /* HAS_* */
	uint32_t at;          /* where its first key stands in the body */
};

/* What is remembered of a body from piece to piece. */
struct state {
	enum part part;               /* of the next byte */
	uint32_t position;            /* of it in the body */
	uint32_t began;               /* where the current part began */
	uint32_t length;              /* of the current part so far */
	bool bad_key;                 /* the current key was reported */
	bool cut;                     /* the current key or value did not fit below */
	uint8_t previous;             /* byte before this one in the key */
	uint32_t pairs;               /* complete ones */
	uint8_t head[HEAD];           /* the head */
	char key[KEY_KEPT];           /* beginning of the current key, terminated when complete */
	char value[VALUE_KEPT];       /* the same of the value; describe only */
	struct node nodes[NODES];     /* regions that lack a key; check only */
};

_Static_assert(sizeof(struct state) <= FAMILY_STATE_MAX, "fits where families keep their state");

bool xsr_xenstore_next(const struct xsr_emulator *e, size_t *position, struct xsr_xenstore_pair *pair)
{
	const uint8_t *at, *key_end, *value_end;
	size_t left;

	if (*position >= e->length)
		return false;
	at = e->data + *position;
	left = e->length - *position;
	key_end = memchr(at, 0, left);
	if (!key_end)
		return false;
	left -= (size_t)(key_end - at) + 1;
	value_end = left ? memchr(key_end + 1, 0, left) : NULL;
	if (!value_end)
		return false;
	pair->key = (const char *)at;
	pair->value = (const char *)key_end + 1;
	*position = (size_t)(value_end - e->data) + 1;
	return true;
}

enum xsr_status xsr_xenstore_encode(struct xsr_buffer *out, const struct xsr_xenstore_pair *pair)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, false);

	writer_bytes(&w, pair->key, strlen(pair->key) + 1);
	writer_bytes(&w, pair->value, strlen(pair->value) + 1);
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}

/* Begins the next part behind the byte being taken. */
static void part_begin(struct state *st, enum part part)
{
	st->part = part;
	st->began = st->position + 1;
	st->length = 0;
	st->bad_key = false;
	st->previous = 0;
}

/* Keeps a byte of a string if there is room for it and a NUL. */
static void keep(struct state *st, char *text, size_t size, uint8_t byte)
{
	if (st->length + 1 < size) {
		text[st->length] = (char)byte;
		text[st->length + 1] = '\0';
	} else if (byte) {
		st->cut = true;
	}
}

static bool key_byte(uint8_t b)
{
	return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '-' || b == '/' ||
	    b == '_' || b == '@';
}

/* A key is reported once, for the first thing wrong with it. */
static void bad_key(const struct check *c, struct state *st, const char *allowed, const char *found)
{
	if (!st->bad_key)
		check_report(c, F_XENSTORE_DATA_KEY, st->position, "key", allowed, "%s", found);
	st->bad_key = true;
}

static void check_key_byte(const struct check *c, struct state *st, uint8_t byte)
{
	if (!byte && !st->length)
		bad_key(c, st, "a key", "an empty one");
	else if (!byte && st->previous == '/')
		bad_key(c, st, "no slash at the end", st->key);
	else if (byte && !key_byte(byte))
		bad_key(c, st, "letters, digits and - / _ @", "another character");
	else if (byte == '/' && !st->length)
		bad_key(c, st, "a relative key", "an absolute one");
	else if (byte == '/' && st->previous == '/')
		bad_key(c, st, "no empty part", "two slashes in a row");
	st->previous = byte;
}

/* Which of a region's keys this is, and the region's name; 0 if it is no such key. */
static unsigned region_key(const char *key, char *name)
{
	static const char *const leaves[] = {"start_addr", "size", "name"};
	const char *slash;
	size_t length;

	if (strncmp(key, "physmap/", 8) != 0)
		return 0;
	key += 8;
	slash = strchr(key, '/');
	length = slash ? (size_t)(slash - key) : 0;
	if (!length || length >= NODE_NAME)
		return 0;
	memcpy(name, key, length);
	name[length] = '\0';
	for (unsigned i = 0; i < 3; i++)
		if (strcmp(slash + 1, leaves[i]) == 0)
			return 1u << i;
	return 0;
}

/* Notes a key. A region that is complete gives its place back; with no place free a new region is let go. */
static void note_region(struct state *st)
{
	struct node *free_node = NULL;
	char name[NODE_NAME];
	unsigned bit = region_key(st->key, name);

	if (!bit)
		return;
	for (struct node *n = st->nodes; n < st->nodes + NODES; n++) {
		if (!n->name[0]) {
			free_node = free_node ? free_node : n;
			continue;
		}
		if (strcmp(n->name, name) != 0)
			continue;
		n->keys |= bit;
		if (n->keys == HAS_ALL)
			n->name[0] = '\0';
		return;
	}
	if (!free_node)
		return;
	memcpy(free_node->name, name, sizeof(name));
	free_node->keys = bit;
	free_node->at = st->began;
}

/* Takes one byte behind the head. */
static void take(struct state *st, const struct check *c, uint8_t byte)
{
	bool key = st->part == PART_KEY;

	if (key && c)
		check_key_byte(c, st, byte);
	if (key)
		keep(st, st->key, sizeof(st->key), byte);
	else
		keep(st, st->value, sizeof(st->value), byte);
	if (byte) {
		st->length++;
		return;
	}
	st->pairs += !key;
	if (key && c && c->depth >= XSR_DEPTH_STREAM)
		note_region(st);
	part_begin(st, key ? PART_VALUE : PART_KEY);
}

/* Takes one byte of the head; true when it is complete. */
static bool take_head(struct state *st, uint8_t byte)
{
	st->head[st->position] = byte;
	if (st->position + 1 < HEAD)
		return false;
	part_begin(st, PART_KEY);
	return true;
}

static void check_regions(const struct check *c, const struct state *st)
{
	for (const struct node *n = st->nodes; n < st->nodes + NODES; n++)
		if (n->name[0])
			check_report(c, F_XENSTORE_DATA_PHYSMAP, n->at, "key", "start_addr, size and name",
			    "physmap/%s without%s%s%s", n->name, n->keys & HAS_START ? "" : " start_addr",
			    n->keys & HAS_SIZE ? "" : " size", n->keys & HAS_NAME ? "" : " name");
}

/* Where pairs break off, keys of a region may be what is missing; that says nothing about the region. */
static void check_end(const struct check *c, const struct state *st)
{
	if (st->length)
		check_report(c, F_XENSTORE_DATA_NUL, st->position, st->part == PART_KEY ? "key" : "value",
		    "a NUL at its end", "end of the body");
	else if (st->part == PART_VALUE)
		check_report(c, F_XENSTORE_DATA_PAIRS, st->position, "value", "a value for each key",
		    "end of the body");
	else if (!st->pairs)
		check_report(c, F_XENSTORE_DATA_EMPTY, HEAD, "", "at least one pair", "none");
	else if (c->depth >= XSR_DEPTH_STREAM)
		check_regions(c, st);
}

static void piece(void *state, const struct check *c, const uint8_t *data, size_t length, uint64_t position,
    bool last)
{
	struct state *st = state;

	(void)position;
	for (size_t i = 0; i < length; i++, st->position++) {
		if (st->part != PART_HEAD)
			take(st, c, data[i]);
		else if (take_head(st, data[i]))
			emulator_check_head(c, st->head);
	}
	if (last)
		check_end(c, st);
}

/* A pair is complete with its value's NUL, which has just been taken. */
static void describe_pair(const struct xsr_visitor *v, const struct state *st)
{
	v->begin(v->context, NULL, false);
	v->text(v->context, "key", st->key);
	v->text(v->context, "value", st->value);
	if (st->cut)
		v->boolean(v->context, "cut", true);
	v->end(v->context);
}

static void describe_piece(void *state, const struct xsr_visitor *v, const struct image_facts *facts,
    bool big_endian, const uint8_t *data, size_t length, uint64_t position, bool last)
{
	struct state *st = state;
	uint32_t pairs;

	(void)facts;
	(void)position;
	for (size_t i = 0; i < length; i++, st->position++) {
		if (st->part == PART_HEAD) {
			if (!take_head(st, data[i]))
				continue;
			emulator_describe_head(v, big_endian, st->head);
			v->begin(v->context, "pairs", true);
			continue;
		}
		pairs = st->pairs;
		take(st, NULL, data[i]);
		if (st->pairs == pairs)
			continue;
		describe_pair(v, st);
		st->cut = false;
	}
	if (last)
		v->end(v->context);
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	struct xsr_emulator e, head;
	struct xsr_xenstore_pair pair;
	size_t position = 0;

	(void)facts;
	if (xsr_emulator_decode(body, length, big_endian, &e) != XSR_OK)
		return false;
	head = e;
	head.length = 0;
	if (xsr_emulator_encode(out, big_endian, &head) != XSR_OK)
		return false;
	while (xsr_xenstore_next(&e, &position, &pair))
		if (xsr_xenstore_encode(out, &pair) != XSR_OK)
			return false;
	return position == e.length;
}

const struct record_family xenstore_data_family = {
    .layer = XSR_LAYER_LIBXL,
    .type = XSR_LIBXL_EMULATOR_XENSTORE_DATA,
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
