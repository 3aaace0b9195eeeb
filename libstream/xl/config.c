/* SPDX-License-Identifier: MIT */
#include "xl/config.h"

#include <inttypes.h>
#include <string.h>

#include "findings.h"

#define AT_CONFIG_LENGTH 48u

static void tell(const struct xl_config_report *to, enum finding_id id, uint64_t offset, const char *allowed,
    const char *found)
{
	struct xsr_finding f;

	finding_make(&f, id, XSR_LAYER_XL, offset, "config");
	finding_found(&f, "%s", found);
	finding_allowed(&f, "%s", allowed);
	to->report(to->context, &f);
}

/* A string that fits, or none: half a name is no name. */
static void take_string(char *to, size_t size, const struct json *j, enum json_kind kind)
{
	to[0] = '\0';
	if (kind == JSON_STRING && !j->cut && j->length < size)
		memcpy(to, j->text, j->length + 1);
}

/* A count: digits alone, below 2^64. */
static bool take_number(uint64_t *to, const struct json *j, enum json_kind kind)
{
	uint64_t n = 0;

	if (kind != JSON_NUMBER || j->cut)
		return false;
	for (const char *p = j->text; *p; p++) {
		uint64_t add = (uint64_t)(*p - '0');

		if (*p < '0' || *p > '9' || n > (UINT64_MAX - add) / 10)
			return false;
		n = 10 * n + add;
	}
	*to = n;
	return true;
}

static void take_count(struct xl_config *c, bool *has, uint64_t *to, const struct json *j, enum json_kind kind)
{
	*has = take_number(to, j, kind);
	if (!*has)
		c->bad_number = true;
}

static void scalar(void *context, const struct json *j, enum json_kind kind)
{
	struct xl_config *c = context;
	struct xl_config_facts *f = &c->facts;

	if (json_at(j, "c_info", "type"))
		take_string(f->type, sizeof(f->type), j, kind);
	else if (json_at(j, "c_info", "name"))
		take_string(f->name, sizeof(f->name), j, kind);
	else if (json_at(j, "c_info", "uuid"))
		take_string(f->uuid, sizeof(f->uuid), j, kind);
	else if (json_at(j, "b_info", "max_vcpus"))
		take_count(c, &f->has_max_vcpus, &f->max_vcpus, j, kind);
	else if (json_at(j, "b_info", "max_memkb"))
		take_count(c, &f->has_max_memkb, &f->max_memkb, j, kind);
}

void xl_config_begin(struct xl_config *c, const struct xsr_xl_header *h, const struct xl_config_report *to)
{
	memset(c, 0, sizeof(*c));
	json_begin(&c->json, scalar, c);
	c->is_json = h->mandatory_flags & XSR_XL_FLAG_JSON;
	c->cut = h->has_config && h->config_length > h->optional_data_length - 4;
	if (to && to->depth >= XSR_DEPTH_RECORD && c->is_json && h->has_config && !h->config_length)
		tell(to, F_XL_CONFIG_NUL, AT_CONFIG_LENGTH, "a NUL as last byte", "no byte at all");
}

static void tell_json(struct xl_config *c, const struct xl_config_report *to, uint64_t offset, const char *found)
{
	if (!c->told && to && to->depth >= XSR_DEPTH_STREAM)
		tell(to, F_XL_JSON, offset, "one JSON object", found);
	c->told = true;
}

/* One byte of JSON proper. The validator takes any value, a configuration is an object. */
static void take(struct xl_config *c, const struct xl_config_report *to, uint8_t byte, uint64_t offset)
{
	bool first = c->json.state == JSON_VALUE && !c->json.depth;

	if (!json_byte(&c->json, byte))
		tell_json(c, to, offset, c->json.error);
	else if (first && c->json.state != JSON_VALUE && byte != '{')
		tell_json(c, to, offset, "another value");
	else if (c->bad_number)
		tell_json(c, to, offset, "a count that is no number below 2^64");
}

/* The last byte went by. */
static void finish(struct xl_config *c, const struct xl_config_report *to, uint64_t end)
{
	if (c->cut)
		return;
	if (!c->ended && to && to->depth >= XSR_DEPTH_RECORD)
		tell(to, F_XL_CONFIG_NUL, end - 1, "a NUL as last byte", "another byte");
	if (!json_end(&c->json))
		tell_json(c, to, end - 1, c->json.error);
}

void xl_config_feed(struct xl_config *c, const struct xl_config_report *to, const uint8_t *data, size_t length,
    uint64_t offset, bool last)
{
	if (!c->is_json)
		return;
	for (size_t i = 0; i < length && !c->ended; i++) {
		if (data[i]) {
			take(c, to, data[i], offset + i);
			continue;
		}
		c->ended = true;
		if (last && i + 1 == length)
			break;
		/* What xl parses ends here; that it is half an object is this fault and not another one. */
		if (to && to->depth >= XSR_DEPTH_RECORD)
			tell(to, F_XL_CONFIG_NUL, offset + i, "a NUL as last byte only", "one inside");
		c->told = true;
	}
	if (last)
		finish(c, to, offset + length);
}
