/*
 * 1. What was told of a hit stands until a later event tells otherwise: a hit
 *    whose payload was destroyed keeps its class.
 * 2. The same events and rules give the same judgement; one that differs in
 *    nothing from what was told has no payload.
 */
#include "tracker/classify.h"

#include <stdlib.h>

#include "base/codec.h"
#include "base/json.h"
#include "conf/policy.h"
#include "proof/ledger.h"
#include "store/message.h"

#define PAYLOAD_MAX ((size_t)16 << 20)

static const char *const whys[] = {"quiet", "asked", "again"};

/* A hit of the ledger, beside what was told of it. */
struct seen {
	struct agent_hit hit; /* first, see by_time() */
	uint32_t seq;
	int told;  /* enum agent_class, or NOT_TOLD */
	bool gone; /* its payload was destroyed */
};

struct case_file {
	struct arena *a;
	struct message m;
	struct agent_times times;
	bool accepted_back; /* its 250 is by a clock that had gone back */
	struct seen *hits;
	size_t n;
};

bool
classify_is_hit(int kind)
{
	return kind == KIND_MESSAGE_OPENED || kind == KIND_MESSAGE_CLICKED ||
	       kind == KIND_MESSAGE_VIEWED || kind == KIND_MESSAGE_VISITED ||
	       kind == KIND_MESSAGE_ANSWERED || kind == KIND_MESSAGE_OBJECTED;
}

/* ---- what the ledger holds ---- */

static enum hit_kind
hit_kind_of(int kind)
{
	return kind == KIND_MESSAGE_OPENED    ? HIT_OPEN
	       : kind == KIND_MESSAGE_CLICKED ? HIT_CLICK
	       : kind == KIND_MESSAGE_VISITED ? HIT_VISIT
					      : HIT_VIEW;
}

static enum hit_method
method_of(struct slice name)
{
	return slice_eq(name, SLICE("HEAD"))	  ? HIT_HEAD
	       : slice_eq(name, SLICE("OPTIONS")) ? HIT_OPTIONS
	       : slice_eq(name, SLICE("POST"))	  ? HIT_POST
						  : HIT_GET;
}

static struct slice
member(const json_t *o, const char *key, struct arena *a)
{
	const json_t *v = json_object_get(o, key);

	return json_is_string(v) ? arena_dup(a, slice_of(json_string_value(v),
							 json_string_length(v)))
				 : SLICE("");
}

static void
read_signals(const json_t *o, struct arena *a, struct hit *h)
{
	(void)addr_parse(member(o, "address", a), &h->address);
	h->agent = member(o, "agent", a);
	h->signals = member(o, "signals", a);
}

/* Those of an answer's request, which stand in the event before it. */
static void
read_submitted(const struct event *before, struct arena *a, struct hit *h)
{
	json_t *o = NULL;

	if (before->kind == KIND_MESSAGE_SUBMITTED && before->payload.n > 0 &&
	    json_read(before->payload, PAYLOAD_MAX, &o, NULL) == RC_OK)
		read_signals(o, a, h);
	json_decref(o);
}

/* Reads the raw signals; what an erased event had is gone. */
static void
read_hit(const struct event *ev, struct arena *a, struct seen *out)
{
	struct hit *h = &out->hit.hit;
	json_t *o = NULL;

	out->seq = ev->seq;
	out->hit.answered = ev->kind == KIND_MESSAGE_ANSWERED ||
			    ev->kind == KIND_MESSAGE_OBJECTED;
	h->kind = hit_kind_of(ev->kind);
	h->mref = ev->ref;
	h->time_us = ev->time_us;
	out->gone = ev->payload.n == 0 ||
		    json_read(ev->payload, PAYLOAD_MAX, &o, NULL) != RC_OK;
	if (out->gone)
		return;
	(void)time_parse(member(o, "at", a), &h->time_us);
	h->method =
	    out->hit.answered ? HIT_POST : method_of(member(o, "method", a));
	h->index = (uint16_t)json_integer_value(json_object_get(o, "link"));
	if (h->kind == HIT_VISIT)
		h->index = hit_page_parse(member(o, "page", a));
	read_signals(o, a, h);
	json_decref(o);
}

/* Whether the clock was behind the ledger's last event when this was made.
 * Quotes within texts are escaped.  Ref: proof/ledger.h */
static bool
is_behind(const struct event *ev)
{
	return slice_find(ev->payload, SLICE("\"observed_at\":\"")) >= 0;
}

/* The index of an event in a list by seq; n where it is not there. */
static size_t
find_seq(const struct event *list, size_t n, json_int_t seq)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (list[mid].seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && list[low].seq == seq ? low : n;
}

