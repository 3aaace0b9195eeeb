/* SPDX-License-Identifier: MIT */
/* Places whose every value means something: what a guest, a user or a device model put there. */
#include <stdio.h>
#include <string.h>

#include "detection.h"
#include <libstream/records.h>

static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The entry of an HVM context that a byte of its body is in. */
static void entry_of(struct place *place, const uint8_t *body, uint32_t length)
{
	uint32_t begin = 0, at = (uint32_t)place->at;

	while (begin + 8 <= length) {
		uint32_t size = u32(body + begin + 4);
		const char *name = xsr_hvm_entry_name((uint16_t)(body[begin] | body[begin + 1] << 8));

		if (size > length - begin - 8)
			return;
		if (at < begin + 8 + size) {
			snprintf(place->kind, sizeof(place->kind), "HVM_CONTEXT %s", name ? name : "?");
			place->at = (int64_t)at - begin - 8;
			return;
		}
		begin += 8 + size;
	}
}

struct place place_of(const struct part *part, const uint8_t *stream, uint64_t byte)
{
	struct place place = {.at = (int64_t)(byte - part->offset)};

	snprintf(place.kind, sizeof(place.kind), "%s", part->name);
	if (strncmp(part->name, "lib", 3) != 0 || strstr(part->name, "header"))
		return place;
	place.at -= 8;
	place.padding = place.at >= part->body;
	if (strcmp(part->name, "libxc HVM_CONTEXT") == 0 && place.at >= 0 && !place.padding)
		entry_of(&place, stream + part->offset + 8, part->body);
	return place;
}

bool is_checkpoint_end(const struct part *part)
{
	return strcmp(part->name, "libxl CHECKPOINT_END") == 0 || strcmp(part->name, "libxc CHECKPOINT") == 0;
}

/*
 * Bytes whose every value is one that a guest, a user, a device model or a host can have put there. Where a rule looks
 * at some of their values the verifier finds those; what it does not find are values that are as good as the ones
 * before. Places that are not here have one right value, and not finding a change of it is a failure.
 */
