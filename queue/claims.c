#include "queue/claims.h"

#include "base/clock.h"
#include "base/codec.h"
#include "queue/claims_private.h"
#include "queue/contacts.h"
#include "queue/invoices.h"
#include "queue/outbox.h"
#include "queue/recipients.h"
#include "queue/schedule.h"
#include "store/content.h"
#include "store/customer.h"
#include "store/db_ledger.h"

/* Invariants.
 * 1. A claimed message has a slot of phases, taken in the writer's thread
 *    before the claim is committed; so a payment that commits later finds it.
 * 2. A claim is a loan: it changes no state that is evidence.  The attempt is
 *    (message.attempted), and it is committed before a connection is opened.
 * 3. What was stopped meanwhile is no longer the worker's: its row is read
 *    again before it is written. */

#define HOLD_WAIT_US HOUR_US

void
claims_work_start(struct claims_work *w, struct queue *q, struct db *db,
		  struct arena *a)
{
	w->q = q;
	w->db = db;
	w->conf = conf_box_get(q->conf);
	w->now = clock_wall_us();
	w->a = a;
	arena_init(a, 256u << 20);
}

enum rc
claims_work_end(struct claims_work *w, enum rc rc)
{
	arena_fini(w->a);
	conf_unref(w->conf);
	return rc;
}

