/* SPDX-License-Identifier: MIT */
#include "model_args.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "disks.h"

/* Most words, and the longest one: far beyond what any guest has. */
#define WORDS_MAX 1024u
#define WORD_MAX  16384u

/* Below this address a guest's memory hole may begin, no higher. */
#define HOLE_MIN_KIB ((UINT64_C(0x100000000) - UINT64_C(0xf0000000)) / 1024)

struct words {
	char **word;             /* NULL-terminated */
	unsigned count;          /* of them */
	struct fault *fault;     /* where failures go */
	const struct plan *plan; /* the domain */
	json_t *b_info, *hvm;    /* parts of its configuration */
	json_t *root;            /* all of it */
};

static void say(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One more word. After the first failure nothing more is done. */
static void say(struct words *w, const char *format, ...)
{
	va_list args;
	int length;

	if (w->fault->kind != FAULT_NONE)
		return;
	if (w->count >= WORDS_MAX) {
		fault_set(w->fault, FAULT_REFUSED, "the device model would get more than %u words",
		    WORDS_MAX);
		return;
	}
	va_start(args, format);
	length = vasprintf(&w->word[w->count], format, args);
	va_end(args);
	if (length < 0) {
		w->word[w->count] = NULL;
		fault_set(w->fault, FAULT_SYSTEM, "out of memory");
		return;
	}
	w->count++;
	if ((unsigned)length > WORD_MAX)
		fault_set(w->fault, FAULT_REFUSED, "the device model would get a word of %d bytes", length);
}

static void say_pair(struct words *w, const char *option, const char *value)
{
	say(w, "%s", option);
	say(w, "%s", value);
}

static void cannot(struct words *w, const char *what)
{
	fault_set(w->fault, FAULT_REFUSED,
	    "the configuration has %s, which is not supported: let --device-model start the device model",
	    what);
}

/* A value inside an option: QEMU reads a doubled comma as a comma. Free with free(). */
static char *quoted(struct words *w, const char *text)
{
	char *copy = malloc(strlen(text) * 2 + 1), *to = copy;

	if (!copy) {
		fault_set(w->fault, FAULT_SYSTEM, "out of memory");
		return NULL;
	}
	for (; *text; text++) {
		*to++ = *text;
		if (*text == ',')
			*to++ = ',';
	}
	*to = '\0';
	return copy;
}

/* Words of a list in the configuration. */
static void say_list(struct words *w, json_t *object, const char *key, const char *option)
{
	json_t *list = json_object_get(object, key), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item))
			continue;
		if (option)
			say(w, "%s", option);
		say(w, "%s", json_string_value(item));
	}
}

static uint64_t number(json_t *object, const char *key, uint64_t fallback)
{
	json_t *value = json_object_get(object, key);

	return json_is_integer(value) && json_integer_value(value) >= 0 ? (uint64_t)json_integer_value(value)
	                                                                : fallback;
}

/* What libxl can start and this cannot. */
static void refuse(struct words *w)
{
	const char *version = config_text(w->b_info, "device_model_version");

	if (version && strcmp(version, "qemu_xen") != 0)
		cannot(w, "a traditional device model");
	if (config_truth(w->b_info, "device_model_stubdomain", false))
		cannot(w, "a device model in a domain of its own");
	if (config_truth(w->b_info, "dm_restrict", false))
		cannot(w, "a device model with restricted rights");
	if (config_truth(config_object(w->hvm, "sdl"), "enable", false))
		cannot(w, "an SDL display");
	if (config_truth(config_object(w->hvm, "spice"), "enable", false))
		cannot(w, "SPICE");
	if (config_text(config_object(w->hvm, "vnc"), "passwd"))
		cannot(w, "a password for VNC");
	if (config_text(w->hvm, "soundhw"))
		cannot(w, "a sound card");
	if (config_truth(w->hvm, "gfx_passthru", false))
		cannot(w, "a passed-through graphics card");
	if (json_array_size(json_object_get(w->root, "channels")) > 0)
		cannot(w, "channels");
	if (json_array_size(json_object_get(w->root, "usbctrls")) > 0)
		cannot(w, "USB controllers");
	/* Anything may be in these: an image of a stranger shall not say what is run with the rights of root. */
	if (w->plan->config_from_user)
		return;
	if (json_array_size(json_object_get(w->b_info, "extra")) > 0 ||
	    json_array_size(json_object_get(w->b_info, "extra_hvm")) > 0)
		fault_set(w->fault, FAULT_REFUSED,
		    "the image wants options of its own for the device model: only --config may give them");
	if (config_text(w->b_info, "device_model"))
		fault_set(w->fault, FAULT_REFUSED,
		    "the image wants a device model of its own (%.100s): only --config may give one, or "
		    "--device-model",
		    config_text(w->b_info, "device_model"));
}

