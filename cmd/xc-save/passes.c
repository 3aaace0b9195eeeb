/* SPDX-License-Identifier: MIT */
#include "passes.h"

#include <time.h>

/* How often to look whether the stream has caught up: this adds to no downtime, for the guest runs. */
#define LOOK_MS 2

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Before the first pass the engine counts frames, most of which an HVM guest has no page for. */
static uint64_t pages_of(const struct passes *p, uint64_t dirty)
{
	const uint64_t most = guest_facts(p->guest)->pages;

	return dirty < most ? dirty : most;
}

static void pass_begins(struct passes *p, const struct engine_message *message)
{
	double now = now_s();

	if (message->level == 0) {
		live_begin(&p->live, p->limits, now, now - p->started, guest_facts(p->guest)->pages);
		p->asked = now;
	}
	live_pass_begins(&p->live, p->asked, now, pages_of(p, message->done), stream_bytes(p->stream));
	engine_answer(p->engine, ENGINE_GO_ON);
}

void passes_question(struct passes *p, const struct engine_message *message)
{
	if (message->done == ENGINE_UNKNOWN)
		p->pending = true;
	else
		pass_begins(p, message);
}

/* If the hypervisor does not say, the guest is taken to dirty in this pass as many pages as in the one before. */
static uint64_t dirty_pages(struct passes *p)
{
	uint64_t pages;

	return guest_dirty_pages(p->guest, &pages) ? pages_of(p, pages) : p->live.pass_pages;
}

static bool give_up(const struct live_pass *pass, struct fault *fault)
{
	if (pass->downtime < 0)
		return fault_set(fault, FAULT_BUSY,
		    "given up after pass %u: the guest is too busy, %llu pages are dirty", pass->number,
		    (unsigned long long)pass->dirtied);
	return fault_set(fault, FAULT_BUSY,
	    "given up after pass %u: the guest is too busy, %llu pages are dirty and would keep it still for "
	    "%.2f s",
	    pass->number, (unsigned long long)pass->dirtied, pass->downtime);
}

static bool pass_ends(struct passes *p, struct fault *fault)
{
	struct live_pass pass;

	p->pending = false;
	if (p->limits->max_downtime > 0)
		stream_flush(p->stream);
	live_pass_ends(&p->live, now_s(), stream_bytes(p->stream), dirty_pages(p), &pass);
	if (p->hooks->pass)
		p->hooks->pass(p->hooks->context, &pass);
	if (pass.next == LIVE_GIVE_UP) {
		engine_answer(p->engine, ENGINE_ABORT);
		return give_up(&pass, fault);
	}
	p->downtime = pass.downtime;
	p->asked = now_s();
	p->over = pass.next == LIVE_STOP;
	engine_answer(p->engine, pass.next == LIVE_STOP ? ENGINE_STOP : ENGINE_GO_ON);
	return true;
}

bool passes_serve(struct passes *p, struct fault *fault)
{
	if (p->pending && stream_is_idle(p->stream))
		return pass_ends(p, fault);
	if (!p->over && live_is_over(&p->live, now_s()))
		return fault_set(fault, FAULT_BUSY, "given up in pass %u: not done within %.0f s",
		    p->live.passes, p->limits->max_time);
	return true;
}

void passes_abandon(struct passes *p)
{
	if (p->pending)
		engine_answer(p->engine, ENGINE_ABORT);
	p->pending = false;
}

int passes_patience_ms(const struct passes *p, int otherwise)
{
	return p->pending ? LOOK_MS : otherwise;
}
