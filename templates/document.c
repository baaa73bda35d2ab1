#include "templates/document.h"

#include "templates/place.h"

/* What the documents say, by language; the first one is for all others. */
struct words {
	const char *language;
	const char *proforma, *receipt, *warning;
	const char *from, *to, *tax_id, *customer_id;
	const char *number, *issued, *due;
	const char *description, *quantity, *amount;
	const char *subtotal, *total, *paid, *balance, *sum;
	const char *payment, *received, *received_on, *left;
	const char *pay, *scan, *page;
};

static const struct words all_words[] = {
    {
	.language = "en",
	.proforma = "Proforma invoice",
	.receipt = "Payment receipt",
	.warning = "This document is not a tax invoice.",
	.from = "From",
	.to = "To",
	.tax_id = "Tax ID",
	.customer_id = "Customer",
	.number = "Number",
	.issued = "Issued on",
	.due = "Due on",
	.description = "Description",
	.quantity = "Quantity",
	.amount = "Amount",
	.subtotal = "Subtotal",
	.total = "Total",
	.paid = "Already paid",
	.balance = "Balance due",
	.sum = "Total due",
	.payment = "Payment",
	.received = "Amount received",
	.received_on = "Received on",
	.left = "Remaining balance",
	.pay = "Pay online",
	.scan = "Or scan this code with your phone.",
	.page = "Page %d of %d",
    },
    {
	.language = "es",
	.proforma = "Proforma",
	.receipt = "Recibo de pago",
	.warning = "Documento no v\u00e1lido como factura.",
	.from = "De",
	.to = "Para",
	.tax_id = "Identificaci\u00f3n fiscal",
	.customer_id = "Cliente",
	.number = "N\u00famero",
	.issued = "Fecha de emisi\u00f3n",
	.due = "Vencimiento",
	.description = "Descripci\u00f3n",
	.quantity = "Cantidad",
	.amount = "Importe",
	.subtotal = "Subtotal",
	.total = "Total",
	.paid = "Ya pagado",
	.balance = "Saldo a pagar",
	.sum = "Total a pagar",
	.payment = "Pago",
	.received = "Importe recibido",
	.received_on = "Fecha de recepci\u00f3n",
	.left = "Saldo pendiente",
	.pay = "Pagar en l\u00ednea",
	.scan = "O escanee este c\u00f3digo con su tel\u00e9fono.",
	.page = "P\u00e1gina %d de %d",
    },
    {
	.language = "it",
	.proforma = "Fattura proforma",
	.receipt = "Ricevuta di pagamento",
	.warning = "Documento non valido ai fini fiscali.",
	.from = "Da",
	.to = "A",
	.tax_id = "Partita IVA / C.F.",
	.customer_id = "Cliente",
	.number = "Numero",
	.issued = "Data di emissione",
	.due = "Scadenza",
	.description = "Descrizione",
	.quantity = "Quantit\u00e0",
	.amount = "Importo",
	.subtotal = "Imponibile",
	.total = "Totale",
	.paid = "Gi\u00e0 pagato",
	.balance = "Saldo da pagare",
	.sum = "Totale da pagare",
	.payment = "Pagamento",
	.received = "Importo ricevuto",
	.received_on = "Data di ricezione",
	.left = "Saldo residuo",
	.pay = "Paga online",
	.scan = "Oppure inquadri questo codice con il telefono.",
	.page = "Pagina %d di %d",
    },
};

#define FIELD_MAX 1500

struct maker {
	const struct words *w;
	struct locale *l;
	struct arena *a;
	struct err *e;
	struct document *d;
	enum rc rc; /* of the first failure; later makers do nothing */
};

static const struct words *
words_of(const char *locale)
{
	for (size_t i = 0; i < sizeof(all_words) / sizeof(all_words[0]); i++)
		if (strncmp(locale, all_words[i].language, 2) == 0)
			return &all_words[i];
	return &all_words[0];
}

static void
refuse(struct maker *m, enum rc rc, const char *path, const char *why)
{
	if (m->rc == RC_OK)
		m->rc = err_set(m->e, rc, "document: '%s' %s", path, why);
}

/* Text as it can be shown; "" where it is absent and may be. */
static struct slice
text(struct maker *m, const struct datum *from, const char *path, bool required)
{
	const struct datum *d = datum_path(from, path);
	struct slice s = datum_slice(d);
	struct sbuf b;

	if (datum_kind(d) != DATUM_TEXT) {
		if (required || datum_kind(d) != DATUM_NULL)
			refuse(m, RC_INVALID, path, "is missing or no text");
		return SLICE("");
	}
	if (s.n > FIELD_MAX) {
		refuse(m, RC_LIMIT, path, "is over 1,500 bytes long");
		return SLICE("");
	}
	if (!slice_utf8(s))
		refuse(m, RC_INVALID, path, "is not UTF-8");
	sbuf_init(&b, FIELD_MAX);
	/* Only an address has lines of its own. */
	if (place_add(strstr(path, "address") ? PLACE_LINES : PLACE_PLAIN, s,
		      &b, NULL))
		refuse(m, RC_BUG, path, "cannot be cleaned");
	s = arena_dup(m->a, slice_trim(sbuf_slice(&b)));
	sbuf_fini(&b);
	return s;
}

