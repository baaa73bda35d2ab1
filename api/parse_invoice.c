#include "api/parse.h"

#include "base/codec.h"
#include "templates/place.h"

#define LINES_MAX 1000
#define DESCRIPTIONS_MAX ((size_t)64 << 10) /* what a PDF has room for */
#define PDF_MAX ((size_t)8 << 20)	    /* bytes, decoded */

const char *const invoice_statuses[] = {"draft",    "open",	 "pending",
					"paid",	    "cancelled", "refunded",
					"disputed", NULL};

static const char *const method_kinds[] = {"card",   "bank", "transfer",
					   "credit", "none", NULL};

struct method_ask {
	int kind;
	struct slice label, expires;
};

static const struct json_rule method_rules[] = {
    {"kind", JSON_WANT_ENUM, true, offsetof(struct method_ask, kind), 0, 0,
     method_kinds, 0},
    {"label", JSON_WANT_TEXT, false, offsetof(struct method_ask, label), 0, 64,
     NULL, 0},
    {"expires", JSON_WANT_TEXT, false, offsetof(struct method_ask, expires), 7,
     7, NULL, 0},
};
static const struct form form_method =
    FORM("PaymentMethod", method_rules, NULL);

struct line_ask {
	struct slice service, description, quantity, amount;
	int32_t from, to;
};

static const struct json_rule line_rules[] = {
    {"service", JSON_WANT_ID, false, offsetof(struct line_ask, service), 0, 0,
     NULL, 0},
    {"description", JSON_WANT_TEXT, true,
     offsetof(struct line_ask, description), 0, 0, NULL, 0},
    {"quantity", JSON_WANT_TEXT, false, offsetof(struct line_ask, quantity), 1,
     32, NULL, 0},
    {"amount", JSON_WANT_AMOUNT, true, offsetof(struct line_ask, amount), 0, 0,
     NULL, 0},
    {"from", JSON_WANT_DATE, false, offsetof(struct line_ask, from), 0, 0, NULL,
     0},
    {"to", JSON_WANT_DATE, false, offsetof(struct line_ask, to), 0, 0, NULL, 0},
};
static const struct form form_line = FORM("InvoiceLine", line_rules, NULL);

struct pdf_ask {
	struct slice name, base64;
};

static const struct json_rule pdf_rules[] = {
    {"name", JSON_WANT_TEXT, true, offsetof(struct pdf_ask, name), 1, 200, NULL,
     0},
    {"base64", JSON_WANT_TEXT, true, offsetof(struct pdf_ask, base64), 8,
     (int64_t)PDF_MAX * 4 / 3 + 4, NULL, 0},
};
static const struct form form_pdf = FORM("Pdf", pdf_rules, NULL);

struct invoice_ask {
	struct slice customer, number, currency, total, balance, pay_url,
	    pay_all_url, policy;
	int64_t rev;
	int status;
	int32_t issued_on, due_on, charge_on, retry_on;
	bool auto_renew;
	json_t *payment_method, *lines, *pdf;
};

