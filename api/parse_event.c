#include "api/parse.h"

#define DATA_MAX ((size_t)64 << 10)
#define DATA_BOUND "must be at most 64 KiB"

struct event_fields {
	struct slice id, customer, invoice, service;
	int type;
	int64_t at_us;
	json_t *data;
};

#define AT(field) offsetof(struct event_fields, field)
/* names of "type": happening_types, which is another file's. */
static const struct json_rule event_rules[] = {
    {"id", JSON_WANT_ID, true, AT(id), 0, 0, NULL, 0},
    {"type", JSON_WANT_ENUM, true, AT(type), 0, 0, happening_types, 0},
    {"customer", JSON_WANT_ID, true, AT(customer), 0, 0, NULL, 0},
    {"invoice", JSON_WANT_ID, false, AT(invoice), 0, 0, NULL, 0},
    {"service", JSON_WANT_ID, false, AT(service), 0, 0, NULL, 0},
    {"at", JSON_WANT_TIME, true, AT(at_us), 0, 0, NULL, 0},
    {"data", JSON_WANT_OBJECT, false, AT(data), 0, 0, NULL, 0},
};
#undef AT
const struct form form_event = FORM("Event", event_rules, NULL);

struct data_fields {
	struct slice amount, balance, currency, payment, reason;
	int32_t retry_on;
};

#define AT(field) offsetof(struct data_fields, field)
static const struct json_rule received_rules[] = {
    {"amount", JSON_WANT_AMOUNT, true, AT(amount), 0, 0, NULL, 0},
    {"balance", JSON_WANT_AMOUNT, false, AT(balance), 0, 0, NULL, 0},
    {"payment", JSON_WANT_TEXT, false, AT(payment), 0, 128, NULL, 0},
    {"currency", JSON_WANT_TEXT, false, AT(currency), 3, 3, NULL, 0},
};
static const struct json_rule failed_rules[] = {
    {"reason", JSON_WANT_TEXT, false, AT(reason), 0, 256, NULL, 0},
    {"retry_on", JSON_WANT_DATE, false, AT(retry_on), 0, 0, NULL, 0},
    {"amount", JSON_WANT_AMOUNT, false, AT(amount), 0, 0, NULL, 0},
    {"payment", JSON_WANT_TEXT, false, AT(payment), 0, 128, NULL, 0},
    {"currency", JSON_WANT_TEXT, false, AT(currency), 3, 3, NULL, 0},
};
#undef AT

/* Types whose data is not the template's alone. */
static const struct {
	const char *type;
	struct form data;
} typed[] = {
    {"payment.received", FORM("PaymentReceived", received_rules, NULL)},
    {"payment.failed", FORM("PaymentFailed", failed_rules, NULL)},
};

static enum rc
keep_data(json_t *o, struct arena *a, struct slice *out, struct err *e)
{
	*out = SLICE("");
	if (o == NULL)
		return RC_OK;
	*out = form_text(o, a);
	if (out->n > DATA_MAX)
		return err_at(e, RC_INVALID, "/data", DATA_BOUND);
	return RC_OK;
}

static enum rc
read_data(json_t *data, struct arena *a, struct event_ask *out, struct err *e)
{
	struct data_fields d = {.retry_on = DATE_NONE};
	enum rc rc = RC_OK;

	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		if (!slice_eq_z(out->h.type, typed[i].type))
			continue;
		if (data == NULL)
			return err_at(e, RC_INVALID, "/data", "is required");
		rc = form_fill(&typed[i].data, data, "/data", &d, a, e);
	}
	if (rc != RC_OK)
		return rc;
	if (slice_eq_z(out->h.type, "payment.received") &&
	    out->h.invoice.n > 0 && d.balance.n == 0)
		return err_at(e, RC_INVALID, "/data/balance",
			      "is required with an invoice: what is left");
	if (d.currency.n > 0 && money_digits(d.currency) < 0)
		return err_at(e, RC_INVALID, "/data/currency",
			      "is no currency of ISO 4217");
	out->amount = d.amount;
	out->balance = d.balance;
	out->currency = d.currency;
	out->h.retry_on = d.retry_on;
	return RC_OK;
}

enum rc
parse_event(json_t *o, struct arena *a, struct event_ask *out, struct err *e)
{
	struct event_fields f = {.id = SLICE("")};
	enum rc rc = form_fill(&form_event, o, "", &f, a, e);

	memset(out, 0, sizeof(*out));
	if (rc != RC_OK)
		return rc;
	out->h.id = f.id;
	out->h.type = slice_z(happening_types[f.type]);
	out->h.customer = f.customer;
	out->h.invoice = f.invoice;
	out->h.service = f.service;
	out->h.at_us = f.at_us;
	rc = keep_data(f.data, a, &out->h.data, e);
	return rc == RC_OK ? read_data(f.data, a, out, e) : rc;
}

struct notice_fields {
	struct slice template, customer, invoice, service, to;
	int64_t not_before_us, not_after_us;
	json_t *data;
};

#define AT(field) offsetof(struct notice_fields, field)
static const struct json_rule notice_rules[] = {
    {"template", JSON_WANT_ID, true, AT(template), 0, 64, NULL, 0},
    {"customer", JSON_WANT_ID, true, AT(customer), 0, 0, NULL, 0},
    {"invoice", JSON_WANT_ID, false, AT(invoice), 0, 0, NULL, 0},
    {"service", JSON_WANT_ID, false, AT(service), 0, 0, NULL, 0},
    {"data", JSON_WANT_OBJECT, false, AT(data), 0, 0, NULL, 0},
    {"to", JSON_WANT_EMAIL, false, AT(to), 0, 0, NULL, 0},
    {"not_before", JSON_WANT_TIME, false, AT(not_before_us), 0, 0, NULL, 0},
    {"not_after", JSON_WANT_TIME, false, AT(not_after_us), 0, 0, NULL, 0},
};
#undef AT
const struct form form_notice = FORM("NoticeRequest", notice_rules, NULL);

enum rc
parse_notice(json_t *o, struct arena *a, struct request *out, struct err *e)
{
	struct notice_fields f = {.to = SLICE("")};
	enum rc rc = form_fill(&form_notice, o, "", &f, a, e);

	memset(out, 0, sizeof(*out));
	if (rc != RC_OK)
		return rc;
	if (f.not_after_us > 0 && f.not_after_us <= f.not_before_us)
		return err_at(e, RC_INVALID, "/not_after",
			      "must be later than not_before");
	out->template = f.template;
	out->customer = f.customer;
	out->invoice = f.invoice;
	out->service = f.service;
	out->to = f.to;
	out->not_before_us = f.not_before_us;
	out->not_after_us = f.not_after_us;
	return keep_data(f.data, a, &out->data, e);
}
