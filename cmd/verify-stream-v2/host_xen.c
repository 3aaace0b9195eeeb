/* SPDX-License-Identifier: MIT */
/*
 * Asks the hypervisor through libxenctrl and libxenguest. They are loaded when they are needed, not linked: this tool
 * is for machines without Xen too. Their headers give the types, so that a change of them does not compile.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "common/messages.h"
#include "verify-stream-v2/host.h"

#define HOST "this host"

/* The functions that are used, from the library named. */
struct xen_calls {
	void *control, *guest;               /* handles of libxenctrl and libxenguest */
	__typeof__(xc_interface_open) *open; /* of libxenctrl, up to version */
	__typeof__(xc_interface_close) *close;
	__typeof__(xc_physinfo) *physinfo;
	__typeof__(xc_version) *version;
	__typeof__(xc_cpu_policy_init) *policy_init; /* of libxenguest, from here on */
	__typeof__(xc_cpu_policy_destroy) *policy_destroy;
	__typeof__(xc_cpu_policy_get_system) *policy_get;
	__typeof__(xc_cpu_policy_get_size) *policy_size;
	__typeof__(xc_cpu_policy_serialise) *policy_serialise;
};

/* The libraries' own words go nowhere: what failed is said here. */
__attribute__((format(printf, 5, 0))) static void say_nothing(xentoollog_logger *logger,
    xentoollog_level level, int error, const char *context, const char *format, va_list args)
{
	(void)logger;
	(void)level;
	(void)error;
	(void)context;
	(void)format;
	(void)args;
}

static void no_destroy(xentoollog_logger *logger)
{
	(void)logger;
}

static bool find(void *library, const char *name, void *function)
{
	void *symbol = dlsym(library, name);

	if (!symbol) {
		message(MESSAGE_ERROR, HOST, "cannot be asked: %s", dlerror());
		return false;
	}
	/* Object and function pointers are alike on POSIX systems; memcpy() says so to the compiler. */
	memcpy(function, &symbol, sizeof(symbol));
	return true;
}

static bool load(struct xen_calls *x)
{
	x->control = dlopen(XSR_XENCTRL, RTLD_NOW | RTLD_LOCAL);
	x->guest = x->control ? dlopen(XSR_XENGUEST, RTLD_NOW | RTLD_LOCAL) : NULL;
	if (!x->guest) {
		message(MESSAGE_ERROR, HOST, "cannot be asked: the Xen libraries are not installed: %s",
		    dlerror());
		return false;
	}
	return find(x->control, "xc_interface_open", &x->open) &&
	       find(x->control, "xc_interface_close", &x->close) &&
	       find(x->control, "xc_physinfo", &x->physinfo) && find(x->control, "xc_version", &x->version) &&
	       find(x->guest, "xc_cpu_policy_init", &x->policy_init) &&
	       find(x->guest, "xc_cpu_policy_destroy", &x->policy_destroy) &&
	       find(x->guest, "xc_cpu_policy_get_system", &x->policy_get) &&
	       find(x->guest, "xc_cpu_policy_get_size", &x->policy_size) &&
	       find(x->guest, "xc_cpu_policy_serialise", &x->policy_serialise);
}

static bool failed(const char *what)
{
	message(MESSAGE_ERROR, HOST, "%s: %s", what, strerror(errno));
	return false;
}

/* "4.17.3" of 4.17 and ".3-pre"; a branch that has no releases yet has no patch level. */
static bool query_version(const struct xen_calls *x, xc_interface *xc, struct host *h)
{
	int version = x->version(xc, XENVER_version, NULL);
	xen_extraversion_t extra = "";
	size_t digits;

	if (version < 0 || x->version(xc, XENVER_extraversion, extra) < 0)
		return failed("Xen does not tell its version");
	extra[sizeof(extra) - 1] = 0;
	digits = extra[0] == '.' ? strspn(extra + 1, "0123456789") : 0;
	snprintf(h->xen, sizeof(h->xen), "%u.%u%s%.*s", (unsigned)version >> 16, (unsigned)version & 0xffffu,
	    digits ? "." : "", digits > 9 ? 9 : (int)digits, digits ? extra + 1 : "");
	h->facts.xen = h->xen;
	return true;
}

