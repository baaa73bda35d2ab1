#include "queue/invoices.h"

#include "base/clock.h"
#include "base/date.h"
#include "queue/plan.h"
#include "queue/state.h"

bool
invoice_owed(const struct policy *p, const struct invoice *i)
{
	int64_t least = 1;

	if (p != NULL &&
	    strcmp(p->minimum.currency, i->balance.currency) == 0 &&
	    p->minimum.minor > least)
		least = p->minimum.minor;
	return i->status != INVOICE_DRAFT && i->status != INVOICE_PAID &&
	       i->status != INVOICE_CANCELLED &&
	       i->status != INVOICE_REFUNDED && i->balance.minor >= least;
}

bool
invoice_auto_renew_ok(const struct invoice *i)
{
	return i->auto_renew && !i->charge_failed;
}

/* What judges an invoice: its policy, the brand's, or (NULL) status and balance
 * alone. */
static const struct policy *
judging(const struct conf *conf, struct slice policy, struct slice brand)
{
	const struct policy *p = conf_policy(conf, policy);
	const struct brand *b = conf_brand(conf, brand);

	return p == NULL && b != NULL ? conf_policy(conf, slice_z(b->policy))
				      : p;
}

static enum course
course_of(const struct policy *p, const struct invoice *i, const char **reason)
{
	static const struct {
		enum course course;
		const char *reason;
	} by_status[] = {
	    [INVOICE_DRAFT] = {COURSE_STOP, "draft"},
	    [INVOICE_OPEN] = {COURSE_GO, ""},
	    [INVOICE_PENDING] = {COURSE_HOLD, "pending"},
	    [INVOICE_PAID] = {COURSE_STOP, "paid"},
	    [INVOICE_CANCELLED] = {COURSE_STOP, "cancelled"},
	    [INVOICE_REFUNDED] = {COURSE_STOP, "refunded"},
	    [INVOICE_DISPUTED] = {COURSE_HOLD, "disputed"},
	};

	*reason = by_status[i->status].reason;
	if (by_status[i->status].course != COURSE_STOP && !invoice_owed(p, i)) {
		*reason = "paid";
		return COURSE_STOP;
	}
	return by_status[i->status].course;
}

static const char *const status_names[] = {
    "draft", "open", "pending", "paid", "cancelled", "refunded", "disputed"};

/* invoice.planned the first time, with the list of what will be sent;
 * invoice.changed later. */
