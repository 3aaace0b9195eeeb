/* SPDX-License-Identifier: MIT */
/* Sources, sinks and the pump: every kind of descriptor on either side, and every way between them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "io/io.h"
#include "io/spool.h"
#include "unit.h"

#include <libstream/encoder.h>

/* Linked in front of the kernel's: some systems and file systems lack one or the other. */
enum call { SPLICE, COPY_RANGE, SENDFILE, SEEK, OPEN_NULL, OPEN_NAMELESS, CALLS };

static struct refusal {
	int error;      /* that the call fails with; 0: it is not refused */
	int after;      /* so many calls that are not refused */
	unsigned times; /* that it was refused */
} refusals[CALLS];

static bool refuse(enum call call)
{
	struct refusal *r = &refusals[call];

	if (!r->error || r->after-- > 0)
		return false;
	r->after = 0;
	r->times++;
	errno = r->error;
	return true;
}

ssize_t __real_splice(int in, off_t *in_at, int out, off_t *out_at, size_t size, unsigned flags);
ssize_t __wrap_splice(int in, off_t *in_at, int out, off_t *out_at, size_t size, unsigned flags);
ssize_t __real_copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t size, unsigned flags);
ssize_t __wrap_copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t size, unsigned flags);
ssize_t __real_sendfile64(int out, int in, off_t *at, size_t size);
ssize_t __wrap_sendfile64(int out, int in, off_t *at, size_t size);
off_t __real_lseek64(int fd, off_t offset, int whence);
off_t __wrap_lseek64(int fd, off_t offset, int whence);
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);

ssize_t __wrap_splice(int in, off_t *in_at, int out, off_t *out_at, size_t size, unsigned flags)
{
	return refuse(SPLICE) ? -1 : __real_splice(in, in_at, out, out_at, size, flags);
}

ssize_t __wrap_copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t size, unsigned flags)
{
	return refuse(COPY_RANGE) ? -1 : __real_copy_file_range(in, in_at, out, out_at, size, flags);
}

ssize_t __wrap_sendfile64(int out, int in, off_t *at, size_t size)
{
	return refuse(SENDFILE) ? -1 : __real_sendfile64(out, in, at, size);
}

off_t __wrap_lseek64(int fd, off_t offset, int whence)
{
	return refuse(SEEK) ? -1 : __real_lseek64(fd, offset, whence);
}

int __wrap_open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(args, mode_t);
	va_end(args);
	if ((flags & O_TMPFILE) == O_TMPFILE && refuse(OPEN_NAMELESS))
		return -1;
	if (strcmp(path, "/dev/null") == 0 && refuse(OPEN_NULL))
		return -1;
	return __real_open64(path, flags, mode);
}

/* Page data of a batch is far longer than the pump's buffer, so that most of it is passed over. */
#define BATCH   64u
#define BATCHES 3u
#define RECORDS (BATCHES + 1)

enum end { NOTHING, MEMORY, FILE_, APPEND, PIPE, SLOW_PIPE, SOCKET, ENDS };

struct bytes {
	uint8_t *data;
	size_t size;
};

/* An image of a few batches: not one that restores, but one that is framed right. */
static struct bytes make_image(void)
{
	struct xsr_image_header image = {.version = 3};
	struct xsr_domain_header domain = {.type = XSR_DOMAIN_X86_PV, .page_shift = 12, .xen_major = 4};
	struct xsr_buffer b = {.size = BATCHES * (BATCH * (XSR_PAGE_SIZE + 8) + 16) + 48};

	b.data = malloc(b.size);
	ck_assert_ptr_nonnull(b.data);
	xsr_encode_image_header(&b, &image);
	xsr_encode_domain_header(&b, &domain, false);
	for (unsigned i = 0; i < BATCHES; i++) {
		uint64_t entries[BATCH];

		for (unsigned k = 0; k < BATCH; k++)
			entries[k] = i * BATCH + k;
		xsr_encode_record_header(&b, XSR_LIBXC_PAGE_DATA, 8 + BATCH * (8 + XSR_PAGE_SIZE), false);
		xsr_encode_batch(&b, BATCH, 0, false);
		xsr_encode_pfns(&b, entries, BATCH, false);
		for (size_t k = 0; k < (size_t)BATCH * XSR_PAGE_SIZE; k++)
			b.data[b.length++] = (uint8_t)(k * 31 + k / 4093 + i);
	}
	ck_assert_int_eq(xsr_encode_record(&b, XSR_LIBXC_END, NULL, 0, false), XSR_OK);
	ck_assert_uint_eq(b.length, b.size);
	return (struct bytes){b.data, b.size};
}

static int scratch_file(int flags)
{
	char name[] = "/tmp/xsr-io-XXXXXX";
	int fd = mkstemp(name);

	ck_assert_int_ge(fd, 0);
	if (flags)
		ck_assert_int_eq(fcntl(fd, F_SETFL, flags), 0);
	unlink(name);
	return fd;
}

