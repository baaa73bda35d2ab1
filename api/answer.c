#include "api/answer.h"

#include "base/clock.h"
#include "tracker/jobs.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 500

void
answer_busy(struct http_request *rq, const char *why)
{
	struct err e;

	(void)err_set(&e, RC_AGAIN, "%s", why);
	http_problem(rq, &e);
}

void
answer_problem(struct http_request *rq, const struct err *e)
{
	if (e->rc == RC_LIMIT)
		answer_busy(rq, e->text);
	else
		http_problem(rq, e);
}

void
answer_json(struct http_request *rq, int status, struct sbuf *body)
{
	struct err e = {.rc = RC_BUG};

	sbuf_add_c(body, '\n');
	if (sbuf_ok(body))
		http_reply(rq, status, "application/json", sbuf_slice(body));
	else
		http_problem(rq, &e);
}

static void
answer_with(struct http_request *rq,
	    enum rc (*read)(struct reading *, struct err *), bool snapshot)
{
	struct api *api = api_of(rq);
	struct reading r = {.api = api,
			    .rq = rq,
			    .db = api->readers[jobs_self()],
			    .a = &rq->arena};
	struct err e = {.rc = RC_OK};
	enum rc rc;

	sbuf_init(&r.out, ANSWER_MAX);
	rc = snapshot ? db_snapshot(r.db, &e) : RC_OK;
	if (rc == RC_OK)
		rc = read(&r, &e);
	if (snapshot)
		db_snapshot_end(r.db);
	if (rc != RC_OK)
		answer_problem(rq, &e);
	else if (!r.replied)
		answer_json(rq, 200, &r.out);
	sbuf_fini(&r.out);
}

void
answer_read(struct http_request *rq,
	    enum rc (*read)(struct reading *, struct err *))
{
	answer_with(rq, read, true);
}

void
answer_work(struct http_request *rq,
	    enum rc (*work)(struct reading *, struct err *))
{
	answer_with(rq, work, false);
}

static bool
read_cursor(struct slice cursor, int64_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct slice one = slice_cut(&cursor, '-');

		if (!slice_int(one, 0, INT64_MAX, &numbers[i]))
			return false;
	}
	return cursor.n == 0;
}

enum rc
answer_page(const struct http_request *rq, size_t n, struct page *page,
	    struct err *e)
{
	struct slice limit = http_query(rq, "limit");
	struct slice cursor = http_query(rq, "cursor");
	int64_t most = LIMIT_DEFAULT;

	if (limit.p != NULL && !slice_int(limit, 1, LIMIT_MAX, &most))
		return err_set(e, RC_INVALID, "limit must be 1 to %d",
			       LIMIT_MAX);
	if (cursor.n > 0 && !read_cursor(cursor, page->at, n))
		return err_set(e, RC_INVALID, "cursor is not one of ours");
	page->limit = (size_t)most;
	return RC_OK;
}

void
answer_next(struct sbuf *out, bool more, const int64_t *at, size_t n)
{
	struct sbuf cursor;

	if (!more) {
		member_null(out, "next");
		return;
	}
	sbuf_init(&cursor, 256);
	for (size_t i = 0; i < n; i++)
		sbuf_addf(&cursor, "%s%lld", i > 0 ? "-" : "",
			  (long long)at[i]);
	member_text(out, "next", sbuf_slice(&cursor));
	sbuf_fini(&cursor);
}

enum rc
answer_time(const struct http_request *rq, const char *name, int64_t otherwise,
	    int64_t *out, struct err *e)
{
	struct slice text = http_query(rq, name);
	int32_t date;

	*out = otherwise;
	if (text.p == NULL || time_parse(text, out))
		return RC_OK;
	if (!date_parse(text, &date))
		return err_set(e, RC_INVALID,
			       "%s must be a time or a date, as "
			       "\"2026-11-21T14:00:00Z\" or \"2026-11-21\"",
			       name);
	*out = date * DAY_US;
	return RC_OK;
}

enum rc
answer_ref(const struct http_request *rq, const char *what, struct ref *out,
	   struct err *e)
{
	if (ref_parse(rq->params[0], out))
		return RC_OK;
	return err_set(e, RC_NOTFOUND, "there is no such %s", what);
}
