#include "server/hit_sink.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/mem.h"
#include "proof/ledger.h"
#include "queue/consent.h"
#include "server/hit_floods.h"
#include "store/journal.h"
#include "tracker/hits.h"

/* Past so many hits of a kind of a message in a day, one counting event an
 * hour: server/hit_floods.c. */
#define DAY_HITS 200
#define DAY_EVENTS 2000 /* that a message may have in a day, and more */

#define PAYLOAD_MAX ((size_t)32 << 10)

/* So many at once are a flood, of which the index by subject is told later. */
#define MANY 64

struct hit_sink {
	struct queue *q;
	struct db *db;
	struct hit_floods *floods;
	struct sbuf payloads; /* of a batch, one after the other */
	struct ledger_draft drafts[DRAIN_BATCH];
};

struct take_op {
	struct write_op op;
	const struct conf *conf;
	const struct hit *hits;
	size_t n;
	const struct ledger_draft *drafts;
	const struct journal_offset *after;
};

static const enum kind hit_kinds[HIT_KINDS] = {
    [HIT_OPEN] = KIND_MESSAGE_OPENED,
    [HIT_CLICK] = KIND_MESSAGE_CLICKED,
    [HIT_VIEW] = KIND_MESSAGE_VIEWED,
    [HIT_VISIT] = KIND_MESSAGE_VISITED,
};

static const char *const methods[] = {"", "GET", "HEAD", "OPTIONS", "POST"};

static void
add_hit(struct sbuf *b, const struct conf *conf, const struct hit *h)
{
	char hex[REF_HEX], when[TIME_SIZE], address[ADDR_TEXT];

	ref_hex(h->mref, hex);
	time_format(h->time_us, when);
	addr_format(hits_address_kept(conf, h->key_id, h->address), address);
	sbuf_addf(b, "{\"mref\":\"%s\",\"at\":\"%s\",\"method\":\"%s\"", hex,
		  when, methods[h->method]);
	if (h->kind == HIT_CLICK) {
		sbuf_addf(b, ",\"link\":%u,\"destination\":", h->index);
		sbuf_add_json(b, h->destination);
	}
	if (h->kind == HIT_VISIT)
		sbuf_addf(b, ",\"page\":\"%s\"", hit_page_name(h->index));
	sbuf_add_z(b, ",\"agent\":");
	sbuf_add_json(b, h->agent);
	sbuf_addf(b, ",\"address\":\"%s\",\"signals\":", address);
	sbuf_add_json(b, h->signals);
	sbuf_add_c(b, '}');
}

/* False past the kind's bound of the day: such a hit is counted, for the event
 * that tells of its hour, that of the visit.  Days are the ledger's: they begin
 * when its events say so.  A count is begun when the last DAY_HITS events of
 * the message are all of today, with the hits among all of today's. */
static enum rc
counts(struct db *db, const struct hit *h, int64_t next_seq, bool *out,
       struct err *e)
{
	int64_t now_us = clock_wall_us(), bound_us, seen = 0, today = 0;
	int64_t hour_us = h->time_us < now_us ? h->time_us : now_us;
	int64_t day = now_us / DAY_US, in_hour;
	int64_t from = next_seq > DAY_EVENTS ? next_seq - DAY_EVENTS : 0;
	int32_t key = HIT_DAY_KEY(day, h->kind);
	enum rc rc;

	*out = true;
	if (next_seq < DAY_HITS)
		return RC_OK;
	rc = hit_time(db, h->mref, next_seq - DAY_HITS, &bound_us, e);
	if (rc != RC_OK || bound_us < day * DAY_US)
		return rc;
	rc = hit_day_add(db, h->mref, key, 1, &today, e);
	if (rc == RC_OK && today == 1)
		rc = hit_count(db, h->mref, from, hit_kinds[h->kind],
			       day * DAY_US, &seen, e);
	if (rc == RC_OK && seen)
		rc = hit_day_add(db, h->mref, key, seen, &today, e);
	if (rc != RC_OK || today <= DAY_HITS)
		return rc;
	*out = false;
	return hit_day_add(db, h->mref,
			   HIT_HOUR_KEY(hour_us / HOUR_US, h->kind), 1,
			   &in_hour, e);
}

static const struct brand *
brand_of(const struct conf *conf, const struct hit *h)
{
	return conf_brand_number(conf, (uint16_t)(h->key_id >> 16));
}

/* Of nobody in particular: the mail's pixel was made so, or the brand counts
 * them so by now.  Where it gave opens up, not even that is counted. */
static bool
is_counted(const struct conf *conf, const struct hit *h)
{
	static const struct ref nobody;
	const struct brand *b = brand_of(conf, h);

	return h->kind == HIT_OPEN && b != NULL &&
	       b->opens_asked != TRACKING_OFF &&
	       (ref_eq(h->mref, nobody) || b->opens == TRACKING_AGGREGATE);
}

/* What the brand lets be recorded now, whatever it did when the mail went out;
 * who consented is asked no further ground. */
static bool
may_record(const struct conf *conf, const struct hit *h, struct slice consent)
{
	const struct brand *b = brand_of(conf, h);

	if (consent_withdrawn(consent))
		return false;
	if (b == NULL)
		return true;
	if (h->kind != HIT_OPEN)
		return consent.n > 0 ? b->links_asked : b->links;
	return (consent.n > 0 ? b->opens_asked : b->opens) ==
	       TRACKING_INDIVIDUAL;
}

