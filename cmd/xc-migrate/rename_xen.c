/* SPDX-License-Identifier: MIT */
#include "rename.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xen-common/xen.h"

static bool name_is_free(struct xen *xen, uint32_t domid, const char *name, struct fault *fault)
{
	unsigned count = 0;
	char **domains = xs_directory(xen->xs, XBT_NULL, "/local/domain", &count);
	bool is_free = domains != NULL;

	for (unsigned i = 0; i < count && is_free; i++) {
		char *other = xen_store_read(xen, "/local/domain/%s/name", domains[i]);

		if (other && strcmp(other, name) == 0 && strtoul(domains[i], NULL, 10) != domid)
			is_free =
			    fault_set(fault, FAULT_REFUSED, "domain %s has the name %s", domains[i], name);
		free(other);
	}
	free(domains);
	return is_free;
}

static bool write_name(struct xen *xen, const char *path, const char *name, struct fault *fault)
{
	return xs_write(xen->xs, XBT_NULL, path, name, (unsigned)strlen(name)) ||
	       fault_errno(fault, FAULT_SYSTEM, "cannot write xenstore's %s", path);
}

/* libxl's file ends with a NUL; it takes the name from xenstore, so a file that cannot be changed is no failure. */
static void change_config(uint32_t domid, const char *uuid, const char *name)
{
	char path[128], temporary[128], *text = NULL;
	json_t *config;
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), XEN_USERDATA_DIR "/userdata-d.%u.%s.libxl-json", domid, uuid);
	snprintf(temporary, sizeof(temporary), XEN_USERDATA_DIR "/userdata-n.%u.%s.libxl-json", domid, uuid);
	config = json_load_file(path, JSON_DISABLE_EOF_CHECK, NULL);
	if (config && json_object_set_new(json_object_get(config, "c_info"), "name", json_string(name)) == 0)
		text = json_dumps(config, JSON_INDENT(4));
	file = text ? fopen(temporary, "wxe") : NULL;
	if (file) {
		good = fwrite(text, 1, strlen(text) + 1, file) == strlen(text) + 1;
		good &= fclose(file) == 0;
		if (!good || rename(temporary, path) != 0)
			remove(temporary);
	}
	free(text);
	json_decref(config);
}

bool rename_domain(uint32_t domid, const char *uuid, const char *name, struct fault *fault)
{
	char domain_path[64], vm_path[80];
	struct xen xen;
	bool good;

	snprintf(domain_path, sizeof(domain_path), "/local/domain/%u/name", domid);
	snprintf(vm_path, sizeof(vm_path), "/vm/%s/name", uuid);
	xen_logger_init(&xen.logger, NULL, NULL, NULL);
	if (!xen_open(&xen, fault)) {
		xen_close(&xen);
		return false;
	}
	good = name_is_free(&xen, domid, name, fault) && write_name(&xen, domain_path, name, fault) &&
	       write_name(&xen, vm_path, name, fault);
	xen_close(&xen);
	if (good)
		change_config(domid, uuid, name);
	return good;
}
