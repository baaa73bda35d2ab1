#include <inttypes.h>
#include <unistd.h>

#include "api/answer.h"
#include "api/handlers.h"
#include "base/clock.h"
#include "base/keyring.h"
#include "mailer/dead_links.h"
#include "proof/ledger.h"
#include "store/content.h"

/*
 * Keys that sign links.  The file comes first, the event after it: an event
 * that names a key which never was would be worse than a key without one, of
 * which the caller is told.  The server's main thread takes what it sees in
 * keys/; an answer waits for that.
 */

#define FORCE_US (2 * SECOND_US)
#define FORCE_LOOK_MS 5
#define WAITING_MAX 10000 /* messages that are looked at */

struct token_key_op {
	struct write_op op;
	enum kind kind;
	struct slice payload;
};

static enum rc
append(struct write_op *op, struct db *db, struct err *e)
{
	const struct token_key_op *x = (const struct token_key_op *)op;
	struct ref self;
	enum rc rc = ledger_ref(db, &self, e);

	return rc == RC_OK ? ledger_append(db, x->kind, self, x->payload, e)
			   : rc;
}

static void
add_name(struct sbuf *b, uint32_t id)
{
	char name[24];

	(void)snprintf(name, sizeof(name), "token-%08" PRIx32, id);
	member_text(b, "key", slice_z(name));
}

/* A brand that the configuration knows no more is null. */
static void
add_brand(struct reading *r, struct sbuf *b, uint32_t id)
{
	const struct conf *conf = conf_box_get(r->api->c.queue->conf);
	const struct brand *brand =
	    conf_brand_number(conf, (uint16_t)(id >> 16));

	member_text_or_null(b, "brand",
			    brand != NULL ? slice_z(brand->name) : SLICE(""));
	conf_unref(conf);
}

static enum rc
tell(struct reading *r, enum kind kind, uint32_t id, struct err *e)
{
	struct token_key_op x = {.op = {.run = append}, .kind = kind};
	struct sbuf b;
	enum rc rc;

	sbuf_init(&b, 4096);
	member_open(&b, NULL, '{');
	add_brand(r, &b, id);
	member_text(&b, "purpose", SLICE("links"));
	add_name(&b, id);
	member_text(&b, "by", api_by(r->rq));
	member_close(&b, '}');
	x.payload = sbuf_slice(&b);
	rc = writer_do(r->api->c.queue->writer, &x.op, e);
	if (rc != RC_OK)
		rc = err_add(e,
			     "token-%08" PRIx32 " is in force, and not in "
			     "the ledger",
			     id);
	sbuf_fini(&b);
	return rc;
}

static bool
is_in_force(struct reading *r, uint32_t id, enum token_key_state state)
{
	struct materials *m = materials_box_get(r->api->c.materials);
	const struct token_key *key = keyring_find(materials_keys(m), id);
	bool taken = key != NULL && key->state == state;

	materials_release(m);
	return taken;
}

/* The key, and whether the server goes by it.  waiting: messages that have to
 * be composed anew without it, or -1. */
static void
answer_key(struct reading *r, uint32_t id, enum token_key_state state,
	   int64_t waiting)
{
	static const struct timespec pause = {0, FORCE_LOOK_MS * 1000000L};
	int64_t until_us = clock_mono_us() + FORCE_US;
	bool taken;

	while (!(taken = is_in_force(r, id, state)) &&
	       clock_mono_us() < until_us)
		nanosleep(&pause, NULL);
	member_open(&r->out, NULL, '{');
	add_name(&r->out, id);
	add_brand(r, &r->out, id);
	member_text(&r->out, "state", slice_z(token_key_state_name(state)));
	member_bool(&r->out, "in_force", taken);
	if (waiting >= 0)
		member_int(&r->out, "waiting", waiting);
	member_close(&r->out, '}');
}

/* The key that signs from now on. */
static enum rc
rotate(struct reading *r, uint16_t brand, uint32_t *id, struct err *e)
{
	enum rc rc = keyring_create(r->api->c.state_dir, brand, id, e);

	return rc == RC_OK ? tell(r, KIND_KEY_ROTATED, *id, e) : rc;
}

/* One that waits signs nothing: there is no event until it does. */
static enum rc
make_key(struct reading *r, struct err *e)
{
	struct token_key_ask ask = {.brand = SLICE("")};
	const struct conf *conf;
	const struct brand *brand;
	json_t *o = NULL;
	uint32_t id;
	enum rc rc = json_read(r->rq->body, SMALL_BODY_MAX, &o, e);

	if (rc == RC_OK)
		rc = parse_token_key(o, r->a, &ask, e);
	json_decref(o);
	if (rc != RC_OK)
		return rc;
	conf = conf_box_get(r->api->c.queue->conf);
	brand = conf_brand(conf, ask.brand);
	if (brand == NULL)
		rc = err_at(e, RC_INVALID, "/brand",
			    "there is no such brand in the configuration");
	else if (ask.next)
		rc =
		    keyring_prepare(r->api->c.state_dir, brand->number, &id, e);
	else
		rc = rotate(r, brand->number, &id, e);
	conf_unref(conf);
	if (rc != RC_OK)
		return rc;
	answer_key(r, id, ask.next ? TOKEN_KEY_NEXT : TOKEN_KEY_ACTIVE, -1);
	answer_json(r->rq, 201, &r->out);
	r->replied = true;
	return RC_OK;
}

