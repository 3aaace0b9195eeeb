/* SPDX-License-Identifier: MIT */
#include "live_report.h"

#include <stdio.h>

#include "common/text.h"

json_t *live_real(double value)
{
	return value < 0 ? json_null() : json_real(value);
}

json_t *live_pass_row(const struct live_pass *pass)
{
	return json_pack("{s:s, s:i, s:I, s:I, s:f, s:I, s:f, s:f, s:o, s:o, s:s, s:s}", "event", "pass",
	    "number", (int)pass->number, "pages", (json_int_t)pass->pages, "bytes", (json_int_t)pass->bytes,
	    "seconds", pass->seconds, "dirtied", (json_int_t)pass->dirtied, "rate", pass->rate, "dirty_rate",
	    pass->dirty_rate, "expected_downtime", live_real(pass->downtime), "eta", live_real(pass->eta),
	    "next", live_next_name(pass->next), "reason", live_reason_name(pass->reason));
}

/* What follows from a pass, in a clause. */
static void next_text(const struct live_pass *pass, char *text, size_t size)
{
	static const char *const reasons[] = {[LIVE_BUSY] = "",
	    [LIVE_QUIET] = "quiet enough",
	    [LIVE_ITERATIONS] = "no passes left",
	    [LIVE_TIME] = "no time left"};

	if (pass->next != LIVE_GO_ON)
		snprintf(text, size, "%s: %s", reasons[pass->reason],
		    pass->next == LIVE_STOP ? "the guest is stopped" : "given up");
	else if (pass->eta >= 0)
		snprintf(text, size, "done in about %.1f s", pass->eta);
	else
		snprintf(text, size, "no end in sight");
}

const char *live_pass_text(const struct live_pass *pass, char *out, size_t size)
{
	char pages[32], bytes[32], rate[32], dirtied[32], downtime[48] = "", next[64];

	next_text(pass, next, sizeof(next));
	if (pass->downtime >= 0)
		snprintf(downtime, sizeof(downtime), "expected downtime %.2f s; ", pass->downtime);
	snprintf(out, size,
	    "pass %u: %s pages, %s in %.2f s, %s/s; %s pages dirtied meanwhile, %.0f a second; %s%s",
	    pass->number, text_count(pass->pages, pages, sizeof(pages)),
	    text_bytes(pass->bytes, bytes, sizeof(bytes)), pass->seconds,
	    text_bytes((uint64_t)pass->rate, rate, sizeof(rate)),
	    text_count(pass->dirtied, dirtied, sizeof(dirtied)), pass->dirty_rate, downtime, next);
	return out;
}
