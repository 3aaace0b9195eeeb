/* SPDX-License-Identifier: MIT */
/* The host is a real Xen. */
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy.h"
#include "store.h"
#include "xen-common/xen.h"

/* Needs the types of xenctrl.h. */
#include <xen/hvm/params.h>

/* Room above the memory target that libxl gives every domain. */
#define SLACK_KIB 1024u

/* What a domain costs beyond its memory and page tables; an estimate on the safe side for small guests. */
#define OVERHEAD_KIB 2048u

/* Emulated devices of the two kinds of HVM container; Xen takes no other combination. */
#define EMULATION_PVH XEN_X86_EMU_LAPIC
#define EMULATION_HVM (XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI)

struct host {
	struct xen xen;             /* handles */
	xc_physinfo_t info;         /* the machine */
	struct host_wiring wiring;  /* for the engine */
	struct domain_facts facts;  /* number and UUID of the domain, for its removal */
	bool created;               /* there is one */
	bool adopted;               /* it is somebody else's */
	struct model_places places; /* device models */
	char log[256];              /* last error that libxc told of, "" if none */
};

/* Some failures are explained nowhere but in the log. */
static void on_log(void *context, enum engine_level level, const char *text)
{
	struct host *host = context;

	if (level == ENGINE_ERROR)
		snprintf(host->log, sizeof(host->log), "%s", text);
}

