#include "mailer/worker_private.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "mailer/judge.h"
#include "mailer/outgoing.h"
#include "queue/halt.h"
#include "store/content.h"
#include "templates/locale.h"

/* Invariants.
 * 1. Attempts are journaled and committed before a socket is opened.
 * 2. Each claim of a batch gets one verdict, and it is committed before the
 *    batch is given up, however long the store takes to recover; a death or a
 *    stop in between leaves it to its phase, whose slot stays taken.
 * 3. A destination that cannot be reached costs its own lane time, and no
 *    message of it a verdict. */

#define TRANSCRIPT_MAX (4u << 20) /* of all sessions of an attempt */
#define BATCH_BYTES ((size_t)16 << 20)
#define SHELF_MAX ((size_t)1 << 30)

/* ---- operations in the writer's thread ---- */

struct run_op {
	struct write_op op;
	struct run *r;
	struct slice more;
};

static enum rc
run_journal(struct write_op *op, struct db *db, struct err *e)
{
	struct run_op *x = (struct run_op *)op;

	/* It may be run again: from the same start. */
	for (size_t i = 0; i < x->r->n; i++) {
		x->r->list[i].claim->attempt.id = 0;
		x->r->list[i].claim->dropped = !x->r->list[i].ready;
	}
	return claims_journal(x->r->w->queue, db, &x->r->job->batch, x->more,
			      e);
}

/* As the store keeps it; done here, not in the writer's turn. */
static struct slice
pack(struct run *r, struct slice bytes)
{
	sbuf_reset(&r->scratch);
	content_pack(bytes, &r->scratch);
	return arena_dup(&r->job->arena, sbuf_slice(&r->scratch));
}

/* All that was said on its way; now: in the session at hand too. */
static struct slice
transcript(struct run *r, const struct sending *s, bool now)
{
	struct slice packed = SLICE("");
	struct sbuf b;

	sbuf_init(&b, TRANSCRIPT_MAX);
	history_add_transcript(&s->history, &b);
	if (now) {
		sbuf_add(&b, sbuf_slice(&r->job->session.transcript));
		sbuf_add(&b, sbuf_slice(&s->tm.transcript));
	}
	if (b.n > 0)
		packed = pack(r, sbuf_slice(&b));
	sbuf_fini(&b);
	return packed;
}

/* The session at hand did not take it. */
static void
remember(struct run *r, struct sending *s, const struct outcome *o)
{
	struct transport_session *session = &r->job->session;

	if (r->said.n == 0)
		r->said =
		    arena_dup(&r->job->arena, sbuf_slice(&session->transcript));
	history_add(&s->history, &r->job->arena, r->hop->host, o, r->said,
		    sbuf_slice(&s->tm.transcript));
	s->kept = true;
}

/* ---- verdicts ---- */

static void
put_verdict(struct run *r, struct sending *s, const struct claim_verdict *v)
{
	struct claim_verdict mine = *v;

	mine.claim = s->claim;
	s->ready = false;
	pending_put(&r->pending, &mine);
}

/* A claim that ends without having been sent. */
static void
put_unsent(struct run *r, struct sending *s, enum claim_end end,
	   const char *verdict, const struct err *e)
{
	struct claim_verdict v = {.end = end, .verdict = verdict};

	if (e != NULL)
		v.reason =
		    slice_z(e->pointer[0] != '\0'
				? arena_printf(&r->job->arena, "%s: %s",
					       e->pointer, e->text)
				: arena_printf(&r->job->arena, "%s", e->text));
	put_verdict(r, s, &v);
}

static struct judge
judge_of(struct run *r)
{
	return (struct judge){.rules = materials_verdicts(r->job->materials),
			      .hop = r->hop,
			      .tls = &r->job->session.tls,
			      .handshake = r->handshake,
			      .arena = &r->job->arena};
}

