/* SPDX-License-Identifier: MIT */
/* The guest's life: obey the toolstack and the console, rewrite memory at the pace asked for, check after a resume. */
#include "guest.h"

#define BEATS_A_SECOND	954u	/* of 2^20 ns */
#define BURST		256u	/* pages between two looks at the rings */

struct platform platform;

static uint32_t rate = 100;		/* pages rewritten a second */
bool guest_keeps_frame;			/* see guest.h */
static uint32_t credit;			/* parts of a page that are due; BEATS_A_SECOND is one page */
static uint32_t last_beat;		/* when credit was reckoned last */
static uint32_t checks;			/* made since boot */

void notify(evtchn_port_t port)
{
	struct evtchn_send send = { .port = port };

	hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (unsigned long)&send, 0, 0);
}

bool same(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* Nanoseconds since the host booted, as Xen tells them: a moment, and how the CPU's counter goes on from there. */
static uint64_t nanoseconds(void)
{
	const volatile struct vcpu_time_info *time = &platform.shared->vcpu_info[0].time;
	uint32_t version, low, high;
	uint64_t delta, base;

	do {
		version = time->version;
		barrier();
		__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
		delta = ((uint64_t)high << 32 | low) - time->tsc_timestamp;
		delta = time->tsc_shift < 0 ? delta >> -time->tsc_shift : delta << time->tsc_shift;
		base = time->system_time;
		/* In halves: 32 bits have no long multiplication. */
		base += (delta >> 32) * time->tsc_to_system_mul;
		base += ((delta & 0xffffffffu) * time->tsc_to_system_mul) >> 32;
		barrier();
	} while (version != time->version || (version & 1) != 0);
	return base;
}

uint32_t beats(void)
{
	return (uint32_t)(nanoseconds() >> 20);
}

/* No event is ever delivered; a port that is pending ends the sleep, and is made ready for the next one here. */
static void port_clear(evtchn_port_t port)
{
	volatile xen_ulong_t *pending = platform.shared->evtchn_pending;
	uint32_t bits = sizeof(xen_ulong_t) * 8;

	__atomic_and_fetch(&pending[port / bits], ~((xen_ulong_t)1 << (port % bits)), __ATOMIC_SEQ_CST);
}

void wait_a_little(void)
{
	evtchn_port_t ports[2] = { platform.console_port, platform.store_port };
	struct sched_poll poll = { .nr_ports = 2, .timeout = nanoseconds() + 10 * 1000000 };

	set_xen_guest_handle(poll.ports, ports);
	hypercall(__HYPERVISOR_sched_op, SCHEDOP_poll, (unsigned long)&poll, 0, 0);
	port_clear(ports[0]);
	port_clear(ports[1]);
	barrier();
}

static void check(const char *occasion)
{
	uint32_t bad = memory_check();

	print("guest ");
	print_number(++checks);
	print(bad == 0 ? " good" : " bad");
	print(" pages=");
	print_number(memory_pages());
	print(" writes=");
	print_number(memory_writes());
	print(" bad=");
	print_number(bad);
	print(" ");
	print(occasion);
	print("\r\n");
}

/* The rings, and no event to be delivered: whoever has news also ends the sleep of who polls. */
static void find_domain(enum resumed how)
{
	platform_find(how);
	for (uint32_t i = 0; i < sizeof(platform.shared->evtchn_mask) / sizeof(platform.shared->evtchn_mask[0]); i++)
		platform.shared->evtchn_mask[i] = ~(xen_ulong_t)0;
}

static void suspend(void)
{
	enum resumed how;

	print("guest: suspending writes=");
	print_number(memory_writes());
	print("\r\n");
	print_drain();
	how = platform_suspend();
	find_domain(how);
	last_beat = beats();
	xenbus_start();
	check(how == RESUMED_RESTORED ? "restored" : "resumed");
}

static void stop(unsigned int reason)
{
	struct sched_shutdown how = { .reason = reason };

	hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (unsigned long)&how, 0, 0);
}

static void obey_toolstack(void)
{
	const char *word = xenbus_request();

	if (word == NULL)
		return;
	if (same(word, "suspend"))
		suspend();
	else
		stop(same(word, "reboot") ? SHUTDOWN_reboot : SHUTDOWN_poweroff);
}

/* The rest of text behind word, or NULL. */
static const char *after(const char *text, const char *word)
{
	for (; *word != '\0'; text++, word++) {
		if (*text != *word)
			return NULL;
	}
	return text;
}

/* The number at the start of text; "max" is more than can be done. */
static uint32_t number(const char *text)
{
	uint32_t n = 0;

	if (*text == 'm')
		return 10000000;
	for (; *text >= '0' && *text <= '9' && n < 1000000; text++)
		n = n * 10 + (uint32_t)(*text - '0');
	return n;
}

static void obey_console(void)
{
	const char *line = console_line(), *rest;

	if (line == NULL || *line == '\0')
		return;
	if (same(line, "check")) {
		check("asked");
	} else if ((rest = after(line, "rate ")) != NULL) {
		rate = number(rest);
		credit = 0;
		print("guest: rate set\r\n");
	} else if ((rest = after(line, "poke ")) != NULL) {
		print(memory_poke(number(rest)) ? "guest: poked\r\n" : "guest: no such page\r\n");
	} else if (same(line, "keep")) {
		guest_keeps_frame = !guest_keeps_frame;
		print("guest: keep\r\n");
	} else if (same(line, "crash")) {
		stop(SHUTDOWN_crash);
	} else {
		print("guest: check, rate PAGES|max, poke PFN, keep, crash\r\n");
	}
}

/* Rewrites what is due; the pages due but not done in one burst stay due up to a second's worth. */
static void rewrite(void)
{
	uint32_t now = beats(), passed = now - last_beat;

	last_beat = now;
	/* Another host's clock may be anywhere. */
	if (passed > BEATS_A_SECOND)
		passed = 0;
	if (rate > 0 && passed > (BEATS_A_SECOND * BURST) / rate)
		credit = BEATS_A_SECOND * BURST;
	else
		credit += rate * passed;
	for (uint32_t done = 0; credit >= BEATS_A_SECOND && done < BURST; done++) {
		memory_rewrite_next();
		credit -= BEATS_A_SECOND;
	}
}

static void read_command_line(void)
{
	const char *text = platform.command_line, *rest;

	for (; text != NULL && *text != '\0'; text++) {
		rest = after(text, "rate=");
		if (rest != NULL)
			rate = number(rest);
	}
}

void guest_run(void)
{
	find_domain(RESUMED_RESTORED);
	read_command_line();
	platform_free_pages(memory_add);
	xenbus_start();
	check("booted");
	last_beat = beats();
	for (;;) {
		obey_toolstack();
		obey_console();
		rewrite();
		if (credit < BEATS_A_SECOND)
			wait_a_little();
	}
}
