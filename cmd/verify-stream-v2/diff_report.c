/* SPDX-License-Identifier: MIT */
#include "verify-stream-v2/diff_report.h"

#include <inttypes.h>
#include <string.h>

#include "common/messages.h"
#include "common/text.h"

static const char *const only_in[] = {"", "only in the first", "only in the second"};

/* True if there is room for one more. */
static bool may_show(struct diff_report *r)
{
	unsigned long most = r->options->max_findings;

	if (r->options->quiet)
		return false;
	if (most && r->shown == most) {
		r->hidden++;
		return false;
	}
	r->shown++;
	return true;
}

/* Opens a row: what differs. */
static const struct xsr_visitor *row(struct diff_report *r, const char *what)
{
	const struct xsr_visitor *v = json_rows_visitor(r->json);

	v->begin(v->context, NULL, false);
	v->text(v->context, "difference", what);
	return v;
}

static const struct xsr_visitor *item_row(struct diff_report *r, const struct diff_item *item,
    const char *what)
{
	const struct xsr_visitor *v = row(r, what);
	char name[48];

	v->text(v->context, "layer", xsr_layer_name(item->layer));
	v->text(v->context, "name", diff_item_name(item, name, sizeof(name)));
	v->number(v->context, "number", item->number, XSR_DECIMAL);
	return v;
}

/* "X86_PV_VCPU_BASIC 1": the number is that among its kind, from 0. */
static const char *title(const struct diff_item *item, char *text, size_t size)
{
	char name[48];

	snprintf(text, size, "%s %" PRIu32, diff_item_name(item, name, sizeof(name)), item->number);
	return text;
}

static void show_side(const struct xsr_visitor *v, enum diff_side side)
{
	if (side != DIFF_BOTH)
		v->text(v->context, "only_in", side == DIFF_FIRST ? "first" : "second");
}

void diff_report_item(struct diff_report *r, const struct diff_item *item, enum diff_side side)
{
	char text[80];

	if (!may_show(r))
		return;
	if (r->json) {
		const struct xsr_visitor *v = item_row(r, item, "record");

		show_side(v, side);
		v->end(v->context);
		return;
	}
	message_line("%s: %s", title(item, text, sizeof(text)), only_in[side]);
}

void diff_report_field(struct diff_report *r, const struct diff_item *item, const char *field, const char *a,
    const char *b)
{
	char text[80];

	if (!may_show(r))
		return;
	if (r->json) {
		const struct xsr_visitor *v = item_row(r, item, "field");

		v->text(v->context, "field", field);
		if (a)
			v->text(v->context, "first", a);
		if (b)
			v->text(v->context, "second", b);
		v->end(v->context);
	} else if (a && b) {
		message_line("%s: %s: %s, %s", title(item, text, sizeof(text)), field, a, b);
	} else {
		message_line("%s: %s: %s, %s", title(item, text, sizeof(text)), field, a ? a : b,
		    only_in[a ? DIFF_FIRST : DIFF_SECOND]);
	}
}

void diff_report_body(struct diff_report *r, const struct diff_item *item, uint64_t bytes, uint64_t first)
{
	char text[80], count[32];

	if (!may_show(r))
		return;
	if (r->json) {
		const struct xsr_visitor *v = item_row(r, item, "body");

		v->number(v->context, "bytes", bytes, XSR_DECIMAL);
		v->number(v->context, "first_byte", first, XSR_DECIMAL);
		v->end(v->context);
		return;
	}
	message_line("%s: %s byte%s of the body, the first at 0x%" PRIx64, title(item, text, sizeof(text)),
	    text_count(bytes, count, sizeof(count)), bytes == 1 ? "" : "s", first);
}

void diff_report_pages(struct diff_report *r, uint64_t first, uint64_t last, enum diff_side side)
{
	uint64_t count = last - first + 1;
	char text[32];

	r->pages += count;
	if (!may_show(r))
		return;
	if (r->json) {
		const struct xsr_visitor *v = row(r, "pages");

		v->number(v->context, "first_pfn", first, XSR_HEXADECIMAL);
		v->number(v->context, "last_pfn", last, XSR_HEXADECIMAL);
		v->number(v->context, "count", count, XSR_DECIMAL);
		show_side(v, side);
		v->end(v->context);
	} else if (count == 1) {
		message_line("pfn 0x%" PRIx64 ": %s", first, side == DIFF_BOTH ? "differs" : only_in[side]);
	} else {
		message_line("pfns 0x%" PRIx64 " to 0x%" PRIx64 " (%s): %s", first, last,
		    text_count(count, text, sizeof(text)), side == DIFF_BOTH ? "differ" : only_in[side]);
	}
}

void diff_report_total(struct diff_report *r)
{
	char records[32], pages[32];

	if (r->json) {
		const struct xsr_visitor *v = row(r, "total");

		v->number(v->context, "records", r->records, XSR_DECIMAL);
		v->number(v->context, "pages", r->pages, XSR_DECIMAL);
		v->number(v->context, "not_shown", r->hidden, XSR_DECIMAL);
		v->end(v->context);
		return;
	}
	if (r->options->quiet || (!r->records && !r->pages && !r->options->verbose))
		return;
	if (r->hidden)
		message_line("%s more differences are not shown (--max-findings)",
		    text_count(r->hidden, records, sizeof(records)));
	message_line("differences: %s in headers and records, %s in pages",
	    text_count(r->records, records, sizeof(records)), text_count(r->pages, pages, sizeof(pages)));
}