static const struct free_form {
	const char *kind;    /* record, header or entry */
	int64_t first, last; /* bytes */
	uint8_t bits;        /* of each byte */
	unsigned every;      /* in each so many bytes from the first on, this many are free; 0: all */
	unsigned width;      /* with `every` */
	const char *why;     /* what they hold */
} free_forms[] = {
    {"domain header", 8, 15, 0xff, 0, 0,
        "the saver's release: any that wrote this version, or 0 for a converter"},
    {"xl configuration", 4, INT64_MAX, 0xff, 0, 0, "JSON text: names and values of the user"},
    {"libxl EMULATOR_XENSTORE_DATA", 8, INT64_MAX, 0xff, 0, 0, "keys and values of the device model"},
    {"libxl EMULATOR_CONTEXT", 8, INT64_MAX, 0xff, 0, 0, "state of the device model behind its magic"},
    {"libxl optional", -8, INT64_MAX, 0xff, 0, 0, "a record that nobody knows: its type and body"},
    {"libxc optional", -8, INT64_MAX, 0xff, 0, 0, "the same"},
    {"libxl EMULATOR_XENSTORE_DATA", 0, 7, 0xff, 0, 0, "emulator id: 1 and 2 are both known"},
    {"libxc X86_CPUID_POLICY", 8, INT64_MAX, 0xff, 24, 16, "registers of a leaf: what a processor can be"},
    {"libxc X86_CPUID_POLICY", 0, INT64_MAX, 0xff, 24, 8, "an absent leaf or subleaf in place of another"},
    {"libxc X86_MSR_POLICY", 8, INT64_MAX, 0xff, 16, 8, "value of an MSR"},
    {"libxc X86_TSC_INFO", 0, 0, 0x03, 0, 0, "modes 0 and 1, and 3 of older savers"},
    {"libxc X86_TSC_INFO", 4, 19, 0xff, 0, 0, "frequency, time and incarnation"},
    {"libxc SHARED_INFO", 0, 0xc3f, 0xff, 0, 0, "the guest's shared page: pending events, masks, clock"},
    {"libxc X86_PV_VCPU_BASIC", 8, INT64_MAX, 0xff, 0, 0, "registers and callbacks of a vCPU"},
    {"libxc X86_PV_VCPU_EXTENDED", 12, 12, 0x58, 0, 0, "sizes 32, 40, 56 and 64"},
    {"libxc X86_PV_VCPU_EXTENDED", 16, 71, 0xff, 0, 0, "callbacks and machine check state"},
    {"libxc X86_PV_VCPU_XSAVE", 8, INT64_MAX, 0xff, 0, 0, "registers of a vCPU"},
    {"libxc X86_PV_VCPU_MSRS", 8, INT64_MAX, 0x03, 16, 1, "index of another MSR that Xen loads"},
    {"libxc X86_PV_VCPU_MSRS", 16, INT64_MAX, 0xff, 16, 8, "value of an MSR"},
    {"libxc X86_PV_P2M_FRAMES", 4, 5, 0xff, 0, 0, "end_pfn: anywhere in its last frame"},
    {"libxc X86_PV_P2M_FRAMES", 8, INT64_MAX, 0xff, 0, 0, "pfns: any other page of plain data fits as well"},
    {"libxc PAGE_DATA", 8, INT64_MAX, 0xff, 8, 7, "pfns, of a guest with holes or of a later pass"},
    {"libxc PAGE_DATA", 15, INT64_MAX, 0xf0, 8, 1, "types of pages that have data or have none alike"},
    {"libxc HVM_PARAMS", 16, INT64_MAX, 0xff, 16, 8, "values of parameters"},
    {"libxc HVM_PARAMS", 8, INT64_MAX, 0xff, 16, 1, "one parameter in place of another that is absent"},
    {"HVM_CONTEXT HEADER", 8, 23, 0xff, 0, 0, "changeset, processor and frequency of the source"},
    {"HVM_CONTEXT CPU", 0, 1024, 0xff, 0, 0, "registers of a vCPU"},
    {"HVM_CONTEXT PIC", 0, 7, 0xff, 0, 0, "state of a device"},
    {"HVM_CONTEXT IOAPIC", 0, 399, 0xff, 0, 0, "state of a device"},
    {"HVM_CONTEXT LAPIC", 0, 31, 0xff, 0, 0, "state of a device"},
    {"HVM_CONTEXT LAPIC_REGS", 0, 1023, 0xff, 0, 0, "state of a device"},
    {"HVM_CONTEXT PCI_IRQ", 0, 15, 0xff, 0, 0, "wires"},
    {"HVM_CONTEXT ISA_IRQ", 0, 7, 0xff, 0, 0, "wires"},
    {"HVM_CONTEXT PCI_LINK", 0, 3, 0x0f, 0, 0, "routes below 16"},
    {"HVM_CONTEXT PIT", 0, 51, 0xff, 0, 0, "state of a device"},
    {"HVM_CONTEXT RTC", 0, 23, 0xff, 0, 0, "state of a device"},
    {"HVM_CONTEXT HPET", 0, 1047, 0xff, 0, 0, "state of a device"},
    {"HVM_CONTEXT PMTIMER", 0, 7, 0xff, 0, 0, "state of a device"},
    {"HVM_CONTEXT MTRR", 0, 239, 0xff, 0, 0, "memory types"},
    {"HVM_CONTEXT VIRIDIAN_DOMAIN", 0, 31, 0xff, 0, 0, "what the guest told Hyper-V's interface"},
    {"HVM_CONTEXT VIRIDIAN_VCPU", 0, 8, 0xff, 0, 0, "what the guest told Hyper-V's interface"},
    {"HVM_CONTEXT VIRIDIAN_VCPU", 16, 215, 0xff, 0, 0, "what the guest told Hyper-V's interface"},
    {"HVM_CONTEXT CPU_XSAVE", 0, INT64_MAX, 0xff, 0, 0, "registers of a vCPU"},
    {"HVM_CONTEXT VMCE_VCPU", 0, 31, 0xff, 0, 0, "machine check state; its capabilities are the host's"},
    {"HVM_CONTEXT TSC_ADJUST", 0, 7, 0xff, 0, 0, "a number of the guest"},
    {"HVM_CONTEXT CPU_MSR", 16, INT64_MAX, 0xff, 16, 8, "value of an MSR"},
    /* Types that have the same size and need not all be there. */
    {"HVM_CONTEXT PCI_LINK", -8, -8, 0x04, 0, 0, "PMTIMER in its place"},
    {"HVM_CONTEXT PMTIMER", -8, -8, 0x04, 0, 0, "PCI_LINK in its place"},
    {"HVM_CONTEXT VMCE_VCPU", -8, -8, 0x01, 0, 0, "TSC_ADJUST in the place of the form of 8 bytes"},
    {"HVM_CONTEXT VMCE_VCPU", -4, -4, 0x10, 0, 0, "a form of 24 bytes that takes in one of 8 behind it"},
    /* Entries that a vCPU need not have: whose of the domain's vCPUs it is. */
    {"HVM_CONTEXT CPU", -6, -5, 0xff, 0, 0, "the vCPU that runs, of those that are there"},
    {"HVM_CONTEXT CPU_XSAVE", -6, -5, 0xff, 0, 0, "another vCPU of the domain"},
    {"HVM_CONTEXT VIRIDIAN_VCPU", -6, -5, 0xff, 0, 0, "another vCPU of the domain"},
    {"HVM_CONTEXT VMCE_VCPU", -6, -5, 0xff, 0, 0, "another vCPU of the domain"},
    {"HVM_CONTEXT TSC_ADJUST", -6, -5, 0xff, 0, 0, "another vCPU of the domain"},
    {"HVM_CONTEXT CPU_MSR", -6, -5, 0xff, 0, 0, "another vCPU of the domain"},
};

static bool covers(const struct free_form *f, const struct place *place, unsigned bit)
{
	if (strcmp(f->kind, place->kind) != 0 || place->at < f->first || place->at > f->last ||
	    !(f->bits & 1u << bit))
		return false;
	return !f->every || (uint64_t)(place->at - f->first) % f->every < f->width;
}

bool is_free_form(const struct place *place, unsigned bit)
{
	if (place->padding)
		return false;
	for (size_t i = 0; i < sizeof(free_forms) / sizeof(free_forms[0]); i++)
		if (covers(&free_forms[i], place, bit))
			return true;
	return false;
}
