/* SPDX-License-Identifier: MIT */
#include "verify-stream-v2/explain.h"

#include <stdio.h>
#include <string.h>

#include <libstream/base.h>

#include "common/messages.h"
#include "common/tool.h"

static void print_all(void)
{
	const struct xsr_catalogue_row *row;

	for (size_t i = 0; (row = xsr_catalogue_at(i)) != NULL; i++)
		printf("%-28s %-8s %-7s %s\n", row->id, xsr_severity_name(row->severity), row->depth,
		    row->meaning);
}

static void print_field(const char *label, const char *text)
{
	if (*text)
		printf("  %-9s %s\n", label, text);
}

static void print_one(const struct xsr_catalogue_row *row)
{
	printf("%s: %s\n", row->id, row->meaning);
	print_field("severity", xsr_severity_name(row->severity));
	print_field("class", xsr_status_name(row->status));
	print_field("depth", row->depth);
	print_field("rule", row->rule);
	print_field("Xen", row->xen);
	print_field("advice", row->advice);
}

/* IDs of the same group, "page_data." for one, help after a slip of the pen. */
static void suggest(const char *id)
{
	size_t group = strcspn(id, ".");
	const struct xsr_catalogue_row *row;
	char list[400] = "";

	for (size_t i = 0; (row = xsr_catalogue_at(i)) != NULL; i++) {
		size_t used = strlen(list);

		if (!group || strncmp(row->id, id, group) != 0 || row->id[group] != '.')
			continue;
		if (used + strlen(row->id) + 3 > sizeof(list))
			break;
		snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", row->id);
	}
	if (*list)
		message(MESSAGE_ERROR, id, "no such finding; there are %s", list);
	else
		message(MESSAGE_ERROR, id, "no such finding; --explain list names all");
}

int explain(const char *id)
{
	const struct xsr_catalogue_row *row = xsr_catalogue_find(id);

	if (strcmp(id, "list") == 0) {
		print_all();
		return TOOL_GOOD;
	}
	if (row) {
		print_one(row);
		return TOOL_GOOD;
	}
	suggest(id);
	return TOOL_TROUBLE;
}
