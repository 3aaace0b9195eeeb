/* SPDX-License-Identifier: MIT */
#include "monitor.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Longest line taken; answers are some hundred bytes. */
#define LINE_MAX_BYTES 65536u

struct monitor {
	int fd;                    /* the socket */
	size_t used;               /* of line[] */
	char line[LINE_MAX_BYTES]; /* what was read and not yet understood */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Until there is something to read. False with a fault after the deadline, without if waiting was ended. */
static bool await(struct monitor *m, const struct monitor_limits *limits, struct fault *fault)
{
	for (;;) {
		struct pollfd fds[] = {
		    {.fd = m->fd, .events = POLLIN},
		    {.fd = limits->wake_fds[0], .events = POLLIN},
		    {.fd = limits->wake_fds[1], .events = POLLIN},
		};
		int64_t left = limits->deadline_ms - now_ms();

		if (left <= 0)
			return fault_set(fault, FAULT_SYSTEM, "the device model does not answer");
		if (poll(fds, 3, (int)left) < 0 && errno != EINTR)
			return fault_errno(fault, FAULT_SYSTEM, "cannot wait for the device model");
		if (fds[1].revents || fds[2].revents)
			return false;
		if (fds[0].revents)
			return true;
	}
}

/* Takes the first line off the buffer; NULL if none is complete. */
static json_t *take_line(struct monitor *m)
{
	char *end = memchr(m->line, '\n', m->used);
	size_t length;
	json_t *object;

	if (!end)
		return NULL;
	length = (size_t)(end - m->line) + 1;
	object = json_loadb(m->line, length, 0, NULL);
	m->used -= length;
	memmove(m->line, m->line + length, m->used);
	/* What is no JSON is an answer that nobody understands. */
	return object ? object : json_null();
}

/* The next object that the other side sends. */
static json_t *receive(struct monitor *m, const struct monitor_limits *limits, struct fault *fault)
{
	for (;;) {
		json_t *object = take_line(m);
		ssize_t got;

		if (object)
			return object;
		if (m->used == sizeof(m->line)) {
			fault_set(fault, FAULT_SYSTEM, "the device model's answer is too long");
			return NULL;
		}
		if (!await(m, limits, fault))
			return NULL;
		got = recv(m->fd, m->line + m->used, sizeof(m->line) - m->used, 0);
		if (got == 0 || (got < 0 && errno != EINTR)) {
			fault_set(fault, FAULT_SYSTEM, "the device model ended the talk");
			return NULL;
		}
		m->used += got > 0 ? (size_t)got : 0;
	}
}

/* The answer to a command, past all events. */
static json_t *answer(struct monitor *m, const char *command, const struct monitor_limits *limits,
    struct fault *fault)
{
	for (;;) {
		json_t *object = receive(m, limits, fault), *result;
		const char *text;

		if (!object)
			return NULL;
		result = json_incref(json_object_get(object, "return"));
		text = json_string_value(json_object_get(json_object_get(object, "error"), "desc"));
		if (!result && text)
			fault_set(fault, FAULT_SYSTEM, "the device model refuses %s: %s", command, text);
		json_decref(object);
		if (result || text)
			return result;
	}
}

json_t *monitor_ask(struct monitor *monitor, const char *command, const struct monitor_limits *limits,
    struct fault *fault)
{
	char line[128];
	int length = snprintf(line, sizeof(line), "{\"execute\":\"%s\"}\r\n", command);

	if (send(monitor->fd, line, (size_t)length, MSG_NOSIGNAL) != length) {
		fault_errno(fault, FAULT_SYSTEM, "cannot talk to the device model");
		return NULL;
	}
	return answer(monitor, command, limits, fault);
}

/* The greeting comes first, and is answered. */
static bool greet(struct monitor *m, const struct monitor_limits *limits, struct fault *fault)
{
	json_t *object = receive(m, limits, fault), *result;
	bool good = json_object_get(object, "QMP");

	if (object && !good)
		fault_set(fault, FAULT_SYSTEM, "who answers for the device model does not speak QMP");
	json_decref(object);
	if (!good)
		return false;
	result = monitor_ask(m, "qmp_capabilities", limits, fault);
	json_decref(result);
	return result;
}

struct monitor *monitor_open(const char *path, const struct monitor_limits *limits, struct fault *fault)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct monitor *m = calloc(1, sizeof(*m));

	if (!m) {
		fault_set(fault, FAULT_SYSTEM, "out of memory");
		return NULL;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	m->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (m->fd >= 0 && connect(m->fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	    greet(m, limits, fault))
		return m;
	monitor_close(m);
	return NULL;
}

void monitor_close(struct monitor *monitor)
{
	if (!monitor)
		return;
	if (monitor->fd >= 0)
		close(monitor->fd);
	free(monitor);
}
