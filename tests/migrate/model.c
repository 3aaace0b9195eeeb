/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is on the wire at most, and how many tricks it may play in one migration. */
#define QUEUE  5
#define TRICKS 2

/* Parts of the stream, among the messages on the wire. */
enum { STREAM_HEAD = EVENTS, STREAM_REST };

enum guest { GUEST_RUNS, GUEST_SUSPENDED, GUEST_PAUSED, GUEST_GONE };
enum copy { COPY_NONE, COPY_PARTIAL, COPY_WHOLE, COPY_RUNS };
/* The saver, or the restorer: what it is at. */
enum work { WORK_NONE, WORK_HEAD, WORK_ASKED, WORK_REST, WORK_WRITTEN, WORK_OVER };

/* One direction of the connection. */
struct wire {
	uint8_t item[QUEUE]; /* messages, the oldest first */
	uint8_t count;       /* of them */
	uint8_t cut;         /* nothing more comes through */
};

struct side {
	uint8_t state;   /* of its machine */
	uint8_t pending; /* action that it is about to do */
	uint8_t work;    /* enum work */
	uint8_t dead;    /* killed */
};

/* Bytes only, so that two of them are compared and hashed as memory. */
struct world {
	struct side src, rcv;    /* the two programs */
	struct wire forth, back; /* between them */
	uint8_t guest, copy;     /* what they do it all for */
	uint8_t held;            /* HELD was heard */
	uint8_t let_go;          /* LETGO was sent, or may have been */
	uint8_t unpaused;        /* the receiver knows that the copy runs */
	uint8_t tricks;          /* that the wire has played */
};

struct node {
	struct world world; /* what is */
	uint32_t from;      /* node before it */
	const char *how;    /* what happened in between */
	uint8_t event;      /* to which machine's event that led, EVENTS for none */
};

struct search {
	const struct model *model;   /* what is explored */
	struct model_result *result; /* what was found */
	struct node *nodes;          /* all worlds, in the order of their discovery */
	size_t count, room;          /* used, and allocated */
	uint32_t *table;             /* hash table of indices + 1 */
	size_t slots;                /* of it, a power of two */
	uint32_t at;                 /* node that is being looked at */
};

static uint32_t hash(const struct world *w)
{
	const uint8_t *bytes = (const uint8_t *)w;
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < sizeof(*w); i++)
		h = (h ^ bytes[i]) * 16777619u;
	return h ^ h >> 15;
}

static void *grown(void *old, size_t count, size_t size)
{
	void *now = realloc(old, count * size);

	if (!now)
		abort();
	return now;
}

static void put_in_table(struct search *s, uint32_t index)
{
	size_t slot = hash(&s->nodes[index].world) & (s->slots - 1);

	while (s->table[slot])
		slot = (slot + 1) & (s->slots - 1);
	s->table[slot] = index + 1;
}

static void grow(struct search *s)
{
	s->room = s->room ? s->room * 2 : 1024;
	s->nodes = grown(s->nodes, s->room, sizeof(*s->nodes));
	s->slots = s->room * 2;
	free(s->table);
	s->table = calloc(s->slots, sizeof(*s->table));
	if (!s->table)
		abort();
	for (uint32_t i = 0; i < s->count; i++)
		put_in_table(s, i);
}

static bool known(const struct search *s, const struct world *w)
{
	size_t slot = hash(w) & (s->slots - 1);

	while (s->table[slot]) {
		if (memcmp(&s->nodes[s->table[slot] - 1].world, w, sizeof(*w)) == 0)
			return true;
		slot = (slot + 1) & (s->slots - 1);
	}
	return false;
}

/* A world that can come next. */
static void reach(struct search *s, const struct world *w, const char *how, unsigned event)
{
	if (s->count == s->room)
		grow(s);
	if (known(s, w))
		return;
	s->nodes[s->count] = (struct node){.world = *w, .from = s->at, .how = how, .event = (uint8_t)event};
	put_in_table(s, (uint32_t)s->count);
	s->count++;
}

/* Wires. */

static bool put(struct wire *wire, unsigned item)
{
	if (wire->count == QUEUE)
		return false;
	wire->item[wire->count++] = (uint8_t)item;
	return true;
}

static void take(struct wire *wire, unsigned index)
{
	memmove(wire->item + index, wire->item + index + 1, QUEUE - 1u - index);
	wire->item[QUEUE - 1] = 0;
	wire->count--;
}

/* Sides. The same code serves both; who tells them apart. */

static struct side *side_of(struct world *w, bool source)
{
	return source ? &w->src : &w->rcv;
}

static const struct protocol *machine(const struct search *s, bool source)
{
	return source ? s->model->source : s->model->receiver;
}

static bool is_over(const struct search *s, const struct side *side, bool source)
{
	return side->dead || (!side->pending && protocol_is_end(machine(s, source), side->state));
}

