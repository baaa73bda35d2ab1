#include "templates/pdf.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <qrencode.h>

#include "templates/document.h"

/*
 * The pages are laid out twice by the same code: first only measured, to know
 * how many there are, then drawn.
 *
 * Invariants
 * 1. y is where the next thing goes; nothing but the footer stands below
 *    BOTTOM.
 * 2. Tags are opened and closed within one function, and none stays open over
 *    a page break but Document.
 */
#define PAGE_WIDTH 595.28 /* A4, in points */
#define PAGE_HEIGHT 841.89
#define MARGIN 50.0
#define WIDTH (PAGE_WIDTH - 2 * MARGIN)
#define BOTTOM (PAGE_HEIGHT - 70.0)
#define PAGES_MAX 200
#define ARENA_MAX ((size_t)64 << 20)
#define QR_SIZE 96.0
#define FONT "DejaVu Sans, Noto Sans, Sans"

/* Columns of the table: left edges and widths. */
#define AMOUNT_WIDTH 110.0
#define QUANTITY_WIDTH 60.0
#define TEXT_WIDTH (WIDTH - AMOUNT_WIDTH - QUANTITY_WIDTH - 16)
#define QUANTITY_LEFT (MARGIN + TEXT_WIDTH + 8)
#define AMOUNT_LEFT (PAGE_WIDTH - MARGIN - AMOUNT_WIDTH)

enum weight { PLAIN, BOLD };

struct style {
	double size;
	enum weight weight;
	double grey;
	PangoAlignment align;
};

static const struct style title_style = {20, BOLD, 0.1, PANGO_ALIGN_LEFT};
static const struct style small = {8, PLAIN, 0.4, PANGO_ALIGN_LEFT};
static const struct style small_right = {8, PLAIN, 0.4, PANGO_ALIGN_RIGHT};
static const struct style body = {9.5, PLAIN, 0.1, PANGO_ALIGN_LEFT};
static const struct style body_bold = {9.5, BOLD, 0.1, PANGO_ALIGN_LEFT};
static const struct style right = {9.5, PLAIN, 0.1, PANGO_ALIGN_RIGHT};
static const struct style right_bold = {11, BOLD, 0.1, PANGO_ALIGN_RIGHT};

struct page {
	const struct document *d;
	cairo_t *cr;
	PangoLayout *layout;
	bool draw;
	int number, count;
	double y;
};

/* ---- pieces ---- */

static double
set_layout(struct page *p, struct slice s, const struct style *st, double width)
{
	PangoFontDescription *font = pango_font_description_new();
	int height;

	pango_font_description_set_family_static(font, FONT);
	pango_font_description_set_absolute_size(font, st->size * PANGO_SCALE);
	pango_font_description_set_weight(
	    font, st->weight == BOLD ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(p->layout, font);
	pango_font_description_free(font);
	pango_layout_set_width(p->layout, (int)(width * PANGO_SCALE));
	pango_layout_set_alignment(p->layout, st->align);
	pango_layout_set_text(p->layout, s.n ? s.p : "", (int)s.n);
	pango_layout_get_size(p->layout, NULL, &height);
	return (double)height / PANGO_SCALE;
}

/* Puts text in a box, and returns its height. */
static double
put(struct page *p, const char *tag, struct slice s, const struct style *st,
    double x, double y, double width)
{
	double height = set_layout(p, s, st, width);

	if (!p->draw || s.n == 0)
		return height;
	cairo_tag_begin(p->cr, tag, NULL);
	cairo_set_source_rgb(p->cr, st->grey, st->grey, st->grey);
	cairo_move_to(p->cr, x, y);
	pango_cairo_show_layout(p->cr, p->layout);
	cairo_tag_end(p->cr, tag);
	return height;
}

static double
larger(double a, double b)
{
	return a > b ? a : b;
}

static void
rule(struct page *p, double grey)
{
	if (!p->draw)
		return;
	cairo_set_source_rgb(p->cr, grey, grey, grey);
	cairo_set_line_width(p->cr, 0.5);
	cairo_move_to(p->cr, MARGIN, p->y);
	cairo_line_to(p->cr, PAGE_WIDTH - MARGIN, p->y);
	cairo_stroke(p->cr);
}

static void
add_footer(struct page *p)
{
	const struct document *d = p->d;
	char number[64];

	put(p, "P", d->warning, &small, MARGIN, BOTTOM + 18, WIDTH * 0.7);
	put(p, "P", d->footer, &small, MARGIN, BOTTOM + 30, WIDTH * 0.7);
	/* The format is one of the table's in document.c. */
	if (p->count > 1) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(number, sizeof(number), d->page_label, p->number,
			 p->count);
#pragma GCC diagnostic pop
		put(p, "P", slice_z(number), &small_right, MARGIN, BOTTOM + 30,
		    WIDTH);
	}
}

