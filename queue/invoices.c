#include "queue/invoices.h"

#include "base/clock.h"
#include "base/date.h"
#include "queue/schedule.h"
#include "queue/state.h"
#include "store/act.h"

/* Invariants.
 * 1. After each change of an invoice its notices are what the policy wants of
 *    its present state; what was released is never taken back to planned.
 * 2. A step is planned once for a date: a return to that date revives what was
 *    cancelled, never what was sent.
 * 3. Where the policy has left the configuration nothing new is planned, and
 *    what is there is stopped, held and let go all the same. */

#define STEPS_MAX 256

/* What the state of an invoice asks of its notices. */
enum course { COURSE_GO, COURSE_HOLD, COURSE_STOP };

struct plan {
	struct queue *q;
	struct db *db;
	const struct policy *policy; /* NULL: it is gone */
	struct invoice *i;
	struct customer customer;
	struct slice subject;
	enum course course;
	const char *reason; /* of a hold or stop */
	struct step_time steps[STEPS_MAX];
	size_t steps_n;
	bool step_known[STEPS_MAX];
	int64_t now;
	struct arena *a;
};

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

/* Reasons of ours, which go when the invoice changes again; what a person
 * cancelled stays so. */
static bool
passing_reason(struct slice reason)
{
	static const char *const passing[] = {
	    "paid",  "cancelled", "refunded", "superseded",
	    "draft", "pending",	  "disputed"};

	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++)
		if (slice_eq_z(reason, passing[i]))
			return true;
	return false;
}

/* A moment within the spread after an opening, the same for all that may go in
 * one message. */
static int64_t
spread(const struct plan *p, const struct step_time *t)
{
	uint64_t h = 1469598103934665603u;

	if (p->policy->spread_us <= 0 || t->step->critical)
		return 0;
	for (size_t i = 0; i < p->i->customer.n; i++)
		h = (h ^ (uint8_t)p->i->customer.p[i]) * 1099511628211u;
	return (int64_t)(h % (uint64_t)p->policy->spread_us);
}

static void
set_times(const struct plan *p, const struct policy *policy,
	  const struct step_time *t, struct notice *n)
{
	n->due_us = t->due_us;
	n->release_us = t->due_us + spread(p, t);
	n->not_after_us = t->not_after_us;
	n->template = slice_z(t->step->template);
	n->critical = t->step->critical;
	memcpy(n->policy_version, policy->version, sizeof(n->policy_version));
}

static const struct step_time *
wanted(struct plan *p, const struct notice *n)
{
	for (size_t i = 0; i < p->steps_n; i++) {
		if (p->steps[i].anchor != n->anchor ||
		    !slice_eq_z(n->step, p->steps[i].step->name))
			continue;
		p->step_known[i] = true;
		return &p->steps[i];
	}
	return NULL;
}

static enum rc
skip_if_late(const struct plan *p, struct notice *n, struct err *e)
{
	if (p->policy == NULL || n->state != NOTICE_PLANNED || n->critical ||
	    p->policy->late_us <= 0 || n->due_us + p->policy->late_us > p->now)
		return RC_OK;
	return notice_apply(p->db, n, NOTICE_EV_SKIP, SLICE("late"), SLICE(""),
			    e);
}

