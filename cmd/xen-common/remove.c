/* SPDX-License-Identifier: MIT */
/* Destroying a domain and what a toolstack left around it, in xenstore and on disk. */
#include "xen.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Xenbus states, as backends write them. */
#define XENBUS_CLOSING "5"
#define XENBUS_CLOSED  '6'

/* How long backends get to close, all together. */
#define BACKEND_PATIENCE_MS 5000

/* What to do with one device of a domain; false ends the walk. */
typedef bool device_fn(struct xen *xen, const char *path);

/* Calls visit for each backend directory that dom0 holds for the domain: backend/KIND/DOMID/DEVICE. */
static bool each_backend(struct xen *xen, uint32_t domid, device_fn *visit)
{
	unsigned kinds = 0, devices = 0;
	char **kind = xs_directory(xen->xs, XBT_NULL, "/local/domain/0/backend", &kinds);
	bool go_on = true;

	for (unsigned k = 0; kind && k < kinds && go_on; k++) {
		char path[300];
		char **device;

		snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", kind[k], domid);
		device = xs_directory(xen->xs, XBT_NULL, path, &devices);
		for (unsigned d = 0; device && d < devices && go_on; d++) {
			snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u/%s", kind[k], domid,
			    device[d]);
			go_on = visit(xen, path);
		}
		free(device);
	}
	free(kind);
	return go_on;
}

/* xenconsoled keeps no state there, and what the device model serves ends with it. */
static bool has_state(const char *path)
{
	static const char *const others[] = {
	    "/backend/console/", "/backend/qdisk/", "/backend/vkbd/", "/backend/vfb/", "/backend/qusb/"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strstr(path, others[i]))
			return false;
	return true;
}

static bool ask_to_close(struct xen *xen, const char *path)
{
	char node[320];

	if (!has_state(path))
		return true;
	snprintf(node, sizeof(node), "%s/online", path);
	xs_write(xen->xs, XBT_NULL, node, "0", 1);
	snprintf(node, sizeof(node), "%s/state", path);
	xs_write(xen->xs, XBT_NULL, node, XENBUS_CLOSING, 1);
	return true;
}

static bool is_closed(struct xen *xen, const char *path)
{
	char *state = xen_store_read(xen, "%s/state", path);
	bool closed = !has_state(path) || !state || state[0] == XENBUS_CLOSED;

	free(state);
	return closed;
}

static void close_backends(struct xen *xen, uint32_t domid)
{
	const struct timespec nap = {.tv_nsec = 50 * 1000 * 1000};

	each_backend(xen, domid, ask_to_close);
	for (int waited = 0; waited < BACKEND_PATIENCE_MS; waited += 50) {
		if (each_backend(xen, domid, is_closed))
			return;
		nanosleep(&nap, NULL);
	}
}

/*
 * A device model may serve the disks of a PV guest, too; libxl wrote down its process. The guest cannot
 * write there, but a number can be stale: only a process that looks like a device model is ended.
 */
static void end_device_model(struct xen *xen, uint32_t domid)
{
	char *text = xen_store_read(xen, "/local/domain/%u/image/device-model-pid", domid);
	long pid = text ? strtol(text, NULL, 10) : 0;
	char path[64], name[32] = "";
	FILE *comm;

	free(text);
	if (pid <= 1)
		return;
	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	comm = fopen(path, "re");
	if (!comm)
		return;
	if (fgets(name, sizeof(name), comm) && strstr(name, "qemu"))
		kill((pid_t)pid, SIGHUP);
	fclose(comm);
}

static void remove_node(struct xen *xen, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void remove_node(struct xen *xen, const char *format, ...)
{
	char path[512];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	/* A node that is not there is as good as removed. */
	xs_rm(xen->xs, XBT_NULL, path);
}

/* Two domains may share a UUID (a restored copy); its node goes with the last one. */
static bool uuid_in_use(struct xen *xen, const char *uuid)
{
	unsigned count = 0;
	char **domains = xs_directory(xen->xs, XBT_NULL, "/local/domain", &count);
	bool found = false;

	for (unsigned i = 0; domains && i < count && !found; i++) {
		char *vm = xen_store_read(xen, "/local/domain/%s/vm", domains[i]);

		found = vm && strncmp(vm, "/vm/", 4) == 0 && strcmp(vm + 4, uuid) == 0;
		free(vm);
	}
	free(domains);
	return found;
}

/* Removes a directory if nothing is in it. */
static void remove_if_empty(struct xen *xen, xs_transaction_t t, const char *path)
{
	unsigned count = 0;
	char **entries = xs_directory(xen->xs, t, path, &count);

	if (entries && count == 0)
		xs_rm(xen->xs, t, path);
	free(entries);
}

/* A domain's backends, and the directories that held nothing else. False if another client came in between. */
static bool remove_backends(struct xen *xen, uint32_t domid)
{
	static const char root[] = "/local/domain/0/backend";
	xs_transaction_t t = xs_transaction_start(xen->xs);
	unsigned count = 0;
	char **kinds = xs_directory(xen->xs, t, root, &count);
	char path[300];

	for (unsigned i = 0; kinds && i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s/%u", root, kinds[i], domid);
		xs_rm(xen->xs, t, path);
		snprintf(path, sizeof(path), "%s/%s", root, kinds[i]);
		remove_if_empty(xen, t, path);
	}
	free(kinds);
	remove_if_empty(xen, t, root);
	return xs_transaction_end(xen->xs, t, false) || errno != EAGAIN;
}

static void remove_nodes(struct xen *xen, const struct domain_facts *facts)
{
	remove_node(xen, "/local/domain/%u", facts->domid);
	while (!remove_backends(xen, facts->domid))
		;
	remove_node(xen, "/local/domain/0/device-model/%u", facts->domid);
	remove_node(xen, "/libxl/%u", facts->domid);
	if (!uuid_in_use(xen, facts->uuid))
		remove_node(xen, "/vm/%s", facts->uuid);
}

/* Sockets of a device model that did not come to remove them. */
static void remove_sockets(uint32_t domid)
{
	static const char *const names[] = {"libxl", "libxenstat"};
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), XEN_RUN_DIR "/qmp-%s-%u", names[i], domid);
		unlink(path);
	}
}

/* libxl's files for a domain: userdata-KIND.DOMID.UUID.ID, KIND one letter. */
static void remove_userdata(const struct domain_facts *facts)
{
	char tail[64];
	DIR *dir = opendir(XEN_USERDATA_DIR);
	struct dirent *entry;
	const size_t head = strlen("userdata-d");

	if (!dir)
		return;
	snprintf(tail, sizeof(tail), ".%u.%s.", facts->domid, facts->uuid);
	while ((entry = readdir(dir)))
		if (strncmp(entry->d_name, "userdata-", head - 1) == 0 && strlen(entry->d_name) > head &&
		    strncmp(entry->d_name + head, tail, strlen(tail)) == 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
}

bool xen_remove_domain(struct xen *xen, const struct domain_facts *facts, struct fault *fault)
{
	if (xc_domain_destroy(xen->xc, facts->domid) != 0)
		return fault_errno(fault, FAULT_SYSTEM, "cannot destroy the domain");
	close_backends(xen, facts->domid);
	end_device_model(xen, facts->domid);
	remove_sockets(facts->domid);
	remove_nodes(xen, facts);
	remove_userdata(facts);
	return true;
}
