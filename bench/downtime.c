/* SPDX-License-Identifier: MIT */
/*
 * downtime DOMID: watches the hypervisor while a domain is migrated within this host, whoever does it, and prints two
 * numbers of milliseconds: how long neither the domain nor its copy could run, and from our start to the copy's. The
 * copy is the next domain that appears.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenctrl.h>

/* Milliseconds between two looks, and until we give up. */
#define LOOK_MS    1
#define GIVE_UP_MS 300000

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int can_run(const xc_domaininfo_t *info)
{
	return !(info->flags & (XEN_DOMINF_paused | XEN_DOMINF_shutdown | XEN_DOMINF_dying));
}

int main(int argc, char **argv)
{
	const struct timespec nap = {.tv_nsec = LOOK_MS * 1000000};
	uint32_t original = argc == 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	double began = now_ms(), stopped = 0;

	if (!original || !xc) {
		fprintf(stderr, "usage: downtime DOMID, in dom0\n");
		return 2;
	}
	while (now_ms() - began < GIVE_UP_MS) {
		xc_domaininfo_t info[16];
		int count = xc_domain_getinfolist(xc, original, 16, info);
		double now = now_ms();

		for (int i = 0; i < count; i++) {
			if (info[i].domain == original && !can_run(&info[i]) && !stopped)
				stopped = now;
			/* A domain that is being made is paused until it is to run. */
			if (info[i].domain > original && can_run(&info[i]) && stopped) {
				printf("%.0f %.0f\n", now - stopped, now - began);
				return 0;
			}
		}
		nanosleep(&nap, NULL);
	}
	fprintf(stderr, "downtime: domain %u was not migrated\n", original);
	return 1;
}
