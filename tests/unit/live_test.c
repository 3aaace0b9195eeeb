/* SPDX-License-Identifier: MIT */
/* The policy of live saves: over made-up guests, whose rates are known. */
#include "unit.h"

#include "xc-save/live.h"

/* A wire of 10,000 pages a second. */
#define WIRE  (10000.0 * LIVE_PAGE_BYTES)
#define PAGES 100000u

/* The pages that the policy adds for the guest's suspension, on that wire. */
#define SUSPENDING 0.032

/* What is asked for unless a test asks for something else: 5 passes or 50 pages, as Xen does. */
static const struct live_limits as_xen = {.has_threshold = true, .dirty_threshold = 50, .max_iterations = 5};

/* A made-up guest on a made-up wire. */
struct world {
	struct live live;      /* under test */
	double now;            /* seconds */
	double dirty_rate;     /* pages a second */
	double fetch;          /* seconds to fetch the dirty pages */
	uint64_t bytes;        /* sent */
	uint64_t dirty;        /* pages to be sent next */
	struct live_pass pass; /* the last one */
};

static void world_begin(struct world *w, const struct live_limits *limits, double dirty_rate)
{
	*w = (struct world){.now = 1000, .dirty_rate = dirty_rate, .dirty = PAGES};
	live_begin(&w->live, limits, w->now, 0.010, PAGES);
}

/* One pass at the speed of the wire. */
static enum live_next world_pass(struct world *w)
{
	double asked = w->now, took = (double)w->dirty * LIVE_PAGE_BYTES / WIRE;

	w->now += w->fetch;
	live_pass_begins(&w->live, asked, w->now, w->dirty, w->bytes);
	w->bytes += w->dirty * LIVE_PAGE_BYTES;
	w->now += took;
	w->dirty = (uint64_t)(w->dirty_rate * (took + w->fetch));
	live_pass_ends(&w->live, w->now, w->bytes, w->dirty, &w->pass);
	return w->pass.next;
}

static unsigned passes_until_end(struct world *w)
{
	while (world_pass(w) == LIVE_GO_ON)
		ck_assert_uint_lt(w->pass.number, 1000);
	return w->pass.number;
}

static void about(double found, double wanted)
{
	ck_assert_double_ge(found, wanted * 0.98);
	ck_assert_double_le(found, wanted * 1.02);
}

START_TEST(idle_guest_takes_one_pass)
{
	struct world w;

	world_begin(&w, &as_xen, 1);
	ck_assert_int_eq(world_pass(&w), LIVE_STOP);
	ck_assert_int_eq(w.pass.reason, LIVE_QUIET);
	ck_assert_uint_eq(w.pass.number, 1);
	ck_assert_uint_eq(w.pass.pages, PAGES);
	ck_assert_uint_eq(w.pass.bytes, (uint64_t)PAGES * LIVE_PAGE_BYTES);
	about(w.pass.seconds, 10);
	about(w.pass.rate, WIRE);
	ck_assert_uint_eq(w.pass.dirtied, 10);
	about(w.pass.dirty_rate, 1);
	about(w.pass.downtime, 0.011 + SUSPENDING);
	about(w.pass.eta, 0.011 + SUSPENDING);
}
END_TEST

START_TEST(busy_guest_uses_up_its_passes)
{
	struct live_limits limits = as_xen;
	struct world w;

	world_begin(&w, &limits, 9000);
	ck_assert_uint_eq(passes_until_end(&w), 5);
	ck_assert_int_eq(w.pass.next, LIVE_STOP);
	ck_assert_int_eq(w.pass.reason, LIVE_ITERATIONS);
	limits.if_busy = LIVE_BUSY_ABORT;
	world_begin(&w, &limits, 9000);
	ck_assert_uint_eq(passes_until_end(&w), 5);
	ck_assert_int_eq(w.pass.next, LIVE_GIVE_UP);
	ck_assert_double_lt(w.pass.eta, 0);
}
END_TEST

