/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "model_args.h"
#include "xen-common/qmp.h"

/* How often it is looked at while it starts, and how long it gets to end by itself. */
#define LOOK_MS 50
#define END_MS  3000

/* How long one answer may take while it starts, where there are other signs of life, and once it is ready. */
#define LOOK_ANSWER_MS 5000
#define ANSWER_MS      30000

struct model {
	const struct model_job *job; /* what to do */
	pid_t pid;                   /* its process; 0 once it has ended */
	int pid_fd;                  /* readable when it ends */
	bool ready;                  /* it has the state */
	struct qmp *qmp;             /* its monitor, NULL as long as nobody listens */
	char socket[108];            /* of QMP */
	char log[512];               /* file of its messages */
	off_t log_start;             /* where those of this one begin */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static struct model_facts facts_of(const struct model_job *job)
{
	return (struct model_facts){
	    .domid = job->domid, .state_fd = MODEL_STATE_FD, .run_dir = job->places->run_dir};
}

/* The program: the configuration's if it is the user's own, else the host's. */
static const char *program_of(const struct model_job *job)
{
	return job->plan->model_program ? job->plan->model_program : job->places->program;
}

bool model_check(const struct model_job *job, struct fault *fault)
{
	struct model_facts facts = facts_of(job);
	char **args;

	if (job->command)
		return true;
	args = model_args(job->plan, &facts, fault);
	if (!args)
		return false;
	model_args_free(args);
	if (access(program_of(job), X_OK) == 0)
		return true;
	return fault_errno(fault, FAULT_REFUSED, "there is no device model %s", program_of(job));
}

/* The child. */

static void set_environment(const struct model *model)
{
	const struct model_job *job = model->job;
	char number[16];

	snprintf(number, sizeof(number), "%u", job->domid);
	setenv("XEN_DOMAIN_ID", number, 1);
	/* A guest must not fill the disk with what it says on a serial line. */
	setenv("XEN_QEMU_CONSOLE_LIMIT", "1048576", 0);
	if (!job->command)
		return;
	setenv("XC_RESTORE_DOMID", number, 1);
	setenv("XC_RESTORE_NAME", job->plan->name, 1);
	setenv("XC_RESTORE_UUID", job->plan->uuid, 1);
	setenv("XC_RESTORE_QMP", model->socket, 1);
	snprintf(number, sizeof(number), "%d", MODEL_STATE_FD);
	setenv("XC_RESTORE_STATE_FD", number, 1);
	setenv("XC_RESTORE_STATE", "/dev/fd/3", 1);
}

static bool set_descriptors(const struct model *model)
{
	int nothing = open("/dev/null", O_RDONLY);
	int log = open(model->log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
	/* A description of its own: positions are not shared with ours. Read-only, as the state is. */
	char path[32];
	int state;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", model->job->state_fd);
	state = open(path, O_RDONLY);
	if (log < 0)
		log = open("/dev/null", O_WRONLY);
	if (nothing < 0 || log < 0 || state < 0)
		return false;
	/* Moved out of the way first: any of them may sit where another one is to go. */
	nothing = fcntl(nothing, F_DUPFD, MODEL_STATE_FD + 1);
	log = fcntl(log, F_DUPFD, MODEL_STATE_FD + 1);
	state = fcntl(state, F_DUPFD, MODEL_STATE_FD + 1);
	return dup2(nothing, STDIN_FILENO) >= 0 && dup2(log, STDOUT_FILENO) >= 0 &&
	       dup2(log, STDERR_FILENO) >= 0 && dup2(state, MODEL_STATE_FD) >= 0 &&
	       close_range(MODEL_STATE_FD + 1, ~0u, 0) == 0;
}

/* argv for the program, or for a shell with the program's as "$@". In the child: nobody frees it. */
static char **words_of(const struct model *model, char **args)
{
	const struct model_job *job = model->job;
	const char *const head[] = {"sh", "-c", job->command, "sh", program_of(job)};
	size_t from = job->command ? 0 : 4, to = args ? 5 : 4, count = 0;
	char **words;

	while (args && args[count])
		count++;
	words = calloc(to - from + count + 1, sizeof(*words));
	for (size_t i = from; words && i < to; i++)
		words[i - from] = strdup(head[i]);
	if (words && args)
		memcpy(words + to - from, args, count * sizeof(*args));
	return words;
}

static _Noreturn void child(const struct model *model, char **args)
{
	char **words = words_of(model, args);
	sigset_t none;

	/* It outlives us, and the terminal's signals are not for it. */
	setsid();
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	set_environment(model);
	if (!words || !words[0] || !set_descriptors(model))
		_exit(126);
	execv(model->job->command ? "/bin/sh" : words[0], words);
	_exit(127);
}

/* The parent. */

static off_t size_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);

