/* SPDX-License-Identifier: MIT */
/*
 * The tables of xc-migrate are right: in every world that can be reached never two copies run, and never none is
 * left. And this test can tell: each of a list of faults, put into the tables, is found.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned failures;

static void fail(const char *what, const struct model_result *result)
{
	failures++;
	printf("not ok %s: %s\n%s", what, result && result->wrong ? result->wrong : "",
	    result ? result->trace : "");
}

/* The saver has nothing left that could break when its stream is written; the program does not rely on that. */
static bool can_be_idle(bool source, const struct step *step)
{
	return source && step->state == SRC_SENT && step->event == EV_BROKE;
}

/* The shipped tables, with faults and without. All rows are walked through. */
static void explore(bool faults)
{
	const struct model model = {&protocol_source, &protocol_receiver, faults};
	static struct model_result result;

	model_run(&model, &result);
	if (result.wrong)
		fail(faults ? "with faults" : "without faults", &result);
	else
		printf("ok %s: %zu worlds, %zu ends: %zu moved, %zu stay, %zu with a paused copy\n",
		    faults ? "with faults" : "without faults", result.worlds, result.ends, result.good,
		    result.stays, result.in_doubt);
	/* A walk that never gets anywhere proves nothing. */
	if (!result.good || (faults && (!result.stays || !result.in_doubt)))
		fail("every kind of end is reached", NULL);
	for (unsigned m = 0; faults && !result.wrong && m < 2; m++) {
		const struct protocol *p = m ? &protocol_source : &protocol_receiver;

		for (size_t i = 0; i < p->count; i++)
			if (!result.used[m][i] && !can_be_idle(m, &p->steps[i]))
				fail(p->state_names[p->steps[i].state], NULL);
	}
}

/* One row of a table changed. */
struct mutation {
	bool source;    /* in which table */
	uint8_t state;  /* row */
	uint8_t event;  /* row */
	uint8_t action; /* what it says now */
	uint8_t next;   /* what it says now */
	const char *is; /* in words */
};

static const struct mutation fatal[] = {
    {true, SRC_LET_GO, EV_LOST, ACT_RESUME, SRC_RESUMING, "resumes when lost after letting go"},
    {true, SRC_LET_GO, EV_TIMEOUT, ACT_RESUME, SRC_RESUMING,
        "resumes when it waited too long after letting go"},
    {true, SRC_LET_GO, EV_STRANGE, ACT_RESUME, SRC_RESUMING, "resumes at a garbled answer"},
    {true, SRC_LET_GO, EV_LOST, ACT_DESTROY, SRC_DESTROYING, "destroys when lost after letting go"},
    {true, SRC_LET_GO, EV_FAILED, ACT_DESTROY, SRC_DESTROYING, "destroys though the copy failed"},
    {true, SRC_SENT, EV_HELD, ACT_DESTROY, SRC_DESTROYING, "destroys before the copy runs"},
    {true, SRC_SENT, EV_SIGNAL, ACT_DESTROY, SRC_DESTROYING, "destroys at a signal"},
    {true, SRC_AHEAD, EV_LOST, ACT_DESTROY, SRC_DESTROYING, "destroys when lost"},
    {true, SRC_STANDING, EV_SAVED, ACT_SEND_LETGO, SRC_LET_GO, "lets go before the copy is held"},
    {true, SRC_WAITING, EV_BROKE, ACT_KEEP, SRC_KEEPING, "does not run on after a failed save"},
    {false, RCV_HOLDING, EV_LOST, ACT_UNPAUSE, RCV_RELEASING, "runs the copy when lost"},
    {false, RCV_HOLDING, EV_TIMEOUT, ACT_UNPAUSE, RCV_RELEASING, "runs the copy when it waited too long"},
    {false, RCV_HOLDING, EV_LETGO, ACT_SEND_RUNS, RCV_RUNNING, "says so before the copy runs"},
    {false, RCV_RELEASING, EV_UNDONE, ACT_SEND_FAILED, RCV_TELLING, "says FAILED while the copy may run"},
    {false, RCV_REMOVING, EV_UNDONE, ACT_SEND_FAILED, RCV_TELLING, "says FAILED though there is a copy"},
    {false, RCV_FILLING, EV_FILLED, ACT_UNPAUSE, RCV_RELEASING, "runs the copy as soon as it is whole"},
    {false, RCV_FILLING, EV_BROKE, ACT_SEND_HELD, RCV_HOLDING, "holds a copy that is not whole"},
    {false, RCV_RUNNING, EV_UNDONE, ACT_REMOVE, RCV_REMOVING, "removes a copy that runs"},
    {false, RCV_HEAD, EV_MADE, ACT_NONE, RCV_FILLING, "never says READY"},
};

