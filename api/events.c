#include "queue/happenings.h"

#include "api/answer.h"
#include "api/change.h"
#include "api/handlers.h"
#include "api/render.h"
#include "base/clock.h"
#include "base/hash.h"
#include "queue/planner.h"

/* ---- what happened ---- */

struct event_what {
	struct event_ask ask;
	uint8_t hash[SHA256_SIZE];
};

static enum rc
parse_post_event(const struct change_ask *ask, void **what, struct err *e)
{
	struct event_what *ev = ARENA_NEW(ask->a, struct event_what);

	*what = ev;
	sha256_of(form_text(ask->body, ask->a), ev->hash);
	return parse_event(ask->body, ask->a, &ev->ask, e);
}

static enum rc
read_amount(struct slice text, const char *currency, const char *at,
	    struct money *out, struct err *e)
{
	struct err why = {.rc = RC_OK};

	if (text.n == 0 ||
	    money_parse(text, slice_z(currency), out, &why) == RC_OK)
		return RC_OK;
	return err_at(e, RC_INVALID, at, "%s", why.text);
}

/* Amounts are in the invoice's currency, which the store knows. */
static enum rc
settle_amounts(struct change_run *r, const struct event_ask *ask,
	       struct happening *h, struct err *e)
{
	struct invoice i;
	enum rc rc;

	if (h->invoice.n == 0 || (ask->amount.n == 0 && ask->balance.n == 0))
		return RC_OK;
	rc = invoice_get(r->db, h->invoice, r->a, &i, e);
	if (rc != RC_OK)
		return rc == RC_NOTFOUND ? RC_OK : rc; /* said further on */
	if (ask->currency.n > 0 &&
	    !slice_eq_z(ask->currency, i.balance.currency))
		return err_at(e, RC_INVALID, "/data/currency",
			      "the invoice is in %s", i.balance.currency);
	rc = read_amount(ask->amount, i.balance.currency, "/data/amount",
			 &h->amount, e);
	return rc == RC_OK ? read_amount(ask->balance, i.balance.currency,
					 "/data/balance", &h->balance, e)
			   : rc;
}

static enum rc
run_post_event(struct change_run *r, struct err *e)
{
	const struct event_what *ev = r->what;
	struct happening h = ev->ask.h;
	struct in_flight in_flight = {NULL, 0};
	struct sbuf *b = &r->out->body;
	struct notice *list;
	size_t n;
	enum rc rc = settle_amounts(r, &ev->ask, &h, e);

	if (rc == RC_OK)
		rc = happenings_post(r->api->c.queue, r->db, &h, ev->hash, r->a,
				     &list, &n, &in_flight, e);
	if (rc != RC_OK)
		return rc;
	r->out->status = 202;
	r->out->id = h.id;
	member_open(b, NULL, '{');
	member_text(b, "id", h.id);
	render_notices(b, "notices", list, n);
	render_in_flight(b, "in_flight", &in_flight);
	member_close(b, '}');
	return RC_OK;
}

const struct change_kind change_event = {
    .body_max = SMALL_BODY_MAX * 2,
    .body_required = true,
    .parse = parse_post_event,
    .run = run_post_event,
};

void
event_post_handle(struct http_request *rq)
{
	change_handle(rq, &change_event, SLICE(""));
}

/* ---- a notice by hand ---- */

static bool
template_known(struct api *api, struct slice name)
{
	struct materials *m = materials_box_get(api->c.materials);
	const struct slice *names;
	size_t n = catalog_mails(materials_catalog(m), &names);
	bool known = false;

	for (size_t i = 0; i < n; i++)
		known |= slice_eq(names[i], name);
	materials_release(m);
	return known;
}

static enum rc
parse_post_notice(const struct change_ask *ask, void **what, struct err *e)
{
	struct request *q = ARENA_NEW(ask->a, struct request);
	enum rc rc = parse_notice(ask->body, ask->a, q, e);

	*what = q;
	if (rc != RC_OK)
		return rc;
	if (!template_known(ask->api, q->template))
		return err_at(e, RC_INVALID, "/template",
			      "there is no template %.*s",
			      SLICE_ARG(q->template));
	if (q->not_after_us > 0 && q->not_after_us <= clock_wall_us())
		return err_at(e, RC_INVALID, "/not_after", "is over already");
	return RC_OK;
}

static enum rc
run_post_notice(struct change_run *r, struct err *e)
{
	struct queue *q = r->api->c.queue;
	struct sbuf *b = &r->out->body;
	struct message *list;
	struct notice n;
	size_t count;
	char *hex = arena_alloc(r->a, REF_HEX);
	enum rc rc = request_post(q, r->db, r->what, r->a, &n, e);

	if (rc == RC_OK)
		rc = planner_release(q, r->db, n.ref, e);
	if (rc == RC_OK)
		rc = message_list_notice(r->db, n.id, r->a, &list, &count, e);
	if (rc == RC_OK)
		rc = notice_get(r->db, n.ref, r->a, &n, e);
	if (rc != RC_OK)
		return rc;
	ref_hex(n.ref, hex);
	r->out->status = 202;
	r->out->id = slice_z(hex);
	member_open(b, NULL, '{');
	member_ref(b, "id", n.ref);
	member_text(b, "state", slice_z(notice_state_name(n.state)));
	member_text_or_null(b, "reason", n.reason);
	render_messages(b, "messages", list, count);
	member_close(b, '}');
	return RC_OK;
}

const struct change_kind change_notice = {
    .body_max = SMALL_BODY_MAX * 2,
    .body_required = true,
    .parse = parse_post_notice,
    .run = run_post_notice,
};

void
notice_post_handle(struct http_request *rq)
{
	change_handle(rq, &change_notice, SLICE(""));
}