static void
decide(struct run *r, struct sending *s)
{
	const struct outcome *o = &s->tm.outcome;
	struct judge judge = judge_of(r);
	struct claim_verdict v;
	enum verdict verdict =
	    judge_outcome(&judge, o, &s->history, s->claim->tries, &v);

	r->answered |= o->code >= 200 || o->fate == FATE_STOPPED ||
		       o->fate == FATE_INVALID;
	r->accepted |= verdict == VERDICT_ACCEPTED;
	if (verdict == VERDICT_NEXT_EXCHANGER && !r->last_hop &&
	    phase_back(r->w->queue->phases, s->claim->slot)) {
		s->refused = v;
		remember(r, s, o);
		return; /* it stays ready for the next one */
	}
	v.claim = s->claim;
	worker_weigh(r, verdict, &v);
	if (verdict == VERDICT_STOPPED)
		v.reason = slice_z(s->halt != NULL ? s->halt : v.verdict);
	v.transcript = transcript(r, s, true);
	put_verdict(r, s, &v);
	/* So that nobody's next message to that address begins. */
	if (v.suppress)
		pending_flush(&r->pending);
}

/* It was stopped before its turn came. */
static void
put_halted(struct run *r, struct sending *s, const char *why)
{
	bool begun = s->claim->attempt.id != 0;
	struct claim_verdict v = {.end = begun ? CLAIM_STOPPED : CLAIM_UNTRIED,
				  .verdict = "stopped",
				  .reason = slice_z(why)};

	if (begun)
		v.transcript = transcript(r, s, false);
	s->claim->dropped = !begun;
	put_verdict(r, s, &v);
}

/* ---- the session's calls ---- */

/* A pause or a hold came since it was claimed, or it has got too late. */
static bool
halted(struct run *r, struct sending *s)
{
	enum halt halt = halt_ask(r->w->queue, r->w->db, &s->claim->m,
				  &s->claim->halts, &r->job->arena, &s->halt);

	if (halt == HALT_LANE)
		r->halt = s->halt;
	return halt != HALT_NONE;
}

/* Whether a message may begin; one that never may ends here. */
static bool
may_begin(struct run *r, struct sending *s)
{
	bool stop = halted(r, s);

	if (stop && r->halt == NULL)
		put_halted(r, s, s->halt);
	return !stop;
}

/* What begins late in a session would be cut by its end, or keep others
 * waiting; the rest of the batch has another. */
static bool
late(struct run *r)
{
	const struct transport_session *s = &r->job->session;

	r->late |= s->count > 0 && (atomic_load(&r->job->yield) ||
				    s->deadline_us - clock_mono_us() <
					r->job->conf->smtp_session_us / 2);
	return r->late;
}

static struct transport_message *
next(void *arg)
{
	struct run *r = arg;

	if (late(r) || atomic_load(r->w->stop))
		return NULL;
	for (size_t i = 0; i < r->n && r->job->block_us == 0; i++) {
		if (!r->list[i].ready || r->list[i].asked)
			continue;
		if (may_begin(r, &r->list[i])) {
			r->list[i].asked = true;
			return &r->list[i].tm;
		}
		if (r->halt != NULL)
			return NULL;
	}
	return NULL;
}

static bool
may_go(void *arg, struct transport_message *m)
{
	struct run *r = arg;
	struct sending *s = m->job;

	return !atomic_load(r->w->stop) && !halted(r, s) &&
	       phase_go(r->w->queue->phases, s->claim->slot);
}

static void
content(void *arg, struct transport_message *m)
{
	struct run *r = arg;
	struct sending *s = m->job;

	atomic_store(&r->w->content, true);
	phase_content(r->w->queue->phases, s->claim->slot);
}

static void
tick(void *arg)
{
	pending_tick(&((struct run *)arg)->pending);
}

static void
verdict(void *arg, struct transport_message *m)
{
	struct run *r = arg;
	struct sending *s = m->job;

	atomic_store(&r->w->content, false);
	if (m->outcome.fate != FATE_UNTRIED)
		decide(r, s);
}

/* ---- a batch ---- */

static void
address(struct run *r, struct sending *s)
{
	struct composer c = {.conf = r->job->conf,
			     .materials = r->job->materials};

	outgoing_address(&c, s->claim, &r->job->arena, &s->tm);
	s->tm.job = s;
}