/* Where Debian and Xen's own installation have the device model. */
static const char *find_model(void)
{
	static const char *const paths[] = {"/usr/libexec/xen-qemu-system-i386",
	    "/usr/lib/xen/bin/qemu-system-i386", "/usr/local/lib/xen/bin/qemu-system-i386",
	    "/usr/libexec/xen/bin/qemu-system-i386", "/usr/bin/qemu-system-i386",
	    "/usr/bin/qemu-system-x86_64"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return paths[0];
}

struct host *host_open(struct fault *fault)
{
	struct host *host = calloc(1, sizeof(*host));

	if (!host) {
		fault_set(fault, FAULT_SYSTEM, "out of memory");
		return NULL;
	}
	host->places =
	    (struct model_places){.program = find_model(), .run_dir = XEN_RUN_DIR, .log_dir = XEN_LOG_DIR};
	xen_logger_init(&host->xen.logger, on_log, NULL, host);
	if (xen_open(&host->xen, fault)) {
		if (xc_physinfo(host->xen.xc, &host->info) == 0)
			return host;
		fault_errno(fault, FAULT_SYSTEM, "the hypervisor does not tell about the machine");
	}
	host_close(host);
	return NULL;
}

void host_close(struct host *host)
{
	if (!host)
		return;
	xen_close(&host->xen);
	free(host);
}

/* Checks before anything exists. */

static bool name_is_free(struct host *host, const char *name, struct fault *fault)
{
	unsigned count = 0;
	char **domains = xs_directory(host->xen.xs, XBT_NULL, "/local/domain", &count);
	bool is_free = true;

	for (unsigned i = 0; domains && i < count && is_free; i++) {
		char *other = xen_store_read(&host->xen, "/local/domain/%s/name", domains[i]);

		is_free = !other || strcmp(other, name) != 0;
		if (!is_free)
			fault_set(fault, FAULT_REFUSED,
			    "domain %s has the name %s already; --name gives another", domains[i], name);
		free(other);
	}
	free(domains);
	return is_free;
}

static void uuid_bytes(const char *text, xen_domain_handle_t handle)
{
	unsigned byte;

	for (int i = 0; i < 16; i++) {
		if (*text == '-')
			text++;
		sscanf(text, "%2x", &byte);
		handle[i] = (uint8_t)byte;
		text += 2;
	}
}

static bool uuid_is_free(struct host *host, const struct plan *plan, struct fault *fault)
{
	xen_domain_handle_t handle;
	xc_domaininfo_t list[64];
	uint32_t first = 0;
	int count;

	uuid_bytes(plan->uuid, handle);
	do {
		count = xc_domain_getinfolist(host->xen.xc, first, 64, list);
		for (int i = 0; i < count; i++)
			if (memcmp(list[i].handle, handle, sizeof(handle)) == 0 &&
			    !(list[i].flags & XEN_DOMINF_dying))
				return fault_set(fault, FAULT_REFUSED,
				    "domain %u has the UUID %s already; --new-uuid makes another",
				    list[i].domain, plan->uuid);
		if (count > 0)
			first = list[count - 1].domain + 1u;
	} while (count > 0);
	return count == 0 || fault_errno(fault, FAULT_SYSTEM, "cannot list the domains");
}

static bool has(const struct host *host, uint32_t capability)
{
	return host->info.capabilities & capability;
}

static bool check_features(struct host *host, const struct plan *plan, struct fault *fault)
{
	const unsigned grants = has(host, XEN_SYSCTL_PHYSCAP_gnttab_v2) ? 2 : 1;

	if (plan->type == DOMAIN_PV ? !has(host, XEN_SYSCTL_PHYSCAP_pv) : !has(host, XEN_SYSCTL_PHYSCAP_hvm))
		return fault_set(fault, FAULT_REFUSED, "this host runs no %s guests",
		    domain_type_name(plan->type));
	if (plan->type != DOMAIN_PV && !has(host, XEN_SYSCTL_PHYSCAP_hap) &&
	    !has(host, XEN_SYSCTL_PHYSCAP_shadow))
		return fault_set(fault, FAULT_REFUSED,
		    "this host has neither hardware-assisted nor shadow paging");
	if (plan->grant_version > grants)
		return fault_set(fault, FAULT_REFUSED,
		    "the guest may use grant tables of version %u, this host has %u", plan->grant_version,
		    grants);
	return true;
}

static bool uses_hap(const struct host *host, const struct plan *plan)
{
	return plan->type != DOMAIN_PV && has(host, XEN_SYSCTL_PHYSCAP_hap) && !plan->shadow;
}

static bool check_memory(struct host *host, const struct plan *plan, struct fault *fault)
{
	uint64_t pages = host->info.free_pages + host->info.scrub_pages;
	uint64_t needed = plan->target_kib + SLACK_KIB + OVERHEAD_KIB;

	if (plan->type != DOMAIN_PV)
		needed += plan_pool_kib(plan, uses_hap(host, plan));
	if (pages * 4 >= needed)
		return true;
	return fault_set(fault, FAULT_REFUSED, "the domain needs %llu MiB, but only %llu are free",
	    (unsigned long long)(needed + 1023) / 1024, (unsigned long long)pages / 256);
}

bool host_check(struct host *host, const struct plan *plan, const struct feed_head *head, struct fault *fault)
{
	host->log[0] = '\0';
	return name_is_free(host, plan->name, fault) && uuid_is_free(host, plan, fault) &&
	       check_features(host, plan, fault) && check_memory(host, plan, fault) &&
	       policy_check(host->xen.xc, plan->type, head, host->log, fault);
}

/* Making the domain. */

static bool failed(struct host *host, struct fault *fault, const char *what)
{
	if (host->log[0])
		return fault_errno(fault, FAULT_SYSTEM, "cannot %s (%s)", what, host->log);
	return fault_errno(fault, FAULT_SYSTEM, "cannot %s", what);
}

static bool make_domain(struct host *host, const struct plan *plan, struct fault *fault)
{
	struct xen_domctl_createdomain config = {
	    .max_vcpus = plan->vcpus,
	    .max_evtchn_port = plan->event_channels,
	    .max_grant_frames = plan->grant_frames,
	    .max_maptrack_frames = plan->maptrack_frames,
	};
	unsigned grants = has(host, XEN_SYSCTL_PHYSCAP_gnttab_v2) ? 2 : 1;
	uint32_t domid = 0;

	config.grant_opts = XEN_DOMCTL_GRANT_version(plan->grant_version ? plan->grant_version : grants);
	uuid_bytes(plan->uuid, config.handle);
	if (plan->type != DOMAIN_PV) {
		config.flags = XEN_DOMCTL_CDF_hvm | (uses_hap(host, plan) ? XEN_DOMCTL_CDF_hap : 0);
		config.arch.emulation_flags = plan->type == DOMAIN_HVM ? EMULATION_HVM : EMULATION_PVH;
	}
	if (plan->nested)
		config.flags |= XEN_DOMCTL_CDF_nested_virt;
	if (plan->vpmu)
		config.flags |= XEN_DOMCTL_CDF_vpmu;
	if (plan->msr_relaxed)
		config.arch.misc_flags |= XEN_X86_MSR_RELAXED;
	if (xc_domain_create(host->xen.xc, &domid, &config) != 0)
		return failed(host, fault, "create a domain");
	host->created = true;
	host->facts.domid = domid;
	memcpy(host->facts.uuid, plan->uuid, sizeof(host->facts.uuid));
	return true;
}

static bool set_limits(struct host *host, const struct plan *plan, struct fault *fault)
{
	xc_interface *xc = host->xen.xc;
	uint32_t domid = host->facts.domid;

	if (xc_domain_max_vcpus(xc, domid, plan->vcpus) != 0)
		return failed(host, fault, "give the domain its vCPUs");
	if (xc_domain_setmaxmem(xc, domid, plan->target_kib + SLACK_KIB) != 0)
		return failed(host, fault, "limit the domain's memory");
	if (plan->type == DOMAIN_PV && xc_domain_set_memmap_limit(xc, domid, plan->max_kib) != 0)
		return failed(host, fault, "set the domain's memory map");
	if (plan->type != DOMAIN_PV &&
	    xc_set_paging_mempool_size(xc, domid, plan_pool_kib(plan, uses_hap(host, plan)) * 1024) != 0)
		return failed(host, fault, "give the domain memory for page tables");
	return true;
}

static bool set_times(struct host *host, const struct plan *plan, struct fault *fault)
{
	xc_interface *xc = host->xen.xc;
	uint32_t domid = host->facts.domid;

	if (xc_domain_set_tsc_info(xc, domid, plan->tsc_mode, 0, 0, 0) != 0)
		return failed(host, fault, "set the domain's TSC mode");
	if (plan->rtc_offset && xc_domain_set_time_offset(xc, domid, plan->rtc_offset) != 0)
		return failed(host, fault, "set the domain's clock");
	return true;
}

/* Parameters of an HVM container that images do not carry. */
static bool set_params(struct host *host, const struct plan *plan, struct fault *fault)
{
	const struct {
		uint32_t param; /* number */
		uint64_t value; /* what to set */
		bool hvm_only;  /* PVH has no such thing */
	} params[] = {
	    {HVM_PARAM_TIMER_MODE, plan->timer_mode, false},
	    {HVM_PARAM_HPET_ENABLED, plan->hpet, true},
	    {HVM_PARAM_VPT_ALIGN, plan->vpt_align, true},
	};

	for (size_t i = 0; plan->type != DOMAIN_PV && i < sizeof(params) / sizeof(params[0]); i++) {
		if (params[i].hvm_only && plan->type != DOMAIN_HVM)
			continue;
		if (xc_hvm_param_set(host->xen.xc, host->facts.domid, params[i].param, params[i].value) != 0)
			return failed(host, fault, "set a parameter of the domain");
	}
	return true;
}

/* Which domain serves xenstore or consoles; 0 unless the host is split up. */
static uint32_t server(struct host *host, const char *who)
{
	char *text = xen_store_read(&host->xen, "/tool/%s/domid", who);
	unsigned long domid = text ? strtoul(text, NULL, 10) : 0;

	free(text);
	return domid < DOMID_FIRST_RESERVED ? (uint32_t)domid : 0;
}

static bool make_channels(struct host *host, const struct plan *plan, struct fault *fault)
{
	struct host_wiring *wiring = &host->wiring;
	int store, console;

	wiring->store_domid = server(host, "xenstored");
	wiring->console_domid = server(host, "xenconsoled");
	store = xc_evtchn_alloc_unbound(host->xen.xc, host->facts.domid, wiring->store_domid);
	console = xc_evtchn_alloc_unbound(host->xen.xc, host->facts.domid, wiring->console_domid);
	if (store < 0 || console < 0)
		return failed(host, fault, "make event channels");
	wiring->store_port = (uint32_t)store;
	wiring->console_port = (uint32_t)console;
	/* A TSC that is always emulated does not change its pace. */
	wiring->invariant_tsc = plan->tsc_mode == 1;
	wiring->nested = plan->nested;
	wiring->pvh = plan->type == DOMAIN_PVH;
	return true;
}

bool host_create(struct host *host, const struct plan *plan, struct warden *warden, struct fault *fault)
{
	host->log[0] = '\0';
	if (!make_domain(host, plan, fault))
		return false;
	warden_watch(warden, host->facts.domid, host->facts.uuid);
	return store_make(&host->xen, host->facts.domid, plan, fault) && set_limits(host, plan, fault) &&
	       set_times(host, plan, fault) && set_params(host, plan, fault) &&
	       make_channels(host, plan, fault);
}

/* A port that the owner has made, or a new one. */
static bool adopt_port(struct host *host, uint32_t *port, const char *node, uint32_t server,
    struct fault *fault)
{
	char *text =
	    *port ? NULL : xen_store_read(&host->xen, "/local/domain/%u/%s/port", host->facts.domid, node);
	int made;

	if (text)
		*port = (uint32_t)strtoul(text, NULL, 10);
	free(text);
	if (*port)
		return true;
	made = xc_evtchn_alloc_unbound(host->xen.xc, host->facts.domid, server);
	if (made < 0)
		return failed(host, fault, "make an event channel");
	*port = (uint32_t)made;
	return true;
}

static bool check_adopted(struct host *host, const struct feed_head *head, struct fault *fault)
{
	const struct domain_facts *facts = &host->facts;
	const bool image_pv = head->domain.type == XSR_DOMAIN_X86_PV;

	if (facts->dying || facts->shutdown || !facts->paused)
		return fault_set(fault, FAULT_REFUSED,
		    "domain %u is not paused, so nothing is restored into it", facts->domid);
	if (image_pv != (facts->type == DOMAIN_PV))
		return fault_set(fault, FAULT_REFUSED, "the image is of %s guest, but domain %u is for %s",
		    image_pv ? "a PV" : "an HVM or PVH", facts->domid, domain_type_name(facts->type));
	return policy_check(host->xen.xc, facts->type, head, host->log, fault);
}

bool host_adopt(struct host *host, const struct host_adoption *adoption, struct plan *plan,
    const struct feed_head *head, struct fault *fault)
{
	struct host_wiring *wiring = &host->wiring;

	host->log[0] = '\0';
	if (adoption->domid == 0)
		return fault_set(fault, FAULT_REFUSED, "domain 0 cannot be restored into");
	if (!xen_domain_facts(&host->xen, adoption->domid, &host->facts, fault)) {
		fault->kind = FAULT_REFUSED;
		return false;
	}
	if (!check_adopted(host, head, fault))
		return false;
	host->adopted = true;
	*wiring = (struct host_wiring){.store_domid = adoption->store_domid,
	    .console_domid = adoption->console_domid,
	    .store_port = adoption->store_port,
	    .console_port = adoption->console_port,
	    .pvh = host->facts.type == DOMAIN_PVH};
	plan->type = host->facts.type;
	plan->vcpus = host->facts.vcpus;
	plan->target_kib = plan->max_kib = host->facts.max_kib;
	memcpy(plan->uuid, host->facts.uuid, sizeof(plan->uuid));
	if (host->facts.name[0])
		memcpy(plan->name, host->facts.name, sizeof(plan->name));
	else
		snprintf(plan->name, sizeof(plan->name), "domain-%u", adoption->domid);
	return adopt_port(host, &wiring->store_port, "store", wiring->store_domid, fault) &&
	       adopt_port(host, &wiring->console_port, "console", wiring->console_domid, fault);
}

uint32_t host_domid(const struct host *host)
{
	return host->created || host->adopted ? host->facts.domid : 0;
}

const struct host_wiring *host_wiring(const struct host *host)
{
	return &host->wiring;
}

bool host_introduce(struct host *host, const struct plan *plan, uint64_t store, uint64_t console,
    struct fault *fault)
{
	const uint64_t rings[2] = {store, console};
	uint32_t domid = host->facts.domid;

	host->log[0] = '\0';
	if (!store_fill(&host->xen, domid, plan, &host->wiring, rings, fault) ||
	    !store_config(domid, plan, fault))
		return false;
	if (!xs_introduce_domain(host->xen.xs, domid, (unsigned long)store, host->wiring.store_port))
		return failed(host, fault, "introduce the domain to xenstore");
	return true;
}

const struct model_places *host_places(const struct host *host)
{
	return &host->places;
}

bool host_prepare_model(struct host *host, const struct plan *plan, const struct feed_blob *nodes,
    struct fault *fault)
{
	return store_model(&host->xen, host->facts.domid, plan, nodes, fault);
}

bool host_note_model(struct host *host, pid_t pid, struct fault *fault)
{
	return store_model_pid(&host->xen, host->facts.domid, pid, fault);
}

bool host_note_consoles(struct host *host, const struct model_consoles *consoles, struct fault *fault)
{
	return store_consoles(&host->xen, host->facts.domid, consoles, fault);
}

bool host_model_runs(void *host)
{
	struct host *self = host;
	char *state = xen_store_read(&self->xen, "/local/domain/0/device-model/%u/state", self->facts.domid);
	bool runs = state && strcmp(state, "running") == 0;

	free(state);
	return runs;
}

bool host_unpause(struct host *host, struct fault *fault)
{
	host->log[0] = '\0';
	return xc_domain_unpause(host->xen.xc, host->facts.domid) == 0 ||
	       failed(host, fault, "unpause the domain");
}

bool host_remove(struct host *host, struct fault *fault)
{
	if (!host->created)
		return true;
	if (!xen_remove_domain(&host->xen, &host->facts, fault))
		return false;
	host->created = false;
	return true;
}

bool host_clean(uint32_t domid, const char *uuid, struct fault *fault)
{
	struct domain_facts facts = {.domid = domid};
	struct host *host = host_open(fault);
	bool clean = host;

	snprintf(facts.uuid, sizeof(facts.uuid), "%s", uuid);
	/* A number may be another domain's by now. */
	if (host && xen_domain_state(&host->xen, &facts))
		clean = xen_remove_domain(&host->xen, &facts, fault);
	host_close(host);
	return clean;
}
