/* SPDX-License-Identifier: MIT */
/*
 * A guest that can be checked: it fills all its free memory with a pattern, keeps rewriting pages, suspends and resumes
 * as an operating system does, and finds each page that was lost, mixed up or left behind. README.md of the lab tells
 * what it prints and what can be said to it.
 *
 * guest.c holds its life, memory.c the pattern, console.c and xenbus.c the two rings. What depends on the kind of
 * guest is in pv.c (64 and 32 bits) and hvm.c (PVH and HVM).
 */
#ifndef LAB_GUEST_H
#define LAB_GUEST_H

/* Left undefined it means Xen 3.0, whose hypercalls had other numbers. */
#define __XEN_INTERFACE_VERSION__	0x00040d00

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>
#include <xen/sched.h>

#define PAGE_SIZE	4096ul
#define PAGES_MAX	16384u	/* 64 MiB */

/* What an answer to a suspend request looks like from inside. */
enum resumed {
	RESUMED_RESTORED,	/* another domain: all rings and ports are new */
	RESUMED_CANCELLED,	/* the same domain goes on */
};

/* The domain as it is now; platform_find() fills it after boot, which is like a restore, and after each resume. */
struct platform {
	struct shared_info *shared;			/* event channels and time */
	struct xencons_interface *console;		/* ring of xenconsoled */
	struct xenstore_domain_interface *store;	/* ring of xenstored */
	evtchn_port_t console_port;			/* its event channel */
	evtchn_port_t store_port;			/* its event channel */
	const char *command_line;			/* words for the guest, of ours since boot */
};

extern struct platform platform;

/* The kind of guest: pv.c or hvm.c. */
long hypercall(unsigned int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
void platform_find(enum resumed how);
enum resumed platform_suspend(void);
/* Calls add for each page that nobody uses. */
void platform_free_pages(void (*add)(uint32_t pfn));
/* Where a free page is mapped. */
uint32_t *platform_page(uint32_t pfn);

/* memory.c */
void memory_add(uint32_t pfn);
void memory_rewrite_next(void);
uint32_t memory_pages(void);
uint32_t memory_writes(void);
/* Checks every page and tells of bad ones; the number of them. */
uint32_t memory_check(void);
/* Spoils one page on purpose; false if there is no such page. */
bool memory_poke(uint32_t pfn);

/* console.c */
void print(const char *text);
void print_number(uint32_t n);
void print_hex(uint32_t n);
/* Waits, for a while, until xenconsoled has taken everything. */
void print_drain(void);
/* A complete line from dom0, or NULL. */
char *console_line(void);

/* xenbus.c */
void xenbus_start(void);
/* The word that the toolstack wrote into control/shutdown, acknowledged; NULL if there is none. */
const char *xenbus_request(void);

/* guest.c */
/* Spoils the next suspension: a page table goes on naming a machine frame that is not ours (PV only). */
extern bool guest_keeps_frame;
void notify(evtchn_port_t port);
/* Sleeps until one of the rings has news or some milliseconds have gone. */
void wait_a_little(void);
/* Time in units of 2^20 ns, about a millisecond. */
uint32_t beats(void);
bool same(const char *a, const char *b);

/* The life of the guest; does not return. */
void guest_run(void) __attribute__((noreturn));

/* Rings are shared with others that run at the same time; x86 keeps the order, so the compiler has to as well. */
static inline void barrier(void)
{
	__asm__ volatile("" ::: "memory");
}

#endif