static void write_all(int fd, const uint8_t *data, size_t size, size_t piece)
{
	while (size) {
		size_t n = size < piece ? size : piece;
		ssize_t done = write(fd, data, n);

		if (done < 0)
			_exit(1);
		data += done;
		size -= (size_t)done;
	}
}

/* A descriptor that yields these bytes. Pipes and sockets are filled by a child. */
static int input_open(enum end end, struct bytes b)
{
	int fds[2];

	if (end == FILE_) {
		fds[0] = scratch_file(0);
		write_all(fds[0], b.data, b.size, b.size);
		__real_lseek64(fds[0], 0, SEEK_SET);
		return fds[0];
	}
	ck_assert_int_eq(end == SOCKET ? socketpair(AF_UNIX, SOCK_STREAM, 0, fds) : pipe(fds), 0);
	if (fork() == 0) {
		close(fds[0]);
		write_all(fds[1], b.data, b.size, end == SLOW_PIPE ? 1777 : b.size);
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

/* Where output goes, and the file that it is found in at last. */
struct output {
	int fd;     /* to write to */
	int result; /* a file */
	pid_t pid;  /* of the child that copies, or 0 */
};

static void copy_child(int from, int to)
{
	uint8_t buffer[3000];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		write_all(to, buffer, (size_t)n, sizeof(buffer));
	_exit(n < 0);
}

static struct output output_open(enum end end)
{
	struct output o = {.result = scratch_file(end == APPEND ? O_APPEND : 0)};
	int fds[2];

	o.fd = o.result;
	if (end == FILE_ || end == APPEND)
		return o;
	ck_assert_int_eq(end == SOCKET ? socketpair(AF_UNIX, SOCK_STREAM, 0, fds) : pipe(fds), 0);
	o.pid = fork();
	if (o.pid == 0) {
		close(fds[1]);
		copy_child(fds[0], o.result);
	}
	close(fds[0]);
	if (end == SLOW_PIPE)
		ck_assert_int_eq(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	o.fd = fds[1];
	return o;
}

static void output_check(struct output *o, struct bytes want)
{
	uint8_t *got = malloc(want.size + 1);
	int status = 0;

	if (o->pid) {
		close(o->fd);
		waitpid(o->pid, &status, 0);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_int_eq(pread(o->result, got, want.size + 1, 0), (ssize_t)want.size);
	ck_assert_int_eq(memcmp(got, want.data, want.size), 0);
	free(got);
	close(o->result);
}

/* What a consumer saw. */
struct seen {
	unsigned records;   /* records that began */
	uint64_t pfns;      /* sum of all entries */
	uint64_t page_sum;  /* of the bytes of page data that were delivered */
	uint64_t pages;     /* how many bytes */
	unsigned stop_at;   /* record to stop at, 0 for none */
	unsigned leave;     /* record whose page data is not taken, 0 for none */
	uint64_t last_tick; /* offset */
	unsigned ticks;     /* how many */
};

static bool on_event(void *context, const struct xsr_event *e)
{
	struct seen *seen = context;

	if (e->type == XSR_EVENT_RECORD)
		seen->records++;
	for (size_t i = 0; e->type == XSR_EVENT_PFNS && i < e->u.pfns.count; i++)
		seen->pfns += e->u.pfns.entries[i];
	for (size_t i = 0; e->type == XSR_EVENT_PAGES && i < e->u.bytes.length; i++)
		seen->page_sum += e->u.bytes.data[i];
	if (e->type == XSR_EVENT_PAGES)
		seen->pages += e->u.bytes.length;
	return !seen->stop_at || seen->records < seen->stop_at;
}

static void on_tick(void *context, uint64_t offset)
{
	struct seen *seen = context;

	ck_assert_uint_gt(offset, seen->last_tick);
	seen->last_tick = offset;
	seen->ticks++;
}

static struct xsr_source *source_open(enum end end, struct bytes b)
{
	struct xsr_source *s = end == MEMORY ? xsr_source_from_memory(b.data, b.size)
	                                     : xsr_source_from_fd(input_open(end, b), true, NULL);

	ck_assert_ptr_nonnull(s);
	return s;
}

static void one_way(struct bytes image, enum end in, enum end out, int way, unsigned mode)
{
	struct output o = {0};
	struct seen seen = {0};
	struct xsr_pump pump = {
	    .source = source_open(in, image),
	    .decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN),
	    .want_pages = mode & 1,
	    .exact = mode & 2,
	    .event = on_event,
	    .tick = on_tick,
	    .context = &seen,
	};

	if (out != NOTHING) {
		o = output_open(out);
		pump.sink = xsr_sink_to_fd(o.fd, false);
	}
	if (way < WAY_COUNT)
		source_force(pump.source, (enum io_way)way);
	ck_assert_int_eq(xsr_pump_run(&pump, NULL), XSR_OK);
	ck_assert_int_eq(xsr_decoder_finish(pump.decoder), XSR_OK);
	ck_assert_uint_eq(xsr_decoder_offset(pump.decoder), image.size);
	ck_assert_uint_eq(seen.records, RECORDS);
	ck_assert_uint_eq(seen.pfns, (uint64_t)BATCHES * BATCH * (BATCHES * BATCH - 1) / 2);
	ck_assert_uint_eq(seen.pages, pump.want_pages ? (uint64_t)BATCHES * BATCH * XSR_PAGE_SIZE : 0);
	ck_assert_uint_ge(seen.ticks, 1);
	if (pump.sink) {
		ck_assert_uint_eq(xsr_sink_position(pump.sink), image.size);
		output_check(&o, image);
	}
	xsr_sink_free(pump.sink);
	xsr_source_free(pump.source);
	xsr_decoder_free(pump.decoder);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

START_TEST(every_way_delivers_the_same)
{
	struct bytes image = make_image();

	for (enum end in = MEMORY; in < ENDS; in++)
		for (enum end out = NOTHING; out < ENDS; out++)
			for (int way = 0; way <= WAY_COUNT; way++)
				for (unsigned mode = 0; mode < (way == WAY_COUNT ? 4 : 1); mode++)
					if (in != APPEND && out != MEMORY)
						one_way(image, in, out, way, mode);
	free(image.data);
}
END_TEST

/* A file of a byte, a mebibyte that is not there, a byte, and as much again; read from its second byte. */
static int sparse_file(size_t *size)
{
	int fd = scratch_file(0);

	*size = (2u << 20) + 4;
	write_all(fd, (const uint8_t *)"ab", 2, 2);
	ck_assert_int_eq(pwrite(fd, "c", 1, (1 << 20) + 1), 1);
	ck_assert_int_eq(ftruncate(fd, (off_t)*size), 0);
	ck_assert_int_eq(lseek(fd, 1, SEEK_SET), 1);
	*size -= 1;
	return fd;
}

/* All of it moved behind what a file has from `before` on; what the file takes then, in KiB. */
static unsigned move_sparse(int flags, const char *before, off_t at)
{
	size_t size;
	int from = sparse_file(&size), to = scratch_file(flags);
	struct xsr_source *source = xsr_source_from_fd(from, true, NULL);
	struct xsr_sink *sink = xsr_sink_to_fd(to, false);
	uint8_t *bytes = malloc(size);
	size_t wrong = 0;
	uint64_t moved;
	struct stat st;

	write_all(to, (const uint8_t *)before, strlen(before), 4096);
	ck_assert_int_eq(lseek(to, at, SEEK_SET), at);
	ck_assert_int_eq(source_move(source, sink, size, &moved, NULL), XSR_OK);
	ck_assert_uint_eq(moved, size);
	ck_assert_uint_eq(xsr_sink_position(sink), size);
	if (flags & O_APPEND)
		at = (off_t)strlen(before);
	ck_assert_int_eq(fstat(to, &st), 0);
	ck_assert_int_eq(st.st_size, at + (off_t)size);
	ck_assert_int_eq(pread(to, bytes, size, at), (ssize_t)size);
	for (size_t i = 0; i < size; i++)
		wrong += bytes[i] != (i == 0 ? 'b' : i == 1 << 20 ? 'c' : 0);
	ck_assert_uint_eq(wrong, 0);
	free(bytes);
	xsr_sink_free(sink);
	xsr_source_free(source);
	close(to);
	return (unsigned)(st.st_blocks / 2);
}

START_TEST(holes_stay_holes)
{
	static char there[(2u << 20) + 1];

	ck_assert_uint_lt(move_sparse(0, "", 0), 256);
	ck_assert_uint_lt(move_sparse(0, "before", 6), 256);
	/* What is there already is not zero, and a file that is appended to cannot be left out of. */
	memset(there, 'x', sizeof(there) - 1);
	(void)move_sparse(0, there, 0);
	(void)move_sparse(O_APPEND, "before", 6);
}
END_TEST

/* What the hook may rely on. */
struct passed {
	struct xsr_sink *sink; /* where bytes should be by then */
	uint64_t last;         /* offset told last */
	unsigned calls;        /* so far */
};

static void on_passed(void *context, uint64_t offset)
{
	struct passed *passed = context;

	ck_assert_uint_eq(xsr_sink_position(passed->sink), offset);
	ck_assert_uint_ge(offset, passed->last);
	passed->last = offset;
	passed->calls++;
}

START_TEST(passed_means_passed_on)
{
	static const enum end inputs[] = {MEMORY, FILE_, PIPE, SLOW_PIPE, SOCKET};
	struct bytes image = make_image();

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		struct output o = output_open(PIPE);
		struct passed passed = {.sink = xsr_sink_to_fd(o.fd, false)};
		struct xsr_pump pump = {.source = source_open(inputs[i], image),
		    .decoder = xsr_decoder_new(XSR_FORMAT_LIBXC),
		    .sink = passed.sink,
		    .passed = on_passed,
		    .context = &passed};

		ck_assert_int_eq(xsr_pump_run(&pump, NULL), XSR_OK);
		output_check(&o, image);
		ck_assert_uint_gt(passed.calls, 1);
		ck_assert_uint_eq(passed.last, image.size);
		xsr_sink_free(pump.sink);
		xsr_source_free(pump.source);
		xsr_decoder_free(pump.decoder);
	}
	free(image.data);
}
END_TEST

/* Bytes that went a way when a pump ran from `in` to `out`. */
static uint64_t bytes_moved(enum end in, enum end out, int force, enum io_way way)
{
	struct bytes image = make_image();
	struct output o = {0};
	struct xsr_pump pump = {
	    .source = source_open(in, image),
	    .decoder = xsr_decoder_new(XSR_FORMAT_LIBXC),
	};
	uint64_t moved;

	if (out != NOTHING) {
		o = output_open(out);
		pump.sink = xsr_sink_to_fd(o.fd, false);
	}
	if (force < WAY_COUNT)
		source_force(pump.source, (enum io_way)force);
	ck_assert_int_eq(xsr_pump_run(&pump, NULL), XSR_OK);
	if (pump.sink)
		output_check(&o, image);
	moved = pump.source->moved[way];
	xsr_sink_free(pump.sink);
	xsr_source_free(pump.source);
	xsr_decoder_free(pump.decoder);
	free(image.data);
	return moved;
}

START_TEST(cheapest_way_is_taken)
{
	/* The buffer may hold some of the page data; by far the most must go the cheap way. */
	const uint64_t most = (uint64_t)BATCHES * BATCH * XSR_PAGE_SIZE * 3 / 4;

	ck_assert_uint_ge(bytes_moved(MEMORY, NOTHING, WAY_COUNT, WAY_SEEK), most);
	ck_assert_uint_ge(bytes_moved(FILE_, NOTHING, WAY_COUNT, WAY_SEEK), most);
	ck_assert_uint_ge(bytes_moved(PIPE, NOTHING, WAY_COUNT, WAY_SPLICE), most);
	ck_assert_uint_ge(bytes_moved(SOCKET, NOTHING, WAY_COUNT, WAY_MEMORY), most);
	ck_assert_uint_ge(bytes_moved(FILE_, FILE_, WAY_COUNT, WAY_COPY_RANGE), most);
	ck_assert_uint_ge(bytes_moved(FILE_, PIPE, WAY_COUNT, WAY_SPLICE), most);
	ck_assert_uint_ge(bytes_moved(FILE_, SOCKET, WAY_COUNT, WAY_SENDFILE), most);
	ck_assert_uint_ge(bytes_moved(PIPE, FILE_, WAY_COUNT, WAY_SPLICE), most);
	ck_assert_uint_ge(bytes_moved(PIPE, PIPE, WAY_COUNT, WAY_SPLICE), most);
	ck_assert_uint_ge(bytes_moved(SOCKET, PIPE, WAY_COUNT, WAY_SPLICE), most);
}
END_TEST

START_TEST(fallbacks_are_taken)
{
	const uint64_t most = (uint64_t)BATCHES * BATCH * XSR_PAGE_SIZE * 3 / 4;

	ck_assert_uint_ge(bytes_moved(FILE_, NOTHING, WAY_MEMORY, WAY_MEMORY), most);
	ck_assert_uint_ge(bytes_moved(PIPE, NOTHING, WAY_MEMORY, WAY_MEMORY), most);
	ck_assert_uint_ge(bytes_moved(FILE_, FILE_, WAY_SENDFILE, WAY_SENDFILE), most);
	ck_assert_uint_ge(bytes_moved(FILE_, FILE_, WAY_MEMORY, WAY_MEMORY), most);
	ck_assert_uint_ge(bytes_moved(FILE_, PIPE, WAY_SENDFILE, WAY_SENDFILE), most);
	/* The kernel refuses these, and memory takes over by itself. */
	ck_assert_uint_ge(bytes_moved(FILE_, APPEND, WAY_COPY_RANGE, WAY_MEMORY), most);
	ck_assert_uint_ge(bytes_moved(PIPE, APPEND, WAY_COUNT, WAY_MEMORY), most);
	ck_assert_uint_ge(bytes_moved(SOCKET, FILE_, WAY_COUNT, WAY_MEMORY), most);
	ck_assert_uint_ge(bytes_moved(MEMORY, PIPE, WAY_COUNT, WAY_MEMORY), most);
}
END_TEST

/* What a pump from `in` to `out` does where these calls are refused; the way that takes their place. */
struct lack {
	enum end in, out;
	unsigned calls; /* a bit each */
	enum io_way instead;
};

static void check_lack(const struct lack *lack, int error, int after)
{
	const uint64_t all = (uint64_t)BATCHES * BATCH * XSR_PAGE_SIZE;
	uint64_t moved, least = after ? all / 4 : all * 3 / 4;

	for (unsigned call = 0; call < CALLS; call++)
		if (lack->calls >> call & 1)
			refusals[call] = (struct refusal){.error = error, .after = after};
	moved = bytes_moved(lack->in, lack->out, WAY_COUNT, lack->instead);
	for (unsigned call = 0; call < CALLS; call++)
		if (lack->calls >> call & 1)
			ck_assert_uint_ge(refusals[call].times, 1);
	memset(refusals, 0, sizeof(refusals));
	ck_assert_uint_ge(moved, least);
}

/* Refused at once, or after some of the bytes went that way, and with whatever error: no byte is lost or doubled. */
START_TEST(what_the_kernel_refuses_is_done_otherwise)
{
	enum { S = 1 << SPLICE, C = 1 << COPY_RANGE, F = 1 << SENDFILE };
	static const struct lack lacks[] = {
	    {FILE_, FILE_, C, WAY_SENDFILE},
	    {FILE_, FILE_, C | F, WAY_MEMORY},
	    {FILE_, PIPE, S, WAY_SENDFILE},
	    {FILE_, PIPE, S | F, WAY_MEMORY},
	    {FILE_, SOCKET, F, WAY_MEMORY},
	    {PIPE, NOTHING, S, WAY_MEMORY},
	    {PIPE, PIPE, S, WAY_MEMORY},
	    {PIPE, FILE_, S, WAY_MEMORY},
	    {SOCKET, PIPE, S, WAY_MEMORY},
	};
	static const int errors[] = {ENOSYS, EINVAL, EXDEV, EPERM, EOPNOTSUPP};

	for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
		for (size_t k = 0; k < sizeof(errors) / sizeof(errors[0]); k++)
			check_lack(&lacks[i], errors[k], 0);
		check_lack(&lacks[i], EINVAL, 1);
	}
	check_lack(&(struct lack){PIPE, NOTHING, 1 << OPEN_NULL, WAY_MEMORY}, EACCES, 0);
}
END_TEST

/* No seeking from the beginning, or from a place in the middle on, where the source knew of its size already. */
START_TEST(what_cannot_seek_is_read)
{
	for (int after = 0; after < 4; after++)
		check_lack(&(struct lack){FILE_, NOTHING, 1 << SEEK, WAY_MEMORY}, ESPIPE, after);
}
END_TEST

START_TEST(files_lose_their_name_where_none_is_born_without)
{
	char folder[] = "/tmp/xsr-io-XXXXXX";
	const struct dirent *entry;
	DIR *dir;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	refusals[OPEN_NAMELESS] = (struct refusal){.error = EOPNOTSUPP};
	fd = spool_file(folder);
	ck_assert_uint_eq(refusals[OPEN_NAMELESS].times, 1);
	memset(refusals, 0, sizeof(refusals));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	dir = opendir(folder);
	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)))
		ck_assert_int_eq(entry->d_name[0], '.');
	closedir(dir);
	close(fd);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(skip_past_the_end_is_short)
{
	static uint8_t data[100000];
	struct bytes b = {data, sizeof(data)};

	for (enum end in = MEMORY; in < ENDS; in++) {
		struct xsr_source *s;
		uint64_t skipped;
		uint8_t byte;
		size_t got;

		if (in == APPEND)
			continue;
		s = source_open(in, b);
		ck_assert_int_eq(xsr_source_skip(s, 99, &skipped, NULL), XSR_OK);
		ck_assert_uint_eq(skipped, 99);
		ck_assert_int_eq(xsr_source_skip(s, UINT64_MAX, &skipped, NULL), XSR_OK);
		ck_assert_uint_eq(skipped, sizeof(data) - 99);
		ck_assert_uint_eq(xsr_source_position(s), sizeof(data));
		ck_assert_int_eq(xsr_source_read(s, &byte, 1, &got, NULL), XSR_OK);
		ck_assert_uint_eq(got, 0);
		xsr_source_free(s);
	}
}
END_TEST

