/* SPDX-License-Identifier: MIT */
/*
 * The picture: rows of cells, the lowest pfns first. A cell stands for as many pfns as are needed for the whole guest
 * to fit; stretches without memory are folded into a line, because the special pages of an HVM guest lie far above its
 * memory and would leave it no room. A cell has the colour of what most of it is; page tables, which are few, show as
 * a mark in it; a stripe below tells a page that was sent again, darker for later passes.
 */
#include "verify-stream-v2/map.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

#define COLUMNS  128u
#define ROWS_MAX 52u
#define SCALES   34u /* the last one puts all pfns there can be into one row */
#define LEFT     120.0
#define TOP      66.0
#define CELL     9.0   /* width */
#define ROOM     640.0 /* height of all rows */
#define SHADES   4u

static const struct {
	const char *name;   /* for the legend */
	const char *colour; /* told apart with any kind of sight */
} kinds[MAP_KINDS] = {
    [MAP_NOTHING] = {"no memory", "#f4f4f4"},
    [MAP_DATA] = {"data", "#86b6dd"},
    [MAP_ALIKE] = {"as another page", "#bfe3c0"},
    [MAP_ZERO] = {"zero", "#d0d0d0"},
    [MAP_L1] = {"L1 table", "#fdb863"},
    [MAP_L2] = {"L2 table", "#e66101"},
    [MAP_L3] = {"L3 table", "#b2182b"},
    [MAP_L4] = {"L4 table", "#67001f"},
    [MAP_BROKEN] = {"broken", "#000000"},
};

/* Stripes of pages that came again, early to late. */
static const char *const shades[SHADES] = {"#cbb7e0", "#9e86c8", "#6a4fa3", "#2d0a5e"};

/* How many rows each scale would need: a cell of scale s is 2^s pfns. */
struct fit {
	uint64_t rows[SCALES];      /* with memory, and folded stretches */
	uint64_t next[SCALES];      /* row behind the last one with memory */
	uint64_t block;             /* of COLUMNS pfns: the latest, + 1 */
	uint64_t counts[MAP_KINDS]; /* pfns of each kind */
};

static void fit_page(void *context, uint64_t pfn, enum map_kind kind, unsigned pass)
{
	struct fit *f = context;
	uint64_t block = pfn / COLUMNS;

	(void)pass;
	f->counts[kind]++;
	if (f->block == block + 1)
		return;
	f->block = block + 1;
	for (unsigned s = 0; s < SCALES; s++) {
		uint64_t row = block >> s;

		if (row < f->next[s])
			continue;
		f->rows[s] += row > f->next[s] ? 2 : 1;
		f->next[s] = row + 1;
	}
}

static unsigned scale_of(const struct fit *f)
{
	unsigned s = 0;

	while (s + 1 < SCALES && f->rows[s] > ROWS_MAX)
		s++;
	return s;
}

/* One cell while its pfns are counted. */
struct cell {
	uint64_t counts[MAP_KINDS]; /* pfns of each kind */
	uint64_t passes;            /* sum of their passes */
};

struct drawing {
	FILE *out;                 /* the picture */
	unsigned scale;            /* log2 of pfns in a cell */
	double height;             /* of a row */
	double y;                  /* top of the next row */
	uint64_t passes;           /* highest pass there is */
	bool open;                 /* a row is being counted … */
	uint64_t row;              /* … this one */
	uint64_t next;             /* row behind the last one drawn */
	unsigned drawn;            /* rows drawn */
	struct cell cell[COLUMNS]; /* of the row */
};

static uint64_t total(const struct cell *c)
{
	uint64_t sum = 0;

	for (unsigned k = MAP_DATA; k < MAP_KINDS; k++)
		sum += c->counts[k];
	return sum;
}

static enum map_kind most(const struct cell *c)
{
	unsigned best = MAP_NOTHING;

	for (unsigned k = MAP_DATA; k < MAP_KINDS; k++)
		if (c->counts[k] > c->counts[best] || best == MAP_NOTHING)
			best = c->counts[k] ? k : best;
	return (enum map_kind)best;
}

/* What there is little of and that should be seen all the same. */
static enum map_kind mark(const struct cell *c, enum map_kind besides)
{
	for (unsigned k = MAP_KINDS - 1; k >= MAP_L1 && k > (unsigned)besides; k--)
		if (c->counts[k])
			return (enum map_kind)k;
	return MAP_NOTHING;
}