START_TEST(a_single_pass_may_be_all)
{
	struct live_limits limits = as_xen;
	struct world w;

	limits.max_iterations = 1;
	world_begin(&w, &limits, 20000);
	ck_assert_int_eq(world_pass(&w), LIVE_STOP);
	ck_assert_int_eq(w.pass.reason, LIVE_ITERATIONS);
}
END_TEST

START_TEST(stops_at_the_threshold)
{
	struct live_limits limits = as_xen;
	struct world w;

	/* A tenth each time: 10000, 1000, 100. */
	limits.dirty_threshold = 100;
	world_begin(&w, &limits, 1000);
	ck_assert_uint_eq(passes_until_end(&w), 3);
	limits.dirty_threshold = 99;
	world_begin(&w, &limits, 1000);
	ck_assert_uint_eq(passes_until_end(&w), 4);
	limits.dirty_threshold = 0;
	limits.max_iterations = 30;
	world_begin(&w, &limits, 1000);
	passes_until_end(&w);
	ck_assert_uint_eq(w.pass.dirtied, 0);
	ck_assert_int_eq(w.pass.reason, LIVE_QUIET);
}
END_TEST

START_TEST(stops_when_the_downtime_is_short)
{
	const struct live_limits limits = {.max_downtime = 0.5, .max_iterations = 30};
	struct world w;

	/* Half each time: 10 s, 5 s … of pages, beside 0.010 s for setting up and 0.050 s for fetching. */
	world_begin(&w, &limits, 5000);
	w.fetch = 0.05;
	passes_until_end(&w);
	ck_assert_int_eq(w.pass.reason, LIVE_QUIET);
	ck_assert_double_le(w.pass.downtime, 0.5);
	ck_assert_double_gt(w.pass.downtime, 0.2);
	about(w.pass.downtime, 0.06 + SUSPENDING + (double)w.dirty / 10000);
	about(w.pass.eta, w.pass.downtime);
}
END_TEST

START_TEST(fixed_costs_alone_may_be_too_much)
{
	const struct live_limits limits = {
	    .max_downtime = 0.04, .max_iterations = 7, .if_busy = LIVE_BUSY_ABORT};
	struct world w;

	world_begin(&w, &limits, 100);
	w.fetch = 0.05;
	ck_assert_uint_eq(passes_until_end(&w), 7);
	ck_assert_int_eq(w.pass.next, LIVE_GIVE_UP);
	ck_assert_int_eq(w.pass.reason, LIVE_ITERATIONS);
}
END_TEST

START_TEST(both_limits_must_be_met)
{
	const struct live_limits limits = {
	    .max_downtime = 0.5, .has_threshold = true, .dirty_threshold = 10, .max_iterations = 30};
	struct world w;

	world_begin(&w, &limits, 1000);
	passes_until_end(&w);
	ck_assert_uint_le(w.pass.dirtied, 10);
}
END_TEST

START_TEST(time_runs_out)
{
	struct live_limits limits = as_xen;
	struct world w;

	/* Passes take 10 s, 9 s, … */
	limits.max_time = 15;
	world_begin(&w, &limits, 9000);
	ck_assert_uint_eq(passes_until_end(&w), 2);
	ck_assert_int_eq(w.pass.reason, LIVE_TIME);
	ck_assert_int_eq(w.pass.next, LIVE_STOP);
	/* To stop and copy, the pass must be at its end; to give up, not. */
	ck_assert(!live_is_over(&w.live, 1015));
	limits.if_busy = LIVE_BUSY_ABORT;
	world_begin(&w, &limits, 9000);
	ck_assert(!live_is_over(&w.live, 1020));
	ck_assert_int_eq(world_pass(&w), LIVE_GO_ON);
	ck_assert(!live_is_over(&w.live, 1014.9));
	ck_assert(live_is_over(&w.live, 1015));
	ck_assert_int_eq(world_pass(&w), LIVE_GIVE_UP);
}
END_TEST