/* Before all devices: who it is for, and how it is talked to. */
static void say_monitors(struct words *w, const struct model_facts *facts)
{
	char path[108], *name;

	model_socket(facts, path, sizeof(path));
	say(w, "-xen-domid");
	say(w, "%u", facts->domid);
	say(w, "-no-shutdown");
	say(w, "-chardev");
	say(w, "socket,id=libxl-cmd,path=%s,server=on,wait=off", path);
	/* It shall not touch a disk before the guest is to run. */
	say(w, "-S");
	say_pair(w, "-mon", "chardev=libxl-cmd,mode=control");
	say(w, "-chardev");
	say(w, "socket,id=libxenstat-cmd,path=%s/qmp-libxenstat-%u,server=on,wait=off", facts->run_dir,
	    facts->domid);
	say_pair(w, "-mon", "chardev=libxenstat-cmd,mode=control");
	say(w, "-nodefaults");
	say(w, "-no-user-config");
	name = quoted(w, w->plan->name);
	say_pair(w, "-name", name ? name : "");
	free(name);
}

static bool has_vnc(struct words *w)
{
	return config_truth(config_object(w->hvm, "vnc"), "enable", true);
}

static void say_display(struct words *w)
{
	json_t *vnc = config_object(w->hvm, "vnc");
	const char *listen = config_text(vnc, "listen");
	const char *to = config_truth(vnc, "findunused", true) ? ",to=99" : "";

	if (!has_vnc(w)) {
		say_pair(w, "-vnc", "none");
	} else {
		say(w, "-vnc");
		if (listen && strchr(listen, ':'))
			say(w, "%s%s", listen, to);
		else
			say(w, "%s:%" PRIu64 "%s", listen ? listen : "127.0.0.1", number(vnc, "display", 0),
			    to);
	}
	say_pair(w, "-display", "none");
	if (config_text(w->hvm, "keymap"))
		say_pair(w, "-k", config_text(w->hvm, "keymap"));
}

/* The kernel is not started again, but QEMU has a device for it that is in the state. */
static void say_kernel(struct words *w)
{
	static const char *const options[][2] = {
	    {"kernel", "-kernel"}, {"ramdisk", "-initrd"}, {"cmdline", "-append"}};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (config_text(w->b_info, options[i][0]))
			say_pair(w, options[i][1], config_text(w->b_info, options[i][0]));
}

static void say_controller(struct words *w)
{
	for (size_t i = 0; i < w->plan->disk_count; i++) {
		if (w->plan->disks[i].bus == DISK_SCSI && !w->plan->disks[i].cdrom) {
			say_pair(w, "-device", "lsi53c895a");
			return;
		}
	}
}

static void say_serial(struct words *w)
{
	if (config_text(w->hvm, "serial"))
		say_pair(w, "-serial", config_text(w->hvm, "serial"));
	else
		say_list(w, w->hvm, "serial_list", "-serial");
	if (config_truth(w->hvm, "nographic", false) && !has_vnc(w))
		say(w, "-nographic");
}

static void say_vga(struct words *w)
{
	const char *kind = config_text(config_object(w->hvm, "vga"), "kind");
	uint64_t mib = (w->plan->video_kib + 1023) / 1024;

	if (!kind || strcmp(kind, "cirrus") == 0) {
		say(w, "-device");
		say(w, "cirrus-vga,vgamem_mb=%" PRIu64, mib);
	} else if (strcmp(kind, "std") == 0) {
		say(w, "-device");
		say(w, "VGA,vgamem_mb=%" PRIu64, mib);
	} else if (strcmp(kind, "qxl") == 0) {
		say(w, "-device");
		say(w, "qxl-vga,vram_size_mb=%" PRIu64 ",ram_size_mb=%" PRIu64, w->plan->video_kib / 2048,
		    w->plan->video_kib / 2048);
	} else if (strcmp(kind, "none") != 0) {
		fault_set(w->fault, FAULT_REFUSED, "the configuration's graphics card \"%.20s\" is not known",
		    kind);
	}
}

