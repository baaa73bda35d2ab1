#include "templates/sample.h"

#include <limits.h>

/* What a mail is about; a field is there when one of its bits is the mail's. */
enum about {
	ALL = 1,
	INVOICES = 2,
	PAYMENT = 4,
	FAILURE = 8,
	CARD = 16,
	CREDIT = 32,
	DOMAIN = 64,
	MOVED = 128,
	REQUEST = 256, /* by hand, or an event with data of billing's own */
	SUSPENDS = 512,
	ENDS = 1024,
	SUSPENDS_ALL = 2048,
	REFUND = 4096,
	EVENT = PAYMENT | FAILURE | CARD | CREDIT | DOMAIN | REQUEST,
};

/* maybe: absent in a bare sample. */
static const struct {
	const char *name;
	unsigned always, maybe;
} mails[] = {
    {"proforma", INVOICES, SUSPENDS | SUSPENDS_ALL | ENDS},
    {"reminder", INVOICES, SUSPENDS | SUSPENDS_ALL | ENDS},
    {"reminder-final", INVOICES, SUSPENDS | SUSPENDS_ALL | ENDS},
    {"upcoming-charge", INVOICES, SUSPENDS | SUSPENDS_ALL | ENDS},
    {"overdue", INVOICES, SUSPENDS | SUSPENDS_ALL | ENDS},
    {"pre-suspension", INVOICES | SUSPENDS, SUSPENDS_ALL | ENDS},
    {"pre-suspension-all", INVOICES | SUSPENDS_ALL, SUSPENDS | ENDS},
    {"suspended", REQUEST, INVOICES | ENDS},
    {"suspended-all", REQUEST, INVOICES | ENDS},
    {"due-changed", INVOICES | MOVED, SUSPENDS | SUSPENDS_ALL | ENDS},
    {"pre-deletion", INVOICES | ENDS, SUSPENDS | SUSPENDS_ALL},
    {"charge-failed", INVOICES | FAILURE, SUSPENDS | SUSPENDS_ALL | ENDS},
    {"receipt", INVOICES | PAYMENT, SUSPENDS | SUSPENDS_ALL | ENDS},
    {"card-expiring", CARD, INVOICES},
    {"low-credit", CREDIT, INVOICES},
    {"domain-expiring", DOMAIN, INVOICES},
    {"deleted", REQUEST, INVOICES},
    {"restored", REQUEST, INVOICES},
    {"cancellation-received", REQUEST, INVOICES},
    {"refund", REQUEST | REFUND, INVOICES},
    {"dispute-opened", INVOICES | REQUEST, 0},
    {"contact-confirmation", REQUEST, 0},
};

enum presence {
	ALWAYS,
	MAYBE, /* absent in a bare sample */
	EMPTY, /* "" in a bare sample */
};

