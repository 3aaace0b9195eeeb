/* SPDX-License-Identifier: MIT */
#include "verify-stream-v2/diff_fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A field of an item. */
struct field {
	const char *path;  /* of it */
	const char *value; /* as text */
};

/* All fields of an item, in the order of their paths. */
struct fields {
	char *text;          /* the lines, cut up; owned */
	struct field *field; /* elements pointing into text; owned */
	size_t count;        /* how many */
};

static void fields_free(struct fields *f)
{
	free(f->text);
	free(f->field);
}

/* Numbers within paths go by value: [9] is before [10]. */
static int compare(const void *a, const void *b)
{
	const struct field *x = a, *y = b;

	return strverscmp(x->path, y->path);
}

static bool seek(FILE *file, uint64_t offset)
{
	return fseeko(file, (off_t)offset, SEEK_SET) == 0;
}

/* Cuts lines "path=value" up. A path has no '='; values are escaped, so no newline but the last. */
static bool cut(struct fields *f, size_t size)
{
	size_t lines = 0;
	char *next = f->text;

	for (size_t i = 0; i < size; i++)
		lines += f->text[i] == '\n';
	f->field = calloc(lines ? lines : 1, sizeof(*f->field));
	if (!f->field)
		return false;
	while (f->count < lines) {
		char *line = next, *end = strchr(line, '\n'), *equals = strchr(line, '=');

		if (!end || !equals)
			break;
		*end = '\0';
		*equals = '\0';
		f->field[f->count++] = (struct field){.path = line, .value = equals + 1};
		next = end + 1;
	}
	qsort(f->field, f->count, sizeof(*f->field), compare);
	return true;
}

static bool load(struct fields *f, struct diff_image *image, const struct diff_item *item)
{
	size_t size = (size_t)item->fields_size;

	f->text = malloc(size + 1);
	if (!f->text || !seek(image->fields, item->fields))
		return false;
	if (fread(f->text, 1, size, image->fields) != size) {
		errno = EIO;
		return false;
	}
	f->text[size] = '\0';
	return cut(f, size);
}

/* Walks both in the order of paths. Returns the number of differences. */
static uint64_t merge(struct diff_report *r, const struct diff_item *item, const struct fields *a,
    const struct fields *b)
{
	uint64_t differences = 0;
	size_t i = 0, j = 0;

	while (i < a->count || j < b->count) {
		const struct field *x = i < a->count ? &a->field[i] : NULL,
		                   *y = j < b->count ? &b->field[j] : NULL;
		int order = x && y ? compare(x, y) : x ? -1 : 1;

		i += order <= 0;
		j += order >= 0;
		if (order == 0 && strcmp(x->value, y->value) == 0)
			continue;
		differences++;
		diff_report_field(r, item, order <= 0 ? x->path : y->path, order <= 0 ? x->value : NULL,
		    order >= 0 ? y->value : NULL);
	}
	return differences;
}

/* How many of the first `size` bytes of two bodies differ, and where the first one is. */
static bool compare_bodies(struct diff_image *a, const struct diff_item *in_a, struct diff_image *b,
    const struct diff_item *in_b, uint64_t size, uint64_t *bytes, uint64_t *first)
{
	static uint8_t x[65536], y[sizeof(x)];

	*bytes = 0;
	if (!seek(a->bodies, in_a->body) || !seek(b->bodies, in_b->body))
		return false;
	for (uint64_t at = 0; at < size; at += sizeof(x)) {
		size_t n = size - at < sizeof(x) ? (size_t)(size - at) : sizeof(x);

		if (fread(x, 1, n, a->bodies) != n || fread(y, 1, n, b->bodies) != n) {
			errno = EIO;
			return false;
		}
		if (memcmp(x, y, n) == 0)
			continue;
		for (size_t i = 0; i < n; i++) {
			if (x[i] == y[i])
				continue;
			if (!(*bytes)++)
				*first = at + i;
		}
	}
	return true;
}

bool diff_fields(struct diff_report *r, struct diff_image *a, const struct diff_item *in_a,
    struct diff_image *b, const struct diff_item *in_b)
{
	bool longer = in_a->body_size > in_b->body_size, known, loaded = true;
	uint64_t common = longer ? in_b->body_size : in_a->body_size, bytes, first = common, fields = 0;
	struct fields x = {0}, y = {0};

	known = compare_bodies(a, in_a, b, in_b, common, &bytes, &first);
	if (!known)
		return false;
	bytes += (longer ? in_a->body_size : in_b->body_size) - common;
	/* Headers have no body but a configuration; their fields are few. */
	if (!bytes && !in_a->header)
		return true;
	if (in_a->fields_size <= DIFF_FIELDS_MAX && in_b->fields_size <= DIFF_FIELDS_MAX) {
		loaded = load(&x, a, in_a) && load(&y, b, in_b);
		if (loaded)
			fields = merge(r, in_a, &x, &y);
	}
	fields_free(&x);
	fields_free(&y);
	/* What no field shows, as in a device model's state. */
	if (loaded && bytes && !fields)
		diff_report_body(r, in_a, bytes, first);
	r->records += bytes || fields;
	return loaded;
}
