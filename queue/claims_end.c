#include "base/clock.h"
#include "base/date.h"
#include "queue/claims_private.h"
#include "queue/halt.h"
#include "queue/nowhere.h"
#include "queue/outbox.h"
#include "queue/recipients.h"
#include "store/customer.h"
#include "store/db_ledger.h"
#include "store/suppression.h"

/* What came of claims: by the worker's word, or by what a death left. */

#define UNTRIED_WAIT_US (5 * SECOND_US)
/* A wait that would end too late ends so long before that, once. */
#define LAST_TRY_US (10 * MINUTE_US)

static int64_t
retry_wait(const struct conf *conf, int tries)
{
	size_t i = tries > 0 ? (size_t)tries - 1 : 0;

	if (conf->retry_n == 0)
		return HOUR_US;
	return conf->retry_us[i < conf->retry_n ? i : conf->retry_n - 1];
}

static enum rc
alarm_raised(struct claims_work *w, const struct message *m,
	     struct slice reason, struct err *e)
{
	char hex[REF_HEX];
	struct sbuf b;
	enum rc rc;

	ref_hex(m->mref, hex);
	sbuf_init(&b, 65536);
	sbuf_addf(&b, "{\"mref\":\"%s\",\"reason\":", hex);
	sbuf_add_json(&b, reason);
	sbuf_add_c(&b, '}');
	rc =
	    ledger_append(w->db, KIND_ALARM_RAISED, m->mref, sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

static enum rc
suppress(struct claims_work *w, const struct message *m, struct slice reason,
	 struct err *e)
{
	struct suppression s = {.brand = m->brand,
				.address = m->address,
				.reason = reason,
				.message = m->mref,
				.created_us = w->now};
	char hex[REF_HEX];
	struct customer c;
	uint8_t hash[32];
	struct sbuf b;
	enum rc rc;

	halt_note(w->q);
	queue_address_hash(w->q, m->address, hash);
	rc = suppression_put(w->db, &s, hash, e);
	if (rc == RC_OK)
		rc = customer_get(w->db, m->customer, w->a, &c, e);
	if (rc != RC_OK)
		return rc;
	ref_hex(m->mref, hex);
	sbuf_init(&b, 65536);
	sbuf_add_z(&b, "{\"customer\":");
	sbuf_add_json(&b, m->customer);
	sbuf_add_z(&b, ",\"contact\":");
	sbuf_add_json(&b, m->contact);
	sbuf_addf(&b, ",\"mref\":\"%s\",\"reason\":", hex);
	sbuf_add_json(&b, reason);
	sbuf_add_c(&b, '}');
	rc = ledger_append(w->db, KIND_CONTACT_SUPPRESSED, c.ref,
			   sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

/* An end after which it waits on.  Who held it meanwhile did so for a reason,
 * which the row keeps: it says who may let go. */
static enum rc
wait_on(struct claims_work *w, struct message *m, enum message_event ev,
	struct slice reason, struct slice more, struct err *e)
{
	struct slice held_for = m->reason;
	bool held = m->held;
	enum rc rc;

	m->instance = 0;
	rc = message_apply(w->db, m, ev, reason, more, e);
	if (rc != RC_OK || !held)
		return rc;
	m->reason = held_for;
	return message_update(w->db, m, e);
}

static enum rc
defer(struct claims_work *w, struct message *m, int64_t wait_us,
      struct slice reason, struct slice more, struct err *e)
{
	int64_t next = w->now + wait_us, last = m->not_after_us - LAST_TRY_US;

	if (next > m->not_after_us && w->now + LAST_TRY_US <= last)
		next = last;
	if (next > m->not_after_us)
		return claims_finish(w, m, MESSAGE_EV_EXPIRE, reason, more, e);
	m->next_us = next;
	return wait_on(w, m, MESSAGE_EV_DEFER, reason, more, e);
}

static bool
by_hand(const struct message *m)
{
	return m->held && slice_starts(m->reason, SLICE("by hand"));
}

static enum rc
uncertain(struct claims_work *w, struct message *m, struct slice reason,
	  struct slice more, struct err *e)
{
	m->uncertain++;
	m->next_us = w->now + w->conf->uncertain_delay_us;
	if (w->conf->resend_uncertain || by_hand(m))
		return wait_on(w, m, MESSAGE_EV_UNCERTAIN, reason, more, e);
	m->held = true; /* for a person, whatever billing says later */
	m->instance = 0;
	return message_apply(w->db, m, MESSAGE_EV_UNCERTAIN, reason, more, e);
}

/* A signature of ours stands before all else. */
static bool
signed_by_us(struct slice bytes)
{
	return slice_starts(bytes, SLICE("DKIM-Signature:"));
}

static enum rc
accept(struct claims_work *w, struct message *m, const struct claim_verdict *v,
       struct slice more, struct err *e)
{
	enum rc rc = RC_OK;

	m->facts |= v->facts;
	if (signed_by_us(v->claim->bytes))
		m->facts |= FACT_CONTENT;
	m->accepted_us = v->ended_us > 0 ? v->ended_us : w->now;
	m->queue_id = v->queue_id;
	if (m->queue_id.n > 0)
		rc = message_update_queue_id(w->db, m, e);
	if (rc != RC_OK)
		return rc;
	return claims_finish(w, m, MESSAGE_EV_ACCEPT, SLICE(""), more, e);
}

static enum rc
fail(struct claims_work *w, struct message *m, const struct claim_verdict *v,
     struct slice reason, struct slice more, struct err *e)
{
	enum rc rc = v->suppress ? suppress(w, m, reason, e) : RC_OK;

	return rc == RC_OK
		   ? claims_finish(w, m, MESSAGE_EV_FAIL, reason, more, e)
		   : rc;
}

static enum rc
unfit(struct claims_work *w, struct message *m, struct slice reason,
      struct slice more, struct err *e)
{
	enum rc rc;

	if (by_hand(m)) {
		rc = wait_on(w, m, MESSAGE_EV_DEFER, reason, more, e);
	} else {
		m->held = true;
		m->instance = 0;
		rc = message_apply(w->db, m, MESSAGE_EV_DEFER, reason, more, e);
	}
	return rc == RC_OK ? alarm_raised(w, m, reason, e) : rc;
}

/* Not held, it was stopped by its address, which is bad since, or by what was
 * not committed. */
static enum rc
stopped(struct claims_work *w, struct message *m, struct slice reason,
	struct slice more, struct err *e)
{
	bool bad = false;
	enum rc rc = RC_OK;

	if (!m->held)
		rc = recipients_suppressed(w->q, w->conf, w->db, m, w->a, &bad,
					   e);
	if (rc != RC_OK)
		return rc;
	if (bad)
		return claims_finish(w, m, MESSAGE_EV_FAIL,
				     SLICE(OUTBOX_SUPPRESSED), more, e);
	return defer(w, m, m->held ? 0 : UNTRIED_WAIT_US, reason, more, e);
}

static enum rc
settle(struct claims_work *w, struct message *m, const struct claim_verdict *v,
       struct slice more, struct err *e)
{
	struct slice reason = v->reason.n > 0 ? v->reason : slice_z(v->verdict);
	int64_t wait =
	    v->wait_us > 0 ? v->wait_us : retry_wait(w->conf, v->claim->tries);
	enum rc rc;

	m->reply = v->reply;
	switch (v->end) {
	case CLAIM_ACCEPTED:
		return accept(w, m, v, more, e);
	case CLAIM_DEFERRED:
		rc = defer(w, m, wait, reason, more, e);
		if (m->state != MESSAGE_DEFERRED)
			return rc;
		if (rc == RC_OK && v->elsewhere)
			rc = outbox_meanwhile(w->q, w->db, m, w->a, e);
		return rc == RC_OK && v->nowhere
			   ? nowhere_tell(w->db, m, w->a, e)
			   : rc;
	case CLAIM_FAILED:
		return fail(w, m, v, reason, more, e);
	case CLAIM_UNCERTAIN:
		return uncertain(w, m, reason, more, e);
	case CLAIM_UNTRIED:
	case CLAIM_PASSED:
		wait = v->end == CLAIM_PASSED ? m->next_us - w->now
		       : v->wait_us > 0	      ? v->wait_us
					      : UNTRIED_WAIT_US;
		if (v->claim->attempt.id == 0)
			return claims_unclaim(w, m, w->now + wait, e);
		return defer(w, m, wait, SLICE("untried"), more, e);
	case CLAIM_STOPPED:
		return stopped(w, m, reason, more, e);
	case CLAIM_UNFIT:
		if (v->claim->attempt.id == 0)
			more = SLICE("");
		return unfit(w, m, reason, more, e);
	}
	return err_set(e, RC_BUG, "an unknown end of a claim");
}

static enum rc
end_attempt(struct claims_work *w, const struct claim_verdict *v, struct err *e)
{
	struct attempt t = v->claim->attempt;

	if (t.id == 0)
		return RC_OK;
	if (v->started_us > 0)
		t.started_us = v->started_us;
	t.ended_us = v->ended_us > 0 ? v->ended_us : w->now;
	t.outcome = slice_z(v->verdict);
	t.code = v->code;
	t.reply = v->reply;
	t.peer = v->peer;
	return attempt_end(w->db, &t, v->transcript, e);
}

/* When it happened, which is before it is on record. */
static void
add_time(struct sbuf *b, const char *name, int64_t us)
{
	char text[TIME_SIZE];

	if (us == 0)
		return;
	time_format(us, text);
	sbuf_addf(b, ",\"%s\":\"%s\"", name, text);
}

static enum rc
end_one(struct claims_work *w, const struct claim_verdict *v, struct err *e)
{
	struct message now;
	struct sbuf more;
	enum rc rc = message_get_id(w->db, v->claim->m.id, w->a, &now, e);

	if (rc == RC_OK)
		rc = end_attempt(w, v, e);
	if (rc != RC_OK || now.state != MESSAGE_CLAIMED ||
	    now.instance != w->q->instance)
		return rc; /* stopped meanwhile */
	sbuf_init(&more, 1 << 20);
	sbuf_addf(&more, "\"attempt\":%d,\"code\":%d,\"reply\":",
		  v->claim->attempt.number, v->code);
	sbuf_add_json(&more, v->reply);
	sbuf_add_z(&more, ",\"peer\":");
	sbuf_add_json(&more, v->peer);
	add_time(&more, "started_at", v->started_us);
	add_time(&more, "ended_at", v->ended_us);
	if (v->more.n > 0) {
		sbuf_add_c(&more, ',');
		sbuf_add(&more, v->more);
	}
	if (v->claim->attempt.id == 0)
		sbuf_reset(&more);
	rc = settle(w, &now, v, sbuf_slice(&more), e);
	sbuf_fini(&more);
	return rc;
}

enum rc
claims_end(struct queue *q, struct db *db, const struct claim_verdict *verdicts,
	   size_t n, struct err *e)
{
	struct arena own;
	struct claims_work w;
	enum rc rc = RC_OK;

	claims_work_start(&w, q, db, &own);
	if (n >= CLAIMS_MANY)
		db_index_later(db);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = end_one(&w, &verdicts[i], e);
	return claims_work_end(&w, rc);
}

/* What the store refused may be any part of what was said: so none of it is
 * told again but the code. */
static enum rc
release(struct claims_work *w, const struct claim_verdict *v, struct err *e)
{
	bool taken = v->end == CLAIM_ACCEPTED || v->end == CLAIM_UNCERTAIN;
	struct claim_verdict bare = {
	    .claim = v->claim, .verdict = CLAIMS_UNRECORDED, .code = v->code};
	struct slice reason = SLICE(CLAIMS_UNRECORDED), more;
	int64_t wait = retry_wait(w->conf, v->claim->tries);
	struct message now;
	enum rc rc = message_get_id(w->db, v->claim->m.id, w->a, &now, e);

	if (rc == RC_OK)
		rc = end_attempt(w, &bare, e);
	if (rc != RC_OK || now.state != MESSAGE_CLAIMED ||
	    now.instance != w->q->instance)
		return rc;
	if (v->claim->attempt.id == 0) {
		rc = claims_unclaim(w, &now, w->now + wait, e);
		return rc == RC_OK ? alarm_raised(w, &now, reason, e) : rc;
	}
	more = slice_z(arena_printf(w->a, "\"attempt\":%d,\"code\":%d",
				    v->claim->attempt.number, v->code));
	rc = taken ? uncertain(w, &now, reason, more, e)
		   : defer(w, &now, wait, reason, more, e);
	return rc == RC_OK ? alarm_raised(w, &now, reason, e) : rc;
}

enum rc
claims_release(struct queue *q, struct db *db, const struct claim_verdict *v,
	       struct err *e)
{
	struct arena own;
	struct claims_work w;

	claims_work_start(&w, q, db, &own);
	return claims_work_end(&w, release(&w, v, e));
}

/* A claim that a dead process left: its phase says what may have happened. */
static enum rc
resolve(struct claims_work *w, struct message *m, size_t *is_uncertain,
	size_t *requeued, struct err *e)
{
	struct attempt *list;
	size_t n;
	enum rc rc = attempt_list(w->db, m->id, false, w->a, &list, &n, e);
	struct attempt *last = rc == RC_OK && n > 0 ? &list[n - 1] : NULL;

	if (rc != RC_OK)
		return rc;
	if (last == NULL || last->ended_us != 0) {
		(*requeued)++;
		return claims_unclaim(w, m, w->now, e);
	}
	last->ended_us = w->now;
	last->outcome = SLICE("died");
	rc = attempt_end(w->db, last, SLICE(""), e);
	if (rc != RC_OK)
		return rc;
	if (phases_left(w->q->phases, m->mref, m->instance) == PHASE_CONTENT) {
		(*is_uncertain)++;
		return uncertain(w, m, SLICE("died"), SLICE(""), e);
	}
	(*requeued)++;
	return defer(w, m, 0, SLICE("died"), SLICE(""), e);
}

enum rc
claims_recover(struct queue *q, struct db *db, size_t *is_uncertain,
	       size_t *requeued, struct err *e)
{
	struct arena own;
	struct message *list;
	struct claims_work w;
	size_t n;
	enum rc rc;

	*is_uncertain = *requeued = 0;
	do {
		claims_work_start(&w, q, db, &own);
		rc = message_list_orphans(db, q->instance, 1000, &own, &list,
					  &n, e);
		for (size_t i = 0; rc == RC_OK && i < n; i++)
			rc = resolve(&w, &list[i], is_uncertain, requeued, e);
		rc = claims_work_end(&w, rc);
	} while (rc == RC_OK && n == 1000);
	return rc;
}
