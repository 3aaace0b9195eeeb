/* SPDX-License-Identifier: MIT */
/*
 * A driver for the fuzz targets without libFuzzer: runs one over files, the files of folders, and damaged copies.
 *
 *	replay [-m MUTATIONS] [-s SEED] FILE-or-FOLDER…
 *
 * MUTATIONS copies in all are made, each of a file drawn at random; the same seed makes the same ones. When a target
 * aborts, the input that made it is left in fuzz-crash-TARGET.
 */
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

/* An input while it is run: what a crash leaves behind. */
static uint8_t *current;
static size_t current_size;
static char crash_name[256];

/* A file in memory. */
struct input {
	char *path;    /* for messages */
	uint8_t *data; /* its bytes */
	size_t size;   /* how many */
};

static struct input *inputs;
static size_t count;

static void on_abort(int number)
{
	FILE *file = fopen(crash_name, "wb");

	/* The process is lost anyway; a second crash in here costs nothing. */
	if (file) {
		fwrite(current, 1, current_size, file);
		fclose(file);
	}
	signal(number, SIG_DFL);
	raise(number);
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void *claim(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p)
		die("replay");
	return p;
}

static void load(const char *path)
{
	struct input in = {.path = strdup(path)};
	FILE *file = fopen(path, "rb");
	uint8_t piece[65536];
	size_t n;

	if (!file || !in.path)
		die(path);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0) {
		in.data = claim(in.data, in.size + n);
		memcpy(in.data + in.size, piece, n);
		in.size += n;
	}
	fclose(file);
	inputs = claim(inputs, (count + 1) * sizeof(*inputs));
	inputs[count++] = in;
}

/* Sorted, so that a seed means the same everywhere. Hidden files and the manifest are no streams. */
static void load_all(const char *path)
{
	struct dirent **names;
	char file[4096];
	int n = scandir(path, &names, NULL, alphasort);

	if (n < 0) {
		load(path);
		return;
	}
	for (int i = 0; i < n; i++) {
		const char *suffix = strrchr(names[i]->d_name, '.');

		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (suffix && (strcmp(suffix, ".img") == 0 || strcmp(suffix, ".gz") == 0))
			load(file);
		free(names[i]);
	}
	free(names);
}

static void run(const uint8_t *data, size_t size)
{
	/* A copy of just that size: sanitizers see each byte too many. */
	current = claim(NULL, size);
	current_size = size;
	if (size)
		memcpy(current, data, size);
	LLVMFuzzerTestOneInput(current, size);
	free(current);
	current = NULL;
	current_size = 0;
}

/* A place to damage: near the ends, where the structure is, more often than in the midst. */
static size_t place(uint64_t *random, size_t size)
{
	size_t zone = size < 2048 ? size : 2048;

	switch (next_random(random) % 4) {
	case 0:
	case 1:
		return next_random(random) % zone;
	case 2:
		return size - 1 - next_random(random) % (size < 20000 ? size : 20000);
	default:
		return next_random(random) % size;
	}
}

static void damage(uint8_t *data, size_t *size, uint64_t *random)
{
	static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
	size_t at = place(random, *size), n = 1 + next_random(random) % 64;

	if (n > *size - at)
		n = *size - at;
	switch (next_random(random) % 8) {
	case 0:
		*size = at;
		break;
	case 1:
		memmove(data + at, data + at + n, *size - at - n);
		*size -= n;
		break;
	case 2:
		memset(data + at, 0xff, n < 4 ? n : 4);
		break;
	case 3:
		memmove(data + at, data + place(random, *size - n + 1), n);
		break;
	case 4:
	case 5:
		data[at] = values[next_random(random) % sizeof(values)];
		break;
	default:
		data[at] ^= (uint8_t)(1u << next_random(random) % 8);
		break;
	}
}

static void mutate(unsigned long mutations, uint64_t seed)
{
	uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15);

	for (unsigned long i = 0; i < mutations; i++) {
		const struct input *in = &inputs[next_random(&random) % count];
		size_t size = in->size, edits = 1 + next_random(&random) % 4;
		uint8_t *copy;

		/* The few large ones take the time of many. */
		if (size > 1 << 20)
			continue;
		copy = claim(NULL, size);
		if (size)
			memcpy(copy, in->data, size);
		for (; edits && size; edits--)
			damage(copy, &size, &random);
		run(copy, size);
		free(copy);
	}
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	unsigned long mutations = 0, seed = 1;
	int option;

	while ((option = getopt(argc, argv, "m:s:")) != -1) {
		if (option != 'm' && option != 's')
			return 2;
		*(option == 'm' ? &mutations : &seed) = strtoul(optarg, NULL, 10);
	}
	snprintf(crash_name, sizeof(crash_name), "fuzz-crash-%s", name ? name + 1 : argv[0]);
	signal(SIGABRT, on_abort);
	signal(SIGSEGV, on_abort);
	for (int i = optind; i < argc; i++)
		load_all(argv[i]);
	if (!count) {
		fprintf(stderr, "replay: no inputs\n");
		return 2;
	}
	for (size_t i = 0; i < count; i++)
		run(inputs[i].data, inputs[i].size);
	mutate(mutations, seed);
	printf("%zu files, %lu mutations\n", count, mutations);
	for (size_t i = 0; i < count; i++) {
		free(inputs[i].path);
		free(inputs[i].data);
	}
	free(inputs);
	return 0;
}