/* Something happens to a side; what follows from it is a new world. */
static void happen(struct search *s, struct world w, bool source, unsigned event, const char *how)
{
	struct side *side = side_of(&w, source);
	const struct step *step = protocol_find(machine(s, source), side->state, (enum event)event);

	if (step) {
		s->result->used[source][step - machine(s, source)->steps] = true;
		side->state = step->next;
		side->pending = step->action;
	}
	reach(s, &w, how, event);
}

/* An action has been done, or tried in vain. */
static void did(struct search *s, struct world w, bool source, bool done, const char *how)
{
	side_of(&w, source)->pending = ACT_NONE;
	happen(s, w, source, done ? EV_DONE : EV_UNDONE, how);
}

static unsigned message_of(unsigned action)
{
	static const uint8_t message[ACTIONS] = {[ACT_SEND_HELLO] = EV_HELLO,
	    [ACT_SEND_LETGO] = EV_LETGO,
	    [ACT_SEND_WELCOME] = EV_WELCOME,
	    [ACT_SEND_READY] = EV_READY,
	    [ACT_SEND_HELD] = EV_HELD,
	    [ACT_SEND_RUNS] = EV_RUNS,
	    [ACT_SEND_FAILED] = EV_FAILED};

	return message[action];
}

/* A message goes out: it is on its way, or it could not be written, or it was and nobody will ever read it. */
static void send(struct search *s, struct world w, bool source)
{
	struct side *other = side_of(&w, !source);
	unsigned message = message_of(side_of(&w, source)->pending);
	struct wire *wire = source ? &w.forth : &w.back;
	bool there = !is_over(s, other, !source) && !wire->cut;

	w.let_go |= message == EV_LETGO;
	if (message == EV_LETGO && !w.held)
		s->result->wrong = "the source let go of the guest, and nobody holds it";
	if (s->model->faults || !there) {
		did(s, w, source, false, "a message could not be written");
		did(s, w, source, true, "a message was written into the void");
	}
	if (there && put(wire, message))
		did(s, w, source, true, "a message was sent");
}

/* What the source does to the guest. */
static void act_on_guest(struct search *s, struct world w)
{
	const bool faults = s->model->faults;
	unsigned action = w.src.pending;
	struct world failed = w;

	failed.src.work = w.src.work = WORK_OVER;
	if (action == ACT_RESUME) {
		if (w.guest != GUEST_GONE) {
			w.guest = GUEST_RUNS;
			did(s, w, true, true, "the guest was resumed");
		}
		if (faults)
			did(s, w, true, false, "the guest was resumed, but that is not known");
	} else if (action == ACT_DESTROY) {
		w.guest = GUEST_GONE;
		did(s, w, true, true, "the guest was destroyed");
	} else {
		if (w.guest != GUEST_GONE)
			w.guest = GUEST_PAUSED;
		did(s, w, true, true, "the guest was left paused");
	}
	if (faults)
		did(s, failed, true, false, "what was to be done to the guest could not be done");
}

/* What the receiver does to the copy. */
static void act_on_copy(struct search *s, struct world w)
{
	const bool faults = s->model->faults;
	struct world failed = w;

	if (w.rcv.pending == ACT_REMOVE) {
		if (w.unpaused)
			s->result->wrong = "a copy that runs was removed";
		failed.rcv.work = w.rcv.work = WORK_OVER;
		w.copy = COPY_NONE;
		did(s, w, false, true, "the copy was removed");
	} else {
		if (w.copy != COPY_WHOLE)
			s->result->wrong = "a copy that is not whole was unpaused";
		w.copy = COPY_RUNS;
		if (faults)
			did(s, w, false, false, "the copy was unpaused, but that is not known");
		w.unpaused = true;
		did(s, w, false, true, "the copy was unpaused");
	}
	if (faults)
		did(s, failed, false, false, "what was to be done to the copy could not be done");
}

/* Does what a side's machine told it to. */
static void act(struct search *s, struct world w, bool source)
{
	struct side *side = side_of(&w, source);

	switch (side->pending) {
	case ACT_SAVE:
		side->pending = ACT_NONE;
		side->work = WORK_HEAD;
		if (w.forth.cut || put(&w.forth, STREAM_HEAD))
			reach(s, &w, "the head of the stream was written", EVENTS);
		break;
	case ACT_SUSPEND:
		side->pending = ACT_NONE;
		side->work = WORK_REST;
		w.guest = GUEST_SUSPENDED;
		reach(s, &w, "the guest was suspended", EVENTS);
		break;
	case ACT_RESTORE:
		side->pending = ACT_NONE;
		side->work = WORK_HEAD;
		reach(s, &w, "restoring began", EVENTS);
		break;
	case ACT_RESUME:
	case ACT_KEEP:
	case ACT_DESTROY:
		act_on_guest(s, w);
		break;
	case ACT_REMOVE:
	case ACT_UNPAUSE:
		act_on_copy(s, w);
		break;
	default:
		send(s, w, source);
		break;
	}
}

