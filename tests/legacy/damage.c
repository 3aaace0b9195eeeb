/* SPDX-License-Identifier: MIT */
/*
 * Damaged legacy images: each vector cut off at points of its metadata and with single bits of it turned. Whatever
 * comes of it is an explained error or a good stream, in little time and little memory.
 *
 *     damage [-a | -u] [-f] [-p] [-n RUNS] VECTORS [NAME...]
 *
 * -u: every point and every bit of each thing that no vector before has at a like place.
 * -a: every point and every bit there is, which takes hours. Otherwise about RUNS of each vector, spread evenly and
 * starting elsewhere in each vector. -p: as between two pipes, where the guest's memory is kept while it passes.
 * -f: the image is a file, which is read twice.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <libstream/convert.h>

#define RUNS_DEFAULT 400u
#define SECONDS_MAX  2.0         /* for one image of some hundred KiB */
#define MEMORY_MAX   (16u << 10) /* KiB more than at the start */
#define FAULTS_SHOWN 40u
#define TEXT_MAX     512u

/* A run of metadata: what lies between is guest memory. */
struct range {
	size_t start, end; /* offsets */
};

/* One vector. */
struct vector {
	const char *name;                /* of the manifest */
	bool good;                       /* it converts */
	struct xsr_legacy_demand demand; /* what it takes to convert it */
	uint8_t *data;                   /* the image */
	size_t size;                     /* of it */
	struct range *ranges;            /* its metadata, or what is new of it */
	size_t range_count;              /* how many */
	size_t metadata;                 /* bytes in them */
};

static unsigned faults;
static bool only_fresh; /* -u */
static uint64_t runs, converted, refused;
static int output; /* a file in memory, written by each conversion */
static int input = -1; /* -f: a file in memory with the image */
static int sink_fd; /* over it: the same, or with -p one that cannot be read */

static void fault(const struct vector *v, const char *what, uint64_t where, const char *why)
{
	if (faults++ < FAULTS_SHOWN)
		printf("%s: %s %" PRIu64 ": %s\n", v->name, what, where, why);
}

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "damage: %s\n", what);
	exit(2);
}

/* A finding that explains nothing is as bad as none; otherwise its text. */
static const char *unexplained(const struct xsr_finding *f, size_t size, char text[TEXT_MAX])
{
	if (!f)
		return "refused without a finding";
	if (!f->id || !f->id[0] || f->severity != XSR_ERROR)
		return "refused with a finding that is no error";
	if (f->offset > size)
		return "the finding is beyond the image";
	if (xsr_finding_format(f, text, TEXT_MAX) >= TEXT_MAX || (!f->found[0] && !f->allowed[0]))
		return "the finding says nothing";
	return NULL;
}

/* Feeds an image, passing over page data. */
static enum xsr_status feed(struct xsr_legacy *d, const uint8_t *data, size_t size)
{
	const struct xsr_legacy_event *event;
	enum xsr_status status = XSR_OK;

	for (size_t at = 0, used; status == XSR_OK; at += used) {
		uint64_t skip = xsr_legacy_skippable(d);

		if (skip && at < size) {
			used = skip < size - at ? (size_t)skip : size - at;
			status = xsr_legacy_skip(d, used);
			continue;
		}
		status = xsr_legacy_feed(d, data + at, size - at, &used, &event);
		if (status == XSR_OK && !event && at + used == size)
			break;
	}
	return status == XSR_OK ? xsr_legacy_finish(d) : status;
}

/* The decoder over an image. */
static void decode(const struct vector *v, const uint8_t *data, size_t size, const char *what, uint64_t where)
{
	struct xsr_legacy *d = xsr_legacy_new(&v->demand, NULL, NULL);
	enum xsr_status status;
	char text[TEXT_MAX];
	const char *why;

	need(d, "out of memory");
	status = feed(d, data, size);
	if (status != XSR_OK) {
		why = unexplained(xsr_legacy_error(d), size, text);
		if (why)
			fault(v, what, where, why);
		else if (v->good && strcmp(what, "as it is") == 0)
			fault(v, what, where, text);
	}
	xsr_legacy_free(d);
}

static bool verify_event(void *context, const struct xsr_event *event)
{
	return xsr_verifier_event(context, event) == XSR_OK;
}

/* The verifier over what a conversion wrote: a second opinion, since the conversion asked it too. */
static void verify(const struct vector *v, const uint8_t *data, size_t size, const char *what, uint64_t where)
{
	struct xsr_source *source = xsr_source_from_memory(data, size);
	struct xsr_decoder *decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct xsr_verifier *verifier = xsr_verifier_new(XSR_DEPTH_STREAM, NULL, NULL);
	struct xsr_pump pump = {
	    .source = source, .decoder = decoder, .event = verify_event, .context = verifier};

	need(source && decoder && verifier, "out of memory");
	xsr_pump_run(&pump, NULL);
	xsr_decoder_finish(decoder);
	if (xsr_verifier_finish(verifier, decoder) != XSR_OK)
		fault(v, what, where, "the output is bad");
	xsr_verifier_free(verifier);
	xsr_decoder_free(decoder);
	xsr_source_free(source);
}

