/* SPDX-License-Identifier: MIT */
/* The PV guest, 64 or 32 bits. The domain builder maps the first megabytes at VIRT_BASE, we map the rest. */
#include "guest.h"

#define PTE_PRESENT	1ul
#define PTE_WRITABLE	2ul
#define TABLE_FLAGS	0x67ul	/* present, writable, user, accessed, dirty */
#define TABLE_ENTRIES	512ul
#define FRAME_MASK	0x000ffffffffff000ull

#ifdef __x86_64__
#define VIRT_BASE	0xffffffff80000000ul
#else
#define VIRT_BASE	0xc0000000ul
#endif

extern char __executable_start[];	/* of the linker: where our memory begins */

static struct start_info *info;		/* in a page of ours; Xen rewrites it at restore */
static unsigned long machine_shared;	/* where shared info is in the machine */
static unsigned char shared_page[PAGE_SIZE] __attribute__((aligned(4096)));	/* shared info is mapped there */
static unsigned char stack[4 * PAGE_SIZE] __attribute__((aligned(16), used));
static char words[256];			/* the command line */

#ifdef __x86_64__
long hypercall(unsigned int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	long ret = op;
	register unsigned long fourth __asm__("r10") = d;

	__asm__ volatile("syscall" : "+a"(ret), "+D"(a), "+S"(b), "+d"(c), "+r"(fourth) :: "rcx", "r11", "memory");
	return ret;
}
#else
long hypercall(unsigned int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	long ret = (long)op;

	__asm__ volatile("int $0x82" : "+a"(ret), "+b"(a), "+c"(b), "+d"(c), "+S"(d) :: "memory");
	return ret;
}
#endif

uint32_t *platform_page(uint32_t pfn)
{
	return (uint32_t *)(VIRT_BASE + pfn * PAGE_SIZE);
}

static unsigned long frame_of(const void *page)
{
	return ((unsigned long)page - VIRT_BASE) / PAGE_SIZE;
}

static unsigned long machine_frame(unsigned long pfn)
{
	return ((const unsigned long *)info->mfn_list)[pfn];
}

static unsigned long frame_of_machine(unsigned long mfn)
{
	return machine_to_phys_mapping[mfn];
}

/* Replaces the entry that maps a page of ours. */
static void map(void *page, uint64_t entry)
{
	unsigned long at = (unsigned long)page;

#ifdef __x86_64__
	hypercall(__HYPERVISOR_update_va_mapping, at, entry, UVMF_INVLPG, 0);
#else
	hypercall(__HYPERVISOR_update_va_mapping, at, (unsigned long)entry, (unsigned long)(entry >> 32), UVMF_INVLPG);
#endif
}

static uint64_t entry_of(unsigned long mfn, unsigned long flags)
{
	return (uint64_t)mfn * PAGE_SIZE | flags;
}

/* Machine frames beyond 4 GiB are folded into the 32 bits of a cr3. */
static unsigned long folded(unsigned long mfn)
{
#ifdef __x86_64__
	return mfn * PAGE_SIZE;
#else
	return mfn << 12 | mfn >> 20;
#endif
}

/* Tells a saver where the table of our frames is. */
static void describe_memory(void)
{
	struct arch_shared_info *arch = &platform.shared->arch;

	arch->max_pfn = info->nr_pages;
	arch->p2m_cr3 = folded(machine_frame(frame_of((void *)info->pt_base)));
	arch->p2m_vaddr = info->mfn_list;
}

void platform_find(enum resumed how)
{
	(void)how;
	machine_shared = info->shared_info;
	map(shared_page, machine_shared | PTE_PRESENT | PTE_WRITABLE);
	platform.shared = (void *)shared_page;
	describe_memory();
	platform.console = (void *)platform_page((uint32_t)frame_of_machine(info->console.domU.mfn));
	platform.console_port = info->console.domU.evtchn;
	platform.store = (void *)platform_page((uint32_t)frame_of_machine(info->store_mfn));
	platform.store_port = info->store_evtchn;
	platform.command_line = words;
}

/*
 * The image must hold no machine frame that is not ours: shared info is replaced by the page that belongs there, and
 * start info names its two pages by pseudo-physical frame, as restore expects them. A cancelled suspend changes nothing
 * of this back.
 */
enum resumed platform_suspend(void)
{
	struct sched_shutdown how = { .reason = SHUTDOWN_suspend };
	long cancelled;

	if (!guest_keeps_frame)
		map(shared_page, entry_of(machine_frame(frame_of(shared_page)), PTE_PRESENT | PTE_WRITABLE));
	info->store_mfn = frame_of_machine(info->store_mfn);
	info->console.domU.mfn = (xen_pfn_t)frame_of_machine(info->console.domU.mfn);
	cancelled = hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (unsigned long)&how,
			machine_frame(frame_of(info)), 0);
	if (cancelled == 0)
		return RESUMED_RESTORED;
	info->store_mfn = machine_frame(info->store_mfn);
	info->console.domU.mfn = machine_frame(info->console.domU.mfn);
	return RESUMED_CANCELLED;
}

