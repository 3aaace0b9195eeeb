/* SPDX-License-Identifier: MIT */
/*
 * The suspend protocol. The tool writes "suspend" to control/shutdown, the guest answers by emptying the
 * node, and some time later the hypervisor says that it is shut down with the reason "suspend". A request
 * that the guest has not seen can be taken back; one that it took cannot: it then must be waited for. Old
 * kernels offer an event channel instead of the node; there a request cannot be taken back at all.
 */
#include "suspend.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xenctrl.h>
#include <xenevtchn.h>
#include <xenguest.h>

#include <xen/hvm/params.h>

/* Xenstore fires @releaseDomain once, and only if it noticed; so look at least this often. */
#define LOOK_EVERY_MS 500

#define TOKEN_CONTROL "xc-save:control"
#define TOKEN_RELEASE "xc-save:release"

enum wait_result {
	WAIT_AGAIN,     /* something may have changed */
	WAIT_TIMEOUT,   /* time is up */
	WAIT_CANCELLED, /* a wake-up descriptor is readable */
};

/* One suspension under way. */
struct attempt {
	struct xen *xen;                 /* handles */
	struct domain_facts *facts;      /* the domain; its state is refreshed */
	const struct patience *patience; /* limits */
	int fd;                          /* becomes readable when it is worth looking */
	int64_t deadline;                /* of the current step, ms */
	char node[64];                   /* control/shutdown of the domain */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void step_begins(struct attempt *a)
{
	a->deadline = now_ms() + (int64_t)a->patience->timeout_s * 1000;
}

static void drain_watches(struct attempt *a)
{
	char **event;

	while ((event = xs_check_watch(a->xen->xs)))
		free(event);
}

static enum wait_result wait_some(struct attempt *a)
{
	struct pollfd fds[3] = {
	    {.fd = a->patience->wake_fds[0], .events = POLLIN},
	    {.fd = a->patience->wake_fds[1], .events = POLLIN},
	    {.fd = a->fd, .events = POLLIN},
	};
	int64_t left = a->deadline - now_ms();

