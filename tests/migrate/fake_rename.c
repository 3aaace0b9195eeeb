/* SPDX-License-Identifier: MIT */
/* A host where names are only written down: FAKE_LOG gets a line; with FAKE_NAMES=taken another domain has each. */
#include "xc-migrate/rename.h"

#include <stdio.h>
#include <stdlib.h>

bool rename_domain(uint32_t domid, const char *uuid, const char *name, struct fault *fault)
{
	const char *path = getenv("FAKE_LOG");
	FILE *log = getenv("FAKE_NAMES") || !path ? NULL : fopen(path, "ae");

	if (!log)
		return fault_set(fault, FAULT_REFUSED, "domain 1 has the name %s", name);
	fprintf(log, "rename-%u-%.8s-%s\n", domid, uuid, name);
	fclose(log);
	return true;
}