/* A copy of a table with one row changed; static, one at a time. */
static struct protocol changed(const struct protocol *p, const struct mutation *m)
{
	static struct step steps[256];
	struct protocol copy = *p;
	bool found = false;

	memcpy(steps, p->steps, p->count * sizeof(*steps));
	copy.steps = steps;
	for (size_t i = 0; i < p->count; i++) {
		if (steps[i].state != m->state || steps[i].event != m->event)
			continue;
		steps[i].action = m->action;
		steps[i].next = m->next;
		found = true;
	}
	if (!found)
		fail(m->is, NULL);
	return copy;
}

static void mutate(const struct mutation *m)
{
	struct protocol copy = changed(m->source ? &protocol_source : &protocol_receiver, m);
	struct model model = {
	    m->source ? &copy : &protocol_source, m->source ? &protocol_receiver : &copy, true};
	static struct model_result result;

	model_run(&model, &result);
	if (!result.wrong) {
		model.faults = false;
		model_run(&model, &result);
	}
	if (result.wrong)
		printf("ok found: %s %s: %s\n", m->source ? "the source" : "the receiver", m->is,
		    result.wrong);
	else
		fail(m->is, NULL);
}

/* Each state has an answer to all that may end the waiting in it. */
static void check_answers(const struct protocol *p, unsigned first, unsigned last)
{
	static const enum event must[] = {EV_LOST, EV_TIMEOUT, EV_STRANGE};

	for (unsigned state = first; state <= last; state++)
		for (size_t i = 0; i < sizeof(must) / sizeof(must[0]); i++)
			if (!protocol_find(p, state, must[i]))
				fail(p->state_names[state], NULL);
}

/*
 * The saver makes the guest run on by itself when it fails or is stopped, and so does the restorer with its copy:
 * the tables must want nothing else there.
 */
static void check_failures(void)
{
	for (unsigned state = SRC_COPYING; state <= SRC_SENT; state++)
		if (protocol_find(&protocol_source, state, EV_BROKE)->action != ACT_RESUME ||
		    protocol_find(&protocol_source, state, EV_SIGNAL)->action != ACT_RESUME)
			fail("a failed save", NULL);
	for (unsigned state = RCV_HEAD; state <= RCV_FILLING; state++)
		if (protocol_find(&protocol_receiver, state, EV_BROKE)->action != ACT_REMOVE)
			fail("a failed restore", NULL);
}

static void put_text(const char *text)
{
	fputs(text, stdout);
}

int main(int argc, char **argv)
{
	/* For specs/: the tables as text. */
	if (argc == 2 && strcmp(argv[1], "--print") == 0) {
		puts("Source:\n");
		protocol_print(&protocol_source, put_text);
		puts("\nReceiver:\n");
		protocol_print(&protocol_receiver, put_text);
		return EXIT_SUCCESS;
	}
	explore(false);
	explore(true);
	check_answers(&protocol_source, SRC_GREETED, SRC_LET_GO);
	check_answers(&protocol_receiver, RCV_HEAD, RCV_HOLDING);
	check_failures();
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		mutate(&fatal[i]);
	printf("%u failures\n", failures);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
