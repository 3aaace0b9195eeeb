/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libstream/records.h>

/* Who may do what with a node; what is made below it inherits that. */
enum access {
	INHERITED, /* as the node above */
	PRIVATE,   /* domain 0 */
	READABLE,  /* domain 0, and the guest reads */
	WRITABLE,  /* the guest's own */
	GUESTS,    /* the same, and domain 0 reads */
};

/* Nodes being written in one transaction. */
struct writing {
	struct xs_handle *xs; /* xenstore */
	xs_transaction_t t;   /* the transaction */
	uint32_t domid;       /* the guest */
	char node[64];        /* that the first failure was at, "" if none */
	int error;            /* its errno */
};

static void set_access(struct writing *w, const char *path, enum access access)
{
	const bool guests = access == WRITABLE || access == GUESTS;
	struct xs_permissions perms[2] = {
	    {.id = guests ? w->domid : 0, .perms = XS_PERM_NONE},
	    {.id = guests ? 0 : w->domid, .perms = XS_PERM_READ},
	};
	const unsigned count = access == READABLE || access == GUESTS ? 2 : 1;

	if (access != INHERITED && !xs_set_permissions(w->xs, w->t, path, perms, count))
		w->error = errno;
}

static void put(struct writing *w, enum access access, const char *value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Writes a node. After the first failure nothing more is done. */
static void put(struct writing *w, enum access access, const char *value, const char *format, ...)
{
	char path[320];
	va_list args;

	if (w->error)
		return;
	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	errno = 0;
	if (!xs_write(w->xs, w->t, path, value, (unsigned)strlen(value)))
		w->error = errno ? errno : EIO;
	else
		set_access(w, path, access);
	if (w->error)
		snprintf(w->node, sizeof(w->node), "%.63s", path);
}

static void put_number(struct writing *w, uint64_t value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void put_number(struct writing *w, uint64_t value, const char *format, ...)
{
	char path[256], text[24];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	snprintf(text, sizeof(text), "%" PRIu64, value);
	put(w, INHERITED, text, "%s", path);
}

/* What store_make() and store_fill() write about. */
struct subject {
	const struct plan *plan;               /* the domain */
	const struct host_wiring *wiring;      /* its event channels, NULL at first */
	const uint64_t *rings;                 /* its rings, NULL at first */
	const struct feed_blob *model_nodes;   /* what the image has for the device model in xenstore */
	const struct model_consoles *consoles; /* that the device model has made */
};

typedef void write_fn(struct writing *w, const struct subject *subject);

/* Runs writers in a transaction, again if another client came in between. */
static bool transact(struct xen *xen, uint32_t domid, write_fn *writer, const struct subject *subject,
    struct fault *fault)
{
	for (;;) {
		struct writing w = {.xs = xen->xs, .domid = domid, .t = xs_transaction_start(xen->xs)};

		if (w.t == XBT_NULL)
			return fault_errno(fault, FAULT_SYSTEM, "cannot begin a transaction in xenstore");
		writer(&w, subject);
		if (w.error) {
			xs_transaction_end(w.xs, w.t, true);
			errno = w.error;
			return fault_errno(fault, FAULT_SYSTEM, "cannot write xenstore's %s", w.node);
		}
		if (xs_transaction_end(w.xs, w.t, false))
			return true;
		if (errno != EAGAIN)
			return fault_errno(fault, FAULT_SYSTEM, "cannot write to xenstore");
	}
}

static void put_libxl(struct writing *w, const struct plan *plan)
{
	static const char *const types[] = {"pv", "pvh", "hvm"};

	put(w, PRIVATE, "", "/libxl/%u", w->domid);
	put(w, PRIVATE, "", "/libxl/%u/device", w->domid);
	put(w, PRIVATE, types[plan->type], "/libxl/%u/type", w->domid);
	/* For PV and PVH, too: libxl may want one later, to serve a disk that is attached then. */
	put(w, PRIVATE, "qemu_xen", "/libxl/%u/dm-version", w->domid);
}

static void put_vm(struct writing *w, const struct plan *plan)
{
	put(w, READABLE, "", "/vm/%s", plan->uuid);
	put(w, READABLE, plan->uuid, "/vm/%s/uuid", plan->uuid);
	put(w, READABLE, plan->name, "/vm/%s/name", plan->uuid);
}

/* The requests that the guest answers, and features that it announces there: it has to write them. */
static void put_control(struct writing *w, const struct plan *plan)
{
	static const char *const nodes[] = {"shutdown", "feature-poweroff", "feature-reboot",
	    "feature-suspend", "sysrq", "feature-s3", "feature-s4"};
	const size_t count = plan->type == DOMAIN_HVM ? 7 : 5;

	put(w, READABLE, "", "/local/domain/%u/control", w->domid);
	for (size_t i = 0; i < count; i++)
		put(w, WRITABLE, "", "/local/domain/%u/control/%s", w->domid, nodes[i]);
	put(w, READABLE, "1", "/local/domain/%u/control/platform-feature-multiprocessor-suspend", w->domid);
	put(w, READABLE, "1", "/local/domain/%u/control/platform-feature-xs_reset_watches", w->domid);
}

static void put_skeleton(struct writing *w, const struct subject *subject)
{
	static const char *const readable[] = {"cpu", "memory", "device", "control"};
	static const char *const writable[] = {
	    "device/suspend/event-channel", "data", "drivers", "feature", "attr", "error"};
	const struct plan *plan = subject->plan;
	char vm[64];

	/* A number may have been used before, and not been cleaned up. */
	snprintf(vm, sizeof(vm), "/local/domain/%u", w->domid);
	xs_rm(w->xs, w->t, vm);
	snprintf(vm, sizeof(vm), "/vm/%s", plan->uuid);
	put(w, READABLE, "", "/local/domain/%u", w->domid);
	put_vm(w, plan);
	put_libxl(w, plan);
	put(w, INHERITED, vm, "/local/domain/%u/vm", w->domid);
	put(w, INHERITED, plan->name, "/local/domain/%u/name", w->domid);
	for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++)
		put(w, READABLE, "", "/local/domain/%u/%s", w->domid, readable[i]);
	for (size_t i = 0; i < sizeof(writable) / sizeof(writable[0]); i++)
		put(w, WRITABLE, "", "/local/domain/%u/%s", w->domid, writable[i]);
	if (plan->type == DOMAIN_HVM)
		put(w, READABLE, "", "/local/domain/%u/hvmloader", w->domid);
	put_control(w, plan);
}

static void put_vcpus(struct writing *w, const struct plan *plan)
{
	for (unsigned v = 0; v < plan->vcpus; v++) {
		bool online = plan->online[v / 8] & 1u << v % 8;

		put(w, INHERITED, online ? "online" : "offline", "/local/domain/%u/cpu/%u/availability",
		    w->domid, v);
	}
}

/* The console's front is the guest's own directory; its back is where libxl and xenconsoled look. */
static void put_console(struct writing *w, const struct subject *subject)
{
	char front[64], back[64], frontend_id[16];

	snprintf(front, sizeof(front), "/local/domain/%u/console", w->domid);
	snprintf(back, sizeof(back), "/local/domain/0/backend/console/%u/0", w->domid);
	snprintf(frontend_id, sizeof(frontend_id), "%u", w->domid);
	put(w, READABLE, "", "%s", front);
	put(w, INHERITED, back, "%s/backend", front);
	put(w, INHERITED, "0", "%s/backend-id", front);
	put(w, INHERITED, "1048576", "%s/limit", front);
	put(w, INHERITED, "xenconsoled", "%s/type", front);
	put(w, INHERITED, "pty", "%s/output", front);
	put(w, INHERITED, "", "%s/tty", front);
	put_number(w, subject->wiring->console_port, "%s/port", front);
	put_number(w, subject->rings[1], "%s/ring-ref", front);
	put(w, READABLE, "", "%s", back);
	put(w, INHERITED, front, "%s/frontend", back);
	put(w, INHERITED, frontend_id, "%s/frontend-id", back);
	put(w, INHERITED, "1", "%s/online", back);
	put(w, INHERITED, "1", "%s/state", back);
	put(w, INHERITED, "vt100", "%s/protocol", back);
	/* By these libxl finds the device again, to remove it. */
	put(w, PRIVATE, "", "/libxl/%u/device/console/0", w->domid);
	put(w, INHERITED, front, "/libxl/%u/device/console/0/frontend", w->domid);
	put(w, INHERITED, back, "/libxl/%u/device/console/0/backend", w->domid);
	put(w, INHERITED, frontend_id, "/libxl/%u/device/console/0/frontend-id", w->domid);
	put(w, INHERITED, "1", "/libxl/%u/device/console/0/online", w->domid);
	put(w, INHERITED, "1", "/libxl/%u/device/console/0/state", w->domid);
	put(w, INHERITED, "vt100", "/libxl/%u/device/console/0/protocol", w->domid);
}

static void put_rest(struct writing *w, const struct subject *subject)
{
	static const char *const kernels[] = {"linux", "linux", "hvm"};
	const struct plan *plan = subject->plan;
	char start[32];

	snprintf(start, sizeof(start), "%lld.00", (long long)time(NULL));
	put_number(w, w->domid, "/local/domain/%u/domid", w->domid);
	put_number(w, subject->wiring->store_port, "/local/domain/%u/store/port", w->domid);
	put_number(w, subject->rings[0], "/local/domain/%u/store/ring-ref", w->domid);
	put_number(w, plan->max_kib, "/local/domain/%u/memory/static-max", w->domid);
	put_number(w, plan->target_kib - plan->video_kib, "/local/domain/%u/memory/target", w->domid);
	put_number(w, plan->video_kib, "/local/domain/%u/memory/videoram", w->domid);
	put(w, INHERITED, start, "/vm/%s/start_time", plan->uuid);
	put(w, INHERITED, kernels[plan->type], "/vm/%s/image/ostype", plan->uuid);
	put_vcpus(w, plan);
	put_console(w, subject);
}

/* Both ends of a device, and where libxl looks for it. */
struct device {
	const char *kind;   /* of the frontend */
	const char *server; /* of the backend */
	uint32_t number;    /* its number */
	char front[96];     /* path of the guest's end */
	char back[96];      /* path of ours */
};

/* A node of the backend, with libxl's copy. */
static void put_back(struct writing *w, const struct device *device, const char *node, const char *value)
{
	put(w, INHERITED, value, "%s/%s", device->back, node);
	put(w, INHERITED, value, "/libxl/%u/device/%s/%u/%s", w->domid, device->kind, device->number, node);
}

/* What all devices have. The guest finds the backend waiting for it, as when it was started. */
static void put_device(struct writing *w, struct device *device)
{
	char frontend_id[16];

	snprintf(frontend_id, sizeof(frontend_id), "%u", w->domid);
	snprintf(device->front, sizeof(device->front), "/local/domain/%u/device/%s/%u", w->domid,
	    device->kind, device->number);
	snprintf(device->back, sizeof(device->back), "/local/domain/0/backend/%s/%u/%u", device->server,
	    w->domid, device->number);
	put(w, PRIVATE, "", "/libxl/%u/device/%s/%u", w->domid, device->kind, device->number);
	put(w, INHERITED, device->back, "/libxl/%u/device/%s/%u/backend", w->domid, device->kind,
	    device->number);
	put(w, GUESTS, "", "%s", device->front);
	put(w, INHERITED, device->back, "%s/backend", device->front);
	put(w, INHERITED, "0", "%s/backend-id", device->front);
	put(w, INHERITED, "1", "%s/state", device->front);
	put(w, READABLE, "", "%s", device->back);
	put_back(w, device, "frontend", device->front);
	put_back(w, device, "frontend-id", frontend_id);
	put_back(w, device, "online", "1");
	put_back(w, device, "state", "1");
}

/* A disk for the guest's PV drivers; QEMU serves it from the same file as the emulated one. */
static void put_disk(struct writing *w, const struct disk *disk)
{
	struct device device = {.kind = "vbd", .server = "qdisk", .number = disk->number};
	char params[4200];

	put_device(w, &device);
	put_number(w, disk->number, "%s/virtual-device", device.front);
	put(w, INHERITED, disk->cdrom ? "cdrom" : "disk", "%s/device-type", device.front);
	put(w, INHERITED, "1", "%s/trusted", device.front);
	if (snprintf(params, sizeof(params), "%s:%s", disk->prefix, disk->path) >= (int)sizeof(params))
		w->error = ENAMETOOLONG;
	put_back(w, &device, "params", params);
	put_back(w, &device, "removable", disk->cdrom ? "1" : "0");
	put_back(w, &device, "bootable", "1");
	put_back(w, &device, "dev", disk->name);
	put_back(w, &device, "type", "qdisk");
	put_back(w, &device, "mode", disk->writable ? "w" : "r");
	put_back(w, &device, "device-type", disk->cdrom ? "cdrom" : "disk");
	put_back(w, &device, "discard-enable", disk->discard ? "1" : "0");
	if (disk->direct_io_safe)
		put_back(w, &device, "direct-io-safe", "1");
	put_back(w, &device, "specification", "xen");
}

/* What an older QEMU wants to know of its memory; the rest of what an image says there is not for us to write. */
static void put_physmap(struct writing *w, const struct feed_blob *blob)
{
	struct xsr_emulator emulator = {.data = blob->data, .length = blob->size};
	struct xsr_xenstore_pair pair;
	size_t position = 0;

	while (blob->size && xsr_xenstore_next(&emulator, &position, &pair))
		if (strncmp(pair.key, "physmap/", 8) == 0 && !strstr(pair.key, ".."))
			put(w, INHERITED, pair.value, "/local/domain/0/device-model/%u/%s", w->domid,
			    pair.key);
}

static void put_model(struct writing *w, const struct subject *subject)
{
	struct device keyboard = {.kind = "vkbd", .server = "vkbd"};
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/0/device-model/%u", w->domid);
	xs_rm(w->xs, w->t, path);
	put(w, PRIVATE, "", "%s", path);
	put_physmap(w, subject->model_nodes);
	put(w, READABLE, "seabios", "/local/domain/%u/hvmloader/bios", w->domid);
	put(w, INHERITED, "0", "/local/domain/%u/hvmloader/allow-memory-relocate", w->domid);
	put_device(w, &keyboard);
	for (size_t i = 0; i < subject->plan->disk_count; i++)
		put_disk(w, &subject->plan->disks[i]);
}

bool store_model(struct xen *xen, uint32_t domid, const struct plan *plan, const struct feed_blob *nodes,
    struct fault *fault)
{
	const struct subject subject = {.plan = plan, .model_nodes = nodes};

	return transact(xen, domid, put_model, &subject, fault);
}

bool store_model_pid(struct xen *xen, uint32_t domid, long pid, struct fault *fault)
{
	char path[64], text[24];

	snprintf(path, sizeof(path), "/local/domain/%u/image/device-model-pid", domid);
	snprintf(text, sizeof(text), "%ld", pid);
	return xs_write(xen->xs, XBT_NULL, path, text, (unsigned)strlen(text)) ||
	       fault_errno(fault, FAULT_SYSTEM, "cannot write xenstore's %s", path);
}

static void put_consoles(struct writing *w, const struct subject *subject)
{
	const struct model_consoles *consoles = subject->consoles;

	for (unsigned i = 0; i < MODEL_SERIALS; i++)
		if (consoles->serial[i][0])
			put(w, INHERITED, consoles->serial[i], "/local/domain/%u/serial/%u/tty", w->domid, i);
	if (consoles->vnc_port[0]) {
		put(w, INHERITED, consoles->vnc_listen, "/local/domain/%u/console/vnc-listen", w->domid);
		put(w, INHERITED, consoles->vnc_port, "/local/domain/%u/console/vnc-port", w->domid);
	}
}

bool store_consoles(struct xen *xen, uint32_t domid, const struct model_consoles *consoles,
    struct fault *fault)
{
	const struct subject subject = {.consoles = consoles};

	return transact(xen, domid, put_consoles, &subject, fault);
}

bool store_make(struct xen *xen, uint32_t domid, const struct plan *plan, struct fault *fault)
{
	const struct subject subject = {.plan = plan};

	return transact(xen, domid, put_skeleton, &subject, fault);
}

bool store_fill(struct xen *xen, uint32_t domid, const struct plan *plan, const struct host_wiring *wiring,
    const uint64_t rings[2], struct fault *fault)
{
	const struct subject subject = {.plan = plan, .wiring = wiring, .rings = rings};

	return transact(xen, domid, put_rest, &subject, fault);
}

static bool write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, data, size);

		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			data += written;
			size -= (size_t)written;
		}
	}
	return true;
}

bool store_config(uint32_t domid, const struct plan *plan, struct fault *fault)
{
	char path[128], temporary[128];
	bool good;
	int fd;

	snprintf(path, sizeof(path), XEN_USERDATA_DIR "/userdata-d.%u.%s.libxl-json", domid, plan->uuid);
	snprintf(temporary, sizeof(temporary), XEN_USERDATA_DIR "/userdata-n.%u.%s.libxl-json", domid,
	    plan->uuid);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fault_errno(fault, FAULT_SYSTEM, "cannot make %s", temporary);
	/* The NUL belongs to the file. */
	good = write_all(fd, plan->config, strlen(plan->config) + 1);
	good &= close(fd) == 0;
	if (good && rename(temporary, path) == 0)
		return true;
	fault_errno(fault, FAULT_SYSTEM, "cannot write %s", path);
	unlink(temporary);
	return false;
}
