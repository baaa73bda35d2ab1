#include "queue/gate.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/money.h"
#include "queue/invoices.h"
#include "queue/schedule.h"
#include "queue/state.h"
#include "store/service.h"

/* Invariants.
 * 1. It answers yes only from facts that the ledger holds; whatever it does
 *    not know is a no.
 * 2. One invoice that allows the act is enough for its service; of those that
 *    do not, the soonest to ask again about is told. */

struct gate {
	const struct conf *conf;
	struct db *db;
	struct slice action;
	int64_t now;
	struct arena *a;
};

static enum rc
deny(struct gate_answer *out, const char *reason, int64_t ask_again_us)
{
	out->allow = false;
	out->reason = reason;
	out->ask_again_us = ask_again_us;
	return RC_OK;
}

static const struct policy_act *
find_act(const struct policy *p, struct slice name)
{
	for (size_t i = 0; i < p->acts_n; i++)
		if (slice_eq_z(name, p->acts[i].name))
			return &p->acts[i];
	return NULL;
}

/* True for the answer of somebody whom the message is for. */
static bool
is_theirs(const struct event *v)
{
	return v->kind == KIND_MESSAGE_ANSWERED ||
	       (v->kind == KIND_MESSAGE_OBJECTED &&
		slice_find(v->payload, SLICE("\"answer\":\"not_me\"")) < 0);
}

/* When what proves it came to be: accepted, or, where nobody said so or that
 * is no proof here, answered by who has it; 0 if never. */
static enum rc
proved_at(const struct gate *g, const struct policy_act *act,
	  const struct message *m, int64_t *out, struct err *e)
{
	bool answered = (m->facts & act->proof) == FACT_CONFIRMED;
	int64_t at = 0;
	struct event *list;
	size_t n;
	enum rc rc;

	*out = m->accepted_us;
	if ((m->facts & FACT_CONFIRMED) == 0 || (*out != 0 && !answered))
		return RC_OK;
	rc = event_list(g->db, m->mref, g->a, &list, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n && at == 0; i++)
		if (is_theirs(&list[i]))
			at = list[i].time_us;
	if (*out == 0 || at == 0)
		*out = at;
	return rc;
}

/* Proof that a needed step reached somebody: the earliest moment, 0 if none. */
static enum rc
step_proof(const struct gate *g, const struct policy_act *act,
	   const struct invoice *i, const struct policy_step *step,
	   struct gate_answer *out, int64_t *proved_us, struct err *e)
{
	struct slice subject =
	    slice_z(arena_printf(g->a, "invoice/%.*s", SLICE_ARG(i->id)));
	struct message *list;
	struct notice n;
	size_t count;
	enum rc rc = notice_find(g->db, subject, slice_z(step->name), i->due_on,
				 g->a, &n, e);

	*proved_us = 0;
	if (rc == RC_NOTFOUND)
		return RC_OK;
	if (rc == RC_OK)
		rc = message_list_notice(g->db, n.id, g->a, &list, &count, e);
	for (size_t k = 0; rc == RC_OK && k < count; k++) {
		struct gate_proof *p;
		int64_t at;

		if ((list[k].facts & act->proof) == 0 ||
		    list[k].state == MESSAGE_BOUNCED)
			continue;
		rc = proved_at(g, act, &list[k], &at, e);
		if (rc != RC_OK || at == 0)
			continue;
		p = ARENA_ARRAY(g->a, struct gate_proof, out->proof_n + 1);
		if (out->proof_n > 0)
			memcpy(p, out->proof, out->proof_n * sizeof(*p));
		p[out->proof_n].mref = list[k].mref;
		p[out->proof_n++].facts = list[k].facts;
		out->proof = p;
		if (*proved_us == 0 || at < *proved_us)
			*proved_us = at;
	}
	return rc;
}