static bool query_machine(const struct xen_calls *x, xc_interface *xc, struct host *h)
{
	xc_physinfo_t info = {0};

	if (x->physinfo(xc, &info) < 0)
		return failed("Xen does not tell of its machine (root in dom0 is needed)");
	h->facts.total_kib = info.total_pages * (XSR_PAGE_SIZE / 1024);
	h->facts.free_kib = info.free_pages * (XSR_PAGE_SIZE / 1024);
	h->facts.pv = info.capabilities & XEN_SYSCTL_PHYSCAP_pv;
	h->facts.hvm = info.capabilities & XEN_SYSCTL_PHYSCAP_hvm;
	h->facts.hap = info.capabilities & XEN_SYSCTL_PHYSCAP_hap;
	h->facts.shadow = info.capabilities & XEN_SYSCTL_PHYSCAP_shadow;
	return true;
}

/* Xen's entries in the shape of ours. */
static bool keep_policy(struct xsr_host_cpu *cpu, struct xsr_cpuid_leaf **leaves, struct xsr_msr_entry **msrs,
    const xen_cpuid_leaf_t *l, uint32_t leaf_count, const xen_msr_entry_t *m, uint32_t msr_count)
{
	*leaves = calloc(leaf_count + UINT64_C(1), sizeof(**leaves));
	*msrs = calloc(msr_count + UINT64_C(1), sizeof(**msrs));
	if (!*leaves || !*msrs)
		return false;
	for (uint32_t i = 0; i < leaf_count; i++)
		(*leaves)[i] = (struct xsr_cpuid_leaf){.leaf = l[i].leaf,
		    .subleaf = l[i].subleaf,
		    .eax = l[i].a,
		    .ebx = l[i].b,
		    .ecx = l[i].c,
		    .edx = l[i].d};
	for (uint32_t i = 0; i < msr_count; i++)
		(*msrs)[i] = (struct xsr_msr_entry){.index = m[i].idx, .value = m[i].val};
	*cpu = (struct xsr_host_cpu){*leaves, leaf_count, *msrs, msr_count};
	return true;
}

static bool query_policy(const struct xen_calls *x, xc_interface *xc, unsigned which,
    struct xsr_host_cpu *cpu, struct xsr_cpuid_leaf **leaves, struct xsr_msr_entry **msrs)
{
	uint32_t leaf_count = 0, msr_count = 0;
	xc_cpu_policy_t *policy = x->policy_init();
	xen_cpuid_leaf_t *l = NULL;
	xen_msr_entry_t *m = NULL;
	bool whole = false;

	if (policy && x->policy_size(xc, &leaf_count, &msr_count) == 0 && leaf_count <= HOST_LEAVES_MAX &&
	    msr_count <= HOST_MSRS_MAX) {
		l = calloc(leaf_count + UINT64_C(1), sizeof(*l));
		m = calloc(msr_count + UINT64_C(1), sizeof(*m));
		whole = l && m && x->policy_get(xc, which, policy) == 0 &&
		        x->policy_serialise(xc, policy, l, &leaf_count, m, &msr_count) == 0 &&
		        keep_policy(cpu, leaves, msrs, l, leaf_count, m, msr_count);
	}
	if (!whole)
		failed("Xen does not tell its CPU policy");
	free(l);
	free(m);
	if (policy)
		x->policy_destroy(policy);
	return whole;
}

static bool query_all(const struct xen_calls *x, xc_interface *xc, struct host *h)
{
	return query_version(x, xc, h) && query_machine(x, xc, h) &&
	       (!h->facts.pv || query_policy(x, xc, XEN_SYSCTL_cpu_policy_pv_max, &h->facts.pv_max,
	                            &h->pv_leaves, &h->pv_msrs)) &&
	       (!h->facts.hvm || query_policy(x, xc, XEN_SYSCTL_cpu_policy_hvm_max, &h->facts.hvm_max,
	                             &h->hvm_leaves, &h->hvm_msrs));
}

bool host_query(struct host *h)
{
	xentoollog_logger silent = {.vmessage = say_nothing, .destroy = no_destroy};
	struct xen_calls x = {0};
	xc_interface *xc;
	bool whole;

	/* The libraries stay loaded: they may have registered functions for the end of the process. */
	if (!load(&x))
		return false;
	xc = x.open(&silent, &silent, 0);
	if (!xc)
		return failed("cannot reach the hypervisor (root in dom0 is needed)");
	whole = query_all(&x, xc, h);
	x.close(xc);
	return whole;
}
