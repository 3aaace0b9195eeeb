/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "config.h"

/* Most ports, frames and memory that a plan may ask for; the hypervisor refuses far less. */
#define LIMIT_INT32  INT32_MAX
#define LIMIT_MEMORY (UINT64_C(1) << 42)
#define HVM_VCPUS    128u

/* Highest event channel port unless the configuration says otherwise. */
#define DEFAULT_PORTS 1023u

/* Everything that a configuration lists as an array of devices. */
static const char *const device_lists[] = {"disks", "nics", "pcidevs", "rdms", "dtdevs", "vfbs", "vkbs",
    "vtpms", "p9s", "pvcallsifs", "vdispls", "vsnds", "channels", "usbctrls", "usbdevs"};

#define DEVICE_LISTS (sizeof(device_lists) / sizeof(device_lists[0]))

/* State of plan_make(). */
struct planning {
	struct plan *plan;                /* the result */
	const struct plan_wishes *wish;   /* the command line */
	const struct plan_source *source; /* where the configuration is */
	json_t *root;                     /* the configuration, an object */
	json_t *c_info, *b_info, *hvm;    /* parts of it, NULL if absent; borrowed */
	struct fault *fault;              /* where failures go */
};

bool plan_parse_uuid(const char *text, char uuid[37])
{
	for (int i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
		uuid[i] = (char)tolower((unsigned char)text[i]);
	}
	uuid[36] = '\0';
	return text[36] == '\0';
}

/* A random one: version 4. */
static bool make_uuid(char uuid[37], struct fault *fault)
{
	uint8_t b[16];

	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
		return fault_errno(fault, FAULT_SYSTEM, "cannot make a UUID");
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	snprintf(uuid, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
	    b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	return true;
}

/*
 * A number of the configuration, or the default. Negative ones are libxl's way to say "default" as well.
 */
static uint64_t number(struct planning *p, json_t *object, const char *key, uint64_t most, uint64_t fallback)
{
	json_t *value = json_object_get(object, key);

	if (!value || (json_is_integer(value) && json_integer_value(value) < 0))
		return fallback;
	if (json_is_integer(value) && (uint64_t)json_integer_value(value) <= most)
		return (uint64_t)json_integer_value(value);
	/* libxl's "unknown" memory sizes are the highest number there is. */
	if (json_is_integer(value) || json_is_real(value))
		return fallback;
	fault_set(p->fault, FAULT_REFUSED, "the configuration's %s is not a number", key);
	return fallback;
}

/* A word of a fixed list as its position; a number stands for itself. */
static unsigned word(struct planning *p, json_t *value, const char *key, const char *const *words,
    unsigned count, unsigned fallback)
{
	const char *text = json_string_value(value);

	if (!value || (text && strcmp(text, "unknown") == 0))
		return fallback;
	for (unsigned i = 0; text && i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	if (json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) < count)
		return (unsigned)json_integer_value(value);
	fault_set(p->fault, FAULT_REFUSED, "the configuration's %s is \"%s\", which is not known", key,
	    text ? text : "?");
	return fallback;
}

/* "xl list -l" prints an array of objects that have the configuration in them. */
static json_t *unwrap(json_t *root)
{
	json_t *inner = json_array_size(root) == 1 ? config_object(json_array_get(root, 0), "config") : NULL;

	if (!inner)
		return root;
	json_incref(inner);
	json_decref(root);
	return inner;
}

static bool parse(struct planning *p)
{
	const struct plan_source *source = p->source;
	const char *where = source->from_file ? "the configuration file" : "the image's configuration";
	json_error_t error;

	if (!source->config) {
		p->root = json_object();
		return p->root || fault_set(p->fault, FAULT_SYSTEM, "out of memory");
	}
	if (!source->is_json)
		return fault_set(p->fault, FAULT_REFUSED,
		    "the image's configuration is not JSON; give one that is with --config");
	p->root = unwrap(json_loadb(source->config, strnlen(source->config, source->size), 0, &error));
	if (!p->root)
		return fault_set(p->fault, source->from_file ? FAULT_REFUSED : FAULT_STREAM,
		    "%s is not JSON: line %d: %s", where, error.line, error.text);
	if (!json_is_object(p->root))
		return fault_set(p->fault, source->from_file ? FAULT_REFUSED : FAULT_STREAM,
		    "%s is not a JSON object", where);
	return true;
}

/* The image says PV or "HVM container"; the configuration or the command line tell PVH from HVM. */
static bool plan_type(struct planning *p)
{
	static const char *const words[] = {"pv", "pvh", "hvm"};
	const bool image_pv = p->source->image_type == XSR_DOMAIN_X86_PV;
	json_t *type = json_object_get(p->c_info, "type");

	if (p->wish->has_type)
		p->plan->type = p->wish->type;
	else if (type)
		p->plan->type = (enum domain_type)word(p, type, "type", words, 3, DOMAIN_PV);
	else if (image_pv)
		p->plan->type = DOMAIN_PV;
	if (p->fault->kind != FAULT_NONE)
		return false;
	if ((p->wish->has_type || type) && image_pv != (p->plan->type == DOMAIN_PV))
		return fault_set(p->fault, FAULT_REFUSED, "the image is of %s guest, but %s",
		    image_pv ? "a PV" : "an HVM or PVH",
		    p->wish->has_type ? "--type says otherwise" : "the configuration says otherwise");
	return true;
}

static bool type_known(const struct planning *p)
{
	return p->wish->has_type || json_object_get(p->c_info, "type") ||
	       p->source->image_type == XSR_DOMAIN_X86_PV;
}

/* Names every fact that is missing at once: a user should not find them one by one. */
static bool nothing_missing(struct planning *p)
{
	const struct {
		bool missing;     /* it is */
		const char *what; /* option that says it */
	} facts[] = {
	    {!p->wish->name && !json_is_string(json_object_get(p->c_info, "name")), "--name"},
	    {!type_known(p), "--type (pvh or hvm)"},
	    {!p->wish->vcpus && !json_object_get(p->b_info, "max_vcpus"), "--vcpus"},
	    {!p->wish->memory_kib && !json_object_get(p->b_info, "max_memkb"), "--memory"},
	};
	char list[128] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (facts[i].missing)
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
			    facts[i].what);
	if (!list[0])
		return true;
	return fault_set(p->fault, FAULT_REFUSED, "the %s does not tell all about the domain; needed: %s",
	    p->source->config ? "configuration" : "image has no configuration and", list);
}

