#include "mailer/resolver.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"

/* Invariants.
 * 1. A question is on the list until it was answered; libunbound answers each
 *    one, be it by a failure, so none is ever cancelled there: that would race
 *    with its answer.
 * 2. Who gives up waiting marks it as abandoned under the lock; then the
 *    answer frees it. */

#define CLASS_IN 1
#define DEBIAN_ANCHOR "/usr/share/dns/root.key"

struct question {
	struct question *next, **link;
	struct resolver *resolver;
	struct latch done;
	struct ub_result *result;
	int code;
	bool answered, abandoned;
};

struct resolver {
	struct ub_ctx *ctx;
	struct mutex lock; /* of the list, and of what is on it */
	struct question *open;
	struct thread thread;
	struct bell end;
	bool running;
	atomic_bool stop;
};

static int
set_options(struct resolver *r, const struct resolver_config *c)
{
	int code = ub_ctx_async(r->ctx, 1);

	if (code == 0 && c->forward != NULL) {
		code = ub_ctx_set_fwd(r->ctx, c->forward);
		/* A server of our own may stand beside us. */
		if (code == 0)
			code = ub_ctx_set_option(
			    r->ctx, "do-not-query-localhost:", "no");
	} else if (code == 0) {
		code = ub_ctx_resolvconf(r->ctx, c->resolv_conf);
	}
	if (code == 0 && c->trust_anchor != NULL)
		code = ub_ctx_add_ta_file(r->ctx, c->trust_anchor);
	else if (code == 0 && access(DEBIAN_ANCHOR, R_OK) == 0)
		code = ub_ctx_add_ta_file(r->ctx, DEBIAN_ANCHOR);
	return code;
}

/* libunbound's results come by a pipe, and call what they are for. */
static void
run(void *arg)
{
	struct resolver *r = arg;

	for (;;) {
		struct pollfd p[2] = {{ub_fd(r->ctx), POLLIN, 0},
				      {r->end.fd, POLLIN, 0}};

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			die("poll: the resolver's thread");
		if (p[1].revents != 0)
			return;
		if (p[0].revents != 0)
			ub_process(r->ctx);
	}
}

enum rc
resolver_new(const struct resolver_config *c, struct resolver **out,
	     struct err *e)
{
	struct resolver *r = MEM_NEW(struct resolver);
	int code;

	mutex_init(&r->lock, "resolver");
	bell_init(&r->end);
	r->ctx = ub_ctx_create();
	if (r->ctx == NULL)
		die("libunbound does not start");
	code = set_options(r, c);
	if (code != 0) {
		resolver_free(r);
		return err_set(e, RC_IO, "DNS: %s", ub_strerror(code));
	}
	thread_start(&r->thread, "dns", run, r);
	r->running = true;
	*out = r;
	return RC_OK;
}

static void
dispose(struct question *q)
{
	latch_fini(&q->done);
	ub_resolve_free(q->result);
	free(q);
}

static void
question_free(struct question *q)
{
	*q->link = q->next;
	if (q->next != NULL)
		q->next->link = q->link;
	dispose(q);
}

void
resolver_stop(struct resolver *r)
{
	if (r == NULL)
		return;
	mutex_lock(&r->lock);
	atomic_store(&r->stop, true);
	for (struct question *q = r->open; q != NULL; q = q->next)
		latch_open(&q->done);
	mutex_unlock(&r->lock);
}

bool
resolver_stopped(const struct resolver *r)
{
	return atomic_load(&r->stop);
}

void
resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	if (r->running) {
		bell_ring(&r->end);
		thread_join(&r->thread);
	}
	ub_ctx_delete(r->ctx);
	for (struct question *q = r->open, *next; q != NULL; q = next) {
		next = q->next;
		dispose(q);
	}
	bell_fini(&r->end);
	mutex_fini(&r->lock);
	free(r);
}

static void
on_answer(void *arg, int code, struct ub_result *result)
{
	struct question *q = arg;
	struct resolver *r = q->resolver;

	mutex_lock(&r->lock);
	q->code = code;
	q->result = result;
	q->answered = true;
	if (q->abandoned)
		question_free(q);
	else
		latch_open(&q->done);
	mutex_unlock(&r->lock);
}

static struct question *
question_new(struct resolver *r)
{
	struct question *q = MEM_NEW(struct question);

	q->resolver = r;
	latch_init(&q->done, "question");
	mutex_lock(&r->lock);
	q->next = r->open;
	q->link = &r->open;
	if (q->next != NULL)
		q->next->link = &q->next;
	r->open = q;
	mutex_unlock(&r->lock);
	return q;
}

/* Waits; the result, or NULL and why. */
static struct ub_result *
await(struct resolver *r, struct question *q, int64_t until_us,
      const char **why)
{
	struct ub_result *result = NULL;
	int64_t left = until_us - clock_mono_us();

	if (left > 0 && !atomic_load(&r->stop))
		(void)latch_wait(&q->done, (int)(left / 1000 + 1));
	mutex_lock(&r->lock);
	if (q->answered) {
		result = q->result;
		q->result = NULL;
		*why = ub_strerror(q->code);
		question_free(q);
	} else {
		*why = atomic_load(&r->stop) ? "stopped" : "no answer in time";
		q->abandoned = true;
	}
	mutex_unlock(&r->lock);
	return result;
}

static enum rc
judge(const char *name, struct ub_result *r, struct answer *out, struct err *e)
{
	out->exists = !r->nxdomain;
	out->secure = r->secure;
	/* Bogus comes before data. */
	if (r->bogus)
		return err_set(e, RC_AGAIN, "DNS: %s: bogus: %s", name,
			       r->why_bogus != NULL ? r->why_bogus : "");
	if (r->rcode != 0 && !r->nxdomain)
		return err_set(e, RC_AGAIN, "DNS: %s: server failure (%d)",
			       name, r->rcode);
	if (!r->havedata)
		return err_set(e, RC_NOTFOUND, "DNS: %s has no such record",
			       name);
	out->r = r;
	return RC_OK;
}

enum rc
resolver_ask(struct resolver *r, const char *name, int type, int64_t until_us,
	     struct answer *out, struct err *e)
{
	struct question *q = question_new(r);
	struct ub_result *result;
	const char *why;
	enum rc rc;
	int code;

	memset(out, 0, sizeof(*out));
	code =
	    ub_resolve_async(r->ctx, name, type, CLASS_IN, q, on_answer, NULL);
	if (code != 0) {
		mutex_lock(&r->lock);
		question_free(q);
		mutex_unlock(&r->lock);
		return err_set(e, RC_AGAIN, "DNS: %s: %s", name,
			       ub_strerror(code));
	}
	result = await(r, q, until_us, &why);
	if (result == NULL)
		return err_set(e, RC_AGAIN, "DNS: %s: %s", name, why);
	rc = judge(name, result, out, e);
	if (rc != RC_OK)
		ub_resolve_free(result);
	return rc;
}

void
answer_fini(struct answer *a)
{
	ub_resolve_free(a->r);
	a->r = NULL;
}
