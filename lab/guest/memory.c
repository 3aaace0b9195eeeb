/* SPDX-License-Identifier: MIT */
/*
 * The pattern. A page holds its frame number, its generation, and for the rest one word made of both: any page that is
 * lost, stale, torn, altered or in another's place differs from what the table of generations says. Repeating one word
 * makes images that pack well, which is why nothing more random is used.
 */
#include "guest.h"

#define WORDS	(PAGE_SIZE / sizeof(uint32_t))
#define TOLD	8	/* bad pages that are described; more are only counted */

static uint32_t pages[PAGES_MAX];		/* frames under test, as found at boot */
static uint32_t generations[PAGES_MAX];		/* how often each was written */
static uint32_t count;				/* of both */
static uint32_t cursor;				/* the page written last */
static uint32_t writes;				/* pages written since boot */

static uint32_t word_of(uint32_t pfn, uint32_t generation)
{
	return (pfn * 2654435761u) ^ (generation * 2246822519u) ^ 0x5eed5eedu;
}

static void page_write(uint32_t pfn, uint32_t generation)
{
	volatile uint32_t *page = platform_page(pfn);
	uint32_t word = word_of(pfn, generation);

	page[0] = pfn;
	page[1] = generation;
	for (uint32_t i = 2; i < WORDS; i++)
		page[i] = word;
}

/* The first word that is not as the page's own head says; WORDS if there is none. */
static uint32_t page_inconsistency(const volatile uint32_t *page)
{
	uint32_t word = word_of(page[0], page[1]);

	for (uint32_t i = 2; i < WORDS; i++) {
		if (page[i] != word)
			return i;
	}
	return WORDS;
}

void memory_add(uint32_t pfn)
{
	if (count == PAGES_MAX)
		return;
	pages[count] = pfn;
	generations[count] = 1;
	page_write(pfn, 1);
	count++;
	writes++;
}

/* A stride that meets every page before it meets one again, unless it divides their number. */
void memory_rewrite_next(void)
{
	cursor += count % 509 == 0 ? 1 : 509;
	while (cursor >= count)
		cursor -= count;
	generations[cursor]++;
	page_write(pages[cursor], generations[cursor]);
	writes++;
}

uint32_t memory_pages(void)
{
	return count;
}

uint32_t memory_writes(void)
{
	return writes;
}

static void tell_of_bad(uint32_t pfn, uint32_t generation, const volatile uint32_t *page)
{
	uint32_t at = page_inconsistency(page);

	print("guest: bad page pfn=");
	print_number(pfn);
	print(" generation=");
	print_number(generation);
	if (at < WORDS) {
		print(": altered at word ");
		print_number(at);
		print(", found ");
		print_hex(page[at]);
	} else if (page[0] == pfn) {
		print(": stale, found generation ");
		print_number(page[1]);
	} else {
		print(": page of pfn ");
		print_number(page[0]);
	}
	print("\r\n");
}

uint32_t memory_check(void)
{
	uint32_t bad = 0;

	for (uint32_t i = 0; i < count; i++) {
		const volatile uint32_t *page = platform_page(pages[i]);

		if (page[0] == pages[i] && page[1] == generations[i] && page_inconsistency(page) == WORDS)
			continue;
		if (bad++ < TOLD)
			tell_of_bad(pages[i], generations[i], page);
	}
	return bad;
}

bool memory_poke(uint32_t pfn)
{
	for (uint32_t i = 0; i < count; i++) {
		if (pages[i] == pfn) {
			((volatile uint8_t *)platform_page(pfn))[PAGE_SIZE / 2] ^= 1;
			return true;
		}
	}
	return false;
}
