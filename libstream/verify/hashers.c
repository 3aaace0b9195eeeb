/* SPDX-License-Identifier: MIT */
#include "verify/hashers.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <libstream/format.h>

/* Pages taken at a time: long enough to be worth a lock, short enough to share a job out evenly. */
#define UNIT 16u

/* Jobs shorter than this are not worth waking anybody. */
#define WORTHWHILE 32u

/* A thread calls nothing deep. */
#define STACK_BYTES (128u << 10)

static const uint8_t zeros[XSR_PAGE_SIZE];

/*
 * Looks at memory before a thread lies down: some tens of microseconds. The next job is there sooner than that unless
 * the input is slow, and to wake a thread costs as much as a good part of a job.
 */
#define LOOKS 2000u

struct hashers {
	struct hash128 zero;            /* hash of a page of zeros */
	unsigned wanted;                /* threads to start with the first long job; 0 once that was tried */
	unsigned started;               /* threads there are */
	pthread_t threads[HASHERS_MAX]; /* the first `started` */
	struct job job;                 /* stays while a page of it is not done */
	struct page_hash results[2][JOB_PAGES]; /* of the job and of the one before */
	unsigned turn;                          /* which of them are the job's */
	/*
	 * Pages of the job above, and the first one that nobody took below, in 32 bits each: who takes some by adding
	 * to it knows by one look whether they are any.
	 */
	_Atomic uint64_t untaken;
	_Atomic uint32_t undone; /* pages of the job whose hashes are not there yet */
	_Atomic unsigned asleep; /* threads that wait for `work` */
	_Atomic bool failed;     /* pages of the job could not be read */
	_Atomic bool waiting;    /* the caller waits for `done` */
	_Atomic bool quit;       /* threads shall end */
	pthread_mutex_t lock;    /* for sleeping */
	pthread_cond_t work;     /* some is untaken, or `quit` */
	pthread_cond_t done;     /* nothing is undone */
};

struct hashers *hashers_new(unsigned threads)
{
	struct hashers *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->zero = hash128(zeros, sizeof(zeros), 0);
	h->wanted = threads < HASHERS_MAX ? threads : HASHERS_MAX;
	return h;
}

/* Two at a time: the steps of one page wait for each other, those of two do not. */
static void hash_unit(struct hashers *h, size_t first, size_t end)
{
	struct page_hash *results = h->results[h->turn];
	const uint8_t *pages = h->job.pages;
	size_t waiting = SIZE_MAX;

	for (size_t i = first; i < end; i++) {
		const uint8_t *page = pages + i * XSR_PAGE_SIZE;
		struct hash128 two[2];

		results[i].zero = memcmp(page, zeros, sizeof(zeros)) == 0;
		if (results[i].zero) {
			results[i].hash = h->zero;
		} else if (waiting == SIZE_MAX) {
			waiting = i;
		} else {
			hash128_two(pages + waiting * XSR_PAGE_SIZE, page, XSR_PAGE_SIZE, 0, two);
			results[waiting].hash = two[0];
			results[i].hash = two[1];
			waiting = SIZE_MAX;
		}
	}
	if (waiting != SIZE_MAX)
		results[waiting].hash = hash128(pages + waiting * XSR_PAGE_SIZE, XSR_PAGE_SIZE, 0);
}

static bool fetch_unit(const struct job *job, size_t first, size_t end)
{
	size_t at = first * XSR_PAGE_SIZE, size = (end - first) * XSR_PAGE_SIZE;

	return !job->fetch || job->fetch(job->context, job->offset + at, job->pages + at, size);
}

static bool is_work(struct hashers *h)
{
	uint64_t untaken = atomic_load(&h->untaken);

	return (uint32_t)untaken < untaken >> 32;
}

