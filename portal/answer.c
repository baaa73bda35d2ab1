#include "base/date.h"
#include "portal/answer_fields.h"
#include "portal/entry.h"
#include "portal/portal_private.h"
#include "proof/ledger.h"
#include "queue/answers.h"
#include "queue/consent.h"
#include "store/invoice.h"

#define VISIT_MAX ((size_t)32 << 10)

struct answer_change {
	struct page_change change;
	struct queue *q;
	struct answer x;
};

/* What was said before, so that nobody wonders whether it arrived. */
static enum rc
set_earlier(struct page *pg, struct ref mref, struct err *e)
{
	struct datum *list = datum_list(&pg->arena);
	struct event *events;
	size_t n;
	enum rc rc = answers_list(pg->db, mref, &pg->arena, &events, &n, e);

	for (size_t i = n; rc == RC_OK && i-- > 0;) {
		struct slice payload = events[i].payload;
		struct datum *d;

		for (int k = 0; k < ANSWERS; k++) {
			struct slice name = slice_z(answers_name(k));
			struct slice said = slice_z(arena_printf(
			    &pg->arena, "\"answer\":\"%s\"", name.p));

			if (slice_find(payload, said) < 0)
				continue;
			d = datum_map(&pg->arena);
			datum_set(d, "when",
				  datum_time(&pg->arena, events[i].time_us));
			datum_set(
			    d, "title",
			    datum_text(&pg->arena,
				       page_word(pg, "answer", name, name)));
			datum_add(list, d);
			break;
		}
	}
	datum_set(pg->data, "earlier", list);
	return rc;
}

/* What billing knows of an invoice, so that nobody goes on worrying. */
static void
add_settled(struct page *pg, const struct invoice *v, struct datum *list)
{
	static const char *const words[INVOICE_DISPUTED + 1] = {
	    [INVOICE_PAID] = "paid",
	    [INVOICE_CANCELLED] = "cancelled",
	    [INVOICE_REFUNDED] = "refunded"};
	struct datum *d;

	if (words[v->status] == NULL)
		return;
	for (size_t i = 0; i < datum_count(list); i++)
		if (slice_eq(
			datum_slice(datum_get(datum_at(list, i), "number")),
			v->number))
			return;
	d = datum_map(&pg->arena);
	datum_set(d, "number", datum_text(&pg->arena, v->number));
	datum_set(d, "what",
		  datum_text(&pg->arena,
			     page_word(pg, "settled", slice_z(words[v->status]),
				       SLICE(""))));
	datum_add(list, d);
}

static enum rc
set_settled(struct page *pg, const struct message *m, struct err *e)
{
	struct datum *settled = datum_list(&pg->arena);
	struct notice *list;
	size_t n;
	enum rc rc =
	    notice_list_message(pg->db, m->id, &pg->arena, &list, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct invoice v;

		if (list[i].invoice.n > 0 &&
		    invoice_get(pg->db, list[i].invoice, &pg->arena, &v,
				NULL) == RC_OK)
			add_settled(pg, &v, settled);
	}
	datum_set(pg->data, "settled", settled);
	return rc;
}

static enum rc
set_message(struct page *pg, const struct message *m, const struct customer *c,
	    struct err *e)
{
	struct datum *customer = datum_map(&pg->arena);
	enum rc rc = page_speak(pg, e);

	if (rc != RC_OK)
		return rc;
	datum_set(customer, "name", datum_text(&pg->arena, c->name));
	datum_set(pg->data, "customer", customer);
	datum_set(pg->data, "subject",
		  datum_text(&pg->arena, m->subject.n
					     ? m->subject
					     : entry_title(pg, m->template)));
	datum_set(pg->data, "when",
		  datum_time(&pg->arena,
			     m->accepted_us ? m->accepted_us : m->created_us));
	datum_set(pg->data, "address", datum_text(&pg->arena, m->address));
	datum_set(pg->data, "view_url",
		  datum_text(&pg->arena,
			     m->sha256.n
				 ? page_link(pg, "/m/", TOKEN_VIEW, m->mref)
				 : SLICE("")));
	datum_set(pg->data, "action_url",
		  datum_text(&pg->arena,
			     page_link(pg, "/a/", TOKEN_ANSWER, m->mref)));
	return set_settled(pg, m, e);
}

void
answer_form_handle(struct http_request *rq)
{
	struct answer none = {.kind = ANSWERS};
	struct answer_fault no_fault = {NULL, NULL};
	struct err e = {0};
	struct customer c;
	struct message m;
	struct token t;
	struct page pg;

	if (page_open(&pg, rq, &e) != RC_OK) {
		page_fail(&pg, &e);
	} else if (page_token(&pg, &t) && page_message(&pg, &t, &m, &c)) {
		if (set_message(&pg, &m, &c, &e) == RC_OK &&
		    set_earlier(&pg, t.ref, &e) == RC_OK) {
			answer_fields_set(&pg, &none, &no_fault);
			page_send(&pg, 200, "answer");
		} else {
			page_fail(&pg, &e);
		}
	}
	page_close(&pg);
	if (pg.shown)
		page_visited(rq, &t, HIT_PAGE_ANSWER);
}

/* ---- the answer ---- */

static enum rc
run_answer(struct write_op *op, struct db *db, struct err *e)
{
	struct answer_change *x = (struct answer_change *)op;
	struct arena a;
	enum rc rc;

	arena_init(&a, 64u << 20);
	rc = answers_take(x->q, db, &x->x, &a, e);
	arena_fini(&a);
	return rc;
}

static struct slice
at_most(struct slice s, size_t n)
{
	return slice_of(s.p, s.n < n ? s.n : n);
}

