/* SPDX-License-Identifier: MIT */
#include "device_model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xen-common/qmp.h"

/* More than any QEMU's devices need (a MiB or so): their memory is part of the guest's. */
#define STATE_MAX (64u << 20)

struct device_model {
	char socket[108]; /* where it listens */
	struct qmp *qmp;  /* the connection while there is one: the monitor serves one client at a time */
	bool stopped;     /* told to stop, and not yet going on */
	int state;        /* memory file with its state, -1 for none */
	uint64_t size;    /* bytes there */
};

struct device_model *device_model_new(const char *socket)
{
	struct device_model *model = calloc(1, sizeof(*model));

	if (!model)
		return NULL;
	model->state = -1;
	snprintf(model->socket, sizeof(model->socket), "%s", socket);
	return model;
}

static void hang_up(struct device_model *model)
{
	qmp_close(model->qmp);
	model->qmp = NULL;
}

static void forget_state(struct device_model *model)
{
	if (model->state >= 0)
		close(model->state);
	model->state = -1;
	model->size = 0;
}

void device_model_free(struct device_model *model)
{
	if (!model)
		return;
	hang_up(model);
	forget_state(model);
	free(model);
}

static bool connected(struct device_model *model, int timeout_s, struct fault *fault)
{
	if (!model->qmp)
		model->qmp = qmp_open(model->socket, timeout_s * 1000, fault);
	return model->qmp != NULL;
}

static bool run(struct device_model *model, struct qmp_command command, json_t **value, int timeout_s,
    struct fault *fault)
{
	command.timeout_ms = timeout_s * 1000;
	return qmp_run(model->qmp, &command, value, fault);
}

bool device_model_check(struct device_model *model, int timeout_s, struct fault *fault)
{
	bool good = connected(model, timeout_s, fault) &&
	            run(model, (struct qmp_command){.name = "query-status"}, NULL, timeout_s, fault);

	hang_up(model);
	return good;
}

bool device_model_log_dirty(struct device_model *model, bool on, int timeout_s, struct fault *fault)
{
	const bool had_connection = model->qmp != NULL;
	bool good = connected(model, timeout_s, fault);

	if (good)
		good = run(model,
		    (struct qmp_command){
		        .name = "xen-set-global-dirty-log", .arguments = json_pack("{s:b}", "enable", on)},
		    NULL, timeout_s, fault);
	/* A live save takes its time, and others may want to talk to it meanwhile. */
	if (!had_connection)
		hang_up(model);
	return good;
}

/*
 * A file for it to write to. QEMU takes a descriptor for a path only if it was opened for exactly what it wants to do,
 * which is writing; ours has to be read, too.
 */
static int open_for_writing(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_CLOEXEC);
}

/* Passes a descriptor; *set is the number to name it by. */
static bool pass_descriptor(struct device_model *model, int fd, json_int_t *set, int timeout_s,
    struct fault *fault)
{
	json_t *value = NULL;
	bool good = run(model, (struct qmp_command){.name = "add-fd", .fd = fd}, &value, timeout_s, fault);

	if (good && json_unpack(value, "{s:I}", "fdset-id", set) != 0)
		good = fault_set(fault, FAULT_SYSTEM, "the device model answers 'add-fd' without 'fdset-id'");
	json_decref(value);
	return good;
}

static bool write_state(struct device_model *model, int fd, bool release, int timeout_s, struct fault *fault)
{
	char path[48];
	json_int_t set;

	if (!pass_descriptor(model, fd, &set, timeout_s, fault))
		return false;
	snprintf(path, sizeof(path), "/dev/fdset/%lld", (long long)set);
	return run(model,
	           (struct qmp_command){.name = "xen-save-devices-state",
	               .arguments = json_pack("{s:s, s:b}", "filename", path, "live", release)},
	           NULL, timeout_s, fault) &&
	       run(model,
	           (struct qmp_command){
	               .name = "remove-fd", .arguments = json_pack("{s:I}", "fdset-id", set)},
	           NULL, timeout_s, fault);
}

/* What it wrote is what goes into the image: at least it must be there. */
static bool check_state(struct device_model *model, struct fault *fault)
{
	struct stat st;

	if (fstat(model->state, &st) != 0)
		return fault_errno(fault, FAULT_SYSTEM, "cannot look at the device model's state");
	if (st.st_size == 0)
		return fault_set(fault, FAULT_SYSTEM,
		    "the device model says that it saved its state, but wrote nothing");
	if (st.st_size > (off_t)STATE_MAX)
		return fault_set(fault, FAULT_SYSTEM,
		    "the device model's state has %lld bytes, allowed are %u", (long long)st.st_size,
		    STATE_MAX);
	model->size = (uint64_t)st.st_size;
	return true;
}

static bool take_state(struct device_model *model, bool release, int timeout_s, struct fault *fault)
{
	bool good;
	int fd;

	forget_state(model);
	/* In memory: no disk that is full, and nothing to be removed after a crash. */
	model->state = memfd_create("device-model-state", MFD_CLOEXEC);
	fd = model->state < 0 ? -1 : open_for_writing(model->state);
	if (fd < 0)
		return fault_errno(fault, FAULT_SYSTEM, "cannot make room for the device model's state");
	good = write_state(model, fd, release, timeout_s, fault);
	close(fd);
	return good && check_state(model, fault);
}

bool device_model_stop(struct device_model *model, bool release, int timeout_s, struct fault *fault)
{
	/* Before the answer: what was sent may be obeyed however late, and who cannot be reached may be dead. */
	model->stopped = true;
	if (connected(model, timeout_s, fault) &&
	    run(model, (struct qmp_command){.name = "stop"}, NULL, timeout_s, fault) &&
	    take_state(model, release, timeout_s, fault))
		return true;
	forget_state(model);
	return false;
}

void device_model_suspect(struct device_model *model)
{
	model->stopped = true;
}

bool device_model_stopped(const struct device_model *model)
{
	return model->stopped;
}

int device_model_state(const struct device_model *model, uint64_t *size)
{
	*size = model->size;
	return model->state;
}

bool device_model_continue(struct device_model *model, int timeout_s, struct fault *fault)
{
	struct fault first = {0};
	bool good = model->qmp && run(model, (struct qmp_command){.name = "cont"}, NULL, timeout_s, &first);

	/* The old connection may be what is broken. */
	if (!good) {
		hang_up(model);
		good = connected(model, timeout_s, fault) &&
		       run(model, (struct qmp_command){.name = "cont"}, NULL, timeout_s, fault);
	}
	if (good)
		model->stopped = false;
	hang_up(model);
	return good;
}