START_TEST(truncated_page_data_is_seen)
{
	struct bytes image = make_image(), cut = {image.data, image.size - 16 - 5 * XSR_PAGE_SIZE};

	for (enum end in = MEMORY; in < ENDS; in++) {
		struct xsr_pump pump = {.decoder = xsr_decoder_new(XSR_FORMAT_LIBXC)};

		if (in == APPEND) {
			xsr_decoder_free(pump.decoder);
			continue;
		}
		pump.source = source_open(in, cut);
		ck_assert_int_eq(xsr_pump_run(&pump, NULL), XSR_OK);
		ck_assert_int_eq(xsr_decoder_finish(pump.decoder), XSR_E_TRUNCATED);
		ck_assert_uint_eq(xsr_decoder_offset(pump.decoder), cut.size);
		xsr_source_free(pump.source);
		xsr_decoder_free(pump.decoder);
	}
	free(image.data);
}
END_TEST

START_TEST(grown_file_is_followed)
{
	static const uint8_t data[2000];
	int fd = input_open(FILE_, (struct bytes){(uint8_t *)(uintptr_t)data, 1000});
	struct xsr_source *s = xsr_source_from_fd(fd, true, NULL);
	uint64_t size, skipped;

	ck_assert(xsr_source_size(s, &size));
	ck_assert_uint_eq(size, 1000);
	ck_assert_int_eq(pwrite(fd, data, 2000, 0), 2000);
	ck_assert_int_eq(xsr_source_skip(s, 1500, &skipped, NULL), XSR_OK);
	ck_assert_uint_eq(skipped, 1500);
	xsr_source_free(s);
}
END_TEST

