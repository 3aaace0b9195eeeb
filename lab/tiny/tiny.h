/* SPDX-License-Identifier: MIT */
/*
 * Tiny guests whose saved images are small enough to be test vectors: four MiB, one vCPU, no interrupts.
 * A guest fills a buffer with a pattern, then for ever: checks it, says so on its console, and waits for a letter
 * there: "s" suspends it, "c" makes it check again.  The other half of the suspend protocol, the answer in xenstore,
 * is given by dom0 in its place.
 */
#ifndef LAB_TINY_H
#define LAB_TINY_H

/* Left undefined it means Xen 3.0, whose hypercalls had other numbers. */
#define __XEN_INTERFACE_VERSION__	0x00040d00

#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/sched.h>

#define PATTERN_WORDS	(16 * 1024)

struct console {
	struct xencons_interface *ring;	/* shared with xenconsoled */
	evtchn_port_t port;		/* tells it that the ring changed */
};

/* The three-argument hypercall of the guest's mode. */
long hypercall(unsigned int op, unsigned long a, unsigned long b, unsigned long c);

/* Finds the console anew: after a resume its port, and for PV its frame, are different ones. */
void console_find(struct console *con);

/* Suspends; returns in the restored (or resumed) guest. */
void suspend(void);

/* The life of the guest; does not return. */
void tiny_run(void) __attribute__((noreturn));

#endif
