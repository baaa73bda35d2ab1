#ifndef TRACKER_HTTP_HAND_H
#define TRACKER_HTTP_HAND_H

#include "tracker/http.h"

/* Handing a request over, to a job or to whoever will answer it, and back. */

/* Keeps the request open when the handler returns: it now belongs to whom the
 * handler gave it, or is about to. */
void http_suspend(struct http_request *rq);

/* Gives it back to its loop: to send the reply, or, in a streamed body
 * without a reply, to be fed on.  The caller touches it no more.
 * Thread: any. */
void http_finish(struct http_request *rq);

/* Lets the loop answer, about a second after until_us (clock_mono), a request
 * that is suspended and was not given back: late() sets the reply there, while
 * another thread may read the request's memory, which stays until
 * http_finish().  Before it is handed over, with a body that is whole. */
void http_wait_until(struct http_request *rq, int64_t until_us,
		     void (*late)(struct http_request *));

/* Before who has such a request sets another reply: false where the loop has
 * answered it; then http_finish() is all that is left.  Thread: any. */
bool http_claim(struct http_request *rq);

/* Keeps the request open until the end of the loop's round, where whoever
 * called this in the loop calls http_finish(); cheaper than suspending. */
void http_hold(struct http_request *rq);

/* Calls fn in the loop of a request that is suspended, or runs as a job; it
 * is given back by http_finish() later.  Thread: any. */
void http_in_loop(struct http_request *rq,
		  void (*fn)(struct http_request *, void *arg), void *arg);

/* Moves a request from a loop handler to a job thread, where fn continues it;
 * replies 503 or, where its address has too many, 429. */
void http_job(struct http_request *rq, void (*fn)(struct http_request *));

#endif
