#include "queue/plan.h"

#include "base/clock.h"
#include "base/date.h"
#include "queue/state.h"
#include "store/act.h"

/* Invariants.
 * 1. After each change of an invoice its notices are what the policy wants of
 *    its present state; what was released is never taken back to planned.
 * 2. A step is planned once for a date: a return to that date revives what was
 *    cancelled, never what was sent.
 * 3. Where the policy has left the configuration nothing new is planned, and
 *    what is there is stopped, held and let go all the same. */

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
add_step(struct plan *p, const struct step_time *t, struct err *e)
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
add_due_changed(struct plan *p, int32_t old_due, struct err *e)
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
	n.not_after_us = n.due_us + KEEP_TRYING_US;
	memcpy(n.policy_version, p->policy->version, sizeof(n.policy_version));
	rc = notice_insert(p->db, &n, e);
	return rc == RC_STATE ? RC_OK : rc; /* told already */
}

/* The steps that the policy wants now. */
static enum rc
find_steps(struct plan *p, const struct anchors *at, struct err *e)
{
	if (p->policy == NULL)
		return RC_OK;
	if (p->policy->steps_n > PLAN_STEPS_MAX)
		return err_set(e, RC_LIMIT, "a policy has over %d steps",
			       PLAN_STEPS_MAX);
	return schedule_steps(p->policy, at, p->steps, &p->steps_n, e);
}

static enum rc
put_acts(struct plan *p, const struct anchors *at, struct err *e)
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

enum rc
plan_align(struct plan *p, int32_t old_due, struct in_flight *in_flight,
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
	enum rc rc = find_steps(p, &at, e);

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
			rc = add_step(p, &p->steps[i], e);
	if (rc == RC_OK && told && p->course == COURSE_GO && p->policy != NULL)
		rc = add_due_changed(p, old_due, e);
	if (rc == RC_OK)
		rc = put_acts(p, &at, e);
	queue_wake_planner(p->q);
	return rc;
}
