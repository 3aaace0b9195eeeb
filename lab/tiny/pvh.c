/* SPDX-License-Identifier: MIT */
/* The tiny guest's PVH half: 32 bits, no paging.  With its multiboot header it is the HVM guest as well. */
#include "tiny.h"

#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

static unsigned char hypercall_page[4096] __attribute__((aligned(4096), used));
static unsigned char stack[8192] __attribute__((aligned(16), used));

long hypercall(unsigned int op, unsigned long a, unsigned long b, unsigned long c)
{
	unsigned long ret;

	__asm__ volatile("call *%[entry]" : "=a"(ret), "+b"(a), "+c"(b), "+d"(c) : [entry] "a"(hypercall_page + op * 32) : "memory");
	return (long)ret;
}

static uint64_t parameter(uint32_t index)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = index };

	hypercall(__HYPERVISOR_hvm_op, HVMOP_get_param, (unsigned long)&param, 0);
	return param.value;
}

void console_find(struct console *con)
{
	con->ring = (void *)(unsigned long)(parameter(HVM_PARAM_CONSOLE_PFN) * 4096);
	con->port = (evtchn_port_t)parameter(HVM_PARAM_CONSOLE_EVTCHN);
}

void suspend(void)
{
	struct sched_shutdown how = { .reason = SHUTDOWN_suspend };

	hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (unsigned long)&how, 0);
}

__attribute__((used, noreturn)) static void pvh_main(void)
{
	tiny_run();
}

/* Xen's CPUID leaves start at 0x40000000 here; the second after it names the MSR that fills the hypercall page. */
__asm__(
	".text\n.globl _start\n_start:\n"
	"	lea stack+8192, %esp\n"
	"	mov $0x40000002, %eax\n"
	"	cpuid\n"
	"	mov %ebx, %ecx\n"
	"	lea hypercall_page, %eax\n"
	"	xor %edx, %edx\n"
	"	wrmsr\n"
	"	call pvh_main\n"
	".pushsection .note.Xen, \"a\", @note\n"
	"	.long 4, 4, 18; .asciz \"Xen\"; .long _start\n"
	".popsection\n"
	".pushsection .multiboot, \"a\"\n"
	"	.balign 4\n"
	"	.long 0x1badb002, 0, -0x1badb002\n"
	".popsection\n");