static struct slice
taken(struct maker *m, struct sbuf *b, enum rc rc)
{
	struct slice s = arena_dup(m->a, sbuf_slice(b));

	if (rc != RC_OK && m->rc == RC_OK)
		m->rc = rc;
	sbuf_fini(b);
	return s;
}

static struct slice
money_text(struct maker *m, struct money v)
{
	struct sbuf amount, b;
	enum rc rc;

	sbuf_init(&amount, 64);
	sbuf_init(&b, 256);
	money_add(&amount, v);
	rc = locale_add_money(m->l, sbuf_slice(&amount), slice_z(v.currency),
			      &b, m->e);
	sbuf_fini(&amount);
	return taken(m, &b, rc);
}

/* Data from a file of JSON has {"amount", "currency"}. */
static bool
money_of(const struct datum *d, struct money *out)
{
	if (datum_kind(d) == DATUM_MONEY) {
		*out = datum_amount(d);
		return true;
	}
	return datum_kind(d) == DATUM_MAP &&
	       money_parse(datum_slice(datum_get(d, "amount")),
			   datum_slice(datum_get(d, "currency")), out,
			   NULL) == RC_OK;
}

static struct slice
money_at(struct maker *m, const struct datum *from, const char *path,
	 bool required)
{
	const struct datum *d = datum_path(from, path);
	struct money v;

	if (money_of(d, &v))
		return money_text(m, v);
	if (required || datum_kind(d) != DATUM_NULL)
		refuse(m, RC_INVALID, path, "is missing or no money");
	return SLICE("");
}

static struct slice
date_at(struct maker *m, const struct datum *from, const char *path)
{
	const struct datum *d = datum_path(from, path);
	int32_t date = (int32_t)datum_number(d);
	struct sbuf b;

	if (datum_kind(d) == DATUM_NULL)
		return SLICE("");
	if (datum_kind(d) == DATUM_TIME)
		date = locale_date_of(m->l, datum_number(d));
	else if (datum_kind(d) != DATUM_DATE &&
		 !date_parse(datum_slice(d), &date))
		refuse(m, RC_INVALID, path, "is no date");
	sbuf_init(&b, 256);
	return taken(m, &b,
		     locale_add_date(m->l, date, LOCALE_DATE_LONG, &b, m->e));
}

static void
add_pair(struct document_pair *list, size_t *n, const char *label,
	 struct slice value)
{
	if (value.n)
		list[(*n)++] = (struct document_pair){slice_z(label), value};
}

/* ---- who ---- */

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "#1a2b3c" or "#abc"; dark grey for anything else. */
static void
set_color(struct document *d, struct slice s)
{
	size_t each = s.n == 7 ? 2 : 1;

	for (int i = 0; i < 3; i++)
		d->color[i] = 0.2;
	if ((s.n != 7 && s.n != 4) || s.p[0] != '#')
		return;
	for (size_t i = 1; i < s.n; i++)
		if (hex(s.p[i]) < 0)
			return;
	for (size_t i = 0; i < 3; i++) {
		int high = hex(s.p[1 + i * each]);
		int low = hex(s.p[1 + i * each + each - 1]);

		d->color[i] = (high * 16 + low) / 255.0;
	}
}

static void
set_parties(struct maker *m, const struct datum *data)
{
	const struct words *w = m->w;
	struct document *d = m->d;

	add_pair(d->seller, &d->seller_count, "",
		 text(m, data, "brand.title", true));
	add_pair(d->seller, &d->seller_count, "",
		 text(m, data, "brand.postal_address", false));
	add_pair(d->seller, &d->seller_count, w->tax_id,
		 text(m, data, "brand.tax_id", false));
	add_pair(d->seller, &d->seller_count, "",
		 text(m, data, "brand.website", false));
	add_pair(d->buyer, &d->buyer_count, "",
		 text(m, data, "customer.name", true));
	add_pair(d->buyer, &d->buyer_count, w->customer_id,
		 text(m, data, "customer.id", false));
	set_color(d, text(m, data, "brand.color", false));
}

/* ---- what ---- */

static struct slice
period(struct maker *m, const struct datum *line)
{
	struct slice from = date_at(m, line, "from");
	struct slice to = date_at(m, line, "to");

	if (!from.n && !to.n)
		return from;
	return slice_z(arena_printf(m->a, "%.*s \u2013 %.*s", SLICE_ARG(from),
				    SLICE_ARG(to)));
}

