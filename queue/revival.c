#include "queue/revival.h"

#include "base/clock.h"
#include "queue/invoices.h"
#include "queue/outbox.h"
#include "queue/schedule.h"
#include "queue/state.h"
#include "store/act.h"

static bool
needs(const struct policy *p, struct slice act, struct slice step)
{
	for (size_t i = 0; i < p->acts_n; i++)
		for (size_t k = 0; k < p->acts[i].needs_n; k++) {
			int at = p->acts[i].needs[k];

			if (slice_eq_z(act, p->acts[i].name) &&
			    slice_eq_z(step, p->steps[at].name))
				return true;
		}
	return false;
}

/* Whether an act that a step is needed for may have happened: its day was told
 * to billing. */
static enum rc
was_due(struct db *db, const struct policy *p, const struct notice *n,
	struct arena *a, bool *out, struct err *e)
{
	struct act_row *rows;
	size_t count;
	enum rc rc = act_list_invoice(db, n->invoice, a, &rows, &count, e);

	*out = false;
	for (size_t i = 0; rc == RC_OK && i < count; i++)
		*out |= rows[i].anchor == n->anchor &&
			rows[i].state == ACT_ANNOUNCED &&
			needs(p, rows[i].act, n->step);
	return rc;
}

static bool
had_nobody(const struct notice *n)
{
	return n->state == NOTICE_SKIPPED &&
	       (slice_eq_z(n->reason, OUTBOX_SUPPRESSED) ||
		slice_eq_z(n->reason, OUTBOX_NO_ADDRESS));
}

/* Whether nobody got it, and no person wanted that. */
static enum rc
in_vain(struct db *db, const struct notice *n, struct arena *a, bool *out,
	struct err *e)
{
	struct message *list;
	size_t count;
	enum rc rc;

	*out = had_nobody(n);
	if (n->state != NOTICE_DONE)
		return RC_OK;
	rc = message_list_notice(db, n->id, a, &list, &count, e);
	*out = rc == RC_OK;
	for (size_t i = 0; rc == RC_OK && i < count; i++)
		if (list[i].uncertain > 0 ||
		    list[i].state == MESSAGE_ACCEPTED ||
		    list[i].state == MESSAGE_DELIVERED ||
		    list[i].state == MESSAGE_COMPLAINED ||
		    slice_starts(list[i].reason, SLICE("by hand")))
			*out = false;
	return rc;
}

static enum rc
revive(struct db *db, const struct conf *conf, struct notice *n,
       struct slice reason, struct arena *a, struct err *e)
{
	const struct policy *p;
	struct invoice i;
	bool yes, late;
	enum rc rc = in_vain(db, n, a, &yes, e);

	if (rc != RC_OK || !yes)
		return rc;
	rc = invoice_get(db, n->invoice, a, &i, e);
	if (rc != RC_OK)
		return rc == RC_NOTFOUND ? RC_OK : rc;
	p = conf_policy(conf, i.policy);
	if (p == NULL || n->anchor != i.due_on || !invoice_owed(p, &i))
		return RC_OK;
	rc = was_due(db, p, n, a, &late, e);
	if (rc != RC_OK || late)
		return rc;
	n->release_us = clock_wall_us();
	rc = notice_apply(db, n, NOTICE_EV_REVIVE, reason, SLICE(""), e);
	if (rc == RC_OK &&
	    (i.status == INVOICE_DISPUTED || i.status == INVOICE_PENDING))
		rc = notice_apply(db, n, NOTICE_EV_HOLD,
				  i.status == INVOICE_DISPUTED
				      ? SLICE("disputed")
				      : SLICE("pending"),
				  SLICE(""), e);
	return rc;
}

enum rc
revival_customer(struct queue *q, struct db *db, const struct customer *c,
		 struct slice reason, struct arena *a, struct err *e)
{
	const struct conf *conf = conf_box_get(q->conf);
	struct notice *list;
	size_t n;
	enum rc rc =
	    notice_list_customer(db, c->id, INT64_MAX, 10000, a, &list, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		if (list[i].critical && list[i].invoice.n > 0)
			rc = revive(db, conf, &list[i], reason, a, e);
	conf_unref(conf);
	queue_wake_planner(q);
	return rc;
}

enum rc
revival_address(struct queue *q, struct db *db, struct slice brand,
		struct slice address, struct arena *a, struct err *e)
{
	struct slice *ids;
	size_t n;
	enum rc rc = customer_list_email(db, address, a, &ids, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct customer c;

		rc = customer_get(db, ids[i], a, &c, e);
		if (rc == RC_OK && slice_eq(c.brand, brand))
			rc = revival_customer(q, db, &c,
					      SLICE(REVIVAL_RESTORED), a, e);
	}
	return rc;
}

/* Whether what a notice asks for is of another day now. */
static enum rc
moved(struct db *db, const struct notice *n, struct arena *a, bool *out,
      struct err *e)
{
	struct invoice i;
	enum rc rc;

	*out = false;
	if (!slice_starts(n->subject, SLICE("invoice/")))
		return RC_OK;
	rc = invoice_get(db, n->invoice, a, &i, e);
	*out = rc == RC_OK && n->anchor != i.due_on;
	return rc;
}

/* Whether a server took one of its messages, or may have. */
static enum rc
was_taken(struct db *db, const struct notice *n, struct arena *a, bool *out,
	  struct err *e)
{
	struct message *list;
	size_t count;
	enum rc rc = message_list_notice(db, n->id, a, &list, &count, e);

	*out = false;
	for (size_t i = 0; rc == RC_OK && i < count; i++)
		*out |= list[i].uncertain > 0 || list[i].accepted_us > 0;
	return rc;
}

enum rc
revival_by_hand(struct db *db, struct notice *n, struct slice more,
		struct arena *a, struct err *e)
{
	bool taken = false, other = false;
	enum rc rc = RC_OK;

	if (n->state != NOTICE_DONE && n->state != NOTICE_SKIPPED)
		return err_set(e, RC_STATE, "the notice is %s already",
			       notice_state_name(n->state));
	rc = was_taken(db, n, a, &taken, e);
	if (rc == RC_OK && !taken)
		rc = moved(db, n, a, &other, e);
	if (rc != RC_OK)
		return rc;
	if (taken)
		return err_set(e, RC_STATE,
			       "the notice was sent already: a server took it, "
			       "or may have");
	if (other)
		return err_set(e, RC_STATE,
			       "the notice is of an earlier due date");
	n->release_us = clock_wall_us();
	if (n->not_after_us < n->release_us + KEEP_TRYING_US)
		n->not_after_us = n->release_us + KEEP_TRYING_US;
	return notice_apply(db, n, NOTICE_EV_REVIVE, SLICE(REVIVAL_BY_HAND),
			    more, e);
}
