/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

/* First word of each line: the protocol and its version. */
#define MAGIC "XCM1"

/* How long a reader that takes nothing may keep a message from going out. */
#define SEND_MS 10000

static const struct {
	enum event event; /* message */
	const char *word; /* on the wire */
} words[] = {
    {EV_HELLO, "hello"},
    {EV_LETGO, "letgo"},
    {EV_WELCOME, "welcome"},
    {EV_READY, "ready"},
    {EV_HELD, "held"},
    {EV_RUNS, "runs"},
    {EV_FAILED, "failed"},
};

#define WORDS (sizeof(words) / sizeof(words[0]))

int64_t channel_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool channel_make_token(struct channel *channel)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return false;
	snprintf(channel->token, sizeof(channel->token), "%016llx", (unsigned long long)number);
	return true;
}

/* Copies what is printable; the rest becomes a question mark. */
static void copy_text(char *to, size_t size, const char *from, size_t length)
{
	size_t n = length < size - 1 ? length : size - 1;

	for (size_t i = 0; i < n; i++)
		to[i] = from[i] >= ' ' && from[i] != '\x7f' ? from[i] : '?';
	to[n] = '\0';
}

static bool is_token(const char *text, size_t length)
{
	return length == CHANNEL_TOKEN && strspn(text, "0123456789abcdef") >= CHANNEL_TOKEN;
}

/* Cuts the first word off; its length, 0 if there is none. */
static size_t cut_word(const char **text, size_t *left, const char **word)
{
	const char *space = memchr(*text, ' ', *left);
	size_t length = space ? (size_t)(space - *text) : *left;

	*word = *text;
	*text += space ? length + 1 : length;
	*left -= space ? length + 1 : length;
	return length;
}

/* What a line says. The first one tells the token, if we did not make it up ourselves. */
static enum event understand(struct channel *c, const char *line, size_t length)
{
	const char *rest = line, *word;
	size_t left = length, size;

	copy_text(c->text, sizeof(c->text), line, length);
	size = cut_word(&rest, &left, &word);
	if (size != strlen(MAGIC) || memcmp(word, MAGIC, size) != 0)
		return EV_STRANGE;
	size = cut_word(&rest, &left, &word);
	if (!is_token(word, size) || (c->token[0] && memcmp(word, c->token, size) != 0))
		return EV_STRANGE;
	memcpy(c->token, word, size);
	size = cut_word(&rest, &left, &word);
	for (size_t i = 0; i < WORDS; i++) {
		if (strlen(words[i].word) != size || memcmp(words[i].word, word, size) != 0)
			continue;
		copy_text(c->text, sizeof(c->text), rest, left);
		return words[i].event;
	}
	return EV_STRANGE;
}

/* Takes the first line out of what was read, if there is a whole one. */
static bool take_line(struct channel *c, enum event *event)
{
	const char *end = memchr(c->line, '\n', c->length);
	size_t used;

	if (end) {
		*event = understand(c, c->line, (size_t)(end - c->line));
		used = (size_t)(end - c->line) + 1;
		memmove(c->line, c->line + used, c->length - used);
		c->length -= used;
		return true;
	}
	if (c->length < sizeof(c->line))
		return false;
	copy_text(c->text, sizeof(c->text), c->line, c->length);
	c->length = 0;
	*event = EV_STRANGE;
	return true;
}

/* Reads what is there. False at the end, with what came of an unfinished line as the text. */
static bool fill(struct channel *c)
{
	ssize_t got = read(c->in, c->line + c->length, sizeof(c->line) - c->length);

	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	if (got == 0)
		copy_text(c->text, sizeof(c->text), c->line, c->length);
	c->length += (size_t)got;
	return got > 0;
}

static bool take_signal(struct channel *c)
{
	struct signalfd_siginfo info;

	if (read(c->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	snprintf(c->text, sizeof(c->text), "stopped by signal %u (%s)", info.ssi_signo,
	    strsignal((int)info.ssi_signo));
	return true;
}

enum event channel_wait(struct channel *c, int64_t until)
{
	enum event event;

	for (;;) {
		struct pollfd fds[] = {
		    {.fd = c->in, .events = POLLIN},
		    {.fd = c->signal_fd, .events = POLLIN},
		};
		int64_t left = until - channel_now();

		/* What was said counts first: it may be what a signal would undo. */
		if (take_line(c, &event))
			return event;
		if (c->in < 0)
			return EV_LOST;
		if (poll(fds, 2,
		        left < 0           ? 0
		        : left > INT32_MAX ? INT32_MAX
		                           : (int)left) < 0 &&
		    errno != EINTR)
			return EV_LOST;
		if (fds[0].revents) {
			if (!fill(c))
				return EV_LOST;
		} else if (fds[1].revents && take_signal(c)) {
			return EV_SIGNAL;
		} else if (left <= 0) {
			return EV_TIMEOUT;
		}
	}
}

bool channel_send(struct channel *c, enum event message, const char *text)
{
	struct pollfd pfd = {.fd = c->out, .events = POLLOUT};
	char line[CHANNEL_LINE], clean[CHANNEL_LINE];
	const char *word = "";
	int size;

	for (size_t i = 0; i < WORDS; i++)
		if (words[i].event == message)
			word = words[i].word;
	copy_text(clean, sizeof(clean), text, strlen(text));
	/* Room for the rest of the line is kept free. */
	size = snprintf(line, sizeof(line), MAGIC " %s %s%s%.460s\n",
	    c->token[0] ? c->token : "0000000000000000", word, clean[0] ? " " : "", clean);
	if (c->out < 0 || poll(&pfd, 1, SEND_MS) != 1 || !(pfd.revents & POLLOUT))
		return false;
	return write(c->out, line, (size_t)size) > 0;
}
