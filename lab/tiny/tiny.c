/* SPDX-License-Identifier: MIT */
/* What both tiny guests do. */
#include "tiny.h"

static volatile uint32_t pattern[PATTERN_WORDS];

static uint32_t pattern_word(uint32_t i)
{
	return i * 2654435761u;
}

static void pattern_fill(void)
{
	for (uint32_t i = 0; i < PATTERN_WORDS; i++)
		pattern[i] = pattern_word(i);
}

static int pattern_good(void)
{
	for (uint32_t i = 0; i < PATTERN_WORDS; i++) {
		if (pattern[i] != pattern_word(i))
			return 0;
	}
	return 1;
}

static void barrier(void)
{
	__asm__ volatile("" ::: "memory");
}

static void console_notify(struct console *con)
{
	struct evtchn_send send = { .port = con->port };

	hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (unsigned long)&send, 0);
}

static void yield(void)
{
	hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0);
	barrier();
}

static void console_put(struct console *con, char c)
{
	volatile struct xencons_interface *ring = con->ring;

	while (ring->out_prod - ring->out_cons >= sizeof(ring->out))
		yield();
	ring->out[ring->out_prod % sizeof(ring->out)] = c;
	barrier();
	ring->out_prod++;
}

static void console_print(struct console *con, const char *text)
{
	for (; *text != '\0'; text++)
		console_put(con, *text);
}

static void console_print_number(struct console *con, unsigned int n)
{
	if (n >= 10)
		console_print_number(con, n / 10);
	console_put(con, (char)('0' + n % 10));
}

static char console_get(struct console *con)
{
	volatile struct xencons_interface *ring = con->ring;
	char c;

	while (ring->in_cons == ring->in_prod)
		yield();
	barrier();
	c = ring->in[ring->in_cons % sizeof(ring->in)];
	barrier();
	ring->in_cons++;
	barrier();
	console_notify(con);
	return c;
}

/* Waits for a word from dom0; "s" asks for a suspend, "c" for nothing but the next check. */
static void obey(struct console *con)
{
	for (;;) {
		switch (console_get(con)) {
		case 's':
			suspend();
			return;
		case 'c':
			return;
		default:
			break;
		}
	}
}

void tiny_run(void)
{
	struct console con;

	pattern_fill();
	for (unsigned int generation = 1;; generation++) {
		console_find(&con);
		console_print(&con, "tiny ");
		console_print_number(&con, generation);
		console_print(&con, pattern_good() ? " good\r\n" : " bad\r\n");
		console_notify(&con);
		obey(&con);
	}
}
