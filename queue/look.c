/*
 * 1. A notice is looked at again in the transaction that releases it: paid,
 *    disputed, held, suppressed, capped, outside its window or too late is
 *    found there, and each "no" is an event with its reason.
 * 2. What is released becomes messages in the same transaction.
 */
#include "queue/look.h"

#include "base/clock.h"
#include "queue/invoices.h"
#include "queue/outbox.h"
#include "queue/recipients.h"
#include "queue/schedule.h"
#include "queue/state.h"

#define GROUP_MAX 100

/* What looking again says of one notice. */
enum judgement { GOES, WAITS, ENDS };

static const struct policy_step *
find_step(const struct policy *p, struct slice name)
{
	for (size_t i = 0; p != NULL && i < p->steps_n; i++)
		if (slice_eq_z(name, p->steps[i].name))
			return &p->steps[i];
	return NULL;
}

static const struct policy *
policy_of(const struct conf *conf, const struct notice *n)
{
	const struct brand *brand = conf_brand(conf, n->brand);
	const struct policy *p = conf_policy(conf, n->policy);

	return p == NULL && brand != NULL
		   ? conf_policy(conf, slice_z(brand->policy))
		   : p;
}

static const struct policy_step *
step_of(const struct policy *p, const struct notice *n)
{
	return slice_starts(n->subject, SLICE("invoice/"))
		   ? find_step(p, n->step)
		   : NULL;
}

static enum rc
load(struct look *l, const struct notice *n, struct err *e)
{
	enum rc rc = customer_get(l->db, n->customer, l->a, &l->customer, e);

	if (rc == RC_OK && n->invoice.n > 0)
		rc = invoice_get(l->db, n->invoice, l->a, &l->invoice, e);
	if (rc != RC_OK)
		return rc;
	l->policy = policy_of(l->conf, n);
	l->step = step_of(l->policy, n);
	return RC_OK;
}

static enum rc
end(struct look *l, struct notice *n, enum notice_event ev, const char *reason,
    enum judgement *out, struct err *e)
{
	*out = ENDS;
	return notice_apply(l->db, n, ev, slice_z(reason), SLICE(""), e);
}

/* Why a step is no longer wanted; NULL: it is. */
static const char *
unwanted(const struct policy_step *step, const struct invoice *i)
{
	bool renews = invoice_auto_renew_ok(i);

	if (step == NULL)
		return NULL;
	if ((step->unless & COND_AUTO_RENEW_OK) != 0 && renews)
		return "auto_renew";
	if ((step->only & COND_AUTO_RENEW_OK) != 0 && !renews)
		return "no_auto_renew";
	return NULL;
}

const char *
look_unwanted(const struct conf *conf, const struct notice *n,
	      const struct invoice *i)
{
	return unwanted(step_of(policy_of(conf, n), n), i);
}

static enum rc
capped(const struct look *l, const struct notice *n, bool *out, struct err *e)
{
	int64_t sent = 0;
	enum rc rc = RC_OK;

	*out = false;
	if (l->policy == NULL || l->policy->cap_per_day <= 0 || n->critical ||
	    l->step == NULL)
		return RC_OK;
	rc = notice_count_sent(l->db, n->customer, SLICE(""), l->now - DAY_US,
			       &sent, e);
	*out = sent >= l->policy->cap_per_day;
	return rc;
}

/* Outside its window it waits for the next opening; events and requests go at
 * any hour, since somebody has just done something. */
static enum rc
in_window(struct look *l, struct notice *n, enum judgement *out, struct err *e)
{
	const struct policy_window *w;
	int64_t opens, closes;
	const char *zone;
	enum rc rc;

	if (l->policy == NULL || l->step == NULL)
		return RC_OK;
	w = &l->policy->window;
	zone = w->customer ? arena_z(l->a, l->customer.time_zone)
			   : l->policy->time_zone;
	rc = window_next(w, zone, l->now, &opens, &closes, e);
	if (rc != RC_OK || opens <= l->now)
		return rc;
	n->release_us = opens;
	*out = WAITS;
	return notice_update(l->db, n, e);
}

/* Looks at a planned notice again and ends or moves what may not go now. */
static enum rc
judge(struct look *l, struct notice *n, enum judgement *out, struct err *e)
{
	const char *why;
	bool over;
	enum rc rc = load(l, n, e);

	*out = GOES;
	if (rc == RC_NOTFOUND)
		return end(l, n, NOTICE_EV_SKIP, "no_address", out, e);
	if (rc != RC_OK)
		return rc;
	if (l->customer.hold_until_us > l->now)
		return end(l, n, NOTICE_EV_HOLD, "customer_hold", out, e);
	if (n->invoice.n > 0 && outbox_asks(n) &&
	    !invoice_owed(l->policy, &l->invoice))
		return end(l, n, NOTICE_EV_CANCEL, "paid", out, e);
	why = unwanted(l->step, &l->invoice);
	if (why != NULL)
		return end(l, n, NOTICE_EV_SKIP, why, out, e);
	if (l->forced)
		return RC_OK;
	/* An act waits for it however late it is, by its whole lead. */
	if (n->critical && n->not_after_us < l->now + KEEP_TRYING_US)
		n->not_after_us = l->now + KEEP_TRYING_US;
	if (n->not_after_us < l->now ||
	    (l->step != NULL && !n->critical && l->policy->late_us > 0 &&
	     n->due_us + l->policy->late_us < l->now))
		return end(l, n, NOTICE_EV_SKIP, "late", out, e);
	rc = capped(l, n, &over, e);
	if (rc == RC_OK && over)
		return end(l, n, NOTICE_EV_SKIP, "capped", out, e);
	return rc == RC_OK ? in_window(l, n, out, e) : rc;
}

