#include "api/change.h"

#include "api/answer.h"
#include "base/clock.h"
#include "base/hash.h"
#include "store/request.h"
#include "tracker/http_hand.h"

#define KEY_MAX 200
/* A body past this is parsed by a job thread: the loop has others to serve. */
#define PARSE_IN_LOOP ((size_t)256 << 10)

/* ---- parsing ---- */

enum rc
change_parse(struct change *c, struct slice route, json_t *body,
	     struct arena *a, struct err *e)
{
	struct change_ask ask = {c->api, c->id, body, a};
	enum rc rc;

	if (c->key.n > 0) {
		const struct slice parts[] = {
		    route, SLICE("\n"),
		    body == NULL ? SLICE("") : form_text(body, a)};

		sha256(parts, 3, c->hash);
	}
	rc = c->kind->parse(&ask, &c->what, e);
	json_decref(body);
	return rc;
}

/* ---- running ---- */

/* The id of an answer that was kept. */
static struct slice
kept_id(struct slice answer, struct arena *a)
{
	struct slice id = SLICE("");
	json_t *o;

	if (json_read(answer, answer.n, &o, NULL) != RC_OK)
		return id;
	id = arena_dup(a, slice_z(json_string_value(json_object_get(o, "id"))));
	json_decref(o);
	return id;
}

static enum rc
answer_again(const struct change *c, const struct request_row *row,
	     struct arena *a, struct change_answer *out, struct err *e)
{
	if (!secret_eq(row->hash, c->hash, sizeof(c->hash)))
		return err_set(e, RC_DENIED,
			       "the Idempotency-Key was used for another "
			       "request");
	out->status = row->status;
	out->id = kept_id(row->answer, a);
	sbuf_add(&out->body, row->answer);
	return RC_OK;
}

static enum rc
keep_answer(const struct change *c, struct slice key, struct db *db,
	    const struct change_answer *out, struct err *e)
{
	struct request_row row = {.key = key,
				  .answer = sbuf_slice(&out->body),
				  .status = out->status};

	memcpy(row.hash, c->hash, sizeof(row.hash));
	return request_put(db, &row, clock_wall_us(), e);
}

enum rc
change_run(const struct change *c, struct db *db, struct arena *a,
	   struct change_answer *out, struct err *e)
{
	struct change_run r = {c->api, db, c->what, c->by, a, out};
	struct request_row row;
	struct slice key = SLICE("");
	enum rc rc;

	sbuf_reset(&out->body);
	if (c->key.n > 0) {
		key = slice_z(arena_printf(a, "key/%.*s", SLICE_ARG(c->key)));
		rc = request_get(db, key, a, &row, e);
		if (rc == RC_OK)
			return answer_again(c, &row, a, out, e);
		if (rc != RC_NOTFOUND)
			return rc;
	}
	rc = c->kind->run(&r, e);
	return rc == RC_OK && key.n > 0 ? keep_answer(c, key, db, out, e) : rc;
}

/* ---- a request ---- */

struct single {
	struct write_op op;
	struct change c;
	struct http_request *rq;
	struct change_answer answer;
};

static enum rc
run(struct write_op *op, struct db *db, struct err *e)
{
	struct single *s = (struct single *)op;

	return change_run(&s->c, db, &s->rq->arena, &s->answer, e);
}

int
change_status(const struct err *e)
{
	static const int by_rc[] = {
	    [RC_OK] = 200,	 [RC_AGAIN] = 503,  [RC_INVALID] = 422,
	    [RC_LIMIT] = 503,	 [RC_DENIED] = 422, [RC_STATE] = 409,
	    [RC_NOTFOUND] = 404, [RC_IO] = 503,	    [RC_USAGE] = 500,
	    [RC_CONFIG] = 500,	 [RC_BUG] = 500,
	};

	if (e->rc == RC_INVALID && e->pointer[0] == '\0')
		return 400;
	return by_rc[e->rc];
}

static void
done(struct write_op *op, enum rc rc, const struct err *e)
{
	struct single *s = (struct single *)op;
	struct http_request *rq = s->rq;

	if (rc == RC_OK)
		answer_json(rq, s->answer.status, &s->answer.body);
	else if (rc == RC_DENIED)
		http_problem_status(rq, 422, NULL, e);
	else
		answer_problem(rq, e);
	sbuf_fini(&s->answer.body);
	http_finish(rq);
}

static enum rc
read_key(struct http_request *rq, struct slice *out, struct err *e)
{
	struct slice key = http_header_in(rq, "Idempotency-Key");

	*out = SLICE("");
	if (key.p == NULL || rq->method != HTTP_POST)
		return RC_OK;
	if (key.n == 0 || key.n > KEY_MAX || !slice_utf8(key) ||
	    slice_has_control(key))
		return err_set(e, RC_INVALID,
			       "Idempotency-Key must be 1 to %d characters",
			       KEY_MAX);
	*out = arena_dup(&rq->arena, key);
	return RC_OK;
}

static enum rc
read_body(struct http_request *rq, const struct change_kind *kind, json_t **out,
	  struct err *e)
{
	enum rc rc;

	*out = NULL;
	if (slice_trim(rq->body).n == 0 && !kind->body_required)
		return RC_OK;
	rc = json_read(rq->body, kind->body_max, out, e);
	if (rc == RC_LIMIT)
		return e->rc = RC_INVALID; /* too deep */
	return rc;
}

static enum rc
parse(struct http_request *rq, struct change *c, struct err *e)
{
	struct slice route = slice_z(arena_printf(&rq->arena, "%s %.*s",
						  http_method_name(rq->method),
						  SLICE_ARG(rq->path)));
	json_t *body;
	enum rc rc = read_key(rq, &c->key, e);

	if (rc == RC_OK)
		rc = read_body(rq, c->kind, &body, e);
	return rc == RC_OK ? change_parse(c, route, body, &rq->arena, e) : rc;
}

static void
submit(struct http_request *rq)
{
	struct single *s = rq->state;
	struct api *api = api_of(rq);
	struct err e = {.rc = RC_OK};

	if (parse(rq, &s->c, &e) != RC_OK) {
		http_problem(rq, &e);
		return;
	}
	s->op = (struct write_op){.run = run, .done = done};
	sbuf_init(&s->answer.body, ANSWER_MAX);
	http_suspend(rq);
	if (writer_submit(api->c.queue->writer, &s->op) == RC_OK)
		return;
	answer_busy(rq, "the queue to the store is full");
	http_finish(rq);
}

void
change_handle(struct http_request *rq, const struct change_kind *kind,
	      struct slice id)
{
	struct single *s = ARENA_NEW(&rq->arena, struct single);

	s->rq = rq;
	s->c.kind = kind;
	s->c.api = api_of(rq);
	s->c.id = id;
	s->c.by = api_by(rq);
	rq->state = s;
	if (rq->body.n > PARSE_IN_LOOP)
		http_job(rq, submit);
	else
		submit(rq);
}