#define AT(field) offsetof(struct invoice_ask, field)
static const struct json_rule invoice_rules[] = {
    {"customer", JSON_WANT_ID, true, AT(customer), 0, 0, NULL, 0},
    {"number", JSON_WANT_TEXT, true, AT(number), 1, 64, NULL, 0},
    {"rev", JSON_WANT_INT, false, AT(rev), 0, INT64_MAX, NULL, 0},
    {"status", JSON_WANT_ENUM, true, AT(status), 0, 0, invoice_statuses, 0},
    {"currency", JSON_WANT_TEXT, true, AT(currency), 3, 3, NULL, 0},
    {"total", JSON_WANT_AMOUNT, true, AT(total), 0, 0, NULL, 0},
    {"balance", JSON_WANT_AMOUNT, false, AT(balance), 0, 0, NULL, 0},
    {"issued_on", JSON_WANT_DATE, false, AT(issued_on), 0, 0, NULL, 0},
    {"due_on", JSON_WANT_DATE, true, AT(due_on), 0, 0, NULL, 0},
    {"pay_url", JSON_WANT_URL, false, AT(pay_url), 0, 0, NULL, 0},
    {"pay_all_url", JSON_WANT_URL, false, AT(pay_all_url), 0, 0, NULL, 0},
    {"policy", JSON_WANT_ID, false, AT(policy), 0, 64, NULL, 0},
    {"auto_renew", JSON_WANT_BOOL, false, AT(auto_renew), 0, 0, NULL, 0},
    {"charge_on", JSON_WANT_DATE, false, AT(charge_on), 0, 0, NULL, 0},
    {"retry_on", JSON_WANT_DATE, false, AT(retry_on), 0, 0, NULL, 0},
    {"payment_method", JSON_WANT_OBJECT, false, AT(payment_method), 0, 0, NULL,
     0},
    {"lines", JSON_WANT_ARRAY, false, AT(lines), 0, LINES_MAX, NULL, 0},
    {"pdf", JSON_WANT_OBJECT, false, AT(pdf), 0, 0, NULL, 0},
};
#undef AT
static const struct form_part invoice_parts[] = {
    {"payment_method", &form_method},
    {"lines", &form_line},
    {"pdf", &form_pdf},
    {NULL, NULL}};
const struct form form_invoice = FORM("Invoice", invoice_rules, invoice_parts);

static enum rc
read_money(struct slice amount, struct slice currency, const char *at,
	   struct money *out, struct err *e)
{
	struct err why = {.rc = RC_OK};

	if (money_parse(amount, currency, out, &why) == RC_OK)
		return RC_OK;
	return err_at(e, RC_INVALID, at, "%s", why.text);
}

static enum rc
read_amounts(const struct invoice_ask *ask, struct invoice *out, struct err *e)
{
	struct slice balance = ask->balance.n > 0 ? ask->balance : ask->total;
	enum rc rc;

	if (money_digits(ask->currency) < 0)
		return err_at(e, RC_INVALID, "/currency",
			      "%.*s is no currency of ISO 4217",
			      SLICE_ARG(ask->currency));
	rc = read_money(ask->total, ask->currency, "/total", &out->total, e);
	if (rc != RC_OK)
		return rc;
	return read_money(balance, ask->currency, "/balance", &out->balance, e);
}

/* "2026-12" */
static bool
is_month(struct slice s)
{
	char day[DATE_SIZE];
	int32_t date;

	(void)snprintf(day, sizeof(day), "%.*s-01", SLICE_ARG(s));
	return s.n == 7 && date_parse(slice_z(day), &date);
}

static enum rc
check_method(json_t *o, struct arena *a, struct err *e)
{
	struct method_ask method = {.kind = 0};
	enum rc rc;

	if (o == NULL)
		return RC_OK;
	rc = form_fill(&form_method, o, "/payment_method", &method, a, e);
	if (rc == RC_OK && method.expires.n > 0 && !is_month(method.expires))
		return err_at(e, RC_INVALID, "/payment_method/expires",
			      "must be a month, as \"2026-12\"");
	return rc;
}

static bool
has_service(const struct slice *list, size_t n, struct slice id)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(list[i], id))
			return true;
	return false;
}

static enum rc
read_lines(const struct invoice_ask *ask, struct arena *a, struct invoice *out,
	   struct err *e)
{
	const struct line_ask *lines;
	struct slice *services;
	struct money amount;
	size_t n, said = 0;
	void *p;
	enum rc rc = form_fill_list(&form_line, ask->lines, "/lines",
				    sizeof(*lines), NULL, &p, &n, a, e);

	if (rc != RC_OK)
		return rc;
	lines = p;
	out->services = services = ARENA_ARRAY(a, struct slice, n + 1);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		rc = read_money(lines[i].amount, ask->currency,
				arena_printf(a, "/lines/%zu/amount", i),
				&amount, e);
		if (rc == RC_OK && lines[i].quantity.n > 0 &&
		    !money_shape(lines[i].quantity))
			rc = err_at(e, RC_INVALID,
				    arena_printf(a, "/lines/%zu/quantity", i),
				    "must be a number in a string, as \"1\"");
		said += lines[i].description.n;
		if (rc == RC_OK && said > DESCRIPTIONS_MAX)
			rc =
			    err_at(e, RC_INVALID,
				   arena_printf(a, "/lines/%zu/description", i),
				   "all descriptions together are over "
				   "64 KiB");
		if (lines[i].service.n > 0 &&
		    !has_service(services, out->services_n, lines[i].service))
			services[out->services_n++] = lines[i].service;
	}
	return rc;
}

