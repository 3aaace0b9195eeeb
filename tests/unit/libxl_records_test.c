/* SPDX-License-Identifier: MIT */
/* Records of the libxl layer: emulator state, xenstore pairs, checkpoint states, and those without a body. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libstream/records.h>

#include "body.h"
#include "unit.h"

static const size_t chunks[] = {0, 1, 2, 5, 8, 9, 13, 300};

#define CHUNKS (sizeof(chunks) / sizeof(chunks[0]))

/* A record whose body is a string literal without its NUL. */
#define RECORD(kind, literal)                                                                                        \
	(struct body)                                                                                                \
	{                                                                                                            \
		.layer = XSR_LAYER_LIBXL, .type = (kind), .data = (literal), .length = sizeof(literal) - 1,          \
		.depth = XSR_DEPTH_STREAM,                                                                           \
		.facts = {.image_version = 3, .domain_type = 2, .xen_major = 4, .xen_minor = 17, .has_domain = true} \
	}

/* Findings must not depend on how the body is cut. */
static void expect(struct body b, const char *findings)
{
	for (size_t i = 0; i < CHUNKS; i++) {
		b.chunk = chunks[i];
		body_expect(&b, findings);
	}
}

static void expect_described(struct body b, const char *json)
{
	for (size_t i = 0; i < CHUNKS; i++) {
		b.chunk = chunks[i];
		body_expect_described(&b, json);
	}
}

#define STATE(literal)    RECORD(XSR_LIBXL_EMULATOR_CONTEXT, "\2\0\0\0\0\0\0\0" literal)
#define XENSTORE(literal) RECORD(XSR_LIBXL_EMULATOR_XENSTORE_DATA, "\2\0\0\0\0\0\0\0" literal)

/* Magic, version 3, full section 7 "timer", instance 1, version 2, four bytes of payload, end mark. */
#define QEMU_HEAD "QEVM\0\0\0\3"
#define QEMU_TIMER "\4\0\0\0\7\5timer\0\0\0\1\0\0\0\2"

START_TEST(good_state)
{
	struct body b = STATE(QEMU_HEAD QEMU_TIMER "abcd\0");

	expect(b, "");
	body_recodes(&b);
	expect_described(b, "{\"emulator_id\":2,\"emulator\":\"qemu\",\"index\":0,\"state_length\":32,\"qemu_version\":3,"
			    "\"first_section\":{\"kind\":0x4,\"id\":7,\"name\":\"timer\",\"instance\":1,\"version\":2}}");
	/* Version 2, and a payload that happens to be missing. */
	expect(STATE("QEVM\0\0\0\2" QEMU_TIMER "\0"), "");
}
END_TEST

START_TEST(good_state_in_the_other_order)
{
	struct body b = RECORD(XSR_LIBXL_EMULATOR_CONTEXT, "\0\0\0\2\0\0\0\0" QEMU_HEAD QEMU_TIMER "abcd\0");

	b.big_endian = true;
	expect(b, "");
	body_recodes(&b);
}
END_TEST

START_TEST(emulator_heads)
{
	expect(RECORD(XSR_LIBXL_EMULATOR_CONTEXT, "\2\0\0\0\0\0\0"), "emulator.length -\n");
	expect(RECORD(XSR_LIBXL_EMULATOR_XENSTORE_DATA, ""), "emulator.length -\n");
	expect(RECORD(XSR_LIBXL_EMULATOR_CONTEXT, "\3\0\0\0\0\0\0\0x"), "emulator.id 0\n");
	expect(RECORD(XSR_LIBXL_EMULATOR_CONTEXT, "\1\0\0\0\0\0\0\0x"), "");
	expect(RECORD(XSR_LIBXL_EMULATOR_CONTEXT, "\1\0\0\0\1\0\0\0x"), "emulator.index 4\n");
	expect(RECORD(XSR_LIBXL_EMULATOR_XENSTORE_DATA, "\3\0\0\0\0\0\0\0k\0v\0"), "emulator.id 0\n");
}
END_TEST

START_TEST(id_0_is_for_converted_streams)
{
	struct body b = RECORD(XSR_LIBXL_EMULATOR_CONTEXT, "\0\0\0\0\0\0\0\0" QEMU_HEAD QEMU_TIMER "\0");

	expect(b, "emulator.unknown_id 0\n");
	b.facts.xen_major = 0;
	expect(b, "");
	b.facts.xen_major = 4;
	b.depth = XSR_DEPTH_RECORD;
	expect(b, "");
}
END_TEST

