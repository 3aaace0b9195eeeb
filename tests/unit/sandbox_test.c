/* SPDX-License-Identifier: MIT */
/*
 * What a parser that was taken over can still do: this program is one. In the sandbox of verify-stream-v2 it tries to
 * get at files, sockets, other processes and code of its own, by each means that the sandbox has and by all.
 */
#include "common/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static char folder[] = "/tmp/sandbox-test-XXXXXX";
static char existing[64], fresh[64];

static bool read_file(void)
{
	return open(existing, O_RDONLY) >= 0;
}

static bool write_file(void)
{
	return open(existing, O_WRONLY) >= 0;
}

static bool create_file(void)
{
	return open(fresh, O_CREAT | O_WRONLY, 0600) >= 0;
}

static bool open_folder(void)
{
	return open("/", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool open_own_memory(void)
{
	return open("/proc/self/mem", O_RDWR) >= 0;
}

static bool unlink_file(void)
{
	return unlink(existing) == 0;
}

static bool rename_file(void)
{
	return rename(existing, fresh) == 0;
}

static bool make_folder(void)
{
	return mkdir(fresh, 0700) == 0;
}

static bool local_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool network_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool raw_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0) >= 0;
}

static bool socket_pair(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0;
}

static bool run_program(void)
{
	char name[] = "false";
	char *const arguments[] = {name, NULL};

	/* Its exit status stands for an attempt that worked. */
	execv("/bin/false", arguments);
	return false;
}

static bool start_process(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child > 0;
}

static bool signal_parent(void)
{
	return kill(getppid(), 0) == 0;
}

static bool trace_parent(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0;
}

static bool map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

/* What is tried, and which parts of the sandbox alone are to stop it. */
static const struct attempt {
	const char *name;    /* for messages */
	bool (*try)(void);   /* true if it works */
	unsigned stopped_by; /* SANDBOX_* */
} attempts[] = {
    {"reading a file", read_file, SANDBOX_ALL},
    {"writing to a file", write_file, SANDBOX_ALL},
    {"creating a file", create_file, SANDBOX_ALL},
    {"opening a folder", open_folder, SANDBOX_ALL},
    {"opening its own memory", open_own_memory, SANDBOX_ALL},
    {"removing a file", unlink_file, SANDBOX_SECCOMP | SANDBOX_LANDLOCK},
    {"renaming a file", rename_file, SANDBOX_SECCOMP | SANDBOX_LANDLOCK},
    {"making a folder", make_folder, SANDBOX_SECCOMP | SANDBOX_LANDLOCK},
    {"a local socket", local_socket, SANDBOX_SECCOMP | SANDBOX_LIMITS},
    {"a network socket", network_socket, SANDBOX_SECCOMP | SANDBOX_LIMITS},
    {"a raw socket", raw_socket, SANDBOX_SECCOMP | SANDBOX_LIMITS},
    {"a pair of sockets", socket_pair, SANDBOX_SECCOMP | SANDBOX_LIMITS},
    {"another program", run_program, SANDBOX_SECCOMP | SANDBOX_LANDLOCK},
    {"another process", start_process, SANDBOX_SECCOMP},
    {"signalling the parent", signal_parent, SANDBOX_SECCOMP},
    {"tracing the parent", trace_parent, SANDBOX_SECCOMP},
    {"mapping code", map_code, SANDBOX_SECCOMP},
    {"making data code", make_code, SANDBOX_SECCOMP},
};

#define ATTEMPTS (sizeof(attempts) / sizeof(attempts[0]))

static void make_files(void)
{
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(existing, sizeof(existing), "%s/existing", folder);
	snprintf(fresh, sizeof(fresh), "%s/fresh", folder);
	file = fopen(existing, "w");
	ck_assert_ptr_nonnull(file);
	fclose(file);
}

static void remove_files(void)
{
	unlink(existing);
	unlink(fresh);
	rmdir(fresh);
	rmdir(folder);
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
}

/* A process of its own: enters what is wanted and tries one thing. 0: stopped; 1: it worked; 2: no such sandbox. */
static int outcome(unsigned wanted, const struct attempt *a)
{
	pid_t child;
	int status;

	make_files();
	child = fork();
	if (child == 0) {
		if (wanted && sandbox_enter(wanted) != wanted)
			_exit(2);
		_exit(a->try() ? 1 : 0);
	}
	ck_assert(child > 0 && waitpid(child, &status, 0) == child);
	remove_files();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static void each_stops(unsigned wanted, const char *name)
{
	unsigned stopped = 0;

	for (size_t i = 0; i < ATTEMPTS; i++) {
		int found;

		if (!(attempts[i].stopped_by & wanted))
			continue;
		found = outcome(wanted, &attempts[i]);
		if (found == 2) {
			printf("%s: not on this system, or not built; skipped\n", name);
			return;
		}
		ck_assert_msg(found == 0, "%s does not stop %s", name, attempts[i].name);
		stopped++;
	}
	printf("%s stops %u kinds of attempts\n", name, stopped);
}

START_TEST(outside_all_of_it_works)
{
	/* Otherwise the other tests would show nothing. Tracing may be forbidden by the system. */
	for (size_t i = 0; i < ATTEMPTS; i++)
		if (attempts[i].try != trace_parent)
			ck_assert_msg(outcome(0, &attempts[i]) == 1, "%s fails outside, too", attempts[i].name);
}
END_TEST

START_TEST(each_part_stops_its_share)
{
	each_stops(SANDBOX_SECCOMP, "seccomp");
	each_stops(SANDBOX_LANDLOCK, "Landlock");
	each_stops(SANDBOX_LIMITS, "limits");
}
END_TEST

static int try_all(void *context)
{
	const unsigned *have = context;

	for (size_t i = 0; i < ATTEMPTS; i++)
		if (attempts[i].stopped_by & *have && attempts[i].try())
			return (int)i + 1;
	return 0;
}

/* As verify-stream-v2 does it. */
START_TEST(the_tools_sandbox_holds)
{
	unsigned have = sandbox_available();
	int found;

	make_files();
	found = sandbox_run(try_all, &have, "test", 127);
	remove_files();
	ck_assert_msg(have & SANDBOX_LIMITS, "no sandbox at all");
	ck_assert_msg(found == 0, "%s works in the sandbox", found <= (int)ATTEMPTS ? attempts[found - 1].name : "?");
}
END_TEST

static int work_status(void *context)
{
	printf("%s", "");
	return *(int *)context;
}

static int work_crash(void *context)
{
	(void)context;
	/* KILL, since a sanitizer takes the others and exits. */
	raise(SIGKILL);
	return 0;
}

START_TEST(what_comes_of_the_work)
{
	int status = 42;

	ck_assert_int_eq(sandbox_run(work_status, &status, "test", 2), 42);
	/* The message goes where the test's own go. */
	ck_assert_int_eq(sandbox_run(work_crash, NULL, "test", 2), 2);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {outside_all_of_it_works, each_part_stops_its_share, the_tools_sandbox_holds,
	    what_comes_of_the_work, NULL};

	return unit_main("sandbox", tests);
}
