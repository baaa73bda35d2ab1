#include "queue/customers.h"

#include "base/clock.h"
#include "base/date.h"
#include "queue/claims.h"
#include "queue/contacts.h"
#include "queue/halt.h"
#include "queue/state.h"
#include "templates/locale.h"
#include "templates/zone.h"

static const struct contact *
find(const struct contact *list, size_t n, struct slice id)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(list[i].id, id))
			return &list[i];
	return NULL;
}

static bool
same(const struct contact *x, const struct contact *y)
{
	return slice_eq(x->role, y->role) && slice_eq(x->email, y->email) &&
	       slice_eq(x->phone, y->phone) && slice_eq(x->source, y->source) &&
	       x->since == y->since && x->confirmed_us == y->confirmed_us;
}

/* Whose word an address is, and since when, is evidence: "that was never my
 * address" is answered from these events. */
static enum rc
append_contact(struct db *db, const struct customer *c,
	       const struct contact *before, const struct contact *after,
	       struct err *e)
{
	const struct contact *k = after != NULL ? after : before;
	char date[DATE_SIZE], when[TIME_SIZE];
	struct sbuf b;
	enum rc rc;

	sbuf_init(&b, 65536);
	sbuf_add_z(&b, "{\"customer\":");
	sbuf_add_json(&b, c->id);
	sbuf_add_z(&b, ",\"contact\":");
	sbuf_add_json(&b, k->id);
	sbuf_add_z(&b, ",\"before\":");
	if (before != NULL)
		sbuf_add_json(&b, before->email);
	else
		sbuf_add_z(&b, "null");
	sbuf_add_z(&b, ",\"email\":");
	if (after != NULL)
		sbuf_add_json(&b, after->email);
	else
		sbuf_add_z(&b, "null");
	sbuf_add_z(&b, ",\"role\":");
	sbuf_add_json(&b, k->role);
	sbuf_add_z(&b, ",\"source\":");
	sbuf_add_json(&b, k->source);
	if (k->since != DATE_NONE) {
		date_format(k->since, date);
		sbuf_addf(&b, ",\"since\":\"%s\"", date);
	}
	if (k->confirmed_us != 0) {
		time_format(k->confirmed_us, when);
		sbuf_addf(&b, ",\"confirmed_at\":\"%s\"", when);
	}
	sbuf_add_c(&b, '}');
	rc = ledger_append(db, KIND_CONTACT_CHANGED, c->ref, sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

static enum rc
append_contacts(struct db *db, const struct customer *c,
		const struct contact *old, size_t old_n, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < c->contacts_n; i++) {
		const struct contact *now = &c->contacts[i];
		const struct contact *was = find(old, old_n, now->id);

		if (was == NULL || !same(was, now))
			rc = append_contact(db, c, was, now, e);
	}
	for (size_t i = 0; rc == RC_OK && i < old_n; i++)
		if (find(c->contacts, c->contacts_n, old[i].id) == NULL)
			rc = append_contact(db, c, &old[i], NULL, e);
	return rc;
}

/* Names that must be known, with what the brand says where they are left out.
 */
static enum rc
complete(struct queue *q, struct customer *c, struct arena *a, struct err *e)
{
	const struct conf *conf = conf_box_get(q->conf);
	const struct brand *brand = conf_brand(conf, c->brand);
	enum rc rc = RC_OK;

	if (brand == NULL) {
		rc = err_at(e, RC_INVALID, "/brand",
			    "there is no brand %.*s in the configuration",
			    SLICE_ARG(c->brand));
		goto out;
	}
	if (c->locale.n == 0)
		c->locale = arena_dup(a, slice_z(brand->locale));
	if (c->time_zone.n == 0)
		c->time_zone = arena_dup(a, slice_z(brand->time_zone));
	if (!locale_valid(c->locale))
		rc = err_at(e, RC_INVALID, "/locale",
			    "%.*s is no locale (\"es_AR\", \"it_IT\", …)",
			    SLICE_ARG(c->locale));
	else if (zone_find(c->time_zone) == NULL)
		rc = err_at(e, RC_INVALID, "/time_zone",
			    "%.*s is no time zone of the IANA database",
			    SLICE_ARG(c->time_zone));
out:
	conf_unref(conf);
	return rc;
}

enum rc
customers_put(struct queue *q, struct db *db, struct customer *c,
	      struct arena *a, bool *created, struct err *e)
{
	struct customer old;
	enum rc rc = complete(q, c, a, e);

