#include "mailer/worker_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "mailer/judge.h"

/* What the verdicts of a batch say of its destination: whether it rests. */

#define OURS_BLOCK_MAX_US (15 * MINUTE_US)
#define TOLD_MAX 1000

/* Who takes some is not who takes none: a 421 after so many a connection. */
int64_t
worker_backoff_us(const struct run *r)
{
	return pace_backoff_us(r->accepted ? 0 : r->job->batch.lane.failures);
}

/* The last reply, or what came instead. */
static struct slice
word_of(struct run *r, const struct outcome *o)
{
	struct slice reply = slice_trim(sbuf_slice(&o->reply));

	if (reply.n > 0 || o->fault[0] == '\0')
		return arena_dup(&r->job->arena, reply);
	return slice_z(arena_printf(&r->job->arena, "%s: %s",
				    stage_name(o->stage), o->fault));
}

/* Nothing more goes to this destination for a while. */
static void
block(struct run *r, enum verdict verdict, struct slice told)
{
	r->told = told;
	if (verdict == VERDICT_POLICY_BLOCK)
		r->job->block_us = JUDGE_BLOCK_US;
	if (verdict == VERDICT_SLOW_DOWN || verdict == VERDICT_OURS)
		r->job->block_us = worker_backoff_us(r);
	r->job->block_reason = verdict_name(verdict);
	LOG(DESTINATION_BLOCKED, LOG_Z("host", r->hop->host),
	    LOG_Z("reason", r->job->block_reason));
}

static struct slice
word_of_verdict(const struct claim_verdict *v)
{
	return v->reply.n > 0 ? v->reply : v->reason;
}

/* Our fault twice without an acceptance between is of no message: what is wrong
 * with us would hold all that wait, one by one, or one a connection.  What else
 * waits tells the two apart, so it does not wait for long; a message that comes
 * round again has let all of it pass. */
static void
weigh_ours(struct run *r, enum verdict verdict, struct claim_verdict *v)
{
	bool fault = verdict == VERDICT_OURS && v->code / 100 == 5;
	bool again;

	if (!fault && verdict != VERDICT_ACCEPTED)
		return;
	again = pace_ours(r->job->pace, fault) ||
		(!r->accepted && slice_eq_z(r->job->batch.lane.alarm, "ours"));
	if (!fault || !again)
		return;
	block(r, verdict, word_of_verdict(v));
	if (r->job->block_us > OURS_BLOCK_MAX_US && v->claim->ours == 0)
		r->job->block_us = OURS_BLOCK_MAX_US;
	v->end = CLAIM_DEFERRED;
	v->wait_us = r->job->block_us;
}

void
worker_weigh(struct run *r, enum verdict verdict, struct claim_verdict *v)
{
	struct job *job = r->job;
	bool many = pace_weigh(&job->end, verdict, v);

	if (verdict == VERDICT_POLICY_BLOCK || verdict == VERDICT_SLOW_DOWN) {
		block(r, verdict, word_of_verdict(v));
		v->wait_us = job->block_us;
	} else if (many && job->block_us == 0) {
		block(r, VERDICT_SLOW_DOWN, word_of_verdict(v));
		if (job->block_us > pace_backoff_us(1))
			job->block_us = pace_backoff_us(1);
	}
	weigh_ours(r, verdict, v);
}

/* No exchanger heard of a message: what the last one said tells whether it is
 * about us, so that somebody has to look. */
void
worker_weigh_session(struct run *r)
{
	const struct outcome *o = &r->job->session.outcome;
	enum verdict verdict;

	if (r->answered || r->starved ||
	    (o->fate != FATE_REFUSED && o->fate != FATE_ABORTED))
		return;
	verdict = verdict_of(materials_verdicts(r->job->materials), o, NULL);
	if (verdict == VERDICT_POLICY_BLOCK || verdict == VERDICT_OURS ||
	    verdict == VERDICT_SLOW_DOWN)
		block(r, verdict, word_of(r, o));
}

struct rest_op {
	struct write_op op;
	struct run *r;
};

static enum rc
run_rest(struct write_op *op, struct db *db, struct err *e)
{
	struct run *r = ((struct rest_op *)op)->r;
	struct lane lane = r->job->batch.lane;
	bool rests = r->job->block_us > 0;

	if (rests || !r->starved)
		lane.failures = rests && !r->accepted ? lane.failures + 1 : 0;
	lane.blocked_us = rests	       ? clock_wall_us() + r->job->block_us
			  : r->starved ? clock_wall_us() + WORKER_STARVED_US
				       : 0;
	lane.reason = slice_z(r->job->block_reason);
	lane.said = lane.reason.n > 0 ? r->told : SLICE("");
	return claims_block_lane(r->w->queue, db, &lane,
				 pace_is_shared(r->job->pace)
				     ? slice_z(r->job->pace->key)
				     : SLICE(""),
				 r->accepted, e);
}

/* Nothing has changed, or nothing is known. */
static bool
as_before(const struct run *r)
{
	const struct lane *lane = &r->job->batch.lane;

	if (r->accepted && pace_may_ring(r->job->pace))
		return false;
	return r->job->block_us == 0 && !r->starved &&
	       (r->unheard || (lane->failures == 0 && lane->reason.n == 0 &&
			       (lane->alarm.n == 0 || !r->accepted)));
}

void
worker_rest(struct run *r)
{
	struct rest_op x = {.op = {.run = run_rest}, .r = r};
	struct err e;
	enum rc rc;

	if (r->starved && r->job->block_us == 0)
		r->job->block_reason = WORKER_STARVED;
	else if (r->job->block_reason[0] != '\0' && r->job->block_us == 0)
		r->job->block_us = worker_backoff_us(r);
	if (strcmp(r->job->block_reason, WORKER_UNREACHABLE) == 0 &&
	    r->job->session.outcome.code > 0)
		r->job->block_reason = WORKER_PUT_OFF;
	if (r->job->block_reason[0] != '\0' && r->told.n == 0)
		r->told = word_of(r, &r->job->session.outcome);
	if (r->starved)
		LOG(MACHINE_STARVED, LOG_S("why", r->told));
	if (as_before(r))
		return;
	if (r->told.n > TOLD_MAX)
		r->told.n = TOLD_MAX;
	if (r->pending.lost)
		return;
	rc = writer_do(r->w->queue->writer, &x.op, &e);
	pending_note(&r->pending, rc, &e);
	if (rc == RC_OK)
		pace_quiet(r->job->pace, r->accepted && r->job->block_us == 0);
	if (rc != RC_OK)
		LOG(VERDICT_LOST, LOG_ERR(&e));
}
