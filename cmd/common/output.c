/* SPDX-License-Identifier: MIT */
#include "common/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/messages.h"
#include "common/tool.h"

static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGXCPU};
#define ENDING (sizeof(ending) / sizeof(ending[0]))

/* Bytes that are told to go to disk at a time. */
#define WRITEBACK (32u << 20)

/* What a signal has to remove: changed only while the signals are held. */
static const char *volatile to_remove;

static void hold_signals(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ENDING; i++)
		sigaddset(&set, ending[i]);
	sigprocmask(SIG_BLOCK, &set, before);
}

static void release_signals(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
}

/* The handler was reset on entry, so the signal raised here ends the process when the handler returns. */
static void remove_and_die(int number)
{
	if (to_remove)
		unlink(to_remove);
	raise(number);
}

void output_signals(void)
{
	struct sigaction action = {.sa_handler = remove_and_die, .sa_flags = (int)SA_RESETHAND}, old;

	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < ENDING; i++)
		if (sigaction(ending[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(ending[i], &action, NULL);
	signal(SIGXFSZ, SIG_IGN);
}

static bool failed(const struct output *o, const char *what)
{
	message(MESSAGE_ERROR, o->name, "%s: %s", what, strerror(errno));
	return false;
}

bool output_open_descriptor(struct output *o, int fd, const char *name)
{
	*o = (struct output){.name = name, .fd = -1};
	if (isatty(fd)) {
		message(MESSAGE_ERROR, o->name, "is a terminal: a stream is not written to it");
		return false;
	}
	if (fcntl(fd, F_GETFD) < 0)
		return failed(o, "cannot be written to");
	o->fd = fd;
	return true;
}

/* Anything but a regular file cannot be replaced by renaming: it is written to. */
static bool open_special(struct output *o)
{
	o->fd = open(o->name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (o->fd < 0)
		return failed(o, "cannot be opened for writing");
	if (!isatty(o->fd))
		return true;
	message(MESSAGE_ERROR, o->name, "is a terminal: a stream is not written to it");
	return false;
}

/* A symbolic link is followed: the file that it names is what is replaced. */
static char *resolve(const char *name)
{
	char *real = realpath(name, NULL);

	if (real || errno != ENOENT)
		return real;
	return strdup(name);
}

/* "DIR/.stream-XXXXXX" for a target in DIR. */
static char *temporary_name(const char *target)
{
	char *copy = strdup(target), *name = NULL;

	if (copy && asprintf(&name, "%s/.stream-XXXXXX", dirname(copy)) < 0)
		name = NULL;
	free(copy);
	return name;
}

static bool open_temporary(struct output *o)
{
	sigset_t before;

	o->target = resolve(o->name);
	if (o->target)
		o->temporary = temporary_name(o->target);
	if (!o->temporary)
		return failed(o, "cannot be created");
	hold_signals(&before);
	o->fd = mkostemp(o->temporary, O_CLOEXEC);
	if (o->fd >= 0)
		to_remove = o->temporary;
	release_signals(&before);
	if (o->fd < 0) {
		free(o->temporary);
		o->temporary = NULL;
		return failed(o, "cannot be created");
	}
	/* The umask may take even the owner's rights. */
	if (fchmod(o->fd, S_IRUSR | S_IWUSR) < 0)
		return failed(o, "cannot be made private");
	return true;
}

bool output_open(struct output *o, const char *name)
{
	struct stat st;
	bool special, ok;

	*o = (struct output){.name = name, .fd = -1};
	if (strcmp(name, "-") == 0)
		return output_open_descriptor(o, STDOUT_FILENO, "standard output");
	special = stat(name, &st) == 0 && !S_ISREG(st.st_mode);
	ok = special ? open_special(o) : open_temporary(o);
	if (!ok)
		output_discard(o);
	return ok;
}

/*
 * Makes the new name itself last. Some file systems cannot flush a folder, and then there is nothing to be
 * done.
 */
static bool sync_folder(const struct output *o)
{
	char *copy = strdup(o->target);
	bool ok = true;
	int fd;

	if (!copy)
		return false;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd < 0)
		return true;
	if (fsync(fd) < 0 && errno != EINVAL && errno != ENOTSUP)
		ok = false;
	close(fd);
	return ok;
}

void output_written(struct output *o, uint64_t position)
{
	/* Large pieces: a file system lays them out better, and the disk takes them faster. */
	if (!o->temporary || o->no_sync || position < o->started || position - o->started < WRITEBACK)
		return;
	(void)sync_file_range(o->fd, (off_t)o->started, (off_t)(position - o->started), SYNC_FILE_RANGE_WRITE);
	o->started = position;
}

static void forget(struct output *o)
{
	free(o->target);
	free(o->temporary);
	o->target = NULL;
	o->temporary = NULL;
}

static bool flush_file(struct output *o)
{
	struct stat st;

	if (!o->no_sync && fstat(o->fd, &st) == 0 && S_ISREG(st.st_mode) && fsync(o->fd) < 0)
		return failed(o, "cannot be flushed to disk");
	return true;
}

/* Errors of writes long past may show only when the file is flushed or closed. */
static bool finish_file(struct output *o)
{
	int fd = o->fd;

	if (!flush_file(o))
		return false;
	o->fd = -1;
	if (close(fd) < 0)
		return failed(o, "cannot be closed");
	return true;
}

/* Called with the signals held. */
static bool give_name(struct output *o)
{
	bool ok;

	if (!o->temporary)
		return true;
	if (rename(o->temporary, o->target) != 0)
		return failed(o, "cannot be given its name");
	to_remove = NULL;
	ok = o->no_sync || sync_folder(o) || failed(o, "folder cannot be flushed to disk");
	forget(o);
	return ok;
}

bool output_publish(struct output *o)
{
	sigset_t before;
	bool ok;

	hold_signals(&before);
	ok = flush_file(o) && give_name(o);
	release_signals(&before);
	return ok;
}

bool output_commit(struct output *o)
{
	sigset_t before;
	bool ok;

	hold_signals(&before);
	ok = finish_file(o) && give_name(o);
	if (!ok)
		output_discard(o);
	release_signals(&before);
	return ok;
}

void output_discard(struct output *o)
{
	sigset_t before;

	if (o->fd >= 0 && o->fd != STDOUT_FILENO)
		close(o->fd);
	o->fd = -1;
	hold_signals(&before);
	if (o->temporary)
		unlink(o->temporary);
	to_remove = NULL;
	release_signals(&before);
	forget(o);
}