/* True when nothing in it turns the text around it: "fdp.exe" that reads
 * "exe.pdf". */
static bool
is_straight(struct slice s)
{
	struct sbuf b;
	bool same;

	sbuf_init(&b, s.n + 1);
	same = place_add(PLACE_PLAIN, s, &b, NULL) == RC_OK &&
	       slice_eq(sbuf_slice(&b), s);
	sbuf_fini(&b);
	return same;
}

/* The name goes into a mail's header and onto somebody's disk. */
static bool
is_file_name(struct slice s)
{
	return slice_find_c(s, '/') < 0 && slice_find_c(s, '\\') < 0 &&
	       slice_find_c(s, '"') < 0 && s.p[0] != '.' && is_straight(s);
}

static enum rc
read_pdf(json_t *o, struct arena *a, struct invoice *out, struct err *e)
{
	struct pdf_ask pdf = {.name = SLICE("")};
	struct sbuf bytes;
	enum rc rc;

	if (o == NULL)
		return RC_OK;
	rc = form_fill(&form_pdf, o, "/pdf", &pdf, a, e);
	if (rc != RC_OK)
		return rc;
	if (!is_file_name(pdf.name))
		return err_at(e, RC_INVALID, "/pdf/name",
			      "must be a file's name, without a path");
	sbuf_init(&bytes, PDF_MAX);
	if (!base64_decode(pdf.base64, &bytes) || !sbuf_ok(&bytes))
		rc = err_at(e, RC_INVALID, "/pdf/base64",
			    "must be base64 of at most %zu bytes", PDF_MAX);
	else if (!slice_starts(sbuf_slice(&bytes), SLICE("%PDF-")))
		rc = err_at(e, RC_INVALID, "/pdf/base64", "is not a PDF");
	out->pdf_name = pdf.name;
	if (rc == RC_OK)
		out->pdf = arena_dup(a, sbuf_slice(&bytes));
	sbuf_fini(&bytes);
	return rc;
}

static void
take_over(const struct invoice_ask *ask, struct invoice *out)
{
	out->customer = ask->customer;
	out->number = ask->number;
	out->policy = ask->policy;
	out->rev = ask->rev;
	out->status = ask->status;
	out->issued_on = ask->issued_on;
	out->due_on = ask->due_on;
	out->charge_on = ask->charge_on;
	out->retry_on = ask->retry_on;
	out->auto_renew = ask->auto_renew;
	out->objected_due = DATE_NONE;
}

enum rc
parse_invoice(json_t *o, struct slice id, struct arena *a, struct invoice *out,
	      struct err *e)
{
	struct invoice_ask ask = {.issued_on = DATE_NONE,
				  .due_on = DATE_NONE,
				  .charge_on = DATE_NONE,
				  .retry_on = DATE_NONE};
	enum rc rc = RC_OK;

	memset(out, 0, sizeof(*out));
	if (!form_is_id(id))
		return err_at(e, RC_INVALID, "/id",
			      "must be 1 to 128 of A-Z a-z 0-9 . _ : -");
	out->id = arena_dup(a, id);
	if ((rc = form_fill(&form_invoice, o, "", &ask, a, e)) ||
	    (rc = read_amounts(&ask, out, e)) ||
	    (rc = check_method(ask.payment_method, a, e)) ||
	    (rc = read_lines(&ask, a, out, e)) ||
	    (rc = read_pdf(ask.pdf, a, out, e)))
		return rc;
	take_over(&ask, out);
	(void)json_object_del(o, "pdf");
	out->body = form_text(o, a);
	return RC_OK;
}
