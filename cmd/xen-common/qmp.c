/* SPDX-License-Identifier: MIT */
#include "qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Longest line taken from the monitor. What the commands used here return is a few hundred bytes. */
#define LINE_MAX_BYTES 65536u

struct qmp {
	int fd;                    /* the connection, non-blocking */
	int64_t deadline;          /* of the current call, ms */
	int timeout_ms;            /* the same as it was given, for messages */
	json_int_t last_id;        /* of the last command sent */
	size_t used;               /* bytes in line[] */
	char line[LINE_MAX_BYTES]; /* received, not yet consumed */
	char path[108];            /* of the socket, for messages */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void call_begins(struct qmp *q, int timeout_ms)
{
	q->timeout_ms = timeout_ms;
	q->deadline = now_ms() + timeout_ms;
}

/* Waits for the socket; false if the call's time is up. */
static bool await(struct qmp *q, short events, const char *what, struct fault *fault)
{
	for (;;) {
		struct pollfd pfd = {.fd = q->fd, .events = events};
		int64_t left = q->deadline - now_ms();

		if (left <= 0)
			return fault_set(fault, FAULT_SYSTEM,
			    "the device model does not answer: nothing to '%s' within %.1f s (%s)", what,
			    (double)q->timeout_ms / 1000, q->path);
		if (poll(&pfd, 1, (int)left) > 0)
			return true;
	}
}

/* Reads what there is; false if the monitor is gone or its line too long. */
static bool fill(struct qmp *q, const char *what, struct fault *fault)
{
	ssize_t got;

	if (q->used == sizeof(q->line))
		return fault_set(fault, FAULT_SYSTEM,
		    "the device model answers '%s' with a line longer than %u bytes (%s)", what,
		    LINE_MAX_BYTES, q->path);
	if (!await(q, POLLIN, what, fault))
		return false;
	got = recv(q->fd, q->line + q->used, sizeof(q->line) - q->used, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (got < 0)
		return fault_errno(fault, FAULT_SYSTEM, "the device model cannot be heard (%s)", q->path);
	if (got == 0)
		return fault_set(fault, FAULT_SYSTEM, "the device model hung up before it answered '%s' (%s)",
		    what, q->path);
	q->used += (size_t)got;
	return true;
}

/* The next object that the monitor sends. */
static json_t *receive(struct qmp *q, const char *what, struct fault *fault)
{
	json_error_t error;
	json_t *object;
	const char *end;
	size_t length;

	while (!(end = memchr(q->line, '\n', q->used)))
		if (!fill(q, what, fault))
			return NULL;
	length = (size_t)(end - q->line);
	object = json_loadb(q->line, length, 0, &error);
	q->used -= length + 1;
	memmove(q->line, end + 1, q->used);
	if (json_is_object(object))
		return object;
	fault_set(fault, FAULT_SYSTEM,
	    "the device model answers '%s' with something that is not QMP: %s (%s)", what,
	    object ? "not an object" : error.text, q->path);
	json_decref(object);
	return NULL;
}

/* Sends all of a text, the descriptor with its first byte. */
static bool send_text(struct qmp *q, const char *text, const struct qmp_command *command, struct fault *fault)
{
	union {
		struct cmsghdr header;              /* for alignment */
		char room[CMSG_SPACE(sizeof(int))]; /* one descriptor */
	} control;
	size_t left = strlen(text);
	int fd = command->fd;

	while (left > 0) {
		struct iovec part = {.iov_base = (void *)(uintptr_t)text, .iov_len = left};
		struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
		ssize_t sent;

		if (!await(q, POLLOUT, command->name, fault))
			return false;
		if (fd > 0) {
			memset(&control, 0, sizeof(control));
			control.header.cmsg_level = SOL_SOCKET;
			control.header.cmsg_type = SCM_RIGHTS;
			control.header.cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
			message.msg_control = &control;
			message.msg_controllen = sizeof(control.room);
		}
		sent = sendmsg(q->fd, &message, MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return fault_errno(fault, FAULT_SYSTEM, "the device model cannot be told '%s' (%s)",
			    command->name, q->path);
		if (sent > 0) {
			text += sent;
			left -= (size_t)sent;
			fd = 0;
		}
	}
	return true;
}

static bool send_command(struct qmp *q, const struct qmp_command *command, struct fault *fault)
{
	json_t *request = json_pack("{s:s, s:I}", "execute", command->name, "id", ++q->last_id);
	char *text = NULL, *line = NULL;
	bool sent = false;

	if (request && command->arguments)
		json_object_set(request, "arguments", command->arguments);
	if (request)
		text = json_dumps(request, JSON_COMPACT);
	if (text && asprintf(&line, "%s\r\n", text) > 0)
		sent = send_text(q, line, command, fault);
	else
		fault_set(fault, FAULT_SYSTEM, "out of memory");
	free(line);
	free(text);
	json_decref(request);
	return sent;
}

/* True if this object is the answer to the last command: neither an event nor an answer that is late. */
static bool is_answer(const struct qmp *q, json_t *object)
{
	const json_t *id = json_object_get(object, "id");

	return (json_object_get(object, "return") || json_object_get(object, "error")) &&
	       json_is_integer(id) && json_integer_value(id) == q->last_id;
}

static bool judge(struct qmp *q, const char *name, json_t *answer, json_t **value, struct fault *fault)
{
	const json_t *error = json_object_get(answer, "error");
	const char *text = json_string_value(json_object_get(error, "desc"));

	if (error)
		return fault_set(fault, FAULT_SYSTEM, "the device model refuses '%s': %s (%s)", name,
		    text ? text : "it does not say why", q->path);
	if (value)
		*value = json_incref(json_object_get(answer, "return"));
	return true;
}

static bool await_answer(struct qmp *q, const char *name, json_t **value, struct fault *fault)
{
	for (;;) {
		json_t *object = receive(q, name, fault);
		bool good;

		if (!object)
			return false;
		if (is_answer(q, object)) {
			good = judge(q, name, object, value, fault);
			json_decref(object);
			return good;
		}
		json_decref(object);
	}
}

bool qmp_run(struct qmp *q, const struct qmp_command *command, json_t **value, struct fault *fault)
{
	bool good;

	call_begins(q, command->timeout_ms);
	good = send_command(q, command, fault) && await_answer(q, command->name, value, fault);
	json_decref(command->arguments);
	return good;
}

static bool connect_to(struct qmp *q, struct fault *fault)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", q->path);
	q->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (q->fd < 0)
		return fault_errno(fault, FAULT_SYSTEM, "cannot make a socket");
	/* Non-blocking already here: a dead model's queue of connections may be full, and that must not hang. */
	if (fcntl(q->fd, F_SETFL, O_NONBLOCK) != 0 ||
	    connect(q->fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return fault_errno(fault, FAULT_SYSTEM, "the device model cannot be reached at %s", q->path);
	return true;
}

/* The greeting says that this is QMP and which QEMU speaks it; nothing else is allowed before the negotiation. */
static bool shake_hands(struct qmp *q, struct fault *fault)
{
	const struct qmp_command negotiate = {.name = "qmp_capabilities"};
	json_t *greeting = receive(q, "a connection", fault);
	bool good = greeting && json_is_object(json_object_get(greeting, "QMP"));

	json_decref(greeting);
	if (!good)
		return fault_set(fault, FAULT_SYSTEM, "whoever answers at %s does not speak QMP", q->path);
	return send_command(q, &negotiate, fault) && await_answer(q, negotiate.name, NULL, fault);
}

struct qmp *qmp_open(const char *path, int timeout_ms, struct fault *fault)
{
	struct qmp *q = calloc(1, sizeof(*q));

	if (!q) {
		fault_set(fault, FAULT_SYSTEM, "out of memory");
		return NULL;
	}
	q->fd = -1;
	call_begins(q, timeout_ms);
	if (strlen(path) >= sizeof(q->path)) {
		fault_set(fault, FAULT_SYSTEM, "the path of the device model's socket is too long: %s", path);
	} else {
		memcpy(q->path, path, strlen(path) + 1);
		if (connect_to(q, fault) && shake_hands(q, fault))
			return q;
	}
	qmp_close(q);
	return NULL;
}

void qmp_close(struct qmp *q)
{
	if (!q)
		return;
	if (q->fd >= 0)
		close(q->fd);
	free(q);
}