/* What is kept of the request: raw signals, where any hit of the customer's may
 * be recorded. */
static struct slice
visit_of(const struct page *pg, struct ref mref, const struct customer *c)
{
	struct http_request *rq = pg->rq;
	char hex[REF_HEX], when[TIME_SIZE], address[ADDR_TEXT];
	struct sbuf b, signals;
	struct slice out;

	if (!consent_tracks(pg->brand, c->consent).links)
		return SLICE("");
	sbuf_init(&b, VISIT_MAX);
	sbuf_init(&signals, VISIT_MAX);
	ref_hex(mref, hex);
	time_format(rq->received_us, when);
	sbuf_addf(&b, "{\"mref\":\"%s\",\"at\":\"%s\",\"method\":\"POST\"", hex,
		  when);
	sbuf_add_z(&b, ",\"agent\":");
	sbuf_add_json(&b,
		      at_most(http_header_in(rq, "User-Agent"), HIT_AGENT_MAX));
	addr_format(hits_address_of(pg->brand, rq->peer), address);
	sbuf_addf(&b, ",\"address\":\"%s\",\"signals\":", address);
	sbuf_add_json(&b, at_most(hits_signals(rq, &signals), HIT_SIGNALS_MAX));
	sbuf_add_c(&b, '}');
	out = arena_dup(&rq->arena, sbuf_slice(&b));
	sbuf_fini(&signals);
	sbuf_fini(&b);
	return out;
}

/* Sets the reply that says what is wrong with which field, in the page's own
 * form, with all that was typed. */
static void
refuse(struct page *pg, const struct message *m, const struct customer *c,
       struct answer *x, const struct answer_fault *f)
{
	struct err e = {0};

	if (set_message(pg, m, c, &e) == RC_OK &&
	    set_earlier(pg, m->mref, &e) == RC_OK) {
		answer_fields_set(pg, x, f);
		page_send(pg, 422, "answer");
	} else {
		page_fail(pg, &e);
	}
}

/* What goes if the answer cannot be kept: the form with all that was typed. */
static struct slice
render_kept(struct page *pg, struct answer *x, const char *rule)
{
	struct answer_fault f = {rule, NULL};

	answer_fields_set(pg, x, &f);
	return page_change_render(pg, "answer");
}

/* True when an objection holds acts, or one before it does. */
static enum rc
holds_acts(struct page *pg, const struct message *m, bool *out, struct err *e)
{
	struct notice *list;
	size_t n;
	enum rc rc =
	    notice_list_message(pg->db, m->id, &pg->arena, &list, &n, e);

	*out = false;
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct invoice v;

		if (list[i].invoice.n == 0 ||
		    invoice_get(pg->db, list[i].invoice, &pg->arena, &v,
				NULL) != RC_OK ||
		    v.balance.minor <= 0)
			continue;
		*out |= v.objected_due != v.due_on ||
			v.objected_until_us > pg->now_us;
	}
	return rc;
}

static enum rc
set_answer(struct page *pg, const struct message *m, enum answer_kind kind,
	   struct err *e)
{
	struct slice name = slice_z(answers_name(kind));
	bool holds = false;
	enum rc rc = RC_OK;

	if (kind != ANSWER_RECEIVED)
		rc = holds_acts(pg, m, &holds, e);
	datum_set(pg->data, "what",
		  datum_text(&pg->arena, page_word(pg, "answer", name, name)));
	datum_set(
	    pg->data, "next",
	    datum_text(&pg->arena, page_word(pg, "next", name, SLICE(""))));
	datum_set(pg->data, "holds", datum_bool(&pg->arena, holds));
	datum_set(pg->data, "now", datum_time(&pg->arena, pg->now_us));
	return rc;
}

/* Sets the reply for when the answer is on disk.  NULL: it was refused. */
static struct answer_change *
prepare(struct page *pg)
{
	struct answer_change *x =
	    ARENA_NEW(&pg->rq->arena, struct answer_change);
	struct portal *p = pg->portal;
	struct err e = {0};
	struct answer_fault fault;
	struct customer c;
	struct message m;
	struct token t;

	if (!page_token(pg, &t) || !page_message(pg, &t, &m, &c))
		return NULL;
	if (!page_same_origin(pg)) {
		page_send(pg, 403, "refused");
		return NULL;
	}
	fault = answer_fields_read(pg, &x->x);
	if (fault.rule != NULL) {
		refuse(pg, &m, &c, &x->x, &fault);
		return NULL;
	}
	if (set_message(pg, &m, &c, &e) != RC_OK ||
	    set_earlier(pg, t.ref, &e) != RC_OK ||
	    set_answer(pg, &m, x->x.kind, &e) != RC_OK) {
		page_fail(pg, &e);
		return NULL;
	}
	x->change.op.run = run_answer;
	x->q = p->c.queue;
	x->x.mref = t.ref;
	x->x.visit = visit_of(pg, t.ref, &c);
	x->change.rq = pg->rq;
	x->change.busy = render_kept(pg, &x->x, "busy");
	x->change.many = render_kept(pg, &x->x, "many");
	x->change.unsure = render_kept(pg, &x->x, "unsure");
	page_send(pg, 200, "answered");
	return x;
}

void
answer_post_handle(struct http_request *rq)
{
	struct answer_change *x = NULL;
	struct err e = {0};
	struct page pg;

	if (page_open(&pg, rq, &e) != RC_OK)
		page_fail(&pg, &e);
	else
		x = prepare(&pg);
	page_close(&pg);
	if (x != NULL)
		page_change_submit(&x->change);
}