	if (rc != RC_OK)
		return rc;
	memset(&old, 0, sizeof(old));
	rc = customer_get(db, c->id, a, &old, e);
	if (rc != RC_OK && rc != RC_NOTFOUND)
		return rc;
	*created = rc == RC_NOTFOUND;
	if (!*created && c->rev < old.rev)
		return err_at(e, RC_STATE, "/rev",
			      "stale: revision %lld is stored already",
			      (long long)old.rev);
	c->ref = *created ? ref_new() : old.ref;
	c->version = old.version + 1;
	c->updated_us = clock_wall_us();
	c->created_us = *created ? c->updated_us : old.created_us;
	rc = customer_put(db, c, e);
	if (rc != RC_OK)
		return rc;
	rc = append_contacts(db, c, old.contacts, old.contacts_n, e);
	if (rc != RC_OK || *created)
		return rc;
	return contacts_changed(q, db, c, old.contacts, old.contacts_n, a, e);
}

enum rc
services_put(struct queue *q, struct db *db, const struct service *s,
	     struct arena *a, bool *created, struct err *e)
{
	struct customer c;
	struct service old;
	enum rc rc = customer_get(db, s->customer, a, &c, e);

	(void)q;
	if (rc == RC_NOTFOUND)
		return err_at(e, RC_INVALID, "/customer",
			      "there is no customer %.*s; put it first",
			      SLICE_ARG(s->customer));
	if (rc != RC_OK)
		return rc;
	rc = service_get(db, s->id, a, &old, e);
	if (rc != RC_OK && rc != RC_NOTFOUND)
		return rc;
	*created = rc == RC_NOTFOUND;
	return service_put(db, s, clock_wall_us(), e);
}

static enum rc
append_hold(struct db *db, const struct customer *c, int64_t until_us,
	    struct slice reason, struct slice by, struct err *e)
{
	char when[TIME_SIZE];
	struct sbuf b;
	enum rc rc;

	sbuf_init(&b, 65536);
	sbuf_add_z(&b, "{\"customer\":");
	sbuf_add_json(&b, c->id);
	sbuf_add_z(&b, ",\"reason\":");
	sbuf_add_json(&b, reason);
	sbuf_add_z(&b, ",\"by\":");
	sbuf_add_json(&b, by);
	if (until_us != 0 && until_us != HOLD_FOREVER) {
		time_format(until_us, when);
		sbuf_addf(&b, ",\"until\":\"%s\"", when);
	}
	sbuf_add_c(&b, '}');
	rc = ledger_append(
	    db, until_us != 0 ? KIND_CUSTOMER_HELD : KIND_CUSTOMER_RELEASED,
	    c->ref, sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

/* Notices held for the customer's hold go on as if they had waited. */
static enum rc
resume_notices(struct db *db, const struct customer *c, struct arena *a,
	       struct err *e)
{
	struct notice *list;
	size_t n;
	enum rc rc =
	    notice_list_customer(db, c->id, INT64_MAX, 10000, a, &list, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		if (list[i].state == NOTICE_HELD &&
		    slice_eq_z(list[i].reason, "customer_hold"))
			rc = notice_apply(db, &list[i], NOTICE_EV_RESUME,
					  SLICE(""), SLICE(""), e);
	return rc;
}

/* Messages that were put off for it are asked again: they go, or are put off
 * until its new end. */
static enum rc
resume_messages(struct db *db, const struct customer *c, struct arena *a,
		struct err *e)
{
	struct message *list;
	size_t n;
	enum rc rc = message_list_held_off(
	    db, c->id, SLICE(CLAIMS_CUSTOMER_HOLD), a, &list, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		list[i].reason = SLICE("");
		list[i].next_us = clock_wall_us();
		rc = message_update(db, &list[i], e);
	}
	return rc;
}

enum rc
customers_hold(struct queue *q, struct db *db, struct slice id,
	       int64_t until_us, struct slice reason, struct slice by,
	       struct arena *a, struct err *e)
{
	struct customer c;
	enum rc rc = customer_get(db, id, a, &c, e);

	if (rc == RC_NOTFOUND)
		return err_set(e, RC_NOTFOUND, "there is no customer %.*s",
			       SLICE_ARG(id));
	if (rc == RC_OK)
		rc = customer_set_hold(db, id, until_us, reason, e);
	if (rc == RC_OK)
		rc = append_hold(db, &c, until_us, reason, by, e);
	if (rc == RC_OK && until_us == 0)
		rc = resume_notices(db, &c, a, e);
	if (rc == RC_OK)
		rc = resume_messages(db, &c, a, e);
	halt_note(q);
	queue_wake_planner(q);
	queue_wake_mailer(q);
	return rc;
}