START_TEST(bad_states)
{
	expect(STATE(""), "emulator.empty 8\n");
	expect(STATE("QEV"), "emulator.magic 8\n");
	expect(STATE("QEMU\0\0\0\3" QEMU_TIMER "\0"), "emulator.magic 8\n");
	expect(STATE("QEVM\0\0"), "emulator.version 12\n");
	expect(STATE("QEVM\0\0\0\4" QEMU_TIMER "\0"), "emulator.version 12\n");
	expect(STATE(QEMU_HEAD), "emulator.section 16\nemulator.end 15\n");
	expect(STATE(QEMU_HEAD "\0"), "emulator.section 16\n");
	expect(STATE(QEMU_HEAD "\1" "\0\0\0\7\5timer\0\0\0\1\0\0\0\2" "\0"), "emulator.section 16\n");
	expect(STATE(QEMU_HEAD "\4\0\0\0\7\xfftimer\0\0\0\1\0\0\0\2\0"), "emulator.section 16\n");
	expect(STATE(QEMU_HEAD "\4\0\0\0\7\0\0\0\0\1\0\0\0\2\0"), "emulator.section 21\n");
	expect(STATE(QEMU_HEAD QEMU_TIMER "abcd"), "emulator.end 38\n");
}
END_TEST

/* A name of the greatest length still fits into what is gathered. */
START_TEST(long_section_name)
{
	uint8_t bytes[8 + 8 + 6 + 255 + 8 + 1] = "\2\0\0\0\0\0\0\0QEVM\0\0\0\3\4\0\0\0\0\xff";
	struct body b = RECORD(XSR_LIBXL_EMULATOR_CONTEXT, "");

	memset(bytes + 22, 'n', 255);
	b.data = bytes;
	b.length = sizeof(bytes);
	expect(b, "");
	b.length -= 2;
	expect(b, "emulator.section 16\n");
}
END_TEST

START_TEST(qemu_state_decodes)
{
	static const char state[] = QEMU_HEAD QEMU_TIMER;
	struct xsr_qemu_state s;

	ck_assert_int_eq(xsr_qemu_state_decode(state, sizeof(state) - 1, &s), XSR_OK);
	ck_assert_uint_eq(s.magic, XSR_QEMU_MAGIC);
	ck_assert_uint_eq(s.section_id, 7);
	ck_assert_uint_eq(s.name_length, 5);
	ck_assert_mem_eq(s.name, "timer", 5);
	for (size_t n = 0; n < sizeof(state) - 1; n++)
		ck_assert_int_eq(xsr_qemu_state_decode(state, n, &s), XSR_E_CORRUPT);
}
END_TEST

#define REGION "physmap/f0/start_addr\0" "0xf0\0" "physmap/f0/size\0" "0x80\0" "physmap/f0/name\0" "vga\0"

START_TEST(good_pairs)
{
	struct body b = XENSTORE(REGION "a-b/C_d@9\0\0");

	expect(b, "");
	body_recodes(&b);
	expect_described(b, "{\"emulator_id\":2,\"emulator\":\"qemu\",\"index\":0,\"pairs\":["
			    "{\"key\":\"physmap/f0/start_addr\",\"value\":\"0xf0\"},"
			    "{\"key\":\"physmap/f0/size\",\"value\":\"0x80\"},"
			    "{\"key\":\"physmap/f0/name\",\"value\":\"vga\"},"
			    "{\"key\":\"a-b/C_d@9\",\"value\":\"\"}]}");
}
END_TEST

START_TEST(bad_pairs)
{
	expect(XENSTORE(""), "xenstore_data.empty 8\n");
	expect(XENSTORE("k\0v"), "xenstore_data.nul 11\n");
	expect(XENSTORE("k"), "xenstore_data.nul 9\n");
	expect(XENSTORE("k\0"), "xenstore_data.pairs 10\n");
	expect(XENSTORE("k\0v\0l\0"), "xenstore_data.pairs 14\n");
	/* An empty value is a value. */
	expect(XENSTORE("k\0\0"), "");
}
END_TEST

