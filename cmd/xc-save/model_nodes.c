/* SPDX-License-Identifier: MIT */
/*
 * Older QEMUs note in xenstore where the guest moved their memory regions (physmap), and want that back when they are
 * restored. Recent ones have no such nodes, and then there is no record.
 */
#include "model_nodes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A guest cannot write there, but a model gone wrong could fill memory. */
#define NODES_MAX 65536u

/* Appends "key NUL value NUL"; false if they do not fit. */
static bool append(char *nodes, size_t *size, const char *key, const char *value)
{
	const size_t key_size = strlen(key) + 1, value_size = strlen(value) + 1;

	if (key_size + value_size > NODES_MAX - *size)
		return false;
	memcpy(nodes + *size, key, key_size);
	memcpy(nodes + *size + key_size, value, value_size);
	*size += key_size + value_size;
	return true;
}

static void add_region(struct xen *xen, uint32_t domid, const char *region, char *nodes, size_t *size)
{
	static const char *const members[] = {"start_addr", "size", "name"};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		char key[256];
		char *value;

		snprintf(key, sizeof(key), "physmap/%s/%s", region, members[i]);
		value = xen_store_read(xen, "/local/domain/0/device-model/%u/%s", domid, key);
		if (value)
			append(nodes, size, key, value);
		free(value);
	}
}

char *model_nodes(struct xen *xen, uint32_t domid, size_t *size)
{
	char path[64], *nodes;
	unsigned count = 0;
	char **regions;

	*size = 0;
	snprintf(path, sizeof(path), "/local/domain/0/device-model/%u/physmap", domid);
	regions = xs_directory(xen->xs, XBT_NULL, path, &count);
	nodes = count ? malloc(NODES_MAX) : NULL;
	for (unsigned i = 0; nodes && i < count; i++)
		add_region(xen, domid, regions[i], nodes, size);
	free(regions);
	if (*size)
		return nodes;
	free(nodes);
	return NULL;
}