static void say_usb_controllers(struct words *w, unsigned version)
{
	switch (version) {
	case 1:
		say_pair(w, "-device", "piix3-usb-uhci,id=usb");
		break;
	case 2:
		say_pair(w, "-device", "ich9-usb-ehci1,id=usb,addr=0x1d.0x7,multifunction=on");
		for (unsigned i = 1; i < 4; i++) {
			say(w, "-device");
			say(w, "ich9-usb-uhci%u,masterbus=usb.0,firstport=%u,addr=0x1d.%#x,multifunction=on",
			    i, 2 * (i - 1), i - 1);
		}
		break;
	case 3:
		say_pair(w, "-device", "nec-usb-xhci,id=usb");
		break;
	default:
		fault_set(w->fault, FAULT_REFUSED, "the configuration's usbversion is %u, not 1 to 3",
		    version);
	}
}

static void say_usb(struct words *w)
{
	const char *device = config_text(w->hvm, "usbdevice");
	size_t listed = json_array_size(json_object_get(w->hvm, "usbdevice_list"));
	uint64_t version = number(w->hvm, "usbversion", 0);

	if (config_truth(w->hvm, "usb", false) || device || listed) {
		say(w, "-usb");
		if (device)
			say_pair(w, "-usbdevice", device);
		else
			say_list(w, w->hvm, "usbdevice_list", "-usbdevice");
	} else if (version) {
		say_usb_controllers(w, (unsigned)(version > 9 ? 9 : version));
	}
}

static void say_vcpus(struct words *w)
{
	unsigned online = 0;

	for (unsigned v = 0; v < w->plan->vcpus; v++)
		online += w->plan->online[v / 8] >> v % 8 & 1;
	if (w->plan->vcpus == 1)
		return;
	say(w, "-smp");
	say(w, "%u,maxcpus=%u", online, w->plan->vcpus);
}

/* True if there is a card of its own for QEMU; its tap device is for others to connect. */
static bool say_nic(struct words *w, json_t *nic, uint64_t position, uint32_t domid)
{
	const char *type = config_text(nic, "nictype"), *model = config_text(nic, "model");
	const char *mac = config_text(nic, "mac"), *name = config_text(nic, "ifname");
	const char *bridge = config_text(nic, "bridge");
	uint64_t id = number(nic, "devid", position);
	char *quoted_bridge;

	if (type && strcmp(type, "vif_ioemu") != 0 && strcmp(type, "unknown") != 0)
		return false;
	if (!mac)
		fault_set(w->fault, FAULT_REFUSED,
		    "the configuration has a network interface without an address");
	quoted_bridge = quoted(w, bridge ? bridge : "xenbr0");
	say(w, "-device");
	say(w, "%s,id=nic%" PRIu64 ",netdev=net%" PRIu64 ",mac=%s", model ? model : "rtl8139", id, id,
	    mac ? mac : "");
	say(w, "-netdev");
	if (name)
		say(w, "type=tap,id=net%" PRIu64 ",ifname=%s-emu,br=%s,script=no,downscript=no", id, name,
		    quoted_bridge ? quoted_bridge : "");
	else
		say(w,
		    "type=tap,id=net%" PRIu64 ",ifname=vif%u.%" PRIu64 "-emu,br=%s,script=no,downscript=no",
		    id, domid, id, quoted_bridge ? quoted_bridge : "");
	free(quoted_bridge);
	return true;
}

static void say_nics(struct words *w, uint32_t domid)
{
	json_t *list = json_object_get(w->root, "nics"), *nic;
	bool any = false;
	size_t i;

	json_array_foreach(list, i, nic) any |= say_nic(w, nic, i, domid);
	if (!any)
		say_pair(w, "-net", "none");
}

static void say_machine(struct words *w)
{
	const char *machine = config_truth(w->hvm, "xen_platform_pci", true)
	                          ? "xenfv,suppress-vmdesc=on"
	                          : "pc,accel=xen,suppress-vmdesc=on";
	uint64_t hole = number(w->hvm, "mmio_hole_memkb", 0);

	say(w, "-machine");
	if (hole >= HOLE_MIN_KIB && hole < UINT64_C(0x100000000) / 1024)
		say(w, "%s,max-ram-below-4g=%" PRIu64, machine, UINT64_C(0x100000000) - hole * 1024);
	else
		say(w, "%s", machine);
	say_list(w, w->b_info, "extra_hvm", NULL);
	say(w, "-m");
	say(w, "%" PRIu64, (w->plan->max_kib - w->plan->video_kib + 1023) / 1024);
}

