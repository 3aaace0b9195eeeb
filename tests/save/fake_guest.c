/* SPDX-License-Identifier: MIT */
/*
 * A guest and an engine made of nothing, to try every way a save can go without Xen. The environment tells
 * what they do: FAKE_GUEST and FAKE_ENGINE are a word each (see below), FAKE_STREAM is the image that the
 * engine writes, FAKE_CONFIG the stored configuration, FAKE_LOG the file that gets a line for everything
 * done to the guest.
 */
#include "xc-save/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct guest {
	struct domain_facts facts; /* what guest_facts() tells */
	enum guest_state state;    /* what guest_state() tells */
};

static const char *word(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static bool guest_is(const char *behaviour)
{
	return strcmp(word("FAKE_GUEST"), behaviour) == 0;
}

static bool engine_is(const char *behaviour)
{
	return strcmp(word("FAKE_ENGINE"), behaviour) == 0;
}

/* One line a call, so that a test can read the guest's life. */
static void note(const char *what)
{
	FILE *log = fopen(word("FAKE_LOG"), "ae");

	if (!log)
		return;
	fprintf(log, "%s\n", what);
	fclose(log);
}

struct guest *guest_open(const char *operand, struct fault *fault)
{
	static struct guest guest = {.facts = {.domid = 7,
	                                 .uuid = "01234567-89ab-cdef-0123-456789abcdef",
	                                 .vcpus = 3,
	                                 .online = {5},
	                                 .pages = 1024,
	                                 .max_kib = 8192,
	                                 .target_kib = 4000}};

	if (guest_is("missing")) {
		fault_set(fault, FAULT_SYSTEM, "no such domain");
		return NULL;
	}
	snprintf(guest.facts.name, sizeof(guest.facts.name), "%s", guest_is("nameless") ? "" : operand);
	guest.facts.type = guest_is("pvh") ? DOMAIN_PVH : guest_is("hvm") ? DOMAIN_HVM : DOMAIN_PV;
	guest.facts.paused = guest_is("paused");
	guest.facts.dying = guest_is("dying");
	guest.facts.shutdown = guest_is("suspended") || guest_is("crashed");
	guest.facts.shutdown_reason = guest_is("crashed") ? DOMAIN_CRASH : DOMAIN_SUSPEND;
	guest.state = guest_is("suspended") ? GUEST_SUSPENDED
	              : guest_is("crashed") ? GUEST_DEAD
	                                    : GUEST_RUNNING;
	if (guest_is("dom0"))
		guest.facts.domid = 0;
	return &guest;
}

void guest_close(struct guest *guest)
{
	(void)guest;
}

const struct domain_facts *guest_facts(const struct guest *guest)
{
	return &guest->facts;
}

char *guest_stored_config(struct guest *guest, size_t *length)
{
	const char *config = getenv("FAKE_CONFIG");

	(void)guest;
	if (!config)
		return NULL;
	*length = strlen(config);
	return strdup(config);
}

static bool wait_for_wake_up(const struct patience *patience)
{
	struct pollfd fds[2] = {
	    {.fd = patience->wake_fds[0], .events = POLLIN},
	    {.fd = patience->wake_fds[1], .events = POLLIN},
	};

	return poll(fds, 2, patience->timeout_s * 1000) > 0;
}

/*
 * mute: never answers. half: takes the request and suspends later. lost: takes it and never suspends. dies:
 * that.
 */
bool guest_suspend(struct guest *guest, const struct patience *patience, struct fault *fault)
{
	note("suspend");
	if (guest_is("mute"))
		return !wait_for_wake_up(patience) && fault_set(fault, FAULT_UNSUSPENDED, "no answer");
	if (guest_is("half") || guest_is("lost")) {
		guest->state = GUEST_ASKED;
		return !wait_for_wake_up(patience) &&
		       fault_set(fault, FAULT_UNSUSPENDED, "took it, but did not suspend");
	}
	if (guest_is("dies")) {
		guest->state = GUEST_DEAD;
		return fault_set(fault, FAULT_DIED, "crash");
	}
	guest->state = GUEST_SUSPENDED;
	return true;
}

enum guest_state guest_state(const struct guest *guest)
{
	return guest->state;
}

bool guest_resume(struct guest *guest, const struct patience *patience, struct fault *fault)
{
	(void)patience;
	if (guest->state == GUEST_RUNNING)
		return true;
	if (guest->state == GUEST_DEAD)
		return fault_set(fault, FAULT_DIED, "dead");
	if (guest_is("lost"))
		return fault_set(fault, FAULT_UNSUSPENDED, "may still suspend");
	if (guest_is("stiff"))
		return fault_set(fault, FAULT_SYSTEM, "cannot resume");
	note("resume");
	guest->state = GUEST_RUNNING;
	return true;
}

bool guest_unpause(struct guest *guest, struct fault *fault)
{
	(void)guest;
	(void)fault;
	note("unpause");
	return true;
}

bool guest_hold(struct guest *guest, struct fault *fault)
{
	if (guest_is("stiff"))
		return fault_set(fault, FAULT_SYSTEM, "cannot pause");
	note("hold");
	guest->state = GUEST_RUNNING;
	return true;
}

bool guest_destroy(struct guest *guest, struct fault *fault)
{
	(void)guest;
	if (guest_is("stiff"))
		return fault_set(fault, FAULT_SYSTEM, "cannot destroy");
	note("destroy");
	return true;
}

void guest_clean_up(struct guest *guest)
{
	(void)guest;
	note("clean-up");
}

/* The engine. */

static bool put(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, data, size);

		if (written <= 0)
			return false;
		data += written;
		size -= (size_t)written;
	}
	return true;
}

/* Bytes without end, until the reader has enough. */
static bool flood(int fd)
{
	static const char zeros[65536];

	while (put(fd, zeros, sizeof(zeros)))
		;
	return false;
}

/* What happens between the two parts of the stream. False: the second one is not written. */
static bool half_time(struct engine_port *port, int fd)
{
	if (engine_is("unasked"))
		return true;
	if (!engine_ask_suspend(port)) {
		errno = ECANCELED;
		return false;
	}
	engine_progress(port, "Frames", 1, 2);
	if (engine_is("abort")) {
		signal(SIGABRT, SIG_DFL);
		abort();
	}
	if (engine_is("hang"))
		pause();
	if (engine_is("flood"))
		return flood(fd);
	if (engine_is("garbage") && !put(fd, "garbage garbage garbage!", 24))
		return false;
	if (engine_is("fails")) {
		engine_log(port, ENGINE_ERROR, "cannot go on");
		errno = ENOSPC;
	}
	return !engine_is("fails") && !engine_is("early");
}

static int fake_save(const struct engine_job *job, int stream_fd, struct engine_port *port)
{
	static char stream[1 << 24];
	int file = open(word("FAKE_STREAM"), O_RDONLY | O_CLOEXEC);
	ssize_t got = file < 0 ? -1 : read(file, stream, sizeof(stream));
	/* Early enough that a reader who takes nothing does not keep us from asking. */
	size_t first = got < 0 ? 0 : (size_t)got / 2 < 65536 ? (size_t)got / 2 : 65536;

	if (got < 0 || (job->hvm && !engine_ask_logdirty(port, true)))
		return -1;
	if (!put(stream_fd, stream, first))
		return -1;
	if (!half_time(port, stream_fd))
		return engine_is("early") ? 0 : -1;
	if (!put(stream_fd, stream + first, (size_t)got - first))
		return -1;
	if (engine_is("lies"))
		_exit(3);
	return 0;
}

engine_body *const guest_engine = fake_save;
