/* SPDX-License-Identifier: MIT */
#include "checkpoints.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

/* How often to look whether the output has all of a checkpoint: the guest runs, so it is no matter. */
#define LOOK_MS 2

/* When a stream that has all of a checkpoint, but does not take it for one, is given up. */
#define IDLE_MS 3000

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool is_last(const struct checkpoints *c)
{
	return c->request->checkpoint_count && c->outcome->checkpoints + 1 >= c->request->checkpoint_count;
}

/* All of its state is read: there is no reason to keep it still while that is on its way, but for the last one. */
static bool run_on(struct checkpoints *c, struct fault *fault)
{
	const struct patience patience = {.timeout_s = c->request->timeout_s, .wake_fds = {-1, -1}};
	int64_t suspended_at = *c->suspended_at;

	if (is_last(c))
		return true;
	if (!guest_resume(c->guest, &patience, fault))
		return false;
	*c->suspended_at = 0;
	c->downtime = (double)(now_ms() - suspended_at) / 1000;
	c->outcome->downtime = c->downtime;
	return true;
}

bool checkpoints_question(struct checkpoints *c, const struct engine_message *message, struct fault *fault)
{
	c->wait = CHECKPOINT_TIME;
	if (message->kind == ENGINE_NEXT)
		return true;
	c->wait = CHECKPOINT_STREAM;
	c->idle_since = 0;
	c->due = now_ms() + (int64_t)c->request->checkpoint_ms;
	return run_on(c, fault);
}

/* The output has all of it. */
static bool complete(struct checkpoints *c, struct fault *fault)
{
	const bool last = is_last(c);
	struct save_checkpoint news = {
	    .bytes = stream_checkpoint_end(c->stream) - c->end, .downtime = c->downtime};

	/* It says by itself what is wrong. */
	if (!output_publish(c->output))
		return fault_set(fault, FAULT_SYSTEM, "%s", "");
	c->end = stream_checkpoint_end(c->stream);
	news.number = ++c->outcome->checkpoints;
	/* Of the last one it is not over yet; the result tells it. */
	if (last)
		news.downtime = -1;
	if (c->hooks->checkpoint)
		c->hooks->checkpoint(c->hooks->context, &news);
	c->wait = CHECKPOINT_NOTHING;
	engine_answer(c->engine, !last);
	return true;
}

/* The engine is told to end: then the stream does, and says what is wrong with it. */
static void watch(struct checkpoints *c)
{
	if (!stream_is_idle(c->stream))
		c->idle_since = 0;
	else if (!c->idle_since)
		c->idle_since = now_ms();
	else if (now_ms() - c->idle_since > IDLE_MS)
		checkpoints_abandon(c);
}

bool checkpoints_serve(struct checkpoints *c, struct fault *fault)
{
	if (c->wait == CHECKPOINT_STREAM && stream_checkpoints(c->stream) > c->outcome->checkpoints)
		return complete(c, fault);
	if (c->wait == CHECKPOINT_STREAM)
		watch(c);
	if (c->wait == CHECKPOINT_TIME && now_ms() >= c->due) {
		c->wait = CHECKPOINT_NOTHING;
		engine_answer(c->engine, true);
	}
	return true;
}

int checkpoints_patience_ms(const struct checkpoints *c, int otherwise)
{
	int64_t left = c->due - now_ms();

	if (c->wait == CHECKPOINT_STREAM)
		return LOOK_MS;
	if (c->wait != CHECKPOINT_TIME || left > otherwise)
		return otherwise;
	return left < 0 ? 0 : (int)left;
}

void checkpoints_abandon(struct checkpoints *c)
{
	if (c->wait != CHECKPOINT_NOTHING)
		engine_answer(c->engine, false);
	c->wait = CHECKPOINT_NOTHING;
}

void checkpoints_keep(struct checkpoints *c)
{
	if (!c->outcome->checkpoints || strcmp(c->request->path, "-") == 0 || !stream_join(c->stream, 0))
		return;
	/*
	 * A torn tail does no harm, for whoever restores drops it: what cannot be cut off stays, as in a file that is
	 * standard output and may have begun before us. Nor does it matter whether the cut is on the disk.
	 */
	(void)!ftruncate(c->output->fd, (off_t)c->end);
}