/* The saver goes on. */
static void save_on(struct search *s, struct world w)
{
	struct world before = w;

	if (w.src.work == WORK_HEAD) {
		w.src.work = WORK_ASKED;
		happen(s, w, true, EV_ASKED, "the saver wants the guest to stand still");
	} else if (w.src.work == WORK_REST) {
		w.src.work = WORK_WRITTEN;
		if (w.forth.cut || is_over(s, &w.rcv, false) || put(&w.forth, STREAM_REST))
			reach(s, &w, "the rest of the stream was written", EVENTS);
	} else if (w.src.work == WORK_WRITTEN) {
		w.src.work = WORK_OVER;
		happen(s, w, true, EV_SAVED, "the stream was found good");
	}
	if (s->model->faults && before.src.work >= WORK_HEAD && before.src.work <= WORK_WRITTEN) {
		before.src.work = WORK_OVER;
		happen(s, before, true, EV_BROKE, "saving failed");
	}
}

/* The restorer takes what comes next for stream. */
static void restore_on(struct search *s, struct world w)
{
	struct world broken = w;
	unsigned item;

	broken.rcv.work = WORK_OVER;
	if (s->model->faults)
		happen(s, broken, false, EV_BROKE, "restoring failed");
	if (!w.forth.count) {
		if (w.forth.cut || is_over(s, &w.src, true))
			happen(s, broken, false, EV_LOST, "the stream ended");
		return;
	}
	item = w.forth.item[0];
	take(&w.forth, 0);
	take(&broken.forth, 0);
	if (item == STREAM_HEAD && w.rcv.work == WORK_HEAD) {
		w.rcv.work = WORK_REST;
		w.copy = COPY_PARTIAL;
		happen(s, w, false, EV_MADE, "the head of the stream was read");
	} else if (item == STREAM_REST && w.rcv.work == WORK_REST) {
		w.rcv.work = WORK_OVER;
		w.copy = COPY_WHOLE;
		happen(s, w, false, EV_FILLED, "the rest of the stream was read");
	} else {
		happen(s, broken, false, EV_BROKE, "the stream was garbage");
	}
}

static bool restorer_reads(const struct world *w)
{
	return w->rcv.work == WORK_HEAD || w->rcv.work == WORK_REST;
}

/* A side reads a message, or finds that there will be none any more. */
static void hear(struct search *s, struct world w, bool source)
{
	struct wire *wire = source ? &w.back : &w.forth;
	unsigned item = wire->item[0];

	if (wire->count) {
		take(wire, 0);
		w.held |= item == EV_HELD;
		happen(s, w, source, item >= EVENTS ? (unsigned)EV_STRANGE : item, "a message was read");
	} else if (wire->cut || is_over(s, side_of(&w, !source), !source)) {
		happen(s, w, source, EV_LOST, "the other side is gone");
	}
}

/* All that a side can do or meet. A machine that is about to act does that first, or is killed. */
static void live(struct search *s, const struct world *w, bool source)
{
	const struct side *side = source ? &w->src : &w->rcv;
	struct world next = *w;

	if (is_over(s, side, source))
		return;
	if (side->pending) {
		act(s, *w, source);
	} else {
		if (source)
			save_on(s, *w);
		if (!source && restorer_reads(w))
			restore_on(s, *w);
		else
			hear(s, *w, source);
	}
	if (!s->model->faults)
		return;
	side_of(&next, source)->dead = true;
	reach(s, &next, source ? "the source was killed" : "the receiver was killed", EVENTS);
	if (side->pending)
		return;
	happen(s, *w, source, EV_TIMEOUT, "a timer ran out");
	happen(s, *w, source, EV_SIGNAL, "a signal came");
	happen(s, *w, source, EV_STRANGE, "a message was garbled");
}

/* A wire loses, doubles or swaps what is on it, or is cut. */
static void wire_tricks(struct search *s, const struct world *w, bool forth)
{
	struct world next = *w;
	struct wire *wire = forth ? &next.forth : &next.back;

	if (!wire->cut) {
		wire->cut = true;
		reach(s, &next, "a direction was cut", EVENTS);
	}
	if (w->tricks == TRICKS)
		return;
	for (unsigned i = 0; i < (forth ? w->forth.count : w->back.count); i++) {
		next = *w;
		next.tricks++;
		take(wire, i);
		reach(s, &next, "a message was lost", EVENTS);
		next = *w;
		next.tricks++;
		if (put(wire, wire->item[i]))
			reach(s, &next, "a message was doubled", EVENTS);
		next = *w;
		next.tricks++;
		if (i > 0) {
			uint8_t item = wire->item[i];

			wire->item[i] = wire->item[i - 1];
			wire->item[i - 1] = item;
			reach(s, &next, "a message was overtaken", EVENTS);
		}
	}
}