static enum rc
has_links(struct reading *r, int64_t message, uint32_t key_id, bool *out,
	  struct err *e)
{
	struct message m;
	struct sbuf bytes;
	enum rc rc = message_get_id(r->db, message, r->a, &m, e);

	*out = false;
	sbuf_init(&bytes, CONTENT_MAX);
	if (rc == RC_OK)
		rc = content_get(r->db, message, &bytes, e);
	if (rc == RC_OK)
		*out = dead_links_by(sbuf_slice(&bytes), m.mref, key_id);
	sbuf_fini(&bytes);
	return rc == RC_NOTFOUND ? RC_OK : rc; /* erased meanwhile */
}

/* How many of the brand's messages wait with links of the key. */
static enum rc
count_waiting(struct reading *r, uint32_t id, int64_t *out, struct err *e)
{
	const struct conf *conf = conf_box_get(r->api->c.queue->conf);
	const struct brand *brand =
	    conf_brand_number(conf, (uint16_t)(id >> 16));
	int64_t *ids = NULL;
	size_t n = 0;
	enum rc rc = RC_OK;

	*out = 0;
	if (brand != NULL)
		rc = message_list_composed(r->db, slice_z(brand->name),
					   WAITING_MAX, r->a, &ids, &n, e);
	conf_unref(conf);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		bool has;

		rc = has_links(r, ids[i], id, &has, e);
		*out += rc == RC_OK && has;
	}
	return rc;
}

/* A brand is not left without a key, for its mail would wait. */
static enum rc
revoke_known(struct reading *r, const struct keyring *keys, uint32_t id,
	     int64_t *waiting, struct err *e)
{
	const struct token_key *key = keyring_find(keys, id);
	uint16_t brand = (uint16_t)(id >> 16);
	uint32_t fresh;
	enum rc rc;

	if (key == NULL)
		return err_set(e, RC_NOTFOUND, "there is no token-%08" PRIx32,
			       id);
	if (key->state == TOKEN_KEY_REVOKED)
		return err_set(e, RC_STATE,
			       "token-%08" PRIx32 " is revoked already", id);
	rc = count_waiting(r, id, waiting, e);
	if (rc == RC_OK && keyring_active(keys, brand) == key)
		rc = rotate(r, brand, &fresh, e);
	if (rc == RC_OK)
		rc = keyring_revoke(r->api->c.state_dir, id, e);
	return rc == RC_OK ? tell(r, KIND_KEY_REVOKED, id, e) : rc;
}

static enum rc
revoke_key(struct reading *r, struct err *e)
{
	struct keyring *keys = NULL;
	uint32_t id;
	int64_t waiting = 0;
	enum rc rc;

	if (!keyring_parse_name(r->rq->params[0], &id))
		return err_set(e, RC_NOTFOUND,
			       "a key is called as token-00010001");
	rc = keyring_load(r->api->c.state_dir, &keys, e);
	if (rc == RC_OK)
		rc = revoke_known(r, keys, id, &waiting, e);
	keyring_free(keys);
	if (rc == RC_OK)
		answer_key(r, id, TOKEN_KEY_REVOKED, waiting);
	return rc;
}

static enum rc
list(struct reading *r, struct err *e)
{
	struct keyring *keys = NULL;
	enum rc rc = keyring_load(r->api->c.state_dir, &keys, e);

	if (rc != RC_OK)
		return rc;
	member_open(&r->out, NULL, '{');
	member_open(&r->out, "items", '[');
	for (size_t i = 0; i < keyring_size(keys); i++) {
		const struct token_key *key = keyring_at(keys, i);

		member_open(&r->out, NULL, '{');
		add_name(&r->out, key->id);
		add_brand(r, &r->out, key->id);
		member_text(&r->out, "state",
			    slice_z(token_key_state_name(key->state)));
		member_bool(&r->out, "in_force",
			    is_in_force(r, key->id, key->state));
		member_close(&r->out, '}');
	}
	member_close(&r->out, ']');
	member_null(&r->out, "next");
	member_close(&r->out, '}');
	keyring_free(keys);
	return RC_OK;
}

void
token_key_list_handle(struct http_request *rq)
{
	answer_work(rq, list);
}

void
token_key_post_handle(struct http_request *rq)
{
	answer_work(rq, make_key);
}

void
token_key_delete_handle(struct http_request *rq)
{
	answer_work(rq, revoke_key);
}
