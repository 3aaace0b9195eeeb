/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Descriptors of the child; all others are closed there, so that only the parent keeps the output open. */
enum { CHILD_STREAM = 3, CHILD_PORT = 4, CHILD_END = 5 };

struct engine_port {
	int fd; /* the child's end of the socket */
};

struct engine {
	pid_t pid;                     /* the child, 0 once reaped */
	int stream;                    /* our end of the stream, -1 once taken */
	int socket;                    /* our end of the socket */
	bool stopped;                  /* engine_stop() was called */
	bool said_done;                /* ENGINE_DONE was received */
	int32_t result;                /* its result */
	struct engine_outcome outcome; /* filled as things become known */
};

/* The child's side. */

static bool port_send(struct engine_port *port, enum engine_message_kind kind, int32_t level, uint64_t done,
    uint64_t total, const char *text)
{
	struct engine_message message = {
	    .kind = (uint32_t)kind, .level = level, .done = done, .total = total};
	ssize_t sent;

	snprintf(message.text, sizeof(message.text), "%s", text);
	do {
		sent = send(port->fd, &message, sizeof(message), MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)sizeof(message);
}

static int32_t port_ask(struct engine_port *port, enum engine_message_kind kind, int32_t level, uint64_t done,
    int32_t refusal)
{
	int32_t answer;
	ssize_t got;

	if (!port_send(port, kind, level, done, 0, ""))
		return refusal;
	do {
		got = recv(port->fd, &answer, sizeof(answer), 0);
	} while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof(answer) ? answer : refusal;
}

void engine_log(struct engine_port *port, enum engine_level level, const char *text)
{
	port_send(port, ENGINE_LOG, (int32_t)level, 0, 0, text);
}

void engine_progress(struct engine_port *port, const char *what, uint64_t done, uint64_t total)
{
	port_send(port, ENGINE_PROGRESS, 0, done, total, what);
}

bool engine_ask_suspend(struct engine_port *port)
{
	return port_ask(port, ENGINE_SUSPEND, 0, 0, 0) == 1;
}

bool engine_ask_logdirty(struct engine_port *port, bool on)
{
	return port_ask(port, ENGINE_LOGDIRTY, on, 0, -1) == 0;
}

bool engine_ask_copied(struct engine_port *port)
{
	return port_ask(port, ENGINE_COPIED, 0, 0, 0) == 1;
}

bool engine_ask_next(struct engine_port *port)
{
	return port_ask(port, ENGINE_NEXT, 0, 0, 0) == 1;
}

enum engine_policy engine_ask_policy(struct engine_port *port, unsigned passes, uint64_t dirty)
{
	int32_t answer = port_ask(port, ENGINE_POLICY, (int32_t)passes, dirty, ENGINE_ABORT);

	return answer == ENGINE_GO_ON || answer == ENGINE_STOP ? (enum engine_policy)answer : ENGINE_ABORT;
}

void engine_tell_rings(struct engine_port *port, uint64_t store, uint64_t console)
{
	port_send(port, ENGINE_RINGS, 0, store, console, "");
}

/*
 * TERM from the parent: the stream's descriptor becomes one that can neither be read nor written, so that
 * the engine fails at its next byte and cleans up by itself. Opened beforehand: a handler may call little
 * more than dup2().
 */
static int dead_end = -1;

static void on_term(int number)
{
	int saved = errno;

	(void)number;
	dup2(dead_end, CHILD_STREAM);
	errno = saved;
}

static void child_signals(void)
{
	struct sigaction action = {.sa_handler = on_term};
	sigset_t none;

	/* The terminal's ^C goes to the whole process group, but it is the parent who decides. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	/* No SA_RESTART: a blocked write must notice. */
	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

/* With a file of its own the pipe stays open beside it, and tells by its end that nothing more is written. */
static int child_descriptors(int stream, int port, int file)
{
	/* Each may sit where another one is to go: move them out of the way first. */
	stream = fcntl(stream, F_DUPFD, CHILD_END + 1);
	port = fcntl(port, F_DUPFD, CHILD_END + 1);
	file = file ? fcntl(file, F_DUPFD, CHILD_END + 1) : stream;
	if (stream < 0 || port < 0 || file < 0)
		return -1;
	if (dup2(file, CHILD_STREAM) < 0 || dup2(port, CHILD_PORT) < 0 || dup2(stream, CHILD_END) < 0)
		return -1;
	if (close_range(file == stream ? CHILD_END : CHILD_END + 1, ~0u, 0) != 0)
		return -1;
	dead_end = open("/dev/null", O_PATH | O_CLOEXEC);
	if (dead_end < 0 || dup2(dead_end, STDIN_FILENO) < 0)
		return -1;
	return dup2(STDERR_FILENO, STDOUT_FILENO);
}

static _Noreturn void child_main(engine_body *body, const struct engine_job *job, int stream, int socket,
    pid_t parent)
{
	struct engine_port port = {.fd = CHILD_PORT};
	int result, error;

	if (child_descriptors(stream, socket, job->file_fd) < 0)
		_exit(127);
	child_signals();
	if (getppid() != parent)
		_exit(127);
	errno = 0;
	result = body(job, CHILD_STREAM, &port);
	error = errno;
	port_send(&port, ENGINE_DONE, result, (uint64_t)error, 0, "");
	_exit(result == 0 ? 0 : 1);
}

/* The parent's side. */

struct engine *engine_start(engine_body *body, const struct engine_job *job, enum engine_direction direction,
    struct fault *fault)
{
	int stream[2] = {-1, -1}, control[2] = {-1, -1};
	int ours = direction == ENGINE_WRITES ? 0 : 1;
	struct engine *engine = calloc(1, sizeof(*engine));
	pid_t parent = getpid();

	if (!engine || pipe2(stream, O_CLOEXEC) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0)
		goto failed;
	/* A bigger pipe saves wake-ups; that it may be refused does not matter. */
	fcntl(stream[0], F_SETPIPE_SZ, 1 << 20);
	engine->pid = fork();
	if (engine->pid < 0)
		goto failed;
	if (engine->pid == 0)
		child_main(body, job, stream[1 - ours], control[1], parent);
	close(stream[1 - ours]);
	close(control[1]);
	engine->stream = stream[ours];
	engine->socket = control[0];
	return engine;
failed:
	fault_errno(fault, FAULT_SYSTEM, "cannot start the engine");
	for (int i = 0; i < 2; i++) {
		if (stream[i] >= 0)
			close(stream[i]);
		if (control[i] >= 0)
			close(control[i]);
	}
	free(engine);
	return NULL;
}

int engine_take_stream(struct engine *engine)
{
	int fd = engine->stream;

	engine->stream = -1;
	return fd;
}

int engine_fd(const struct engine *engine)
{
	return engine->socket;
}

/* Keeps what the outcome needs. */
static void note(struct engine *engine, const struct engine_message *message)
{
	if (message->kind == ENGINE_DONE) {
		engine->said_done = true;
		engine->result = message->level;
		engine->outcome.error = (int)message->done;
	} else if (message->kind == ENGINE_RINGS) {
		engine->outcome.has_rings = true;
		engine->outcome.store_gfn = message->done;
		engine->outcome.console_gfn = message->total;
	} else if (message->kind == ENGINE_LOG && message->level == ENGINE_ERROR && !engine->outcome.log[0]) {
		memcpy(engine->outcome.log, message->text, sizeof(engine->outcome.log));
	}
}

bool engine_receive(struct engine *engine, struct engine_message *message)
{
	ssize_t got;

	do {
		got = recv(engine->socket, message, sizeof(*message), 0);
	} while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(*message))
		return false;
	message->text[sizeof(message->text) - 1] = '\0';
	note(engine, message);
	return true;
}

void engine_answer(struct engine *engine, int32_t value)
{
	/* A child that is gone needs no answer; its end shows in engine_receive(). */
	(void)!send(engine->socket, &value, sizeof(value), MSG_NOSIGNAL);
}

static void refuse(struct engine *engine, const struct engine_message *message)
{
	if (message->kind == ENGINE_SUSPEND || message->kind == ENGINE_COPIED || message->kind == ENGINE_NEXT)
		engine_answer(engine, 0);
	else if (message->kind == ENGINE_LOGDIRTY)
		engine_answer(engine, message->level ? -1 : 0);
	else if (message->kind == ENGINE_POLICY)
		engine_answer(engine, ENGINE_ABORT);
}

void engine_stop(struct engine *engine)
{
	if (engine->stopped || engine->pid == 0)
		return;
	engine->stopped = true;
	if (engine->stream >= 0) {
		close(engine->stream);
		engine->stream = -1;
	}
	kill(engine->pid, SIGTERM);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Reads and refuses until the child closes its end or time is up. False: time is up. */
static bool drain(struct engine *engine, int64_t deadline)
{
	struct engine_message message;
	struct pollfd pfd = {.fd = engine->socket, .events = POLLIN};

	for (;;) {
		int64_t left = deadline - now_ms();

		if (left <= 0)
			return false;
		if (poll(&pfd, 1, (int)left) <= 0)
			continue;
		if (!engine_receive(engine, &message))
			return true;
		refuse(engine, &message);
	}
}

static void reap(struct engine *engine)
{
	struct engine_outcome *out = &engine->outcome;
	int status;

	while (waitpid(engine->pid, &status, 0) < 0)
		if (errno != EINTR)
			return;
	engine->pid = 0;
	out->reaped = true;
	out->killed = WIFSIGNALED(status);
	out->status = out->killed ? WTERMSIG(status) : WEXITSTATUS(status);
	out->answered = engine->said_done;
	out->success = !out->killed && out->status == 0 && engine->said_done && engine->result == 0;
}

struct engine_outcome engine_wait(struct engine *engine, int patience_ms)
{
	if (engine->pid != 0) {
		/*
		 * The socket closes when the child ends, however it ends: no race with a signal to wait
		 * for.
		 */
		if (!drain(engine, now_ms() + patience_ms))
			kill(engine->pid, SIGKILL);
		reap(engine);
	}
	return engine->outcome;
}

bool engine_fault(const struct engine_outcome *out, struct fault *fault)
{
	const char *because = out->log[0] ? ": " : "";

	if (out->killed)
		return fault_set(fault, FAULT_SYSTEM, "the engine was ended by signal %d (%s)%s%s", out->status,
		    strsignal(out->status), because, out->log);
	if (!out->answered)
		return fault_set(fault, FAULT_SYSTEM, "the engine ended with status %d before it told a result%s%s",
		    out->status, because, out->log);
	if (out->log[0])
		return fault_set(fault, FAULT_SYSTEM, "the engine failed: %s", out->log);
	if (out->error == 0)
		return fault_set(fault, FAULT_SYSTEM,
		    "the engine failed: Xen's library returned an error but no reason");
	errno = out->error;
	return fault_errno(fault, FAULT_SYSTEM, "the engine failed");
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	if (engine->pid != 0) {
		kill(engine->pid, SIGKILL);
		reap(engine);
	}
	if (engine->stream >= 0)
		close(engine->stream);
	close(engine->socket);
	free(engine);
}