/* False if there is none left. */
static bool do_unit(struct hashers *h)
{
	uint64_t taken = is_work(h) ? atomic_fetch_add(&h->untaken, UNIT) : 0;
	uint32_t count = (uint32_t)(taken >> 32), first = (uint32_t)taken, n;

	if (first >= count)
		return false;
	n = count - first < UNIT ? count - first : UNIT;
	if (fetch_unit(&h->job, first, first + n))
		hash_unit(h, first, first + n);
	else
		atomic_store(&h->failed, true);
	if (atomic_fetch_sub(&h->undone, n) == n && atomic_load(&h->waiting)) {
		pthread_mutex_lock(&h->lock);
		pthread_cond_signal(&h->done);
		pthread_mutex_unlock(&h->lock);
	}
	return true;
}

static void look_away(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

static void wait_for_work(struct hashers *h)
{
	for (unsigned i = 0; i < LOOKS; i++) {
		if (is_work(h) || atomic_load(&h->quit))
			return;
		look_away();
	}
	pthread_mutex_lock(&h->lock);
	atomic_fetch_add(&h->asleep, 1);
	while (!is_work(h) && !atomic_load(&h->quit))
		pthread_cond_wait(&h->work, &h->lock);
	atomic_fetch_sub(&h->asleep, 1);
	pthread_mutex_unlock(&h->lock);
}

static void wake(struct hashers *h)
{
	if (!atomic_load(&h->asleep))
		return;
	pthread_mutex_lock(&h->lock);
	pthread_cond_broadcast(&h->work);
	pthread_mutex_unlock(&h->lock);
}

static void *hasher(void *context)
{
	struct hashers *h = context;

	while (!atomic_load(&h->quit)) {
		while (do_unit(h))
			continue;
		wait_for_work(h);
	}
	return NULL;
}

/* Signals are for the caller's threads: what handlers there are was not written for these. */
static void start_threads(struct hashers *h)
{
	unsigned wanted = h->wanted;
	sigset_t all, before;
	pthread_attr_t attributes;

	h->wanted = 0;
	if (pthread_attr_init(&attributes) != 0)
		return;
	if (pthread_mutex_init(&h->lock, NULL) == 0 && pthread_cond_init(&h->work, NULL) == 0 &&
	    pthread_cond_init(&h->done, NULL) == 0) {
		sigfillset(&all);
		(void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
		(void)pthread_sigmask(SIG_SETMASK, &all, &before);
		/* Those that cannot be had are done without. */
		while (h->started < wanted &&
		       pthread_create(&h->threads[h->started], &attributes, hasher, h) == 0)
			h->started++;
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attributes);
}

void hashers_free(struct hashers *h)
{
	if (!h)
		return;
	if (h->started) {
		atomic_store(&h->quit, true);
		wake(h);
		for (unsigned i = 0; i < h->started; i++)
			pthread_join(h->threads[i], NULL);
		pthread_mutex_destroy(&h->lock);
		pthread_cond_destroy(&h->work);
		pthread_cond_destroy(&h->done);
	}
	free(h);
}

void hashers_start(struct hashers *h, const struct job *job)
{
	if (h->wanted && job->count >= WORTHWHILE)
		start_threads(h);
	h->job = *job;
	h->turn ^= 1;
	atomic_store(&h->failed, false);
	atomic_store(&h->undone, (uint32_t)job->count);
	atomic_store(&h->untaken, (uint64_t)job->count << 32);
	if (h->started && job->count >= WORTHWHILE)
		wake(h);
}

static const struct page_hash *results(const struct hashers *h)
{
	return atomic_load(&h->failed) ? NULL : h->results[h->turn];
}

const struct page_hash *hashers_wait(struct hashers *h)
{
	while (do_unit(h))
		continue;
	for (unsigned i = 0; i < LOOKS && atomic_load(&h->undone); i++)
		look_away();
	if (!atomic_load(&h->undone))
		return results(h);
	pthread_mutex_lock(&h->lock);
	atomic_store(&h->waiting, true);
	while (atomic_load(&h->undone))
		pthread_cond_wait(&h->done, &h->lock);
	atomic_store(&h->waiting, false);
	pthread_mutex_unlock(&h->lock);
	return results(h);
}
