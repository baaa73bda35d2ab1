#include "queue/contacts.h"

#include "queue/outbox.h"
#include "queue/recipients.h"
#include "queue/revival.h"
#include "queue/state.h"

/* Where nobody with the roles of a step is left it goes to others, so what
 * matters is the contact that it was made for, or its roles now. */
static bool
has(const struct customer *c, const struct message *m, struct slice roles)
{
	for (size_t i = 0; i < c->contacts_n; i++) {
		const struct contact *k = &c->contacts[i];

		if (slice_ieq(k->email, m->address) &&
		    (slice_eq(k->id, m->contact) ||
		     recipients_has_role(roles, k->role)))
			return true;
	}
	return false;
}

enum rc
contacts_have(struct db *db, const struct message *m, struct arena *a,
	      bool *out, struct err *e)
{
	struct customer c;
	struct notice *list;
	size_t n;
	enum rc rc;

	*out = m->uncertain > 0 || m->contact.n == 0;
	if (*out)
		return RC_OK;
	rc = customer_has_contact(db, m->customer, m->contact, m->address, out,
				  e);
	if (rc != RC_OK || *out)
		return rc;
	rc = customer_get(db, m->customer, a, &c, e);
	if (rc == RC_OK)
		rc = notice_list_message(db, m->id, a, &list, &n, e);
	if (rc == RC_NOTFOUND) {
		*out = true;
		return RC_OK;
	}
	if (rc != RC_OK)
		return rc;
	*out = n == 0 || has(&c, m, list[0].roles);
	for (size_t i = 0; i < n; i++)
		*out |= slice_starts(list[i].roles, SLICE("to:"));
	return RC_OK;
}

/* To each of them one message with all notices that it has not. */
static enum rc
make_together(struct queue *q, struct db *db, const struct customer *c,
	      const struct recipients *to, struct notice **group, size_t n,
	      struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < to->n; i++) {
		struct message m;

		rc = outbox_make(q, db, c, to->list[i], group, n, &m, e);
		if (rc == RC_NOTFOUND)
			rc = RC_OK;
	}
	return rc;
}

/* Notices of one message, to whom there is to write to. */
static enum rc
tell(struct queue *q, struct db *db, const struct customer *c,
     struct notice **group, size_t n, bool optional, struct arena *a,
     struct err *e)
{
	struct recipients to;
	bool hope;
	enum rc rc =
	    recipients_find(q, db, c, group[0]->roles, optional, a, &to, e);

	if (rc == RC_OK)
		rc = make_together(q, db, c, &to, group, n, e);
	for (size_t i = 0; rc == RC_OK && to.gone == 0 && i < n; i++) {
		rc = outbox_has_hope(db, group[i], 0, a, &hope, e);
		if (rc == RC_OK && !hope)
			rc = outbox_unreachable(db, c, group[i]->step,
						to.suppressed > 0
						    ? OUTBOX_SUPPRESSED
						    : OUTBOX_NO_ADDRESS,
						group[i]->critical, e);
	}
	return rc;
}

enum rc
contacts_move(struct queue *q, struct db *db, struct message *m,
	      struct arena *a, struct err *e)
{
	const struct conf *conf = conf_box_get(q->conf);
	struct notice *list, **group;
	struct customer c;
	bool optional;
	size_t n, open = 0;
	enum rc rc = recipients_may_leave(conf, db, m, a, &optional, e);

	conf_unref(conf);
	if (rc == RC_OK)
		rc = customer_get(db, m->customer, a, &c, e);
	if (rc == RC_OK)
		rc = notice_list_message(db, m->id, a, &list, &n, e);
	if (rc != RC_OK)
		return rc;
	m->instance = 0;
	rc = message_apply(db, m, MESSAGE_EV_CANCEL,
			   SLICE(OUTBOX_CONTACT_CHANGED), SLICE(""), e);
	group = ARENA_ARRAY(a, struct notice *, n + 1);
	for (size_t i = 0; i < n; i++)
		if (list[i].state == NOTICE_RELEASED)
			group[open++] = &list[i];
	if (rc == RC_OK && open > 0)
		rc = tell(q, db, &c, group, open, optional, a, e);
	return rc == RC_OK ? outbox_settle(db, m, a, e) : rc;
}

/* What is held is asked when it goes on. */
static enum rc
readdress(struct queue *q, struct db *db, const struct customer *c,
	  struct arena *a, struct err *e)
{
	struct message *list;
	size_t n;
	enum rc rc = message_list_open(db, c->id, a, &list, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct message *m = &list[i];
		bool stays = m->held;

		if (!stays)
			rc = contacts_have(db, m, a, &stays, e);
		if (rc != RC_OK || stays ||
		    (m->state == MESSAGE_CLAIMED &&
		     !phase_stop(q->phases, m->mref)))
			continue;
		rc = contacts_move(q, db, m, a, e);
	}
	return rc;
}

/* Whether one of x has an address that none of y has. */
static bool
has_more(const struct contact *x, size_t x_n, const struct contact *y,
	 size_t y_n)
{
	for (size_t i = 0; i < x_n; i++) {
		bool found = x[i].email.n == 0;

		for (size_t k = 0; k < y_n && !found; k++)
			found = slice_ieq(x[i].email, y[k].email);
		if (!found)
			return true;
	}
	return false;
}

enum rc
contacts_changed(struct queue *q, struct db *db, const struct customer *c,
		 const struct contact *before, size_t before_n, struct arena *a,
		 struct err *e)
{
	enum rc rc = RC_OK;

	if (before_n > 0)
		rc = readdress(q, db, c, a, e);
	if (rc == RC_OK &&
	    has_more(c->contacts, c->contacts_n, before, before_n))
		rc = revival_customer(q, db, c, SLICE(OUTBOX_CONTACT_CHANGED),
				      a, e);
	return rc;
}
