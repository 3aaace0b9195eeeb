/* SPDX-License-Identifier: MIT */
#include "lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* How often the file may be taken away under our hands before that is odd. */
#define TRIES 100

struct lock_path {
	char text[64]; /* of the file */
};

static struct lock_path path_of(uint32_t domid)
{
	struct lock_path path;

	snprintf(path.text, sizeof(path.text), "/run/xc-save.%u.lock", domid);
	return path;
}

/* A lock on a file that its last owner took away keeps nobody out. */
static bool is_there(int lock, const char *path)
{
	struct stat ours, there;

	return fstat(lock, &ours) == 0 && stat(path, &there) == 0 && ours.st_ino == there.st_ino &&
	       ours.st_dev == there.st_dev;
}

int lock_take(uint32_t domid, struct fault *fault)
{
	const struct lock_path path = path_of(domid);

	for (int i = 0; i < TRIES; i++) {
		int lock = open(path.text, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

		if (lock < 0) {
			fault_errno(fault, FAULT_SYSTEM, "cannot open %s", path.text);
			return -1;
		}
		if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
			close(lock);
			break;
		}
		if (is_there(lock, path.text))
			return lock;
		close(lock);
	}
	fault_set(fault, FAULT_SYSTEM, "another xc-save is at work on this guest");
	return -1;
}

void lock_release(uint32_t domid, int lock)
{
	const struct lock_path path = path_of(domid);

	if (lock < 0)
		return;
	/* Still locked: whoever waits for it finds that it is gone. Another one's file stays. */
	if (is_there(lock, path.text))
		unlink(path.text);
	close(lock);
}
