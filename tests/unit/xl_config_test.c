/* SPDX-License-Identifier: MIT */
/* The JSON validator, and the configuration in an xl image. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "xl/config.h"

static bool valid(const char *text, size_t length)
{
	struct json j;

	json_begin(&j, NULL, NULL);
	for (size_t i = 0; i < length; i++)
		if (!json_byte(&j, (uint8_t)text[i]))
			return false;
	return json_end(&j);
}

START_TEST(json_good)
{
	static const char *const texts[] = {"{}", "[]", " { } ", "0", "-0", "-1.5e+10", "1E5", "0.0", "10", "true",
	    "false", "null", "\"\"", "\"\\u0000\\\"\\\\\\/\\b\\f\\n\\r\\t\\uD800\"", "[1,2,[3]]", "{\"a\":{\"b\":[]}}",
	    "[{},{}]", "\t\r\n [ 1 , 2 ] \n", "[0]", "[-1]", "{\"a\":1}", "{\"\":null}", "\"\xc3\xa9\"",
	    "\"\xe2\x82\xac\"", "\"\xf0\x9f\x98\x80\"", "\"\xed\x9f\xbf\"", "\"\xee\x80\x80\"", "\"\xf4\x8f\xbf\xbf\"",
	    "[1e1,1]", "\"\x7f\""};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(valid(texts[i], strlen(texts[i])), "%s", texts[i]);
}
END_TEST

START_TEST(json_bad)
{
	static const char *const texts[] = {"", " ", "{", "[", "}", "]", "{]", "[}", "[1", "[1,", "[1,]", "[,1]", "{\"a\"}",
	    "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "01", "-", "-a", "1.",
	    ".5", "1e", "1e+", "+1", "0x1", "1 2", "[1 2]", "tru", "trues", "nul", "True", "NaN", "\"", "\"\\\"",
	    "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\n\"", "\"\x1f\"", "'a'", "{} {}", "[] x", "\"\xff\"", "\"\x80\"",
	    "\"\xc0\x80\"", "\"\xc1\xbf\"", "\"\xc3\"", "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"", "\"\xf0\x80\x80\x80\"",
	    "\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"", "// x\n1", "[1,,2]", "{\"a\":1,,}", "1.e5", "\\"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(!valid(texts[i], strlen(texts[i])), "%s", texts[i]);
	ck_assert(!valid("1\0", 2));
	ck_assert(!valid("\"\0\"", 3));
}
END_TEST

START_TEST(json_depth)
{
	char text[2 * 65];

	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	ck_assert(valid(text, 128));
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	ck_assert(!valid(text, 130));
}
END_TEST

/* Every way to cut a value off is found. */
START_TEST(json_cut_anywhere)
{
	static const char text[] = "{\"a\": [1, -2.5e3, true, null, \"\\u00e9\xc3\xa9\"], \"b\": {}}";

	ck_assert(valid(text, sizeof(text) - 1));
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		ck_assert(!valid(text, n));
}
END_TEST

struct seen {
	FILE *out; /* text of all scalars */
};

static void note_scalar(void *context, const struct json *j, enum json_kind kind)
{
	struct seen *s = context;

	fprintf(s->out, "%d %s%s %s\n", (int)kind, j->text, j->cut ? "..." : "", json_at(j, "o", "i") ? "here" : "");
}

START_TEST(json_scalars)
{
	static const char text[] = "{\"o\":{\"i\":12,\"x\":3,\"y\":[7,{\"i\":8}],\"i\":\"s\\n\"},\"i\":true,\"p\":{\"i\":null},"
				   "\"q\":[{\"i\":1}]}";
	struct json j;
	struct seen s;
	size_t size;
	char *out;

	s.out = open_memstream(&out, &size);
	ck_assert_ptr_nonnull(s.out);
	json_begin(&j, note_scalar, &s);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		ck_assert(json_byte(&j, (uint8_t)text[i]));
	ck_assert(json_end(&j));
	fclose(s.out);
	ck_assert_str_eq(out, "1 12 here\n1 3 \n1 7 \n1 8 \n0 s\\n here\n2  \n4  \n1 1 \n");
	free(out);
}
END_TEST

/* A configuration and how it is fed. */
struct feed_config {
	struct xl_config config;  /* the checks' own */
	enum xsr_depth depth;     /* how deep to look */
	uint32_t flags;           /* of the header */
	uint32_t more;            /* what the header promises beyond what there is */
};

static void note_finding(void *context, const struct xsr_finding *f)
{
	fprintf(context, "%s %" PRIu64 "\n", f->id, f->offset);
}