START_TEST(eta_plays_the_passes_to_come)
{
	const struct live_limits limits = {.max_downtime = 1.01 + SUSPENDING, .max_iterations = 30};
	struct live_limits few = limits;
	struct world w;
	double left, end;

	/* Half each time: after the first pass 5 s, 2.5 s, 1.25 s, and 0.625 s of standing still. */
	world_begin(&w, &limits, 5000);
	ck_assert_int_eq(world_pass(&w), LIVE_GO_ON);
	about(w.pass.eta, 5 + 2.5 + 1.25 + 0.625 + 0.010 + SUSPENDING);
	left = w.pass.eta;
	end = w.now + left;
	passes_until_end(&w);
	about(w.now + w.pass.downtime, end);
	/* With two passes at most it stands still for the rest. */
	few.max_iterations = 2;
	world_begin(&w, &few, 5000);
	world_pass(&w);
	about(w.pass.eta, 5 + 2.5 + 0.010 + SUSPENDING);
	few.if_busy = LIVE_BUSY_ABORT;
	world_begin(&w, &few, 5000);
	world_pass(&w);
	ck_assert_double_lt(w.pass.eta, 0);
}
END_TEST

START_TEST(a_guest_faster_than_the_wire_never_ends)
{
	const struct live_limits limits = {
	    .max_downtime = 0.5, .max_iterations = 1000000, .if_busy = LIVE_BUSY_ABORT};
	struct world w;

	world_begin(&w, &limits, 30000);
	ck_assert_int_eq(world_pass(&w), LIVE_GO_ON);
	ck_assert_double_lt(w.pass.eta, 0);
	about(w.pass.downtime, 30.010 + SUSPENDING);
}
END_TEST

START_TEST(short_passes_do_not_tell_the_rate)
{
	const struct live_limits limits = {.has_threshold = true, .max_iterations = 30};
	struct world w;

	world_begin(&w, &limits, 100);
	world_pass(&w);
	live_pass_begins(&w.live, w.now, w.now, 10, w.bytes);
	live_pass_ends(&w.live, w.now + 100, w.bytes + 41040, 10, &w.pass);
	about(w.pass.rate, WIRE);
	/* But nothing better may be known. */
	world_begin(&w, &limits, 100);
	live_pass_begins(&w.live, w.now, w.now, 10, 0);
	live_pass_ends(&w.live, w.now + 1, 41040, 10, &w.pass);
	about(w.pass.rate, 41040);
}
END_TEST

START_TEST(no_time_and_no_bytes)
{
	const struct live_limits limits = {.max_downtime = 0.5, .max_iterations = 2};
	struct world w;

	world_begin(&w, &limits, 0);
	live_pass_begins(&w.live, w.now, w.now, 0, 0);
	live_pass_ends(&w.live, w.now, 0, 7, &w.pass);
	ck_assert_int_eq(w.pass.next, LIVE_GO_ON);
	ck_assert_double_lt(w.pass.downtime, 0);
	ck_assert_double_lt(w.pass.eta, 0);
	live_pass_begins(&w.live, w.now, w.now, 7, 0);
	live_pass_ends(&w.live, w.now, 0, 0, &w.pass);
	ck_assert_int_eq(w.pass.next, LIVE_STOP);
	ck_assert_int_eq(w.pass.reason, LIVE_QUIET);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(live_reason_name(LIVE_TIME), "time");
	ck_assert_str_eq(live_reason_name(LIVE_QUIET), "quiet");
	ck_assert_str_eq(live_next_name(LIVE_GIVE_UP), "give-up");
	ck_assert_str_eq(live_next_name(LIVE_GO_ON), "pass");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {idle_guest_takes_one_pass, busy_guest_uses_up_its_passes,
	    a_single_pass_may_be_all, stops_at_the_threshold, stops_when_the_downtime_is_short,
	    fixed_costs_alone_may_be_too_much, both_limits_must_be_met, time_runs_out,
	    eta_plays_the_passes_to_come, a_guest_faster_than_the_wire_never_ends,
	    short_passes_do_not_tell_the_rate, no_time_and_no_bytes, names, NULL};

	return unit_main("live", tests);
}