static void verify_file(const struct vector *v, size_t size, const char *what, uint64_t where)
{
	void *data = mmap(NULL, size, PROT_READ, MAP_SHARED, output, 0);

	need(data != MAP_FAILED, "the file in memory");
	verify(v, data, size, what, where);
	munmap(data, size);
}

/* What the conversion's own verifier found; the last word is that the output is bad, and says no more. */
static void keep_error(void *context, const struct xsr_finding *f)
{
	struct xsr_finding *kept = context;

	if (f->severity == XSR_ERROR && !kept->id)
		*kept = *f;
}

/* The image as it is converted: in memory, or in a file. */
static struct xsr_source *open_image(const uint8_t *data, size_t size)
{
	if (input < 0)
		return xsr_source_from_memory(data, size);
	need(lseek(input, 0, SEEK_SET) == 0 && ftruncate(input, 0) == 0 && write(input, data, size) == (ssize_t)size &&
	    lseek(input, 0, SEEK_SET) == 0, "the image in a file");
	return xsr_source_from_fd(input, false, NULL);
}

/* The whole way over an image, to a file in memory. */
static void convert(const struct vector *v, const uint8_t *data, size_t size, const char *what,
    uint64_t where)
{
	struct xsr_source *source = open_image(data, size);
	struct xsr_sink *sink = xsr_sink_to_fd(sink_fd, false);
	struct xsr_convert c = {
	    .source = source, .sink = sink, .options = {.demand = v->demand, .format = XSR_FORMAT_LIBXL}};
	struct xsr_finding error = {0}, found = {0};
	char text[TEXT_MAX];
	const char *why;

	c.output = keep_error;
	c.context = &found;
	need(source && sink, "out of memory");
	need(lseek(sink_fd, 0, SEEK_SET) == 0 && ftruncate(sink_fd, 0) == 0, "the file in memory");
	if (xsr_convert_run(&c, &error) == XSR_OK) {
		verify_file(v, (size_t)xsr_sink_position(sink), what, where);
		converted++;
	} else {
		refused++;
		if (error.id && strcmp(error.id, "io.output") == 0)
			error = found;
		why = unexplained(&error, error.layer == XSR_LAYER_LEGACY ? size : SIZE_MAX, text);
		if (why)
			fault(v, what, where, why);
		else if (v->good && strcmp(what, "as it is") == 0)
			fault(v, what, where, text);
	}
	xsr_sink_free(sink);
	xsr_source_free(source);
}

/* Time of the processor, not of the clock: tests run beside each other. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One run. The image gets memory of its own, so that reading past its end is seen by the sanitizers. */
static void run(const struct vector *v, const uint8_t *data, size_t size, const char *what, uint64_t where)
{
	uint8_t *copy = malloc(size ? size : 1);
	double begin = now();

	need(copy, "out of memory");
	memcpy(copy, data, size);
	decode(v, copy, size, what, where);
	convert(v, copy, size, what, where);
	free(copy);
	if (now() - begin > SECONDS_MAX)
		fault(v, what, where, "took too long");
	runs++;
}

/* Offset in the image of the nth byte of metadata. */
static size_t nth(const struct vector *v, size_t n)
{
	for (size_t i = 0; i < v->range_count; i++) {
		size_t length = v->ranges[i].end - v->ranges[i].start;

		if (n < length)
			return v->ranges[i].start + n;
		n -= length;
	}
	return v->size;
}

static void cut(const struct vector *v, size_t step, size_t first)
{
	for (size_t n = first % step; n < v->metadata; n += step) {
		size_t size = nth(v, n);

		run(v, v->data, size, "cut at", size);
	}
}

static void flip(const struct vector *v, size_t step, size_t first)
{
	for (size_t n = first % step; n < v->metadata * 8; n += step) {
		size_t at = nth(v, n / 8);
		uint8_t bit = (uint8_t)(1u << n % 8);

		v->data[at] ^= bit;
		run(v, v->data, v->size, "bit", (uint64_t)at * 8 + n % 8);
		v->data[at] ^= bit;
	}
}

/* How far apart n things of a total are. Odd, so that all bits of a byte have their turn. */
static size_t stride(size_t total, size_t n)
{
	return n && total > n ? total / n | 1 : 1;
}

