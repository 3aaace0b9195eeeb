/* SPDX-License-Identifier: MIT */
#include "verify-stream-v2/host.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/messages.h"

#define VERSION 1

void host_free(struct host *h)
{
	free(h->pv_leaves);
	free(h->hvm_leaves);
	free(h->pv_msrs);
	free(h->hvm_msrs);
	memset(h, 0, sizeof(*h));
}

/* Says what is wrong with a file, and where in it. */
static bool wrong(const char *name, const char *place, const char *what)
{
	message(MESSAGE_ERROR, name, "no policy of a host: %s: %s", place, what);
	return false;
}

/* "0x1f", lower case, no more digits than a number of these bits has. */
static bool parse_hex(const json_t *value, unsigned bits, uint64_t *number)
{
	const char *text = json_string_value(value);
	size_t length = text ? json_string_length(value) : 0;

	if (length < 3 || length > 2 + bits / 4 || strncmp(text, "0x", 2) != 0 ||
	    strspn(text + 2, "0123456789abcdef") != length - 2)
		return false;
	*number = strtoull(text + 2, NULL, 16);
	return true;
}

/* Members with hexadecimal numbers, and no others. */
static bool parse_members(const json_t *object, const char *const *keys, unsigned count, unsigned bits,
    uint64_t *numbers)
{
	if (json_object_size(object) != count)
		return false;
	for (unsigned i = 0; i < count; i++)
		if (!parse_hex(json_object_get(object, keys[i]), bits, &numbers[i]))
			return false;
	return true;
}

static bool parse_leaves(const json_t *array, struct xsr_cpuid_leaf **leaves, size_t *count)
{
	static const char *const keys[] = {"leaf", "subleaf", "eax", "ebx", "ecx", "edx"};
	size_t n = json_array_size(array);

	if (!n || n > HOST_LEAVES_MAX)
		return false;
	*leaves = calloc(n, sizeof(**leaves));
	if (!*leaves)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint64_t v[6];

		if (!parse_members(json_array_get(array, i), keys, 6, 32, v))
			return false;
		(*leaves)[i] = (struct xsr_cpuid_leaf){
		    .leaf = (uint32_t)v[0],
		    .subleaf = (uint32_t)v[1],
		    .eax = (uint32_t)v[2],
		    .ebx = (uint32_t)v[3],
		    .ecx = (uint32_t)v[4],
		    .edx = (uint32_t)v[5],
		};
	}
	*count = n;
	return true;
}

static bool parse_msrs(const json_t *array, struct xsr_msr_entry **msrs, size_t *count)
{
	static const char *const keys[] = {"index", "value"};
	size_t n = json_array_size(array);

	if (!json_is_array(array) || n > HOST_MSRS_MAX)
		return false;
	*msrs = calloc(n + 1, sizeof(**msrs));
	if (!*msrs)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint64_t v[2];

		if (!parse_members(json_array_get(array, i), keys, 2, 64, v) || v[0] > UINT32_MAX)
			return false;
		(*msrs)[i] = (struct xsr_msr_entry){.index = (uint32_t)v[0], .value = v[1]};
	}
	*count = n;
	return true;
}

/* What guests of one kind can have; null where the host runs none. */
static bool parse_cpu(const char *name, const char *place, const json_t *value, struct xsr_host_cpu *cpu,
    struct xsr_cpuid_leaf **leaves, struct xsr_msr_entry **msrs)
{
	if (json_is_null(value))
		return true;
	if (json_object_size(value) != 2)
		return wrong(name, place, "wants null, or cpuid and msrs");
	if (!parse_leaves(json_object_get(value, "cpuid"), leaves, &cpu->leaf_count))
		return wrong(name, place, "cpuid is no list of 1 to 1024 leaves, six hexadecimal words each");
	if (!parse_msrs(json_object_get(value, "msrs"), msrs, &cpu->msr_count))
		return wrong(name, place, "msrs is no list of up to 256 pairs of index and value");
	cpu->leaves = *leaves;
	cpu->msrs = *msrs;
	return true;
}

/* "4.17" or "4.17.3": digits and single dots. */
static bool parse_release(const char *text, char *release, size_t size)
{
	size_t length = strlen(text), dots = 0;

	if (!length || length >= size || strspn(text, "0123456789.") != length)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] != '.')
			continue;
		if (!i || i + 1 == length || text[i + 1] == '.')
			return false;
		dots++;
	}
	memcpy(release, text, length + 1);
	return dots == 1 || dots == 2;
}

