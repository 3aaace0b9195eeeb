/* SPDX-License-Identifier: MIT */
/* Where the hypervisor, xenstore and libxl's configuration know of obstacles. */
#include "obstacles_xen.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool node_is_one(struct xen *xen, uint32_t domid, const char *node)
{
	char *value = xen_store_read(xen, "/local/domain/%u/control/%s", domid, node);
	bool one = value && strcmp(value, "1") == 0;

	free(value);
	return one;
}

/*
 * A kernel notes the requests that it obeys. One that notes none may still obey; one that notes others, but not this
 * one, was built without.
 */
static bool is_deaf(struct xen *xen, uint32_t domid)
{
	return !node_is_one(xen, domid, "feature-suspend") &&
	       (node_is_one(xen, domid, "feature-poweroff") || node_is_one(xen, domid, "feature-reboot"));
}

/* Takes a node's value, NULL for none. */
static uint64_t number(char *text)
{
	uint64_t value = text ? strtoull(text, NULL, 10) : 0;

	free(text);
	return value;
}

/* The call says so by this error where there is none. */
static bool has_vnuma(struct xen *xen, uint32_t domid)
{
	uint32_t nodes = 0, ranges = 0, vcpus = 0;

	errno = 0;
	return xc_domain_getvnuma(xen->xc, domid, &nodes, &ranges, &vcpus, NULL, NULL, NULL) == 0 ||
	       errno == ENOBUFS;
}

/* Since 4.16 or so the hypervisor does not say; libxl's configuration does. */
static bool is_nested(const char *config, size_t length)
{
	json_t *all = config ? json_loadb(config, length, 0, NULL) : NULL;
	json_t *info = json_object_get(all, "b_info");
	const char *flat = json_string_value(json_object_get(info, "nested_hvm"));
	const char *keyed =
	    json_string_value(json_object_get(json_object_get(info, "type.hvm"), "nested_hvm"));
	bool nested = (flat && strcmp(flat, "True") == 0) || (keyed && strcmp(keyed, "True") == 0);

	json_decref(all);
	return nested;
}

void obstacles_find(struct xen *xen, const struct domain_facts *facts, const char *config, size_t length,
    struct obstacles *o)
{
	const uint32_t domid = facts->domid;
	uint64_t total, cached, entries;

	*o = (struct obstacles){0};
	o->pci_devices =
	    (unsigned)number(xen_store_read(xen, "/local/domain/0/backend/pci/%u/0/num_devs", domid));
	o->videoram_kib = number(xen_store_read(xen, "/local/domain/%u/memory/videoram", domid));
	o->vnuma = has_vnuma(xen, domid);
	o->deaf = is_deaf(xen, domid);
	if (facts->type == DOMAIN_PV)
		return;
	if (xc_domain_get_pod_target(xen->xc, domid, &total, &cached, &entries) == 0)
		o->pod_pages = entries;
	o->nested = is_nested(config, length);
}
