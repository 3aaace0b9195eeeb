/* SPDX-License-Identifier: MIT */
#include "verify-stream-v2/summary.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/messages.h"
#include "common/text.h"

/* Names of page types, by number: for people, and as keys. */
static const struct {
	const char *name; /* for people */
	const char *key;  /* for JSON */
} page_types[16] = {
    {"normal", "notab"},
    {"L1", "l1tab"},
    {"L2", "l2tab"},
    {"L3", "l3tab"},
    {"L4", "l4tab"},
    {"type 5", "type_5"},
    {"type 6", "type_6"},
    {"type 7", "type_7"},
    {"type 8", "type_8"},
    {"pinned L1", "l1tab_pinned"},
    {"pinned L2", "l2tab_pinned"},
    {"pinned L3", "l3tab_pinned"},
    {"pinned L4", "l4tab_pinned"},
    {"broken", "broken"},
    {"allocated without data", "xalloc"},
    {"hole", "xtab"},
};

/* Columns of a line behind its label. */
#define WIDTH 86

/* One line of the summary, built piece by piece; printed in several if it is long. */
struct line {
	const char *label; /* what it tells of */
	char text[700];    /* so far */
};

static void add(struct line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct line *l, const char *format, ...)
{
	size_t used = strlen(l->text);
	va_list args;

	va_start(args, format);
	vsnprintf(l->text + used, sizeof(l->text) - used, format, args);
	va_end(args);
}

/* ", " between the members of an enumeration. */
static const char *comma(const struct line *l)
{
	return l->text[0] ? ", " : "";
}

/* How much of the text fits a line: all of it, or up to the last comma that does. */
static int fitting(const char *text)
{
	const char *comma = text, *next;

	if (strlen(text) <= WIDTH)
		return (int)strlen(text);
	while ((next = strstr(comma + 1, ", ")) != NULL && next - text < WIDTH)
		comma = next;
	return comma == text ? (int)strlen(text) : (int)(comma - text) + 1;
}

static void print(const struct line *l)
{
	const char *text = l->text, *label = l->label;

	while (*text) {
		int n = fitting(text);

		message_line("  %-11s %.*s", label, n, text);
		text += n;
		text += *text == ' ';
		label = "";
	}
}

static const char *order_name(bool big_endian)
{
	return big_endian ? "big-endian" : "little-endian";
}

static void print_layers(const struct outcome *o)
{
	const struct xsr_summary *s = o->summary;
	struct line l = {.label = "layers"};

	if (o->compression)
		add(&l, "%s", o->compression);
	if (s->has_xl)
		add(&l, "%sxl (%s)", comma(&l), s->xl.mandatory_flags & XSR_XL_FLAG_JSON ? "JSON" : "text");
	if (s->has_libxl)
		add(&l, "%slibxl v%" PRIu32, comma(&l), s->libxl.version);
	if (s->has_image)
		add(&l, "%slibxc v%" PRIu32 " (%s)", comma(&l), s->image.version,
		    order_name(s->image.options & XSR_IMAGE_OPTION_BIG_ENDIAN));
	print(&l);
}

const char *summary_guest(const struct xsr_summary *s)
{
	if (s->domain.type == XSR_DOMAIN_X86_PV)
		return "x86 PV";
	if (s->domain.type == XSR_DOMAIN_X86_HVM)
		return s->pvh ? "x86 PVH" : "x86 HVM";
	return "unknown";
}

static void print_guest(const struct xsr_summary *s)
{
	struct line saver = {.label = "saved by"}, guest = {.label = "guest"};

	if (!s->has_domain)
		return;
	if (s->converted)
		add(&saver, "the converter from the legacy format");
	else
		add(&saver, "Xen %" PRIu32 ".%" PRIu32, s->domain.xen_major, s->domain.xen_minor);
	print(&saver);
	add(&guest, "%s", summary_guest(s));
	if (s->guest_width)
		add(&guest, ", %u-bit", s->guest_width * 8);
	if (s->guest_levels)
		add(&guest, ", %u page-table levels", s->guest_levels);
	if (s->vcpus)
		add(&guest, ", %" PRIu32 " vCPU%s", s->vcpus, s->vcpus == 1 ? "" : "s");
	print(&guest);
}

static void print_memory(const struct xsr_summary *s)
{
	struct line memory = {.label = "memory"}, types = {.label = "pages"}, passes = {.label = "passes"};
	char a[32], b[32], c[32];

	if (!s->entries)
		return;
	if (s->populated_pfns)
		add(&memory, "%s in %s pages, ", text_bytes(s->populated_pfns * XSR_PAGE_SIZE, a, sizeof(a)),
		    text_count(s->populated_pfns, b, sizeof(b)));
	add(&memory, "highest pfn 0x%" PRIx64 ", %s of page data", s->p2m_size ? s->p2m_size - 1 : 0,
	    text_bytes(s->data_pages * XSR_PAGE_SIZE, c, sizeof(c)));
	print(&memory);
	for (unsigned i = 0; i < 16; i++)
		if (s->entries_by_type[i])
			add(&types, "%s%s %s", comma(&types), page_types[i].name,
			    text_count(s->entries_by_type[i], a, sizeof(a)));
	print(&types);
	if (s->passes > 1)
		add(&passes, "%s over the memory, %s pfns described %s times",
		    text_count(s->passes, a, sizeof(a)), text_count(s->distinct_pfns, b, sizeof(b)),
		    text_count(s->entries, c, sizeof(c)));
	else
		add(&passes, "%" PRIu64, s->passes);
	print(&passes);
}

