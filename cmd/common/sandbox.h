/* SPDX-License-Identifier: MIT */
/*
 * Work on input that may come from strangers, in a process that can do nothing but that work: a child that has its
 * files open, and can open no other file, no socket, start nothing, and signal nobody but itself. The parent keeps
 * its rights and does what needs them: opening before, renaming after.
 */
#ifndef XSR_SANDBOX_H
#define XSR_SANDBOX_H

/* What holds the child; several at once. */
#define SANDBOX_SECCOMP  0x1u /* system calls from a list, built with libseccomp only */
#define SANDBOX_LANDLOCK 0x2u /* no path of any file system; Linux 5.13 and later, where it is turned on */
#define SANDBOX_LIMITS   0x4u /* no new descriptor */
#define SANDBOX_ALL      (SANDBOX_SECCOMP | SANDBOX_LANDLOCK | SANDBOX_LIMITS)

/*
 * Gives up, in this process and for good, what `wanted` has; returns what of it the system and the build provide.
 * Descriptors that are open stay so. Call it once: it takes the right to call it again.
 */
unsigned sandbox_enter(unsigned wanted);

/* What sandbox_enter(SANDBOX_ALL) gives in this build on this system, found out in a process of its own. */
unsigned sandbox_available(void);

/*
 * Runs work(context) in a child that has entered the sandbox and returns what it returns, 0 to 127. What the child
 * prints is flushed. If a signal ended the child that also ends this process with its default handling, this process
 * raises it; after a crash this returns trouble, and says so with the input's name.
 */
int sandbox_run(int (*work)(void *context), void *context, const char *input, int trouble);

#endif
