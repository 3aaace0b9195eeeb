/* SPDX-License-Identifier: MIT */
/*
 * A host and an engine made of nothing, to try every way a restore can go without Xen. The environment tells
 * what they do: FAKE_HOST and FAKE_ENGINE are a word each (see below), FAKE_COPY is the file where the engine
 * puts what it was given, FAKE_LOG the file that gets a line for everything done to the domain, FAKE_CONFIG the
 * file that gets the configuration for libxl.
 */
#include "xc-restore/host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct host {
	struct host_wiring wiring; /* what host_wiring() tells */
	bool created;              /* there is a domain */
	uint32_t adopted;          /* number of one that was there before, or 0 */
};

static const char *word(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static bool host_is(const char *behaviour)
{
	return strcmp(word("FAKE_HOST"), behaviour) == 0;
}

static bool engine_is(const char *behaviour)
{
	return strcmp(word("FAKE_ENGINE"), behaviour) == 0;
}

/* One line a call, so that a test can read the domain's life. */
static void note(const char *what)
{
	FILE *log = fopen(word("FAKE_LOG"), "ae");

	if (!log)
		return;
	fprintf(log, "%s\n", what);
	fclose(log);
}

struct host *host_open(struct fault *fault)
{
	static struct host host;

	if (!host_is("missing"))
		return &host;
	fault_set(fault, FAULT_SYSTEM, "no hypervisor");
	return NULL;
}

void host_close(struct host *host)
{
	(void)host;
}

bool host_check(struct host *host, const struct plan *plan, const struct feed_head *head, struct fault *fault)
{
	char line[400];

	(void)host;
	snprintf(line, sizeof(line), "check name=%s type=%s vcpus=%u memory=%llu cpuid=%zu msrs=%zu",
	    plan->name, domain_type_name(plan->type), plan->vcpus, (unsigned long long)plan->target_kib,
	    head->cpuid.size, head->msrs.size);
	note(line);
	return !host_is("clash") || fault_set(fault, FAULT_REFUSED, "the name is in use");
}

/* nocreate: no domain comes to be. half: there is one, but it is not finished. */
bool host_create(struct host *host, const struct plan *plan, struct warden *warden, struct fault *fault)
{
	FILE *config = fopen(word("FAKE_CONFIG"), "we");

	if (config) {
		fputs(plan->config, config);
		fclose(config);
	}
	if (host_is("nocreate"))
		return fault_set(fault, FAULT_SYSTEM, "cannot create a domain");
	note("create");
	host->created = true;
	warden_watch(warden, 9, plan->uuid);
	host->wiring.pvh = plan->type == DOMAIN_PVH;
	return !host_is("half") || fault_set(fault, FAULT_SYSTEM, "cannot give it vCPUs");
}

/* running: it is not there to be filled. */
bool host_adopt(struct host *host, const struct host_adoption *adoption, struct plan *plan,
    const struct feed_head *head, struct fault *fault)
{
	char line[128];

	snprintf(line, sizeof(line), "adopt %u ports %u %u", adoption->domid, adoption->store_port,
	    adoption->console_port);
	note(line);
	if (host_is("running"))
		return fault_set(fault, FAULT_REFUSED, "the domain is not paused");
	host->adopted = adoption->domid;
	host->wiring.store_port = adoption->store_port ? adoption->store_port : 5;
	host->wiring.console_port = adoption->console_port ? adoption->console_port : 6;
	plan->type = head->domain.type == XSR_DOMAIN_X86_PV ? DOMAIN_PV : DOMAIN_HVM;
	snprintf(plan->name, sizeof(plan->name), "adopted");
	return true;
}

uint32_t host_domid(const struct host *host)
{
	return host->created ? 9 : host->adopted;
}

/* FAKE_MODEL is the device model, FAKE_RUN the folder of its sockets and its log. */
const struct model_places *host_places(const struct host *host)
{
	static struct model_places places;

	(void)host;
	places = (struct model_places){
	    .program = word("FAKE_MODEL"), .run_dir = word("FAKE_RUN"), .log_dir = word("FAKE_RUN")};
	return &places;
}

bool host_prepare_model(struct host *host, const struct plan *plan, const struct feed_blob *nodes,
    struct fault *fault)
{
	char line[64];

	(void)host;
	snprintf(line, sizeof(line), "prepare disks=%zu nodes=%zu", plan->disk_count, nodes->size);
	note(line);
	return !host_is("modelless") || fault_set(fault, FAULT_SYSTEM, "cannot make its nodes");
}

bool host_note_model(struct host *host, pid_t pid, struct fault *fault)
{
	(void)host;
	(void)fault;
	note(pid > 0 ? "model" : "model of no process");
	return true;
}

/* FAKE_RUN/consoles gets what is told of them. */
bool host_note_consoles(struct host *host, const struct model_consoles *consoles, struct fault *fault)
{
	char path[300];
	FILE *file;

	(void)host;
	(void)fault;
	snprintf(path, sizeof(path), "%s/consoles", word("FAKE_RUN"));
	file = fopen(path, "we");
	if (file) {
		fprintf(file, "%s,%s,%s,%s\n", consoles->serial[0], consoles->serial[1], consoles->vnc_listen,
		    consoles->vnc_port);
		fclose(file);
	}
	return true;
}

/* FAKE_RUN/running is xenstore's word. */
bool host_model_runs(void *host)
{
	char path[300];

	(void)host;
	snprintf(path, sizeof(path), "%s/running", word("FAKE_RUN"));
	return access(path, F_OK) == 0;
}

bool host_clean(uint32_t domid, const char *uuid, struct fault *fault)
{
	char line[64];

	snprintf(line, sizeof(line), "clean %u %s", domid, uuid);
	note(line);
	return !host_is("sticky") || fault_set(fault, FAULT_SYSTEM, "cannot destroy it");
}

const struct host_wiring *host_wiring(const struct host *host)
{
	return &host->wiring;
}

bool host_introduce(struct host *host, const struct plan *plan, uint64_t store, uint64_t console,
    struct fault *fault)
{
	char line[64];

	(void)host;
	(void)plan;
	snprintf(line, sizeof(line), "introduce %llu %llu", (unsigned long long)store,
	    (unsigned long long)console);
	note(line);
	return !host_is("strange") || fault_set(fault, FAULT_SYSTEM, "cannot introduce it");
}

bool host_unpause(struct host *host, struct fault *fault)
{
	(void)host;
	if (host_is("frozen"))
		return fault_set(fault, FAULT_SYSTEM, "cannot unpause it");
	note("unpause");
	return true;
}

bool host_remove(struct host *host, struct fault *fault)
{
	if (!host->created)
		return true;
	if (host_is("sticky"))
		return fault_set(fault, FAULT_SYSTEM, "cannot destroy it");
	note("remove");
	host->created = false;
	return true;
}

/* The engine. */

/* Keeps all it is given. True if that ends as an image does. */
static bool keep(int stream_fd)
{
	static char bytes[1 << 16];
	char last[8] = "ssssssss";
	int copy = open(word("FAKE_COPY"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t got;

	while ((got = read(stream_fd, bytes, sizeof(bytes))) > 0) {
		if (copy >= 0 && write(copy, bytes, (size_t)got) != got)
			return false;
		for (ssize_t i = got < 8 ? 0 : got - 8; i < got; i++) {
			memmove(last, last + 1, 7);
			last[7] = bytes[i];
		}
		/* The image's end is not the pipe's: a libxl stream goes on behind it. */
		if (engine_is("prompt") && memcmp(last, "\0\0\0\0\0\0\0\0", 8) == 0 &&
		    got < (ssize_t)sizeof(bytes))
			return true;
	}
	if (copy >= 0)
		close(copy);
	return memcmp(last, "\0\0\0\0\0\0\0\0", 8) == 0;
}

static int fake_restore(const struct engine_job *job, int stream_fd, struct engine_port *port)
{
	char bytes[100];

	if (engine_is("fails") && read(stream_fd, bytes, sizeof(bytes)) >= 0) {
		engine_log(port, ENGINE_ERROR, "out of pages");
		errno = ENOMEM;
		return -1;
	}
	if (engine_is("abort")) {
		signal(SIGABRT, SIG_DFL);
		abort();
	}
	/* hang: reads nothing until it is told to stop. deaf: not even then. */
	if (engine_is("hang") && pause() < 0)
		return -1;
	while (engine_is("deaf"))
		pause();
	/* keep: ends with the pipe, as libxenguest does behind a checkpoint. */
	if (!keep(stream_fd) && !engine_is("keep")) {
		engine_log(port, ENGINE_ERROR, "starved");
		return -1;
	}
	if (engine_is("lies"))
		_exit(3);
	/* A body that depends on the job's context sees the parent's as it was. */
	if (!engine_is("mute"))
		engine_tell_rings(port, 77, job->context ? 78 : 0);
	return 0;
}

engine_body *const host_engine = fake_restore;
