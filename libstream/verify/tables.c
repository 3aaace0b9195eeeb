/* SPDX-License-Identifier: MIT */
#include "verify/tables.h"

#include <inttypes.h>
#include <stdio.h>

#include "verify/contents.h"
#include "verify/state.h"
#include "wire/cursor.h"

#define SLOTS 512u

/* Bits of an entry. */
#define PRESENT      0x01u
#define WRITABLE     0x02u
#define SUPERPAGE    0x80u
#define FRAME(entry) ((entry) >> 12 & ((UINT64_C(1) << 40) - 1))

/*
 * A cell: in its low bits what the pfn is, and above what is wanted of it. CELL_TABLE + n is a table of level
 * n. WANT_LEVEL << n: some table of level n + 1 points here.
 */
enum { CELL_UNSEEN, CELL_HOLE, CELL_DATA, CELL_TABLE = CELL_DATA, CELL_MASK = 7 };
enum { WANT_LEVEL = 4, WANT_MEMORY = 0x40, WANT_WRITABLE = 0x80 };

_Static_assert((WANT_LEVEL << 1) > CELL_MASK && (WANT_LEVEL << 3) < WANT_MEMORY, "bits of a cell overlap");

enum rule { RULE_PFN, RULE_SUPERPAGE, RULE_XEN, RULE_LEVEL, RULE_HOLE };

/* Where a table stands. */
struct table {
	const struct xsr_record *record; /* that it is in */
	uint64_t at;                     /* offset from the record's header */
	uint64_t pfn;                    /* of the table */
	unsigned level;                  /* 1 to 4 */
};

void tables_batch(struct tables *t)
{
	t->told = 0;
}

void tables_clear(struct tables *t)
{
	chunk_map_clear(&t->cells);
}

static bool first_time(struct tables *t, enum rule rule)
{
	bool told = t->told >> rule & 1;

	t->told |= 1u << rule;
	return !told;
}

/* The cell of a pfn. NULL if there is no room: then nobody judges it. */
static uint8_t *cell_of(struct xsr_verifier *v, uint64_t pfn)
{
	struct chunk_map *cells = &v->contents->tables.cells;
	uint8_t *chunk = chunk_map_make(cells, pfn, CHUNK_PFNS);

	if (!chunk && cells->no_memory)
		verify_memory_lost(v);
	return chunk ? chunk + (pfn & (CHUNK_PFNS - 1)) : NULL;
}

/* Puts a finding aside for the end. */
static void defer(struct tables *t, enum finding_id id, const struct xsr_record *record, uint64_t at,
    const char *field, const char *allowed, const char *found)
{
	struct xsr_finding *f = &t->findings[t->waiting];

	if (t->waiting == TABLES_WAITING)
		return;
	t->waiting++;
	finding_make(f, id, record->layer, record->offset + at, field);
	finding_in_record(f, record);
	finding_found(f, "%s", found);
	finding_allowed(f, "%s", allowed);
}

static const char *name_of(unsigned is)
{
	static const char *const names[] = {"not in the image", "a hole", "an ordinary page", "an L1 table",
	    "an L2 table", "an L3 table", "an L4 table"};

	return names[is];
}

/*
 * What a table wants against what is there. A table of the wanting table's own level is right, too: guests
 * may map their tables through themselves. Names what is wanted, or is NULL if all is well.
 */
static const char *level_fault(unsigned is, unsigned want)
{
	static const char *const wanted[] = {"", "an L1 table", "an L2 table", "an L3 table"};

	if (is <= CELL_HOLE)
		return NULL;
	for (unsigned level = 1; level <= 3; level++)
		if (want & ((unsigned)WANT_LEVEL << level) && is != CELL_TABLE + level && is != CELL_TABLE + level + 1)
			return wanted[level];
	return want & WANT_WRITABLE && is > CELL_TABLE ? "no page table, as the entry is writable" : NULL;
}