	if (left <= 0)
		return WAIT_TIMEOUT;
	poll(fds, 3, left < LOOK_EVERY_MS ? (int)left : LOOK_EVERY_MS);
	if (fds[0].revents || fds[1].revents)
		return WAIT_CANCELLED;
	return WAIT_AGAIN;
}

/* Looks at the domain; true if its fate is decided, one way or the other. */
static bool look(struct attempt *a, enum guest_state *state)
{
	if (!xen_domain_state(a->xen, a->facts) || a->facts->dying) {
		*state = GUEST_DEAD;
		return true;
	}
	if (!a->facts->shutdown)
		return false;
	*state = a->facts->shutdown_reason == DOMAIN_SUSPEND ? GUEST_SUSPENDED : GUEST_DEAD;
	return true;
}

static bool report_death(const struct attempt *a, struct fault *fault)
{
	if (a->facts->shutdown && !a->facts->dying)
		return fault_set(fault, FAULT_DIED, "the guest shut down instead of suspending: %s",
		    domain_reason_name(a->facts->shutdown_reason));
	return fault_set(fault, FAULT_DIED, "the domain is gone");
}

static bool report_wait(enum wait_result why, const char *what, int timeout_s, struct fault *fault)
{
	/* The caller knows why it was woken. */
	if (why == WAIT_CANCELLED)
		return false;
	return fault_set(fault, FAULT_UNSUSPENDED, "%s within %d s", what, timeout_s);
}

/* The node's value; an absent node counts as empty. */
static bool node_is(struct attempt *a, xs_transaction_t t, const char *wanted)
{
	unsigned length;
	char *value = xs_read(a->xen->xs, t, a->node, &length);
	bool same = strcmp(value ? value : "", wanted) == 0;

	free(value);
	return same;
}

/* Takes the request back unless the guest took it meanwhile. True: taken back, the guest never saw it. */
static bool withdraw(struct attempt *a)
{
	for (;;) {
		xs_transaction_t t = xs_transaction_start(a->xen->xs);
		bool pending;

		if (t == XBT_NULL)
			return false;
		pending = node_is(a, t, "suspend");
		if (pending && !xs_write(a->xen->xs, t, a->node, "", 0)) {
			xs_transaction_end(a->xen->xs, t, true);
			return false;
		}
		if (xs_transaction_end(a->xen->xs, t, false))
			return pending;
		if (errno != EAGAIN)
			return false;
	}
}

/* Waits for the domain to be shut down. */
static bool await_shutdown(struct attempt *a, enum guest_state *state, struct fault *fault)
{
	enum wait_result why = WAIT_AGAIN;

	step_begins(a);
	while (!look(a, state)) {
		if (why != WAIT_AGAIN)
			return report_wait(why, "the guest took the request but did not suspend",
			    a->patience->timeout_s, fault);
		why = wait_some(a);
		drain_watches(a);
	}
	return *state == GUEST_SUSPENDED || report_death(a, fault);
}

/* Waits for the guest to take the request; takes it back if it does not. */
static bool await_acknowledgement(struct attempt *a, enum guest_state *state, struct fault *fault)
{
	enum wait_result why = WAIT_AGAIN;

	step_begins(a);
	while (node_is(a, XBT_NULL, "suspend")) {
		if (look(a, state))
			return *state == GUEST_SUSPENDED || report_death(a, fault);
		if (why != WAIT_AGAIN) {
			if (withdraw(a))
				return report_wait(why, "the guest did not answer the request to suspend",
				    a->patience->timeout_s, fault);
			break;
		}
		why = wait_some(a);
		drain_watches(a);
	}
	*state = GUEST_ASKED;
	return true;
}

static bool by_xenstore(struct attempt *a, enum guest_state *state, struct fault *fault)
{
	if (!node_is(a, XBT_NULL, ""))
		return fault_set(fault, FAULT_UNSUSPENDED, "another shutdown request is pending in %s",
		    a->node);
	if (!xs_write(a->xen->xs, XBT_NULL, a->node, "suspend", strlen("suspend")))
		return fault_errno(fault, FAULT_SYSTEM, "cannot write %s", a->node);
	if (!await_acknowledgement(a, state, fault))
		return false;
	return *state == GUEST_SUSPENDED || await_shutdown(a, state, fault);
}

/* Waits on the event channel itself: it fires when the domain shuts down. */
static bool by_event_channel(struct attempt *a, int port, enum guest_state *state, struct fault *fault)
{
	xenevtchn_handle *events = xenevtchn_open(NULL, 0);
	bool done = false;
	int lock, local;

	if (!events)
		return fault_errno(fault, FAULT_SYSTEM, "cannot open the event channels");
	local = xc_suspend_evtchn_init_exclusive(a->xen->xc, events, a->facts->domid, port, &lock);
	if (local < 0) {
		fault_errno(fault, FAULT_UNSUSPENDED, "cannot bind the guest's suspend event channel");
		xenevtchn_close(events);
		return false;
	}
	a->fd = xenevtchn_fd(events);
	if (xenevtchn_notify(events, (evtchn_port_t)local) != 0) {
		fault_errno(fault, FAULT_UNSUSPENDED, "cannot notify the guest's suspend event channel");
	} else {
		*state = GUEST_ASKED;
		done = await_shutdown(a, state, fault);
	}
	/* The result of the release says nothing: 4.17 reports failure after a clean one, too. */
	xc_suspend_evtchn_release(a->xen->xc, events, a->facts->domid, local, &lock);
	xenevtchn_close(events);
	return done;
}

/*
 * An HVM guest whose drivers never asked for the hypervisor's interrupt knows nothing of requests, and one that sleeps
 * cannot answer. To neither does it make a difference to stand still for a while.
 */
static bool cannot_be_asked(struct xen *xen, const struct domain_facts *facts)
{
	uint64_t interrupt = 0, sleep = 0;

	if (facts->type != DOMAIN_HVM)
		return false;
	(void)xc_hvm_param_get(xen->xc, facts->domid, HVM_PARAM_ACPI_S_STATE, &sleep);
	return xc_hvm_param_get(xen->xc, facts->domid, HVM_PARAM_CALLBACK_IRQ, &interrupt) == 0 &&
	       (interrupt == 0 || sleep != 0);
}

static bool by_force(struct attempt *a, enum guest_state *state, struct fault *fault)
{
	if (xc_domain_shutdown(a->xen->xc, a->facts->domid, SHUTDOWN_suspend) != 0)
		return fault_errno(fault, FAULT_UNSUSPENDED, "cannot suspend the domain from outside");
	*state = GUEST_ASKED;
	return await_shutdown(a, state, fault);
}

static bool ask(struct attempt *a, enum guest_state *state, struct fault *fault)
{
	int port;

	if (cannot_be_asked(a->xen, a->facts))
		return by_force(a, state, fault);
	port = xs_suspend_evtchn_port((int)a->facts->domid);
	return port >= 0 ? by_event_channel(a, port, state, fault) : by_xenstore(a, state, fault);
}

static bool begin(struct attempt *a, struct fault *fault)
{
	snprintf(a->node, sizeof(a->node), "/local/domain/%u/control/shutdown", a->facts->domid);
	a->fd = xs_fileno(a->xen->xs);
	/* Watch before asking: @releaseDomain is fired once. */
	if (!xs_watch(a->xen->xs, a->node, TOKEN_CONTROL) ||
	    !xs_watch(a->xen->xs, "@releaseDomain", TOKEN_RELEASE))
		return fault_errno(fault, FAULT_SYSTEM, "cannot watch xenstore");
	return true;
}

static void end(struct attempt *a)
{
	xs_unwatch(a->xen->xs, a->node, TOKEN_CONTROL);
	xs_unwatch(a->xen->xs, "@releaseDomain", TOKEN_RELEASE);
}

/* Somebody else did it and will undo it: not ours to save, nor to resume. */
static bool already_suspended(enum guest_state *state, struct fault *fault)
{
	*state = GUEST_RUNNING;
	return fault_set(fault, FAULT_UNSUSPENDED, "the guest is suspended already, by another program");
}

bool suspend_domain(struct xen *xen, struct domain_facts *facts, const struct patience *patience,
    enum guest_state *state, struct fault *fault)
{
	struct attempt a = {.xen = xen, .facts = facts, .patience = patience};
	bool done = false;

	if (begin(&a, fault)) {
		if (!look(&a, state))
			done = ask(&a, state, fault);
		else if (*state == GUEST_DEAD)
			report_death(&a, fault);
		else
			already_suspended(state, fault);
	}
	end(&a);
	return done;
}

bool suspend_settle(struct xen *xen, struct domain_facts *facts, const struct patience *patience,
    enum guest_state *state, struct fault *fault)
{
	struct attempt a = {.xen = xen, .facts = facts, .patience = patience};
	bool done = begin(&a, fault) && await_shutdown(&a, state, fault);

	end(&a);
	return done;
}

bool suspend_undo(struct xen *xen, const struct domain_facts *facts, struct fault *fault)
{
	/* Fast: the guest's hypercall returns 1, "cancelled", and its devices stay connected. */
	if (xc_domain_resume(xen->xc, facts->domid, 1) != 0)
		return fault_errno(fault, FAULT_SYSTEM, "cannot resume the domain");
	/*
	 * Else xenstored would not announce the next suspension. The guest runs in any case, and we would
	 * poll.
	 */
	(void)xs_resume_domain(xen->xs, facts->domid);
	return true;
}