static void
begin_page(struct page *p)
{
	const double *c = p->d->color;

	p->number++;
	p->y = MARGIN;
	if (!p->draw)
		return;
	cairo_set_source_rgb(p->cr, c[0], c[1], c[2]);
	cairo_rectangle(p->cr, 0, 0, PAGE_WIDTH, 8);
	cairo_fill(p->cr);
	add_footer(p);
}

static void
next_page(struct page *p)
{
	if (p->draw)
		cairo_show_page(p->cr);
	begin_page(p);
}

/* Goes to the next page unless so much still fits on this one. */
static bool
make_room(struct page *p, double height)
{
	if (p->y + height <= BOTTOM || p->y <= MARGIN)
		return false;
	next_page(p);
	return true;
}

/* ---- the parts of a document ---- */

static void
add_title(struct page *p)
{
	const struct document *d = p->d;
	double left, number;

	left = put(p, "H1", d->title, &title_style, MARGIN, p->y, WIDTH * 0.65);
	number = put(p, "P", d->subject, &right_bold, MARGIN + WIDTH * 0.65,
		     p->y + 7, WIDTH * 0.35);
	p->y += larger(left, number + 7) + 14;
}

static double
add_party(struct page *p, const char *label, const struct document_pair *lines,
	  size_t n, double x, double width)
{
	double y = p->y;

	y += put(p, "P", slice_z(label), &small, x, y, width) + 2;
	for (size_t i = 0; i < n; i++) {
		char joined[8400];
		struct sbuf b = {
		    .p = joined, .cap = sizeof(joined), .max = sizeof(joined)};

		sbuf_add(&b, lines[i].label);
		if (lines[i].label.n)
			sbuf_add_z(&b, ": ");
		sbuf_add(&b, lines[i].value);
		y += put(p, "P", sbuf_slice(&b), i == 0 ? &body_bold : &body, x,
			 y, width);
	}
	return y - p->y;
}

static void
add_parties(struct page *p)
{
	const struct document *d = p->d;
	double half = WIDTH / 2 - 10;
	double a = add_party(p, d->from_label, d->seller, d->seller_count,
			     MARGIN, half);
	double b = add_party(p, d->to_label, d->buyer, d->buyer_count,
			     MARGIN + WIDTH / 2 + 10, half);

	p->y += larger(a, b) + 16;
}

/* Labels with their values below, side by side. */
static void
add_facts(struct page *p, const struct document_pair *facts, size_t n)
{
	double width = n ? WIDTH / (double)n : WIDTH, height = 0;

	if (n == 0)
		return;
	make_room(p, 60);
	for (size_t i = 0; i < n; i++) {
		double x = MARGIN + width * (double)i, y = p->y, h;

		h = put(p, "P", facts[i].label, &small, x, y, width - 8) + 1;
		h += put(p, "P", facts[i].value, &body_bold, x, y + h,
			 width - 8);
		height = larger(height, h);
	}
	p->y += height + 10;
}

static void
tag(struct page *p, const char *name, bool begin)
{
	if (!p->draw)
		return;
	if (begin)
		cairo_tag_begin(p->cr, name, NULL);
	else
		cairo_tag_end(p->cr, name);
}

static void
add_columns(struct page *p)
{
	const char *const *c = p->d->columns;

	tag(p, "TR", true);
	put(p, "TH", slice_z(c[0]), &small, MARGIN, p->y, TEXT_WIDTH);
	put(p, "TH", slice_z(c[1]), &small_right, QUANTITY_LEFT, p->y,
	    QUANTITY_WIDTH);
	put(p, "TH", slice_z(c[2]), &small_right, AMOUNT_LEFT, p->y,
	    AMOUNT_WIDTH);
	tag(p, "TR", false);
	p->y += 14;
	rule(p, 0.6);
	p->y += 4;
}

static double
row_height(struct page *p, const struct document_row *r)
{
	double text = set_layout(p, r->text, &body, TEXT_WIDTH);
	double quantity = set_layout(p, r->quantity, &right, QUANTITY_WIDTH);
	double amount = set_layout(p, r->amount, &right, AMOUNT_WIDTH);

	if (r->period.n)
		text += set_layout(p, r->period, &small, TEXT_WIDTH);
	return larger(text, larger(quantity, amount)) + 8;
}

