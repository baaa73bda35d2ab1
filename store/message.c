#include "store/message.h"

#include "store/lane.h"
#include "store/rows.h"

static enum rc
row_insert(struct db *db, struct message *m, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_MESSAGE_INSERT);
	bind_ref(&q, 0, m->mref);
	bind_text(&q, 1, m->customer);
	bind_text(&q, 2, m->brand);
	bind_int(&q, 3, m->channel);
	bind_text(&q, 4, m->address);
	bind_text(&q, 5, m->contact);
	bind_text(&q, 6, m->template);
	bind_int(&q, 7, m->lane);
	bind_int(&q, 8, m->state);
	bind_text(&q, 9, m->reason);
	bind_int(&q, 10, m->held);
	bind_int(&q, 11, m->next_us);
	bind_int(&q, 12, m->not_after_us);
	bind_text(&q, 13, m->subject);
	bind_text(&q, 14, m->message_id);
	bind_int(&q, 15, m->size);
	bind_blob(&q, 16, m->sha256);
	bind_int(&q, 17, m->facts);
	bind_int(&q, 18, m->created_us);
	bind_int(&q, 19, m->uncertain);
	return query_run(&q, e);
}

/* What messages_queue holds. */
static bool
claimable(const struct message *m)
{
	return !m->held &&
	       (m->state == MESSAGE_QUEUED || m->state == MESSAGE_DEFERRED ||
		m->state == MESSAGE_UNCERTAIN);
}

enum rc
message_insert(struct db *db, struct message *m, struct slice domain,
	       struct err *e)
{
	enum rc rc;

	if ((rc = lane_find(db, m->brand, domain, &m->lane, e)) ||
	    (rc = row_insert(db, m, e)))
		return rc;
	m->id = db_last_id(db);
	return claimable(m) ? lane_wake(db, m->lane, m->next_us, e) : RC_OK;
}

static void
bind_tie(struct query *q, int64_t notice, const struct message *m)
{
	bind_int(q, 0, notice);
	bind_int(q, 1, m->channel);
	bind_text(q, 2, m->address);
	bind_int(q, 3, m->id);
}

enum rc
message_tie(struct db *db, const struct message *m, int64_t notice,
	    struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_MESSAGE_TIE);
	bind_tie(&q, notice, m);
	rc = query_run(&q, e);
	if (rc == RC_STATE)
		return err_set(e, rc, "that recipient has that notice already");
	return rc;
}

enum rc
message_retie(struct db *db, int64_t notice, const struct message *m,
	      struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_MESSAGE_RETIE);
	bind_tie(&q, notice, m);
	return query_run(&q, e);
}

static void
message_read(struct query *q, struct arena *a, struct message *m)
{
	*m = (struct message){.id = column_int(q, 0)};
	m->mref = column_ref(q, 1);
	m->customer = arena_dup(a, column_text(q, 2));
	m->brand = arena_dup(a, column_text(q, 3));
	m->channel = (int)column_int(q, 4);
	m->address = arena_dup(a, column_text(q, 5));
	m->contact = arena_dup(a, column_text(q, 6));
	m->template = arena_dup(a, column_text(q, 7));
	m->lane = column_int(q, 8);
	m->state = (int)column_int(q, 9);
	m->reason = arena_dup(a, column_text(q, 10));
	m->held = column_int(q, 11) != 0;
	m->next_us = column_int(q, 12);
	m->not_after_us = column_int(q, 13);
	m->attempts = (int)column_int(q, 14);
	m->uncertain = (int)column_int(q, 15);
	m->instance = column_int(q, 16);
	m->subject = arena_dup(a, column_text(q, 17));
	m->message_id = arena_dup(a, column_text(q, 18));
	m->size = column_int(q, 19);
	m->sha256 = arena_dup(a, column_blob(q, 20));
	m->facts = (uint32_t)column_int(q, 21);
	m->reply = arena_dup(a, column_text(q, 22));
	m->queue_id = arena_dup(a, column_text(q, 23));
	m->accepted_us = column_int(q, 24);
	m->created_us = column_int(q, 25);
}