/* A brand's key says nothing of another brand's messages; of a brand that is
 * no longer there, its own name alone is known. */
static bool
same_brand(const struct conf *conf, const struct hit *h, struct slice brand)
{
	const struct brand *b = brand_of(conf, h);

	return b != NULL ? slice_eq_z(brand, b->name)
			 : conf_brand(conf, brand) == NULL;
}

/* False for a message that was erased, or is of a database that was lost, or
 * of another brand than the key; for one whose customer has withdrawn consent
 * since it was sent, or whose brand has given up tracking; and past the flood's
 * bound. */
static enum rc
wanted(const struct take_op *t, const struct hit *h, struct db *db,
       struct arena *a, bool *out, int64_t *seq, struct err *e)
{
	struct hit_ground ground;
	enum rc rc = hit_look(db, h->mref, a, &ground, e);

	*out = false;
	if (rc != RC_OK || !same_brand(t->conf, h, ground.brand) ||
	    !may_record(t->conf, h, ground.consent))
		return rc == RC_NOTFOUND ? RC_OK : rc;
	*seq = ground.next_seq;
	return counts(db, h, *seq, out, e);
}

static enum rc
take_one(const struct take_op *t, size_t i, struct db *db, struct arena *a,
	 struct err *e)
{
	const struct hit *h = &t->hits[i];
	int64_t seq;
	bool event;
	enum rc rc;

	if (is_counted(t->conf, h))
		return counted_opens_add(db, h->key_id >> 16,
					 (int32_t)(h->time_us / DAY_US), 1, e);
	rc = wanted(t, h, db, a, &event, &seq, e);
	if (rc != RC_OK || !event)
		return rc;
	return ledger_append_draft(db, hit_kinds[h->kind], h->mref, seq,
				   &t->drafts[i], e);
}

static void
segment_name(uint16_t writer, char out[16])
{
	snprintf(out, 16, "%02u", writer);
}

static enum rc
run_take(struct write_op *op, struct db *db, struct err *e)
{
	struct take_op *t = (struct take_op *)op;
	enum rc rc = RC_OK;
	char name[16];
	struct arena a;

	if (t->n >= MANY)
		db_index_later(db);
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < t->n && rc == RC_OK; i++) {
		rc = take_one(t, i, db, &a, e);
		arena_reset(&a);
	}
	arena_fini(&a);
	if (rc != RC_OK)
		return rc;
	segment_name(t->after->writer, name);
	return journal_offset_set(
	    db, slice_z(name), (int64_t)t->after->segment << 32 | t->after->at,
	    e);
}

/* What does not ask the database is done before the writer's turn comes, whom
 * others wait for. */
static void
draft_all(struct hit_sink *s, const struct take_op *t)
{
	struct sbuf *b = &s->payloads;
	size_t from = 0;

	sbuf_reset(b);
	for (size_t i = 0; i < t->n; i++) {
		add_hit(b, t->conf, &t->hits[i]);
		s->drafts[i].payload.n = b->n - from;
		from = b->n;
	}
	from = 0;
	for (size_t i = 0; i < t->n; i++) {
		size_t n = s->drafts[i].payload.n;

		ledger_draft(slice_of(b->p + from, n), &s->drafts[i]);
		from += n;
	}
}

static enum rc
take(void *owner, const struct hit *hits, size_t n,
     const struct journal_offset *after, struct err *e)
{
	struct hit_sink *s = owner;
	struct take_op t = {.op = {.run = run_take},
			    .conf = conf_box_get(s->q->conf),
			    .hits = hits,
			    .n = n,
			    .drafts = s->drafts,
			    .after = after};
	enum rc rc;

	draft_all(s, &t);
	rc = writer_do(s->q->writer, &t.op, e);
	conf_unref(t.conf);
	return rc;
}

static enum rc
offsets(void *owner, struct journal_offset *out, size_t *n, struct err *e)
{
	struct hit_sink *s = owner;

	*n = 0;
	for (uint16_t w = 0; w < JOURNAL_WRITERS_MAX; w++) {
		char name[16];
		int64_t v;
		enum rc rc;

		segment_name(w, name);
		rc = journal_offset_get(s->db, slice_z(name), &v, e);
		if (rc != RC_OK)
			return rc;
		if (v == 0)
			continue;
		out[*n].writer = w;
		out[*n].segment = (uint32_t)(v >> 32);
		out[(*n)++].at = (uint32_t)v;
	}
	return RC_OK;
}

enum rc
hit_sink_new(struct queue *q, const char *db_path, struct hit_sink **out,
	     struct err *e)
{
	struct hit_sink *s = MEM_NEW(struct hit_sink);
	enum rc rc = db_open(db_path, DB_READ, &s->db, e);

	s->q = q;
	sbuf_init(&s->payloads, DRAIN_BATCH * PAYLOAD_MAX);
	if (rc != RC_OK) {
		hit_sink_free(s);
		return rc;
	}
	s->floods = hit_floods_start(q->writer);
	*out = s;
	return RC_OK;
}

void
hit_sink_free(struct hit_sink *s)
{
	if (s == NULL)
		return;
	hit_floods_stop(s->floods);
	db_close(s->db);
	sbuf_fini(&s->payloads);
	free(s);
}

struct drain_sink
hit_sink_drain(struct hit_sink *s)
{
	return (struct drain_sink){s, offsets, take};
}
