/* SPDX-License-Identifier: MIT */
/* The console: a ring each way, shared with xenconsoled. */
#include "guest.h"

static char line[80];		/* what came since the last end of line */
static uint32_t line_length;	/* of it */

static void put(char c)
{
	volatile struct xencons_interface *ring = platform.console;

	while (ring->out_prod - ring->out_cons >= sizeof(ring->out)) {
		notify(platform.console_port);
		wait_a_little();
	}
	ring->out[ring->out_prod % sizeof(ring->out)] = c;
	barrier();
	ring->out_prod++;
}

void print(const char *text)
{
	for (; *text != '\0'; text++)
		put(*text);
	notify(platform.console_port);
}

/* What a guest without paging has in the ring when it is saved is lost. */
void print_drain(void)
{
	volatile struct xencons_interface *ring = platform.console;

	for (uint32_t tries = 0; ring->out_cons != ring->out_prod && tries < 500; tries++) {
		notify(platform.console_port);
		wait_a_little();
	}
}

void print_number(uint32_t n)
{
	char digits[12];
	uint32_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n != 0);
	print(digits + at);
}

void print_hex(uint32_t n)
{
	char text[] = "0x00000000";

	for (uint32_t at = 9; n != 0; n >>= 4)
		text[at--] = "0123456789abcdef"[n & 15];
	print(text);
}

char *console_line(void)
{
	volatile struct xencons_interface *ring = platform.console;

	while (ring->in_cons != ring->in_prod) {
		char c = ring->in[ring->in_cons % sizeof(ring->in)];

		barrier();
		ring->in_cons++;
		notify(platform.console_port);
		if (c == '\n' || c == '\r') {
			line[line_length] = '\0';
			line_length = 0;
			return line;
		}
		if (line_length < sizeof(line) - 1)
			line[line_length++] = c;
	}
	return NULL;
}