	if (fd >= 0)
		close(fd);
	return size < 0 ? 0 : size;
}

struct model *model_start(const struct model_job *job, struct fault *fault)
{
	struct model *model = calloc(1, sizeof(*model));
	struct model_facts facts = facts_of(job);
	struct fault ignored = {.kind = FAULT_NONE};
	char **args = model_args(job->plan, &facts, job->command ? &ignored : fault);

	if (model && (args || job->command)) {
		model->job = job;
		model->pid_fd = -1;
		model_socket(&facts, model->socket, sizeof(model->socket));
		snprintf(model->log, sizeof(model->log), "%s/qemu-dm-%s.log", job->places->log_dir,
		    job->plan->name);
		model->log_start = size_of(model->log);
		/* A socket that was left there by another domain of this number would answer for this one. */
		unlink(model->socket);
		model->pid = fork();
		if (model->pid == 0)
			child(model, args);
	}
	model_args_free(args);
	if (!model || model->pid <= 0) {
		fault_errno(fault, FAULT_SYSTEM, "cannot start the device model");
		free(model);
		return NULL;
	}
	model->pid_fd = (int)syscall(SYS_pidfd_open, model->pid, 0);
	return model;
}

pid_t model_pid(const struct model *model)
{
	return model->pid;
}

/* The last thing that it said is the reason, mostly. */
static void last_words(const struct model *model, char *text, size_t size)
{
	char tail[1024];
	int fd = open(model->log, O_RDONLY | O_CLOEXEC);
	off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	off_t start = end > (off_t)sizeof(tail) - 1 ? end - (off_t)sizeof(tail) + 1 : 0;
	ssize_t got;
	char *line;

	text[0] = '\0';
	if (start < model->log_start)
		start = model->log_start;
	got = fd < 0 || end <= start ? 0 : pread(fd, tail, (size_t)(end - start), start);
	if (fd >= 0)
		close(fd);
	while (got > 0 && tail[got - 1] == '\n')
		got--;
	if (got <= 0)
		return;
	tail[got] = '\0';
	line = strrchr(tail, '\n');
	snprintf(text, size, ": %.200s", line ? line + 1 : tail);
}