/* Brings a notice that is there in line. */
static enum rc
align(struct plan *p, struct notice *n, struct err *e)
{
	const struct policy *policy = p->policy;
	const struct step_time *t = policy != NULL ? wanted(p, n) : NULL;
	bool open = n->state == NOTICE_PLANNED || n->state == NOTICE_HELD;
	bool keep = t != NULL || (slice_eq_z(n->step, "due-changed") &&
				  n->anchor == p->i->due_on);
	enum rc rc = RC_OK;

	if (policy == NULL)
		keep =
		    n->anchor == p->i->due_on || n->anchor == p->i->issued_on;
	if (open && !keep)
		return notice_apply(p->db, n, NOTICE_EV_CANCEL,
				    SLICE("superseded"), SLICE(""), e);
	if (open && p->course == COURSE_STOP)
		return notice_apply(p->db, n, NOTICE_EV_CANCEL,
				    slice_z(p->reason), SLICE(""), e);
	if (n->state == NOTICE_CANCELLED && keep && p->course != COURSE_STOP &&
	    passing_reason(n->reason)) {
		if (t != NULL)
			set_times(p, policy, t, n);
		rc = notice_apply(p->db, n, NOTICE_EV_REVIVE, SLICE(""),
				  SLICE(""), e);
	} else if (n->state == NOTICE_HELD && p->course == COURSE_GO &&
		   passing_reason(n->reason)) {
		rc = notice_apply(p->db, n, NOTICE_EV_RESUME, SLICE(""),
				  SLICE(""), e);
	}
	if (rc == RC_OK && n->state == NOTICE_PLANNED && t != NULL &&
	    n->due_us != t->due_us) {
		set_times(p, policy, t, n);
		rc = notice_update(p->db, n, e);
	}
	if (rc == RC_OK && n->state == NOTICE_PLANNED &&
	    p->course == COURSE_HOLD)
		rc = notice_apply(p->db, n, NOTICE_EV_HOLD, slice_z(p->reason),
				  SLICE(""), e);
	return rc == RC_OK ? skip_if_late(p, n, e) : rc;
}

static struct slice
roles_text(const struct plan *p, const struct policy_step *step)
{
	struct sbuf b;
	struct slice out;

	if (step->roles == NULL)
		return SLICE("");
	sbuf_init(&b, 4096);
	for (size_t i = 0; step->roles[i] != NULL; i++) {
		if (i > 0)
			sbuf_add_c(&b, ',');
		sbuf_add_z(&b, step->roles[i]);
	}
	out = arena_dup(p->a, sbuf_slice(&b));
	sbuf_fini(&b);
	return out;
}

static void
notice_start(const struct plan *p, struct notice *n)
{
	memset(n, 0, sizeof(*n));
	n->ref = ref_new();
	n->subject = p->subject;
	n->customer = p->i->customer;
	n->invoice = p->i->id;
	n->brand = p->customer.brand;
	n->policy = slice_z(p->policy->name);
	n->state = NOTICE_PLANNED;
	n->created_us = p->now;
}

static enum rc
plan_step(struct plan *p, const struct step_time *t, struct err *e)
{
	struct notice n;
	enum rc rc;

	notice_start(p, &n);
	n.step = slice_z(t->step->name);
	n.anchor = t->anchor;
	n.roles = roles_text(p, t->step);
	set_times(p, p->policy, t, &n);
	rc = notice_insert(p->db, &n, e);
	if (rc == RC_OK && p->course == COURSE_HOLD)
		return notice_apply(p->db, &n, NOTICE_EV_HOLD,
				    slice_z(p->reason), SLICE(""), e);
	return rc == RC_OK ? skip_if_late(p, &n, e) : rc;
}

/* Did a mail that named the old date arrive, or may it have? */
static enum rc
told_old_date(struct plan *p, const struct notice *list, size_t n,
	      int32_t old_due, bool *out, struct err *e)
{
	*out = false;
	for (size_t i = 0; i < n && !*out; i++) {
		struct message *m;
		size_t count;
		enum rc rc;

		if (list[i].anchor != old_due ||
		    (list[i].state != NOTICE_RELEASED &&
		     list[i].state != NOTICE_DONE))
			continue;
		rc =
		    message_list_notice(p->db, list[i].id, p->a, &m, &count, e);
		if (rc != RC_OK)
			return rc;
		for (size_t k = 0; k < count; k++)
			if (m[k].accepted_us > 0 || m[k].uncertain > 0)
				*out = true;
	}
	return RC_OK;
}