static void rectangle(FILE *out, double x, double y, double w, double h, const char *colour)
{
	fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n", x, y, w, h,
	    colour);
}

/* Neighbours of one colour are one rectangle. A cell that is not full leaves a part of its height empty. */
static void draw_fill(struct drawing *d)
{
	uint64_t pfns = UINT64_C(1) << d->scale;

	for (unsigned i = 0, n; i < COLUMNS; i += n) {
		enum map_kind kind = most(&d->cell[i]);
		/* In quarters, at least one. */
		uint64_t quarters = (total(&d->cell[i]) * 4 + pfns - 1) / pfns;
		double h = (d->height - 1) * (double)quarters / 4;

		for (n = 1; i + n < COLUMNS; n++)
			if (most(&d->cell[i + n]) != kind ||
			    (total(&d->cell[i + n]) * 4 + pfns - 1) / pfns != quarters)
				break;
		if (quarters)
			rectangle(d->out, LEFT + CELL * i, d->y + d->height - 1 - h, CELL * n, h,
			    kinds[kind].colour);
	}
}

static void draw_marks(struct drawing *d)
{
	for (unsigned i = 0; i < COLUMNS; i++) {
		const struct cell *c = &d->cell[i];
		enum map_kind kind = mark(c, most(c));

		if (kind != MAP_NOTHING)
			rectangle(d->out, LEFT + CELL * i + 2.5, d->y + 1.5, CELL - 5, (d->height - 1) / 2.5,
			    kinds[kind].colour);
	}
}

/* Shade of a pass, 1 for the second to SHADES for the last; 0 for the first. */
static unsigned shade(double pass, uint64_t passes)
{
	double part;

	if (passes < 2 || pass < 1.5)
		return 0;
	part = passes == 2 ? 1 : (pass - 2) / (double)(passes - 2);
	return part <= 0 ? 1 : 1 + (unsigned)(part * (SHADES - 1) + 0.5);
}

static unsigned shade_of(const struct drawing *d, unsigned i)
{
	uint64_t pages = i < COLUMNS ? total(&d->cell[i]) : 0;

	return pages ? shade((double)d->cell[i].passes / (double)pages, d->passes) : 0;
}

static void draw_stripes(struct drawing *d)
{
	for (unsigned i = 0, n; i < COLUMNS; i += n) {
		unsigned now = shade_of(d, i);

		for (n = 1; i + n < COLUMNS && shade_of(d, i + n) == now; n++)
			;
		if (now)
			rectangle(d->out, LEFT + CELL * i, d->y + (d->height - 1) * 0.75, CELL * n,
			    (d->height - 1) * 0.25, shades[now - 1]);
	}
}

static void draw_row(struct drawing *d)
{
	uint64_t pfns = (uint64_t)COLUMNS << d->scale;
	char bytes[32];

	if (!d->open)
		return;
	if (d->row > d->next) {
		fprintf(d->out,
		    "<text x=\"%.1f\" y=\"%.1f\" font-size=\"9\" fill=\"#777\">%s without memory</text>\n",
		    LEFT, d->y + d->height * 0.75,
		    text_bytes((d->row - d->next) * pfns * XSR_PAGE_SIZE, bytes, sizeof(bytes)));
		d->y += d->height;
	}
	/* Close rows have room for every other label, or fewer. */
	if (d->row != d->next || d->height >= 11 || d->drawn % 2 == 0)
		fprintf(d->out,
		    "<text x=\"%.1f\" y=\"%.1f\" font-size=\"10\" text-anchor=\"end\">0x%" PRIx64 "</text>\n",
		    LEFT - 8, d->y + d->height * 0.8, d->row * pfns);
	rectangle(d->out, LEFT, d->y, CELL * COLUMNS, d->height - 1, kinds[MAP_NOTHING].colour);
	draw_fill(d);
	draw_stripes(d);
	draw_marks(d);
	d->y += d->height;
	d->next = d->row + 1;
	d->drawn++;
	memset(d->cell, 0, sizeof(d->cell));
}

static void draw_page(void *context, uint64_t pfn, enum map_kind kind, unsigned pass)
{
	struct drawing *d = context;
	uint64_t cell = pfn >> d->scale;

	if (!d->open || cell / COLUMNS != d->row) {
		draw_row(d);
		d->open = true;
		d->row = cell / COLUMNS;
	}
	d->cell[cell % COLUMNS].counts[kind]++;
	d->cell[cell % COLUMNS].passes += pass;
}

