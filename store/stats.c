#include "store/stats.h"

#include "base/clock.h"
#include "store/rows.h"

#define DUE_LIMIT 1000

static enum rc
notices_count(struct db *db, const struct stats_query *what, struct arena *a,
	      struct stats *out, struct err *e)
{
	struct rows rows = ROWS(a, struct stats_reason);
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_STATS_NOTICES);
	bind_int(&q, 0, what->from_us);
	bind_int(&q, 1, what->to_us);
	while ((rc = query_row(&q, e)) == RC_OK) {
		struct stats_reason *r = rows_add(&rows);

		r->state = (int)column_int(&q, 0);
		r->reason = arena_dup(a, column_text(&q, 1));
		r->n = column_int(&q, 2);
		if (r->state >= 0 && r->state < NOTICE_STATES)
			out->notices[r->state] += r->n;
	}
	query_close(&q);
	out->reasons = rows.p;
	out->reasons_n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc
messages_count(struct db *db, const struct stats_query *what, struct stats *out,
	       struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_STATS_MESSAGES);
	bind_int(&q, 0, what->from_us);
	bind_int(&q, 1, what->to_us);
	while ((rc = query_row(&q, e)) == RC_OK) {
		int64_t state = column_int(&q, 0);

		if (state >= 0 && state < MESSAGE_STATES)
			out->messages[state] = column_int(&q, 1);
	}
	query_close(&q);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* Subjects with an event of a kind. */
static enum rc
subjects_count(struct db *db, const struct stats_query *what, int kind,
	       int64_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_STATS_SUBJECTS);
	bind_int(&q, 0, kind);
	bind_int(&q, 1, what->from_us);
	bind_int(&q, 2, what->to_us);
	return query_int(&q, n, e);
}

/* Of the days that lie wholly within. */
static enum rc
opens_count(struct db *db, const struct stats_query *what, int64_t *n,
	    struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_STATS_COUNTED_OPENS);
	bind_int(&q, 0, what->from_us / DAY_US + (what->from_us % DAY_US > 0));
	bind_int(&q, 1, what->to_us / DAY_US);
	return query_int(&q, n, e);
}

/* An acceptance is the last of its kind that a message has, so that whoever
 * has both was deferred first. */
static enum rc
deferred_count(struct db *db, const struct stats_query *what, int64_t *n,
	       struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_STATS_BOTH);
	bind_int(&q, 0, what->kind_deferred);
	bind_int(&q, 1, what->from_us);
	bind_int(&q, 2, what->to_us);
	bind_int(&q, 3, what->kind_accepted);
	return query_int(&q, n, e);
}

enum rc
stats_get(struct db *db, const struct stats_query *what, struct arena *a,
	  struct stats *out, struct err *e)
{
	bool within = db_in_transaction(db);
	enum rc rc;

	*out = (struct stats){.reasons = NULL};
	if (!within && (rc = db_snapshot(db, e)))
		return rc;
	if ((rc = notices_count(db, what, a, out, e)) ||
	    (rc = messages_count(db, what, out, e)) ||
	    (rc = deferred_count(db, what, &out->deferred_then_accepted, e)) ||
	    (rc = subjects_count(db, what, what->kind_opened, &out->opened, e)))
		goto out;
	if ((rc = opens_count(db, what, &out->counted_opens, e)))
		goto out;
	rc = subjects_count(db, what, what->kind_clicked, &out->clicked, e);
out:
	if (!within)
		db_snapshot_end(db);
	return rc;
}

int64_t
stats_count(const struct stats *s, int state, struct slice reason)
{
	for (size_t i = 0; i < s->reasons_n; i++)
		if (s->reasons[i].state == state &&
		    slice_eq(s->reasons[i].reason, reason))
			return s->reasons[i].n;
	return 0;
}

static enum rc
claimed_count(struct db *db, int64_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_STATS_CLAIMED);
	bind_int(&q, 0, DUE_LIMIT);
	return query_int(&q, n, e);
}

static enum rc
due_count(struct db *db, enum stmt id, int64_t now_us, int64_t *n,
	  struct err *e)
{
	struct query q;

	query_open(&q, db, id);
	bind_int(&q, 0, now_us);
	bind_int(&q, 1, DUE_LIMIT);
	return query_int(&q, n, e);
}

enum rc
store_due_work(struct db *db, int64_t now_us, enum due what, int64_t *n,
	       struct err *e)
{
	int64_t claimed = 0, notices = 0, messages = 0;
	enum rc rc;

	if ((rc = claimed_count(db, &claimed, e)))
		return rc;
	if (what >= DUE_NOTICES &&
	    (rc = due_count(db, STMT_STATS_DUE_NOTICES, now_us, &notices, e)))
		return rc;
	if (what >= DUE_ALL &&
	    (rc = due_count(db, STMT_STATS_DUE_MESSAGES, now_us, &messages, e)))
		return rc;
	*n = claimed + notices + messages;
	return RC_OK;
}