START_TEST(fault_does_not_end_the_copy)
{
	struct bytes image = make_image();
	struct xsr_finding error;

	/* Record 1 gets a length that no reader takes. */
	image.data[40 + 8 + 8 + BATCH * (8 + XSR_PAGE_SIZE) + 7] = 0xff;
	for (enum end in = MEMORY; in < ENDS; in++) {
		struct output o = output_open(PIPE);
		struct xsr_pump pump = {
		    .decoder = xsr_decoder_new(XSR_FORMAT_LIBXC),
		    .sink = xsr_sink_to_fd(o.fd, false),
		    .source = source_open(in == APPEND ? MEMORY : in, image),
		};

		ck_assert_int_eq(xsr_pump_run(&pump, &error), XSR_E_LIMIT);
		ck_assert_str_eq(error.id, "record.limit");
		output_check(&o, image);
		xsr_source_free(pump.source);
		xsr_sink_free(pump.sink);
		xsr_decoder_free(pump.decoder);
	}
	free(image.data);
}
END_TEST

START_TEST(exact_stops_behind_the_end)
{
	static const enum end ends[] = {FILE_, PIPE, SOCKET};
	struct bytes image = make_image();

	image.data = realloc(image.data, image.size + 4);
	memcpy(image.data + image.size, "next", 4);
	image.size += 4;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		int fd = input_open(ends[i], image);
		struct xsr_pump pump = {
		    .decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN),
		    .source = xsr_source_from_fd(fd, false, NULL),
		    .exact = true,
		};
		char rest[5] = "";

		ck_assert_int_eq(xsr_pump_run(&pump, NULL), XSR_OK);
		ck_assert_int_eq(xsr_decoder_finish(pump.decoder), XSR_OK);
		ck_assert_int_eq(read(fd, rest, sizeof(rest)), 4);
		ck_assert_str_eq(rest, "next");
		xsr_source_free(pump.source);
		xsr_decoder_free(pump.decoder);
		close(fd);
	}
	free(image.data);
}
END_TEST

