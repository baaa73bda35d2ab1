#include "api/answer.h"
#include "api/change.h"
#include "api/handlers.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/api_key.h"
#include "tracker/http_hand.h"

/* ---- changes ---- */

/* A change of the keys: what they are after it is read in its own transaction,
 * and put in force once that is committed. */
struct key_op {
	struct write_op op;
	struct api *api;
	struct http_request *rq;
	struct key_ask ask;
	struct slice revoke; /* or the name of one to revoke */
	struct keys *after;
	struct sbuf out;
};

static enum rc
make(struct key_op *k, struct db *db, struct err *e)
{
	struct api_key row = {.name = k->ask.name,
			      .scopes = k->ask.scopes,
			      .created_us = clock_wall_us()};
	struct sbuf secret;
	uint8_t hash[32];
	enum rc rc;

	sbuf_init(&secret, 128);
	keys_mint(&secret, hash);
	rc = api_key_insert(db, &row, hash, e);
	member_open(&k->out, NULL, '{');
	member_text(&k->out, "name", row.name);
	member_text(&k->out, "key", sbuf_slice(&secret));
	member_close(&k->out, '}');
	sbuf_fini(&secret);
	return rc;
}

static enum rc
run(struct write_op *op, struct db *db, struct err *e)
{
	struct key_op *k = (struct key_op *)op;
	enum rc rc;

	keys_free(k->after);
	k->after = NULL;
	sbuf_reset(&k->out);
	if (k->revoke.n > 0)
		rc = api_key_revoke(db, k->revoke, clock_wall_us(), e);
	else
		rc = make(k, db, e);
	return rc == RC_OK ? keys_load(db, &k->after, e) : rc;
}

static void
done(struct write_op *op, enum rc rc, const struct err *e)
{
	struct key_op *k = (struct key_op *)op;
	struct http_request *rq = k->rq;

	if (rc == RC_OK) {
		api_set_keys(k->api, k->after);
		if (k->revoke.n > 0)
			http_reply(rq, 204, "", SLICE(""));
		else
			answer_json(rq, 201, &k->out);
	} else {
		keys_free(k->after);
		answer_problem(rq, e);
	}
	sbuf_fini(&k->out);
	http_finish(rq);
}

static void
submit(struct http_request *rq, struct key_op *k)
{
	k->api = api_of(rq);
	k->rq = rq;
	k->op = (struct write_op){.run = run, .done = done};
	sbuf_init(&k->out, 64 << 10);
	http_suspend(rq);
	if (writer_submit(k->api->c.queue->writer, &k->op) == RC_OK)
		return;
	answer_busy(rq, "the queue to the store is full");
	http_finish(rq);
}

void
key_post_handle(struct http_request *rq)
{
	struct key_op *k = ARENA_NEW(&rq->arena, struct key_op);
	struct err e = {.rc = RC_OK};
	json_t *o = NULL;
	enum rc rc = json_read(rq->body, SMALL_BODY_MAX, &o, &e);

	if (rc == RC_OK)
		rc = parse_key(o, &rq->arena, &k->ask, &e);
	json_decref(o);
	if (rc == RC_OK)
		submit(rq, k);
	else
		http_problem(rq, &e);
}

void
key_delete_handle(struct http_request *rq)
{
	struct key_op *k = ARENA_NEW(&rq->arena, struct key_op);

	k->revoke = arena_dup(&rq->arena, rq->params[0]);
	submit(rq, k);
}

/* ---- a list ---- */

static enum rc
read_list(struct reading *r, struct err *e)
{
	static const char *const names[] = {"send", "read", "admin"};
	struct api_key *list;
	size_t n;
	enum rc rc = api_key_list(r->db, r->a, &list, &n, e);

	if (rc != RC_OK)
		return rc;
	member_open(&r->out, NULL, '{');
	member_open(&r->out, "items", '[');
	for (size_t i = 0; i < n; i++) {
		member_open(&r->out, NULL, '{');
		member_text(&r->out, "name", list[i].name);
		member_open(&r->out, "scopes", '[');
		for (size_t k = 0; k < 3; k++)
			if ((list[i].scopes & keys_scope(names[k])) != 0)
				member_text(&r->out, NULL, slice_z(names[k]));
		member_close(&r->out, ']');
		member_time(&r->out, "created_at", list[i].created_us);
		member_time(&r->out, "revoked_at", list[i].revoked_us);
		member_close(&r->out, '}');
	}
	member_close(&r->out, ']');
	member_null(&r->out, "next");
	member_close(&r->out, '}');
	return RC_OK;
}

void
key_list_handle(struct http_request *rq)
{
	answer_read(rq, read_list);
}