static bool plan_identity(struct planning *p)
{
	const char *name =
	    p->wish->name ? p->wish->name : json_string_value(json_object_get(p->c_info, "name"));
	const char *uuid =
	    p->wish->uuid ? p->wish->uuid : json_string_value(json_object_get(p->c_info, "uuid"));

	if (!*name || strlen(name) >= sizeof(p->plan->name) || strchr(name, '/'))
		return fault_set(p->fault, FAULT_REFUSED, "the name \"%.40s\" cannot be a domain's", name);
	if (strspn(name, "0123456789") == strlen(name))
		return fault_set(p->fault, FAULT_REFUSED, "the name \"%.40s\" would be taken for a number",
		    name);
	snprintf(p->plan->name, sizeof(p->plan->name), "%s", name);
	if (p->wish->new_uuid || !uuid)
		return make_uuid(p->plan->uuid, p->fault);
	if (!plan_parse_uuid(uuid, p->plan->uuid))
		return fault_set(p->fault, FAULT_REFUSED, "the configuration's uuid is not one");
	return true;
}

static bool plan_vcpus(struct planning *p)
{
	struct plan *plan = p->plan;
	json_t *list = json_object_get(p->b_info, "avail_vcpus"), *item;
	const unsigned most = plan->type == DOMAIN_PV ? DOMAIN_MAX_VCPUS : HVM_VCPUS;
	size_t i;

	plan->vcpus =
	    p->wish->vcpus ? p->wish->vcpus : (unsigned)number(p, p->b_info, "max_vcpus", UINT32_MAX, 1);
	if (plan->vcpus < 1 || plan->vcpus > most)
		return fault_set(p->fault, FAULT_REFUSED, "%u vCPUs, but a %s guest can have 1 to %u",
		    plan->vcpus, domain_type_name(plan->type), most);
	if (!json_is_array(list) || json_array_size(list) == 0 || p->wish->vcpus) {
		for (unsigned v = 0; v < plan->vcpus; v++)
			plan->online[v / 8] |= (uint8_t)(1u << v % 8);
		return true;
	}
	json_array_foreach(list, i, item)
	{
		json_int_t v = json_integer_value(item);

		if (!json_is_integer(item) || v < 0 || v >= (json_int_t)plan->vcpus)
			return fault_set(p->fault, FAULT_REFUSED,
			    "the configuration's avail_vcpus do not fit max_vcpus");
		plan->online[v / 8] |= (uint8_t)(1u << v % 8);
	}
	return true;
}

