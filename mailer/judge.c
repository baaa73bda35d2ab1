#include "mailer/judge.h"

#include "base/clock.h"

#define GREYLIST_WAIT_US (5 * MINUTE_US)
#define GREYLIST_TRIES 3
#define FULL_WAIT_US (4 * HOUR_US)

/* What the queue does about each verdict; greylisting is said below. */
static const struct {
	int64_t wait_us; /* 0: the retry table */
	enum claim_end end;
	bool suppress;
} course[VERDICTS] = {
    [VERDICT_ACCEPTED] = {0, CLAIM_ACCEPTED, false},
    [VERDICT_UNCERTAIN] = {0, CLAIM_UNCERTAIN, false},
    [VERDICT_STOPPED] = {0, CLAIM_STOPPED, false},
    [VERDICT_RETRY] = {0, CLAIM_DEFERRED, false},
    [VERDICT_RETRY_LATER] = {0, CLAIM_DEFERRED, false},
    [VERDICT_SLOW_DOWN] = {0, CLAIM_DEFERRED, false},
    [VERDICT_NEXT_EXCHANGER] = {0, CLAIM_DEFERRED, false},
    [VERDICT_MAILBOX_FULL] = {FULL_WAIT_US, CLAIM_DEFERRED, false},
    [VERDICT_POLICY_BLOCK] = {JUDGE_BLOCK_US, CLAIM_DEFERRED, false},
    [VERDICT_BAD_ADDRESS] = {0, CLAIM_FAILED, true},
    [VERDICT_OURS] = {0, CLAIM_UNFIT, false},
};

static void
add_place(struct sbuf *b, const struct target *hop)
{
	sbuf_addf(b, "\"mode\":\"%s\",\"host\":",
		  hop->relay   ? "relay"
		  : hop->named ? "named"
			       : "mx");
	sbuf_add_json(b, slice_z(hop->host));
}

/* A handshake that failed before it went in plaintext. */
static void
add_tls(const struct judge *j, struct sbuf *b)
{
	outcome_tls_json(j->tls, b);
	if (j->handshake == NULL || j->tls->on || j->tls->failure[0] != '\0')
		return;
	sbuf_add_z(b, ",\"tls_failure\":");
	sbuf_add_json(b, slice_z(j->handshake));
}

/* The way taken, as members of the event's payload.  others: the history has
 * more than this session. */
static struct slice
way(const struct judge *j, const struct outcome *o, const char *rule,
    const struct history *h, bool others)
{
	struct slice out;
	struct sbuf b;

	sbuf_init(&b, 65536);
	add_place(&b, j->hop);
	sbuf_addf(&b, ",\"stage\":\"%s\",\"enhanced\":\"%d.%d.%d\"",
		  stage_name(o->stage), o->enhanced[0], o->enhanced[1],
		  o->enhanced[2]);
	sbuf_add_z(&b, ",\"queue_id\":");
	sbuf_add_json(&b, slice_z(o->remote_id));
	sbuf_add_z(&b, ",\"fault\":");
	sbuf_add_json(&b, slice_z(o->fault));
	sbuf_add_z(&b, ",\"rule\":");
	sbuf_add_json(&b, slice_z(rule));
	sbuf_add_c(&b, ',');
	add_tls(j, &b);
	if (others) {
		sbuf_add_c(&b, ',');
		history_add_json(h, &b);
	}
	out = arena_dup(j->arena, sbuf_slice(&b));
	sbuf_fini(&b);
	return out;
}

/* What both an answer and its absence tell. */
static void
fill(const struct judge *j, const struct outcome *o, const struct history *h,
     struct claim_verdict *v)
{
	v->code = o->code;
	v->reply = arena_dup(j->arena, slice_trim(sbuf_slice(&o->reply)));
	v->peer = slice_z(route_address(j->hop, j->arena));
	v->started_us = history_started(h, o->started_us);
	v->ended_us = o->ended_us;
}

enum verdict
judge_outcome(const struct judge *j, const struct outcome *o,
	      const struct history *h, int tries, struct claim_verdict *v)
{
	const char *rule = "";
	enum verdict verdict = verdict_of(j->rules, o, &rule);

	*v =
	    (struct claim_verdict){.end = course[verdict].end,
				   .verdict = verdict_name(verdict),
				   .suppress = course[verdict].suppress,
				   .elsewhere = verdict == VERDICT_MAILBOX_FULL,
				   .wait_us = course[verdict].wait_us};
	/* An address beyond its own server is bad; beyond our relay it is for
	 * us to find a way. */
	if (o->fate == FATE_INVALID &&
	    (verdict != VERDICT_BAD_ADDRESS || j->hop->relay))
		v->end = CLAIM_UNFIT;
	if (verdict == VERDICT_RETRY_LATER && tries <= GREYLIST_TRIES)
		v->wait_us = GREYLIST_WAIT_US * tries;
	fill(j, o, h, v);
	v->facts = j->hop->relay || j->hop->onward ? FACT_RELAY_ACCEPTED
						   : FACT_MX_ACCEPTED;
	v->queue_id = arena_dup(j->arena, slice_z(o->remote_id));
	v->reason = o->fault[0] != '\0' ? arena_dup(j->arena, slice_z(o->fault))
					: slice_z(v->verdict);
	v->more = way(j, o, rule, h, h->n > 0);
	return verdict;
}

void
judge_untried(const struct judge *j, const struct outcome *o,
	      const struct history *h, struct claim_verdict *v)
{
	fill(j, o, h, v);
	v->more = way(j, o, "", h, h->n > 1);
}

struct slice
judge_plan(const struct route *route, struct arena *a)
{
	const char *before = route->hops[0].host;
	struct slice out;
	struct sbuf b;
	size_t n = 1;

	sbuf_init(&b, 65536);
	add_place(&b, &route->hops[0]);
	for (size_t i = 1; i < route->hops_n; i++) {
		const char *host = route->hops[i].host;

		if (strcmp(host, before) == 0)
			continue; /* another address of it */
		if (n++ == 1) {
			sbuf_add_z(&b, ",\"hosts\":[");
			sbuf_add_json(&b, slice_z(before));
		}
		sbuf_add_c(&b, ',');
		sbuf_add_json(&b, slice_z(host));
		before = host;
	}
	if (n > 1)
		sbuf_add_c(&b, ']');
	out = arena_dup(a, sbuf_slice(&b));
	sbuf_fini(&b);
	return out;
}