static enum rc
fetch(struct query *q, struct arena *a, struct message *out, struct err *e)
{
	enum rc rc = query_row(q, e);

	if (rc == RC_OK)
		message_read(q, a, out);
	query_close(q);
	if (rc == RC_NOTFOUND)
		return err_set(e, rc, "no such message");
	return rc;
}

enum rc
message_get_tied(struct db *db, int64_t notice, int channel,
		 struct slice address, struct arena *a, struct message *out,
		 struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_MESSAGE_GET_TIED);
	bind_int(&q, 0, notice);
	bind_int(&q, 1, channel);
	bind_text(&q, 2, address);
	return fetch(&q, a, out, e);
}

enum rc
message_get(struct db *db, struct ref mref, struct arena *a,
	    struct message *out, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_MESSAGE_GET);
	bind_ref(&q, 0, mref);
	return fetch(&q, a, out, e);
}

enum rc
message_get_id(struct db *db, int64_t id, struct arena *a, struct message *out,
	       struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_MESSAGE_GET_ID);
	bind_int(&q, 0, id);
	return fetch(&q, a, out, e);
}

enum rc
message_update(struct db *db, const struct message *m, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_MESSAGE_UPDATE);
	bind_int(&q, 0, m->id);
	bind_int(&q, 1, m->state);
	bind_text(&q, 2, m->reason);
	bind_int(&q, 3, m->held);
	bind_int(&q, 4, m->next_us);
	bind_int(&q, 5, m->not_after_us);
	bind_int(&q, 6, m->attempts);
	bind_int(&q, 7, m->uncertain);
	bind_int(&q, 8, m->instance);
	bind_int(&q, 9, m->facts);
	bind_text(&q, 10, m->reply);
	bind_int(&q, 11, m->accepted_us);
	rc = query_run(&q, e);
	if (rc || !claimable(m))
		return rc;
	return lane_wake(db, m->lane, m->next_us, e);
}

enum rc
message_update_attempt(struct db *db, const struct message *m, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_MESSAGE_UPDATE_ATTEMPT);
	bind_int(&q, 0, m->id);
	bind_text(&q, 1, m->subject);
	bind_text(&q, 2, m->message_id);
	bind_int(&q, 3, m->size);
	bind_blob(&q, 4, m->sha256);
	bind_int(&q, 5, m->attempts);
	return query_run(&q, e);
}

enum rc
message_update_queue_id(struct db *db, const struct message *m, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_MESSAGE_UPDATE_QUEUE_ID);
	bind_int(&q, 0, m->id);
	bind_text(&q, 1, m->queue_id);
	return query_run(&q, e);
}

enum rc
message_let_go(struct db *db, int64_t lane, int64_t *changed, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_MESSAGE_LET_GO);
	bind_int(&q, 0, lane);
	rc = query_run(&q, e);
	*changed = rc == RC_OK ? db_changes(db) : 0;
	return rc;
}

enum rc
message_set_facts(struct db *db, struct ref mref, uint32_t mask, uint32_t facts,
		  struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_MESSAGE_UPDATE_FACTS);
	bind_ref(&q, 0, mref);
	bind_int(&q, 1, mask);
	bind_int(&q, 2, facts);
	return query_run(&q, e);
}

enum rc
message_read_all(struct query *q, struct arena *a, struct message **out,
		 size_t *n, struct err *e)
{
	struct rows rows = ROWS(a, struct message);
	enum rc rc;

	while ((rc = query_row(q, e)) == RC_OK)
		message_read(q, a, rows_add(&rows));
	query_close(q);
	*out = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* The statement whose index leaves least to look at. */
static enum stmt
list_statement(const struct message_filter *f)
{
	const struct {
		const struct slice *filter;
		enum stmt id;
	} by[] = {
	    {&f->message_id, STMT_MESSAGE_LIST_MESSAGE_ID},
	    {&f->queue_id, STMT_MESSAGE_LIST_QUEUE_ID},
	    {&f->invoice, STMT_MESSAGE_LIST_INVOICE},
	    {&f->address, STMT_MESSAGE_LIST_ADDRESS},
	    {&f->customer, STMT_MESSAGE_LIST_CUSTOMER},
	};

	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++)
		if (by[i].filter->n)
			return by[i].id;
	return STMT_MESSAGE_LIST;
}