/* A row's value is read by its kind; lists and maps have rows below them. */
static const struct field {
	const char *path;
	enum datum_kind kind;
	enum presence presence;
	unsigned about;
	const char *value;
} fields[] = {
    {"subject_ref", DATUM_TEXT, ALWAYS, ALL, "a1b2c3d4"},
    {"step", DATUM_TEXT, ALWAYS, ALL, "reminder-1"},
    {"brand", DATUM_MAP, ALWAYS, ALL, NULL},
    {"brand.name", DATUM_TEXT, ALWAYS, ALL, "default"},
    {"brand.title", DATUM_TEXT, ALWAYS, ALL, "Alojar Sur"},
    {"brand.website", DATUM_TEXT, ALWAYS, ALL, "https://alojarsur.example"},
    {"brand.support_url", DATUM_TEXT, EMPTY, ALL,
     "https://alojarsur.example/soporte"},
    {"brand.logo_url", DATUM_TEXT, EMPTY, ALL,
     "https://alojarsur.example/logo.png"},
    {"brand.color", DATUM_TEXT, ALWAYS, ALL, "#0b57d0"},
    {"brand.on_color", DATUM_TEXT, ALWAYS, ALL, "#ffffff"},
    {"brand.tracking_basis", DATUM_TEXT, EMPTY, ALL, "contract"},
    {"brand.ground", DATUM_MAP, MAYBE, ALL, NULL},
    {"brand.ground.contract", DATUM_BOOL, ALWAYS, ALL, "1"},
    {"brand.ground.duty", DATUM_BOOL, ALWAYS, ALL, ""},
    {"brand.ground.interest", DATUM_BOOL, ALWAYS, ALL, ""},
    {"brand.ground.consent", DATUM_BOOL, ALWAYS, ALL, ""},
    {"brand.postal_address", DATUM_TEXT, EMPTY, ALL,
     "Av. Corrientes 1234, C1043 Buenos Aires"},
    {"brand.tax_id", DATUM_TEXT, EMPTY, ALL, "30-71234567-8"},
    {"brand.from_address", DATUM_TEXT, ALWAYS, ALL, "avisos@alojarsur.example"},
    {"brand.reply_to", DATUM_TEXT, EMPTY, ALL, "facturacion@alojarsur.example"},
    {"customer", DATUM_MAP, ALWAYS, ALL, NULL},
    {"customer.id", DATUM_TEXT, ALWAYS, ALL, "c1"},
    {"customer.name", DATUM_TEXT, ALWAYS, ALL, "Ana P\u00e9rez"},
    {"invoices", DATUM_LIST, ALWAYS, INVOICES, NULL},
    {"invoices.id", DATUM_TEXT, ALWAYS, INVOICES, "1042"},
    {"invoices.number", DATUM_TEXT, ALWAYS, INVOICES, "PF-1042"},
    {"invoices.total", DATUM_MONEY, ALWAYS, INVOICES, "12345.67"},
    {"invoices.balance", DATUM_MONEY, ALWAYS, INVOICES, "12345.67"},
    {"invoices.due_on", DATUM_DATE, ALWAYS, INVOICES, "2026-11-21"},
    {"invoices.issued_on", DATUM_DATE, MAYBE, INVOICES, "2026-11-06"},
    {"invoices.pay_url", DATUM_TEXT, EMPTY, INVOICES,
     "https://alojarsur.example/pay/1042?a=1&b=2"},
    {"invoices.partial", DATUM_BOOL, ALWAYS, INVOICES, ""},
    {"invoices.first", DATUM_BOOL, ALWAYS, INVOICES, "1"},
    {"invoices.last", DATUM_BOOL, ALWAYS, INVOICES, "1"},
    {"invoices.lines", DATUM_LIST, ALWAYS, INVOICES, NULL},
    {"invoices.lines.description", DATUM_TEXT, ALWAYS, INVOICES, "Hosting Pro"},
    {"invoices.lines.quantity", DATUM_TEXT, ALWAYS, INVOICES, "1"},
    {"invoices.lines.amount", DATUM_MONEY, MAYBE, INVOICES, "12345.67"},
    {"invoices.lines.from", DATUM_DATE, MAYBE, INVOICES, "2026-11-21"},
    {"invoices.lines.to", DATUM_DATE, MAYBE, INVOICES, "2026-12-20"},
    {"invoices.lines.service", DATUM_TEXT, EMPTY, INVOICES, "s1"},
    {"balance", DATUM_MONEY, ALWAYS, INVOICES, "12345.67"},
    {"due_on", DATUM_DATE, ALWAYS, INVOICES, "2026-11-21"},
    {"days_left", DATUM_INT, ALWAYS, INVOICES, "5"},
    {"overdue", DATUM_BOOL, ALWAYS, INVOICES, ""},
    {"days_overdue", DATUM_INT, ALWAYS, INVOICES, "0"},
    {"pay_url", DATUM_TEXT, EMPTY, INVOICES,
     "https://alojarsur.example/pay/1042?a=1&b=2"},
    {"payment_method", DATUM_MAP, MAYBE, INVOICES, NULL},
    {"payment_method.kind", DATUM_TEXT, ALWAYS, INVOICES, "card"},
    {"payment_method.label", DATUM_TEXT, EMPTY, INVOICES, "Visa 4242"},
    {"payment_method.expires", DATUM_TEXT, MAYBE, INVOICES, "12/2026"},
    {"payment_method.card", DATUM_BOOL, ALWAYS, INVOICES, "1"},
    {"payment_method.bank", DATUM_BOOL, ALWAYS, INVOICES, ""},
    {"payment_method.transfer", DATUM_BOOL, ALWAYS, INVOICES, ""},
    {"payment_method.credit", DATUM_BOOL, ALWAYS, INVOICES, ""},
    {"auto_renew", DATUM_BOOL, ALWAYS, INVOICES, "1"},
    {"charge_on", DATUM_DATE, MAYBE, INVOICES, "2026-11-20"},
    {"retry_on", DATUM_DATE, MAYBE, INVOICES, "2026-11-25"},
    {"suspend_at", DATUM_TIME, ALWAYS, SUSPENDS, "2026-11-23T12:00:00Z"},
    {"suspend_all_at", DATUM_TIME, ALWAYS, SUSPENDS_ALL,
     "2026-11-27T12:00:00Z"},
    {"terminate_at", DATUM_TIME, ALWAYS, ENDS, "2026-12-16T12:00:00Z"},
    {"old_due_on", DATUM_DATE, ALWAYS, MOVED, "2026-11-14"},
    {"services", DATUM_LIST, ALWAYS, ALL, NULL},
    {"services.id", DATUM_TEXT, ALWAYS, ALL, "s1"},
    {"services.name", DATUM_TEXT, ALWAYS, ALL, "ejemplo.com.ar"},
    {"services.product", DATUM_TEXT, EMPTY, ALL, "Hosting Pro"},
    {"event", DATUM_MAP, ALWAYS, EVENT, NULL},
    {"event.at", DATUM_TIME, ALWAYS, EVENT, "2026-11-21T18:04:00Z"},
    {"event.amount", DATUM_MONEY, MAYBE, REQUEST, "12345.67"},
    {"event.amount", DATUM_MONEY, ALWAYS, PAYMENT | CREDIT | REFUND,
     "12345.67"},
    {"event.balance", DATUM_MONEY, MAYBE, PAYMENT, "0.00"},
    {"event.payment", DATUM_TEXT, MAYBE, PAYMENT | REQUEST, "pay_77"},
    {"event.settled", DATUM_BOOL, MAYBE, PAYMENT, "1"},
    {"event.remaining", DATUM_MONEY, MAYBE, PAYMENT, "500.00"},
    {"event.url", DATUM_TEXT, MAYBE, EVENT,
     "https://alojarsur.example/pay/card"},
    {"event.reason", DATUM_TEXT, MAYBE, FAILURE | REQUEST,
     "Fondos insuficientes"},
    {"event.retry_on", DATUM_DATE, MAYBE, FAILURE, "2026-11-25"},
    {"event.label", DATUM_TEXT, ALWAYS, CARD, "Visa 4242"},
    {"event.expires", DATUM_TEXT, ALWAYS, CARD, "12/2026"},
    {"event.threshold", DATUM_MONEY, MAYBE, CREDIT, "500.00"},
    {"event.name", DATUM_TEXT, ALWAYS, DOMAIN, "ejemplo.com.ar"},
    {"event.expires_on", DATUM_DATE, ALWAYS, DOMAIN, "2026-12-01"},
    {"event.expires_on", DATUM_DATE, MAYBE, REQUEST, "2026-12-01"},
    {"event.effective_on", DATUM_DATE, MAYBE, REQUEST, "2026-12-01"},
    {"view_url", DATUM_TEXT, ALWAYS, ALL, "https://t.alojarsur.example/m/x"},
    {"answer_url", DATUM_TEXT, ALWAYS, ALL, "https://t.alojarsur.example/a/x"},
    {"preferences_url", DATUM_TEXT, EMPTY, ALL,
     "https://t.alojarsur.example/u/x"},
    {"area_url", DATUM_TEXT, EMPTY, ALL, "https://t.alojarsur.example/area/x"},
    {"attached", DATUM_BOOL, ALWAYS, ALL, "1"},
    {"tracked", DATUM_BOOL, ALWAYS, ALL, "1"},
    {"tracked_opens", DATUM_BOOL, ALWAYS, ALL, "1"},
    {"counted_opens", DATUM_BOOL, ALWAYS, ALL, "0"},
    {"tracked_links", DATUM_BOOL, ALWAYS, ALL, "1"},
    {"mandatory", DATUM_BOOL, ALWAYS, ALL, "1"},
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

struct maker {
	struct arena *a;
	unsigned about;
	enum sample_fill fill;
	const char *currency;
};

static struct datum *below(const struct maker *m, const char *path);

static struct datum *
list_of(const struct maker *m, const char *path)
{
	struct datum *list = datum_list(m->a);
	int n = m->fill == SAMPLE_MANY ? 3 : 1;

	for (int i = 0; i < n; i++) {
		struct datum *d = below(m, path);

		if (datum_get(d, "first")) {
			datum_set(d, "first", datum_bool(m->a, i == 0));
			datum_set(d, "last", datum_bool(m->a, i == n - 1));
		}
		datum_add(list, d);
	}
	return list;
}

static struct datum *
money_of(const struct maker *m, const char *amount)
{
	struct money v = {0, ""};

	if (money_parse(slice_z(amount), slice_z(m->currency), &v, NULL))
		return datum_null(m->a);
	return datum_money(m->a, v);
}

static struct datum *
value_of(const struct maker *m, const struct field *f)
{
	bool bare = m->fill == SAMPLE_BARE;
	int32_t date = DATE_NONE;
	int64_t us = 0;

	switch (f->kind) {
	case DATUM_MAP:
		return below(m, f->path);
	case DATUM_LIST:
		return list_of(m, f->path);
	case DATUM_BOOL:
		return datum_bool(m->a, f->value[0] && !bare);
	case DATUM_INT:
		return datum_int(m->a, f->value[0] - '0');
	case DATUM_MONEY:
		return money_of(m, f->value);
	case DATUM_DATE:
		return datum_date(m->a, date_parse(slice_z(f->value), &date)
					    ? date
					    : DATE_NONE);
	case DATUM_TIME:
		return datum_time(m->a,
				  time_parse(slice_z(f->value), &us) ? us : 0);
	case DATUM_TEXT:
		return datum_text_z(
		    m->a, bare && f->presence == EMPTY ? "" : f->value);
	case DATUM_NULL:
		break;
	}
	return datum_null(m->a);
}

/* The key of a row right below a path ("" for the root); NULL for others. */
static const char *
key_below(const char *row, const char *path)
{
	size_t n = strlen(path);

	if (n) {
		if (strncmp(row, path, n) != 0 || row[n] != '.')
			return NULL;
		row += n + 1;
	}
	return strchr(row, '.') ? NULL : row;
}

static struct datum *
below(const struct maker *m, const char *path)
{
	struct datum *d = datum_map(m->a);

	for (size_t i = 0; i < FIELDS; i++) {
		const struct field *f = &fields[i];
		const char *key = key_below(f->path, path);

		if (!key || !(f->about & m->about) ||
		    (f->presence == MAYBE && m->fill == SAMPLE_BARE))
			continue;
		datum_set(d, key, value_of(m, f));
	}
	return d;
}

static unsigned
about_of(struct slice mail, enum sample_fill fill)
{
	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++)
		if (slice_eq_z(mail, mails[i].name))
			return ALL | mails[i].always |
			       (fill == SAMPLE_BARE ? 0 : mails[i].maybe);
	return UINT_MAX;
}

