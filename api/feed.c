#include "api/answer.h"
#include "api/handlers.h"
#include "api/render.h"
#include "proof/ledger.h"
#include "store/message.h"
#include "tracker/classify.h"

/* The ledger in its own order, for who keeps up with it.  Its indexes have no
 * gaps, and a reading sees whole transactions: who goes on from "next" misses
 * nothing and gets nothing twice. */

#define LIMIT_DEFAULT 100
#define LIMIT_MAX 1000
#define LOOK_MAX 10000 /* events that one request passes over */
#define LOOK_AT 1000   /* at a time */
#define BYTES_MAX ((size_t)8 << 20)
#define SCRATCH_MAX ((size_t)64 << 20)
#define KINDS 256

struct feed {
	struct reading *r;
	struct arena heads, scratch; /* of what is looked at, of an event */
	bool wanted[KINDS];
	int64_t next; /* all before it were looked at */
	int64_t limit, told;
};

/* ---- what is asked for ---- */

/* Keys are shown to administrators alone, elsewhere too. */
static bool
may_see(const struct feed *f, int kind)
{
	const struct caller *caller = f->r->rq->caller;

	return (kind != KIND_KEY_ROTATED && kind != KIND_KEY_REVOKED) ||
	       (caller->scopes & SCOPE_ADMIN) != 0;
}

/* type: "message.objected", or "message.*" for all of a noun. */
static bool
is_named(struct slice type, struct slice name)
{
	struct slice noun = type;

	if (type.n < 3 || !slice_ends(type, SLICE(".*")))
		return slice_eq(type, name);
	noun.n--;
	return slice_starts(name, noun);
}

static enum rc
want(struct feed *f, struct slice type, struct err *e)
{
	bool known = false, seen = false;

	for (int kind = 0; kind < KINDS; kind++) {
		const char *name = kind_name(kind);

		if (name == NULL || !is_named(type, slice_z(name)))
			continue;
		known = true;
		f->wanted[kind] |= may_see(f, kind);
		seen |= f->wanted[kind];
	}
	if (!known)
		return err_set(e, RC_INVALID,
			       "type: there is no event \"%.*s\"",
			       SLICE_ARG(type));
	return seen ? RC_OK
		    : err_set(e, RC_DENIED, "%.*s wants the scope admin",
			      SLICE_ARG(type));
}

static enum rc
read_types(struct feed *f, struct err *e)
{
	struct slice types = http_query(f->r->rq, "type");
	bool last;
	enum rc rc;

	if (types.p == NULL) {
		for (int kind = 0; kind < KINDS; kind++)
			f->wanted[kind] =
			    kind_name(kind) != NULL && may_see(f, kind);
		return RC_OK;
	}
	do {
		last = slice_find_c(types, ',') < 0;
		rc = want(f, slice_cut(&types, ','), e);
	} while (rc == RC_OK && !last);
	return rc;
}

static enum rc
read_query(struct feed *f, struct err *e)
{
	struct slice after = http_query(f->r->rq, "after");
	struct slice limit = http_query(f->r->rq, "limit");

	f->limit = LIMIT_DEFAULT;
	if (after.p != NULL && !slice_int(after, 0, INT64_MAX, &f->next))
		return err_set(e, RC_INVALID,
			       "after must be the \"next\" of an answer, or 0");
	if (limit.p != NULL && !slice_int(limit, 1, LIMIT_MAX, &f->limit))
		return err_set(e, RC_INVALID, "limit must be 1 to %d",
			       LIMIT_MAX);
	return read_types(f, e);
}

/* ---- whom an event is about ---- */

static bool
is_first(const struct notice *list, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (slice_eq(list[k].invoice, list[i].invoice))
			return false;
	return list[i].invoice.n > 0;
}

static enum rc
add_of_message(struct feed *f, const struct event *ev, struct err *e)
{
	struct sbuf *b = &f->r->out;
	struct notice *list;
	struct message m;
	size_t n;
	enum rc rc = message_get(f->r->db, ev->ref, &f->scratch, &m, e);

	if (rc == RC_OK)
		rc = notice_list_message(f->r->db, m.id, &f->scratch, &list, &n,
					 e);
	if (rc != RC_OK)
		return rc == RC_NOTFOUND ? RC_OK : rc;
	member_ref(b, "mref", m.mref);
	member_text(b, "customer", m.customer);
	member_open(b, "invoices", '[');
	for (size_t i = 0; i < n; i++)
		if (is_first(list, i))
			member_text(b, NULL, list[i].invoice);
	member_close(b, ']');
	return RC_OK;
}