static void
add_missing(const struct gate *g, struct gate_answer *out, const char *step)
{
	struct slice *m = ARENA_ARRAY(g->a, struct slice, out->missing_n + 1);

	if (out->missing_n > 0)
		memcpy(m, out->missing, out->missing_n * sizeof(*m));
	m[out->missing_n++] = arena_dup(g->a, slice_z(step));
	out->missing = m;
}

/* The moment from which proofs and their leads allow the act. */
static enum rc
proofs(const struct gate *g, const struct policy *p,
       const struct policy_act *act, const struct invoice *i,
       struct gate_answer *out, int64_t *opens_us, struct err *e)
{
	for (size_t k = 0; k < act->needs_n; k++) {
		const struct policy_step *step = &p->steps[act->needs[k]];
		int64_t proved, after;
		enum rc rc = step_proof(g, act, i, step, out, &proved, e);

		if (rc != RC_OK)
			return rc;
		if (proved == 0) {
			add_missing(g, out, step->name);
			continue;
		}
		rc = schedule_after_lead(p, step, proved, &after, e);
		if (rc != RC_OK)
			return rc;
		if (after > *opens_us)
			*opens_us = after;
	}
	return RC_OK;
}

/* What forbids it whatever was proved; NULL: nothing. */
static const char *
obstacle(const struct gate *g, const struct policy *p, const struct customer *c,
	 const struct invoice *i, int64_t *again)
{
	*again = 0;
	if (!invoice_owed(p, i))
		return "not_owed";
	if (i->status == INVOICE_DISPUTED)
		return "disputed";
	if (i->status == INVOICE_PENDING)
		return "payment_pending";
	if (c->hold_until_us > g->now) {
		if (c->hold_until_us != HOLD_FOREVER)
			*again = c->hold_until_us;
		return "customer_hold";
	}
	if (i->objected_until_us > g->now) {
		*again = i->objected_until_us;
		return "objection";
	}
	return NULL;
}

static enum rc
decide_when(const struct gate *g, const struct policy *p,
	    const struct policy_act *act, int64_t opens,
	    struct gate_answer *out, struct err *e)
{
	int64_t from = opens > g->now ? opens : g->now, closes;
	enum rc rc =
	    window_next(&act->window, p->time_zone, from, &from, &closes, e);

	if (rc != RC_OK)
		return rc;
	if (out->missing_n > 0)
		return deny(out, "missing", 0);
	if (opens > g->now)
		return deny(out, "too_early", from);
	if (from > g->now)
		return deny(out, "outside_window", from);
	out->allow = true;
	out->reason = "allowed";
	out->valid_until_us =
	    closes < g->now + HOUR_US ? closes : g->now + HOUR_US;
	return RC_OK;
}

static enum rc
decide_invoice(const struct gate *g, const struct customer *c,
	       const struct invoice *i, struct gate_answer *out, struct err *e)
{
	const struct policy *p = conf_policy(g->conf, i->policy);
	const struct policy_act *act =
	    p == NULL ? NULL : find_act(p, g->action);
	struct anchors at = {.due = i->due_on,
			     .issued = i->issued_on,
			     .expires = DATE_NONE,
			     .act_not_before = i->retry_on,
			     .customer_zone = arena_z(g->a, c->time_zone)};
	const char *why;
	int64_t opens, again;
	enum rc rc;

	memset(out, 0, sizeof(*out));
	out->invoice = i->id;
	out->subject = i->ref;
	if (act == NULL)
		return deny(out, "no_such_act", 0);
	why = obstacle(g, p, c, i, &again);
	if (why != NULL)
		return deny(out, why, again);
	rc = schedule_act(p, act, &at, &opens, e);
	if (rc == RC_OK)
		rc = proofs(g, p, act, i, out, &opens, e);
	return rc == RC_OK ? decide_when(g, p, act, opens, out, e) : rc;
}

