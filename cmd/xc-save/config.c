/* SPDX-License-Identifier: MIT */
/*
 * What libxl stores at creation may have changed since: the domain may have been renamed, its balloon
 * target moved, vCPUs switched off. The facts win. Without a stored configuration the least is written that
 * makes xl restore build a domain of the right kind and size; libxl takes its defaults for the rest.
 */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *member(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_object(value)) {
		json_object_set_new(object, key, json_object());
		value = json_object_get(object, key);
	}
	return value;
}

static int set_number(json_t *object, const char *key, uint64_t value)
{
	return json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *online_vcpus(const struct domain_facts *facts)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < facts->vcpus; i++)
		if (facts->online[i / 8] & 1u << i % 8)
			json_array_append_new(list, json_integer((json_int_t)i));
	return list;
}

static const char *type_word(enum domain_type type)
{
	static const char *const words[] = {"pv", "pvh", "hvm"};

	return words[type];
}

/* What the hypervisor and xenstore know better than a file. */
static int bring_up_to_date(json_t *config, const struct domain_facts *facts)
{
	json_t *c_info = member(config, "c_info"), *b_info = member(config, "b_info");
	const json_t *video = json_object_get(b_info, "video_memkb");
	uint64_t video_kib =
	    json_is_integer(video) && json_integer_value(video) > 0 ? (uint64_t)json_integer_value(video) : 0;
	int failed = json_object_set_new(c_info, "type", json_string(type_word(facts->type)));

	if (facts->name[0])
		failed |= json_object_set_new(c_info, "name", json_string(facts->name));
	failed |= json_object_set_new(c_info, "uuid", json_string(facts->uuid));
	failed |= json_object_set_new(b_info, "avail_vcpus", online_vcpus(facts));
	/* The balloon driver is told the target without the video memory. */
	if (facts->target_kib)
		failed |= set_number(b_info, "target_memkb", facts->target_kib + video_kib);
	return failed;
}

static json_t *from_facts(const struct domain_facts *facts)
{
	json_t *config = json_object();
	json_t *b_info = member(config, "b_info");
	char key[16];

	snprintf(key, sizeof(key), "type.%s", type_word(facts->type));
	if (!facts->name[0]) {
		char name[32];

		snprintf(name, sizeof(name), "Domain-%u", facts->domid);
		json_object_set_new(member(config, "c_info"), "name", json_string(name));
	}
	set_number(b_info, "max_vcpus", facts->vcpus);
	set_number(b_info, "max_memkb", facts->max_kib);
	set_number(b_info, "target_memkb", facts->pages * 4);
	json_object_set_new(b_info, key, json_object());
	return config;
}

char *config_make(const char *stored, size_t length, const struct domain_facts *facts, size_t *size,
    struct fault *fault)
{
	json_error_t error;
	json_t *config = stored ? json_loadb(stored, length, 0, &error) : from_facts(facts);
	char *text = NULL;

	if (!json_is_object(config))
		fault_set(fault, FAULT_SYSTEM, "the stored configuration is not JSON: line %d: %s",
		    stored ? error.line : 0, stored ? error.text : "out of memory");
	else if (bring_up_to_date(config, facts) != 0 || !(text = json_dumps(config, JSON_INDENT(4))))
		fault_set(fault, FAULT_SYSTEM, "cannot put the configuration into JSON");
	if (text)
		*size = strlen(text) + 1;
	json_decref(config);
	return text;
}