/* The type of a pfn has come behind tables that point at it. */
static void judge_entry(struct tables *t, const struct xsr_record *record, uint32_t number, uint64_t pfn,
    unsigned cell)
{
	unsigned is = cell & CELL_MASK;
	const char *wanted = level_fault(is, cell);
	char found[80];

	snprintf(found, sizeof(found), "pfn 0x%" PRIx64 " is %s", pfn, name_of(is));
	if (wanted && first_time(t, RULE_LEVEL))
		defer(t, F_PAGE_DATA_ENTRY_LEVEL, record, 16 + 8 * (uint64_t)number, "type", wanted, found);
	if (is == CELL_HOLE && cell & WANT_MEMORY && first_time(t, RULE_HOLE))
		defer(t, F_PAGE_DATA_ENTRY_HOLE, record, 16 + 8 * (uint64_t)number, "type",
		    "memory, as a page table points here", found);
}

void tables_entry(struct xsr_verifier *v, const struct xsr_record *record, uint32_t number, uint64_t entry)
{
	uint64_t pfn = entry & XSR_PFN_MASK;
	unsigned type = (unsigned)(entry >> XSR_PFN_TYPE_SHIFT), is = CELL_DATA;
	uint8_t *cell;

	if (v->summary.passes > 1)
		tables_clear(&v->contents->tables);
	if (v->summary.passes > 1 || !v->pages.has_p2m || pfn > v->pages.p2m_end)
		return;
	if (type == XSR_PAGE_XTAB || type == XSR_PAGE_BROKEN)
		is = CELL_HOLE;
	else if (type != XSR_PAGE_NOTAB && type != XSR_PAGE_XALLOC)
		is = CELL_TABLE + (type & 7);
	cell = is <= CELL_MASK - 1 ? cell_of(v, pfn) : NULL;
	if (!cell)
		return;
	v->contents->tables.cells.in_use += !*cell;
	*cell = (uint8_t)((*cell & ~(unsigned)CELL_MASK) | is);
	judge_entry(&v->contents->tables, record, number, pfn, *cell);
}

static void slot_found(char *text, size_t size, const struct table *table, unsigned slot, uint64_t value)
{
	snprintf(text, size, "0x%016" PRIx64 " in slot %u of pfn 0x%" PRIx64, value, slot, table->pfn);
}

static void report(struct xsr_verifier *v, enum rule rule, enum finding_id id, const struct table *table,
    unsigned slot, uint64_t value, const char *allowed)
{
	char found[80];

	if (!first_time(&v->contents->tables, rule))
		return;
	slot_found(found, sizeof(found), table, slot, value);
	verify_record(v, id, table->record, table->at + 8 * (uint64_t)slot, "entry", allowed, "%s", found);
}

/* What an entry wants of its target; judged if the target is known, else when it comes. */
static void judge_target(struct xsr_verifier *v, const struct table *table, unsigned slot, uint64_t value)
{
	struct tables *t = &v->contents->tables;
	unsigned want = WANT_MEMORY, is;
	uint8_t *cell = cell_of(v, FRAME(value));
	const char *wanted;
	char found[80], allowed[64];

	if (!cell)
		return;
	if (table->level > 1)
		want |= (unsigned)WANT_LEVEL << (table->level - 1);
	else if (value & WRITABLE)
		want |= WANT_WRITABLE;
	is = *cell & CELL_MASK;
	t->cells.in_use += !*cell;
	*cell = (uint8_t)(*cell | want);
	wanted = level_fault(is, want);
	if (!wanted && is != CELL_HOLE)
		return;
	slot_found(found, sizeof(found), table, slot, value);
	if (wanted && first_time(t, RULE_LEVEL)) {
		snprintf(allowed, sizeof(allowed), "%s; it is %s", wanted, name_of(is));
		defer(t, F_PAGE_DATA_ENTRY_LEVEL, table->record, table->at + 8 * (uint64_t)slot, "entry",
		    allowed, found);
	}
	if (is == CELL_HOLE && first_time(t, RULE_HOLE))
		defer(t, F_PAGE_DATA_ENTRY_HOLE, table->record, table->at + 8 * (uint64_t)slot, "entry",
		    "a pfn with memory", found);
}

