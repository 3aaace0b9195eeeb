/* SPDX-License-Identifier: MIT */
/*
 * How the HVM guest starts: by Linux' boot protocol 2.02, as firmware enters what qemu was given as -kernel. This is the
 * part in 16 bits. It asks the firmware for the map of memory, leaves it and the command line where Linux' "zero page"
 * has them, and goes on in 32 bits without paging at KERNEL. (qemu 7.2 can load a multiboot kernel too, but its loader
 * never ends under Xen: it waits for a DMA that machine does not have.)
 */
#define KERNEL		0x100000
#define MAP_COUNT	0x1e8		/* of the zero page: entries of the map */
#define MAP		0x2d0		/* and the map, 20 bytes an entry */
#define MAP_MOST	15		/* entries that fit in before the code */
#define CODE		0x400
#define SECTORS		3		/* behind the first one */
#define SMAP		0x534d4150	/* "SMAP": asks for, and answers with, a map */
#define BOOT_MAGIC	0x48647253	/* also in hvm.c */

	.code16
	.text
	.globl _start
_start:
	.org	0x1f1
	.byte	SECTORS
	.org	0x1fe
	.word	0xaa55
	.org	0x200
	jmp	trampoline
	.ascii	"HdrS"
	.word	0x0202		/* version of the protocol */
	.org	0x211
	.byte	1		/* the kernel belongs at 1 MiB */
	.org	0x214
	.long	KERNEL
	.org	0x228
	.long	0		/* the loader leaves the address of the command line here */
	.org	0x268		/* and, whatever the version, more behind it */
trampoline:
	jmp	in_16_bits

	.org	CODE
in_16_bits:
	mov	%ds, %ax
	mov	%ax, %es
	xor	%ebx, %ebx
	movb	$0, MAP_COUNT
	mov	$MAP, %di
next_entry:
	mov	$0xe820, %eax
	mov	$20, %ecx
	mov	$SMAP, %edx
	int	$0x15
	jc	no_more
	cmp	$SMAP, %eax
	jne	no_more
	add	$20, %di
	incb	MAP_COUNT
	cmpb	$MAP_MOST, MAP_COUNT
	jae	no_more
	test	%ebx, %ebx
	jnz	next_entry
no_more:
	cli
	cld
	/* Where this segment is; the two pointers below count from there. */
	xor	%ebx, %ebx
	mov	%ds, %bx
	shl	$4, %ebx
	add	%ebx, gdt_address
	add	%ebx, far_address
	lgdtl	gdt_limit
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	*far_address

	.code32
in_32_bits:
	mov	$16, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$BOOT_MAGIC, %eax
	mov	$KERNEL, %ecx
	jmp	*%ecx

	.balign	8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* 8: code, all 4 GiB */
	.quad	0x00cf93000000ffff	/* 16: data */
gdt_limit:
	.word	23
gdt_address:
	.long	gdt - _start
far_address:
	.long	in_32_bits - _start
	.word	8
	.org	(SECTORS + 1) * 512
