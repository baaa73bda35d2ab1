#include "api/answer.h"
#include "api/handlers.h"
#include "base/clock.h"
#include "mailer/verdict.h"
#include "queue/answers.h"
#include "store/stats.h"
#include "tracker/http_hand.h"

void
healthz_handle(struct http_request *rq)
{
	http_reply(rq, 200, "text/plain", SLICE("ok\n"));
}

/* ---- ready: the store takes a change ---- */

struct ready_op {
	struct write_op op;
	struct http_request *rq;
};

static enum rc
run(struct write_op *op, struct db *db, struct err *e)
{
	(void)op;
	return db_check_file(db, e);
}

static void
done(struct write_op *op, enum rc rc, const struct err *e)
{
	struct http_request *rq = ((struct ready_op *)op)->rq;

	if (rc == RC_OK)
		http_reply(rq, 200, "text/plain", SLICE("ready\n"));
	else
		answer_busy(rq, e->text);
	http_finish(rq);
}

void
readyz_handle(struct http_request *rq)
{
	struct ready_op *r = ARENA_NEW(&rq->arena, struct ready_op);
	struct api *api = api_of(rq);

	if (!atomic_load(&api->ready)) {
		answer_busy(rq, "stopping");
		return;
	}
	r->op = (struct write_op){.run = run, .done = done};
	r->rq = rq;
	http_suspend(rq);
	if (writer_submit(api->c.queue->writer, &r->op) == RC_OK)
		return;
	answer_busy(rq, "the queue to the store is full");
	http_finish(rq);
}

/* ---- metrics ---- */

static void
gauge(struct sbuf *b, const char *name, const char *help, int64_t value)
{
	sbuf_addf(b, "# HELP %s %s\n# TYPE %s gauge\n%s %lld\n", name, help,
		  name, name, (long long)value);
}

static void
add_answers(struct sbuf *b)
{
	sbuf_add_z(b, "# HELP acuse_answers What recipients answered on "
		      "messages' pages.\n# TYPE acuse_answers counter\n");
	for (int kind = 0; kind < ANSWERS; kind++)
		sbuf_addf(b, "acuse_answers{answer=\"%s\"} %llu\n",
			  answers_name(kind),
			  (unsigned long long)answers_taken(kind));
}

static enum rc
read_metrics(struct reading *r, struct err *e)
{
	const struct conf *conf = conf_box_get(r->api->c.queue->conf);
	int64_t due = 0, leaves = 0;
	struct sbuf reason;
	bool paused;
	enum rc rc;

	sbuf_init(&reason, 4096);
	rc = queue_paused(r->db, &reason, e);
	paused = rc == RC_OK || !conf->send;
	sbuf_fini(&reason);
	conf_unref(conf);
	if (rc == RC_OK || rc == RC_NOTFOUND)
		rc = store_due_work(r->db, clock_wall_us(),
				    paused ? DUE_CLAIMED : DUE_ALL, &due, e);
	if (rc == RC_OK)
		rc = event_count(r->db, &leaves, e);
	if (rc != RC_OK)
		return rc;
	gauge(&r->out, "acuse_sending", "1 while mail may go, 0 while paused.",
	      !paused);
	gauge(&r->out, "acuse_due",
	      "Notices and messages due and not done, at most 3000.", due);
	gauge(&r->out, "acuse_ledger_leaves", "Events in the ledger.", leaves);
	gauge(&r->out, "acuse_writer_backlog",
	      "Operations that wait for the store.",
	      (int64_t)writer_backlog(r->api->c.queue->writer));
	gauge(&r->out, "acuse_verdicts_unknown",
	      "Replies that no row of the verdict table knew.",
	      (int64_t)verdict_unknown());
	add_answers(&r->out);
	if (r->api->c.metrics != NULL)
		r->api->c.metrics(r->api->c.metrics_owner, &r->out);
	http_reply(r->rq, 200, "text/plain; version=0.0.4",
		   sbuf_slice(&r->out));
	r->replied = true;
	return RC_OK;
}

void
metrics_handle(struct http_request *rq)
{
	answer_read(rq, read_metrics);
}