/* For XML; control characters are gone already. */
static void put_text(FILE *out, const char *text)
{
	char escaped[256];

	for (const char *c = text_escape(text, escaped, sizeof(escaped)); *c; c++) {
		if (*c == '&' || *c == '<' || *c == '>')
			fprintf(out, "&#%d;", *c);
		else
			putc(*c, out);
	}
}

static void draw_head(FILE *out, const struct map_title *title, const struct fit *f, unsigned scale,
    uint64_t passes)
{
	uint64_t pages = 0;
	char memory[32], cell[32];

	for (unsigned k = MAP_DATA; k < MAP_KINDS; k++)
		pages += f->counts[k];
	fputs("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1280 800\" width=\"1280\" "
	      "height=\"800\" "
	      "font-family=\"sans-serif\">\n",
	    out);
	rectangle(out, 0, 0, 1280, 800, "#ffffff");
	fputs("<text x=\"16\" y=\"28\" font-size=\"18\">", out);
	put_text(out, title->name);
	fprintf(out, "</text>\n<text x=\"16\" y=\"50\" font-size=\"12\" fill=\"#444\">%s%s, %s with memory",
	    title->guest, title->whole ? "" : " (incomplete image)",
	    text_bytes(pages * XSR_PAGE_SIZE, memory, sizeof(memory)));
	if (scale)
		fprintf(out, "; a cell is %" PRIu64 " pages (%s)", UINT64_C(1) << scale,
		    text_bytes((uint64_t)XSR_PAGE_SIZE << scale, cell, sizeof(cell)));
	else
		fputs("; a cell is a page", out);
	fprintf(out, ", a row %s; %" PRIu64 " pass%s; rows begin with the pfn at the left</text>\n",
	    text_bytes((uint64_t)XSR_PAGE_SIZE * COLUMNS << scale, cell, sizeof(cell)), passes,
	    passes == 1 ? "" : "es");
}

/* Kinds that there are, with their numbers; then the shades. */
static void draw_legend(FILE *out, const struct fit *f, uint64_t passes)
{
	double x = 16, y = 738;
	char count[32];

	for (unsigned k = MAP_DATA; k < MAP_KINDS; k++) {
		if (!f->counts[k])
			continue;
		rectangle(out, x, y - 10, 12, 12, kinds[k].colour);
		fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"12\">%s: %s</text>\n", x + 18, y,
		    kinds[k].name, text_count(f->counts[k], count, sizeof(count)));
		x += 38 + 6.8 * (double)(strlen(kinds[k].name) + 2 + strlen(count));
	}
	fputs("<text x=\"16\" y=\"762\" font-size=\"12\" fill=\"#444\">The colour is that of most of a cell; "
	      "what is not "
	      "filled has no memory; page tables among other pages show as a mark.</text>\n",
	    out);
	if (passes < 2)
		return;
	fputs("<text x=\"16\" y=\"784\" font-size=\"12\" fill=\"#444\">Stripe: sent again, last in pass "
	      "2</text>\n",
	    out);
	for (unsigned i = 0; i < SHADES; i++)
		rectangle(out, 216 + 26.0 * i, 775, 26, 8, shades[i]);
	fprintf(out, "<text x=\"%d\" y=\"784\" font-size=\"12\" fill=\"#444\">to %" PRIu64 "</text>\n",
	    216 + 26 * (int)SHADES + 8, passes);
}

static bool draw(struct map *m, const struct map_title *title, FILE *out)
{
	struct drawing d = {.out = out, .y = TOP, .passes = m->passes};
	struct fit f = {0};

	if (!map_walk(m, fit_page, &f))
		return false;
	d.scale = scale_of(&f);
	d.height = f.rows[d.scale] ? ROOM / (double)f.rows[d.scale] : ROOM;
	if (d.height > 20)
		d.height = 20;
	draw_head(out, title, &f, d.scale, m->passes);
	if (!map_walk(m, draw_page, &d))
		return false;
	draw_row(&d);
	draw_legend(out, &f, m->passes);
	fputs("</svg>\n", out);
	return true;
}

bool map_draw(struct map *m, const struct map_title *title, int fd)
{
	FILE *out = fdopen(fd, "w");
	bool good;

	if (!out)
		return false;
	errno = EIO;
	good = draw(m, title, out) && !ferror(out);
	if (fclose(out) != 0)
		good = false;
	return good;
}
