/* SPDX-License-Identifier: MIT */
/*
 * The plan: what domain to make for an image. It is worked out from the configuration and the command line,
 * and is complete before anything is created: what cannot be known is asked for by name.
 */
#ifndef XC_RESTORE_PLAN_H
#define XC_RESTORE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libstream/format.h>

#include "disks.h"
#include "xen-common/domain.h"
#include "xen-common/fault.h"

/* What the command line says about the domain; it wins over the configuration. */
struct plan_wishes {
	const char *name;       /* --name, or NULL */
	const char *uuid;       /* --uuid in lower case, or NULL */
	bool new_uuid;          /* --new-uuid */
	bool has_type;          /* --type */
	enum domain_type type;  /* valid with has_type */
	unsigned vcpus;         /* --vcpus, or 0 */
	uint64_t memory_kib;    /* --memory, or 0 */
	bool devices_elsewhere; /* someone else attaches the guest's devices before it runs */
	bool model_elsewhere;   /* someone else knows how to start the device model, or there is to be none */
};

struct plan {
	enum domain_type type;                /* kind of guest */
	char name[256];                       /* its name */
	char uuid[37];                        /* lower-case text */
	unsigned vcpus;                       /* vCPUs, online or not */
	uint8_t online[DOMAIN_MAX_VCPUS / 8]; /* bit i: vCPU i is online */
	uint64_t max_kib;                     /* most memory it may ever have */
	uint64_t target_kib;                  /* memory it has, video memory included */
	uint64_t video_kib;                   /* video memory (HVM) */
	uint64_t pool_kib;                    /* for its page tables in Xen, 0: by the rule */
	int32_t grant_frames;                 /* limit, -1: the hypervisor's */
	int32_t maptrack_frames;              /* the same */
	unsigned grant_version;               /* highest one, 0: the hypervisor's */
	uint32_t event_channels;              /* highest port */
	uint32_t tsc_mode;                    /* as the hypervisor counts them */
	int32_t rtc_offset;                   /* seconds */
	unsigned timer_mode;                  /* HVM parameter */
	bool hpet, vpt_align, nested, vpmu;   /* HVM options */
	bool msr_relaxed;                     /* unknown MSRs read as 0, as before Xen 4.15 */
	bool shadow;                          /* asked not to use the hardware's paging */
	struct disk *disks;                   /* HVM: those that the device model opens */
	size_t disk_count;                    /* of them */
	const char *model_program; /* the device model that the user's configuration names, or NULL */
	bool config_from_user;     /* the configuration is the user's own, not the image's */
	char *config;              /* JSON as libxl stores it, without devices nobody has attached yet */
	char *given;               /* JSON as it came, for scripts */
	void *tree;                /* the configuration; strings above are in it */
};

/* The configuration, from the image or a file. Any member may be unset. */
struct plan_source {
	const char *config;  /* text, or NULL */
	size_t size;         /* of it, a final NUL may be counted */
	bool is_json;        /* else it is xl.cfg text */
	bool from_file;      /* --config */
	uint32_t image_type; /* XSR_DOMAIN_X86_PV or _HVM */
};

/* Makes the plan; false and *fault if facts are missing or do not fit together. */
bool plan_make(struct plan *plan, const struct plan_source *source, const struct plan_wishes *wishes,
    struct fault *fault);

/* Frees what it holds. */
void plan_clear(struct plan *plan);

/* True if text is a UUID; copies it in lower case. */
bool plan_parse_uuid(const char *text, char uuid[37]);

/* KiB that the hypervisor wants for the page tables of an HVM container, with or without hardware help. */
uint64_t plan_pool_kib(const struct plan *plan, bool hap);

#endif
