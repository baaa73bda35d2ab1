/*
 * Handing a request over and back.  Who calls a handler learns by
 * http_suspended whether the request is still its own.
 *
 * Of one that its loop may answer first, wait is changed by whoever comes
 * first:
 *
 *   OPEN -> CLAIMED            given back in time: the loop sends it and frees
 *   OPEN -> LATE -> BACK       given back after the answer: the loop frees
 *           LATE -> ENDED      the request ends first: who gives back frees
 */
#include "tracker/http_hand.h"

#include "base/clock.h"
#include "tracker/http_private.h"

_Thread_local struct http_loop *http_loop_self;
_Thread_local bool http_suspended;

/* Of an address whose jobs are bounded, or NULL. */
static _Atomic uint16_t *
jobs_of(const struct http_conn *c)
{
	struct http_server *s = c->daemon->loop->server;

	if (s->c.jobs_per_address == 0 || http_address_exempt(s, c->rq.peer))
		return NULL;
	return &s->jobs_by_address[http_address_slot(s, c->rq.peer)];
}

static void
run_job(void *arg)
{
	struct http_conn *c = arg;
	_Atomic uint16_t *of_one = jobs_of(c);

	if (of_one)
		atomic_fetch_sub(of_one, 1);
	if (clock_mono_us() > c->rq.deadline_us) {
		http_header(&c->rq, "Retry-After", SLICE("2"));
		http_refuse_full(c, 503, "too busy to answer in time");
		http_finish(&c->rq);
		return;
	}
	http_suspended = false;
	c->job(&c->rq);
	if (!http_suspended)
		http_finish(&c->rq);
}

void
http_suspend(struct http_request *rq)
{
	struct http_conn *c = rq->conn;

	http_suspended = true;
	if (http_loop_self != c->daemon->loop)
		return;
	http_loop_self->suspended++;
	MHD_suspend_connection(c->mhd);
}

/* Without a reply and not suspended, libmicrohttpd calls again in each turn;
 * that spares taking the connection out of its epoll set and back. */
void
http_hold(struct http_request *rq)
{
	rq->conn->held = true;
	rq->conn->daemon->loop->held++;
}

void
http_job(struct http_request *rq, void (*fn)(struct http_request *))
{
	struct http_conn *c = rq->conn;
	struct MHD_Connection *mhd = c->mhd;
	struct http_server *s = c->daemon->loop->server;
	_Atomic uint16_t *of_one = jobs_of(c);

	c->job = fn;
	if (of_one && atomic_fetch_add(of_one, 1) >= s->c.jobs_per_address) {
		atomic_fetch_sub(of_one, 1);
		http_header(rq, "Retry-After", SLICE("1"));
		http_refuse_full(c, 429, "too much is asked at once");
		return;
	}
	if (!s->jobs || jobs_put(s->jobs, s->c.lane, run_job, c) != RC_OK) {
		if (of_one)
			atomic_fetch_sub(of_one, 1);
		http_header(rq, "Retry-After", SLICE("1"));
		http_refuse_full(c, 503, "too busy");
		return;
	}
	http_suspended = true;
	http_loop_self->suspended++;
	MHD_suspend_connection(mhd);
}

void
http_wait_until(struct http_request *rq, int64_t until_us,
		void (*late)(struct http_request *))
{
	struct http_conn *c = rq->conn;

	c->wait_until_us = until_us;
	c->late = late;
	atomic_store(&c->wait, WAIT_OPEN);
}

bool
http_claim(struct http_request *rq)
{
	int was = WAIT_OPEN;

	return atomic_compare_exchange_strong(&rq->conn->wait, &was,
					      WAIT_CLAIMED) ||
	       was == WAIT_NONE || was == WAIT_CLAIMED;
}

void
http_look(struct http_conn *c, int64_t now_us)
{
	struct http_loop *l = c->daemon->loop;
	int was = WAIT_OPEN;

	if (atomic_load(&c->wait) != WAIT_OPEN || now_us < c->wait_until_us ||
	    !atomic_compare_exchange_strong(&c->wait, &was, WAIT_LATE))
		return;
	c->late(&c->rq);
	l->suspended--;
	MHD_resume_connection(c->mhd);
	l->again = true;
}

void
http_finish(struct http_request *rq)
{
	struct http_conn *c = rq->conn, *head;
	struct http_loop *l = c->daemon->loop;

	if (!http_claim(rq)) {
		if (atomic_exchange(&c->wait, WAIT_BACK) == WAIT_ENDED)
			http_discard(c);
		return;
	}
	if (http_loop_self == l && c->held) {
		c->held = false;
		l->held--;
		l->again = true;
		if (c->gone)
			http_free(c);
		return;
	}
	if (http_loop_self == l) {
		c->next = l->ready;
		l->ready = c;
		return;
	}
	/* Once it is on the list, the loop may send it and end: the count keeps
	 * the loop until the bell was rung. */
	atomic_fetch_add(&l->finishing, 1);
	head = atomic_load(&l->finished);
	do
		c->next = head;
	while (!atomic_compare_exchange_weak(&l->finished, &head, c));
	if (!head)
		bell_ring(&l->bell);
	atomic_fetch_sub(&l->finishing, 1);
}

void
http_in_loop(struct http_request *rq,
	     void (*fn)(struct http_request *, void *arg), void *arg)
{
	rq->conn->then = fn;
	rq->conn->then_arg = arg;
	http_suspended = true;
	http_finish(rq);
}