static const char *digest_text(const struct xsr_summary *s, char *text, size_t size)
{
	for (size_t i = 0; i < sizeof(s->digest); i++)
		snprintf(text + 2 * i, size - 2 * i, "%02x", s->digest[i]);
	return text;
}

/* What depth pages knows. */
static void print_contents(const struct xsr_summary *s)
{
	struct line contents = {.label = "contents"}, types = {.label = ""}, digest = {.label = "digest"};
	char text[40];

	if (!s->has_contents || !s->entries)
		return;
	add(&contents, "%s zero", text_count(s->zero_pages, text, sizeof(text)));
	add(&contents, ", %s%s different", s->distinct_estimated ? "about " : "",
	    text_count(s->distinct_pages, text, sizeof(text)));
	for (unsigned i = 0; i < 16; i++)
		if (s->bytes_by_type[i])
			add(&types, "%s%s %s", comma(&types), page_types[i].name,
			    text_bytes(s->bytes_by_type[i], text, sizeof(text)));
	print(&contents);
	print(&types);
	if (s->has_digest)
		add(&digest, "%s", digest_text(s, text, sizeof(text)));
	print(&digest);
}

static void add_records(struct line *l, enum xsr_layer layer, const uint64_t *counts, unsigned types)
{
	char text[32];

	for (unsigned i = 0; i < types; i++) {
		const char *name = xsr_record_name(layer, i);

		if (counts[i] && name)
			add(l, "%s%s %s", comma(l), name, text_count(counts[i], text, sizeof(text)));
	}
}

static void print_records(const struct xsr_summary *s)
{
	struct line libxl = {.label = "libxl"}, libxc = {.label = "libxc"}, other = {.label = "unknown"};
	struct line checkpoints = {.label = "checkpoints"};
	char text[32];

	add_records(&libxl, XSR_LAYER_LIBXL, s->libxl_records, XSR_LIBXL_TYPES);
	add_records(&libxc, XSR_LAYER_LIBXC, s->libxc_records, XSR_LIBXC_TYPES);
	print(&libxl);
	print(&libxc);
	if (s->unknown_records)
		add(&other, "%s records", text_count(s->unknown_records, text, sizeof(text)));
	print(&other);
	if (s->checkpoints)
		add(&checkpoints, "%s", text_count(s->checkpoints, text, sizeof(text)));
	print(&checkpoints);
}

/* How far a stream without END can be relied on, and whether something of it restores. */
static void print_intact(const struct xsr_summary *s)
{
	struct line intact = {.label = "intact"}, restores = {.label = "restores"};
	char a[32], b[32];

	if (s->ended || !s->has_image)
		return;
	add(&intact, "%s records up to offset 0x%" PRIx64, text_count(s->intact_records, a, sizeof(a)), s->bytes);
	add(&intact, ", %s of the %s of page data", text_bytes(s->intact_data_pages * XSR_PAGE_SIZE, a, sizeof(a)),
	    text_bytes(s->data_pages * XSR_PAGE_SIZE, b, sizeof(b)));
	if (s->announced_pfns && s->distinct_pfns)
		add(&intact, ", %s of %s pfns named", text_count(s->distinct_pfns, a, sizeof(a)),
		    text_count(s->announced_pfns, b, sizeof(b)));
	print(&intact);
	if (s->checkpoint_end)
		add(&restores, "up to the checkpoint that ends at offset 0x%" PRIx64, s->checkpoint_end);
	else
		add(&restores, "not: END or a whole checkpoint is missing");
	print(&restores);
}

void summary_print(const struct outcome *o)
{
	const struct xsr_summary *s = o->summary;
	struct line size = {.label = "size"};
	char a[32], b[32];

	message_line("%s: %s", o->input, o->verdict);
	print_layers(o);
	print_guest(s);
	print_memory(s);
	print_contents(s);
	print_records(s);
	print_intact(s);
	add(&size, "%s (%s bytes)", text_bytes(s->bytes, a, sizeof(a)), text_count(s->bytes, b, sizeof(b)));
	if (s->trailer)
		add(&size, " and %s bytes behind it", text_count(s->trailer, a, sizeof(a)));
	print(&size);
}

