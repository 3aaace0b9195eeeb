/* SPDX-License-Identifier: MIT */
/* The disks of an HVM guest's configuration that its device model opens by itself. */
#ifndef XC_RESTORE_DISKS_H
#define XC_RESTORE_DISKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xen-common/fault.h"

/* Most disks taken; a configuration of a stranger may list any number. */
#define DISKS_MAX 64u

/* On which emulated bus a guest finds a disk. */
enum disk_bus {
	DISK_IDE,     /* hda…hdd, xvda…xvdd */
	DISK_SCSI,    /* sda… */
	DISK_PV_ONLY, /* further ones, only by the guest's PV drivers */
};

struct disk {
	char name[12];       /* hda, xvdb1 */
	unsigned index;      /* 0 for a */
	uint32_t number;     /* virtual device number, of which the device's nodes are named */
	enum disk_bus bus;   /* where it is emulated */
	const char *path;    /* file or device, "" for an empty drive; the configuration's */
	const char *format;  /* as QEMU names it, for -drive */
	const char *prefix;  /* the same in front of the path in xenstore */
	bool cdrom;          /* a drive for removable media */
	bool writable;       /* may be written */
	bool discard;        /* the guest may give blocks back */
	bool direct_io_safe; /* as the configuration says */
};

/*
 * Reads a configuration's list of disks into a new array, to be freed with free(); its strings stay the list's.
 * False and *fault if one of them cannot be opened by the device model alone.
 */
bool disks_read(json_t *list, struct disk **disks, size_t *count, struct fault *fault);

#endif