START_TEST(consumer_ends_the_pump)
{
	struct bytes image = make_image(), head = {image.data, 40 + 8};
	struct seen seen = {.stop_at = 1};
	struct output o = output_open(FILE_);
	struct xsr_pump pump = {
	    .decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN),
	    .source = source_open(FILE_, image),
	    .sink = xsr_sink_to_fd(o.fd, false),
	    .event = on_event,
	    .context = &seen,
	};

	ck_assert_int_eq(xsr_pump_run(&pump, NULL), XSR_OK);
	ck_assert_uint_eq(seen.records, 1);
	output_check(&o, head);
	xsr_source_free(pump.source);
	xsr_sink_free(pump.sink);
	xsr_decoder_free(pump.decoder);
	free(image.data);
}
END_TEST

/* Takes all page data, but for that of one batch. */
static bool take_payload(void *context, const struct xsr_event *e)
{
	struct seen *seen = context;

	ck_assert_uint_eq(e->u.payload.length, BATCH * XSR_PAGE_SIZE);
	return seen->records != seen->leave;
}

static void pages_to_sink(struct bytes image, enum end in, enum end out, unsigned leave)
{
	const size_t size = (size_t)BATCH * XSR_PAGE_SIZE, record = size + BATCH * 8 + 16;
	struct bytes want = {malloc(BATCHES * size), 0};
	struct seen seen = {.leave = leave};
	struct output o = output_open(out);
	struct xsr_pump pump = {.source = source_open(in, image), .pages = xsr_sink_to_fd(o.fd, false),
	    .want_pages = true, .event = on_event, .payload = take_payload, .context = &seen};

	for (unsigned i = 1; i <= BATCHES; i++, want.size += i - 1 == leave ? 0 : size)
		memcpy(want.data + want.size, image.data + 40 + i * record - size, size);
	pump.decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	ck_assert_int_eq(xsr_pump_run(&pump, NULL), XSR_OK);
	ck_assert_int_eq(xsr_decoder_finish(pump.decoder), XSR_OK);
	ck_assert_uint_eq(seen.records, RECORDS);
	ck_assert_uint_eq(seen.pages, leave ? size : 0);
	/* Inside of the kernel, wherever there is a way. */
	if (out != APPEND && (in == PIPE || (in == FILE_ && out == PIPE)))
		ck_assert_uint_gt(pump.source->moved[WAY_SPLICE] + pump.source->moved[WAY_COPY_RANGE], want.size / 2);
	output_check(&o, want);
	/* Two sinks would get the same bytes, one of them without their records. */
	pump.sink = pump.pages;
	ck_assert_int_eq(xsr_pump_run(&pump, NULL), XSR_E_MISUSE);
	xsr_sink_free(pump.pages);
	xsr_source_free(pump.source);
	xsr_decoder_free(pump.decoder);
	free(want.data);
}

