/* SPDX-License-Identifier: MIT */
/*
 * gzip on all processors: the stream is cut into blocks, each is deflated by itself with the end of the one before as
 * its dictionary and ends on a byte boundary, and all of them in a row make one deflate stream in one member.
 */
#include "compress_method.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define BLOCK      (128u << 10)
#define DICTIONARY (32u << 10)
/* Two a thread keep all of them at work while the oldest is written. */
#define SLOTS_MAX (2 * COMPRESS_THREADS_MAX + 1)

const int compress_gzip_levels = 9;

enum slot_state {
	SLOT_EMPTY, /* to be filled */
	SLOT_FULL,  /* to be deflated */
	SLOT_TAKEN, /* somebody does that */
	SLOT_DONE,  /* to be written */
};

/* A block on its way. */
struct slot {
	enum slot_state state;          /* under the lock */
	uint8_t before[DICTIONARY];     /* what comes before the block in the stream */
	size_t before_size;             /* bytes of that */
	uint8_t in[BLOCK];              /* the block */
	size_t in_size;                 /* bytes of that */
	uint8_t out[BLOCK + BLOCK / 8]; /* deflated; more than zlib ever makes of a block */
	size_t out_size;                /* bytes of that */
	uLong crc;                      /* of the block */
};

struct gzip {
	pthread_mutex_t lock; /* over the states and `ending` */
	pthread_cond_t news;  /* one of them has changed */
	struct slot *slots;   /* a ring */
	unsigned count;       /* of slots */
	int level;            /* for zlib */
	bool ending;          /* workers go home */
	bool broken;          /* a worker could not work */
	uLong crc;            /* of everything written */
	uint64_t size;        /* of everything written */
};

static bool deflate_slot(z_stream *z, struct slot *s)
{
	if (deflateReset(z) != Z_OK ||
	    (s->before_size && deflateSetDictionary(z, s->before, (uInt)s->before_size) != Z_OK))
		return false;
	z->next_in = s->in;
	z->avail_in = (uInt)s->in_size;
	z->next_out = s->out;
	z->avail_out = sizeof(s->out);
	if (deflate(z, Z_SYNC_FLUSH) != Z_OK || z->avail_in != 0 || z->avail_out == 0)
		return false;
	s->out_size = sizeof(s->out) - z->avail_out;
	s->crc = crc32(crc32(0, NULL, 0), s->in, (uInt)s->in_size);
	return true;
}

/* Any full slot will do: which is written first is the writer's business. NULL: go home. */
static struct slot *take(struct gzip *g)
{
	struct slot *found = NULL;

	pthread_mutex_lock(&g->lock);
	while (!found && !g->ending) {
		for (unsigned i = 0; i < g->count && !found; i++)
			if (g->slots[i].state == SLOT_FULL)
				found = &g->slots[i];
		if (!found)
			pthread_cond_wait(&g->news, &g->lock);
	}
	if (found)
		found->state = SLOT_TAKEN;
	pthread_mutex_unlock(&g->lock);
	return found;
}

static void set_state(struct gzip *g, struct slot *s, enum slot_state state)
{
	pthread_mutex_lock(&g->lock);
	s->state = state;
	pthread_cond_broadcast(&g->news);
	pthread_mutex_unlock(&g->lock);
}

static void set_broken(struct gzip *g)
{
	pthread_mutex_lock(&g->lock);
	g->broken = true;
	pthread_cond_broadcast(&g->news);
	pthread_mutex_unlock(&g->lock);
}

static void *work(void *context)
{
	struct gzip *g = context;
	struct slot *s;
	z_stream z = {0};

	/* Negative window bits: without a header, which is ours. */
	if (deflateInit2(&z, g->level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		set_broken(g);
		return NULL;
	}
	while ((s = take(g)) != NULL) {
		if (deflate_slot(&z, s))
			set_state(g, s, SLOT_DONE);
		else
			set_broken(g);
	}
	deflateEnd(&z);
	return NULL;
}

/* Waits until a slot was deflated and writes it. */
static bool write_slot(struct compressor *c, struct gzip *g, struct slot *s)
{
	bool broken;

	pthread_mutex_lock(&g->lock);
	while (s->state != SLOT_DONE && !g->broken)
		pthread_cond_wait(&g->news, &g->lock);
	broken = g->broken;
	pthread_mutex_unlock(&g->lock);
	if (broken)
		return compressor_fail(c, "zlib failed: out of memory?");
	g->crc = crc32_combine(g->crc, s->crc, (z_off_t)s->in_size);
	g->size += s->in_size;
	if (!compressor_write(c, s->out, s->out_size))
		return false;
	set_state(g, s, SLOT_EMPTY);
	return true;
}

/* The dictionary of a block is the end of the one before, which always was a whole one. */
static void remember(struct slot *s, const struct slot *before)
{
	s->before_size = 0;
	if (!before)
		return;
	memcpy(s->before, before->in + BLOCK - DICTIONARY, DICTIONARY);
	s->before_size = DICTIONARY;
}

/* Reads and writes in turns: a slot is filled as soon as what it held is written. */
static bool turn(struct compressor *c, struct gzip *g)
{
	struct slot *before = NULL;
	uint64_t read = 0, written = 0;

	for (bool more = true; more || written < read;) {
		struct slot *s = &g->slots[read % g->count];

		if (!more || read - written == g->count) {
			if (!write_slot(c, g, &g->slots[written++ % g->count]))
				return false;
			continue;
		}
		/* Of three slots or more, the one before is not refilled yet. */
		remember(s, before);
		if (!compressor_read(c, s->in, BLOCK, &s->in_size))
			return false;
		more = s->in_size == BLOCK;
		before = s;
		if (s->in_size) {
			set_state(g, s, SLOT_FULL);
			read++;
		}
	}
	return true;
}

static void put32(uint8_t *p, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static bool whole(struct compressor *c, struct gzip *g)
{
	/* RFC 1952: deflate, no name, no time, no word about the level, Unix. */
	static const uint8_t head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
	/* An empty last block, then the check value and the size. */
	uint8_t tail[10] = {0x03, 0x00};

	if (!compressor_write(c, head, sizeof(head)) || !turn(c, g))
		return false;
	put32(tail + 2, (uint32_t)g->crc);
	put32(tail + 6, (uint32_t)g->size);
	return compressor_write(c, tail, sizeof(tail));
}

static void send_home(struct gzip *g, pthread_t *threads, unsigned count)
{
	pthread_mutex_lock(&g->lock);
	g->ending = true;
	pthread_cond_broadcast(&g->news);
	pthread_mutex_unlock(&g->lock);
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

bool compress_gzip(struct compressor *compressor, int level)
{
	struct gzip g = {.lock = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER, .level = level};
	unsigned wanted = compressor_threads(), started = 0;
	pthread_t threads[COMPRESS_THREADS_MAX];
	bool good;

	g.count = 2 * wanted + 1;
	g.crc = crc32(0, NULL, 0);
	g.slots = calloc(g.count, sizeof(*g.slots));
	if (!g.slots)
		return compressor_fail(compressor, "out of memory");
	while (started < wanted && pthread_create(&threads[started], NULL, work, &g) == 0)
		started++;
	good = started > 0 ? whole(compressor, &g) : compressor_fail(compressor, "cannot start a thread");
	send_home(&g, threads, started);
	free(g.slots);
	return good;
}