static enum rc
append_invoice(struct plan *p, bool created, struct slice why,
	       const struct in_flight *in_flight, struct err *e)
{
	const struct invoice *i = p->i;
	char date[DATE_SIZE], when[TIME_SIZE], hex[REF_HEX];
	struct notice *list;
	struct sbuf b;
	size_t n;
	enum rc rc = notice_list_invoice(p->db, i->id, p->a, &list, &n, e);

	if (rc != RC_OK)
		return rc;
	sbuf_init(&b, 1 << 20);
	sbuf_add_z(&b, "{\"invoice\":");
	sbuf_add_json(&b, i->id);
	sbuf_add_z(&b, ",\"customer\":");
	sbuf_add_json(&b, i->customer);
	date_format(i->due_on, date);
	sbuf_addf(&b,
		  ",\"rev\":%lld,\"version\":%lld,\"status\":\"%s\","
		  "\"due_on\":\"%s\",\"currency\":\"%s\",\"balance\":\"",
		  (long long)i->rev, (long long)i->version,
		  status_names[i->status], date, i->balance.currency);
	money_add(&b, i->balance);
	sbuf_add_z(&b, "\",\"policy\":");
	sbuf_add_json(&b, i->policy);
	if (why.n > 0) {
		sbuf_add_z(&b, ",\"why\":");
		sbuf_add_json(&b, why);
	}
	sbuf_add_z(&b, ",\"in_flight\":[");
	for (size_t k = 0; k < in_flight->n; k++) {
		ref_hex(in_flight->mrefs[k], hex);
		sbuf_addf(&b, "%s\"%s\"", k > 0 ? "," : "", hex);
	}
	sbuf_add_z(&b, "],\"notices\":[");
	for (size_t k = 0; k < n; k++) {
		ref_hex(list[k].ref, hex);
		time_format(list[k].due_us, when);
		sbuf_addf(&b, "%s{\"id\":\"%s\",\"step\":", k > 0 ? "," : "",
			  hex);
		sbuf_add_json(&b, list[k].step);
		sbuf_addf(&b, ",\"due_at\":\"%s\",\"state\":\"%s\"}", when,
			  notice_state_name(list[k].state));
	}
	sbuf_add_z(&b, "]}");
	rc = ledger_append(
	    p->db, created ? KIND_INVOICE_PLANNED : KIND_INVOICE_CHANGED,
	    i->ref, sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

/* A payment, a cancellation and a dispute need no policy; what is new does. */
static bool
needs_policy(const struct plan *p, const struct invoice *old)
{
	return old == NULL || (p->course == COURSE_GO &&
			       (old->due_on != p->i->due_on ||
				!slice_eq(old->policy, p->i->policy)));
}

/* Customer and policy of an invoice, or which field is wrong. */
static enum rc
plan_start(struct plan *p, const struct conf *conf, const struct invoice *old,
	   struct err *e)
{
	const struct brand *brand;
	enum rc rc = customer_get(p->db, p->i->customer, p->a, &p->customer, e);

	if (rc == RC_NOTFOUND)
		return err_at(e, RC_INVALID, "/customer",
			      "there is no customer %.*s; put it first",
			      SLICE_ARG(p->i->customer));
	if (rc != RC_OK)
		return rc;
	brand = conf_brand(conf, p->customer.brand);
	if (p->i->policy.n == 0 && brand != NULL)
		p->i->policy = arena_dup(p->a, slice_z(brand->policy));
	p->policy = conf_policy(conf, p->i->policy);
	p->course = course_of(judging(conf, p->i->policy, p->customer.brand),
			      p->i, &p->reason);
	if (p->policy == NULL && needs_policy(p, old))
		return err_at(e, RC_INVALID, "/policy",
			      "there is no policy %.*s in the configuration",
			      SLICE_ARG(p->i->policy));
	if (p->policy == NULL) {
		p->i->policy = old->policy;
		p->policy = conf_policy(conf, old->policy);
	}
	p->subject =
	    slice_z(arena_printf(p->a, "invoice/%.*s", SLICE_ARG(p->i->id)));
	memcpy(p->i->policy_version,
	       p->policy != NULL ? p->policy->version : old->policy_version,
	       sizeof(p->i->policy_version));
	return RC_OK;
}

static enum rc
put(struct plan *p, const struct invoice *old, struct slice why,
    struct invoice_result *out, struct err *e)
{
	bool changed = old == NULL || old->rev != p->i->rev ||
		       old->status != p->i->status ||
		       old->balance.minor != p->i->balance.minor ||
		       old->charge_failed != p->i->charge_failed ||
		       !slice_eq(old->body, p->i->body);
	enum rc rc;

	p->i->version = old == NULL ? 1 : old->version + changed;
	p->i->updated_us = p->now;
	rc = changed ? invoice_put(p->db, p->i, e) : RC_OK;
	if (rc == RC_OK)
		rc = plan_align(p, old == NULL ? DATE_NONE : old->due_on,
				&out->in_flight, e);
	if (rc == RC_OK && changed)
		rc = append_invoice(p, old == NULL, why, &out->in_flight, e);
	out->created = old == NULL;
	out->version = p->i->version;
	return rc;
}

static enum rc
start_and_put(struct queue *q, struct db *db, struct invoice *i,
	      const struct invoice *old, struct slice why, struct arena *a,
	      struct invoice_result *out, struct err *e)
{
	const struct conf *conf = conf_box_get(q->conf);
	struct plan *p = ARENA_NEW(a, struct plan);
	enum rc rc;

	p->q = q;
	p->db = db;
	p->i = i;
	p->a = a;
	p->now = clock_wall_us();
	rc = plan_start(p, conf, old, e);
	if (rc == RC_OK)
		rc = put(p, old, why, out, e);
	conf_unref(conf);
	return rc;
}

enum rc
invoices_put(struct queue *q, struct db *db, struct invoice *i, struct arena *a,
	     struct invoice_result *out, struct err *e)
{
	struct invoice old;
	enum rc rc = invoice_get(db, i->id, a, &old, e);

	if (rc != RC_OK && rc != RC_NOTFOUND)
		return rc;
	if (rc == RC_NOTFOUND) {
		i->ref = ref_new();
		i->created_us = clock_wall_us();
		i->objected_due = DATE_NONE;
		return start_and_put(q, db, i, NULL, SLICE(""), a, out, e);
	}
	if (i->rev < old.rev)
		return err_at(e, RC_STATE, "/rev",
			      "stale: revision %lld is stored already",
			      (long long)old.rev);
	if (!slice_eq(i->customer, old.customer))
		return err_at(e, RC_INVALID, "/customer",
			      "the invoice belongs to customer %.*s",
			      SLICE_ARG(old.customer));
	/* Said again, perhaps after a lost answer: a payment told meanwhile
	 * stands. */
	if (i->rev > 0 && i->rev == old.rev && slice_eq(i->body, old.body)) {
		i->balance = old.balance;
		i->retry_on = old.retry_on;
	}
	i->ref = old.ref;
	i->created_us = old.created_us;
	i->charge_failed = old.charge_failed;
	i->objected_until_us = old.objected_until_us;
	i->objected_due = old.objected_due;
	return start_and_put(q, db, i, &old, SLICE(""), a, out, e);
}

enum rc
invoices_refresh(struct queue *q, struct db *db, struct invoice *i,
		 struct slice why, struct arena *a, struct invoice_result *out,
		 struct err *e)
{
	struct invoice old;
	enum rc rc = invoice_get(db, i->id, a, &old, e);

	if (rc != RC_OK)
		return rc;
	return start_and_put(q, db, i, &old, why, a, out, e);
}

/* Why a released notice may not go now; NULL: it may. */
static const char *
second_thoughts(const struct conf *conf, const struct notice *n,
		const struct invoice *i, enum outbox_stop *how)
{
	const struct policy *p = judging(conf, i->policy, n->brand);
	bool step = slice_starts(n->subject, SLICE("invoice/"));
	const char *reason;

	*how = OUTBOX_CANCEL;
	switch (course_of(p, i, &reason)) {
	case COURSE_STOP:
		return reason;
	case COURSE_HOLD:
		*how = OUTBOX_HOLD;
		return step ? reason : NULL; /* a mail about the dispute goes */
	case COURSE_GO:
		break;
	}
	return !step || n->anchor == i->due_on || n->anchor == i->issued_on
		   ? NULL
		   : "superseded";
}

enum rc
invoices_review(struct queue *q, struct db *db, struct message *m,
		struct arena *a, bool *go, struct err *e)
{
	const struct conf *conf = conf_box_get(q->conf);
	struct invoice_terms *list;
	size_t n;
	enum rc rc = invoice_list_terms(db, m->id, a, &list, &n, e);

	*go = true;
	for (size_t k = 0; rc == RC_OK && *go && k < n; k++) {
		const struct invoice *i = &list[k].invoice;
		enum outbox_stop how;
		const char *why;

		if (!outbox_asks(&list[k].notice))
			continue;
		why = second_thoughts(conf, &list[k].notice, i, &how);
		if (why == NULL)
			continue;
		*go = false;
		rc = outbox_take_out(q, db, m, i->id, how, slice_z(why), a, e);
	}
	conf_unref(conf);
	return rc;
}