static void
put_row(struct page *p, const struct document_row *r)
{
	double height;

	tag(p, "TR", true);
	tag(p, "TD", true);
	height = put(p, "P", r->text, &body, MARGIN, p->y, TEXT_WIDTH);
	if (r->period.n)
		put(p, "P", r->period, &small, MARGIN, p->y + height,
		    TEXT_WIDTH);
	tag(p, "TD", false);
	put(p, "TD", r->quantity, &right, QUANTITY_LEFT, p->y, QUANTITY_WIDTH);
	put(p, "TD", r->amount, &right, AMOUNT_LEFT, p->y, AMOUNT_WIDTH);
	tag(p, "TR", false);
}

static void
add_table(struct page *p, const struct document_part *part)
{
	if (part->row_count == 0)
		return;
	make_room(p, 80);
	tag(p, "Table", true);
	add_columns(p);
	for (size_t i = 0; i < part->row_count && p->number <= PAGES_MAX; i++) {
		double height = row_height(p, &part->rows[i]);

		if (p->y + height > BOTTOM && p->y > MARGIN + 30) {
			tag(p, "Table", false);
			next_page(p);
			tag(p, "Table", true);
			add_columns(p);
		}
		put_row(p, &part->rows[i]);
		p->y += height - 4;
		rule(p, 0.88);
		p->y += 4;
	}
	tag(p, "Table", false);
	p->y += 4;
}

static void
add_sums(struct page *p, const struct document_pair *sums, size_t n)
{
	make_room(p, 18.0 * (double)n);
	for (size_t i = 0; i < n; i++) {
		const struct style *st = i + 1 == n ? &right_bold : &right;
		double a = put(p, "P", sums[i].label, st, MARGIN, p->y,
			       WIDTH - AMOUNT_WIDTH - 20);
		double b = put(p, "P", sums[i].value, st, AMOUNT_LEFT - 20,
			       p->y, AMOUNT_WIDTH + 20);

		p->y += larger(a, b) + 3;
	}
	p->y += 14;
}

static void
add_part(struct page *p, const struct document_part *part)
{
	add_facts(p, part->heads, part->head_count);
	add_table(p, part);
	add_sums(p, part->sums, part->sum_count);
}

/* ---- the way to pay ---- */

static enum rc
draw_qr(struct page *p, const char *url, double x, double y, struct err *e)
{
	QRcode *q = QRcode_encodeString8bit(url, 0, QR_ECLEVEL_M);
	double unit;
	int row, column;

	if (!q)
		return err_set(e, RC_INVALID,
			       "document: 'pay_url' does not fit a QR code");
	unit = QR_SIZE / q->width;
	cairo_tag_begin(p->cr, "Figure", NULL);
	cairo_set_source_rgb(p->cr, 0, 0, 0);
	for (int i = 0; i < q->width * q->width; i++) {
		row = i / q->width;
		column = i % q->width;
		if (q->data[i] & 1)
			cairo_rectangle(p->cr, x + unit * column,
					y + unit * row, unit, unit);
	}
	cairo_fill(p->cr);
	cairo_tag_end(p->cr, "Figure");
	QRcode_free(q);
	return RC_OK;
}

/* Attributes of a tag are quoted by apostrophes; a backslash escapes. */
static void
begin_link(struct page *p, struct slice url)
{
	struct sbuf b;

	sbuf_init(&b, 3 * url.n + 16);
	sbuf_add_z(&b, "uri='");
	for (size_t i = 0; i < url.n; i++) {
		unsigned char c = (unsigned char)url.p[i];

		if (c == '\'' || c == '\\')
			sbuf_add_c(&b, '\\');
		if (c >= 0x80)
			sbuf_addf(&b, "%%%02X", c);
		else
			sbuf_add_c(&b, (char)c);
	}
	sbuf_add_c(&b, '\'');
	cairo_tag_begin(p->cr, CAIRO_TAG_LINK, sbuf_z(&b));
	sbuf_fini(&b);
}

static void
put_button(struct page *p, double x, double width)
{
	const double *c = p->d->color;
	double light = 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2];
	double ink = light > 0.6 ? 0.0 : 1.0;
	struct style st = {11, BOLD, ink, PANGO_ALIGN_CENTER};

	if (p->draw) {
		cairo_set_source_rgb(p->cr, c[0], c[1], c[2]);
		cairo_rectangle(p->cr, x, p->y, width, 28);
		cairo_fill(p->cr);
	}
	put(p, "P", slice_z(p->d->pay_label), &st, x, p->y + 7, width);
}

