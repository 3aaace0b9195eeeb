/* SPDX-License-Identifier: MIT */
/* The guest without paging, 32 bits: PVH by its note, HVM by boot.S. */
#include "guest.h"

#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/arch-x86/hvm/start_info.h>

#define BOOT_MAGIC		0x48647253u	/* of boot.S */
#define SHARED_GFN		0xfe700u	/* beyond all memory, below what Xen keeps there */
#define CALLBACK_BY_VECTOR	(2ull << 56 | 0xf3)

/* What boot.S leaves for us, as Linux' boot protocol lays it out. */
struct zero_page {
	uint8_t unused[0x1e8];
	uint8_t map_count;		/* entries of the map of memory */
	uint8_t header[0x228 - 0x1e9];
	uint32_t command_line;		/* where it is */
	uint8_t rest[0x2d0 - 0x22c];
	struct {
		uint64_t start;		/* first byte */
		uint64_t length;	/* bytes */
		uint32_t type;		/* 1 is memory */
	} __attribute__((packed)) map[15];
};

/* Memory that is free but for ourselves. */
struct range {
	uint32_t begin;		/* first frame */
	uint32_t end;		/* the frame behind the last one */
};

extern char __executable_start[], _end[];	/* of the linker */

static unsigned char hypercall_page[PAGE_SIZE] __attribute__((aligned(4096), used));
static unsigned char stack[4 * PAGE_SIZE] __attribute__((aligned(16), used));
static char words[256];		/* the command line */
static struct range ranges[8];	/* memory, as the firmware or the toolstack told */
static uint32_t range_count;	/* of them */

long hypercall(unsigned int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	unsigned long ret;

	__asm__ volatile("call *%[entry]"
			: "=a"(ret), "+b"(a), "+c"(b), "+d"(c), "+S"(d)
			: [entry] "0"(hypercall_page + op * 32)
			: "memory");
	return (long)ret;
}

uint32_t *platform_page(uint32_t pfn)
{
	return (uint32_t *)(pfn * PAGE_SIZE);
}

static uint64_t parameter(uint32_t index)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = index };

	hypercall(__HYPERVISOR_hvm_op, HVMOP_get_param, (unsigned long)&param, 0, 0);
	return param.value;
}

/*
 * Writing the page anew tells Xen that we have 32 bits, which a restored domain does not remember. Xen's CPUID leaves
 * start at 0x40000000 here; the second one after it names the MSR.
 */
static void find_hypercalls(void)
{
	uint32_t eax = 0x40000002, ebx, ecx = 0, edx;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	__asm__ volatile("wrmsr" :: "c"(ebx), "a"(hypercall_page), "d"(0) : "memory");
}

/* Interrupts stay off and the vector is never called; but who has one is asked to suspend, not just stopped. */
static void claim_to_have_drivers(void)
{
	struct xen_hvm_param param = {
		.domid = DOMID_SELF, .index = HVM_PARAM_CALLBACK_IRQ, .value = CALLBACK_BY_VECTOR
	};

	hypercall(__HYPERVISOR_hvm_op, HVMOP_set_param, (unsigned long)&param, 0, 0);
}

void platform_find(enum resumed how)
{
	struct xen_add_to_physmap shared = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = SHARED_GFN
	};

	find_hypercalls();
	claim_to_have_drivers();
	/* Not without need: the device model has to agree, and this guest is to run on when it is dead. */
	if (how == RESUMED_RESTORED)
		hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (unsigned long)&shared, 0, 0);
	platform.shared = (void *)(SHARED_GFN * PAGE_SIZE);
	platform.console = (void *)platform_page((uint32_t)parameter(HVM_PARAM_CONSOLE_PFN));
	platform.console_port = (evtchn_port_t)parameter(HVM_PARAM_CONSOLE_EVTCHN);
	platform.store = (void *)platform_page((uint32_t)parameter(HVM_PARAM_STORE_PFN));
	platform.store_port = (evtchn_port_t)parameter(HVM_PARAM_STORE_EVTCHN);
	platform.command_line = words;
}

enum resumed platform_suspend(void)
{
	struct sched_shutdown how = { .reason = SHUTDOWN_suspend };

	if (hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (unsigned long)&how, 0, 0) == 0)
		return RESUMED_RESTORED;
	return RESUMED_CANCELLED;
}

static void add_range(uint64_t start, uint64_t length)
{
	if (range_count == sizeof(ranges) / sizeof(ranges[0]) || start >> 32 != 0)
		return;
	ranges[range_count].begin = (uint32_t)((start + PAGE_SIZE - 1) >> 12);
	ranges[range_count].end = (uint32_t)((start + length) >> 12);
	range_count++;
}

static void take_words(const char *text)
{
	for (uint32_t i = 0; i < sizeof(words) - 1 && text[i] != '\0'; i++)
		words[i] = text[i];
}

static void read_start_info(const struct hvm_start_info *start)
{
	const struct hvm_memmap_table_entry *map = (const void *)(uint32_t)start->memmap_paddr;

	take_words((const char *)(uint32_t)start->cmdline_paddr);
	for (uint32_t i = 0; i < start->memmap_entries; i++) {
		if (map[i].type == XEN_HVM_MEMMAP_TYPE_RAM)
			add_range(map[i].addr, map[i].size);
	}
}

/* The firmware lives on below 1 MiB. */
static void read_zero_page(const struct zero_page *start)
{
	take_words((const char *)start->command_line);
	for (uint32_t i = 0; i < start->map_count; i++) {
		if (start->map[i].type == XEN_HVM_MEMMAP_TYPE_RAM && start->map[i].start >= 0x100000)
			add_range(start->map[i].start, start->map[i].length);
	}
}

void platform_free_pages(void (*add)(uint32_t pfn))
{
	uint32_t begin = (uint32_t)__executable_start / PAGE_SIZE, end = ((uint32_t)_end + PAGE_SIZE - 1) / PAGE_SIZE;

	for (uint32_t i = 0; i < range_count; i++) {
		for (uint32_t pfn = ranges[i].begin; pfn < ranges[i].end; pfn++) {
			if (pfn < begin || pfn >= end)
				add(pfn);
		}
	}
}

__attribute__((used, noreturn)) static void hvm_main(uint32_t magic, const void *start)
{
	if (magic == BOOT_MAGIC)
		read_zero_page(start);
	else
		read_start_info(start);
	guest_run();
}

__asm__(
	".pushsection .start, \"ax\"\n"
	".globl _start\n_start:\n"
	"	lea stack+16384, %esp\n"
	"	xor %ebp, %ebp\n"
	"	push $0\n	push $0\n"
	"	push %ebx\n"
	"	push %eax\n"
	"	call hvm_main\n"
	".popsection\n"
	".pushsection .note.Xen, \"a\", @note\n"
	"	.long 4, 4, 18; .asciz \"Xen\"; .long _start\n"
	".popsection\n");