/* libxl's defaults for video memory, which is part of the guest's. */
static uint64_t plan_video(struct planning *p)
{
	const char *kind = config_text(config_object(p->hvm, "vga"), "kind");
	uint64_t mib = !kind || strcmp(kind, "cirrus") == 0 ? 8 : 16;

	if (kind && strcmp(kind, "none") == 0)
		mib = 0;
	if (kind && strcmp(kind, "qxl") == 0)
		mib = 128;
	/* libxl always says it in an image; a guess must leave the guest some memory. */
	if (mib * 1024 >= p->plan->target_kib)
		mib = 0;
	return number(p, p->b_info, "video_memkb", LIMIT_MEMORY, mib * 1024);
}

static bool plan_memory(struct planning *p)
{
	struct plan *plan = p->plan;

	plan->max_kib =
	    p->wish->memory_kib ? p->wish->memory_kib : number(p, p->b_info, "max_memkb", LIMIT_MEMORY, 0);
	plan->target_kib = p->wish->memory_kib
	                       ? p->wish->memory_kib
	                       : number(p, p->b_info, "target_memkb", LIMIT_MEMORY, plan->max_kib);
	plan->video_kib = plan->type == DOMAIN_HVM ? plan_video(p) : 0;
	plan->pool_kib = number(p, p->b_info, "shadow_memkb", LIMIT_MEMORY, 0);
	if (plan->max_kib < 4 + plan->video_kib || plan->target_kib < 4 + plan->video_kib)
		return fault_set(p->fault, FAULT_REFUSED, "the domain would have no memory");
	return true;
}

/* timer_mode was moved about between releases of libxl: it is where it is. */
static unsigned plan_timer_mode(struct planning *p)
{
	static const char *const words[] = {"delay_for_missed_ticks", "no_delay_for_missed_ticks",
	    "no_missed_ticks_pending", "one_missed_tick_pending"};
	json_t *value = json_object_get(p->b_info, "timer_mode");

	return word(p, value ? value : json_object_get(p->hvm, "timer_mode"), "timer_mode", words, 4, 1);
}

static void plan_details(struct planning *p)
{
	static const char *const tsc_words[] = {"default", "always_emulate", "native", "native_paravirt"};
	struct plan *plan = p->plan;
	json_t *rtc = json_object_get(p->b_info, "rtc_timeoffset");
	json_t *nested = json_object_get(p->b_info, "nested_hvm");

	plan->grant_frames = (int32_t)number(p, p->b_info, "max_grant_frames", LIMIT_INT32, UINT32_MAX);
	plan->maptrack_frames = (int32_t)number(p, p->b_info, "max_maptrack_frames", LIMIT_INT32, UINT32_MAX);
	plan->grant_version = (unsigned)number(p, p->b_info, "max_grant_version", 15, 0);
	plan->event_channels = (uint32_t)number(p, p->b_info, "event_channels", LIMIT_INT32, DEFAULT_PORTS);
	if (plan->event_channels == 0)
		plan->event_channels = DEFAULT_PORTS;
	plan->tsc_mode = word(p, json_object_get(p->b_info, "tsc_mode"), "tsc_mode", tsc_words, 4, 0);
	if (json_is_integer(rtc) && llabs(json_integer_value(rtc)) <= LIMIT_INT32)
		plan->rtc_offset = (int32_t)json_integer_value(rtc);
	plan->timer_mode = plan_timer_mode(p);
	plan->hpet = config_truth(p->hvm, "hpet", true);
	plan->vpt_align = config_truth(p->hvm, "vpt_align", true);
	plan->nested = config_truth(nested ? p->b_info : p->hvm, "nested_hvm", false);
	plan->vpmu = config_truth(p->b_info, "vpmu", false);
	plan->msr_relaxed = config_truth(config_object(p->b_info, "arch_x86"), "msr_relaxed", false);
	plan->shadow = !config_truth(p->c_info, "hap", true);
	plan->config_from_user = p->source->from_file;
	plan->model_program = config_text(p->b_info, "device_model");
}

/* The disks of an HVM guest are its device model's business. Those it cannot open must be somebody else's. */
static bool plan_disks(struct planning *p)
{
	struct plan *plan = p->plan;
	struct fault fault = {.kind = FAULT_NONE};

	if (disks_read(json_object_get(p->root, "disks"), &plan->disks, &plan->disk_count, &fault))
		return true;
	if (p->wish->model_elsewhere && p->wish->devices_elsewhere)
		return true;
	return fault_set(p->fault, fault.kind, "%s", fault.text);
}

