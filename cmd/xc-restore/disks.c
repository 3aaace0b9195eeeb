/* SPDX-License-Identifier: MIT */
#include "disks.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

/* The guest's IDE drives: their majors, two drives each. */
static const uint32_t ide_majors[] = {3, 22, 33, 34, 56, 57, 88, 89, 90, 91};

/* Drives that fit into the numbers of a kind: above are extended numbers, which only xvd has. */
#define IDE_DRIVES  20u
#define SCSI_DRIVES 16u
#define XVD_DRIVES  16u
#define XVD_MAX     (1u << 20)

/* Emulated IDE drives; the rest is for PV drivers. */
#define IDE_EMULATED 4u

/* Letters as a number in base 26 without a zero: a is 0, z 25, aa 26. False if there are none or too many. */
static bool read_letters(const char **text, unsigned *index)
{
	unsigned value = 0;

	if (!islower((unsigned char)**text))
		return false;
	for (; islower((unsigned char)**text); (*text)++) {
		value = value * 26 + (unsigned)(**text - 'a') + 1;
		if (value > XVD_MAX)
			return false;
	}
	*index = value - 1;
	return true;
}

static bool read_partition(const char *text, unsigned *partition)
{
	char *end;
	unsigned long value = 0;

	if (*text && (!isdigit((unsigned char)*text) || *text == '0'))
		return false;
	if (*text) {
		value = strtoul(text, &end, 10);
		if (*end || value > 255)
			return false;
	}
	*partition = (unsigned)value;
	return true;
}

/* The number of a device, as guests and toolstacks count. */
static bool number(const char *name, struct disk *disk)
{
	bool xvd = strncmp(name, "xvd", 3) == 0;
	bool scsi = strncmp(name, "sd", 2) == 0;
	const char *rest = name + (xvd ? 3 : 2);
	unsigned partition;

	if (!xvd && !scsi && strncmp(name, "hd", 2) != 0)
		return false;
	if (!read_letters(&rest, &disk->index) || !read_partition(rest, &partition))
		return false;
	if (xvd && (disk->index >= XVD_DRIVES || partition > 15))
		disk->number = 1u << 28 | disk->index << 8 | partition;
	else if (xvd)
		disk->number = 202u << 8 | disk->index << 4 | partition;
	else if (scsi && disk->index < SCSI_DRIVES && partition <= 15)
		disk->number = 8u << 8 | disk->index << 4 | partition;
	else if (!scsi && disk->index < IDE_DRIVES && partition <= 63)
		disk->number = ide_majors[disk->index / 2] << 8 | (disk->index % 2) << 6 | partition;
	else
		return false;
	disk->bus = scsi ? DISK_SCSI : disk->index < IDE_EMULATED ? DISK_IDE : DISK_PV_ONLY;
	return true;
}

static bool format(const char *name, struct disk *disk)
{
	static const struct {
		const char *name;   /* libxl's */
		const char *format; /* QEMU's */
		const char *prefix; /* in xenstore */
	} formats[] = {
	    {"raw", "raw", "aio"},
	    {"unknown", "raw", "aio"},
	    {"empty", "raw", "aio"},
	    {"qcow", "qcow", "qcow"},
	    {"qcow2", "qcow2", "qcow2"},
	    {"vhd", "vpc", "vhd"},
	    {"qed", "qed", "qed"},
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i].name, name) == 0) {
			disk->format = formats[i].format;
			disk->prefix = formats[i].prefix;
			return true;
		}
	}
	return false;
}

/* Why the device model cannot serve a disk by itself; NULL if it can. */
static const char *obstacle(json_t *item)
{
	const char *backend = config_text(item, "backend");
	json_t *domid = json_object_get(item, "backend_domid");

	if (config_text(item, "backend_domname") ||
	    (json_is_integer(domid) && json_integer_value(domid) != 0))
		return "is served by another domain";
	if (config_text(item, "script"))
		return "needs a script to attach it";
	if (backend && (strcmp(backend, "tap") == 0 || strcmp(backend, "standalone") == 0))
		return "is served by neither the kernel nor QEMU";
	if (config_truth(item, "colo_enable", false) || config_truth(item, "colo_restore_enable", false))
		return "is replicated by COLO";
	return NULL;
}

static bool read_disk(json_t *item, struct disk *disk, struct fault *fault)
{
	const char *name = config_text(item, "vdev"), *path = config_text(item, "pdev_path");
	const char *kind = config_text(item, "format");
	const char *why = obstacle(item);

	if (!name || strlen(name) >= sizeof(disk->name) || !number(name, disk))
		return fault_set(fault, FAULT_REFUSED,
		    "the configuration's disk \"%.20s\" has a name that is not known", name ? name : "");
	snprintf(disk->name, sizeof(disk->name), "%s", name);
	if (why)
		return fault_set(fault, FAULT_REFUSED, "the disk %s %s", disk->name, why);
	if (!format(kind ? kind : "raw", disk))
		return fault_set(fault, FAULT_REFUSED, "the disk %s has the format %.20s, which is not known",
		    disk->name, kind);
	disk->cdrom = config_truth(item, "is_cdrom", false);
	disk->writable = !disk->cdrom && config_truth(item, "readwrite", false);
	disk->discard = config_truth(item, "discard_enable", disk->writable);
	disk->direct_io_safe = config_truth(item, "direct_io_safe", false);
	disk->path = path ? path : "";
	if (!path && !disk->cdrom)
		return fault_set(fault, FAULT_REFUSED, "the disk %s has no file", disk->name);
	if (disk->bus == DISK_IDE && !disk->cdrom && !disk->writable)
		return fault_set(fault, FAULT_REFUSED,
		    "the disk %s is read-only, which QEMU's IDE disks cannot be", disk->name);
	return true;
}

bool disks_read(json_t *list, struct disk **disks, size_t *count, struct fault *fault)
{
	size_t most = json_array_size(list);

	*count = 0;
	*disks = NULL;
	if (most > DISKS_MAX)
		return fault_set(fault, FAULT_REFUSED, "the configuration has %zu disks, more than %u", most,
		    DISKS_MAX);
	*disks = calloc(most + 1, sizeof(**disks));
	if (!*disks)
		return fault_set(fault, FAULT_SYSTEM, "out of memory");
	while (*count < most) {
		if (!read_disk(json_array_get(list, *count), &(*disks)[*count], fault)) {
			free(*disks);
			*disks = NULL;
			*count = 0;
			return false;
		}
		(*count)++;
	}
	return true;
}
