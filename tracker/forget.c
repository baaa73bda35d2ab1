/*
 * 1. Each brand has a cursor over the ledger (meta "forgotten/NUMBER"): of all
 *    hits before it nothing is left to destroy.  It stands before the first hit
 *    under a legal hold, and is written when a run has ended: a run that was
 *    cut short is made again, and finds nothing where it had come.
 * 2. A payload is destroyed in the transaction of the event that tells so.
 */
#include "tracker/forget.h"

#include <stdlib.h>

#include "base/clock.h"
#include "proof/ledger.h"
#include "store/customer.h"
#include "store/event.h"
#include "store/message.h"
#include "store/meta.h"

#define HEADS 500
#define KEY_MAX 32
#define PAYLOAD_MAX 65536

struct part {
	struct write_op op;
	const struct brand *brand;
	struct event_head *hits; /* by message */
	size_t n;
	int64_t held; /* position of the first one under a legal hold, or -1 */
	size_t destroyed;
};

static bool
is_visit(int kind)
{
	return kind == KIND_MESSAGE_OPENED || kind == KIND_MESSAGE_CLICKED ||
	       kind == KIND_MESSAGE_VIEWED || kind == KIND_MESSAGE_VISITED ||
	       kind == KIND_MESSAGE_SUBMITTED;
}

static int
by_ref(const void *a, const void *b)
{
	const struct event_head *x = a, *y = b;
	int d = memcmp(x->ref.b, y->ref.b, sizeof(x->ref.b));

	return d != 0
		   ? d
		   : (x->position > y->position) - (x->position < y->position);
}

/* Whether the hits of a message are the brand's, and may be destroyed. */
static enum rc
look_at(const struct part *p, struct db *db, struct ref mref, bool *mine,
	bool *held, struct err *e)
{
	struct customer c;
	struct message m;
	struct arena a;
	enum rc rc;

	*mine = *held = false;
	arena_init(&a, 1 << 20);
	rc = message_get(db, mref, &a, &m, e);
	if (rc == RC_OK && slice_eq_z(m.brand, p->brand->name)) {
		*mine = true;
		rc = customer_get(db, m.customer, &a, &c, e);
		*held = rc == RC_OK && c.legal_hold;
	}
	arena_fini(&a);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* Destroys what is left of n hits of one message, and tells it. */
static enum rc
destroy(struct part *p, struct db *db, const struct event_head *hits, size_t n,
	struct err *e)
{
	char hex[REF_HEX];
	struct sbuf b;
	size_t done = 0;
	enum rc rc = RC_OK;

	ref_hex(hits[0].ref, hex);
	sbuf_init(&b, PAYLOAD_MAX);
	sbuf_addf(&b, "{\"mref\":\"%s\",\"basis\":\"visitor_days = %d\"", hex,
		  p->brand->visitor_days);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		uint32_t seq;

		rc = event_destroy(db, hits[i].position, &seq, e);
		if (rc == RC_OK)
			sbuf_addf(&b, done++ > 0 ? ",%u" : ",\"hits\":[%u",
				  seq);
		else if (rc == RC_NOTFOUND)
			rc = RC_OK; /* an earlier run came so far */
	}
	sbuf_add_z(&b, "]}");
	if (rc == RC_OK && done > 0)
		rc = ledger_append(db, KIND_MESSAGE_FORGOTTEN, hits[0].ref,
				   sbuf_slice(&b), e);
	p->destroyed += done;
	sbuf_fini(&b);
	return rc;
}

static enum rc
run_part(struct write_op *op, struct db *db, struct err *e)
{
	struct part *p = (struct part *)op;
	struct err ignored;
	enum rc rc = db_secure(db, true, e);
	size_t n;

	p->held = -1;
	p->destroyed = 0;
	for (size_t i = 0; rc == RC_OK && i < p->n; i += n) {
		bool mine, held;

		for (n = 1; i + n < p->n &&
			    ref_eq(p->hits[i].ref, p->hits[i + n].ref);)
			n++;
		rc = look_at(p, db, p->hits[i].ref, &mine, &held, e);
		if (rc == RC_OK && held &&
		    (p->held < 0 || p->hits[i].position < p->held))
			p->held = p->hits[i].position;
		if (rc == RC_OK && mine && !held)
			rc = destroy(p, db, &p->hits[i], n, e);
	}
	return db_secure(db, false, &ignored) == RC_OK ? rc : RC_IO;
}

/* One part of the ledger; *cursor comes behind it, *more says whether there
 * may be another that is old enough. */
static enum rc
forget_part(struct forget *f, const struct brand *b, int64_t until_us,
	    int64_t *cursor, int64_t *held, bool *more, struct err *e)
{
	struct part p = {.op = {.run = run_part}, .brand = b, .held = -1};
	struct event_head *heads;
	struct arena a;
	size_t n, end = 0;
	enum rc rc;

	*more = false;
	arena_init(&a, 16u << 20);
	rc = event_heads(f->db, *cursor, HEADS, &a, &heads, &n, e);
	while (rc == RC_OK && end < n && heads[end].time_us <= until_us &&
	       heads[end].position < f->before) {
		if (is_visit(heads[end].kind))
			heads[p.n++] = heads[end];
		*cursor = heads[end++].position + 1;
	}
	if (rc == RC_OK && p.n > 0) {
		p.hits = heads;
		qsort(p.hits, p.n, sizeof(*p.hits), by_ref);
		rc = writer_do(f->writer, &p.op, e);
	}
	*more = end == HEADS;
	f->hits += p.destroyed;
	if (p.held >= 0 && (*held < 0 || p.held < *held))
		*held = p.held;
	arena_fini(&a);
	return rc;
}

struct mark_op {
	struct write_op op;
	const char *key;
	int64_t cursor;
};

static enum rc
run_mark(struct write_op *op, struct db *db, struct err *e)
{
	struct mark_op *x = (struct mark_op *)op;

	return meta_set_int(db, x->key, x->cursor, e);
}

static enum rc
forget_brand(struct forget *f, const struct brand *b, int64_t now_us,
	     struct err *e)
{
	char key[KEY_MAX];
	struct mark_op mark = {.op = {.run = run_mark}, .key = key};
	int64_t from = 0, cursor, held = -1;
	bool more = true;
	enum rc rc;

	(void)snprintf(key, sizeof(key), "forgotten/%u", b->number);
	rc = meta_get_int(f->db, key, &from, e);
	if (rc != RC_OK && rc != RC_NOTFOUND)
		return rc;
	cursor = from;
	for (rc = RC_OK; rc == RC_OK && more && !atomic_load(f->stop);)
		rc = forget_part(f, b, now_us - b->visitor_days * DAY_US,
				 &cursor, &held, &more, e);
	mark.cursor = held >= 0 ? held : cursor;
	if (rc != RC_OK || mark.cursor == from)
		return rc;
	return writer_do(f->writer, &mark.op, e);
}

enum rc
forget_run(struct forget *f, int64_t now_us, struct err *e)
{
	enum rc rc = RC_OK;

	f->hits = 0;
	for (size_t i = 0; rc == RC_OK && i < f->conf->brands_n; i++)
		rc = forget_brand(f, &f->conf->brands[i], now_us, e);
	return rc;
}
