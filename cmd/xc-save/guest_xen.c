/* SPDX-License-Identifier: MIT */
/* The guest on a real Xen. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dirty_log.h"
#include "lock.h"
#include "model_nodes.h"
#include "obstacles_xen.h"
#include "suspend.h"
#include "xen-common/xen.h"

/* Largest stored configuration we take; libxl's are a few KiB. */
#define CONFIG_MAX (1 << 20)

struct guest {
	struct xen xen;             /* handles */
	struct domain_facts facts;  /* as of guest_open(), state refreshed since */
	enum guest_state state;     /* where it stands */
	bool held;                  /* paused by us */
	int lock;                   /* descriptor that keeps other xc-saves away */
	struct device_model *model; /* once it was asked for */
};

struct guest *guest_open(const char *operand, struct fault *fault)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	uint32_t domid;

	if (!guest) {
		fault_errno(fault, FAULT_SYSTEM, "cannot begin");
		return NULL;
	}
	guest->lock = -1;
	/* What libxc has to say in this process is said again by the faults that follow from it. */
	xen_logger_init(&guest->xen.logger, NULL, NULL, NULL);
	if (xen_open(&guest->xen, fault) && xen_find_domain(&guest->xen, operand, &domid, fault) &&
	    xen_domain_facts(&guest->xen, domid, &guest->facts, fault) &&
	    (guest->lock = lock_take(domid, fault)) >= 0) {
		guest->state = GUEST_RUNNING;
		if (guest->facts.shutdown)
			guest->state =
			    guest->facts.shutdown_reason == DOMAIN_SUSPEND ? GUEST_SUSPENDED : GUEST_DEAD;
		return guest;
	}
	guest_close(guest);
	return NULL;
}

void guest_close(struct guest *guest)
{
	if (!guest)
		return;
	device_model_free(guest->model);
	xen_close(&guest->xen);
	lock_release(guest->facts.domid, guest->lock);
	free(guest);
}

const struct domain_facts *guest_facts(const struct guest *guest)
{
	return &guest->facts;
}

enum guest_state guest_state(const struct guest *guest)
{
	return guest->state;
}

char *guest_stored_config(struct guest *guest, size_t *length)
{
	char path[128], *text = NULL;
	struct stat st;
	FILE *file;

	snprintf(path, sizeof(path), XEN_USERDATA_DIR "/userdata-d.%u.%s.libxl-json", guest->facts.domid,
	    guest->facts.uuid);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	if (fstat(fileno(file), &st) == 0 && st.st_size > 0 && st.st_size <= CONFIG_MAX)
		text = calloc(1, (size_t)st.st_size + 1);
	if (text) {
		/* The file ends with a NUL, which is not part of the JSON. */
		(void)!fread(text, 1, (size_t)st.st_size, file);
		*length = strlen(text);
	}
	fclose(file);
	return text;
}

/*
 * libxenguest leaves out a page table that it cannot translate, in the hope that a later pass will do better, unless
 * the guest is paused. A suspended guest is not, and has no later pass: so it is paused as well, and such a table is an
 * error instead of a hole in the image. Only PV guests have tables to be translated.
 */
static bool hold_for_engine(struct guest *guest, struct fault *fault)
{
	if (guest->facts.type != DOMAIN_PV)
		return true;
	if (xc_domain_pause(guest->xen.xc, guest->facts.domid) != 0)
		return fault_errno(fault, FAULT_SYSTEM, "cannot pause the suspended domain");
	guest->held = true;
	return true;
}

bool guest_suspend(struct guest *guest, const struct patience *patience, struct fault *fault)
{
	return suspend_domain(&guest->xen, &guest->facts, patience, &guest->state, fault) &&
	       hold_for_engine(guest, fault);
}