/* What must hold in every world. */
static const char *check_world(const struct world *w)
{
	if (w->guest == GUEST_RUNS && w->copy == COPY_RUNS)
		return "two are running";
	if (w->guest == GUEST_GONE && w->copy < COPY_WHOLE)
		return "none is left";
	if (w->copy == COPY_RUNS && !w->let_go)
		return "the copy runs though the source did not let go";
	return NULL;
}

/* What must hold where both sides are over: what they believe is true. */
static const char *check_end(const struct world *w, struct model_result *result)
{
	bool runs = w->guest == GUEST_RUNS || w->copy == COPY_RUNS;
	unsigned src = w->src.state;

	result->ends++;
	result->good += w->copy == COPY_RUNS && w->guest == GUEST_GONE;
	result->stays += w->guest == GUEST_RUNS;
	result->in_doubt += !runs || (w->copy == COPY_RUNS && w->guest != GUEST_GONE);
	if (!w->src.dead) {
		if (src == SRC_STAYS && w->guest != GUEST_RUNS)
			return "the source believes that the guest runs on";
		if ((src == SRC_GONE || src == SRC_REST) && w->copy != COPY_RUNS)
			return "the source believes that the copy runs";
		if (src == SRC_DOUBT && !w->let_go)
			return "the source is in doubt without need";
	}
	if (!w->rcv.dead) {
		if (w->rcv.state == RCV_RUNS && w->copy != COPY_RUNS)
			return "the receiver believes that the copy runs";
		if (w->rcv.state == RCV_NONE && w->copy != COPY_NONE)
			return "the receiver believes that there is no copy";
	}
	if (!runs && !w->src.dead && src != SRC_DOUBT && src != SRC_STUCK)
		return "none is running, and nobody knows";
	return NULL;
}

/* Without faults there is one way to end. */
static const char *check_plain_end(const struct world *w)
{
	if (w->src.state != SRC_GONE || w->rcv.state != RCV_RUNS || w->guest != GUEST_GONE ||
	    w->copy != COPY_RUNS)
		return "without a fault it does not come to its end";
	return NULL;
}

static void tell_trace(struct search *s, uint32_t index)
{
	uint32_t way[256];
	unsigned length = 0;
	size_t at = 0;

	for (uint32_t i = index; i && length < 256; i = s->nodes[i].from)
		way[length++] = i;
	while (length--) {
		const struct node *node = &s->nodes[way[length]];
		const struct world *w = &node->world;

		at += (size_t)snprintf(s->result->trace + at, sizeof(s->result->trace) - at,
		    "  %s%s%s -> source %s%s, receiver %s%s, guest %u, copy %u\n", node->how,
		    node->event < EVENTS ? ": " : "",
		    node->event < EVENTS ? protocol_event_name((enum event)node->event) : "",
		    s->model->source->state_names[w->src.state], w->src.dead ? " (dead)" : "",
		    s->model->receiver->state_names[w->rcv.state], w->rcv.dead ? " (dead)" : "", w->guest,
		    w->copy);
		if (at >= sizeof(s->result->trace))
			break;
	}
}

static const char *look_at(struct search *s)
{
	const struct world w = s->nodes[s->at].world;
	const bool over = is_over(s, &w.src, true) && is_over(s, &w.rcv, false);
	const char *wrong = check_world(&w);
	size_t before = s->count;

	if (wrong)
		return wrong;
	if (over) {
		wrong = check_end(&w, s->result);
		return wrong || s->model->faults ? wrong : check_plain_end(&w);
	}
	live(s, &w, true);
	live(s, &w, false);
	if (s->model->faults) {
		wire_tricks(s, &w, true);
		wire_tricks(s, &w, false);
	} else if (s->count == before && s->at + 1 == s->count) {
		return "without a fault it stands still";
	}
	return s->result->wrong;
}

void model_run(const struct model *model, struct model_result *result)
{
	struct search s = {.model = model, .result = result};
	struct world first;

	memset(result, 0, sizeof(*result));
	memset(&first, 0, sizeof(first));
	grow(&s);
	/* The first node is the world before anything; both programs have begun in the second. */
	reach(&s, &first, "", EVENTS);
	happen(&s, first, true, EV_BEGIN, "the source begins");
	for (s.at = 1; s.at < s.count && !result->wrong; s.at++) {
		result->wrong = look_at(&s);
		if (result->wrong)
			tell_trace(&s, s.at);
	}
	result->worlds = s.count;
	free(s.nodes);
	free(s.table);
}