static enum rc
plan_due_changed(struct plan *p, int32_t old_due, struct err *e)
{
	char date[DATE_SIZE];
	struct notice n;
	int64_t closes;
	enum rc rc;

	date_format(old_due, date);
	notice_start(p, &n);
	n.step = n.template = SLICE("due-changed");
	n.anchor = p->i->due_on;
	n.data = slice_z(arena_printf(p->a, "{\"old_due_on\":\"%s\"}", date));
	rc = window_next(&p->policy->window, p->policy->time_zone, p->now,
			 &n.due_us, &closes, e);
	if (rc != RC_OK)
		return rc;
	n.release_us = n.due_us;
	n.not_after_us = n.due_us + 5 * DAY_US;
	memcpy(n.policy_version, p->policy->version, sizeof(n.policy_version));
	rc = notice_insert(p->db, &n, e);
	return rc == RC_STATE ? RC_OK : rc; /* told already */
}

/* The steps that the policy wants now. */
static enum rc
plan_steps(struct plan *p, const struct anchors *at, struct err *e)
{
	if (p->policy == NULL)
		return RC_OK;
	if (p->policy->steps_n > STEPS_MAX)
		return err_set(e, RC_LIMIT, "a policy has over %d steps",
			       STEPS_MAX);
	return schedule_steps(p->policy, at, p->steps, &p->steps_n, e);
}

static enum rc
plan_acts(struct plan *p, const struct anchors *at, struct err *e)
{
	for (size_t i = 0; p->policy != NULL && i < p->policy->acts_n; i++) {
		const struct policy_act *act = &p->policy->acts[i];
		struct act_row row = {.invoice = p->i->id,
				      .act = slice_z(act->name),
				      .anchor = p->i->due_on};
		enum rc rc = schedule_act(p->policy, act, at, &row.opens_us, e);

		if (rc == RC_NOTFOUND)
			continue;
		row.state = p->course == COURSE_STOP ? ACT_OFF : ACT_WAITS;
		if (rc == RC_OK)
			rc = act_put(p->db, &row, e);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

/* Messages that wait: stopped, held, let go. */
static enum rc
steer_messages(struct plan *p, int32_t old_due, struct in_flight *out,
	       struct err *e)
{
	out->n = 0;
	switch (p->course) {
	case COURSE_STOP:
		return outbox_stop(p->q, p->db, p->i->id, OUTBOX_CANCEL,
				   slice_z(p->reason), p->a, out, e);
	case COURSE_HOLD:
		return outbox_stop(p->q, p->db, p->i->id, OUTBOX_HOLD,
				   slice_z(p->reason), p->a, out, e);
	case COURSE_GO:
		break;
	}
	if (old_due != DATE_NONE && old_due != p->i->due_on)
		return outbox_stop(p->q, p->db, p->i->id, OUTBOX_CANCEL,
				   SLICE("superseded"), p->a, out, e);
	return outbox_resume(p->q, p->db, p->i->id, p->a, e);
}

static enum rc
align_all(struct plan *p, int32_t old_due, struct in_flight *in_flight,
	  struct err *e)
{
	bool moved = old_due != DATE_NONE && old_due != p->i->due_on;
	bool told = false;
	struct anchors at = {.due = p->i->due_on,
			     .issued = p->i->issued_on,
			     .expires = DATE_NONE,
			     .act_not_before = p->i->retry_on,
			     .customer_zone =
				 arena_z(p->a, p->customer.time_zone)};
	struct notice *list;
	size_t n;
	enum rc rc = plan_steps(p, &at, e);

	if (rc == RC_OK)
		rc = steer_messages(p, old_due, in_flight, e);
	if (rc == RC_OK)
		rc = notice_list_invoice(p->db, p->i->id, p->a, &list, &n, e);
	if (rc == RC_OK && moved)
		rc = told_old_date(p, list, n, old_due, &told, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		if (slice_eq(list[i].subject, p->subject))
			rc = align(p, &list[i], e);
	for (size_t i = 0;
	     rc == RC_OK && i < p->steps_n && p->course != COURSE_STOP; i++)
		if (!p->step_known[i])
			rc = plan_step(p, &p->steps[i], e);
	if (rc == RC_OK && told && p->course == COURSE_GO && p->policy != NULL)
		rc = plan_due_changed(p, old_due, e);
	if (rc == RC_OK)
		rc = plan_acts(p, &at, e);
	queue_wake_planner(p->q);
	return rc;
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
		rc = align_all(p, old == NULL ? DATE_NONE : old->due_on,
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
