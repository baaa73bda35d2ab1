#include "portal/page.h"
#include "portal/portal_private.h"
#include "queue/answers.h"
#include "queue/consent.h"
#include "queue/recipients.h"

struct withdrawal {
	struct page_change change;
	struct queue *q;
	struct slice customer; /* "" : it leaves what is optional */
	struct ref mref;
};

static void
set_bool(struct page *pg, const char *key, bool v)
{
	datum_set(pg->data, key, datum_bool(&pg->arena, v));
}

/* What is about a contract in force is mandatory; the rest, a policy's
 * "optional", can be left. */
static bool
may_leave(struct page *pg, const struct message *m)
{
	struct err e;
	bool may;

	return recipients_may_leave(pg->conf, pg->db, m, &pg->arena, &may,
				    &e) == RC_OK &&
	       may;
}

/* Says since when the address takes no optional mail, if it left it. */
static void
set_left(struct page *pg, const struct message *m)
{
	struct suppression s;
	uint8_t hash[32];
	struct err e;
	bool left = recipients_suppression(pg->portal->c.queue, pg->db,
					   m->brand, m->address, &pg->arena, &s,
					   hash, &e) == RC_OK &&
		    s.left_us > 0;

	set_bool(pg, "left", left);
	if (left)
		datum_set(pg->data, "left_at",
			  datum_time(&pg->arena, s.left_us));
}

static void
set_choices(struct page *pg, const struct message *m, const struct customer *c)
{
	struct tracks t = consent_tracks(pg->brand, c->consent);
	bool opens = t.opens == TRACKING_INDIVIDUAL;
	bool counted = t.opens == TRACKING_AGGREGATE;
	struct datum *customer = datum_map(&pg->arena);

	datum_set(customer, "name", datum_text(&pg->arena, c->name));
	datum_set(pg->data, "customer", customer);
	datum_set(pg->data, "address", datum_text(&pg->arena, m->address));
	datum_set(
	    pg->data, "action_url",
	    datum_text(&pg->arena, page_link(pg, "/u/", TOKEN_LEAVE, m->mref)));
	set_bool(pg, "opens", opens);
	set_bool(pg, "counted", counted);
	set_bool(pg, "links", t.links);
	set_bool(pg, "tracked", opens || counted || t.links);
	set_bool(pg, "withdrawn", consent_withdrawn(c->consent));
	set_bool(pg, "consented", consent_was_given(c->consent));
	set_bool(pg, "refused", false);
	set_bool(pg, "busy", false);
	set_bool(pg, "unsure", false);
	set_bool(pg, "optional", may_leave(pg, m));
	set_left(pg, m);
}

static bool
admit(struct page *pg, struct token *t, struct message *m, struct customer *c)
{
	if (!page_token(pg, t) || !page_message(pg, t, m, c))
		return false;
	set_choices(pg, m, c);
	return true;
}

void
preferences_form_handle(struct http_request *rq)
{
	struct err e = {0};
	struct customer c;
	struct message m;
	struct token t;
	struct page pg;

	if (page_open(&pg, rq, &e) != RC_OK)
		page_fail(&pg, &e);
	else if (admit(&pg, &t, &m, &c))
		page_send(&pg, 200, "preferences");
	page_close(&pg);
	if (pg.shown)
		page_visited(rq, &t, HIT_PAGE_PREFERENCES);
}

static enum rc
run_withdrawal(struct write_op *op, struct db *db, struct err *e)
{
	struct withdrawal *x = (struct withdrawal *)op;
	struct arena a;
	enum rc rc;

	arena_init(&a, 16u << 20);
	rc = x->customer.n > 0
		 ? consent_withdraw(db, x->customer, SLICE("link"), SLICE(""),
				    &a, e)
		 : answers_leave(x->q, db, x->mref, &a, e);
	arena_fini(&a);
	return rc;
}

/* The one click of mail programs, in either kind of form, from whichever page:
 * who has the link may.  Ref: RFC 8058, 3.2. */
static bool
is_one_click(struct http_request *rq)
{
	return slice_eq_z(slice_trim(http_form(rq, "List-Unsubscribe")),
			  "One-Click");
}

static bool
asks(struct http_request *rq, const char *action)
{
	return slice_eq_z(http_form(rq, "action"), action);
}

/* Sets the reply; NULL where nothing changes. */
static struct withdrawal *
prepare(struct page *pg)
{
	struct withdrawal *x;
	struct customer c;
	struct message m;
	bool click, withdraw, optional;
	struct token t;

	if (!admit(pg, &t, &m, &c))
		return NULL;
	click = is_one_click(pg->rq);
	if (!click && !page_same_origin(pg)) {
		page_send(pg, 403, "refused");
		return NULL;
	}
	withdraw = !click && asks(pg->rq, "withdraw");
	optional = datum_true(datum_get(pg->data, "optional"));
	if (!withdraw && (!optional || (!click && !asks(pg->rq, "leave")))) {
		/* mandatory mail refuses, and says so */
		set_bool(pg, "refused", !optional);
		page_send(pg, 403, "preferences");
		return NULL;
	}
	x = ARENA_NEW(&pg->rq->arena, struct withdrawal);
	x->change.op.run = run_withdrawal;
	x->q = pg->portal->c.queue;
	x->mref = m.mref;
	if (withdraw)
		x->customer = arena_dup(&pg->rq->arena, c.id);
	x->change.rq = pg->rq;
	set_bool(pg, "busy", true);
	x->change.busy = page_change_render(pg, "preferences");
	set_bool(pg, "busy", false);
	set_bool(pg, "unsure", true);
	x->change.unsure = page_change_render(pg, "preferences");
	set_bool(pg, "left", !withdraw);
	page_send(pg, 200, "preferences-done");
	return x;
}

void
preferences_post_handle(struct http_request *rq)
{
	struct withdrawal *x = NULL;
	struct err e = {0};
	struct page pg;

	if (page_open(&pg, rq, &e) != RC_OK)
		page_fail(&pg, &e);
	else
		x = prepare(&pg);
	page_close(&pg);
	if (x != NULL)
		page_change_submit(&x->change);
}
