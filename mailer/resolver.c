#include "mailer/resolver.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"

/* Invariants.
 * 1. A question is on the list until it was answered; libunbound answers each
 *    one, be it by a failure, so none is ever cancelled there: that would race
 *    with its answer.
 * 2. Who gives up waiting marks it as abandoned under the lock; then the
 *    answer frees it.
 * 3. libunbound reads the system's name servers once: when they change, a new
 *    context takes its place, and the old one stays until all that it was
 *    asked is answered. */

#define CLASS_IN 1
#define DEBIAN_ANCHOR "/usr/share/dns/root.key"
#define SYSTEM_CONF "/etc/resolv.conf"
#define LOOK_US SECOND_US

/* libunbound, and the thread that takes its answers. */
struct context {
	struct context *next; /* older */
	struct ub_ctx *ctx;
	struct thread thread;
	struct bell end;
	bool running;
	size_t open; /* questions; of the resolver's lock */
};

struct question {
	struct question *next, **link;
	struct resolver *resolver;
	struct context *context;
	struct latch done;
	struct ub_result *result;
	int code;
	bool answered, abandoned;
};

struct resolver {
	struct resolver_config c; /* its texts are copies */
	struct arena texts;
	struct mutex lock;	  /* of what follows, and of the questions */
	struct context *contexts; /* the first is asked */
	struct question *open;
	struct stat file; /* resolv.conf, as it was read */
	int64_t looked_us;
	atomic_bool stop;
};

static int
set_options(struct ub_ctx *ctx, const struct resolver_config *c)
{
	int code = ub_ctx_async(ctx, 1);

	if (code == 0 && c->forward != NULL) {
		code = ub_ctx_set_fwd(ctx, c->forward);
		/* A server of our own may stand beside us. */
		if (code == 0)
			code = ub_ctx_set_option(
			    ctx, "do-not-query-localhost:", "no");
	} else if (code == 0) {
		code = ub_ctx_resolvconf(ctx, c->resolv_conf);
	}
	if (code == 0 && c->trust_anchor != NULL)
		code = ub_ctx_add_ta_file(ctx, c->trust_anchor);
	else if (code == 0 && access(DEBIAN_ANCHOR, R_OK) == 0)
		code = ub_ctx_add_ta_file(ctx, DEBIAN_ANCHOR);
	return code;
}

/* libunbound's results come by a pipe, and call what they are for. */
static void
run(void *arg)
{
	struct context *x = arg;

	for (;;) {
		struct pollfd p[2] = {{ub_fd(x->ctx), POLLIN, 0},
				      {x->end.fd, POLLIN, 0}};

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			die("poll: the resolver's thread");
		if (p[1].revents != 0)
			return;
		if (p[0].revents != 0)
			ub_process(x->ctx);
	}
}

static void
context_free(struct context *x)
{
	if (x->running) {
		bell_ring(&x->end);
		thread_join(&x->thread);
	}
	ub_ctx_delete(x->ctx);
	bell_fini(&x->end);
	free(x);
}

static enum rc
context_new(const struct resolver_config *c, struct context **out,
	    struct err *e)
{
	struct context *x = MEM_NEW(struct context);
	int code;

	bell_init(&x->end);
	x->ctx = ub_ctx_create();
	if (x->ctx == NULL)
		die("libunbound does not start");
	code = set_options(x->ctx, c);
	if (code != 0) {
		context_free(x);
		return err_set(e, RC_IO, "DNS: %s", ub_strerror(code));
	}
	thread_start(&x->thread, "dns", run, x);
	x->running = true;
	*out = x;
	return RC_OK;
}

static void
stat_conf(const struct resolver *r, struct stat *out)
{
	const char *path = r->c.resolv_conf;

	memset(out, 0, sizeof(*out));
	if (r->c.forward == NULL)
		(void)stat(path != NULL ? path : SYSTEM_CONF, out);
}

static const char *
copy(struct arena *a, const char *text)
{
	return text != NULL ? arena_z(a, slice_z(text)) : NULL;
}

enum rc
resolver_new(const struct resolver_config *c, struct resolver **out,
	     struct err *e)
{
	struct resolver *r = MEM_NEW(struct resolver);
	enum rc rc;

	mutex_init(&r->lock, "resolver");
	arena_init(&r->texts, 64 << 10);
	r->c = (struct resolver_config){copy(&r->texts, c->resolv_conf),
					copy(&r->texts, c->trust_anchor),
					copy(&r->texts, c->forward)};
	stat_conf(r, &r->file);
	rc = context_new(&r->c, &r->contexts, e);
	if (rc != RC_OK) {
		resolver_free(r);
		return rc;
	}
	*out = r;
	return RC_OK;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void
old_ones_free(struct resolver *r)
{
	for (struct context **p = &r->contexts->next; *p != NULL;) {
		struct context *x = *p;

		if (x->open > 0) {
			p = &x->next;
			continue;
		}
		*p = x->next;
		context_free(x);
	}
}

/* Once a second: with the lock. */
static void
look(struct resolver *r)
{
	int64_t now_us = clock_mono_us();
	struct context *x = NULL;
	struct stat now;
	struct err e = {0};

	if (r->c.forward != NULL || now_us - r->looked_us < LOOK_US)
		return;
	r->looked_us = now_us;
	old_ones_free(r);
	stat_conf(r, &now);
	if (same_file(&now, &r->file) || now.st_ino == 0)
		return;
	if (context_new(&r->c, &x, &e) != RC_OK) {
		LOG(RESOLVER_FAILED, LOG_ERR(&e));
		return;
	}
	r->file = now;
	x->next = r->contexts;
	r->contexts = x;
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
	q->context->open--;
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
	for (struct context *x = r->contexts, *next; x != NULL; x = next) {
		next = x->next;
		context_free(x);
	}
	for (struct question *q = r->open, *next; q != NULL; q = next) {
		next = q->next;
		dispose(q);
	}
	arena_fini(&r->texts);
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
	look(r);
	q->context = r->contexts;
	q->context->open++;
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
	code = ub_resolve_async(q->context->ctx, name, type, CLASS_IN, q,
				on_answer, NULL);
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