static struct datum *
first_of(const struct maker *m, const struct datum *d, const char *list,
	 const char *path)
{
	return datum_count(datum_get(d, list)) ? below(m, path) : NULL;
}

struct datum *
sample_mail(struct slice mail, enum sample_fill fill, struct slice locale,
	    struct arena *a)
{
	bool argentina = slice_eq_z(locale, "es_AR");
	struct maker m = {a, about_of(mail, fill), fill,
			  argentina ? "ARS" : "EUR"};
	struct datum *d = below(&m, ""), *invoice, *service;
	int n = (int)datum_count(datum_get(d, "invoices"));

	datum_set(d, "locale", datum_text(a, locale));
	datum_set(
	    d, "lang",
	    datum_text(a, slice_of(locale.p, locale.n < 2 ? locale.n : 2)));
	datum_set(d, "template", datum_text(a, mail));
	datum_set(d, "many", datum_bool(a, n > 1));
	datum_set(d, "count", datum_int(a, n));
	invoice = first_of(&m, d, "invoices", "invoices");
	service = first_of(&m, d, "services", "services");
	if (invoice)
		datum_set(d, "invoice", invoice);
	if (service)
		datum_set(d, "service", service);
	if (n == 0)
		datum_set(d, "invoices", datum_list(a));
	if (n > 1)
		datum_set(d, "balance", money_of(&m, "37037.01"));
	return d;
}
