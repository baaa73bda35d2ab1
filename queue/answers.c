#include "queue/answers.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/json.h"
#include "proof/ledger.h"
#include "queue/halt.h"
#include "queue/recipients.h"
#include "queue/schedule.h"
#include "store/customer.h"
#include "store/invoice.h"
#include "store/notice.h"
#include "store/suppression.h"
#include "templates/zone.h"

#define PAYLOAD_MAX 65536

static const char *const names[ANSWERS] = {
    [ANSWER_RECEIVED] = "received",
    [ANSWER_PAID] = "paid",
    [ANSWER_WRONG] = "wrong",
    [ANSWER_NOT_ME] = "not_me",
};

/* The program's. */
static atomic_uint_fast64_t taken[ANSWERS];

struct work {
	const struct conf *conf;
	struct db *db;
	struct arena *a;
	const struct answer *x;
	int64_t now;
	struct message m;
	struct sbuf payload;
};

const char *
answers_name(enum answer_kind kind)
{
	return names[kind];
}

int
answers_parse(struct slice name)
{
	for (int i = 0; i < ANSWERS; i++)
		if (slice_eq_z(name, names[i]))
			return i;
	return -1;
}

/* ---- the event ---- */

static void
add_text(struct sbuf *b, const char *key, struct slice v)
{
	if (v.n == 0)
		return;
	sbuf_addf(b, ",\"%s\":", key);
	sbuf_add_json(b, v);
}

/* What the answer says: equal ones are one. */
static void
add_words(struct sbuf *b, const struct answer *x)
{
	sbuf_addf(b, "\"answer\":\"%s\"", names[x->kind]);
	add_text(b, "text", x->text);
	add_text(b, "paid_on", x->paid_on);
	add_text(b, "paid_by", x->paid_by);
	add_text(b, "reference", x->reference);
}

static void
begin_payload(struct work *w)
{
	char hex[REF_HEX], when[TIME_SIZE];

	ref_hex(w->x->mref, hex);
	time_format(w->now, when);
	sbuf_addf(&w->payload, "{\"mref\":\"%s\",", hex);
	add_words(&w->payload, w->x);
	sbuf_addf(&w->payload, ",\"at\":\"%s\"", when);
}

enum rc
answers_list(struct db *db, struct ref mref, struct arena *a,
	     struct event **out, size_t *n, struct err *e)
{
	static const int kinds[2] = {KIND_MESSAGE_ANSWERED,
				     KIND_MESSAGE_OBJECTED};

	return event_list_of(db, mref, kinds, ANSWERS_A_DAY + 1, a, out, n, e);
}

/* Counts the answers of the last day, and tells whether the last of all says
 * the same as this one. */
static enum rc
look_back(const struct work *w, size_t *today, bool *same, struct err *e)
{
	struct event *list;
	struct sbuf words;
	size_t n;
	enum rc rc = answers_list(w->db, w->x->mref, w->a, &list, &n, e);

	*today = 0;
	*same = false;
	if (rc != RC_OK)
		return rc;
	sbuf_init(&words, PAYLOAD_MAX);
	add_words(&words, w->x);
	sbuf_add_z(&words, ",\"at\":");
	for (size_t i = 0; i < n; i++)
		*today += list[i].time_us > w->now - DAY_US;
	*same = n > 0 && slice_find(list[0].payload, sbuf_slice(&words)) >= 0;
	sbuf_fini(&words);
	return RC_OK;
}

/* ---- the acts ---- */

static int64_t
hold_end(const struct policy *p, int64_t now)
{
	const struct zone *z = p ? zone_find(slice_z(p->time_zone)) : NULL;
	int32_t date;
	int minute;

	if (p == NULL)
		return now + 7 * DAY_US;
	if (p->objection_hold_bd == 0 || z == NULL)
		return now + p->objection_hold_us;
	zone_local(z, now, &date, &minute);
	return zone_to_utc(z, business_days(p, date, p->objection_hold_bd),
			   minute);
}

static enum rc
hold_invoice(struct work *w, struct slice id, bool *first, struct err *e)
{
	char until[TIME_SIZE];
	struct invoice i;
	enum rc rc = invoice_get(w->db, id, w->a, &i, e);

	if (rc == RC_NOTFOUND || (rc == RC_OK && i.objected_due == i.due_on))
		return RC_OK; /* gone, or objected to in this cycle */
	if (rc != RC_OK)
		return rc;
	i.objected_due = i.due_on;
	i.objected_until_us = hold_end(conf_policy(w->conf, i.policy), w->now);
	rc = invoice_put(w->db, &i, e);
	if (rc != RC_OK)
		return rc;
	time_format(i.objected_until_us, until);
	sbuf_add_z(&w->payload, *first ? ",\"holds\":[" : ",");
	*first = false;
	sbuf_add_z(&w->payload, "{\"invoice\":");
	sbuf_add_json(&w->payload, id);
	sbuf_addf(&w->payload, ",\"until\":\"%s\"}", until);
	return RC_OK;
}

