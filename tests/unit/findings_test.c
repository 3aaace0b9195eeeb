/* SPDX-License-Identifier: MIT */
/* Findings and their catalogue: what a line looks like, and that the catalogue agrees with itself and the vectors'. */
#include "findings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

START_TEST(a_finding_is_one_line)
{
	struct xsr_record record = {.layer = XSR_LAYER_LIBXC, .type = XSR_LIBXC_PAGE_DATA, .index = 3};
	struct xsr_finding f;
	char text[512], small[10], expected[512];
	const char *meaning = xsr_catalogue_find("page_data.count")->meaning;
	size_t length;

	finding_make(&f, F_PAGE_DATA_COUNT, XSR_LAYER_NONE, 64, "count");
	finding_in_record(&f, &record);
	finding_found(&f, "%d", 0);
	finding_allowed(&f, "1 to %d", 1024);
	length = xsr_finding_format(&f, text, sizeof(text));
	snprintf(expected, sizeof(expected),
	    "error: offset 0x40, libxc record 3 (PAGE_DATA), field count: %s: found 0, allowed 1 to 1024 "
	    "[page_data.count]", meaning);
	ck_assert_str_eq(text, expected);
	ck_assert_uint_eq(length, strlen(expected));
	/* As snprintf: cut off, terminated, and the whole length told. */
	ck_assert_uint_eq(xsr_finding_format(&f, small, sizeof(small)), length);
	ck_assert_str_eq(small, "error: of");
	ck_assert_uint_eq(xsr_finding_format(&f, NULL, 0), length);
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
	struct xsr_record record = {.layer = XSR_LAYER_LIBXL, .type = 0x77, .index = 9};
	struct xsr_finding f;
	char text[512];

	finding_make(&f, F_STREAM_EMPTY, XSR_LAYER_NONE, 0, "");
	finding_in_record(&f, NULL);
	ck_assert(f.record == XSR_NO_RECORD);
	xsr_finding_format(&f, text, sizeof(text));
	ck_assert_str_eq(text, "error: offset 0x0: no input at all [stream.empty]");
	finding_make(&f, F_RECORD_UNKNOWN, XSR_LAYER_NONE, 16, "");
	finding_in_record(&f, &record);
	xsr_finding_format(&f, text, sizeof(text));
	ck_assert_msg(strncmp(text, "error: offset 0x10, libxl record 9 (type 0x77): ", 48) == 0, "%s", text);
	ck_assert_str_eq(f.type_name, "");
}
END_TEST

START_TEST(a_terminal_is_safe)
{
	struct xsr_finding f;
	char text[512];

	finding_make(&f, F_STREAM_UNKNOWN, XSR_LAYER_NONE, 0, "");
	finding_found(&f, "%s", "\033[31mred\n\177\xc3\xa4");
	ck_assert_str_eq(f.found, "?[31mred????");
	finding_allowed(&f, "%s", "a\tb");
	ck_assert_str_eq(f.allowed, "a?b");
	xsr_finding_format(&f, text, sizeof(text));
	ck_assert_ptr_null(strpbrk(text, "\033\n\t"));
}
END_TEST

START_TEST(long_texts_are_cut)
{
	struct xsr_finding f;

	finding_make(&f, F_STREAM_UNKNOWN, XSR_LAYER_NONE, 0, "");
	finding_found(&f, "%0300d", 7);
	finding_allowed(&f, "%0300d", 7);
	ck_assert_uint_eq(strlen(f.found), sizeof(f.found) - 1);
	ck_assert_uint_eq(strlen(f.allowed), sizeof(f.allowed) - 1);
}
END_TEST

/* The part of an ID before the dot names its family. */
static bool same_family(const char *a, const char *b)
{
	size_t n = strcspn(a, ".");

	return strncmp(a, b, n + 1) == 0;
}

START_TEST(the_catalogue_is_in_order)
{
	const struct xsr_catalogue_row *row, *other;

	for (size_t i = 0; (row = xsr_catalogue_at(i)); i++) {
		ck_assert_ptr_eq(xsr_catalogue_find(row->id), row);
		ck_assert_str_ne(row->meaning, "");
		ck_assert_msg(row->xen[0] && row->advice[0], "%s: what Xen does, or what to do, is not told", row->id);
		ck_assert_msg(strspn(row->id, "abcdefghijklmnopqrstuvwxyz0123456789_.") == strlen(row->id) &&
		    strchr(row->id, '.') && strchr(row->id, '.') == strrchr(row->id, '.'), "%s", row->id);
		ck_assert_msg(row->meaning[strlen(row->meaning) - 1] != '.', "%s ends with a full stop", row->id);
		ck_assert_msg(row->status != XSR_OK, "%s has no class", row->id);
		/* The rows of a family stand together: once it is left it does not come again. */
		if (i == 0 || same_family(row->id, xsr_catalogue_at(i - 1)->id))
			continue;
		for (size_t k = 0; k + 1 < i; k++) {
			other = xsr_catalogue_at(k);
			ck_assert_msg(!same_family(row->id, other->id), "%s and %s are apart", row->id, other->id);
		}
	}
	ck_assert_ptr_null(xsr_catalogue_at(F_COUNT));
	ck_assert_ptr_null(xsr_catalogue_at(SIZE_MAX));
	ck_assert_ptr_null(xsr_catalogue_find("no.such"));
	ck_assert_ptr_null(xsr_catalogue_find(""));
}
END_TEST

/* The vectors' list was agreed on first; both have the same IDs with the same severity and depth. */
START_TEST(the_catalogue_is_the_vectors_list)
{
	FILE *list = fopen(XSR_FINDINGS_TXT, "r");
	char line[256], id[64], severity[16], depth[16];
	size_t rows = 0, count = 0;

	ck_assert_ptr_nonnull(list);
	while (fgets(line, sizeof(line), list)) {
		const struct xsr_catalogue_row *row;

		if (line[0] == '#' || line[0] == '\n')
			continue;
		ck_assert_int_eq(sscanf(line, "%63s %15s %15s", id, severity, depth), 3);
		row = xsr_catalogue_find(id);
		ck_assert_msg(row, "%s is in findings.txt only", id);
		ck_assert_msg(strcmp(xsr_severity_name(row->severity), severity) == 0, "%s: severity", id);
		ck_assert_msg(strcmp(row->depth, depth) == 0, "%s: depth %s, not %s", id, row->depth, depth);
		rows++;
	}
	fclose(list);
	/* Findings about calls that failed have no vector. */
	for (size_t i = 0; xsr_catalogue_at(i); i++)
		count += strcmp(xsr_catalogue_at(i)->depth, "io") != 0;
	ck_assert_uint_eq(rows, count);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_finding_is_one_line, what_is_not_known_is_left_out, a_terminal_is_safe,
	    long_texts_are_cut, the_catalogue_is_in_order, the_catalogue_is_the_vectors_list, NULL};

	return unit_main("findings", tests);
}