static void
add_rows(struct maker *m, const struct datum *lines, struct document_part *p)
{
	p->row_count = datum_count(lines);
	p->rows = ARENA_ARRAY(m->a, struct document_row, p->row_count);
	for (size_t i = 0; i < p->row_count && m->rc == RC_OK; i++) {
		const struct datum *line = datum_at(lines, i);

		p->rows[i] = (struct document_row){
		    .text = text(m, line, "description", true),
		    .period = period(m, line),
		    .quantity = text(m, line, "quantity", false),
		    .amount = money_at(m, line, "amount", false),
		};
	}
}

static void
add_sums(struct maker *m, const struct datum *invoice, enum pdf_kind kind,
	 struct document_part *p)
{
	const struct datum *taxes = datum_get(invoice, "taxes");
	const struct words *w = m->w;
	struct money paid, balance;

	p->sums =
	    ARENA_ARRAY(m->a, struct document_pair, datum_count(taxes) + 4);
	add_pair(p->sums, &p->sum_count, w->subtotal,
		 money_at(m, invoice, "subtotal", false));
	for (size_t i = 0; i < datum_count(taxes); i++) {
		const struct datum *tax = datum_at(taxes, i);
		struct slice label = text(m, tax, "label", true);

		add_pair(p->sums, &p->sum_count, label.p,
			 money_at(m, tax, "amount", true));
	}
	add_pair(p->sums, &p->sum_count, w->total,
		 money_at(m, invoice, "total", true));
	if (kind == PDF_RECEIPT ||
	    !money_of(datum_get(invoice, "total"), &paid) ||
	    !money_of(datum_get(invoice, "balance"), &balance) ||
	    paid.minor == balance.minor)
		return;
	paid.minor -= balance.minor;
	add_pair(p->sums, &p->sum_count, w->paid, money_text(m, paid));
	add_pair(p->sums, &p->sum_count, w->balance,
		 money_at(m, invoice, "balance", true));
}

static void
add_part(struct maker *m, const struct datum *invoice, enum pdf_kind kind)
{
	struct document_part *p = &m->d->parts[m->d->part_count++];
	const struct words *w = m->w;

	add_pair(p->heads, &p->head_count, w->number,
		 text(m, invoice, "number", true));
	add_pair(p->heads, &p->head_count, w->issued,
		 date_at(m, invoice, "issued_on"));
	if (kind == PDF_PROFORMA)
		add_pair(p->heads, &p->head_count, w->due,
			 date_at(m, invoice, "due_on"));
	add_rows(m, datum_get(invoice, "lines"), p);
	add_sums(m, invoice, kind, p);
}

static void
add_parts(struct maker *m, const struct datum *data, enum pdf_kind kind)
{
	const struct datum *list = datum_get(data, "invoices");
	const struct datum *one = datum_get(data, "invoice");
	size_t n = datum_count(list);

	if (n == 0 && datum_kind(one) != DATUM_MAP && kind == PDF_PROFORMA)
		refuse(m, RC_INVALID, "invoices", "is missing or empty");
	m->d->parts = ARENA_ARRAY(m->a, struct document_part, n + 1);
	for (size_t i = 0; i < n; i++)
		add_part(m, datum_at(list, i), kind);
	if (n == 0 && datum_kind(one) == DATUM_MAP)
		add_part(m, one, kind);
	if (m->d->part_count)
		m->d->subject = m->d->parts[0].heads[0].value;
	if (n > 1 && kind == PDF_PROFORMA) {
		m->d->subject = SLICE("");
		m->d->total.label = slice_z(m->w->sum);
		m->d->total.value = money_at(m, data, "balance", true);
	}
}

static void
add_payment(struct maker *m, const struct datum *data)
{
	struct document *d = m->d;

	add_pair(d->facts, &d->fact_count, m->w->received,
		 money_at(m, data, "event.amount", true));
	add_pair(d->facts, &d->fact_count, m->w->received_on,
		 date_at(m, data, "event.at"));
	add_pair(d->facts, &d->fact_count, m->w->payment,
		 text(m, data, "event.payment", false));
	add_pair(d->facts, &d->fact_count, m->w->left,
		 money_at(m, data, "event.balance", false));
}

enum rc
document_make(enum pdf_kind kind, const struct datum *data, struct locale *l,
	      struct arena *a, struct document *out, struct err *e)
{
	const struct words *w = words_of(locale_name(l));
	struct maker m = {w, l, a, e, out, RC_OK};

	*out = (struct document){
	    .language = w->language,
	    .tag = locale_tag(l),
	    .title = slice_z(kind == PDF_PROFORMA ? w->proforma : w->receipt),
	    .warning = slice_z(w->warning),
	    .from_label = w->from,
	    .to_label = w->to,
	    .columns = {w->description, w->quantity, w->amount},
	    .page_label = w->page,
	    .pay_label = w->pay,
	    .scan_label = w->scan,
	};
	set_parties(&m, data);
	add_parts(&m, data, kind);
	if (kind == PDF_RECEIPT)
		add_payment(&m, data);
	else if (datum_slice(datum_get(data, "pay_url")).n <= FIELD_MAX)
		out->pay_url = text(&m, data, "pay_url", false);
	out->footer = text(&m, data, "subject_ref", false);
	return m.rc;
}