static void visit_records(const struct xsr_visitor *v, const char *key, enum xsr_layer layer,
    const uint64_t *counts, unsigned types)
{
	v->begin(v->context, key, false);
	for (unsigned i = 0; i < types; i++) {
		const char *name = xsr_record_name(layer, i);

		if (counts[i] && name)
			v->number(v->context, name, counts[i], XSR_DECIMAL);
	}
	v->end(v->context);
}

static void visit_guest(const struct xsr_summary *s, const struct xsr_visitor *v)
{
	v->text(v->context, "guest", summary_guest(s));
	v->boolean(v->context, "converted", s->converted);
	v->number(v->context, "xen_major", s->domain.xen_major, XSR_DECIMAL);
	v->number(v->context, "xen_minor", s->domain.xen_minor, XSR_DECIMAL);
	v->number(v->context, "guest_width", s->guest_width, XSR_DECIMAL);
	v->number(v->context, "guest_levels", s->guest_levels, XSR_DECIMAL);
	v->number(v->context, "vcpus", s->vcpus, XSR_DECIMAL);
}

static void visit_memory(const struct xsr_summary *s, const struct xsr_visitor *v)
{
	v->number(v->context, "p2m_size", s->p2m_size, XSR_DECIMAL);
	v->number(v->context, "entries", s->entries, XSR_DECIMAL);
	v->begin(v->context, "entries_by_type", false);
	for (unsigned i = 0; i < 16; i++)
		if (s->entries_by_type[i])
			v->number(v->context, page_types[i].key, s->entries_by_type[i], XSR_DECIMAL);
	v->end(v->context);
	v->number(v->context, "data_pages", s->data_pages, XSR_DECIMAL);
	v->number(v->context, "intact_data_pages", s->intact_data_pages, XSR_DECIMAL);
	v->number(v->context, "announced_pfns", s->announced_pfns, XSR_DECIMAL);
	v->number(v->context, "distinct_pfns", s->distinct_pfns, XSR_DECIMAL);
	v->number(v->context, "populated_pfns", s->populated_pfns, XSR_DECIMAL);
	v->number(v->context, "passes", s->passes, XSR_DECIMAL);
}

static void visit_contents(const struct xsr_summary *s, const struct xsr_visitor *v)
{
	char text[40];

	if (!s->has_contents)
		return;
	v->begin(v->context, "bytes_by_type", false);
	for (unsigned i = 0; i < 16; i++)
		if (s->bytes_by_type[i])
			v->number(v->context, page_types[i].key, s->bytes_by_type[i], XSR_DECIMAL);
	v->end(v->context);
	v->number(v->context, "zero_pages", s->zero_pages, XSR_DECIMAL);
	v->number(v->context, "distinct_pages", s->distinct_pages, XSR_DECIMAL);
	v->boolean(v->context, "distinct_estimated", s->distinct_estimated);
	if (s->has_digest)
		v->text(v->context, "digest", digest_text(s, text, sizeof(text)));
}

static void visit_stream(const struct outcome *o, const struct xsr_visitor *v)
{
	const struct xsr_summary *s = o->summary;

	v->text(v->context, "format", xsr_format_name(s->format));
	v->boolean(v->context, "compressed", o->compression != NULL);
	if (s->has_image)
		v->number(v->context, "image_version", s->image.version, XSR_DECIMAL);
	v->number(v->context, "bytes", s->bytes, XSR_DECIMAL);
	v->number(v->context, "trailer", s->trailer, XSR_DECIMAL);
	v->number(v->context, "records", s->records, XSR_DECIMAL);
	visit_records(v, "libxl_records", XSR_LAYER_LIBXL, s->libxl_records, XSR_LIBXL_TYPES);
	visit_records(v, "libxc_records", XSR_LAYER_LIBXC, s->libxc_records, XSR_LIBXC_TYPES);
	v->number(v->context, "unknown_records", s->unknown_records, XSR_DECIMAL);
	v->number(v->context, "checkpoints", s->checkpoints, XSR_DECIMAL);
	v->number(v->context, "checkpoint_end", s->checkpoint_end, XSR_DECIMAL);
	v->number(v->context, "intact_records", s->intact_records, XSR_DECIMAL);
}

void summary_visit(const struct outcome *o, const struct xsr_visitor *v)
{
	const struct xsr_verdict *counts = o->counts;

	v->begin(v->context, NULL, false);
	v->text(v->context, "verdict", o->verdict);
	v->text(v->context, "class", xsr_status_name(counts->status));
	v->text(v->context, "depth", xsr_depth_name(o->depth));
	v->number(v->context, "errors", counts->errors, XSR_DECIMAL);
	v->number(v->context, "warnings", counts->warnings, XSR_DECIMAL);
	v->number(v->context, "notes", counts->notes, XSR_DECIMAL);
	v->number(v->context, "findings_not_shown", o->hidden, XSR_DECIMAL);
	v->boolean(v->context, "complete", counts->complete);
	visit_stream(o, v);
	if (o->summary->has_domain) {
		visit_guest(o->summary, v);
		visit_memory(o->summary, v);
		visit_contents(o->summary, v);
	}
	v->end(v->context);
}