static void
read_told(const struct event *list, size_t n, const struct event *ev, int *out)
{
	json_t *o, *hits, *x;
	size_t i;

	if (json_read(ev->payload, PAYLOAD_MAX, &o, NULL) != RC_OK)
		return;
	hits = json_object_get(o, "hits");
	json_array_foreach (hits, i, x) {
		json_int_t seq = json_integer_value(json_object_get(x, "seq"));
		size_t k = find_seq(list, n, seq);

		if (k < n)
			out[k] = agent_class_parse(slice_z(
			    json_string_value(json_object_get(x, "class"))));
	}
	json_decref(o);
}

void
classify_told(const struct event *list, size_t n, int *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = NOT_TOLD;
	for (size_t i = 0; i < n; i++)
		if (list[i].kind == KIND_MESSAGE_CLASSIFIED)
			read_told(list, n, &list[i], out);
}

/* From which moment on somebody could have it, and from when it had arrived.
 * A relay's acceptance says the first alone; of one whose end is uncertain not
 * even that is known; and what nobody accepted yet, nobody has. */
static struct agent_times
times_of(const struct message *m)
{
	struct agent_times t = {INT64_MIN, INT64_MIN};

	if (m->facts & FACT_MX_ACCEPTED && m->accepted_us)
		t.delivered_us = m->accepted_us;
	if (m->uncertain == 0)
		t.sent_us = m->accepted_us ? m->accepted_us : INT64_MAX;
	return t;
}

static int
by_time(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	int64_t tx = x->hit.hit.time_us, ty = y->hit.hit.time_us;

	return tx != ty ? (tx > ty) - (tx < ty)
			: (x->seq > y->seq) - (x->seq < y->seq);
}

static enum rc
open_case(struct case_file *c, struct db *db, struct judgement *out,
	  struct err *e)
{
	struct event *list;
	int *told;
	size_t n;
	enum rc rc = message_get(db, out->mref, c->a, &c->m, e);

	if (rc == RC_OK)
		rc = event_list(db, out->mref, c->a, &list, &n, e);
	if (rc != RC_OK)
		return rc;
	c->times = times_of(&c->m);
	c->hits = ARENA_ARRAY(c->a, struct seen, n + 1);
	told = ARENA_ARRAY(c->a, int, n + 1);
	classify_told(list, n, told);
	out->seq = n > 0 ? (int64_t)list[n - 1].seq + 1 : 0;
	out->last_hit = -1;
	for (size_t i = 0; i < n; i++) {
		if (list[i].kind == KIND_MESSAGE_ACCEPTED)
			c->accepted_back = is_behind(&list[i]);
		if (!classify_is_hit(list[i].kind))
			continue;
		c->hits[c->n].told = told[i];
		read_hit(&list[i], c->a, &c->hits[c->n]);
		c->hits[c->n].hit.clock_back =
		    is_behind(&list[i]) && !c->accepted_back;
		if (c->hits[c->n].hit.answered && i > 0)
			read_submitted(&list[i - 1], c->a,
				       &c->hits[c->n].hit.hit);
		c->n++;
		out->last_hit = list[i].position;
		out->last_us = list[i].time_us;
	}
	qsort(c->hits, c->n, sizeof(*c->hits), by_time);
	return RC_OK;
}

/* ---- judging ---- */

/* In parts of what one judging takes, by time. */
static void
judge(struct case_file *c, const struct agents *rules)
{
	size_t most = c->n < AGENT_HITS_MAX ? c->n : AGENT_HITS_MAX;
	struct agent_hit *part = ARENA_ARRAY(c->a, struct agent_hit, most);
	struct seen **of = ARENA_ARRAY(c->a, struct seen *, most);

	for (size_t i = 0; i < c->n;) {
		size_t n = 0;

		for (; i < c->n && n < most; i++) {
			if (c->hits[i].gone)
				continue;
			of[n] = &c->hits[i];
			part[n++] = c->hits[i].hit;
		}
		if (n > 0)
			agents_classify(rules, part, n, &c->times);
		for (size_t k = 0; k < n; k++)
			of[k]->hit = part[k];
	}
}

static int
class_of(const struct seen *s)
{
	return s->gone ? s->told : (int)s->hit.class;
}

/* All hits in one word: the best that can be said of any. */
static void
sum_up(const struct case_file *c, struct judgement *out)
{
	bool any[AGENT_CLASSES] = {false};

	for (size_t i = 0; i < c->n; i++) {
		int class = class_of(&c->hits[i]);

		if (class == NOT_TOLD)
			continue;
		any[class] = true;
		out->hits++;
	}
	if (any[AGENT_MACHINE])
		out->facts |= FACT_MACHINE;
	if (any[AGENT_PERSON_LIKELY])
		out->facts |= FACT_PERSON_LIKELY;
	out->class = "";
	if (any[AGENT_PERSON_LIKELY])
		out->class = agent_class_name(AGENT_PERSON_LIKELY);
	else if (any[AGENT_UNDETERMINED] || any[AGENT_PROXIED] ||
		 any[AGENT_RELAY])
		out->class = agent_class_name(AGENT_UNDETERMINED);
	else if (any[AGENT_MACHINE_LIKELY])
		out->class = agent_class_name(AGENT_MACHINE_LIKELY);
	else if (any[AGENT_MACHINE])
		out->class = agent_class_name(AGENT_MACHINE);
}

