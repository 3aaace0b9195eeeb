/* SPDX-License-Identifier: MIT */
#include "legacy/hint.h"

#include <string.h>

#include <libstream/format.h>

/* Texts with the blanks taken out that settle the guest type. */
static const struct {
	const char *text;
	uint32_t guest;
} patterns[] = {
    {"builder=\"hvm\"", XSR_DOMAIN_X86_HVM},
    {"builder='hvm'", XSR_DOMAIN_X86_HVM},
    {"builder=\"linux\"", XSR_DOMAIN_X86_PV},
    {"builder='linux'", XSR_DOMAIN_X86_PV},
    {"\"type\":\"hvm\"", XSR_DOMAIN_X86_HVM},
    {"\"type\":\"pv\"", XSR_DOMAIN_X86_PV},
    {"(image(hvm", XSR_DOMAIN_X86_HVM},
    {"(image(linux", XSR_DOMAIN_X86_PV},
    {">hvm</type>", XSR_DOMAIN_X86_HVM},
    {">linux</type>", XSR_DOMAIN_X86_PV},
    {">xen</type>", XSR_DOMAIN_X86_PV},
};

/* The same for viridian. Those of later configurations are not needed: the image itself says so since Xen 4.1.3. */
static const char *const viridian[] = {"viridian=1", "(viridian1)", "<viridian/>"};

static bool ends_with(const struct hint *h, const char *text)
{
	size_t n = strlen(text);

	return n <= HINT_WINDOW && memcmp(h->window + HINT_WINDOW - n, text, n) == 0;
}

void hint_feed(struct hint *h, const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (data[i] == '#')
			h->comment = true;
		else if (data[i] == '\n')
			h->comment = false;
		if (h->comment || data[i] <= ' ')
			continue;
		memmove(h->window, h->window + 1, HINT_WINDOW - 1);
		h->window[HINT_WINDOW - 1] = (char)data[i];
		for (size_t k = 0; k < sizeof(patterns) / sizeof(patterns[0]); k++)
			if (!h->guest && ends_with(h, patterns[k].text))
				h->guest = patterns[k].guest;
		for (size_t k = 0; k < sizeof(viridian) / sizeof(viridian[0]); k++)
			h->viridian |= ends_with(h, viridian[k]);
	}
}