static enum rc
add_pay(struct page *p, struct err *e)
{
	const struct document *d = p->d;
	double x = MARGIN + QR_SIZE + 16, width = WIDTH - QR_SIZE - 16, y;
	enum rc rc = RC_OK;

	if (d->pay_url.n == 0)
		return RC_OK;
	make_room(p, QR_SIZE + 10);
	if (p->draw) {
		rc = draw_qr(p, d->pay_url.p, MARGIN, p->y, e);
		begin_link(p, d->pay_url);
	}
	put_button(p, x, 180);
	y = p->y + 36;
	y += put(p, "P", d->pay_url, &small, x, y, width) + 4;
	if (p->draw)
		cairo_tag_end(p->cr, CAIRO_TAG_LINK);
	put(p, "P", slice_z(d->scan_label), &small, x, y, width);
	p->y += QR_SIZE + 10;
	return rc;
}

/* ---- the whole ---- */

static enum rc
lay_out(struct page *p, struct err *e)
{
	const struct document *d = p->d;

	p->number = 0;
	tag(p, "Document", true);
	begin_page(p);
	add_title(p);
	add_parties(p);
	add_facts(p, d->facts, d->fact_count);
	for (size_t i = 0; i < d->part_count && p->number <= PAGES_MAX; i++)
		add_part(p, &d->parts[i]);
	if (d->total.value.n)
		add_sums(p, &d->total, 1);
	if (p->number > PAGES_MAX)
		return err_set(e, RC_LIMIT, "document: is over %d pages",
			       PAGES_MAX);
	if (add_pay(p, e))
		return RC_INVALID;
	tag(p, "Document", false);
	return RC_OK;
}

static cairo_status_t
add_bytes(void *out, const unsigned char *bytes, unsigned n)
{
	sbuf_add(out, slice_of(bytes, n));
	return sbuf_ok(out) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static void
set_metadata(cairo_surface_t *s, const struct document *d, int64_t created_us,
	     struct arena *a)
{
	char created[TIME_SIZE];

	time_format(created_us - created_us % 1000000, created);
	cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATE_DATE,
				       created);
	cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_TITLE,
				       arena_printf(a, "%.*s %.*s",
						    SLICE_ARG(d->title),
						    SLICE_ARG(d->subject)));
	cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_AUTHOR,
				       d->seller[0].value.p);
	cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATOR, "Acuse");
}

static PangoLayout *
make_layout(cairo_t *cr, const char *language)
{
	PangoLayout *l = pango_cairo_create_layout(cr);
	cairo_font_options_t *o = cairo_font_options_create();

	/* Widths as in print, so that both passes break alike. */
	cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(pango_layout_get_context(l), o);
	cairo_font_options_destroy(o);
	pango_context_set_language(pango_layout_get_context(l),
				   pango_language_from_string(language));
	pango_layout_context_changed(l);
	pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
	return l;
}

static enum rc
draw(const struct document *d, int64_t created_us, struct arena *a,
     struct sbuf *out, struct err *e)
{
	cairo_surface_t *s = cairo_pdf_surface_create_for_stream(
	    add_bytes, out, PAGE_WIDTH, PAGE_HEIGHT);
	struct page p = {.d = d, .cr = cairo_create(s)};
	enum rc rc;

	set_metadata(s, d, created_us, a);
	p.layout = make_layout(p.cr, d->tag);
	rc = lay_out(&p, e);
	if (rc == RC_OK) {
		p.count = p.number;
		p.draw = true;
		rc = lay_out(&p, e);
	}
	g_object_unref(p.layout);
	cairo_destroy(p.cr);
	cairo_surface_finish(s);
	if (rc == RC_OK && !sbuf_ok(out))
		rc = err_set(e, RC_LIMIT, "document: is over %zu bytes",
			     out->max);
	else if (rc == RC_OK && cairo_surface_status(s))
		rc = err_set(e, RC_BUG, "document: %s",
			     cairo_status_to_string(cairo_surface_status(s)));
	cairo_surface_destroy(s);
	return rc;
}

enum rc
pdf_render(enum pdf_kind kind, const struct datum *data, struct locale *l,
	   int64_t created_us, struct sbuf *out, struct err *e)
{
	struct document d;
	struct arena a;
	enum rc rc;

	arena_init(&a, ARENA_MAX);
	rc = document_make(kind, data, l, &a, &d, e);
	if (rc == RC_OK)
		rc = draw(&d, created_us, &a, out, e);
	arena_fini(&a);
	return rc;
}