static void say_cdrom(struct words *w, const struct disk *disk, const char *path)
{
	if (disk->bus != DISK_IDE)
		return;
	say(w, "-drive");
	if (*path)
		say(w, "if=none,readonly=on,id=ide-%u,file=%s,format=%s", disk->number, path, disk->format);
	else
		say(w, "if=none,readonly=on,id=ide-%u", disk->number);
	say(w, "-device");
	say(w, "ide-cd,id=ide-%u,drive=ide-%u,bus=ide.%u,unit=%u", disk->number, disk->number,
	    disk->index / 2, disk->index % 2);
}

static void say_disk(struct words *w, const struct disk *disk, const char *path, bool ahci)
{
	if (disk->bus == DISK_SCSI) {
		say(w, "-drive");
		say(w, "file=%s,id=scsi0-hd%u,format=%s,if=none,readonly=%s,cache=writeback", path,
		    disk->index, disk->format, disk->writable ? "off" : "on");
		say(w, "-device");
		say(w, "scsi-hd,drive=scsi0-hd%u,scsi-id=%u", disk->index, disk->index);
	} else if (ahci && disk->index < 6) {
		say(w, "-drive");
		say(w, "file=%s,if=none,id=ahcidisk-%u,format=%s,cache=writeback", path, disk->index,
		    disk->format);
		say(w, "-device");
		say(w, "ide-hd,bus=ahci0.%u,unit=0,drive=ahcidisk-%u", disk->index, disk->index);
	} else if (disk->bus == DISK_IDE) {
		say(w, "-drive");
		say(w, "file=%s,if=ide,index=%u,media=disk,format=%s,cache=writeback", path, disk->index,
		    disk->format);
	}
}

static void say_disks(struct words *w)
{
	const char *type = config_text(w->hvm, "hdtype"), *vendor = config_text(w->hvm, "vendor_device");
	bool ahci = type && strcmp(type, "ahci") == 0;

	if (ahci)
		say_pair(w, "-device", "ahci,id=ahci0");
	for (size_t i = 0; i < w->plan->disk_count; i++) {
		const struct disk *disk = &w->plan->disks[i];
		char *path = quoted(w, disk->path);

		if (path && disk->cdrom)
			say_cdrom(w, disk, path);
		else if (path)
			say_disk(w, disk, path, ahci);
		free(path);
	}
	if (vendor && strcmp(vendor, "xenserver") == 0)
		say_pair(w, "-device", "xen-pvdevice,device-id=0xc000");
}

static void say_all(struct words *w, const struct model_facts *facts)
{
	const char *boot = config_text(w->hvm, "boot");
	json_t *acpi = json_object_get(w->b_info, "acpi");

	refuse(w);
	say_monitors(w, facts);
	say_display(w);
	say_kernel(w);
	say_controller(w);
	say_serial(w);
	say_vga(w);
	say(w, "-boot");
	say(w, "order=%s", boot ? boot : "cda");
	say_usb(w);
	if (!config_truth(acpi ? w->b_info : w->hvm, "acpi", true))
		say(w, "-no-acpi");
	say_vcpus(w);
	say_nics(w, facts->domid);
	say(w, "-incoming");
	say(w, "fd:%d", facts->state_fd);
	say_list(w, w->b_info, "extra", NULL);
	say_machine(w);
	say_disks(w);
}

void model_socket(const struct model_facts *facts, char *path, size_t size)
{
	snprintf(path, size, "%s/qmp-libxl-%u", facts->run_dir, facts->domid);
}

char **model_args(const struct plan *plan, const struct model_facts *facts, struct fault *fault)
{
	struct words w = {.plan = plan, .fault = fault, .word = calloc(WORDS_MAX + 1, sizeof(char *))};

	/* A domain that somebody else made comes without one. */
	if (!plan->given) {
		fault_set(fault, FAULT_REFUSED,
		    "there is no configuration to tell what devices the guest has");
		free(w.word);
		return NULL;
	}
	w.root = json_loads(plan->given, 0, NULL);
	if (!w.word || !w.root) {
		fault_set(fault, FAULT_SYSTEM, "out of memory");
	} else {
		w.b_info = config_object(w.root, "b_info");
		w.hvm = config_object(w.b_info, "type.hvm");
		say_all(&w, facts);
	}
	json_decref(w.root);
	if (fault->kind == FAULT_NONE)
		return w.word;
	model_args_free(w.word);
	return NULL;
}

void model_args_free(char **args)
{
	for (char **arg = args; arg && *arg; arg++)
		free(*arg);
	free(args);
}
