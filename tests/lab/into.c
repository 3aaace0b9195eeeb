/* SPDX-License-Identifier: MIT */
/*
 * The least of a toolstack, to try xc-restore --into with a domain that it did not make:
 *   into make pv|pvh VCPUS KIB            makes a domain, prints its number and its ports to xenstore and the console
 *   into start DOMID STORE-MFN PORT       introduces it to xenstore and lets it run
 *   into take DOMID PAGES 0               gives it so many pages, so that others do not get them
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>
#include <xenstore.h>

static int failed(const char *what)
{
	perror(what);
	return 1;
}

static int make(xc_interface *xc, int pvh, uint32_t vcpus, uint64_t kib)
{
	struct xen_domctl_createdomain config = {.max_vcpus = vcpus,
	    .max_evtchn_port = 1023,
	    .max_grant_frames = -1,
	    .max_maptrack_frames = -1,
	    .grant_opts = XEN_DOMCTL_GRANT_version(1)};
	uint32_t domid = 0;

	/* Any that nobody else has. */
	memset(config.handle, 0x77, sizeof(config.handle));
	if (pvh) {
		config.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
		config.arch.emulation_flags = XEN_X86_EMU_LAPIC;
	}
	if (xc_domain_create(xc, &domid, &config) != 0)
		return failed("create");
	if (xc_domain_max_vcpus(xc, domid, vcpus) != 0 || xc_domain_setmaxmem(xc, domid, kib + 1024) != 0)
		return failed("limits");
	if (pvh && xc_set_paging_mempool_size(xc, domid, (4 * (256 * vcpus + kib / 1024)) * 1024) != 0)
		return failed("page tables");
	printf("%u %d %d\n", domid, xc_evtchn_alloc_unbound(xc, domid, 0),
	    xc_evtchn_alloc_unbound(xc, domid, 0));
	return 0;
}

static int start(xc_interface *xc, uint32_t domid, unsigned long mfn, unsigned port)
{
	struct xs_handle *xs = xs_open(0);

	if (!xs || !xs_introduce_domain(xs, domid, mfn, port))
		return failed("introduce");
	xs_close(xs);
	return xc_domain_unpause(xc, domid) == 0 ? 0 : failed("unpause");
}

static int take(xc_interface *xc, uint32_t domid, xen_pfn_t pages)
{
	xen_pfn_t batch[1024], done = 0;

	while (done < pages) {
		unsigned count = pages - done < 1024 ? (unsigned)(pages - done) : 1024;

		for (unsigned i = 0; i < count; i++)
			batch[i] = done + i;
		if (xc_domain_populate_physmap_exact(xc, domid, count, 0, 0, batch) != 0)
			return failed("take");
		done += count;
	}
	return 0;
}

int main(int argc, char **argv)
{
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);

	if (!xc || argc != 5)
		return failed("into");
	if (strcmp(argv[1], "make") == 0)
		return make(xc, strcmp(argv[2], "pvh") == 0, (uint32_t)strtoul(argv[3], NULL, 10),
		    strtoull(argv[4], NULL, 10));
	if (strcmp(argv[1], "take") == 0)
		return take(xc, (uint32_t)strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
	return start(xc, (uint32_t)strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10),
	    (unsigned)strtoul(argv[4], NULL, 10));
}
