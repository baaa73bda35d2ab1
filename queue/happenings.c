#include "queue/happenings.h"

#include "base/clock.h"
#include "base/date.h"
#include "queue/schedule.h"
#include "queue/state.h"
#include "store/request.h"

const char *const happening_types[] = {
    "payment.failed",
    "payment.action_required",
    "payment.received",
    "service.suspended",
    "service.restored",
    "service.terminated",
    "cancellation.requested",
    "credit.low",
    "card.expiring",
    "domain.expiring",
    NULL,
};

static const struct policy_on *
policy_on(const struct policy *p, struct slice type)
{
	for (size_t i = 0; i < p->on_n; i++)
		if (slice_eq_z(type, p->on[i].event))
			return &p->on[i];
	return NULL;
}

/* A payment or a failed charge changes its invoice as a PUT would. */
static enum rc
apply_payment(struct queue *q, struct db *db, const struct happening *h,
	      struct arena *a, struct in_flight *in_flight, struct err *e)
{
	bool received = slice_eq_z(h->type, "payment.received");
	bool failed = slice_eq_z(h->type, "payment.failed");
	struct invoice_result result;
	struct invoice i;
	enum rc rc;

	if (h->invoice.n == 0 || (!received && !failed))
		return RC_OK;
	rc = invoice_get(db, h->invoice, a, &i, e);
	if (rc == RC_NOTFOUND)
		return err_at(e, RC_INVALID, "/invoice",
			      "there is no invoice %.*s",
			      SLICE_ARG(h->invoice));
	if (rc != RC_OK)
		return rc;
	if (!slice_eq(i.customer, h->customer))
		return err_at(e, RC_INVALID, "/invoice",
			      "the invoice is another customer's");
	if (received) {
		if (strcmp(h->balance.currency, i.balance.currency) != 0)
			return err_at(e, RC_INVALID, "/data/balance",
				      "the invoice is in %s",
				      i.balance.currency);
		i.balance.minor = h->balance.minor;
	} else {
		i.charge_failed = true;
		if (h->retry_on != DATE_NONE)
			i.retry_on = h->retry_on;
	}
	rc = invoices_refresh(q, db, &i, h->type, a, &result, e);
	*in_flight = result.in_flight;
	return rc;
}

/* What is common to a notice of an event and one by hand. */
static void
notice_start(struct notice *n, const struct customer *c, struct slice subject,
	     struct slice template)
{
	memset(n, 0, sizeof(*n));
	n->ref = ref_new();
	n->subject = subject;
	n->customer = c->id;
	n->brand = c->brand;
	n->template = template;
	n->state = NOTICE_PLANNED;
	n->created_us = n->due_us = n->release_us = clock_wall_us();
	n->not_after_us = n->due_us + KEEP_TRYING_US;
}

static const struct policy *
policy_of(const struct conf *conf, const struct customer *c,
	  struct slice policy)
{
	const struct brand *brand = conf_brand(conf, c->brand);
	const struct policy *p = conf_policy(conf, policy);

	if (p != NULL)
		return p;
	return brand == NULL ? NULL : conf_policy(conf, slice_z(brand->policy));
}

static enum rc
over_cap(struct db *db, const struct policy_on *on, const struct notice *n,
	 bool *out, struct err *e)
{
	int64_t sent = 0;
	enum rc rc = RC_OK;

	*out = false;
	if (on->cap_per_day <= 0)
		return RC_OK;
	rc = notice_count_sent(db, n->customer, n->template, n->due_us - DAY_US,
			       &sent, e);
	*out = sent >= on->cap_per_day;
	return rc;
}

static enum rc
plan_on(struct db *db, const struct happening *h, const struct customer *c,
	const struct policy *p, const struct policy_on *on, struct arena *a,
	struct notice *n, struct err *e)
{
	bool capped;
	enum rc rc;

	notice_start(n, c,
		     slice_z(arena_printf(a, "event/%.*s", SLICE_ARG(h->id))),
		     arena_dup(a, slice_z(on->template)));
	n->step = h->type;
	n->invoice = h->invoice;
	n->service = h->service;
	n->policy = arena_dup(a, slice_z(p->name));
	n->data = h->data;
	memcpy(n->policy_version, p->version, sizeof(n->policy_version));
	rc = notice_insert(db, n, e);
	if (rc == RC_OK)
		rc = over_cap(db, on, n, &capped, e);
	if (rc == RC_OK && capped)
		rc = notice_apply(db, n, NOTICE_EV_SKIP, SLICE("capped"),
				  SLICE(""), e);
	return rc;
}

