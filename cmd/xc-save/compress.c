/* SPDX-License-Identifier: MIT */
#include "compress_method.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The largest pipe that anybody may have by default. */
#define PIPE_SIZE (1 << 20)

/* How long one that was told to stop may take. */
#define STOP_MS 2000

struct compressor {
	struct compression how;     /* method and level */
	int output_fd;              /* the caller's */
	int pipe[2];                /* read by us, written by the caller; -1 when closed */
	pthread_t thread;           /* runs the method */
	bool running;               /* it is to be joined */
	int over[2];                /* a pipe that ends when the thread is done */
	atomic_bool stop;           /* it shall end at once */
	atomic_bool failed;         /* fault is set */
	struct fault fault;         /* the first failure; written by the thread that wrote `failed` */
	atomic_uint_fast64_t bytes; /* written to the output */
};

static const char *parse_level(const char *text, int highest, int *level)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || *end != '\0' || number < 1 || number > highest)
		return highest == compress_gzip_levels ? "levels of gzip are 1 to 9"
		                                       : "levels of zstd are 1 to 19";
	*level = (int)number;
	return NULL;
}

const char *compress_parse(const char *text, struct compression *compression)
{
	*compression = (struct compression){.method = COMPRESS_GZIP, .level = 1};
	if (!text || strcmp(text, "gzip") == 0)
		return NULL;
	if (strncmp(text, "gzip:", 5) == 0)
		return parse_level(text + 5, compress_gzip_levels, &compression->level);
	if (strncmp(text, "zstd", 4) != 0)
		return parse_level(text, compress_gzip_levels, &compression->level);
	if (compress_zstd_levels == 0)
		return "zstd is not built in";
	*compression = (struct compression){.method = COMPRESS_ZSTD, .level = 3};
	if (text[4] == ':')
		return parse_level(text + 5, compress_zstd_levels, &compression->level);
	return text[4] == '\0' ? NULL : "methods are gzip and zstd";
}

unsigned compressor_threads(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	if (count < 1)
		return 1;
	return (unsigned)count < COMPRESS_THREADS_MAX ? (unsigned)count : COMPRESS_THREADS_MAX;
}

bool compressor_read(struct compressor *c, void *data, size_t size, size_t *got)
{
	ssize_t n;

	for (*got = 0; *got < size; *got += (size_t)n) {
		n = TEMP_FAILURE_RETRY(read(c->pipe[0], (char *)data + *got, size - *got));
		if (n < 0)
			return compressor_fail(c, "cannot read from a pipe");
		if (n == 0)
			break;
	}
	return !atomic_load(&c->stop);
}

/* A descriptor that the caller passed on may be non-blocking. */
static bool await_room(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLOUT};

	return errno == EINTR || (errno == EAGAIN && (poll(&pfd, 1, -1) >= 0 || errno == EINTR));
}

bool compressor_write(struct compressor *c, const void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n;

		if (atomic_load(&c->stop))
			return false;
		n = write(c->output_fd, (const char *)data + done, size - done);
		if (n >= 0) {
			done += (size_t)n;
			atomic_fetch_add(&c->bytes, (uint64_t)n);
		} else if (!await_room(c->output_fd)) {
			if (errno == EPIPE)
				fault_set(&c->fault, FAULT_SYSTEM, "the reader of the output is gone");
			else
				fault_errno(&c->fault, FAULT_SYSTEM, "cannot write the output");
			atomic_store(&c->failed, true);
			return false;
		}
	}
	return true;
}

bool compressor_fail(struct compressor *c, const char *what)
{
	fault_set(&c->fault, FAULT_SYSTEM, "compression: %s", what);
	atomic_store(&c->failed, true);
	return false;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void *run(void *context)
{
	struct compressor *c = context;

	if (c->how.method == COMPRESS_ZSTD)
		compress_zstd(c, c->how.level);
	else
		compress_gzip(c, c->how.level);
	/* Whoever still writes to the pipe learns that there is no use in it. */
	close_end(&c->pipe[0]);
	close_end(&c->over[1]);
	return NULL;
}

static void dispose(struct compressor *c)
{
	close_end(&c->pipe[0]);
	close_end(&c->pipe[1]);
	close_end(&c->over[0]);
	close_end(&c->over[1]);
	free(c);
}

struct compressor *compressor_start(const struct compression *how, int output_fd, int *input_fd,
    struct fault *fault)
{
	struct compressor *c = calloc(1, sizeof(*c));

	if (!c) {
		fault_set(fault, FAULT_SYSTEM, "out of memory");
		return NULL;
	}
	*c = (struct compressor){.how = *how, .output_fd = output_fd, .pipe = {-1, -1}, .over = {-1, -1}};
	if (pipe2(c->pipe, O_CLOEXEC) == 0 && pipe2(c->over, O_CLOEXEC) == 0)
		errno = pthread_create(&c->thread, NULL, run, c);
	if (errno) {
		fault_errno(fault, FAULT_SYSTEM, "cannot start to compress");
		dispose(c);
		return NULL;
	}
	c->running = true;
	*input_fd = c->pipe[1];
	/* A smaller pipe serves as well. */
	(void)fcntl(*input_fd, F_SETPIPE_SZ, PIPE_SIZE);
	return c;
}

bool compressor_fault(struct compressor *c, struct fault *fault)
{
	if (!atomic_load(&c->failed))
		return false;
	fault_set(fault, c->fault.kind, "%s", c->fault.text);
	return true;
}

bool compressor_finish(struct compressor *c, struct fault *fault)
{
	close_end(&c->pipe[1]);
	pthread_join(c->thread, NULL);
	c->running = false;
	return !compressor_fault(c, fault);
}

uint64_t compressor_bytes(const struct compressor *c)
{
	return atomic_load(&c->bytes);
}

void compressor_free(struct compressor *c)
{
	struct pollfd pfd = {.events = POLLIN};

	if (!c)
		return;
	if (c->running) {
		atomic_store(&c->stop, true);
		close_end(&c->pipe[1]);
		pfd.fd = c->over[0];
		if (poll(&pfd, 1, STOP_MS) != 1)
			return;
		pthread_join(c->thread, NULL);
	}
	dispose(c);
}