static enum rc
sending(struct claims_work *w, bool *out, struct err *e)
{
	struct sbuf b;
	enum rc rc;

	*out = false;
	if (!w->conf->send)
		return RC_OK;
	sbuf_init(&b, 4096);
	rc = queue_paused(w->db, &b, e);
	sbuf_fini(&b);
	*out = rc == RC_NOTFOUND;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
claims_unclaim(struct claims_work *w, struct message *m, int64_t next_us,
	       struct err *e)
{
	m->state = m->attempts > 0 ? MESSAGE_DEFERRED : MESSAGE_QUEUED;
	m->instance = 0;
	m->next_us = next_us;
	return message_update(w->db, m, e);
}

enum rc
claims_finish(struct claims_work *w, struct message *m, enum message_event ev,
	      struct slice reason, struct slice more, struct err *e)
{
	enum rc rc;

	m->instance = 0;
	rc = message_apply(w->db, m, ev, reason, more, e);
	if (rc == RC_OK && ev == MESSAGE_EV_FAIL)
		rc = outbox_elsewhere(w->q, w->db, m, w->a, e);
	if (rc == RC_OK && ev == MESSAGE_EV_EXPIRE)
		rc = outbox_missed(w->db, m, w->a, e);
	return rc == RC_OK ? outbox_settle(w->db, m, w->a, e) : rc;
}

/* What an act waits for does not end by a pause or a hold of ours, before it
 * was ever tried, nor by a dispute: it is tried from then on. */
static enum rc
kept(struct claims_work *w, struct message *m, bool *needed, struct err *e)
{
	enum rc rc;

	*needed = false;
	if (m->held ? !outbox_billing_holds(m)
		    : m->attempts > 0 || m->reason.n > 0)
		return RC_OK;
	rc = outbox_needed(w->db, m, w->a, needed, e);
	if (rc != RC_OK || !*needed)
		return rc;
	m->not_after_us = w->now + KEEP_TRYING_US;
	return message_update(w->db, m, e);
}

/* What kept it, where somebody has to let go of it. */
static enum rc
expire(struct claims_work *w, struct message *m, struct err *e)
{
	struct sbuf more;
	enum rc rc;

	sbuf_init(&more, 65536);
	if (m->held) {
		sbuf_add_z(&more, "\"held\":");
		sbuf_add_json(&more, m->reason);
	}
	m->held = false;
	rc = claims_finish(w, m, MESSAGE_EV_EXPIRE, SLICE("not_after"),
			   sbuf_slice(&more), e);
	sbuf_fini(&more);
	return rc;
}

/* Ends it where it has arrived, or is too late. */
static enum rc
end_over(struct claims_work *w, struct message *m, bool *over, struct err *e)
{
	bool needed;
	enum rc rc = outbox_arrived(w->db, m, w->a, over, e);

	if (rc != RC_OK)
		return rc;
	if (*over)
		return claims_finish(w, m, MESSAGE_EV_CANCEL,
				     SLICE(OUTBOX_ARRIVED), SLICE(""), e);
	*over = m->not_after_us < w->now;
	if (!*over)
		return RC_OK;
	rc = kept(w, m, &needed, e);
	*over = !needed;
	return rc == RC_OK && *over ? expire(w, m, e) : rc;
}

/* The question that is asked before each attempt: may it still go?  Payments
 * and cancellations ended it in their own transaction, unless it was under way
 * then. */
static enum rc
ask_again(struct claims_work *w, struct message *m, bool *go, struct err *e)
{
	int64_t held_until;
	bool stop, stands;
	enum rc rc = end_over(w, m, &stop, e);

	*go = false;
	if (rc != RC_OK || stop)
		return rc;
	rc = customer_get_hold(w->db, m->customer, &held_until, e);
	if (rc != RC_OK)
		return rc;
	if (held_until > w->now) {
		m->reason = SLICE(CLAIMS_CUSTOMER_HOLD);
		return claims_unclaim(w, m,
				      held_until < w->now + HOLD_WAIT_US
					  ? held_until
					  : w->now + HOLD_WAIT_US,
				      e);
	}
	rc = contacts_have(w->db, m, w->a, &stands, e);
	if (rc != RC_OK)
		return rc;
	if (!stands)
		return contacts_move(w->q, w->db, m, w->a, e);
	rc = recipients_suppressed(w->q, w->conf, w->db, m, w->a, &stop, e);
	if (rc != RC_OK)
		return rc;
	if (stop)
		return claims_finish(w, m, MESSAGE_EV_FAIL,
				     SLICE(OUTBOX_SUPPRESSED), SLICE(""), e);
	rc = invoices_review(w->q, w->db, m, w->a, go, e);
	if (rc == RC_OK && !*go && m->state == MESSAGE_CLAIMED)
		rc = claims_unclaim(w, m, m->next_us, e); /* held in place */
	return rc;
}

static enum rc
take(struct claims_work *w, int64_t lane, size_t limit, struct arena *a,
     struct claim_batch *out, struct err *e)
{
	struct message *list;
	size_t n;
	enum rc rc = lane_get(w->db, lane, a, &out->lane, e);

	if (rc != RC_OK || out->lane.held || out->lane.blocked_us > w->now)
		return rc;
	rc = lane_claim(w->db, lane, w->q->instance, w->now, limit, a, &list,
			&n, e);
	if (rc != RC_OK)
		return rc;
	out->claims = ARENA_ARRAY(a, struct claim, n + 1);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct claim *c = &out->claims[out->n];
		bool go;

		rc = ask_again(w, &list[i], &go, e);
		if (rc != RC_OK || !go)
			continue;
		c->slot = phase_claim(w->q->phases, list[i].mref);
		if (c->slot < 0) {
			rc = claims_unclaim(w, &list[i], w->now, e);
			continue;
		}
		c->m = list[i];
		c->halts = atomic_load(&w->q->halts);
		out->n++;
	}
	return rc;
}

enum rc
claims_take(struct queue *q, struct db *db, int64_t lane, int64_t now_us,
	    size_t limit, struct arena *a, struct claim_batch *out,
	    struct err *e)
{
	struct arena own;
	struct claims_work w;
	bool go;
	enum rc rc;

	claims_work_start(&w, q, db, &own);
	w.now = now_us;
	memset(out, 0, sizeof(*out));
	rc = sending(&w, &go, e);
	if (rc == RC_OK && go)
		rc = take(&w, lane, limit, a, out, e);
	if (rc != RC_OK)
		claims_free(q, out);
	return claims_work_end(&w, rc);
}