START_TEST(page_data_goes_to_its_sink)
{
	struct bytes image = make_image();

	for (enum end in = MEMORY; in < ENDS; in++)
		for (unsigned leave = 0; in != APPEND && leave <= BATCHES; leave++)
			for (enum end out = FILE_; out < SOCKET; out++)
				pages_to_sink(image, in, out, leave);
	free(image.data);
}
END_TEST

START_TEST(failures_name_the_call)
{
	struct bytes image = make_image();
	struct xsr_pump pump = {.decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN)};
	struct xsr_finding error;
	int fds[2];

	ck_assert_ptr_null(xsr_source_from_fd(-1, false, &error));
	ck_assert_str_eq(error.id, "io.read");
	ck_assert_int_eq(error.sys_errno, EBADF);
	ck_assert_ptr_null(xsr_source_from_fd(open("/", O_RDONLY), false, &error));
	ck_assert_int_eq(error.sys_errno, EISDIR);

	pump.source = xsr_source_from_memory(image.data, image.size);
	pump.sink = xsr_sink_to_fd(open("/dev/full", O_WRONLY), true);
	ck_assert_int_eq(xsr_pump_run(&pump, &error), XSR_E_IO);
	ck_assert_str_eq(error.id, "io.write");
	ck_assert_int_eq(error.sys_errno, ENOSPC);
	xsr_sink_free(pump.sink);

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe(fds), 0);
	close(fds[0]);
	pump.sink = xsr_sink_to_fd(fds[1], true);
	ck_assert_int_eq(xsr_sink_write(pump.sink, "x", 1, &error), XSR_E_IO);
	ck_assert_int_eq(error.sys_errno, EPIPE);
	xsr_sink_free(pump.sink);
	pump.sink = NULL;

	pump.reserved[0] = 1;
	ck_assert_int_eq(xsr_pump_run(&pump, &error), XSR_E_MISUSE);
	xsr_source_free(pump.source);
	xsr_decoder_free(pump.decoder);
	free(image.data);
}
END_TEST

