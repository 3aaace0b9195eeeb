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

/* libcheck writes a mark to disk for each ck_assert that holds: too dear for what runs a million times. */
#define require(condition, ...)                                                                                      \
	do {                                                                                                         \
		if (!(condition))                                                                                    \
			ck_abort_msg(__VA_ARGS__);                                                                   \
	} while (0)

/* Runs the tests, each in a process of its own; returns main()'s status. The list ends with NULL. */
int unit_main(const char *name, const TTest *const *tests);

#endif