static enum rc
hold_acts(struct work *w, struct err *e)
{
	struct notice *list;
	bool first = true;
	size_t n;
	enum rc rc = notice_list_message(w->db, w->m.id, w->a, &list, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		if (list[i].invoice.n > 0)
			rc = hold_invoice(w, list[i].invoice, &first, e);
	if (rc == RC_OK && !first)
		sbuf_add_c(&w->payload, ']');
	return rc;
}

static enum rc
apply(struct work *w, struct err *e)
{
	enum kind kind = KIND_MESSAGE_OBJECTED;
	enum rc rc = RC_OK;

	begin_payload(w);
	if (w->x->kind != ANSWER_RECEIVED)
		rc = hold_acts(w, e);
	else
		kind = KIND_MESSAGE_ANSWERED;
	if (rc == RC_OK && (w->m.facts & FACT_CONFIRMED) == 0) {
		w->m.facts |= FACT_CONFIRMED;
		rc = message_update(w->db, &w->m, e);
	}
	sbuf_add_c(&w->payload, '}');
	if (rc == RC_OK && w->x->visit.n > 0)
		rc = ledger_append(w->db, KIND_MESSAGE_SUBMITTED, w->x->mref,
				   w->x->visit, e);
	if (rc != RC_OK)
		return rc;
	return ledger_append(w->db, kind, w->x->mref, sbuf_slice(&w->payload),
			     e);
}

enum rc
answers_take(struct queue *q, struct db *db, const struct answer *x,
	     struct arena *a, struct err *e)
{
	struct work w = {.db = db, .a = a, .x = x, .now = clock_wall_us()};
	size_t today = 0;
	bool same = false;
	enum rc rc = message_get(db, x->mref, a, &w.m, e);

	if (rc == RC_OK)
		rc = look_back(&w, &today, &same, e);
	if (rc != RC_OK || same)
		return rc;
	if (today >= ANSWERS_A_DAY)
		return err_set(e, RC_LIMIT, "too many answers in a day");
	w.conf = conf_box_get(q->conf);
	sbuf_init(&w.payload, PAYLOAD_MAX);
	rc = apply(&w, e);
	if (rc == RC_OK)
		atomic_fetch_add(&taken[x->kind], 1);
	sbuf_fini(&w.payload);
	conf_unref(w.conf);
	return rc;
}

uint64_t
answers_taken(enum answer_kind kind)
{
	return atomic_load(&taken[kind]);
}

/* ---- leaving ---- */

static enum rc
append_left(struct db *db, const struct message *m, struct ref customer,
	    struct err *e)
{
	char hex[REF_HEX];
	struct sbuf b;
	enum rc rc;

	ref_hex(m->mref, hex);
	sbuf_init(&b, PAYLOAD_MAX);
	sbuf_add_z(&b, "{\"customer\":");
	sbuf_add_json(&b, m->customer);
	add_text(&b, "contact", m->contact);
	sbuf_addf(&b, ",\"mref\":\"%s\",\"reason\":\"%s\"}", hex,
		  SUPPRESSION_LEFT);
	rc = ledger_append(db, KIND_CONTACT_SUPPRESSED, customer,
			   sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

enum rc
answers_leave(struct queue *q, struct db *db, struct ref mref, struct arena *a,
	      struct err *e)
{
	struct suppression s;
	struct customer c;
	struct message m;
	uint8_t hash[32];
	enum rc rc = message_get(db, mref, a, &m, e);

	if (rc == RC_OK)
		rc = customer_get(db, m.customer, a, &c, e);
	if (rc != RC_OK)
		return rc;
	rc = recipients_suppression(q, db, m.brand, m.address, a, &s, hash, e);
	if (rc == RC_NOTFOUND)
		queue_address_hash(q, m.address, hash);
	else if (rc != RC_OK || s.left_us > 0)
		return rc;
	s = (struct suppression){.brand = m.brand,
				 .address = m.address,
				 .message = m.mref,
				 .created_us = clock_wall_us()};
	halt_note(q);
	rc = suppression_leave(db, &s, hash, e);
	return rc == RC_OK ? append_left(db, &m, c.ref, e) : rc;
}
