/* SPDX-License-Identifier: MIT */
/*
 * Running a suite. A test program is:
 *
 *	int main(void)
 *	{
 *		const TTest *const tests[] = {one, two, NULL};
 *		return unit_main("name", tests);
 *	}
 */
#ifndef XSR_TESTS_UNIT_H
#define XSR_TESTS_UNIT_H

#include <check.h>

/* Runs the tests, each in a process of its own; returns main()'s status. The list ends with NULL. */
int unit_main(const char *name, const TTest *const *tests);

#endif
