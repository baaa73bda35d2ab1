#include "queue/invoices.h"

#include "api/answer.h"
#include "api/change.h"
#include "api/handlers.h"
#include "api/objection.h"
#include "api/render.h"
#include "base/clock.h"
#include "store/act.h"

/* ---- PUT ---- */

static enum rc
parse_put(const struct change_ask *ask, void **what, struct err *e)
{
	*what = ARENA_NEW(ask->a, struct invoice);
	return parse_invoice(ask->body, ask->id, ask->a, *what, e);
}

static enum rc
run_put(struct change_run *r, struct err *e)
{
	struct invoice i = *(const struct invoice *)r->what;
	struct invoice_result result;
	struct sbuf *b = &r->out->body;
	struct notice *list;
	size_t n;
	enum rc rc;

	memset(&result, 0, sizeof(result));
	rc = invoices_put(r->api->c.queue, r->db, &i, r->a, &result, e);
	if (rc == RC_OK)
		rc = notice_list_invoice(r->db, i.id, r->a, &list, &n, e);
	if (rc != RC_OK)
		return rc;
	r->out->status = result.created ? 201 : 200;
	r->out->id = i.id;
	member_open(b, NULL, '{');
	member_text(b, "id", i.id);
	member_int(b, "version", result.version);
	render_notices(b, "notices", list, n);
	render_in_flight(b, "in_flight", &result.in_flight);
	member_close(b, '}');
	return RC_OK;
}

const struct change_kind change_invoice = {
    .body_max = INVOICE_BODY_MAX,
    .body_required = true,
    .parse = parse_put,
    .run = run_put,
};

void
invoice_put_handle(struct http_request *rq)
{
	change_handle(rq, &change_invoice, rq->params[0]);
}

/* ---- GET ---- */

static enum rc
add_acts(struct reading *r, struct slice invoice, struct err *e)
{
	static const char *const states[] = {"waits", "announced", "off"};
	struct act_row *acts;
	size_t n;
	enum rc rc = act_list_invoice(r->db, invoice, r->a, &acts, &n, e);

	if (rc != RC_OK)
		return rc;
	member_open(&r->out, "acts", '[');
	for (size_t i = 0; i < n; i++) {
		member_open(&r->out, NULL, '{');
		member_text(&r->out, "act", acts[i].act);
		member_date(&r->out, "anchor", acts[i].anchor);
		member_time(&r->out, "not_before", acts[i].opens_us);
		member_text(&r->out, "state", slice_z(states[acts[i].state]));
		member_close(&r->out, '}');
	}
	member_close(&r->out, ']');
	return RC_OK;
}

static enum rc
add_objection(struct reading *r, const struct invoice *i, struct err *e)
{
	enum rc rc;

	if (!objection_is_there(i, clock_wall_us())) {
		member_null(&r->out, "objection");
		return RC_OK;
	}
	member_open(&r->out, "objection", '{');
	rc = objection_add(r, i, e);
	member_close(&r->out, '}');
	return rc;
}

static enum rc
read_invoice(struct reading *r, struct err *e)
{
	struct notice *list;
	struct invoice i;
	size_t n;
	enum rc rc = invoice_get(r->db, r->rq->params[0], r->a, &i, e);

	if (rc == RC_OK)
		rc = notice_list_invoice(r->db, i.id, r->a, &list, &n, e);
	if (rc != RC_OK)
		return rc;
	member_open(&r->out, NULL, '{');
	rc = render_invoice(&r->out, &i, e);
	if (rc != RC_OK)
		return rc;
	render_notices(&r->out, "notices", list, n);
	rc = add_acts(r, i.id, e);
	if (rc == RC_OK)
		rc = add_objection(r, &i, e);
	member_close(&r->out, '}');
	return rc;
}

void
invoice_get_handle(struct http_request *rq)
{
	answer_read(rq, read_invoice);
}

/* ---- what will be sent ---- */

struct span {
	int64_t from_us, to_us;
};

static void
add_planned(struct reading *r, const struct span *span,
	    const struct notice *list, size_t n)
{
	member_open(&r->out, "items", '[');
	for (size_t i = 0; i < n; i++) {
		/* soonest first, whichever way the list goes */
		const struct notice *one =
		    n > 1 && list[0].due_us > list[n - 1].due_us
			? &list[n - 1 - i]
			: &list[i];

		if ((one->state != NOTICE_PLANNED &&
		     one->state != NOTICE_HELD) ||
		    one->due_us < span->from_us || one->due_us >= span->to_us)
			continue;
		member_open(&r->out, NULL, '{');
		render_notice(&r->out, one);
		member_close(&r->out, '}');
	}
	member_close(&r->out, ']');
}

static enum rc
list_planned(struct reading *r, struct slice customer, struct slice invoice,
	     const struct span *span, struct notice **list, size_t *n,
	     struct err *e)
{
	struct customer c;
	struct invoice i;
	enum rc rc;

	if (invoice.n > 0) {
		rc = invoice_get(r->db, invoice, r->a, &i, e);
		return rc == RC_OK ? notice_list_invoice(r->db, invoice, r->a,
							 list, n, e)
				   : rc;
	}
	rc = customer_get(r->db, customer, r->a, &c, e);
	return rc == RC_OK ? notice_list_customer(r->db, customer, span->to_us,
						  10000, r->a, list, n, e)
			   : rc;
}

static enum rc
read_plan(struct reading *r, struct err *e)
{
	struct slice customer = http_query(r->rq, "customer");
	struct slice invoice = http_query(r->rq, "invoice");
	struct notice *list;
	struct span span;
	size_t n;
	enum rc rc;

	if ((customer.n == 0) == (invoice.n == 0))
		return err_set(e, RC_INVALID,
			       "name a customer or an invoice, as "
			       "\"?customer=c1\"");
	rc = answer_time(r->rq, "from", 0, &span.from_us, e);
	if (rc == RC_OK)
		rc = answer_time(r->rq, "to", INT64_MAX, &span.to_us, e);
	if (rc == RC_OK)
		rc = list_planned(r, customer, invoice, &span, &list, &n, e);
	if (rc != RC_OK)
		return rc;
	member_open(&r->out, NULL, '{');
	add_planned(r, &span, list, n);
	if (invoice.n > 0)
		rc = add_acts(r, invoice, e);
	member_null(&r->out, "next");
	member_close(&r->out, '}');
	return rc;
}

void
plan_handle(struct http_request *rq)
{
	answer_read(rq, read_plan);
}