static void damage(const struct vector *v, size_t wanted, size_t index)
{
	run(v, v->data, v->size, "as it is", 0);
	/* A quarter of the runs for cuts: there are fewer points than bits, and less happens there. */
	cut(v, stride(v->metadata, wanted / 4), index);
	flip(v, stride(v->metadata * 8, wanted - wanted / 4), index * 7);
}

static void read_image(struct vector *v, const char *directory, const char *file)
{
	char path[1024];
	FILE *f;
	long size = 0;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	f = fopen(path, "rb");
	need(f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0, path);
	v->size = (size_t)size;
	v->data = malloc(v->size + 1);
	need(v->data && fread(v->data, 1, v->size, f) == v->size, path);
	fclose(f);
}

/* The command line that converts it, as far as it concerns decoding. */
static void read_options(struct xsr_legacy_demand *demand, const json_t *options)
{
	for (size_t i = 0; i < json_array_size(options); i++) {
		const char *option = json_string_value(json_array_get(options, i));

		demand->tmem |= strcmp(option, "--drop-tmem") == 0;
		if (strcmp(option, "--tmem-oid=8") == 0)
			demand->tmem_oid = 8;
		else if (strcmp(option, "pv") == 0)
			demand->guest = XSR_DOMAIN_X86_PV;
	}
}

static void read_vector(struct vector *v, const char *directory, const json_t *row, const json_t *convert)
{
	const json_t *ranges = json_object_get(convert, only_fresh ? "fresh" : "metadata");

	*v = (struct vector){.name = json_string_value(json_object_get(row, "name")),
	    .good = sink_fd == output && json_integer_value(json_object_get(convert, "status")) == 0};
	read_options(&v->demand, json_object_get(convert, "options"));
	read_image(v, directory, json_string_value(json_object_get(row, "file")));
	v->range_count = json_array_size(ranges);
	v->ranges = calloc(v->range_count + 1, sizeof(*v->ranges));
	need(v->ranges, "out of memory");
	for (size_t i = 0; i < v->range_count; i++) {
		const json_t *range = json_array_get(ranges, i);

		v->ranges[i].start = (size_t)json_integer_value(json_array_get(range, 0));
		v->ranges[i].end = (size_t)json_integer_value(json_array_get(range, 1));
		need(v->ranges[i].start <= v->ranges[i].end && v->ranges[i].end <= v->size, v->name);
		v->metadata += v->ranges[i].end - v->ranges[i].start;
	}
}

static bool chosen(const char *name, char **names)
{
	for (char **n = names; *n; n++)
		if (strcmp(*n, name) == 0)
			return true;
	return !*names;
}

static size_t all_vectors(const char *directory, char **names, size_t wanted)
{
	json_error_t error;
	json_t *manifest, *rows;
	char path[1024];
	size_t done = 0;

	snprintf(path, sizeof(path), "%s/manifest.json", directory);
	manifest = json_load_file(path, 0, &error);
	need(manifest, path);
	rows = json_object_get(manifest, "vectors");
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i), *convert = json_object_get(row, "convert");
		struct vector v;

		if (!convert || !chosen(json_string_value(json_object_get(row, "name")), names))
			continue;
		read_vector(&v, directory, row, convert);
		damage(&v, wanted, i);
		free(v.ranges);
		free(v.data);
		done++;
	}
	json_decref(manifest);
	return done;
}

static long peak(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static int write_only(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_CLOEXEC);
}

int main(int argc, char **argv)
{
	size_t wanted = RUNS_DEFAULT, done;
	long before = peak(), after;
	bool pipes = false;
	int option;

	while ((option = getopt(argc, argv, "afn:pu")) != -1) {
		pipes |= option == 'p';
		if (option == 'f')
			input = memfd_create("input", 0);
		only_fresh |= option == 'u';
		if (option == 'a' || option == 'u')
			wanted = SIZE_MAX;
		else if (option == 'n')
			wanted = strtoul(optarg, NULL, 10);
		else if (option != 'p' && option != 'f')
			return 2;
	}
	need(optind < argc, "usage: damage [-a | -u] [-f] [-p] [-n RUNS] VECTORS [NAME...]");
	output = memfd_create("output", 0);
	sink_fd = pipes ? write_only(output) : output;
	need(output >= 0 && sink_fd >= 0, "no file in memory");
	done = all_vectors(argv[optind], argv + optind + 1, wanted);
	need(done, "no vector of that name");
	after = peak();
#if defined(__SANITIZE_ADDRESS__)
	printf("the sanitizer's own memory hides ours: not checked\n");
#else
	if (after - before > (long)MEMORY_MAX) {
		printf("took %ld KiB of memory\n", after - before);
		faults++;
	}
#endif
	printf("damage: %zu images, %" PRIu64 " runs, %" PRIu64 " converted, %" PRIu64
	       " refused, %u faults, %ld KiB\n",
	    done, runs, converted, refused, faults, after - before);
	return faults ? 1 : 0;
}