/* Prefers a yes; then the no that is soonest to ask again about. */
static bool
better(const struct gate_answer *x, const struct gate_answer *than)
{
	if (x->allow != than->allow)
		return x->allow;
	if (strcmp(than->reason, "not_owed") == 0)
		return strcmp(x->reason, "not_owed") != 0;
	return x->ask_again_us > 0 && (than->ask_again_us == 0 ||
				       x->ask_again_us < than->ask_again_us);
}

static enum rc
list_invoices(const struct gate *g, const struct gate_question *ask,
	      struct slice *customer, struct invoice **list, size_t *n,
	      struct err *e)
{
	struct service s;
	enum rc rc;

	if (ask->service.n == 0) {
		*customer = ask->customer;
		return invoice_list(g->db, ask->customer, 500, g->a, list, n,
				    e);
	}
	rc = service_get(g->db, ask->service, g->a, &s, e);
	if (rc == RC_NOTFOUND)
		return err_set(e, RC_NOTFOUND, "there is no service %.*s",
			       SLICE_ARG(ask->service));
	if (rc != RC_OK)
		return rc;
	*customer = s.customer;
	return invoice_list_service(g->db, ask->service, g->a, list, n, e);
}

enum rc
gate_decide(const struct conf *conf, struct db *db,
	    const struct gate_question *ask, int64_t now_us, struct arena *a,
	    struct gate_answer *out, struct err *e)
{
	struct gate g = {conf, db, ask->action, now_us, a};
	struct invoice *list;
	struct slice customer;
	struct customer c;
	bool any = false;
	size_t n;
	enum rc rc;

	if (ask->service.n == 0 && ask->customer.n == 0)
		return err_at(e, RC_INVALID, "/service",
			      "name a service or a customer");
	rc = list_invoices(&g, ask, &customer, &list, &n, e);
	if (rc == RC_OK)
		rc = customer_get(db, customer, a, &c, e);
	if (rc == RC_NOTFOUND)
		return err_set(e, RC_NOTFOUND, "there is no such customer");
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		struct gate_answer one;

		if (ask->invoice.n > 0 && !slice_eq(ask->invoice, list[i].id))
			continue;
		rc = decide_invoice(&g, &c, &list[i], &one, e);
		if (rc != RC_OK)
			return rc;
		if (!any || better(&one, out))
			*out = one;
		any = true;
	}
	if (any)
		return RC_OK;
	memset(out, 0, sizeof(*out));
	out->subject = c.ref;
	return deny(out, "not_owed", 0);
}

enum rc
gate_record(struct db *db, const struct gate_question *ask,
	    const struct gate_answer *answer, struct sbuf *id, struct err *e)
{
	char hex[REF_HEX];
	struct sbuf b;
	int64_t count;
	enum rc rc = event_count(db, &count, e);

	if (rc != RC_OK)
		return rc;
	sbuf_init(&b, 65536);
	sbuf_add_z(&b, "{\"action\":");
	sbuf_add_json(&b, ask->action);
	sbuf_add_z(&b, ",\"service\":");
	sbuf_add_json(&b, ask->service);
	sbuf_add_z(&b, ",\"invoice\":");
	sbuf_add_json(&b, answer->invoice);
	sbuf_addf(&b, ",\"reason\":\"%s\",\"missing\":[", answer->reason);
	for (size_t i = 0; i < answer->missing_n; i++) {
		if (i > 0)
			sbuf_add_c(&b, ',');
		sbuf_add_json(&b, answer->missing[i]);
	}
	sbuf_add_z(&b, "],\"proof\":[");
	for (size_t i = 0; i < answer->proof_n; i++) {
		ref_hex(answer->proof[i].mref, hex);
		sbuf_addf(&b, "%s\"%s\"", i > 0 ? "," : "", hex);
	}
	sbuf_add_z(&b, "]}");
	rc = ledger_append(db,
			   answer->allow ? KIND_GATE_ALLOWED : KIND_GATE_DENIED,
			   answer->subject, sbuf_slice(&b), e);
	sbuf_addf(id, "gate-%lld", (long long)count);
	sbuf_fini(&b);
	return rc;
}
