#include "api/render.h"

#include <stdlib.h>

#include "api/parse.h"
#include "base/codec.h"
#include "proof/ledger.h"
#include "queue/state.h"
#include "tracker/classify.h"

void
render_hold(struct sbuf *b, const char *key, int64_t until_us,
	    struct slice reason)
{
	if (until_us == 0) {
		member_null(b, key);
		return;
	}
	member_open(b, key, '{');
	member_time(b, "until", until_us == HOLD_FOREVER ? 0 : until_us);
	member_text(b, "reason", reason);
	member_close(b, '}');
}

void
render_consent(struct sbuf *b, const char *key, struct slice consent)
{
	if (consent.n > 0)
		member_raw(b, key, consent);
	else
		member_null(b, key);
}

static void
render_contact(struct sbuf *b, const struct contact *k)
{
	member_open(b, NULL, '{');
	member_text(b, "id", k->id);
	member_text(b, "role", k->role);
	member_text_or_null(b, "email", k->email);
	member_text_or_null(b, "phone", k->phone);
	member_text_or_null(b, "source", k->source);
	member_date(b, "since", k->since);
	member_time(b, "confirmed_at", k->confirmed_us);
	member_close(b, '}');
}

void
render_customer(struct sbuf *b, const struct customer *c)
{
	member_text(b, "id", c->id);
	member_text(b, "name", c->name);
	member_text(b, "locale", c->locale);
	member_text(b, "time_zone", c->time_zone);
	member_text(b, "brand", c->brand);
	member_open(b, "contacts", '[');
	for (size_t i = 0; i < c->contacts_n; i++)
		render_contact(b, &c->contacts[i]);
	member_close(b, ']');
	member_raw(b, "groups", c->groups.n > 0 ? c->groups : SLICE("[]"));
	member_int(b, "rev", c->rev);
	member_int(b, "version", c->version);
	member_ref(b, "ref", c->ref);
	render_hold(b, "hold", c->hold_until_us, c->hold_reason);
	render_consent(b, "consent", c->consent);
	member_time(b, "created_at", c->created_us);
	member_time(b, "updated_at", c->updated_us);
}

void
render_service(struct sbuf *b, const char *key, const struct service *s)
{
	member_open(b, key, '{');
	member_text(b, "id", s->id);
	member_text(b, "customer", s->customer);
	member_text(b, "name", s->name);
	member_text(b, "status", slice_z(service_statuses[s->status]));
	member_date(b, "expires_on", s->expires_on);
	member_bool(b, "auto_renew", s->auto_renew);
	member_text(b, "product", s->product);
	member_close(b, '}');
}

/* ---- invoices ---- */

static void
set_text(json_t *o, const char *key, struct slice s)
{
	(void)json_object_set_new(o, key, json_stringn(s.p, s.n));
}

static void
set_money(json_t *o, const char *key, struct money m)
{
	struct sbuf text;

	sbuf_init(&text, 64);
	money_add(&text, m);
	set_text(o, key, sbuf_slice(&text));
	sbuf_fini(&text);
}

static void
set_date(json_t *o, const char *key, int32_t date)
{
	char text[DATE_SIZE];

	if (date == DATE_NONE)
		return;
	date_format(date, text);
	set_text(o, key, slice_z(text));
}

/* What changed since billing put it (a payment, a failed charge) over what it
 * put. */
static void
set_present(json_t *o, const struct invoice *i)
{
	set_text(o, "id", i->id);
	set_text(o, "policy", i->policy);
	set_text(o, "status", slice_z(invoice_statuses[i->status]));
	set_money(o, "total", i->total);
	set_money(o, "balance", i->balance);
	set_date(o, "retry_on", i->retry_on);
	(void)json_object_set_new(o, "rev", json_integer(i->rev));
	(void)json_object_set_new(o, "version", json_integer(i->version));
	(void)json_object_set_new(o, "charge_failed",
				  json_boolean(i->charge_failed));
	if (i->pdf_name.n > 0) {
		json_t *pdf = json_object();

		set_text(pdf, "name", i->pdf_name);
		(void)json_object_set_new(o, "pdf", pdf);
	}
}

enum rc
render_invoice(struct sbuf *b, const struct invoice *i, struct err *e)
{
	const char *key;
	json_t *o, *v;

	if (json_read(i->body, i->body.n, &o, e) != RC_OK) {
		e->rc = RC_IO;
		return err_add(e, "invoice %.*s", SLICE_ARG(i->id));
	}
	set_present(o, i);
	json_object_foreach (o, key, v) {
		size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
		char *text = json_dumps(v, flags);

		if (text == NULL)
			die("JSON that was read cannot be written");
		member_raw(b, key, slice_z(text));
		free(text);
	}
	json_decref(o);
	member_ref(b, "ref", i->ref);
	member_time(b, "created_at", i->created_us);
	member_time(b, "updated_at", i->updated_us);
	return RC_OK;
}

/* ---- notices ---- */

