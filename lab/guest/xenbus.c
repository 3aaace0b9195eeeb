/* SPDX-License-Identifier: MIT */
/*
 * As much of xenstore as a guest needs to be suspended: it says that it can, watches control/shutdown, and
 * acknowledges a request by emptying the node in a transaction, as others may take the request back meanwhile.
 */
#include "guest.h"

#define NODE	"control/shutdown"

static char answer[XENSTORE_PAYLOAD_MAX + 1];	/* payload of the message read last */
static bool watch_fired;			/* since it was looked at */

static void ring_write(const void *data, uint32_t length)
{
	volatile struct xenstore_domain_interface *ring = platform.store;
	const char *bytes = data;

	for (uint32_t i = 0; i < length; i++) {
		while (ring->req_prod - ring->req_cons >= sizeof(ring->req)) {
			notify(platform.store_port);
			wait_a_little();
		}
		ring->req[ring->req_prod % sizeof(ring->req)] = bytes[i];
		barrier();
		ring->req_prod++;
	}
}

static void ring_read(void *data, uint32_t length)
{
	volatile struct xenstore_domain_interface *ring = platform.store;
	char *bytes = data;

	for (uint32_t i = 0; i < length; i++) {
		while (ring->rsp_cons == ring->rsp_prod) {
			notify(platform.store_port);
			wait_a_little();
		}
		bytes[i] = ring->rsp[ring->rsp_cons % sizeof(ring->rsp)];
		barrier();
		ring->rsp_cons++;
	}
}

static bool ring_has_news(void)
{
	volatile struct xenstore_domain_interface *ring = platform.store;

	return ring->rsp_cons != ring->rsp_prod;
}

/* Reads one message; its payload ends with a 0 of ours. */
static uint32_t receive(void)
{
	struct xsd_sockmsg head;

	ring_read(&head, sizeof(head));
	if (head.len > XENSTORE_PAYLOAD_MAX)
		head.len = XENSTORE_PAYLOAD_MAX;
	ring_read(answer, head.len);
	answer[head.len] = '\0';
	notify(platform.store_port);
	if (head.type == XS_WATCH_EVENT)
		watch_fired = true;
	return head.type;
}

static uint32_t length_of(const char *text)
{
	uint32_t n = 0;

	while (text[n] != '\0')
		n++;
	return n;
}

/*
 * Sends a request of one or two strings and waits for its answer; false if that is an error. The first string ends
 * with its 0; the second one does so only as with_end says: what is written to a node goes without.
 */
static bool request(uint32_t type, uint32_t transaction, const char *first, const char *second, bool with_end)
{
	uint32_t first_length = length_of(first) + 1, second_length = 0, answered;
	struct xsd_sockmsg head = { .type = type, .req_id = 1, .tx_id = transaction };

	if (second != NULL)
		second_length = length_of(second) + (with_end ? 1 : 0);
	head.len = first_length + second_length;
	ring_write(&head, sizeof(head));
	ring_write(first, first_length);
	if (second != NULL)
		ring_write(second, second_length);
	notify(platform.store_port);
	do {
		answered = receive();
	} while (answered == XS_WATCH_EVENT);
	return answered != XS_ERROR;
}

static uint32_t number_of(const char *text)
{
	uint32_t n = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		n = n * 10 + (uint32_t)(*text - '0');
	return n;
}

void xenbus_start(void)
{
	request(XS_WRITE, 0, "control/feature-suspend", "1", false);
	/* After a resume without a restore the watch is still there, and this an error of no account. */
	request(XS_WATCH, 0, NODE, "shutdown", true);
	watch_fired = true;
}

/* The word in the node if it is one to act on. */
static const char *word_known(void)
{
	static const char *const words[] = { "suspend", "poweroff", "halt", "reboot" };

	for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (same(answer, words[i]))
			return words[i];
	}
	return NULL;
}

const char *xenbus_request(void)
{
	while (ring_has_news())
		receive();
	while (watch_fired) {
		const char *word = NULL;
		uint32_t transaction;

		watch_fired = false;
		if (!request(XS_TRANSACTION_START, 0, "", NULL, false))
			return NULL;
		transaction = number_of(answer);
		if (request(XS_READ, transaction, NODE, NULL, false))
			word = word_known();
		if (word != NULL)
			request(XS_WRITE, transaction, NODE, "", false);
		if (!request(XS_TRANSACTION_END, transaction, word != NULL ? "T" : "F", NULL, false))
			watch_fired = true;	/* somebody else wrote to the node: look again */
		else if (word != NULL)
			return word;
	}
	return NULL;
}
