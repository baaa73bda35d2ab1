#include "store/attempt.h"

#include "store/content.h"
#include "store/rows.h"

enum rc
attempt_begin(struct db *db, struct attempt *t, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_ATTEMPT_BEGIN);
	bind_int(&q, 0, t->message);
	bind_int(&q, 1, t->instance);
	bind_int(&q, 2, t->number);
	bind_int(&q, 3, t->started_us);
	rc = query_run(&q, e);
	if (rc == RC_OK)
		t->id = db_last_id(db);
	return rc;
}

enum rc
attempt_end(struct db *db, const struct attempt *t, struct slice transcript,
	    struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_ATTEMPT_END);
	bind_int(&q, 0, t->id);
	bind_int(&q, 1, t->ended_us);
	bind_text(&q, 2, t->outcome);
	bind_int(&q, 3, t->code);
	bind_text(&q, 4, t->reply);
	bind_text(&q, 5, t->peer);
	if (transcript.n > 0)
		bind_blob(&q, 6, transcript);
	else
		bind_null(&q, 6);
	bind_int(&q, 7, t->started_us);
	return query_run(&q, e);
}

static enum rc
transcript_read(struct query *q, int i, struct arena *a, struct slice *out,
		struct err *e)
{
	struct sbuf text;
	enum rc rc;

	if (column_null(q, i))
		return RC_OK;
	sbuf_init(&text, CONTENT_MAX);
	rc = content_unpack(column_blob(q, i), &text, e);
	if (rc == RC_OK)
		*out = arena_dup(a, sbuf_slice(&text));
	sbuf_fini(&text);
	return rc;
}

static enum rc
attempt_read(struct query *q, struct arena *a, struct attempt *t, struct err *e)
{
	t->id = column_int(q, 0);
	t->message = column_int(q, 1);
	t->instance = column_int(q, 2);
	t->number = (int)column_int(q, 3);
	t->started_us = column_int(q, 4);
	t->ended_us = column_int(q, 5);
	t->outcome = arena_dup(a, column_text(q, 6));
	t->code = (int)column_int(q, 7);
	t->reply = arena_dup(a, column_text(q, 8));
	t->peer = arena_dup(a, column_text(q, 9));
	return transcript_read(q, 10, a, &t->transcript, e);
}

enum rc
attempt_list(struct db *db, int64_t message, bool transcripts, struct arena *a,
	     struct attempt **out, size_t *n, struct err *e)
{
	struct rows rows = ROWS(a, struct attempt);
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_ATTEMPT_LIST);
	bind_int(&q, 0, message);
	bind_int(&q, 1, transcripts);
	while ((rc = query_row(&q, e)) == RC_OK)
		if ((rc = attempt_read(&q, a, rows_add(&rows), e)))
			break;
	query_close(&q);
	*out = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}