/* Looks whether the process has ended; then true with *fault, unless it is a command that has done its work. */
static bool has_ended(struct model *model, struct fault *fault)
{
	siginfo_t info = {.si_pid = 0};
	char words[256];
	bool done;

	if (model->pid == 0 || waitid(P_PID, (id_t)model->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
	    info.si_pid == 0)
		return false;
	done = model->job->command && info.si_code == CLD_EXITED && info.si_status == 0;
	/* What is left of its group goes with it, as long as the number is not another's. */
	if (!done)
		kill(-model->pid, SIGKILL);
	while (waitpid(model->pid, NULL, 0) < 0 && errno == EINTR)
		;
	model->pid = 0;
	if (done)
		return false;
	last_words(model, words, sizeof(words));
	if (info.si_code == CLD_EXITED)
		fault_set(fault, FAULT_SYSTEM, "the device model ended with status %d%s", info.si_status,
		    words);
	else
		fault_set(fault, FAULT_SYSTEM, "the device model was ended by signal %d (%s)%s",
		    info.si_status, strsignal(info.si_status), words);
	return true;
}

/* A question without arguments, and its answer; NULL and *fault if there is none. */
static json_t *ask(struct model *model, const char *question, int timeout_ms, struct fault *fault)
{
	const struct qmp_command command = {.name = question, .timeout_ms = timeout_ms};
	json_t *answer = NULL;

	if (!model->qmp)
		model->qmp = qmp_open(model->socket, timeout_ms, fault);
	if (model->qmp)
		qmp_run(model->qmp, &command, &answer, fault);
	return answer;
}

/* True if QMP says that the state is taken over. */
static bool has_state(struct model *model, int64_t deadline, struct fault *fault)
{
	int64_t left = deadline - now_ms();
	json_t *answer = ask(model, "query-status",
	    left < LOOK_ANSWER_MS ? (int)(left < 1 ? 1 : left) : LOOK_ANSWER_MS, fault);
	const char *status = json_string_value(json_object_get(answer, "status"));
	bool loaded = status && strcmp(status, "inmigrate") != 0;

	json_decref(answer);
	return loaded;
}

/* Between two looks. False if a signal came. */
static bool nap(const struct model *model)
{
	struct pollfd fds[] = {
	    {.fd = model->job->signal_fd, .events = POLLIN},
	    {.fd = model->pid ? model->pid_fd : -1, .events = POLLIN},
	};

	return poll(fds, 2, LOOK_MS) <= 0 || !fds[0].revents;
}

bool model_await(struct model *model, struct fault *fault)
{
	const struct model_job *job = model->job;
	int64_t deadline = now_ms() + (int64_t)job->timeout_s * 1000;

	while (!model->ready) {
		struct fault talk = {.kind = FAULT_NONE};

		model->ready =
		    has_state(model, deadline, &talk) || (job->is_running && job->is_running(job->context));
		if (model->ready)
			break;
		/* Its end is the reason for what it did not answer. */
		if (!nap(model) || has_ended(model, fault))
			return false;
		if (now_ms() >= deadline)
			return fault_set(fault, FAULT_SYSTEM,
			    "the device model was not ready within %d s (log: %s)", job->timeout_s,
			    model->log);
		if (talk.kind != FAULT_NONE) {
			qmp_close(model->qmp);
			model->qmp = NULL;
		}
	}
	return true;
}

static void find_serials(json_t *devices, struct model_consoles *consoles)
{
	json_t *device;
	size_t i;

	json_array_foreach(devices, i, device)
	{
		const char *label = json_string_value(json_object_get(device, "label"));
		const char *file = json_string_value(json_object_get(device, "filename"));

		if (!label || !file || strncmp(label, "serial", 6) != 0 || strncmp(file, "pty:", 4) != 0)
			continue;
		if (label[6] >= '0' && label[6] < '0' + MODEL_SERIALS && !label[7])
			snprintf(consoles->serial[label[6] - '0'], sizeof(consoles->serial[0]), "%s",
			    file + 4);
	}
}

void model_consoles(struct model *model, struct model_consoles *consoles)
{
	/* They are only of use to people: without an answer these go without. */
	struct fault ignored = {.kind = FAULT_NONE};
	json_t *devices = model->qmp ? ask(model, "query-chardev", LOOK_ANSWER_MS, &ignored) : NULL;
	json_t *vnc = model->qmp ? ask(model, "query-vnc", LOOK_ANSWER_MS, &ignored) : NULL;
	const char *host = json_string_value(json_object_get(vnc, "host"));
	const char *port = json_string_value(json_object_get(vnc, "service"));

	memset(consoles, 0, sizeof(*consoles));
	find_serials(devices, consoles);
	snprintf(consoles->vnc_listen, sizeof(consoles->vnc_listen), "%s", host ? host : "");
	snprintf(consoles->vnc_port, sizeof(consoles->vnc_port), "%s", port ? port : "");
	json_decref(devices);
	json_decref(vnc);
}

bool model_continue(struct model *model, struct fault *fault)
{
	struct fault talk = {.kind = FAULT_NONE};
	json_t *answer;

	if (has_ended(model, fault))
		return false;
	/* One that knows no QMP said by xenstore that it works already. */
	if (!model->qmp && access(model->socket, F_OK) != 0)
		return true;
	answer = ask(model, "cont", ANSWER_MS, &talk);
	json_decref(answer);
	if (answer)
		return true;
	/* Its end is the reason for what it did not answer. */
	return !has_ended(model, fault) && fault_set(fault, talk.kind, "%s", talk.text);
}

static void end_process(struct model *model)
{
	struct pollfd ended = {.fd = model->pid_fd, .events = POLLIN};

	if (model->pid <= 0)
		return;
	/* It may not have come to be a group yet. */
	if (kill(-model->pid, SIGTERM) != 0)
		kill(model->pid, SIGTERM);
	if (model->pid_fd >= 0)
		poll(&ended, 1, END_MS);
	/* Those that the command started and did not wait for, too. */
	kill(-model->pid, SIGKILL);
	kill(model->pid, SIGKILL);
	while (waitpid(model->pid, NULL, 0) < 0 && errno == EINTR)
		;
	model->pid = 0;
}

static void release(struct model *model)
{
	qmp_close(model->qmp);
	if (model->pid_fd >= 0)
		close(model->pid_fd);
	free(model);
}

void model_stop(struct model *model)
{
	char path[128];

	if (!model)
		return;
	end_process(model);
	unlink(model->socket);
	snprintf(path, sizeof(path), "%s/qmp-libxenstat-%u", model->job->places->run_dir, model->job->domid);
	unlink(path);
	release(model);
}

void model_leave(struct model *model)
{
	if (model)
		release(model);
}
