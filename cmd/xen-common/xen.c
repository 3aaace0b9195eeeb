/* SPDX-License-Identifier: MIT */
#include "xen.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum engine_level level_of(xentoollog_level level)
{
	if (level >= XTL_ERROR)
		return ENGINE_ERROR;
	if (level >= XTL_WARN)
		return ENGINE_WARNING;
	return level >= XTL_INFO ? ENGINE_INFO : ENGINE_DEBUG;
}

__attribute__((format(printf, 5, 0))) static void logger_message(xentoollog_logger *logger,
    xentoollog_level level, int error, const char *context, const char *format, va_list args)
{
	/* vtable is the first member; the detour over void keeps -Wcast-align quiet. */
	struct xen_logger *self = (void *)logger;
	char text[256];
	int used;

	(void)context;
	if (!self->log)
		return;
	used = vsnprintf(text, sizeof(text), format, args);
	if (error >= 0 && used >= 0 && (size_t)used < sizeof(text))
		snprintf(text + used, sizeof(text) - (size_t)used, ": %s", strerror(error));
	self->log(self->context, level_of(level), text);
}

static void logger_progress(xentoollog_logger *logger, const char *context, const char *what, int percent,
    unsigned long done, unsigned long total)
{
	struct xen_logger *self = (void *)logger;

	(void)context;
	(void)percent;
	if (self->progress)
		self->progress(self->context, what, done, total);
}

static void logger_destroy(xentoollog_logger *logger)
{
	(void)logger;
}

void xen_logger_init(struct xen_logger *logger, xen_log_fn *log, xen_progress_fn *progress, void *context)
{
	*logger = (struct xen_logger){
	    .vtable = {.vmessage = logger_message, .progress = logger_progress, .destroy = logger_destroy},
	    .log = log,
	    .progress = progress,
	    .context = context,
	};
}

bool xen_open(struct xen *xen, struct fault *fault)
{
	xen->xs = NULL;
	xen->xc = xc_interface_open(&xen->logger.vtable, &xen->logger.vtable, 0);
	if (!xen->xc)
		return fault_errno(fault, FAULT_SYSTEM,
		    "cannot reach the hypervisor (root in dom0 is needed)");
	xen->xs = xs_open(0);
	if (!xen->xs)
		return fault_errno(fault, FAULT_SYSTEM, "cannot reach xenstore");
	return true;
}

void xen_close(struct xen *xen)
{
	if (xen->xs)
		xs_close(xen->xs);
	if (xen->xc)
		xc_interface_close(xen->xc);
	xen->xs = NULL;
	xen->xc = NULL;
}

char *xen_store_read(struct xen *xen, const char *format, ...)
{
	char path[512];
	unsigned length;
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	return xs_read(xen->xs, XBT_NULL, path, &length);
}

static bool parse_domid(const char *text, uint32_t *domid)
{
	unsigned long value;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	/* 0x7ff0 and up are not domains but special numbers of the interface. */
	if (errno || *end || value >= DOMID_FIRST_RESERVED)
		return false;
	*domid = (uint32_t)value;
	return true;
}

/* True if a domain of this list has the name. */
static bool search(struct xen *xen, const char *wanted, const xc_domaininfo_t *list, int count,
    uint32_t *domid)
{
	for (int i = 0; i < count; i++) {
		char *name = xen_store_read(xen, "/local/domain/%u/name", list[i].domain);
		bool same = name && strcmp(name, wanted) == 0;

		free(name);
		if (same && !(list[i].flags & XEN_DOMINF_dying)) {
			*domid = list[i].domain;
			return true;
		}
	}
	return false;
}

bool xen_find_domain(struct xen *xen, const char *operand, uint32_t *domid, struct fault *fault)
{
	xc_domaininfo_t list[64];
	uint32_t first = 0;
	int count;

	if (parse_domid(operand, domid))
		return true;
	do {
		count = xc_domain_getinfolist(xen->xc, first, 64, list);
		if (count < 0)
			return fault_errno(fault, FAULT_SYSTEM, "cannot list the domains");
		if (search(xen, operand, list, count, domid))
			return true;
		if (count > 0)
			first = list[count - 1].domain + 1u;
	} while (count > 0);
	return fault_set(fault, FAULT_SYSTEM, "no such domain");
}