static void
add_notice(struct sbuf *b, const struct notice *n)
{
	member_ref(b, "id", n->ref);
	member_text(b, "step", n->step);
	member_text(b, "template", n->template);
	member_time(b, "due_at", n->due_us);
	member_text(b, "state", slice_z(notice_state_name(n->state)));
	member_text_or_null(b, "reason", n->reason);
	member_raw(b, "channels", SLICE("[\"email\"]"));
}

void
render_notices(struct sbuf *b, const char *key, const struct notice *list,
	       size_t n)
{
	member_open(b, key, '[');
	for (size_t i = 0; i < n; i++) {
		member_open(b, NULL, '{');
		add_notice(b, &list[i]);
		member_close(b, '}');
	}
	member_close(b, ']');
}

void
render_notice(struct sbuf *b, const struct notice *n)
{
	add_notice(b, n);
	member_text(b, "customer", n->customer);
	member_text_or_null(b, "invoice", n->invoice);
	member_text_or_null(b, "service", n->service);
	member_text(b, "brand", n->brand);
	member_text_or_null(b, "policy", n->policy);
	if (slice_starts(n->subject, SLICE("invoice/")))
		member_date(b, "anchor", n->anchor);
	member_bool(b, "critical", n->critical);
	member_time(b, "release_at", n->release_us);
	member_time(b, "not_after", n->not_after_us);
	member_time(b, "released_at", n->released_us);
	member_time(b, "created_at", n->created_us);
}

void
render_in_flight(struct sbuf *b, const char *key, const struct in_flight *f)
{
	member_open(b, key, '[');
	for (size_t i = 0; i < f->n; i++)
		member_ref(b, NULL, f->mrefs[i]);
	member_close(b, ']');
}

/* ---- messages, events ---- */

void
render_messages(struct sbuf *b, const char *key, const struct message *list,
		size_t n)
{
	member_open(b, key, '[');
	for (size_t i = 0; i < n; i++) {
		member_open(b, NULL, '{');
		member_ref(b, "mref", list[i].mref);
		member_text(b, "to", list[i].address);
		member_text(b, "state",
			    slice_z(message_state_name(list[i].state)));
		member_close(b, '}');
	}
	member_close(b, ']');
}

void
render_facts(struct sbuf *b, const char *key, uint32_t facts)
{
	member_open(b, key, '[');
	for (uint32_t bit = FACT_CONTENT; bit <= FACT_HOLDER; bit <<= 1)
		if ((facts & bit) != 0)
			member_text(b, NULL,
				    slice_z(fact_name((enum fact)bit)));
	member_close(b, ']');
}

static void
member_hex(struct sbuf *b, const char *key, struct slice bytes)
{
	struct sbuf hex;

	sbuf_init(&hex, 256);
	hex_encode(bytes, &hex);
	member_text_or_null(b, key, sbuf_slice(&hex));
	sbuf_fini(&hex);
}

void
render_message(struct sbuf *b, const struct message *m)
{
	member_ref(b, "mref", m->mref);
	member_text(b, "customer", m->customer);
	member_text(b, "brand", m->brand);
	member_text(b, "channel", SLICE("email"));
	member_text(b, "to", m->address);
	member_text_or_null(b, "contact", m->contact);
	member_text(b, "template", m->template);
	member_text(b, "state", slice_z(message_state_name(m->state)));
	member_text_or_null(b, "reason", m->reason);
	member_bool(b, "held", m->held);
	member_int(b, "attempts", m->attempts);
	member_int(b, "uncertain", m->uncertain);
	member_time(b, "next_at", m->next_us);
	member_time(b, "not_after", m->not_after_us);
	member_text_or_null(b, "subject", m->subject);
	member_text_or_null(b, "message_id", m->message_id);
	member_int(b, "size", m->size);
	member_hex(b, "sha256", m->sha256);
	render_facts(b, "facts", m->facts);
	member_text_or_null(b, "reply", m->reply);
	member_text_or_null(b, "queue_id", m->queue_id);
	member_time(b, "accepted_at", m->accepted_us);
	member_time(b, "created_at", m->created_us);
}

void
render_event(struct sbuf *b, const struct event *ev, int class)
{
	member_text(b, "type", slice_z(kind_name(ev->kind)));
	member_text(b, "title", slice_z(render_title(ev->kind)));
	member_time(b, "at", ev->time_us);
	member_int(b, "seq", ev->seq);
	member_int(b, "index", ev->position);
	if (class != NOT_TOLD) {
		member_text(
		    b, "class",
		    slice_z(agent_class_name((enum agent_class) class)));
		member_text(b, "class_title",
			    slice_z(render_class_title(class)));
	}
	if (ev->payload.n > 0)
		member_raw(b, "data", ev->payload);
	else
		member_null(b, "data");
}

void
render_events(struct sbuf *b, const char *key, const struct event *list,
	      size_t n, size_t from, size_t end, struct arena *a)
{
	int *classes = ARENA_ARRAY(a, int, n + 1);

	classify_told(list, n, classes);
	member_open(b, key, '[');
	for (size_t i = from; i < end && i < n; i++) {
		member_open(b, NULL, '{');
		render_event(b, &list[i], classes[i]);
		member_close(b, '}');
	}
	member_close(b, ']');
}
