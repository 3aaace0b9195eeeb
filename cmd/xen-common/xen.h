/* SPDX-License-Identifier: MIT */
/* Handles to the hypervisor and xenstore, and the few questions that both tools ask of them. */
#ifndef XEN_COMMON_XEN_H
#define XEN_COMMON_XEN_H

#include <xenctrl.h>
#include <xenstore.h>
#include <xentoollog.h>

#include "domain.h"
#include "engine.h"
#include "fault.h"

/* Takes one line of the libraries' log. */
typedef void xen_log_fn(void *context, enum engine_level level, const char *text);
typedef void xen_progress_fn(void *context, const char *what, uint64_t done, uint64_t total);

/* A logger for libxc that turns its levels and errno into plain lines. vtable must stay first: libxc casts.
 */
struct xen_logger {
	xentoollog_logger vtable;  /* what libxc calls */
	xen_log_fn *log;           /* lines go here; NULL for nowhere */
	xen_progress_fn *progress; /* progress goes here; NULL for nowhere */
	void *context;             /* for both */
};

/* Fills a logger. It lives where the caller puts it and needs no freeing. */
void xen_logger_init(struct xen_logger *logger, xen_log_fn *log, xen_progress_fn *progress, void *context);

struct xen {
	struct xen_logger logger; /* for xc */
	xc_interface *xc;         /* hypervisor */
	struct xs_handle *xs;     /* xenstore */
};

/* Opens both handles; the logger must be filled already. */
bool xen_open(struct xen *xen, struct fault *fault);
void xen_close(struct xen *xen);

/* Looks for a domain by number (if all digits) or name. */
bool xen_find_domain(struct xen *xen, const char *operand, uint32_t *domid, struct fault *fault);

/* Fills facts; false if there is no such domain (any more) or the hypervisor does not answer. */
bool xen_domain_facts(struct xen *xen, uint32_t domid, struct domain_facts *facts, struct fault *fault);

/*
 * Only what changes: dying, paused, shutdown, shutdown_reason. False if the domain is gone or is another
 * one.
 */
bool xen_domain_state(struct xen *xen, struct domain_facts *facts);

/*
 * Destroys a domain and removes its nodes from xenstore and libxl's stored configuration. Devices are told
 * to close first, their hotplug scripts are not run.
 */
bool xen_remove_domain(struct xen *xen, const struct domain_facts *facts, struct fault *fault);

/* Reads a node below a path made by printf; NULL if there is none. Free with free(). */
char *xen_store_read(struct xen *xen, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where libxl keeps the configuration of a domain. */
#define XEN_USERDATA_DIR "/var/lib/xen"

/* Where device models have their sockets, and where they log. */
#define XEN_RUN_DIR "/var/run/xen"
#define XEN_LOG_DIR "/var/log/xen"

#endif
