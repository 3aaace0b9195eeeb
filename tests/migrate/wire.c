/* SPDX-License-Identifier: MIT */
/*
 * wire MODE DIRECTION BYTES COMMAND...: runs COMMAND and is the connection to it, until BYTES bytes have gone in
 * DIRECTION (forth or back). Then it does what MODE says; our parent is the source, COMMAND the receiver:
 *
 *   cut           the connection is gone          stall         it takes no more, and stays
 *   half          that direction is gone          count         nothing; at the end the bytes go to $WIRE_COUNT
 *   kill-source, kill-receiver, term-source, term-receiver: that side gets the signal; what comes then goes on
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct direction {
	int from, to;             /* descriptors, -1 if closed */
	unsigned long long bytes; /* that went through */
	unsigned long long limit; /* of them */
};

static const char *mode;
static pid_t source, receiver;

static pid_t start(char **command, struct direction *forth, struct direction *back)
{
	int to[2], from[2];
	pid_t pid;

	if (pipe(to) != 0 || pipe(from) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		for (int fd = 3; fd < 16; fd++)
			close(fd);
		execvp(command[0], command);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	*forth = (struct direction){.from = STDIN_FILENO, .to = to[1], .limit = ~0ull};
	*back = (struct direction){.from = from[0], .to = STDOUT_FILENO, .limit = ~0ull};
	return pid;
}

static void end(struct direction *d)
{
	close(d->from);
	close(d->to);
	d->from = d->to = -1;
}

/* The moment has come. True if the connection goes on. */
static int strike(struct direction *d, struct direction *forth, struct direction *back)
{
	d->limit = ~0ull;
	if (strcmp(mode, "cut") == 0) {
		end(forth);
		end(back);
	} else if (strcmp(mode, "half") == 0) {
		end(d);
	} else if (strcmp(mode, "stall") == 0) {
		/* Both ends stay open as long as we are there; we are for as long as somebody waits. */
		forth->from = back->from = -1;
		while (getppid() == source && waitpid(receiver, NULL, WNOHANG) == 0)
			usleep(20000);
		_exit(0);
	} else {
		kill(strstr(mode, "source") ? source : receiver, strstr(mode, "kill") ? SIGKILL : SIGTERM);
	}
	return d->from >= 0;
}

static void move(struct direction *d, struct direction *forth, struct direction *back)
{
	char data[65536];
	size_t most = sizeof(data);
	ssize_t got;

	if (d->limit - d->bytes < most)
		most = (size_t)(d->limit - d->bytes);
	got = read(d->from, data, most);
	if (got <= 0) {
		end(d);
		return;
	}
	for (ssize_t at = 0, n; at < got; at += n) {
		n = write(d->to, data + at, (size_t)(got - at));
		if (n <= 0) {
			end(d);
			return;
		}
	}
	d->bytes += (unsigned long long)got;
	if (d->bytes == d->limit)
		strike(d, forth, back);
}

int main(int argc, char **argv)
{
	struct direction forth, back;
	FILE *count;

	if (argc < 5)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	mode = argv[1];
	source = getppid();
	receiver = start(argv + 4, &forth, &back);
	if (strcmp(mode, "count") != 0) {
		struct direction *d = strcmp(argv[2], "forth") == 0 ? &forth : &back;

		d->limit = strtoull(argv[3], NULL, 10);
		if (d->limit == 0)
			strike(d, &forth, &back);
	}
	while (forth.from >= 0 || back.from >= 0) {
		struct pollfd fds[] = {
		    {.fd = forth.from, .events = POLLIN}, {.fd = back.from, .events = POLLIN}};

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return 2;
		if (fds[0].revents)
			move(&forth, &forth, &back);
		if (fds[1].revents && back.from >= 0)
			move(&back, &forth, &back);
	}
	count = getenv("WIRE_COUNT") ? fopen(getenv("WIRE_COUNT"), "we") : NULL;
	if (count) {
		fprintf(count, "%llu %llu\n", forth.bytes, back.bytes);
		fclose(count);
	}
	waitpid(receiver, NULL, 0);
	return 0;
}