static uint64_t *table_behind(uint64_t entry)
{
	return (uint64_t *)platform_page((uint32_t)frame_of_machine((unsigned long)((entry & FRAME_MASK) / PAGE_SIZE)));
}

/* The table of level 2 that maps VIRT_BASE and the gigabyte behind it. */
static uint64_t *second_level(void)
{
	uint64_t *table = (uint64_t *)info->pt_base;

#ifdef __x86_64__
	table = table_behind(table[(VIRT_BASE >> 39) % TABLE_ENTRIES]);
#endif
	return table_behind(table[(VIRT_BASE >> 30) % TABLE_ENTRIES]);
}

/* Maps the 2 MiB from pfn on by a table in a page of ours, which from now on can only be read. */
static void map_region(uint64_t *l2, uint32_t pfn, uint32_t table_pfn)
{
	uint64_t *table = (uint64_t *)platform_page(table_pfn);
	unsigned long at = (VIRT_BASE / PAGE_SIZE + pfn) / TABLE_ENTRIES % TABLE_ENTRIES;
	struct mmu_update update;

	for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
		table[i] = pfn + i < info->nr_pages ? entry_of(machine_frame(pfn + i), TABLE_FLAGS) : 0;
	map(table, entry_of(machine_frame(table_pfn), PTE_PRESENT));
	update.ptr = entry_of(machine_frame(frame_of(l2)), 0) + at * sizeof(*l2) + MMU_NORMAL_PT_UPDATE;
	update.val = entry_of(machine_frame(table_pfn), TABLE_FLAGS);
	hypercall(__HYPERVISOR_mmu_update, (unsigned long)&update, 1, 0, DOMID_SELF);
}

/* Whatever is before our own memory or behind the builder's last page, which is the boot stack after the tables. */
void platform_free_pages(void (*add)(uint32_t pfn))
{
	uint32_t begin = (uint32_t)frame_of(__executable_start);
	uint32_t end = (uint32_t)(frame_of((void *)info->pt_base) + info->nr_pt_frames + 1);
	uint32_t tables = 0;
	uint64_t *l2 = second_level();

	for (uint32_t pfn = 0; pfn < info->nr_pages; pfn += TABLE_ENTRIES) {
		if ((l2[(VIRT_BASE / PAGE_SIZE + pfn) / TABLE_ENTRIES % TABLE_ENTRIES] & PTE_PRESENT) == 0)
			map_region(l2, pfn, tables++);
	}
	for (uint32_t pfn = tables; pfn < info->nr_pages; pfn++) {
		if (pfn < begin || pfn >= end)
			add(pfn);
	}
}

__attribute__((used, noreturn)) static void pv_main(struct start_info *start)
{
	info = start;
	for (uint32_t i = 0; i < sizeof(words) - 1 && start->cmd_line[i] != 0; i++)
		words[i] = (char)start->cmd_line[i];
	guest_run();
}

#ifdef __x86_64__
__asm__(
	".text\n.globl _start\n_start:\n"
	"	lea stack+16384(%rip), %rsp\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsi, %rdi\n"
	"	call pv_main\n"
	".pushsection .note.Xen, \"a\", @note\n"
	"	.long 4, 8, 5;  .asciz \"Xen\"; .asciz \"xen-3.0\"\n"
	"	.long 4, 8, 8;  .asciz \"Xen\"; .asciz \"generic\"\n"
	"	.long 4, 8, 3;  .asciz \"Xen\"; .quad 0xffffffff80000000\n"
	"	.long 4, 8, 1;  .asciz \"Xen\"; .quad _start\n"
	"	.long 4, 8, 4;  .asciz \"Xen\"; .quad 0xffffffff80000000\n"
	".popsection\n");
#else
__asm__(
	".text\n.globl _start\n_start:\n"
	"	mov $stack+16384, %esp\n"
	"	xor %ebp, %ebp\n"
	"	push $0\n	push $0\n	push $0\n"
	"	push %esi\n"
	"	call pv_main\n"
	".pushsection .note.Xen, \"a\", @note\n"
	"	.long 4, 8, 5;  .asciz \"Xen\"; .asciz \"xen-3.0\"\n"
	"	.long 4, 8, 8;  .asciz \"Xen\"; .asciz \"generic\"\n"
	"	.long 4, 4, 9;  .asciz \"Xen\"; .asciz \"yes\"\n"
	"	.long 4, 4, 3;  .asciz \"Xen\"; .long 0xc0000000\n"
	"	.long 4, 4, 1;  .asciz \"Xen\"; .long _start\n"
	"	.long 4, 4, 4;  .asciz \"Xen\"; .long 0xc0000000\n"
	".popsection\n");
#endif