/* A new session with what is left of the batch. */
static void
start_over(struct run *r)
{
	struct transport_session *s = &r->job->session;

	outcome_fini(&s->outcome);
	outcome_init(&s->outcome);
	sbuf_reset(&s->tls.chain);
	sbuf_reset(&s->greeting);
	sbuf_reset(&s->ehlo);
	sbuf_reset(&s->transcript);
	s->tls.on = false;
	r->said = SLICE("");
	for (size_t i = 0; i < r->n; i++) {
		r->list[i].asked = r->list[i].kept = false;
		if (!r->list[i].ready)
			continue;
		transport_message_fini(&r->list[i].tm);
		transport_message_init(&r->list[i].tm);
		address(r, &r->list[i]);
	}
}

/* What the session at hand leaves, to be tried again or given back. */
static void
remember_all(struct run *r)
{
	r->said = SLICE("");
	for (size_t i = 0; i < r->n; i++)
		if (r->list[i].ready && !r->list[i].kept)
			remember(r, &r->list[i], &r->job->session.outcome);
}

/* Some devices between us and the peer swallow STARTTLS. */
static bool
swallowed(const struct outcome *o)
{
	return o->stage == STAGE_STARTTLS && o->code == 0 &&
	       (strcmp(o->fault, "peer closed") == 0 ||
		strcmp(o->fault, "reply timeout") == 0 ||
		strcmp(o->fault, strerror(ECONNRESET)) == 0);
}

/* Opportunistic TLS: a handshake that fails is no reason to keep the mail
 * (RFC 7435). */
static bool
fall_back(struct run *r)
{
	const struct outcome *o = &r->job->session.outcome;
	const char *why = o->fault;

	if (r->hop->tls != TARGET_MAY ||
	    (o->stage != STAGE_TLS && !swallowed(o)))
		return false;
	if (strncmp(why, "TLS ", 4) == 0)
		why += 4;
	r->handshake =
	    arena_printf(&r->job->arena, "%s%s",
			 o->stage == STAGE_STARTTLS	     ? "STARTTLS: "
			 : strncmp(why, "handshake", 9) == 0 ? ""
							     : "handshake: ",
			 why);
	r->hop->tls = TARGET_PLAIN;
	return true;
}

static void
session(struct run *r)
{
	struct transport_session *s = &r->job->session;
	struct err e;
	enum rc rc;

	s->to = *r->hop;
	if (r->job->trust == TRUST_UNKNOWN)
		pace_first_try(&s->to);
	s->deadline_us = clock_mono_us() + r->job->conf->smtp_session_us;
	s->calls = (struct transport_calls){.next = next,
					    .may_go = may_go,
					    .content = content,
					    .verdict = verdict,
					    .tick = tick,
					    .arg = r};
	start_over(r);
	rc = transport_run(r->w->transport, s, &e);
	r->starved = s->starved;
	remember_all(r);
	if (rc == RC_OK)
		return;
	LOG(SESSION_FAILED, LOG_Z("host", r->hop->host),
	    LOG_Z("stage", stage_name(s->outcome.stage)), LOG_ERR(&e));
	if (fall_back(r))
		session(r);
}

/* Whether something of the batch may go: looked at before a connection. */
static bool
some_may_begin(struct run *r)
{
	bool some = false;

	for (size_t i = 0; i < r->n && r->halt == NULL; i++)
		if (r->list[i].ready)
			some |= may_begin(r, &r->list[i]);
	return some && r->halt == NULL;
}

static bool
some_ready(const struct run *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->list[i].ready)
			return true;
	return false;
}

static void
send_all(struct run *r)
{
	for (size_t h = 0;
	     h < r->route.hops_n && r->job->block_us == 0 && !r->late &&
	     !r->starved && !atomic_load(r->w->stop) && some_may_begin(r);
	     h++) {
		r->hop = &r->route.hops[h];
		r->last_hop = h + 1 == r->route.hops_n;
		r->handshake = NULL;
		session(r);
		if (r->answered && r->job->block_us == 0 &&
		    r->job->session.outcome.code != 421)
			r->job->block_reason = "";
	}
	r->unheard = !r->answered && (r->halt != NULL || !some_ready(r) ||
				      atomic_load(r->w->stop));
	if (r->unheard)
		r->job->block_reason = "";
	worker_weigh_session(r);
}

