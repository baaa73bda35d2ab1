#include "api/answer.h"
#include "api/handlers.h"
#include "api/render.h"
#include "base/clock.h"
#include "base/codec.h"
#include "tracker/classifier.h"

#define PART_US SECOND_US /* of judging, for one call */

/* Machine or person, asked for; and the rules that tell them apart. */

static void
add_hash(struct sbuf *b, const char *key, const struct agents *rules)
{
	uint8_t hash[SHA256_SIZE];
	struct sbuf hex;

	agents_hash(rules, hash);
	sbuf_init(&hex, 128);
	hex_encode(slice_of(hash, sizeof(hash)), &hex);
	member_text(b, key, sbuf_slice(&hex));
	sbuf_fini(&hex);
}

/* ---- a message ---- */

static enum rc
classify_one(struct reading *r, struct err *e)
{
	struct judgement j;
	struct ref mref;
	enum rc rc = answer_ref(r->rq, "message", &mref, e);

	if (rc == RC_OK)
		rc = classifier_ask(r->api->c.classifier, r->db, mref, r->a, &j,
				    e);
	if (rc == RC_NOTFOUND)
		return err_set(e, rc, "there is no such message");
	if (rc != RC_OK)
		return rc;
	member_open(&r->out, NULL, '{');
	member_ref(&r->out, "mref", mref);
	member_int(&r->out, "hits", (int64_t)j.hits);
	member_text_or_null(&r->out, "class", slice_z(j.class));
	render_facts(&r->out, "facts", j.facts);
	member_bool(&r->out, "recorded", j.payload.n > 0);
	member_close(&r->out, '}');
	return RC_OK;
}

void
message_classify_handle(struct http_request *rq)
{
	answer_work(rq, classify_one);
}

/* ---- all, a part at a time ---- */

static enum rc
classify_part(struct reading *r, struct err *e)
{
	struct slice from = http_query(r->rq, "from");
	struct classify_pass p = {.quiet_us = INT64_MAX, .why = CLASSIFY_AGAIN};
	int64_t end_us = clock_mono_us() + PART_US, count;
	size_t messages = 0, told = 0;
	enum rc rc;

	if (from.p != NULL && !slice_int(from, 0, INT64_MAX, &p.from))
		return err_set(e, RC_INVALID, "from must be a position");
	do {
		rc = classifier_pass(r->api->c.classifier, r->db, &p, e);
		messages += p.judged;
		told += p.told;
		p.from = p.next;
	} while (rc == RC_OK && p.more && clock_mono_us() < end_us);
	if (rc == RC_OK)
		rc = event_count(r->db, &count, e);
	if (rc != RC_OK)
		return rc;
	member_open(&r->out, NULL, '{');
	member_int(&r->out, "messages", (int64_t)messages);
	member_int(&r->out, "recorded", (int64_t)told);
	member_int(&r->out, "events", count);
	if (p.more)
		member_int(&r->out, "next", p.next);
	else
		member_null(&r->out, "next");
	member_close(&r->out, '}');
	return RC_OK;
}

void
classify_handle(struct http_request *rq)
{
	answer_work(rq, classify_part);
}

/* ---- the rules ---- */

static void
add_ranges(struct sbuf *b, const struct agents *rules)
{
	size_t n;
	const struct agent_ranges *list = agents_ranges(rules, &n);

	member_open(b, "ranges", '[');
	for (size_t i = 0; i < n; i++) {
		member_open(b, NULL, '{');
		member_text(b, "name", slice_z(list[i].name));
		member_int(b, "ranges", (int64_t)list[i].ranges);
		member_int(b, "refreshed", (int64_t)list[i].refreshed);
		member_open(b, "published", '[');
		for (const char *const *p = list[i].published; *p; p++)
			member_text(b, NULL, slice_z(*p));
		member_close(b, ']');
		member_close(b, '}');
	}
	member_close(b, ']');
}

static enum rc
read_rules(struct reading *r, struct err *e)
{
	const struct agents *rules = classifier_rules(r->api->c.classifier);

	(void)e;
	member_open(&r->out, NULL, '{');
	member_int(&r->out, "rules", (int64_t)agents_rules(rules));
	add_hash(&r->out, "hash", rules);
	add_ranges(&r->out, rules);
	member_close(&r->out, '}');
	agents_unref(rules);
	return RC_OK;
}

void
agents_get_handle(struct http_request *rq)
{
	answer_work(rq, read_rules);
}

static enum rc
reload_rules(struct reading *r, struct err *e)
{
	const struct conf *conf = conf_box_get(r->api->c.queue->conf);
	const struct agents *rules;
	enum rc rc =
	    classifier_read(r->api->c.classifier, conf->agent_file, &rules, e);

	conf_unref(conf);
	if (rc != RC_OK)
		return rc;
	classifier_use(r->api->c.classifier, rules);
	return read_rules(r, e);
}

void
agents_reload_handle(struct http_request *rq)
{
	answer_work(rq, reload_rules);
}