/*
 * Slots that Xen fills by itself. Of a 32-bit guest's L2 with the compatibility M2P only the slot of the L3
 * tells that it is the one; a saver that left its entries in shows by their frames, which are beyond any P2M.
 */
static bool is_xens(unsigned levels, unsigned level, unsigned slot)
{
	return levels == 4 ? level == 4 && slot >= 256 && slot < 272 : level == 3 && slot >= 4;
}

static void judge_slot(struct xsr_verifier *v, const struct table *table, unsigned slot, uint64_t value)
{
	char allowed[48];

	if (is_xens(v->facts.levels, table->level, slot)) {
		if (value)
			report(v, RULE_XEN, F_PAGE_DATA_ENTRY_XEN, table, slot, value, "0 in slots of Xen");
		return;
	}
	if (!(value & PRESENT))
		return;
	if (table->level > 1 && value & SUPERPAGE) {
		report(v, RULE_SUPERPAGE, F_PAGE_DATA_ENTRY_SUPERPAGE, table, slot, value, "bit 7 clear");
		return;
	}
	if (FRAME(value) > v->pages.p2m_end) {
		snprintf(allowed, sizeof(allowed), "pfns up to 0x%" PRIx64, v->pages.p2m_end);
		report(v, RULE_PFN, F_PAGE_DATA_ENTRY_PFN, table, slot, value, allowed);
		return;
	}
	if (v->summary.passes <= 1)
		judge_target(v, table, slot, value);
}

void tables_page(struct xsr_verifier *v, const struct xsr_record *record, uint64_t at, uint64_t entry,
    const uint8_t *page)
{
	struct table table = {
	    .record = record,
	    .at = at,
	    .pfn = entry & XSR_PFN_MASK,
	    .level = (unsigned)(entry >> XSR_PFN_TYPE_SHIFT) & 7,
	};

	/* Without these nothing can be said; that they are missing is a finding already. */
	if (!v->facts.levels || !v->pages.has_p2m || table.level > v->facts.levels)
		return;
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		uint64_t value = load_u64(page + 8 * (size_t)slot, false);

		if (value)
			judge_slot(v, &table, slot, value);
	}
}

/* Pfns that tables point at and that no record named. */
static void judge_unseen(struct xsr_verifier *v)
{
	const struct chunk_map *cells = &v->contents->tables.cells;
	uint64_t count = 0, lowest = UINT64_MAX, first;

	for (size_t i = 0; i < cells->slots; i++) {
		const uint8_t *chunk = chunk_map_slot(cells, i, &first);

		for (size_t n = 0; chunk && n < CHUNK_PFNS; n++) {
			if (chunk[n] & CELL_MASK || !(chunk[n] & WANT_MEMORY))
				continue;
			count++;
			if (first + n < lowest)
				lowest = first + n;
		}
	}
	if (count)
		verify_report(v, F_PAGE_DATA_ENTRY_HOLE, XSR_LAYER_LIBXC, v->summary.bytes, "entry",
		    "pfns with memory", "%" PRIu64 " pfns that are not in the image, the first is 0x%" PRIx64,
		    count, lowest);
}

void tables_finish(struct xsr_verifier *v)
{
	struct tables *t = &v->contents->tables;

	if (v->summary.passes != 1)
		return;
	for (uint32_t i = 0; i < t->waiting; i++)
		verify_finding(v, &t->findings[i]);
	/* Where the image broke off, what is missing behind the break is no finding. */
	if (v->verdict.complete && !v->pages.map_lost)
		judge_unseen(v);
}