static bool parse_host(struct host *h, const char *name, json_t *root)
{
	struct xsr_host *f = &h->facts;
	json_int_t version, total, unused;
	json_t *pv_max, *hvm_max;
	json_error_t error;
	const char *xen;
	int pv, hvm, hap, shadow;

	if (json_unpack_ex(root, &error, JSON_STRICT,
	        "{s:I, s:s, s:{s:I, s:I !}, s:{s:b, s:b, s:b, s:b !}, s:o, s:o !}", "host_policy", &version,
	        "xen", &xen, "memory", "total_kib", &total, "free_kib", &unused, "guests", "pv", &pv, "hvm",
	        &hvm, "hap", &hap, "shadow", &shadow, "pv_max", &pv_max, "hvm_max", &hvm_max) != 0)
		return wrong(name, "top level", error.text);
	if (version != VERSION)
		return wrong(name, "host_policy", "this tool knows version 1");
	if (!parse_release(xen, h->xen, sizeof(h->xen)))
		return wrong(name, "xen", "is no release like 4.17 or 4.17.3");
	if (total < 0 || unused < 0 || unused > total)
		return wrong(name, "memory", "free_kib is between 0 and total_kib");
	f->xen = h->xen;
	f->total_kib = (uint64_t)total;
	f->free_kib = (uint64_t)unused;
	f->pv = pv;
	f->hvm = hvm;
	f->hap = hap;
	f->shadow = shadow;
	return parse_cpu(name, "pv_max", pv_max, &f->pv_max, &h->pv_leaves, &h->pv_msrs) &&
	       parse_cpu(name, "hvm_max", hvm_max, &f->hvm_max, &h->hvm_leaves, &h->hvm_msrs);
}

/* The whole file, NULL if that cannot be had, which it says. */
static char *read_file(const char *name, size_t *length)
{
	FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	char *text;

	if (!file) {
		message(MESSAGE_ERROR, name, "%s", strerror(errno));
		return NULL;
	}
	text = malloc(HOST_FILE_MAX + 1);
	errno = 0;
	*length = text ? fread(text, 1, HOST_FILE_MAX + 1, file) : 0;
	if (!text || ferror(file)) {
		message(MESSAGE_ERROR, name, "%s", strerror(text ? errno : ENOMEM));
		free(text);
		text = NULL;
	}
	if (file != stdin)
		fclose(file);
	return text;
}

bool host_load(struct host *h, const char *name)
{
	size_t length;
	char *text = read_file(name, &length);
	json_error_t error;
	json_t *root;
	bool loaded;

	if (!text)
		return false;
	if (length > HOST_FILE_MAX) {
		free(text);
		return wrong(name, "length", "is above 1 MiB");
	}
	root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	free(text);
	if (!root) {
		message(MESSAGE_ERROR, name, "no policy of a host: line %d, column %d: %s", error.line,
		    error.column, error.text);
		return false;
	}
	loaded = parse_host(h, name, root);
	json_decref(root);
	return loaded;
}

static void print_cpu(FILE *out, const char *name, const struct xsr_host_cpu *cpu, const char *end)
{
	if (!cpu->leaf_count) {
		fprintf(out, " \"%s\": null%s\n", name, end);
		return;
	}
	fprintf(out, " \"%s\": {\n  \"cpuid\": [\n", name);
	for (size_t i = 0; i < cpu->leaf_count; i++) {
		const struct xsr_cpuid_leaf *l = &cpu->leaves[i];

		fprintf(out,
		    "   {\"leaf\": \"0x%" PRIx32 "\", \"subleaf\": \"0x%" PRIx32 "\", \"eax\": \"0x%" PRIx32
		    "\", \"ebx\": \"0x%" PRIx32 "\", \"ecx\": \"0x%" PRIx32 "\", \"edx\": \"0x%" PRIx32
		    "\"}%s\n",
		    l->leaf, l->subleaf, l->eax, l->ebx, l->ecx, l->edx, i + 1 < cpu->leaf_count ? "," : "");
	}
	fprintf(out, "  ],\n  \"msrs\": [\n");
	for (size_t i = 0; i < cpu->msr_count; i++)
		fprintf(out, "   {\"index\": \"0x%" PRIx32 "\", \"value\": \"0x%" PRIx64 "\"}%s\n",
		    cpu->msrs[i].index, cpu->msrs[i].value, i + 1 < cpu->msr_count ? "," : "");
	fprintf(out, "  ]\n }%s\n", end);
}

static const char *truth(bool value)
{
	return value ? "true" : "false";
}

bool host_print(const struct host *h, FILE *out)
{
	const struct xsr_host *f = &h->facts;

	fprintf(out, "{\n \"host_policy\": %d,\n \"xen\": \"%s\",\n", VERSION, f->xen);
	fprintf(out, " \"memory\": {\"total_kib\": %" PRIu64 ", \"free_kib\": %" PRIu64 "},\n", f->total_kib,
	    f->free_kib);
	fprintf(out, " \"guests\": {\"pv\": %s, \"hvm\": %s, \"hap\": %s, \"shadow\": %s},\n", truth(f->pv),
	    truth(f->hvm), truth(f->hap), truth(f->shadow));
	print_cpu(out, "pv_max", &f->pv_max, ",");
	print_cpu(out, "hvm_max", &f->hvm_max, "");
	fprintf(out, "}\n");
	return !ferror(out);
}