static void
add_invoice(struct sbuf *b, struct slice invoice)
{
	if (invoice.n == 0)
		return;
	member_open(b, "invoices", '[');
	member_text(b, NULL, invoice);
	member_close(b, ']');
}

static enum rc
add_of_notice(struct feed *f, const struct event *ev, struct err *e)
{
	struct notice n;
	enum rc rc = notice_get(f->r->db, ev->ref, &f->scratch, &n, e);

	if (rc != RC_OK)
		return rc == RC_NOTFOUND ? RC_OK : rc;
	member_ref(&f->r->out, "notice", n.ref);
	member_text(&f->r->out, "customer", n.customer);
	add_invoice(&f->r->out, n.invoice);
	return RC_OK;
}

/* Others say it themselves. */
static void
add_of_payload(struct feed *f, const struct event *ev)
{
	static const char *const same[] = {"mref", "customer"};
	struct sbuf *b = &f->r->out;
	const char *text;
	json_t *o;

	if (ev->payload.n == 0 ||
	    json_read(ev->payload, ev->payload.n, &o, NULL) != RC_OK)
		return;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		text = json_string_value(json_object_get(o, same[i]));
		if (text != NULL)
			member_text(b, same[i], slice_z(text));
	}
	text = json_string_value(json_object_get(o, "invoice"));
	add_invoice(b, slice_z(text != NULL ? text : ""));
	json_decref(o);
}

static enum rc
add_subject(struct feed *f, const struct event *ev, struct err *e)
{
	struct slice name = slice_z(kind_name(ev->kind));

	if (slice_starts(name, SLICE("message.")))
		return add_of_message(f, ev, e);
	if (slice_starts(name, SLICE("notice.")))
		return add_of_notice(f, ev, e);
	add_of_payload(f, ev);
	return RC_OK;
}

/* ---- the events ---- */

static enum rc
tell(struct feed *f, int64_t position, struct err *e)
{
	struct sbuf *b = &f->r->out;
	struct event *ev;
	size_t n;
	enum rc rc;

	arena_reset(&f->scratch);
	rc = event_list_from(f->r->db, position, 1, &f->scratch, &ev, &n, e);
	if (rc != RC_OK || n == 0)
		return rc;
	member_open(b, NULL, '{');
	render_event(b, ev, NOT_TOLD);
	rc = add_subject(f, ev, e);
	member_close(b, '}');
	f->told++;
	return rc;
}

static bool
is_wanted(const struct feed *f, int kind)
{
	return kind >= 0 && kind < KINDS && f->wanted[kind];
}

static bool
is_full(const struct feed *f)
{
	return f->told == f->limit || f->r->out.n >= BYTES_MAX ||
	       http_gone(f->r->rq);
}

static enum rc
look(struct feed *f, int64_t end, struct err *e)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && f->next < end && !is_full(f)) {
		struct event_head *list;
		size_t n;

		arena_reset(&f->heads);
		rc = event_heads(f->r->db, f->next, LOOK_AT, &f->heads, &list,
				 &n, e);
		for (size_t i = 0; rc == RC_OK && i < n && !is_full(f); i++) {
			if (is_wanted(f, list[i].kind))
				rc = tell(f, list[i].position, e);
			f->next = list[i].position + 1;
		}
	}
	return rc;
}

static enum rc
read_from(struct feed *f, struct err *e)
{
	struct sbuf *b = &f->r->out;
	int64_t size, end = f->next + LOOK_MAX;
	enum rc rc = event_count(f->r->db, &size, e);

	if (rc != RC_OK)
		return rc;
	/* Who waited there would miss all that this one holds. */
	if (f->next > size)
		return err_set(e, RC_STATE,
			       "the ledger has %lld events: after is another "
			       "ledger's",
			       (long long)size);
	member_open(b, NULL, '{');
	member_open(b, "events", '[');
	rc = look(f, end < size ? end : size, e);
	member_close(b, ']');
	member_int(b, "next", f->next);
	member_bool(b, "more", f->next < size);
	member_close(b, '}');
	return rc;
}

static enum rc
read_feed(struct reading *r, struct err *e)
{
	struct feed f = {.r = r};
	enum rc rc = read_query(&f, e);

	if (rc != RC_OK)
		return rc;
	arena_init(&f.heads, SCRATCH_MAX);
	arena_init(&f.scratch, SCRATCH_MAX);
	rc = read_from(&f, e);
	arena_fini(&f.heads);
	arena_fini(&f.scratch);
	return rc;
}

void
feed_handle(struct http_request *rq)
{
	answer_read(rq, read_feed);
}