static void
prepare(struct run *r, struct sending *s)
{
	struct composer c = {
	    .conf = r->job->conf,
	    .materials = r->job->materials,
	    .db = r->w->db,
	    .now_us = clock_wall_us(),
	    .sign = r->route.relay == NULL ||
		    r->route.relay->sign == RELAY_SIGN_OURS,
	    .rewrites = r->route.relay == NULL ? 0 : r->route.relay->rewrites};
	struct err e;
	enum rc rc = outgoing_compose(&c, &r->w->room, s->claim, &r->job->arena,
				      &r->shelf, &e);

	s->ready = rc == RC_OK;
	if (rc == RC_INVALID || rc == RC_NOTFOUND || rc == RC_LIMIT) {
		LOG(COMPOSE_FAILED, LOG_ERR(&e));
		put_unsent(r, s, CLAIM_UNFIT, "unfit", &e);
		s->claim->dropped = true;
	} else if (rc != RC_OK) {
		put_unsent(r, s, CLAIM_UNTRIED, "untried", &e);
		s->claim->dropped = true;
	}
}

/* In one snapshot, so that pages read for one message serve the next.  What
 * would be too large together has batches of its own. */
static void
prepare_all(struct run *r)
{
	struct err e;
	size_t bytes = 0;
	enum rc rc = db_snapshot(r->w->db, &e);

	if (rc != RC_OK)
		LOG(COMPOSE_FAILED, LOG_ERR(&e));
	for (size_t i = 0; i < r->n; i++) {
		struct sending *s = &r->list[i];

		if (rc == RC_OK && bytes < BATCH_BYTES) {
			prepare(r, s);
			bytes += s->claim->bytes.n;
			continue;
		}
		put_unsent(r, s, rc == RC_OK ? CLAIM_PASSED : CLAIM_UNTRIED,
			   "untried", rc == RC_OK ? NULL : &e);
		s->claim->dropped = true;
	}
	if (rc == RC_OK)
		db_snapshot_end(r->w->db);
}

static bool
journal(struct run *r)
{
	struct run_op x = {.op = {.run = run_journal, .sure = true}, .r = r};
	struct err e;

	r->hop = &r->route.hops[0];
	x.more = judge_plan(&r->route, &r->job->arena);
	if (writer_do(r->w->queue->writer, &x.op, &e) != RC_OK) {
		LOG(JOURNAL_REFUSED, LOG_ERR(&e));
		for (size_t i = 0; i < r->n; i++)
			r->list[i].claim->attempt.id = 0;
		return false;
	}
	for (size_t i = 0; i < r->n; i++)
		if (r->list[i].claim->dropped)
			r->list[i].ready = false;
	return true;
}

/* No way was found: that the domain takes no mail is the address's fault, what
 * is wrong with the configuration or a password file ours; the rest passes.  So
 * may a domain's not being there: customers forget to renew theirs, and a
 * resolver may lie.  Who else can be told meanwhile is. */
static void
no_route(struct run *r, enum rc rc, const struct err *e)
{
	bool untold = r->starved || dns_stopped(r->w->dns);

	for (size_t i = 0; i < r->n; i++) {
		if (rc == RC_INVALID) {
			struct claim_verdict v = {
			    .end = CLAIM_FAILED,
			    .verdict = "bad_address",
			    .suppress = true,
			    .reason =
				arena_dup(&r->job->arena, slice_z(e->text))};

			put_verdict(r, &r->list[i], &v);
		} else {
			struct claim_verdict v = {
			    .end = untold ? CLAIM_UNTRIED : CLAIM_DEFERRED,
			    .verdict = "no_route",
			    .elsewhere = rc == RC_NOTFOUND,
			    .nowhere = rc == RC_NOTFOUND,
			    .wait_us = r->starved ? WORKER_STARVED_US
				       : untold	  ? 0
						  : worker_backoff_us(r),
			    .reason =
				arena_dup(&r->job->arena, slice_z(e->text))};

			put_verdict(r, &r->list[i], &v);
		}
	}
	r->told = arena_dup(&r->job->arena, slice_z(e->text));
	r->job->block_reason = rc == RC_INVALID || untold ? "" : "no_route";
	if (r->starved || (rc != RC_IO && rc != RC_CONFIG))
		return;
	r->job->block_reason = verdict_name(VERDICT_OURS);
	LOG(DESTINATION_BLOCKED, LOG_S("brand", r->job->batch.lane.brand),
	    LOG_S("domain", r->job->batch.lane.domain),
	    LOG_Z("reason", r->job->block_reason), LOG_ERR(e));
}