START_TEST(bad_keys)
{
	static const char *const keys[] = {"", "/a", "a b", "a.b", "a\x1b", "a\x80", "a//b", "a/", "a:"};
	static const unsigned at[] = {0, 0, 1, 1, 1, 1, 2, 2, 1};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		uint8_t bytes[32] = {2};
		size_t n = strlen(keys[i]);
		struct body b = XENSTORE("");
		char expected[64];

		memcpy(bytes + 8, keys[i], n);
		bytes[8 + n + 1] = 'v';
		b.data = bytes;
		b.length = 8 + n + 3;
		snprintf(expected, sizeof(expected), "xenstore_data.key %u\n", 8 + at[i]);
		expect(b, expected);
		b.depth = XSR_DEPTH_RECORD;
		expect(b, expected);
	}
	/* One finding a key, however much is wrong with it. */
	expect(XENSTORE("/ //\0v\0k\0v\0"), "xenstore_data.key 8\n");
}
END_TEST

START_TEST(regions)
{
	struct body b = XENSTORE("k\0v\0physmap/1/size\0" "1\0physmap/2/name\0n\0physmap/2/start_addr\0" "1\0");

	expect(b, "xenstore_data.physmap 12\nxenstore_data.physmap 29\n");
	b.depth = XSR_DEPTH_RECORD;
	expect(b, "");
	/* In any order, and mixed. */
	expect(XENSTORE("physmap/1/size\0" "1\0physmap/2/name\0n\0physmap/1/name\0" "1\0physmap/2/start_addr\0" "1\0"
			"physmap/2/size\0" "1\0physmap/1/start_addr\0" "1\0"), "");
	/* No region's keys. */
	expect(XENSTORE("physmap/size\0" "1\0physmap/1/other\0n\0physmap\0x\0physmap/1/2/size\0" "1\0"), "");
}
END_TEST

/* Strings longer than what is kept: judged whole, described cut. */
START_TEST(long_strings)
{
	static uint8_t bytes[8 + 70000] = {2};
	struct body b = XENSTORE("");
	char *text;

	memset(bytes + 8, 'k', 69000);
	memset(bytes + 8 + 69001, 'v', 998);
	b.data = bytes;
	b.length = sizeof(bytes);
	b.chunk = 4096;
	body_expect(&b, "");
	body_recodes(&b);
	text = body_described(&b);
	ck_assert_uint_lt(strlen(text), 1500);
	ck_assert_ptr_nonnull(strstr(text, "\"cut\":true"));
	free(text);
	bytes[8 + 68000] = ' ';
	body_expect(&b, "xenstore_data.key 68008\n");
	bytes[sizeof(bytes) - 1] = 'v';
	body_expect(&b, "xenstore_data.key 68008\nxenstore_data.nul 70008\n");
}
END_TEST

START_TEST(checkpoint_states)
{
	struct body b = RECORD(XSR_LIBXL_CHECKPOINT_STATE, "\0\0\0\0");
	uint32_t id;

	body_expect(&b, "");
	body_recodes(&b);
	body_expect_described(&b, "{\"control_id\":0,\"control\":\"NEW\"}");
	b = RECORD(XSR_LIBXL_CHECKPOINT_STATE, "\0\0\0\3");
	b.big_endian = true;
	body_expect(&b, "checkpoint.back_state 0\n");
	body_expect_described(&b, "{\"control_id\":3,\"control\":\"SVM_RESUMED\"}");
	b.depth = XSR_DEPTH_RECORD;
	body_expect(&b, "");
	b.big_endian = false;
	body_expect(&b, "checkpoint.state_id 0\n");
	b = RECORD(XSR_LIBXL_CHECKPOINT_STATE, "\4\0\0\0");
	body_expect(&b, "checkpoint.state_id 0\n");
	b.length = 3;
	body_expect(&b, "checkpoint.state_length -\n");
	ck_assert_int_eq(xsr_checkpoint_state_decode("\1\0\0", 3, false, &id), XSR_E_CORRUPT);
	b = RECORD(XSR_LIBXL_CHECKPOINT_STATE, "\0\0\0\0\0\0\0\0");
	body_expect(&b, "checkpoint.state_length -\n");
}
END_TEST

START_TEST(empty_ones)
{
	static const uint32_t types[] = {XSR_LIBXL_END, XSR_LIBXL_LIBXC_CONTEXT, XSR_LIBXL_CHECKPOINT_END};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct body b = RECORD(types[i], "");

		body_expect(&b, "");
		b.data = "x";
		b.length = 1;
		body_expect(&b, "record.length -\n");
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {good_state, good_state_in_the_other_order, emulator_heads,
	    id_0_is_for_converted_streams, bad_states, long_section_name, qemu_state_decodes, good_pairs, bad_pairs,
	    bad_keys, regions, long_strings, checkpoint_states, empty_ones, NULL};

	return unit_main("libxl_records", tests);
}