/* ---- telling ---- */

static void
add_hit(struct sbuf *b, const struct seen *s)
{
	static const char *const kinds[HIT_KINDS] = {[HIT_OPEN] = "open",
						     [HIT_CLICK] = "click",
						     [HIT_VIEW] = "view",
						     [HIT_VISIT] = "visit"};
	const struct hit *h = &s->hit.hit;
	char when[TIME_SIZE];

	time_format(h->time_us, when);
	sbuf_addf(b, "{\"seq\":%u,\"on\":\"%s\",\"at\":\"%s\"", s->seq,
		  s->hit.answered ? "answer" : kinds[h->kind], when);
	if (h->kind == HIT_CLICK)
		sbuf_addf(b, ",\"link\":%u", h->index);
	sbuf_addf(
	    b, ",\"class\":\"%s\",\"rule\":", agent_class_name(s->hit.class));
	sbuf_add_json(b, slice_z(s->hit.rule));
	sbuf_add_c(b, '}');
}

/* False when all of it was told before. */
static bool
add_news(struct sbuf *b, const struct case_file *c)
{
	bool any = false;

	sbuf_add_z(b, ",\"hits\":[");
	for (size_t i = 0; i < c->n; i++) {
		const struct seen *s = &c->hits[i];

		if (s->gone || s->told == (int)s->hit.class)
			continue;
		if (any)
			sbuf_add_c(b, ',');
		add_hit(b, s);
		any = true;
	}
	sbuf_add_c(b, ']');
	return any;
}

static void
add_facts(struct sbuf *b, uint32_t facts)
{
	sbuf_add_z(b, ",\"facts\":[");
	if (facts & FACT_MACHINE)
		sbuf_add_z(b, "\"machine\"");
	if (facts == (FACT_MACHINE | FACT_PERSON_LIKELY))
		sbuf_add_c(b, ',');
	if (facts & FACT_PERSON_LIKELY)
		sbuf_add_z(b, "\"person_likely\"");
	sbuf_add_c(b, ']');
}

static void
tell(const struct case_file *c, const struct agents *rules,
     enum classify_why why, struct judgement *out)
{
	uint8_t hash[SHA256_SIZE];
	char hex[REF_HEX], when[TIME_SIZE];
	struct sbuf b;

	out->payload = SLICE("");
	ref_hex(out->mref, hex);
	agents_hash(rules, hash);
	sbuf_init(&b, PAYLOAD_MAX);
	sbuf_addf(&b, "{\"mref\":\"%s\",\"why\":\"%s\",\"class\":\"%s\"", hex,
		  whys[why], out->class);
	add_facts(&b, out->facts);
	if (c->times.delivered_us != INT64_MIN) {
		time_format(c->times.delivered_us, when);
		sbuf_addf(&b, ",\"counted_from\":\"%s\"", when);
	}
	sbuf_add_z(&b, ",\"rules\":\"");
	hex_encode(slice_of(hash, sizeof(hash)), &b);
	sbuf_add_c(&b, '"');
	if (add_news(&b, c)) {
		sbuf_add_c(&b, '}');
		out->payload = arena_dup(c->a, sbuf_slice(&b));
	}
	sbuf_fini(&b);
}

enum rc
classify_judge(const struct agents *rules, struct db *db, struct ref mref,
	       enum classify_why why, struct arena *a, struct judgement *out,
	       struct err *e)
{
	struct case_file c = {.a = a};
	enum rc rc;

	*out = (struct judgement){.mref = mref, .class = ""};
	rc = open_case(&c, db, out, e);
	if (rc != RC_OK || c.n == 0)
		return rc;
	judge(&c, rules);
	sum_up(&c, out);
	tell(&c, rules, why, out);
	return RC_OK;
}

enum rc
classify_record(struct db *db, const struct judgement *j, struct err *e)
{
	int64_t seq;
	enum rc rc;

	if (j->payload.n == 0)
		return RC_OK;
	rc = event_next_seq(db, j->mref, &seq, e);
	if (rc == RC_OK && seq != j->seq)
		return err_set(e, RC_STATE, "the message has newer events");
	if (rc == RC_OK)
		rc = message_set_facts(db, j->mref,
				       FACT_MACHINE | FACT_PERSON_LIKELY,
				       j->facts, e);
	if (rc == RC_OK)
		rc = ledger_append(db, KIND_MESSAGE_CLASSIFIED, j->mref,
				   j->payload, e);
	return rc;
}