/* Nobody is left to tell: said as such, loudly when an act depends on it. */
static enum rc
unreachable(struct look *l, struct notice **group, size_t n, size_t suppressed,
	    struct err *e)
{
	const char *reason =
	    suppressed > 0 ? OUTBOX_SUPPRESSED : OUTBOX_NO_ADDRESS;
	bool critical = false;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		critical |= group[i]->critical;
		rc = notice_apply(l->db, group[i], NOTICE_EV_SKIP,
				  slice_z(reason), SLICE(""), e);
	}
	return rc == RC_OK
		   ? outbox_unreachable(l->db, &l->customer, group[0]->step,
					reason, critical, e)
		   : rc;
}

/* Others get it; who does not is said all the same. */
static enum rc
leave_out(struct look *l, struct notice **group, size_t n,
	  const struct contact *k, struct err *e)
{
	char hex[REF_HEX];
	struct sbuf b;
	enum rc rc;

	sbuf_init(&b, 65536);
	sbuf_add_z(&b, "{\"customer\":");
	sbuf_add_json(&b, l->customer.id);
	sbuf_add_z(&b, ",\"contact\":");
	sbuf_add_json(&b, k->id);
	sbuf_add_z(&b, ",\"step\":");
	sbuf_add_json(&b, group[0]->step);
	sbuf_add_z(&b, ",\"reason\":\"suppressed\",\"notices\":[");
	for (size_t i = 0; i < n; i++) {
		ref_hex(group[i]->ref, hex);
		sbuf_addf(&b, "%s\"%s\"", i > 0 ? "," : "", hex);
	}
	sbuf_add_z(&b, "]}");
	rc = ledger_append(l->db, KIND_CONTACT_SKIPPED, l->customer.ref,
			   sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

static enum rc
left(struct look *l, struct notice **group, size_t n, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = notice_apply(l->db, group[i], NOTICE_EV_SKIP,
				  SLICE("opted_out"), SLICE(""), e);
	return rc;
}

static enum rc
release(struct look *l, struct notice **group, size_t n, struct err *e)
{
	struct recipients to;
	bool optional = policy_may_leave(l->policy, group[0]->step);
	bool had = false;
	enum rc rc = recipients_find(l->q, l->db, &l->customer, group[0]->roles,
				     optional, l->a, &to, e);

	if (rc != RC_OK)
		return rc;
	if (to.n == 0 && to.gone > 0)
		return left(l, group, n, e);
	if (to.n == 0)
		return unreachable(l, group, n, to.suppressed, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		group[i]->released_us = l->now;
		rc = notice_apply(l->db, group[i], NOTICE_EV_RELEASE, SLICE(""),
				  l->more, e);
	}
	for (size_t i = 0; rc == RC_OK && i < to.n; i++) {
		struct message m;

		rc = outbox_make(l->q, l->db, &l->customer, to.list[i], group,
				 n, &m, e);
		had |= rc == RC_NOTFOUND;
		if (rc == RC_NOTFOUND)
			rc = RC_OK;
	}
	for (size_t i = 0; rc == RC_OK && i < to.suppressed; i++)
		rc = leave_out(l, group, n, to.left_out[i], e);
	/* One that was revived may have reached all of them before. */
	for (size_t i = 0; rc == RC_OK && had && i < n; i++)
		rc = outbox_settle_notice(l->db, group[i], l->a, e);
	return rc;
}

/* Others of the same customer, template and date go in the same message. */
static enum rc
gather(struct look *l, struct notice *first, struct notice **group, size_t *n,
       struct err *e)
{
	struct invoice mine = l->invoice;
	struct customer customer = l->customer;
	struct notice *mates;
	size_t count;
	enum rc rc;

	group[0] = first;
	*n = 1;
	if (l->step == NULL || l->policy == NULL || !l->policy->group_due_date)
		return RC_OK;
	rc = notice_list_mates(l->db, first,
			       l->now > first->release_us ? l->now
							  : first->release_us,
			       l->a, &mates, &count, e);
	for (size_t i = 0; rc == RC_OK && i < count && *n < GROUP_MAX; i++) {
		enum judgement j;

		if (mates[i].id == first->id ||
		    !slice_eq(mates[i].step, first->step))
			continue;
		rc = judge(l, &mates[i], &j, e);
		if (rc != RC_OK || j != GOES ||
		    strcmp(l->invoice.total.currency, mine.total.currency) != 0)
			continue;
		group[(*n)++] = &mates[i];
	}
	l->invoice = mine;
	l->customer = customer;
	return rc;
}

enum rc
look_release(struct look *l, struct ref ref, struct err *e)
{
	struct notice **group = ARENA_ARRAY(l->a, struct notice *, GROUP_MAX);
	struct notice *n = ARENA_NEW(l->a, struct notice);
	enum judgement j;
	size_t count;
	enum rc rc = notice_get(l->db, ref, l->a, n, e);

	if (rc != RC_OK || n->state != NOTICE_PLANNED)
		return rc; /* gone with a mate */
	rc = judge(l, n, &j, e);
	if (rc != RC_OK || j != GOES)
		return rc;
	rc = gather(l, n, group, &count, e);
	return rc == RC_OK ? release(l, group, count, e) : rc;
}
