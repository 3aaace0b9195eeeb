/* SPDX-License-Identifier: MIT */
/*
 * The host that a stream shall be restored on: asked from the hypervisor, or read from a file that another host
 * printed. specs/host-policy.md has the file.
 */
#ifndef XSR_VERIFY_STREAM_HOST_H
#define XSR_VERIFY_STREAM_HOST_H

#include <stdio.h>

#include <libstream/verify.h>

/* A policy file is not longer than this; one of Xen has about 30 KiB. */
#define HOST_FILE_MAX (1u << 20)

/* Entries that a policy may have; releases have 120 and 2. */
#define HOST_LEAVES_MAX 1024u
#define HOST_MSRS_MAX   256u

/* A host with the memory that its pointers go to. All zero is an empty one. */
struct host {
	struct xsr_host facts;                         /* for the verifier */
	char xen[32];                                  /* release */
	struct xsr_cpuid_leaf *pv_leaves, *hvm_leaves; /* owned */
	struct xsr_msr_entry *pv_msrs, *hvm_msrs;      /* owned */
};

void host_free(struct host *host);

/* Asks the hypervisor that this system runs on. False if that cannot be done, which it says. */
bool host_query(struct host *host);

/* Reads a policy file. False if that cannot be done, which it says. */
bool host_load(struct host *host, const char *name);

/* Prints a host as a policy file. False with errno if that fails. */
bool host_print(const struct host *host, FILE *out);

#endif
