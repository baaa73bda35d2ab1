#include "templates/document.h"

#define COLUMNS 78
#define AMOUNT_COLUMNS 20
#define ARENA_MAX ((size_t)64 << 20)

/* Columns that text takes, one a character. */
static size_t
width_of(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void
pad(struct sbuf *out, size_t n)
{
	while (n--)
		sbuf_add_c(out, ' ');
}

/* Bytes of s that fit into so many columns, cut between words if it can be. */
static size_t
fitting(struct slice s, size_t columns)
{
	size_t n = 0, used = 0, word = 0;

	while (n < s.n) {
		if (((unsigned char)s.p[n] & 0xc0) != 0x80 && used++ == columns)
			return word ? word : n;
		if (s.p[n] == ' ')
			word = n;
		n++;
	}
	return n;
}

/* Text over as many lines as it takes; after the first, indented. */
static void
add_wrapped(struct sbuf *out, struct slice s, size_t indent, size_t columns)
{
	for (bool first = true; s.n; first = false) {
		ptrdiff_t end = slice_find_c(s, '\n');
		size_t n = fitting(end < 0 ? s : slice_of(s.p, (size_t)end),
				   columns - indent);

		if (!first) {
			sbuf_add_c(out, '\n');
			pad(out, indent);
		}
		sbuf_add(out, slice_of(s.p, n));
		s = slice_skip(s, n);
		if (s.n && (s.p[0] == '\n' || s.p[0] == ' '))
			s = slice_skip(s, 1);
	}
}

static void
add_pair(struct sbuf *out, const struct document_pair *p)
{
	size_t indent = p->label.n ? width_of(p->label) + 2 : 0;

	if (indent) {
		sbuf_add(out, p->label);
		sbuf_add_z(out, ": ");
	}
	add_wrapped(out, p->value, indent > 40 ? 2 : indent, COLUMNS);
	sbuf_add_c(out, '\n');
}

static void
add_pairs(struct sbuf *out, const struct document_pair *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_pair(out, &p[i]);
	if (n)
		sbuf_add_c(out, '\n');
}

/* Left and right on one line; below, where they do not fit. */
static void
add_line(struct sbuf *out, struct slice left, struct slice amount)
{
	size_t columns = COLUMNS - AMOUNT_COLUMNS - 1, used;
	size_t from = out->n;
	struct slice last;

	add_wrapped(out, left, 0, columns);
	last = slice_of(out->p + from, out->n - from);
	for (size_t i = last.n; i > 0; i--)
		if (last.p[i - 1] == '\n') {
			last = slice_skip(last, i);
			break;
		}
	used = width_of(last) + width_of(amount);
	if (amount.n)
		pad(out, used < COLUMNS ? COLUMNS - used : 1);
	sbuf_add(out, amount);
	sbuf_add_c(out, '\n');
}

static void
add_row(struct sbuf *out, const struct document_row *r, struct arena *a)
{
	struct slice left = r->text;

	if (r->quantity.n && !slice_eq_z(r->quantity, "1"))
		left = slice_z(arena_printf(a, "%.*s \u00d7 %.*s",
					    SLICE_ARG(r->quantity),
					    SLICE_ARG(r->text)));
	add_line(out, left, r->amount);
	if (r->period.n) {
		sbuf_add_z(out, "  ");
		sbuf_add(out, r->period);
		sbuf_add_c(out, '\n');
	}
}

static void
add_part(struct sbuf *out, const struct document_part *p, struct arena *a)
{
	add_pairs(out, p->heads, p->head_count);
	for (size_t i = 0; i < p->row_count; i++)
		add_row(out, &p->rows[i], a);
	if (p->row_count)
		sbuf_add_c(out, '\n');
	for (size_t i = 0; i < p->sum_count; i++)
		add_line(out, p->sums[i].label, p->sums[i].value);
	sbuf_add_c(out, '\n');
}

static void
add_document(struct sbuf *out, const struct document *d, struct arena *a)
{
	sbuf_add(out, d->title);
	sbuf_add_c(out, ' ');
	sbuf_add(out, d->subject);
	sbuf_add_z(out, "\n\n");
	add_pairs(out, d->seller, d->seller_count);
	sbuf_addf(out, "%s:\n", d->to_label);
	add_pairs(out, d->buyer, d->buyer_count);
	add_pairs(out, d->facts, d->fact_count);
	for (size_t i = 0; i < d->part_count; i++)
		add_part(out, &d->parts[i], a);
	if (d->total.value.n) {
		add_line(out, d->total.label, d->total.value);
		sbuf_add_c(out, '\n');
	}
	/* Not broken, so that it can be clicked. */
	if (d->pay_url.n)
		sbuf_addf(out, "%s:\n%.*s\n\n", d->pay_label,
			  SLICE_ARG(d->pay_url));
	sbuf_add(out, d->warning);
	sbuf_add_c(out, '\n');
}

enum rc
document_text(enum pdf_kind kind, const struct datum *data, struct locale *l,
	      struct sbuf *out, struct err *e)
{
	struct document d;
	struct arena a;
	enum rc rc;

	arena_init(&a, ARENA_MAX);
	rc = document_make(kind, data, l, &a, &d, e);
	if (rc == RC_OK)
		add_document(out, &d, &a);
	arena_fini(&a);
	if (rc == RC_OK && !sbuf_ok(out))
		return err_set(e, RC_LIMIT, "document: is over %zu bytes",
			       out->max);
	return rc;
}