static bool get_info(struct xen *xen, uint32_t domid, xc_domaininfo_t *info)
{
	/* The call answers with the next domain if this one is gone. */
	return xc_domain_getinfolist(xen->xc, domid, 1, info) == 1 && info->domain == domid;
}

static void uuid_text(const xen_domain_handle_t handle, char text[37])
{
	size_t used = 0;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[used++] = '-';
		used += (size_t)snprintf(text + used, 37 - used, "%02x", handle[i]);
	}
}

static enum domain_type type_of(const xc_domaininfo_t *info)
{
	if (!(info->flags & XEN_DOMINF_hvm_guest))
		return DOMAIN_PV;
	/* A PVH guest is an HVM container whose only emulated device is the local APIC. */
	return info->arch_config.emulation_flags & ~XEN_X86_EMU_LAPIC ? DOMAIN_HVM : DOMAIN_PVH;
}

static void state_of(const xc_domaininfo_t *info, struct domain_facts *facts)
{
	facts->dying = info->flags & XEN_DOMINF_dying;
	facts->paused = info->flags & XEN_DOMINF_paused;
	facts->shutdown = info->flags & XEN_DOMINF_shutdown;
	facts->shutdown_reason = (info->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
}

static uint64_t store_number(struct xen *xen, uint32_t domid, const char *node)
{
	char *text = xen_store_read(xen, "/local/domain/%u/%s", domid, node);
	uint64_t value = text ? strtoull(text, NULL, 10) : 0;

	free(text);
	return value;
}

static bool vcpu_facts(struct xen *xen, const xc_domaininfo_t *info, struct domain_facts *facts,
    struct fault *fault)
{
	if (info->max_vcpu_id >= DOMAIN_MAX_VCPUS)
		return fault_set(fault, FAULT_SYSTEM, "the domain has no vCPU");
	facts->vcpus = info->max_vcpu_id + 1;
	for (uint32_t i = 0; i < facts->vcpus; i++) {
		xc_vcpuinfo_t vcpu;

		if (xc_vcpu_getinfo(xen->xc, info->domain, i, &vcpu) != 0)
			return fault_errno(fault, FAULT_SYSTEM, "cannot get the state of vCPU %u", i);
		if (vcpu.online)
			facts->online[i / 8] |= (uint8_t)(1u << i % 8);
	}
	return true;
}

bool xen_domain_facts(struct xen *xen, uint32_t domid, struct domain_facts *facts, struct fault *fault)
{
	xc_domaininfo_t info;
	xen_pfn_t frames;
	char *name;

	memset(facts, 0, sizeof(*facts));
	if (!get_info(xen, domid, &info))
		return fault_set(fault, FAULT_SYSTEM, "no such domain");
	facts->domid = domid;
	facts->type = type_of(&info);
	facts->hap = info.flags & XEN_DOMINF_hap;
	facts->pages = info.tot_pages;
	/* Only for an estimate: it may fail. */
	facts->p2m_size = xc_domain_nr_gpfns(xen->xc, domid, &frames) == 0 ? frames : facts->pages;
	facts->target_kib = store_number(xen, domid, "memory/target");
	facts->max_kib = store_number(xen, domid, "memory/static-max");
	if (facts->max_kib == 0)
		facts->max_kib = info.max_pages * 4;
	uuid_text(info.handle, facts->uuid);
	state_of(&info, facts);
	name = xen_store_read(xen, "/local/domain/%u/name", domid);
	snprintf(facts->name, sizeof(facts->name), "%s", name ? name : "");
	free(name);
	return vcpu_facts(xen, &info, facts, fault);
}

bool xen_domain_state(struct xen *xen, struct domain_facts *facts)
{
	xc_domaininfo_t info;
	char uuid[37];

	if (!get_info(xen, facts->domid, &info))
		return false;
	uuid_text(info.handle, uuid);
	if (strcmp(uuid, facts->uuid) != 0)
		return false;
	state_of(&info, facts);
	return true;
}