/* The configuration stands at offset 52. */
static char *findings(struct feed_config *f, const char *text, size_t length, size_t chunk)
{
	struct xsr_xl_header header = {.mandatory_flags = f->flags, .optional_data_length = (uint32_t)length + 4,
	    .has_config = true, .config_length = (uint32_t)length + f->more};
	struct xl_config_report to = {.depth = f->depth, .report = note_finding};
	size_t size;
	char *out;
	FILE *stream = open_memstream(&out, &size);

	ck_assert_ptr_nonnull(stream);
	to.context = stream;
	xl_config_begin(&f->config, &header, &to);
	for (size_t at = 0; at < length; at += chunk) {
		size_t n = length - at < chunk ? length - at : chunk;
		uint8_t *copy = malloc(n);

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, text + at, n);
		xl_config_feed(&f->config, &to, copy, n, 52 + at, at + n == length);
		free(copy);
	}
	fclose(stream);
	return out;
}

#define EXPECT(text, expected) expect(XSR_DEPTH_STREAM, 3, text, sizeof(text), expected)

static void expect(enum xsr_depth depth, uint32_t flags, const char *text, size_t length, const char *expected)
{
	static const size_t chunks[] = {1, 2, 7, 1000};

	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		struct feed_config f = {.depth = depth, .flags = flags};
		char *out = findings(&f, text, length, chunks[i]);

		ck_assert_str_eq(out, expected);
		free(out);
	}
}

#define GOOD "{\"c_info\": {\"type\": \"pvh\", \"name\": \"a\", \"uuid\": \"9b3a44f5-6d0d-4f4b-9f3c-0c1d2e3f4a5b\"}, " \
	     "\"b_info\": {\"max_vcpus\": 4, \"max_memkb\": 18446744073709551615, \"x\": {\"max_vcpus\": 9}}}"

START_TEST(config_good)
{
	struct feed_config f = {.depth = XSR_DEPTH_STREAM, .flags = 3};
	const struct xl_config_facts *facts = &f.config.facts;
	char *out = findings(&f, GOOD, sizeof(GOOD), 3);

	ck_assert_str_eq(out, "");
	free(out);
	ck_assert_str_eq(facts->type, "pvh");
	ck_assert_str_eq(facts->name, "a");
	ck_assert_str_eq(facts->uuid, "9b3a44f5-6d0d-4f4b-9f3c-0c1d2e3f4a5b");
	ck_assert(facts->has_max_vcpus && facts->has_max_memkb);
	ck_assert_uint_eq(facts->max_vcpus, 4);
	ck_assert_uint_eq(facts->max_memkb, UINT64_MAX);
	/* xl.cfg text is not looked into. */
	expect(XSR_DEPTH_STREAM, 2, "name = 'x'", 10, "");
}
END_TEST

START_TEST(config_nul)
{
	EXPECT("{}", "");
	expect(XSR_DEPTH_RECORD, 3, "{}", 2, "xl.config_nul 53\n");
	expect(XSR_DEPTH_STREAM, 3, "{}", 2, "xl.config_nul 53\n");
	expect(XSR_DEPTH_FRAME, 3, "{}", 2, "");
	EXPECT("{\0}", "xl.config_nul 53\n");
	EXPECT("{}\0", "xl.config_nul 54\n");
	expect(XSR_DEPTH_RECORD, 3, "", 0, "xl.config_nul 48\n");
}
END_TEST

START_TEST(config_json)
{
	EXPECT("[1]", "xl.json 52\n");
	EXPECT("  12", "xl.json 54\n");
	EXPECT("", "xl.json 52\n");
	EXPECT("{\"a\":1", "xl.json 58\n");
	EXPECT("{\"a\":1}}", "xl.json 59\n");
	EXPECT("{\"b_info\":{\"max_vcpus\":18446744073709551616}}", "xl.json 95\n");
	EXPECT("{\"b_info\":{\"max_vcpus\":-1}}", "xl.json 77\n");
	EXPECT("{\"b_info\":{\"max_memkb\":\"1\"}}", "xl.json 77\n");
	expect(XSR_DEPTH_RECORD, 3, "[1]", 4, "");
}
END_TEST

START_TEST(config_cut_by_the_header)
{
	struct feed_config f = {.depth = XSR_DEPTH_STREAM, .flags = 3, .more = 1};
	char *out = findings(&f, "{", 1, 1);

	/* That the length is wrong is another finding, and all there is to say. */
	ck_assert_str_eq(out, "");
	free(out);
}
END_TEST

START_TEST(config_long_strings)
{
	char text[600] = "{\"c_info\":{\"name\":\"";
	size_t n = strlen(text);
	struct feed_config f = {.depth = XSR_DEPTH_STREAM, .flags = 3};
	char *out;

	memset(text + n, 'n', 300);
	memcpy(text + n + 300, "\",\"type\":\"pvhpvhpvh\"}}", 23);
	out = findings(&f, text, n + 323, 50);
	ck_assert_str_eq(out, "");
	ck_assert_str_eq(f.config.facts.name, "");
	ck_assert_str_eq(f.config.facts.type, "");
	free(out);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {json_good, json_bad, json_depth, json_cut_anywhere, json_scalars, config_good,
	    config_nul, config_json, config_cut_by_the_header, config_long_strings, NULL};

	return unit_main("xl_config", tests);
}