/* gzip's bytes for these, as one member. */
static struct bytes compress_member(const uint8_t *data, size_t size)
{
	struct bytes b = {malloc(size + 1000), 0};
	z_stream z = {0};

	ck_assert_int_eq(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)data;
	z.avail_in = (uInt)size;
	z.next_out = b.data;
	z.avail_out = (uInt)(size + 1000);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	b.size = z.total_out;
	deflateEnd(&z);
	return b;
}

/* Reads a source to its end in pieces; the bytes must be those of `want` as far as they go. */
static enum xsr_status read_all(struct xsr_source *s, size_t piece, struct bytes want, size_t *total,
    struct xsr_finding *error)
{
	uint8_t buffer[IO_CHUNK];
	enum xsr_status status;
	size_t got = 1;

	*total = 0;
	do {
		status = xsr_source_read(s, buffer, piece, &got, error);
		if (status != XSR_OK)
			return status;
		ck_assert_uint_le(*total + got, want.size);
		ck_assert_int_eq(memcmp(buffer, want.data + *total, got), 0);
		*total += got;
	} while (got);
	return XSR_OK;
}

/* What came before any damage is delivered: all of `want`. */
static void gzip_case(struct bytes input, struct bytes want, enum xsr_status status)
{
	static const size_t pieces[] = {1, 7, 4096, IO_CHUNK};

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct xsr_source *s = source_open(i & 1 ? SLOW_PIPE : MEMORY, input);
		struct xsr_finding error = {0};
		size_t total;

		ck_assert_int_eq(read_all(s, pieces[i], want, &total, &error), status);
		ck_assert(xsr_source_compressed(s));
		ck_assert_uint_eq(total, want.size);
		if (status != XSR_OK)
			ck_assert_str_eq(error.id, "stream.compression");
		xsr_source_free(s);
	}
}