/* A question that could not be asked is no answer. */
static enum rc
find_route(struct run *r, const struct route_ask *ask, struct err *e)
{
	enum rc rc;

	r->starved = !file_room();
	if (r->starved)
		return err_set(e, RC_AGAIN, "no descriptor is left");
	rc = route_find(ask, &r->job->arena, &r->route, e);
	r->starved = (rc == RC_AGAIN || rc == RC_IO) && !file_room();
	return rc;
}

/* What was not tried.  passed: for a verdict on another one, which else would
 * come before it each time. */
static void
give_back(struct run *r, bool passed)
{
	struct judge judge = judge_of(r);

	for (size_t i = 0; i < r->n; i++) {
		struct sending *s = &r->list[i];
		struct claim_verdict v = {
		    .end = passed ? CLAIM_PASSED : CLAIM_UNTRIED,
		    .verdict = "untried",
		    .wait_us = r->starved ? WORKER_STARVED_US
			       : r->answered || r->unheard
				   ? 0
				   : worker_backoff_us(r)};

		if (!s->ready)
			continue;
		if (r->halt != NULL) {
			put_halted(r, s, r->halt);
			continue;
		}
		if (s->refused.verdict != NULL)
			v = s->refused;
		else if (s->claim->attempt.id != 0)
			judge_untried(&judge, &r->job->session.outcome,
				      &s->history, &v);
		v.transcript = transcript(r, s, false);
		put_verdict(r, s, &v);
	}
}

void
worker_run(struct worker *w, struct job *job)
{
	struct run r = {.w = w, .job = job, .n = job->batch.n};
	struct route_ask ask = {.conf = job->conf,
				.dns = w->dns,
				.sts = w->sts,
				.domain = job->batch.lane.domain};
	struct err e;
	bool passed;
	enum rc rc;

	r.list = ARENA_ARRAY(&job->arena, struct sending, r.n);
	pending_init(&r.pending, w->queue, w->stop, &job->arena);
	sbuf_init(&r.scratch, CONTENT_MAX);
	arena_init(&r.shelf, SHELF_MAX);
	job->block_reason = WORKER_UNREACHABLE;
	for (size_t i = 0; i < r.n; i++) {
		r.list[i].claim = &job->batch.claims[i];
		transport_message_init(&r.list[i].tm);
	}
	ask.brand = r.brand = conf_brand(job->conf, job->batch.lane.brand);
	if (r.brand == NULL)
		rc =
		    err_set(&e, RC_CONFIG, "brand is not in the configuration");
	else
		rc = find_route(&r, &ask, &e);
	if (rc != RC_OK) {
		no_route(&r, rc, &e);
	} else {
		prepare_all(&r);
		pending_flush(&r.pending);
		r.unheard = !some_may_begin(&r) || !journal(&r);
		arena_fini(&r.shelf);
		if (r.unheard)
			job->block_reason = "";
		else
			send_all(&r);
	}
	passed = job->block_us > 0;
	worker_rest(&r); /* before what it holds up can be claimed */
	give_back(&r, passed);
	pending_flush(&r.pending);
	for (size_t i = 0; i < r.n; i++)
		transport_message_fini(&r.list[i].tm);
	sbuf_fini(&r.scratch);
	claims_free(w->queue, &job->batch);
}
