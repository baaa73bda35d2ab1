#include "queue/gate.h"

#include "api/answer.h"
#include "api/change.h"
#include "api/handlers.h"
#include "api/render.h"
#include "base/clock.h"

/* An act that no policy has is a mistake of who asks, not a "no". */
static bool
act_known(const struct conf *conf, struct slice action)
{
	for (size_t i = 0; i < conf->policies_n; i++) {
		const struct policy *p = &conf->policies[i];

		for (size_t k = 0; k < p->acts_n; k++)
			if (slice_eq_z(action, p->acts[k].name))
				return true;
	}
	return false;
}

static enum rc
decide(struct api *api, struct db *db, const struct gate_question *ask,
       struct arena *a, struct gate_answer *out, struct err *e)
{
	const struct conf *conf = conf_box_get(api->c.queue->conf);
	enum rc rc;

	if (act_known(conf, ask->action))
		rc = gate_decide(conf, db, ask, clock_wall_us(), a, out, e);
	else
		rc = err_at(e, RC_INVALID, "/action",
			    "no policy has the act \"%.*s\"",
			    SLICE_ARG(ask->action));
	/* the reason is a literal, and what else is from the arena */
	conf_unref(conf);
	return rc;
}

static void
add_answer(struct sbuf *b, const struct gate_answer *g)
{
	member_bool(b, "allow", g->allow);
	member_text(b, "reason", slice_z(g->reason));
	member_text_or_null(b, "invoice", g->invoice);
	member_open(b, "missing", '[');
	for (size_t i = 0; i < g->missing_n; i++)
		member_text(b, NULL, g->missing[i]);
	member_close(b, ']');
	member_open(b, "proof", '[');
	for (size_t i = 0; i < g->proof_n; i++) {
		member_open(b, NULL, '{');
		member_ref(b, "mref", g->proof[i].mref);
		render_facts(b, "facts", g->proof[i].facts);
		member_close(b, '}');
	}
	member_close(b, ']');
	member_time(b, "ask_again_at", g->ask_again_us);
	member_time(b, "valid_until", g->valid_until_us);
}

/* ---- POST: an event, which can be cited ---- */

static enum rc
parse_post(const struct change_ask *ask, void **what, struct err *e)
{
	*what = ARENA_NEW(ask->a, struct gate_question);
	return parse_gate(ask->body, ask->a, *what, e);
}

static enum rc
run_post(struct change_run *r, struct err *e)
{
	const struct gate_question *ask = r->what;
	struct sbuf *b = &r->out->body;
	struct gate_answer g;
	struct sbuf id;
	enum rc rc = decide(r->api, r->db, ask, r->a, &g, e);

	if (rc != RC_OK)
		return rc;
	sbuf_init(&id, 64);
	rc = gate_record(r->db, ask, &g, &id, e);
	if (rc == RC_OK) {
		r->out->status = 200;
		r->out->id = arena_dup(r->a, sbuf_slice(&id));
		member_open(b, NULL, '{');
		member_text(b, "id", r->out->id);
		add_answer(b, &g);
		member_close(b, '}');
	}
	sbuf_fini(&id);
	return rc;
}

void
gate_post_handle(struct http_request *rq)
{
	static const struct change_kind kind = {
	    .body_max = SMALL_BODY_MAX,
	    .body_required = true,
	    .parse = parse_post,
	    .run = run_post,
	};

	change_handle(rq, &kind, SLICE(""));
}

/* ---- GET: looks alone ---- */

static enum rc
read_gate(struct reading *r, struct err *e)
{
	const struct gate_question ask = {
	    .action = http_query(r->rq, "action"),
	    .service = http_query(r->rq, "service"),
	    .customer = http_query(r->rq, "customer"),
	    .invoice = http_query(r->rq, "invoice"),
	};
	struct gate_answer g;
	enum rc rc;

	if ((ask.service.n == 0) == (ask.customer.n == 0))
		return err_set(e, RC_INVALID,
			       "name a service, or a customer, and not both");
	rc = decide(r->api, r->db, &ask, r->a, &g, e);
	if (rc != RC_OK)
		return rc;
	member_open(&r->out, NULL, '{');
	add_answer(&r->out, &g);
	member_close(&r->out, '}');
	return RC_OK;
}

void
gate_get_handle(struct http_request *rq)
{
	answer_read(rq, read_gate);
}
