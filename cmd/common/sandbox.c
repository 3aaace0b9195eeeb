/* SPDX-License-Identifier: MIT */
#include "common/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef XSR_SECCOMP
#include <asm/termbits.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#endif

#include "common/messages.h"

#ifdef XSR_SECCOMP
/* Calls on what is open, memory, time, and the end; with any arguments. */
static const int plain_calls[] = {
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64),
    SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(close), SCMP_SYS(splice), SCMP_SYS(copy_file_range),
    SCMP_SYS(sendfile), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ftruncate), SCMP_SYS(fadvise64),
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(sysinfo), SCMP_SYS(uname),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield), /* of a thread that begins or waits */
    SCMP_SYS(sched_getaffinity), /* of one under a sanitizer, which looks for its stack */
};

/* A thread, in all that this process is confined to; never a process, nor a namespace. */
#define THREAD       ((uint64_t)CLONE_THREAD | CLONE_VM | CLONE_SIGHAND)
#define NO_NAMESPACE                                                                                       \
	((uint64_t)CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |           \
	    CLONE_NEWPID | CLONE_NEWNET)

/* Calls that are harmless with this value of one argument, under this mask. */
static const struct {
	int call;        /* its number */
	unsigned arg;    /* of the argument */
	uint64_t mask;   /* bits that are looked at */
	uint64_t value;  /* that they must have */
} checked_calls[] = {
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    {SCMP_SYS(newfstatat), 3, UINT32_MAX, AT_EMPTY_PATH}, /* what fstat() is in newer C libraries */
    {SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS},             /* isatty() */
    {SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCGWINSZ},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFD},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL},
    {SCMP_SYS(clone), 0, THREAD | NO_NAMESPACE, THREAD},
    {SCMP_SYS(sendto), 4, UINT64_MAX, 0},                 /* syslog(), over a socket that is connected */
};

static bool allow(scmp_filter_ctx filter)
{
	int status = 0;

	for (size_t i = 0; i < sizeof(plain_calls) / sizeof(plain_calls[0]); i++)
		status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, plain_calls[i], 0);
	for (size_t i = 0; i < sizeof(checked_calls) / sizeof(checked_calls[0]); i++)
		status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, checked_calls[i].call, 1,
		    SCMP_CMP(checked_calls[i].arg, SCMP_CMP_MASKED_EQ, checked_calls[i].mask,
		        checked_calls[i].value));
	/* Its flags are in memory, where a filter cannot look. Told that there is no such call, libc uses clone(). */
	status |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* abort() and the raising of a signal again: to this process only. */
	status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_CMP(0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	return status == 0;
}

/* Other calls fail with EPERM: a library that only asks goes on without. Of a strange architecture, all do. */
static bool enter_seccomp(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool entered;

	if (!filter)
		return false;
	entered = allow(filter) && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return entered;
}
#else
static bool enter_seccomp(void)
{
	return false;
}
#endif

/* The kernel's interface, since headers and C libraries may be older than it. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self  446
#endif
#define LANDLOCK_VERSION 1u

struct ruleset {
	uint64_t paths; /* rights to use paths that need a rule; there is none */
	uint64_t ports; /* the same of TCP ports, since version 4 */
};

static bool enter_landlock(void)
{
	static const unsigned path_rights[] = {0, 13, 14, 15, 15, 16};
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
	struct ruleset rules = {0};
	bool entered;
	int fd;

	if (version < 1)
		return false;
	rules.paths = (UINT64_C(1) << path_rights[version > 5 ? 5 : version]) - 1;
	rules.ports = version >= 4 ? 3 : 0;
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, version >= 4 ? 16 : 8, 0);
	if (fd < 0)
		return false;
	entered = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	close(fd);
	return entered;
}

/* One, since poll() takes no more descriptors than this; all numbers below are in use. */
static bool enter_limits(void)
{
	static const struct rlimit descriptors = {1, 1}, none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	return setrlimit(RLIMIT_NOFILE, &descriptors) == 0;
}

unsigned sandbox_enter(unsigned wanted)
{
	unsigned entered = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return 0;
	if (wanted & SANDBOX_LANDLOCK && enter_landlock())
		entered |= SANDBOX_LANDLOCK;
	if (wanted & SANDBOX_LIMITS && enter_limits())
		entered |= SANDBOX_LIMITS;
	if (wanted & SANDBOX_SECCOMP && enter_seccomp())
		entered |= SANDBOX_SECCOMP;
	return entered;
}

/* The status of a child, or -1 with its waitpid() status in *how if it did not exit. */
static int wait_for(pid_t child, int *how)
{
	while (waitpid(child, how, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(*how) ? WEXITSTATUS(*how) : -1;
}

unsigned sandbox_available(void)
{
	pid_t child = fork();
	int how, status;

	if (child == 0)
		_exit((int)sandbox_enter(SANDBOX_ALL));
	status = child < 0 ? -1 : wait_for(child, &how);
	return status < 0 ? 0 : (unsigned)status;
}

/*
 * In the child: what stdout could not take is told here, as its error is lost with the process. What the parent
 * could not write it tells itself.
 */
static int flush(int status, int trouble, bool failed_before)
{
	bool failed = ferror(stdout) != 0;

	if (failed_before)
		return trouble;
	errno = 0;
	if (fflush(stdout) == 0 && !failed)
		return status;
	message(MESSAGE_ERROR, "standard output", "cannot be written%s%s", errno ? ": " : "",
	    errno ? strerror(errno) : "");
	return trouble;
}

static void child_main(int (*work)(void *), void *context, pid_t parent, int trouble)
{
	bool failed_before;
	int status;

	/* Nobody would clean up behind a child that is left alone. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(trouble);
	failed_before = ferror(stdout) != 0;
	tzset();
	(void)sandbox_enter(SANDBOX_ALL);
	status = work(context);
	_exit(flush(status, trouble, failed_before));
}

int sandbox_run(int (*work)(void *context), void *context, const char *input, int trouble)
{
	pid_t parent = getpid(), child;
	int how = 0, status;

	child = fork();
	if (child == 0)
		child_main(work, context, parent, trouble);
	/* The text that is not written yet went along, and the child tells if it cannot be. */
	if (child > 0)
		__fpurge(stdout);
	status = child < 0 ? -1 : wait_for(child, &how);
	if (status >= 0)
		return status;
	if (child < 0) {
		message(MESSAGE_ERROR, input, "no process for the work: %s", strerror(errno));
		return trouble;
	}
	switch (WTERMSIG(how)) {
	case SIGHUP:
	case SIGINT:
	case SIGQUIT:
	case SIGTERM:
	case SIGPIPE:
	case SIGXCPU:
		raise(WTERMSIG(how));
		break;
	default:
		message(MESSAGE_ERROR, input, "internal error: signal %d (%s); the stream was not judged",
		    WTERMSIG(how), strsignal(WTERMSIG(how)));
	}
	return trouble;
}
