#include "store/customer.h"

#include "store/rows.h"

static void
contact_read(struct query *q, struct arena *a, struct contact *c)
{
	c->id = arena_dup(a, column_text(q, 0));
	c->role = arena_dup(a, column_text(q, 1));
	c->email = arena_dup(a, column_text(q, 2));
	c->phone = arena_dup(a, column_text(q, 3));
	c->source = arena_dup(a, column_text(q, 4));
	c->since = column_date(q, 5);
	c->confirmed_us = column_int(q, 6);
}

static enum rc
contacts_read(struct db *db, struct arena *a, struct customer *c, struct err *e)
{
	struct rows rows = ROWS(a, struct contact);
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_CONTACT_LIST);
	bind_text(&q, 0, c->id);
	while ((rc = query_row(&q, e)) == RC_OK)
		contact_read(&q, a, rows_add(&rows));
	query_close(&q);
	c->contacts = rows.p;
	c->contacts_n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static void
customer_read(struct query *q, struct arena *a, struct customer *c)
{
	c->id = arena_dup(a, column_text(q, 0));
	c->ref = column_ref(q, 1);
	c->brand = arena_dup(a, column_text(q, 2));
	c->name = arena_dup(a, column_text(q, 3));
	c->locale = arena_dup(a, column_text(q, 4));
	c->time_zone = arena_dup(a, column_text(q, 5));
	c->groups = arena_dup(a, column_text(q, 6));
	c->rev = column_int(q, 7);
	c->version = column_int(q, 8);
	c->hold_until_us = column_int(q, 9);
	c->hold_reason = arena_dup(a, column_text(q, 10));
	c->legal_hold = column_int(q, 11) != 0;
	c->consent = arena_dup(a, column_text(q, 12));
	c->created_us = column_int(q, 13);
	c->updated_us = column_int(q, 14);
}

static enum rc
customer_fetch(struct query *q, struct arena *a, struct customer *out,
	       struct err *e)
{
	enum rc rc = query_row(q, e);

	if (rc == RC_OK)
		customer_read(q, a, out);
	query_close(q);
	if (rc == RC_NOTFOUND)
		return err_set(e, rc, "no such customer");
	return rc ? rc : contacts_read(q->db, a, out, e);
}

enum rc
customer_get(struct db *db, struct slice id, struct arena *a,
	     struct customer *out, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_CUSTOMER_GET);
	bind_text(&q, 0, id);
	return customer_fetch(&q, a, out, e);
}

enum rc
customer_get_ref(struct db *db, struct ref ref, struct arena *a,
		 struct customer *out, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_CUSTOMER_GET_REF);
	bind_ref(&q, 0, ref);
	return customer_fetch(&q, a, out, e);
}

static enum rc
contact_add(struct db *db, struct slice customer, const struct contact *c,
	    struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_CONTACT_ADD);
	bind_text(&q, 0, customer);
	bind_text(&q, 1, c->id);
	bind_text(&q, 2, c->role);
	bind_text(&q, 3, c->email);
	bind_text(&q, 4, c->phone);
	bind_text(&q, 5, c->source);
	bind_date(&q, 6, c->since);
	bind_int(&q, 7, c->confirmed_us);
	return query_run(&q, e);
}

static enum rc
contacts_put(struct db *db, const struct customer *c, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_CONTACT_CLEAR);
	bind_text(&q, 0, c->id);
	rc = query_run(&q, e);
	for (size_t i = 0; rc == RC_OK && i < c->contacts_n; i++)
		rc = contact_add(db, c->id, &c->contacts[i], e);
	return rc;
}

enum rc
customer_put(struct db *db, const struct customer *c, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_CUSTOMER_PUT);
	bind_text(&q, 0, c->id);
	bind_ref(&q, 1, c->ref);
	bind_text(&q, 2, c->brand);
	bind_text(&q, 3, c->name);
	bind_text(&q, 4, c->locale);
	bind_text(&q, 5, c->time_zone);
	bind_text(&q, 6, c->groups);
	bind_int(&q, 7, c->rev);
	bind_int(&q, 8, c->version);
	bind_int(&q, 9, c->created_us);
	bind_int(&q, 10, c->updated_us);
	rc = query_run(&q, e);
	return rc ? rc : contacts_put(db, c, e);
}

static enum rc
update_one(struct query *q, struct err *e)
{
	enum rc rc = query_run(q, e);

	if (rc == RC_OK && db_changes(q->db) == 0)
		return err_set(e, RC_NOTFOUND, "no such customer");
	return rc;
}

enum rc
customer_set_hold(struct db *db, struct slice id, int64_t until_us,
		  struct slice reason, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_CUSTOMER_HOLD);
	bind_text(&q, 0, id);
	bind_int(&q, 1, until_us);
	bind_text(&q, 2, reason);
	return update_one(&q, e);
}

enum rc
customer_set_legal_hold(struct db *db, struct slice id, bool held,
			struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_CUSTOMER_LEGAL_HOLD);
	bind_text(&q, 0, id);
	bind_int(&q, 1, held);
	return update_one(&q, e);
}

static enum rc
read_ids(struct query *q, struct arena *a, struct slice **out, size_t *n,
	 struct err *e)
{
	struct rows rows = ROWS(a, struct slice);
	enum rc rc;

	while ((rc = query_row(q, e)) == RC_OK)
		*(struct slice *)rows_add(&rows) =
		    arena_dup(a, column_text(q, 0));
	query_close(q);
	*out = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
customer_list_email(struct db *db, struct slice email, struct arena *a,
		    struct slice **out, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_CONTACT_LIST_EMAIL);
	bind_text(&q, 0, email);
	return read_ids(&q, a, out, n, e);
}

enum rc
customer_list_hold_over(struct db *db, int64_t now_us, size_t limit,
			struct arena *a, struct slice **out, size_t *n,
			struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_CUSTOMER_LIST_HOLD_OVER);
	bind_int(&q, 0, now_us);
	bind_int(&q, 1, (int64_t)limit);
	return read_ids(&q, a, out, n, e);
}

enum rc
customer_get_hold(struct db *db, struct slice id, int64_t *until_us,
		  struct err *e)
{
	struct query q;
	enum rc rc;

	*until_us = 0;
	query_open(&q, db, STMT_CUSTOMER_HOLD_GET);
	bind_text(&q, 0, id);
	rc = query_int(&q, until_us, e);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
customer_has_contact(struct db *db, struct slice id, struct slice contact,
		     struct slice email, bool *out, struct err *e)
{
	struct query q;
	int64_t one;
	enum rc rc;

	query_open(&q, db, STMT_CONTACT_HAS);
	bind_text(&q, 0, id);
	bind_text(&q, 1, contact);
	bind_text(&q, 2, email);
	rc = query_int(&q, &one, e);
	*out = rc == RC_OK;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
customer_get_consent(struct db *db, struct slice id, struct arena *a,
		     struct slice *out, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_CUSTOMER_CONSENT_GET);
	bind_text(&q, 0, id);
	rc = query_row(&q, e);
	*out = rc == RC_OK ? arena_dup(a, column_text(&q, 0)) : SLICE("");
	query_close(&q);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
customer_set_consent(struct db *db, struct slice id, struct slice consent,
		     struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_CUSTOMER_CONSENT);
	bind_text(&q, 0, id);
	bind_text(&q, 1, consent);
	return update_one(&q, e);
}