enum rc
message_list(struct db *db, const struct message_filter *f, struct arena *a,
	     struct message **out, size_t *n, struct err *e)
{
	struct ref mref = {{0}};
	struct query q;

	/* Ours are all "<mref>@<host>"; another finds nothing. */
	if (f->message_id.n >= REF_HEX)
		(void)ref_parse(slice_of(f->message_id.p, REF_HEX - 1), &mref);
	query_open(&q, db, list_statement(f));
	bind_text(&q, 0, f->customer);
	bind_text(&q, 1, f->invoice);
	bind_text(&q, 2, f->address);
	bind_text(&q, 3, f->message_id);
	bind_text(&q, 4, f->queue_id);
	bind_int(&q, 5, f->state);
	bind_int(&q, 6, f->before_us);
	bind_int(&q, 7, f->before_id);
	bind_int(&q, 8, (int64_t)f->limit);
	if (f->message_id.n > 0)
		bind_ref(&q, 9, mref);
	return message_read_all(&q, a, out, n, e);
}

enum rc
message_list_notice(struct db *db, int64_t notice, struct arena *a,
		    struct message **out, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_MESSAGE_LIST_NOTICE);
	bind_int(&q, 0, notice);
	return message_read_all(&q, a, out, n, e);
}

enum rc
message_list_open(struct db *db, struct slice customer, struct arena *a,
		  struct message **out, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_MESSAGE_LIST_OPEN);
	bind_text(&q, 0, customer);
	return message_read_all(&q, a, out, n, e);
}

enum rc
message_list_held_off(struct db *db, struct slice customer, struct slice reason,
		      struct arena *a, struct message **out, size_t *n,
		      struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_MESSAGE_LIST_HELD_OFF);
	bind_text(&q, 0, customer);
	bind_text(&q, 1, reason);
	return message_read_all(&q, a, out, n, e);
}

enum rc
message_first_late(struct db *db, int64_t *out, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_MESSAGE_FIRST_LATE);
	rc = query_row(&q, e);
	if (rc == RC_OK)
		*out = column_null(&q, 0) ? INT64_MAX : column_int(&q, 0);
	query_close(&q);
	return rc;
}

static enum rc
read_ids(struct query *q, struct arena *a, int64_t **ids, size_t *n,
	 struct err *e)
{
	struct rows rows = ROWS(a, int64_t);
	enum rc rc;

	while ((rc = query_row(q, e)) == RC_OK)
		*(int64_t *)rows_add(&rows) = column_int(q, 0);
	query_close(q);
	*ids = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
message_list_late(struct db *db, int64_t now_us, size_t limit, struct arena *a,
		  int64_t **ids, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_MESSAGE_LIST_LATE);
	bind_int(&q, 0, now_us);
	bind_int(&q, 1, (int64_t)limit);
	return read_ids(&q, a, ids, n, e);
}

enum rc
message_list_composed(struct db *db, struct slice brand, size_t limit,
		      struct arena *a, int64_t **ids, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_MESSAGE_LIST_COMPOSED);
	bind_text(&q, 0, brand);
	bind_int(&q, 1, (int64_t)limit);
	return read_ids(&q, a, ids, n, e);
}

enum rc
message_list_orphans(struct db *db, int64_t instance, size_t limit,
		     struct arena *a, struct message **out, size_t *n,
		     struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_MESSAGE_LIST_ORPHANS);
	bind_int(&q, 0, instance);
	bind_int(&q, 1, (int64_t)limit);
	return message_read_all(&q, a, out, n, e);
}
