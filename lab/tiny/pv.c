/* SPDX-License-Identifier: MIT */
/* The tiny guest's PV half: 64 bits, mapped by the domain builder at VIRT_BASE. */
#include "tiny.h"

#define VIRT_BASE	0xffffffff80000000ul
#define PAGE		4096ul
#define PTE_PRESENT_RW	3ul

static struct start_info *info;		/* in a page of ours; Xen rewrites it at restore */
static unsigned char shared_page[PAGE] __attribute__((aligned(4096)));	/* where shared info is mapped while we run */
static unsigned char stack[2 * PAGE] __attribute__((aligned(16), used));

long hypercall(unsigned int op, unsigned long a, unsigned long b, unsigned long c)
{
	long ret = op;

	__asm__ volatile("syscall" : "+a"(ret), "+D"(a), "+S"(b), "+d"(c) :: "rcx", "r11", "memory");
	return ret;
}

static unsigned long frame_of(const void *page)
{
	return ((unsigned long)page - VIRT_BASE) / PAGE;
}

static unsigned long machine_frame_of(const void *page)
{
	return ((const unsigned long *)info->mfn_list)[frame_of(page)];
}

static unsigned long frame_of_machine(unsigned long mfn)
{
	return machine_to_phys_mapping[mfn];
}

static void shared_map(unsigned long machine_address)
{
	hypercall(__HYPERVISOR_update_va_mapping, (unsigned long)shared_page, machine_address | PTE_PRESENT_RW, UVMF_INVLPG);
}

/* Tells a saver where the table of our frames is. */
static void describe_memory(void)
{
	struct arch_shared_info *arch = &((struct shared_info *)(void *)shared_page)->arch;

	arch->max_pfn = info->nr_pages;
	arch->p2m_cr3 = machine_frame_of((void *)info->pt_base) * PAGE;
	arch->p2m_vaddr = info->mfn_list;
}

void console_find(struct console *con)
{
	shared_map(info->shared_info);
	describe_memory();
	con->ring = (void *)(VIRT_BASE + frame_of_machine(info->console.domU.mfn) * PAGE);
	con->port = info->console.domU.evtchn;
}

/*
 * The image must hold no machine frame that is not ours: shared info is replaced by the page that belongs there, and
 * start info names its two pages by pseudo-physical frame, as restore expects them.
 */
void suspend(void)
{
	struct sched_shutdown how = { .reason = SHUTDOWN_suspend };

	shared_map(machine_frame_of(shared_page) * PAGE);
	info->store_mfn = frame_of_machine(info->store_mfn);
	info->console.domU.mfn = (uint32_t)frame_of_machine(info->console.domU.mfn);
	hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (unsigned long)&how, machine_frame_of(info));
}

__attribute__((used, noreturn)) static void pv_main(struct start_info *start)
{
	info = start;
	tiny_run();
}

__asm__(
	".text\n.globl _start\n_start:\n"
	"	lea stack+8192(%rip), %rsp\n"
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
