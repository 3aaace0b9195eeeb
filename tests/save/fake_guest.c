/* SPDX-License-Identifier: MIT */
/*
 * A guest and an engine made of nothing, to try every way a save can go without Xen. The environment tells
 * what they do: FAKE_GUEST and FAKE_ENGINE are a word each (see below), FAKE_STREAM is the image that the
 * engine writes, FAKE_CONFIG the stored configuration, FAKE_LOG the file that gets a line for everything
 * done to the guest, FAKE_DIRTY how many pages it dirties in each pass of a live save: "1000,100,10", the last
 * one for ever, FAKE_SPLIT where in the stream its first pass ends, FAKE_CHECKPOINT where the
 * first checkpoint of a checkpointed stream ends; the rest is another one, for ever.
 */
#include "xc-save/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
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

/* In the place of the C library's: with FAKE_FSYNC the disk's errors show only when files are flushed. */
int fsync(int fd)
{
	if (word("FAKE_FSYNC")[0]) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

/* In its place, too: with FAKE_FUSE all files are on a file system of whose ways nothing is known. */
int fstatfs(int fd, struct statfs *fs)
{
	int result = (int)syscall(SYS_fstatfs, fd, fs);

	if (word("FAKE_FUSE")[0])
		fs->f_type = FUSE_SUPER_MAGIC;
	return result;
}

/* "hvm-" may stand before any behaviour. */
static bool guest_is(const char *behaviour)
{
	const char *guest = word("FAKE_GUEST");

	return strcmp(guest, behaviour) == 0 ||
	       (strncmp(guest, "hvm-", 4) == 0 && strcmp(guest + 4, behaviour) == 0);
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
	guest.facts.type = strncmp(word("FAKE_GUEST"), "pvh", 3) == 0   ? DOMAIN_PVH
	                   : strncmp(word("FAKE_GUEST"), "hvm", 3) == 0 ? DOMAIN_HVM
	                                                                : DOMAIN_PV;
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

/* pvh-nolog: its dirty pages cannot be logged. */
bool guest_can_be_live(struct guest *guest, struct fault *fault)
{
	(void)guest;
	note("try-log");
	return !guest_is("pvh-nolog") || fault_set(fault, FAULT_UNSUSPENDED, "no log of dirty pages");
}

/* Pages dirtied in the pass that was the count-th: told to the engine and to the saver alike. */
static unsigned long dirtied(unsigned count)
{
	const char *list = word("FAKE_DIRTY");

	while (count-- > 0 && strchr(list, ','))
		list = strchr(list, ',') + 1;
	return strtoul(list, NULL, 10);
}

/* pvh-secret: the hypervisor does not say. */
bool guest_dirty_pages(struct guest *guest, uint64_t *pages)
{
	static unsigned count;

	(void)guest;
	note("pass");
	*pages = dirtied(count++);
	return !guest_is("pvh-secret");
}

void guest_obstacles(struct guest *guest, const char *config, size_t length, struct obstacles *obstacles)
{
	(void)guest;
	(void)config;
	(void)length;
	*obstacles = (struct obstacles){
	    .pci_devices = guest_is("pci")    ? 1
	                   : guest_is("pcis") ? 2
	                                      : 0,
	    .pod_pages = guest_is("pod") ? 300 : 0,
	    .vnuma = guest_is("vnuma"),
	    .nested = guest_is("nested"),
	    .deaf = guest_is("deaf"),
	    .videoram_kib = guest_is("ballooning") ? 8192 : 0,
	};
}

/* The device model is a real client's, and listens where the test says. */
struct device_model *guest_device_model(struct guest *guest, struct fault *fault)
{
	static struct device_model *model;

	(void)guest;
	if (!model && word("FAKE_QMP")[0])
		model = device_model_new(word("FAKE_QMP"));
	if (!model)
		fault_set(fault, FAULT_REFUSED, "no device model");
	return model;
}

char *guest_model_nodes(struct guest *guest, size_t *size)
{
	static const char pairs[] = "physmap/f0000000/start_addr\0f0000000\0physmap/f0000000/size\0"
	                            "800000\0physmap/f0000000/name\0vga.vram";
	char *nodes = guest_is("nodes") ? malloc(sizeof(pairs)) : NULL;

	(void)guest;
	if (nodes)
		memcpy(nodes, pairs, *size = sizeof(pairs));
	return nodes;
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

/* The first pass sends the first part of the stream, the others an entry for a hole each. */
static bool send_pass(unsigned pass, int fd, const char *data, size_t size)
{
	static const char hole[] = "\1\0\0\0\20\0\0\0\1\0\0\0\0\0\0\0\xff\xff\0\0\0\0\0\xf0";

	if (engine_is("hang-in-pass"))
		pause();
	if (engine_is("slow"))
		usleep(200000);
	if (engine_is("dies-in-pass"))
		_exit(9);
	return pass == 0 ? put(fd, data, size) : put(fd, hole, sizeof(hole) - 1);
}

/* The passes of a live save, as libxenguest asks about them. */
static bool send_live(struct engine_port *port, int fd, const char *data, size_t size)
{
	uint64_t dirty = 1048576;

	for (unsigned pass = 0;; pass++) {
		enum engine_policy policy = engine_ask_policy(port, pass, dirty);

		if (policy == ENGINE_ABORT || !send_pass(pass, fd, data, size))
			return false;
		if (policy == ENGINE_GO_ON)
			policy = engine_ask_policy(port, pass + 1, ENGINE_UNKNOWN);
		if (policy != ENGINE_GO_ON)
			return policy == ENGINE_STOP;
		dirty = dirtied(pass);
	}
}

/*
 * The second checkpoint and all that follow. fails-later, dies-later: in the third one, behind a few bytes of it.
 * Returns as libxenguest does, which calls it a success when it is told to end.
 */
static int send_checkpoints(const struct engine_job *job, struct engine_port *port, int fd, const char *data,
    size_t size)
{
	static const char checkpoint_end[8] = {4};

	for (unsigned count = 1;; count++) {
		if (job->nested && !put(fd, checkpoint_end, sizeof(checkpoint_end)))
			return -1;
		if (!engine_ask_copied(port) || !engine_ask_next(port))
			return 0;
		if (!engine_ask_suspend(port))
			return -1;
		if (count == 2 &&
		    (engine_is("fails-later") || engine_is("dies-later") || engine_is("hangs-later"))) {
			put(fd, data, 100);
			errno = EIO;
			if (engine_is("dies-later"))
				_exit(9);
			if (engine_is("hangs-later"))
				pause();
			return -1;
		}
		if (count == 2 && engine_is("garbage-later") && !put(fd, "garbage garbage garbage!", 24))
			return -1;
		if (!put(fd, data, size))
			return -1;
	}
}

/* tells: what it writes to. */
static void tell(struct engine_port *port, int fd)
{
	struct stat st;

	if (engine_is("tells") && fstat(fd, &st) == 0)
		engine_log(port, ENGINE_WARNING, S_ISREG(st.st_mode) ? "writes to a file" : "writes to a pipe");
}

static int fake_save(const struct engine_job *job, int stream_fd, struct engine_port *port)
{
	static char stream[1 << 24];
	int file = open(word("FAKE_STREAM"), O_RDONLY | O_CLOEXEC);
	ssize_t got = file < 0 ? -1 : read(file, stream, sizeof(stream));
	/* Early enough that a reader who takes nothing does not keep us from asking. */
	size_t first = got < 0 ? 0 : (size_t)got / 2 < 65536 ? (size_t)got / 2 : 65536;

	tell(port, stream_fd);
	/* Passes must end between two records. */
	if (job->live)
		first = strtoul(word("FAKE_SPLIT"), NULL, 10);
	if (got < 0 || (job->hvm && !engine_ask_logdirty(port, true)))
		return -1;
	if (job->live ? !send_live(port, stream_fd, stream, first) : !put(stream_fd, stream, first))
		return -1;
	if (!half_time(port, stream_fd))
		return engine_is("early") ? 0 : -1;
	if (job->checkpoints) {
		size_t end = strtoul(word("FAKE_CHECKPOINT"), NULL, 10);

		if (!put(stream_fd, stream + first, end - first))
			return -1;
		return send_checkpoints(job, port, stream_fd, stream + end, (size_t)got - end);
	}
	if (!put(stream_fd, stream + first, (size_t)got - first))
		return -1;
	if (engine_is("lies"))
		_exit(3);
	return 0;
}

engine_body *const guest_engine = fake_save;
