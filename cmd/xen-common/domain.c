/* SPDX-License-Identifier: MIT */
#include "domain.h"

const char *domain_type_name(enum domain_type type)
{
	static const char *const names[] = {"PV", "PVH", "HVM"};

	return names[type];
}

const char *domain_reason_name(unsigned reason)
{
	static const char *const names[] = {
	    "power-off", "reboot", "suspend", "crash", "watchdog", "soft reset"};

	return reason < sizeof(names) / sizeof(names[0]) ? names[reason] : "unknown reason";
}