enum rc
claims_expire(struct queue *q, struct db *db, const int64_t *ids, size_t n,
	      int64_t now_us, struct err *e)
{
	struct arena own;
	struct claims_work w;
	enum rc rc = RC_OK;

	claims_work_start(&w, q, db, &own);
	w.now = now_us;
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct message m;
		bool over;

		rc = message_get_id(db, ids[i], &own, &m, e);
		if (rc == RC_OK && m.not_after_us < now_us &&
		    (m.state == MESSAGE_QUEUED || m.state == MESSAGE_DEFERRED ||
		     m.state == MESSAGE_UNCERTAIN))
			rc = end_over(&w, &m, &over, e);
	}
	return claims_work_end(&w, rc);
}

/* What an outage gave back was never tried: greylisting starts from the first
 * that was. */
static enum rc
count_tries(struct claims_work *w, struct claim *c, struct err *e)
{
	struct attempt *list;
	size_t n;
	enum rc rc;

	c->tries = 1;
	c->ours = 0;
	if (c->m.attempts == 0)
		return RC_OK;
	rc = attempt_list(w->db, c->m.id, false, w->a, &list, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		c->tries += !slice_eq_z(list[i].outcome, "untried") &&
			    !slice_eq_z(list[i].outcome, "stopped");
		c->ours += slice_eq_z(list[i].outcome, "ours");
	}
	return rc;
}

static enum rc
journal(struct claims_work *w, struct claim *c, struct slice more,
	struct err *e)
{
	struct message now;
	char hex[REF_HEX];
	struct sbuf b;
	enum rc rc = message_get_id(w->db, c->m.id, w->a, &now, e);

	if (rc != RC_OK)
		return rc;
	if (now.state != MESSAGE_CLAIMED || now.held) {
		c->dropped = true;
		return now.state == MESSAGE_CLAIMED
			   ? claims_unclaim(w, &now, now.next_us, e)
			   : RC_OK;
	}
	c->m.attempts = now.attempts;
	rc = count_tries(w, c, e);
	if (rc != RC_OK)
		return rc;
	c->m.attempts++;
	rc = message_update_attempt(w->db, &c->m, e);
	if (rc == RC_OK && c->packed.n > 0)
		rc = content_put_packed(w->db, c->m.id, c->packed, e);
	c->attempt.message = c->m.id;
	c->attempt.instance = w->q->instance;
	c->attempt.number = c->m.attempts;
	c->attempt.started_us = w->now;
	if (rc == RC_OK)
		rc = attempt_begin(w->db, &c->attempt, e);
	if (rc != RC_OK)
		return rc;
	ref_hex(c->m.mref, hex);
	sbuf_init(&b, 65536);
	sbuf_addf(&b, "{\"mref\":\"%s\",\"attempt\":%d,\"size\":%lld", hex,
		  c->attempt.number, (long long)c->m.size);
	if (c->m.sha256.n == 32) {
		sbuf_add_z(&b, ",\"sha256\":\"");
		hex_encode(c->m.sha256, &b);
		sbuf_add_c(&b, '"');
	}
	if (c->anew.n > 0) {
		sbuf_add_z(&b, ",\"anew\":");
		sbuf_add_json(&b, c->anew);
	}
	if (more.n > 0) {
		sbuf_add_c(&b, ',');
		sbuf_add(&b, more);
	}
	sbuf_add_c(&b, '}');
	rc = ledger_append(w->db, KIND_MESSAGE_ATTEMPTED, c->m.mref,
			   sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

enum rc
claims_journal(struct queue *q, struct db *db, struct claim_batch *batch,
	       struct slice more, struct err *e)
{
	struct arena own;
	struct claims_work w;
	enum rc rc = RC_OK;

	claims_work_start(&w, q, db, &own);
	if (batch->n >= CLAIMS_MANY)
		db_index_later(db);
	for (size_t i = 0; rc == RC_OK && i < batch->n; i++)
		if (!batch->claims[i].dropped)
			rc = journal(&w, &batch->claims[i], more, e);
	return claims_work_end(&w, rc);
}

void
claims_free(struct queue *q, struct claim_batch *batch)
{
	for (size_t i = 0; i < batch->n; i++)
		if (batch->claims[i].slot >= 0)
			phase_free(q->phases, batch->claims[i].slot);
	batch->n = 0;
}