START_TEST(gzip_is_undone)
{
	struct bytes image = make_image(), a, b, both;
	size_t half;

	image.size = 150001; /* some of these are read byte by byte */
	half = image.size / 2;
	a = compress_member(image.data, half);
	b = compress_member(image.data + half, image.size - half);
	both = (struct bytes){calloc(1, a.size + b.size + 512), a.size + b.size};
	memcpy(both.data, a.data, a.size);
	memcpy(both.data + a.size, b.data, b.size);
	gzip_case(a, (struct bytes){image.data, half}, XSR_OK);
	gzip_case(both, image, XSR_OK);
	both.size += 512; /* zeros, as on a tape */
	gzip_case(both, image, XSR_OK);
	both.data[both.size - 1] = 1;
	gzip_case(both, image, XSR_E_CORRUPT);
	memcpy(both.data + both.size - 4, a.data, 4); /* no member comes behind padding */
	gzip_case(both, image, XSR_E_CORRUPT);
	both.size = a.size + b.size - 1;
	gzip_case(both, image, XSR_E_TRUNCATED);
	both.size = a.size + b.size;
	both.data[both.size - 8] ^= 1; /* the check sum */
	gzip_case(both, image, XSR_E_CORRUPT);
	both.data[a.size] = 'x'; /* instead of a second member */
	gzip_case(both, (struct bytes){image.data, half}, XSR_E_CORRUPT);
	free(a.data);
	free(b.data);
	free(both.data);
	free(image.data);
}
END_TEST

/* Compressed bytes are read IO_CHUNK at a time behind the first ones: a member ends anywhere around the end of that. */
START_TEST(gzip_members_end_at_the_end_of_a_buffer)
{
	static uint8_t noise[2 * IO_CHUNK], joint[2 * IO_CHUNK];
	unsigned before = 0, beyond = 0;
	uint32_t random = 1;
	struct bytes last;

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)((random = random * 1664525 + 1013904223) >> 24);
	last = compress_member(noise, 1);
	for (size_t size = IO_CHUNK - 60; size < IO_CHUNK; size++) {
		struct bytes first = compress_member(noise, size);
		uint8_t behind = noise[size];
		struct xsr_source *s;
		size_t total;

		before += first.size < PACKED_HEAD + IO_CHUNK;
		beyond += first.size > PACKED_HEAD + IO_CHUNK;
		memcpy(joint, first.data, first.size);
		memcpy(joint + first.size, last.data, last.size);
		noise[size] = noise[0];
		s = source_open(MEMORY, (struct bytes){joint, first.size + last.size});
		ck_assert_int_eq(read_all(s, 4096, (struct bytes){noise, size + 1}, &total, NULL), XSR_OK);
		ck_assert_uint_eq(total, size + 1);
		xsr_source_free(s);
		noise[size] = behind;
		free(first.data);
	}
	ck_assert_uint_ge(before, 20);
	ck_assert_uint_ge(beyond, 20);
	free(last.data);
}
END_TEST

START_TEST(gzip_goes_through_the_pump)
{
	struct bytes image = make_image(), z = compress_member(image.data, image.size);
	uint64_t size;

	for (enum end in = MEMORY; in < ENDS; in++) {
		struct output o = output_open(PIPE);
		struct xsr_pump pump = {
		    .decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN),
		    .sink = xsr_sink_to_fd(o.fd, false),
		    .source = source_open(in == APPEND ? FILE_ : in, z),
		};

		ck_assert_int_eq(xsr_pump_run(&pump, NULL), XSR_OK);
		ck_assert_int_eq(xsr_decoder_finish(pump.decoder), XSR_OK);
		ck_assert_uint_eq(xsr_source_position(pump.source), z.size);
		ck_assert(!xsr_source_size(pump.source, &size) || size == z.size);
		output_check(&o, image);
		xsr_source_free(pump.source);
		xsr_sink_free(pump.sink);
		xsr_decoder_free(pump.decoder);
	}
	free(z.data);
	free(image.data);
}
END_TEST

/* Two bytes of gzip magic are a P2M size of a 139 MiB guest. */
START_TEST(legacy_start_is_not_gzip)
{
	static uint8_t data[] = {0x1f, 0x8b, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
	struct xsr_source *s = source_open(PIPE, (struct bytes){data, sizeof(data)});
	size_t total;

	ck_assert_int_eq(read_all(s, 5, (struct bytes){data, sizeof(data)}, &total, NULL), XSR_OK);
	ck_assert_uint_eq(total, sizeof(data));
	ck_assert(!xsr_source_compressed(s));
	xsr_source_free(s);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
	    every_way_delivers_the_same,
	    holes_stay_holes,
	    cheapest_way_is_taken,
	    passed_means_passed_on,
	    fallbacks_are_taken,
	    what_the_kernel_refuses_is_done_otherwise,
	    what_cannot_seek_is_read,
	    files_lose_their_name_where_none_is_born_without,
	    skip_past_the_end_is_short,
	    truncated_page_data_is_seen,
	    grown_file_is_followed,
	    fault_does_not_end_the_copy,
	    exact_stops_behind_the_end,
	    consumer_ends_the_pump,
	    page_data_goes_to_its_sink,
	    failures_name_the_call,
	    gzip_is_undone,
	    gzip_members_end_at_the_end_of_a_buffer,
	    gzip_goes_through_the_pump,
	    legacy_start_is_not_gzip,
	    NULL,
	};

	return unit_main("io", tests);
}
