/* SPDX-License-Identifier: MIT */
#include "live.h"

/* A pass of fewer bytes says little about the rate: it is over before it has got going. */
#define TELLING_BYTES (1u << 20)

/* What a Linux guest was seen to write to while it suspends: nobody can count that beforehand. */
#define SUSPEND_PAGES 320

/* Passes looked ahead at most. */
#define AHEAD 1000u

void live_begin(struct live *live, const struct live_limits *limits, double now, double setup, uint64_t pages)
{
	*live =
	    (struct live){.limits = *limits, .began = now, .setup = setup, .cleaned = now, .pages = pages};
}

void live_pass_begins(struct live *live, double asked, double now, uint64_t pages, uint64_t bytes)
{
	/* The dirty pages are fetched once more when the guest stands still. */
	live->fixed = live->setup + (now - asked);
	live->cleaned = asked;
	live->pass_began = now;
	live->pass_pages = pages;
	live->pass_bytes = bytes;
	live->passes++;
}

static double send_time(const struct live *live, double pages)
{
	return pages * LIVE_PAGE_BYTES / live->rate;
}

/* How long the guest would stand still for so many pages; negative if nothing can be expected yet. */
static double standstill(const struct live *live, double pages)
{
	return live->rate > 0 ? live->fixed + send_time(live, pages + SUSPEND_PAGES) : -1;
}

static bool is_quiet(const struct live *live, double pages)
{
	const struct live_limits *limits = &live->limits;

	if (limits->has_threshold && pages > (double)limits->dirty_threshold)
		return false;
	/* Without a rate nothing has been sent either. */
	if (limits->max_downtime <= 0 || live->rate <= 0)
		return limits->max_downtime <= 0 || pages <= 0;
	return standstill(live, pages) <= limits->max_downtime;
}

static bool is_late(const struct live *live, double now)
{
	return live->limits.max_time > 0 && now - live->began >= live->limits.max_time;
}

/* What follows from so many dirty pages after so many passes at a time. */
static enum live_reason judge(const struct live *live, double pages, unsigned passes, double now)
{
	if (is_quiet(live, pages))
		return LIVE_QUIET;
	if (passes >= live->limits.max_iterations)
		return LIVE_ITERATIONS;
	return is_late(live, now) ? LIVE_TIME : LIVE_BUSY;
}

static enum live_next next_of(const struct live *live, enum live_reason reason)
{
	if (reason == LIVE_BUSY)
		return LIVE_GO_ON;
	if (reason == LIVE_QUIET || live->limits.if_busy == LIVE_BUSY_STOP)
		return LIVE_STOP;
	return LIVE_GIVE_UP;
}

/* Plays the passes to come, if the guest goes on as it does. Negative: it will not be saved. */
static double time_left(const struct live *live, const struct live_pass *pass, double now)
{
	double pages = (double)pass->dirtied, at = now;

	if (live->rate <= 0)
		return -1;
	for (unsigned ahead = 0; ahead < AHEAD; ahead++) {
		enum live_reason reason = judge(live, pages, live->passes + ahead, at);
		double took = send_time(live, pages);

		if (next_of(live, reason) == LIVE_GIVE_UP)
			return -1;
		if (next_of(live, reason) == LIVE_STOP)
			return at - now + standstill(live, pages);
		at += took;
		pages = pass->dirty_rate * took;
		if (pages > (double)live->pages)
			pages = (double)live->pages;
	}
	return -1;
}

void live_pass_ends(struct live *live, double now, uint64_t bytes, uint64_t dirty, struct live_pass *pass)
{
	*pass = (struct live_pass){.number = live->passes,
	    .pages = live->pass_pages,
	    .bytes = bytes - live->pass_bytes,
	    .seconds = now - live->pass_began,
	    .dirtied = dirty};
	if (pass->seconds > 0 && (pass->bytes >= TELLING_BYTES || live->rate <= 0))
		live->rate = (double)pass->bytes / pass->seconds;
	pass->rate = live->rate;
	if (now > live->cleaned)
		pass->dirty_rate = (double)dirty / (now - live->cleaned);
	pass->reason = judge(live, (double)dirty, live->passes, now);
	pass->next = next_of(live, pass->reason);
	pass->downtime = standstill(live, (double)dirty);
	pass->eta = time_left(live, pass, now);
}

bool live_is_over(const struct live *live, double now)
{
	return live->limits.if_busy == LIVE_BUSY_ABORT && live->passes > 0 && is_late(live, now);
}

const char *live_reason_name(enum live_reason reason)
{
	static const char *const names[] = {"busy", "quiet", "iterations", "time"};

	return names[reason];
}

const char *live_next_name(enum live_next next)
{
	static const char *const names[] = {"pass", "stop", "give-up"};

	return names[next];
}