/* The same id again: what it made the first time. */
static enum rc
repeated(struct db *db, const struct happening *h, const uint8_t hash[32],
	 const struct request_row *row, struct arena *a, struct notice **out,
	 size_t *n, struct err *e)
{
	struct slice subject =
	    slice_z(arena_printf(a, "event/%.*s", SLICE_ARG(h->id)));
	enum rc rc;

	if (memcmp(row->hash, hash, sizeof(row->hash)) != 0)
		return err_at(e, RC_STATE, "/id",
			      "an event with this id and other content was "
			      "taken before");
	*out = ARENA_NEW(a, struct notice);
	rc = notice_find(db, subject, h->type, 0, a, *out, e);
	*n = rc == RC_OK;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc
first_time(struct queue *q, struct db *db, const struct happening *h,
	   const struct conf *conf, struct arena *a, struct notice **out,
	   size_t *n, struct in_flight *in_flight, struct err *e)
{
	const struct policy_on *on;
	const struct policy *p;
	struct customer c;
	struct invoice i = {.policy = SLICE("")};
	enum rc rc = customer_get(db, h->customer, a, &c, e);

	if (rc == RC_NOTFOUND)
		return err_at(e, RC_INVALID, "/customer",
			      "there is no customer %.*s",
			      SLICE_ARG(h->customer));
	if (rc == RC_OK)
		rc = apply_payment(q, db, h, a, in_flight, e);
	if (rc == RC_OK && h->invoice.n > 0)
		rc = invoice_get(db, h->invoice, a, &i, e);
	if (rc == RC_NOTFOUND)
		return err_at(e, RC_INVALID, "/invoice",
			      "there is no invoice %.*s",
			      SLICE_ARG(h->invoice));
	if (rc != RC_OK)
		return rc;
	p = policy_of(conf, &c, i.policy);
	on = p == NULL ? NULL : policy_on(p, h->type);
	if (on == NULL)
		return RC_OK; /* taken, and nobody is told */
	*out = ARENA_NEW(a, struct notice);
	*n = 1;
	queue_wake_planner(q);
	return plan_on(db, h, &c, p, on, a, *out, e);
}

enum rc
happenings_post(struct queue *q, struct db *db, const struct happening *h,
		const uint8_t hash[32], struct arena *a, struct notice **out,
		size_t *n, struct in_flight *in_flight, struct err *e)
{
	struct request_row row;
	const struct conf *conf;
	enum rc rc;

	*n = 0;
	in_flight->n = 0;
	rc = request_get(
	    db, slice_z(arena_printf(a, "event/%.*s", SLICE_ARG(h->id))), a,
	    &row, e);
	if (rc == RC_OK)
		return repeated(db, h, hash, &row, a, out, n, e);
	if (rc != RC_NOTFOUND)
		return rc;
	conf = conf_box_get(q->conf);
	rc = first_time(q, db, h, conf, a, out, n, in_flight, e);
	conf_unref(conf);
	if (rc != RC_OK)
		return rc;
	memset(&row, 0, sizeof(row));
	row.key = slice_z(arena_printf(a, "event/%.*s", SLICE_ARG(h->id)));
	row.answer = SLICE("");
	row.status = 202;
	memcpy(row.hash, hash, sizeof(row.hash));
	return request_put(db, &row, clock_wall_us(), e);
}

enum rc
request_post(struct queue *q, struct db *db, const struct request *r,
	     struct arena *a, struct notice *out, struct err *e)
{
	struct customer c;
	struct invoice i;
	char random[REF_HEX];
	struct slice key = r->key;
	enum rc rc = customer_get(db, r->customer, a, &c, e);

	if (rc == RC_NOTFOUND)
		return err_at(e, RC_INVALID, "/customer",
			      "there is no customer %.*s",
			      SLICE_ARG(r->customer));
	if (rc == RC_OK && r->invoice.n > 0) {
		rc = invoice_get(db, r->invoice, a, &i, e);
		if (rc == RC_NOTFOUND)
			return err_at(e, RC_INVALID, "/invoice",
				      "there is no invoice %.*s",
				      SLICE_ARG(r->invoice));
	}
	if (rc != RC_OK)
		return rc;
	if (key.n == 0) {
		ref_hex(ref_new(), random);
		key = slice_z(random);
	}
	notice_start(out, &c,
		     slice_z(arena_printf(a, "request/%.*s", SLICE_ARG(key))),
		     r->template);
	out->step = SLICE("by-hand");
	out->invoice = r->invoice;
	out->service = r->service;
	out->data = r->data;
	if (r->not_before_us > out->due_us)
		out->due_us = out->release_us = r->not_before_us;
	out->not_after_us = r->not_after_us > 0 ? r->not_after_us
						: out->due_us + KEEP_TRYING_US;
	if (r->to.n > 0)
		out->roles =
		    slice_z(arena_printf(a, "to:%.*s", SLICE_ARG(r->to)));
	queue_wake_planner(q);
	return notice_insert(db, out, e);
}
