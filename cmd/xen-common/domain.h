/* SPDX-License-Identifier: MIT */
/*
 * What is known about a domain, without a word of Xen's headers: the parts that decide and report use only
 * this.
 */
#ifndef XEN_COMMON_DOMAIN_H
#define XEN_COMMON_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

enum domain_type {
	DOMAIN_PV,
	DOMAIN_PVH,
	DOMAIN_HVM,
};

/* vCPUs that a domain of 4.17 can have at most (PV). */
#define DOMAIN_MAX_VCPUS 8192u

struct domain_facts {
	uint32_t domid;                       /* its number */
	char uuid[37];                        /* lower-case text */
	char name[256];                       /* from xenstore, "" if it has none */
	enum domain_type type;                /* kind of guest */
	bool dying;                           /* being destroyed */
	bool paused;                          /* by control software */
	bool shutdown;                        /* shut down, suspended included */
	unsigned shutdown_reason;             /* valid with shutdown */
	unsigned vcpus;                       /* vCPUs it was given, online or not */
	uint8_t online[DOMAIN_MAX_VCPUS / 8]; /* bit i: vCPU i is online */
	uint64_t pages;                       /* pages allocated now */
	uint64_t p2m_size;                    /* highest guest frame number + 1 */
	uint64_t max_kib;                     /* most memory it may have */
	uint64_t target_kib;                  /* what its balloon driver was told, 0 if nothing */
	bool hap;                             /* hardware-assisted paging */
};

/* Shutdown reasons of the hypervisor's interface. */
#define DOMAIN_POWEROFF 0u
#define DOMAIN_REBOOT   1u
#define DOMAIN_SUSPEND  2u
#define DOMAIN_CRASH    3u

/* "PV", "PVH", "HVM"; "power-off", "reboot", … Static. */
const char *domain_type_name(enum domain_type type);
const char *domain_reason_name(unsigned reason);

#endif