/* Devices that are not made here must be made by somebody, or the guest loses them when it resumes. */
static bool check_devices(struct planning *p)
{
	/* Disks are the first of the list. */
	const size_t first = p->plan->type == DOMAIN_HVM ? 1 : 0;

	if (json_array_size(json_object_get(p->root, "pcidevs")) > 0)
		return fault_set(p->fault, FAULT_REFUSED,
		    "guests with passed-through PCI devices cannot be restored");
	if (json_array_size(json_object_get(p->b_info, "vnuma_nodes")) > 0)
		return fault_set(p->fault, FAULT_REFUSED,
		    "guests with virtual NUMA nodes cannot be restored");
	if (p->plan->type == DOMAIN_HVM && !plan_disks(p))
		return false;
	for (size_t i = first; i < DEVICE_LISTS && !p->wish->devices_elsewhere; i++) {
		size_t count = json_array_size(json_object_get(p->root, device_lists[i]));

		if (count)
			return fault_set(p->fault, FAULT_REFUSED,
			    "the configuration has %zu %s, which are not attached here: let --before-unpause "
			    "attach them, or restore with --paused",
			    count, device_lists[i]);
	}
	return true;
}

static json_t *own_member(json_t *object, const char *key)
{
	if (!json_is_object(json_object_get(object, key)))
		json_object_set_new(object, key, json_object());
	return json_object_get(object, key);
}

/* The configuration as libxl is to find it: what was planned, without devices that nobody has attached yet. */
static bool plan_config(struct planning *p)
{
	static const char *const types[] = {"pv", "pvh", "hvm"}, *const unions[] = {
	                                                             "type.pv", "type.pvh", "type.hvm"};
	struct plan *plan = p->plan;
	json_t *c_info = own_member(p->root, "c_info"), *b_info = own_member(p->root, "b_info");
	json_t *online = json_array(), *disk;
	size_t i;

	plan->given = json_dumps(p->root, JSON_INDENT(4));
	/* Whose disks were taken keeps them, served by QEMU. */
	json_array_foreach(plan->disks ? json_object_get(p->root, "disks") : NULL, i, disk)
	    json_object_set_new(disk, "backend", json_string("qdisk"));
	for (i = plan->disks ? 1 : 0; i < DEVICE_LISTS; i++)
		json_object_del(p->root, device_lists[i]);
	for (unsigned v = 0; v < plan->vcpus; v++)
		if (plan->online[v / 8] & 1u << v % 8)
			json_array_append_new(online, json_integer((json_int_t)v));
	json_object_set_new(c_info, "type", json_string(types[plan->type]));
	json_object_set_new(c_info, "name", json_string(plan->name));
	json_object_set_new(c_info, "uuid", json_string(plan->uuid));
	json_object_set_new(b_info, "max_vcpus", json_integer((json_int_t)plan->vcpus));
	json_object_set_new(b_info, "avail_vcpus", online);
	json_object_set_new(b_info, "max_memkb", json_integer((json_int_t)plan->max_kib));
	json_object_set_new(b_info, "target_memkb", json_integer((json_int_t)plan->target_kib));
	own_member(b_info, unions[plan->type]);
	plan->config = json_dumps(p->root, JSON_INDENT(4));
	/* A name that is not UTF-8 is the one thing here that JSON cannot hold, memory apart. */
	return (plan->config && plan->given) ||
	       fault_set(p->fault, FAULT_REFUSED, "cannot put the configuration into JSON");
}

bool plan_make(struct plan *plan, const struct plan_source *source, const struct plan_wishes *wishes,
    struct fault *fault)
{
	struct planning p = {.plan = plan, .wish = wishes, .source = source, .fault = fault};
	bool good;

	memset(plan, 0, sizeof(*plan));
	good = parse(&p);
	if (good) {
		p.c_info = config_object(p.root, "c_info");
		p.b_info = config_object(p.root, "b_info");
		good = plan_type(&p) && nothing_missing(&p);
	}
	if (good) {
		p.hvm = config_object(p.b_info, plan->type == DOMAIN_HVM ? "type.hvm" : "type.pvh");
		good = plan_identity(&p) && plan_vcpus(&p) && plan_memory(&p) && check_devices(&p);
	}
	if (good) {
		plan_details(&p);
		good = fault->kind == FAULT_NONE && plan_config(&p);
	}
	plan->tree = p.root;
	return good;
}

void plan_clear(struct plan *plan)
{
	free(plan->config);
	free(plan->given);
	free(plan->disks);
	json_decref(plan->tree);
	memset(plan, 0, sizeof(*plan));
}

uint64_t plan_pool_kib(const struct plan *plan, bool hap)
{
	uint64_t by_rule = 4 * (256 * (uint64_t)plan->vcpus + (hap ? 1 : 2) * (plan->max_kib / 1024));

	return plan->pool_kib > by_rule ? plan->pool_kib : by_rule;
}