bool guest_resume(struct guest *guest, const struct patience *patience, struct fault *fault)
{
	if (guest->state == GUEST_ASKED)
		suspend_settle(&guest->xen, &guest->facts, patience, &guest->state, fault);
	if (guest->state == GUEST_DEAD)
		return fault_set(fault, FAULT_DIED, "the guest has shut down");
	if (guest->state == GUEST_ASKED)
		return fault_set(fault, FAULT_UNSUSPENDED, "the guest may still suspend");
	if (guest->state == GUEST_SUSPENDED && !suspend_undo(&guest->xen, &guest->facts, fault))
		return false;
	guest->state = GUEST_RUNNING;
	if (guest->held && !guest_unpause(guest, fault))
		return false;
	guest->held = false;
	return true;
}

bool guest_unpause(struct guest *guest, struct fault *fault)
{
	if (xc_domain_unpause(guest->xen.xc, guest->facts.domid) != 0)
		return fault_errno(fault, FAULT_SYSTEM, "cannot unpause the domain");
	return true;
}

bool guest_hold(struct guest *guest, struct fault *fault)
{
	/* Pausing first: once resumed it must not run an instruction. */
	if (!guest->held && xc_domain_pause(guest->xen.xc, guest->facts.domid) != 0)
		return fault_errno(fault, FAULT_SYSTEM, "cannot pause the domain");
	guest->held = true;
	if (!suspend_undo(&guest->xen, &guest->facts, fault))
		return false;
	guest->state = GUEST_RUNNING;
	return true;
}

bool guest_destroy(struct guest *guest, struct fault *fault)
{
	return xen_remove_domain(&guest->xen, &guest->facts, fault);
}

bool guest_can_be_live(struct guest *guest, struct fault *fault)
{
	return dirty_log_try(&guest->xen, &guest->facts, fault);
}

bool guest_dirty_pages(struct guest *guest, uint64_t *pages)
{
	return dirty_log_count(&guest->xen, guest->facts.domid, pages);
}

void guest_obstacles(struct guest *guest, const char *config, size_t length, struct obstacles *obstacles)
{
	obstacles_find(&guest->xen, &guest->facts, config, length, obstacles);
}

/* Where libxl has QEMU listen. */
static bool model_socket(struct guest *guest, char *path, size_t size, struct fault *fault)
{
	const uint32_t domid = guest->facts.domid;
	char *version = xen_store_read(&guest->xen, "/libxl/%u/dm-version", domid);
	char *stub = xen_store_read(&guest->xen, "/local/domain/%u/image/device-model-domid", domid);
	bool good = true;

	snprintf(path, size, XEN_RUN_DIR "/qmp-libxl-%u", domid);
	if (version && strcmp(version, "qemu_xen") != 0)
		good = fault_set(fault, FAULT_REFUSED,
		    "its device model is %s; only QEMU as of today (qemu_xen) can be saved", version);
	else if (stub && strcmp(stub, "0") != 0)
		good = fault_set(fault, FAULT_REFUSED,
		    "its device model runs in a domain of its own (%s), and its state would be missing",
		    stub);
	else if (access(path, F_OK) != 0)
		good = fault_set(fault, FAULT_REFUSED,
		    "its device model cannot be asked for its state: there is no socket %s", path);
	free(version);
	free(stub);
	return good;
}

struct device_model *guest_device_model(struct guest *guest, struct fault *fault)
{
	char path[64];

	if (guest->model || !model_socket(guest, path, sizeof(path), fault))
		return guest->model;
	guest->model = device_model_new(path);
	if (!guest->model)
		fault_set(fault, FAULT_SYSTEM, "out of memory");
	return guest->model;
}

char *guest_model_nodes(struct guest *guest, size_t *size)
{
	return model_nodes(&guest->xen, guest->facts.domid, size);
}

void guest_clean_up(struct guest *guest)
{
	/* It fails if log-dirty was not on, which is the usual case. */
	(void)xc_shadow_control(guest->xen.xc, guest->facts.domid, XEN_DOMCTL_SHADOW_OP_OFF, NULL, 0);
}
