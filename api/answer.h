#ifndef API_ANSWER_H
#define API_ANSWER_H

#include "api/api_private.h"
#include "store/db.h"

/* A reading: GET and its like, on a job thread, of one moment of the store. */
struct reading {
	struct api *api;
	struct http_request *rq;
	struct db *db;
	struct arena *a;
	struct sbuf out; /* the answer */
	bool replied;	 /* it set its reply of itself */
};

/* Runs read() with the thread's reader and replies 200 with what it wrote, or
 * with its problem.  Thread: jobs. */
void answer_read(struct http_request *rq,
		 enum rc (*read)(struct reading *, struct err *));

/* The same for what writes too, by operations of the writer: each read of it
 * sees the newest commit.  Thread: jobs. */
void answer_work(struct http_request *rq,
		 enum rc (*work)(struct reading *, struct err *));

/* A page of a list, as the query asks for. */
struct page {
	size_t limit;
	int64_t at[2]; /* what the cursor holds; as it was without one */
};

/* n: numbers of the list's cursors, 1 or 2.  Fails: RC_INVALID (a limit that is
 * not 1 to 500, a cursor that is none of these). */
enum rc answer_page(const struct http_request *rq, size_t n, struct page *page,
		    struct err *e) MUST_USE;

/* The member "next": the cursor of what follows these n numbers where there is
 * more, else null. */
void answer_next(struct sbuf *out, bool more, const int64_t *at, size_t n);

/* The query's time or date in microseconds; otherwise where it is absent. */
enum rc answer_time(const struct http_request *rq, const char *name,
		    int64_t otherwise, int64_t *out, struct err *e) MUST_USE;

/* The reference in the route's first parameter.  Fails: RC_NOTFOUND. */
enum rc answer_ref(const struct http_request *rq, const char *what,
		   struct ref *out, struct err *e) MUST_USE;

/* 503 with Retry-After: the store takes nothing now. */
void answer_busy(struct http_request *rq, const char *why);

/* The problem of a failure, RC_LIMIT being the store's (503). */
void answer_problem(struct http_request *rq, const struct err *e);

/* "application/json" with a line's end behind it. */
void answer_json(struct http_request *rq, int status, struct sbuf *body);

#endif
