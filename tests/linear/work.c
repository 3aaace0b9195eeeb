/* SPDX-License-Identifier: MIT */
/*
 * Verifies and describes a file and prints what that took, in numbers that are the same each time: memory asked for, in
 * how many calls, bytes read, in how many calls.
 *
 * usage: linear_work FILE PIECE: by the pump, or if PIECE is not 0 fed in pieces of so many bytes
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libstream/describe.h>
#include <libstream/io.h>
#include <libstream/verify.h>

static uint64_t allocations, allocated;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

static void count(size_t size)
{
	allocations++;
	allocated += size;
}

void *__wrap_malloc(size_t size)
{
	count(size);
	return __real_malloc(size);
}

void *__wrap_calloc(size_t number, size_t size)
{
	count(number * size);
	return __real_calloc(number, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	count(size);
	return __real_realloc(old, size);
}

/* What looks at the events. */
struct consumers {
	struct xsr_verifier *verifier;   /* depth stream */
	struct xsr_describer *describer; /* to nobody */
	uint64_t findings;               /* so far */
};

static void on_finding(void *context, const struct xsr_finding *finding)
{
	struct consumers *c = context;

	(void)finding;
	c->findings++;
}

static bool on_event(void *context, const struct xsr_event *e)
{
	struct consumers *c = context;

	(void)xsr_verifier_event(c->verifier, e);
	xsr_describer_event(c->describer, e);
	return true;
}

static void number(void *context, const char *key, uint64_t value, enum xsr_number_base base)
{
	(void)context;
	(void)key;
	(void)value;
	(void)base;
}

static void boolean(void *context, const char *key, bool value)
{
	(void)context;
	(void)key;
	(void)value;
}

static void text(void *context, const char *key, const char *value)
{
	(void)context;
	(void)key;
	(void)value;
}

static void begin(void *context, const char *key, bool array)
{
	(void)context;
	(void)key;
	(void)array;
}

static void end(void *context)
{
	(void)context;
}

/* Page data goes by unseen here as well. */
static void feed(struct consumers *c, struct xsr_decoder *d, const uint8_t *data, size_t size, size_t piece)
{
	const struct xsr_event *e = NULL;
	size_t at = 0, used, n;

	while ((at < size || e) && !xsr_decoder_error(d)) {
		n = size - at < piece ? size - at : piece;
		(void)xsr_decoder_feed(d, data + at, n, &used, &e);
		at += used;
		if (e)
			on_event(c, e);
		n = xsr_decoder_skippable(d) < size - at ? (size_t)xsr_decoder_skippable(d) : size - at;
		(void)xsr_decoder_skip(d, n);
		at += n;
	}
}

/* All of a file, in memory that is not counted. NULL if it cannot be had. */
static uint8_t *load(int fd, size_t *size)
{
	struct stat st;
	uint8_t *data;

	if (fstat(fd, &st) < 0)
		return NULL;
	*size = (size_t)st.st_size;
	data = __real_malloc(*size + 1);
	for (size_t at = 0; data && at < *size;) {
		ssize_t n = read(fd, data + at, *size - at);

		if (n <= 0)
			return NULL;
		at += (size_t)n;
	}
	return data;
}

/* What the kernel says of this process: a line of /proc/self/io. */
static uint64_t kernel_count(const char *name)
{
	FILE *file = fopen("/proc/self/io", "r");
	uint64_t value, found = 0;
	char key[32];

	if (!file)
		return 0;
	while (fscanf(file, "%31s %" SCNu64, key, &value) == 2)
		if (strcmp(key, name) == 0)
			found = value;
	fclose(file);
	return found;
}

static int work(int fd, size_t piece)
{
	struct xsr_visitor visitor = {
	    .number = number, .boolean = boolean, .text = text, .begin = begin, .end = end};
	struct consumers c = {0};
	struct xsr_pump pump = {.event = on_event, .context = &c};
	size_t size = 0;

	c.verifier = xsr_verifier_new(XSR_DEPTH_STREAM, on_finding, &c);
	c.describer = xsr_describer_new(&visitor);
	pump.decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	if (piece) {
		uint8_t *data = load(fd, &size);

		if (!data)
			return 1;
		feed(&c, pump.decoder, data, size, piece);
		free(data);
	} else {
		pump.source = xsr_source_from_fd(fd, false, NULL);
		(void)xsr_pump_run(&pump, NULL);
		xsr_source_free(pump.source);
	}
	(void)xsr_decoder_finish(pump.decoder);
	(void)xsr_verifier_finish(c.verifier, pump.decoder);
	xsr_describer_free(c.describer);
	xsr_verifier_free(c.verifier);
	xsr_decoder_free(pump.decoder);
	printf("findings %" PRIu64 "\n", c.findings);
	return 0;
}

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open(argv[1], O_RDONLY) : -1;

	if (fd < 0)
		return 2;
	if (work(fd, (size_t)strtoul(argv[2], NULL, 10)) != 0)
		return 1;
	printf("allocations %" PRIu64 "\nbytes-allocated %" PRIu64 "\n", allocations, allocated);
	printf("bytes-read %" PRIu64 "\nreads %" PRIu64 "\n", kernel_count("rchar:"), kernel_count("syscr:"));
	return 0;
}
