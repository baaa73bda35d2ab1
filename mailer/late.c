#include "mailer/late.h"

#include "base/clock.h"
#include "queue/claims.h"
#include "store/message.h"

#define AT_ONCE 500
/* What is queued meanwhile may be late before what was seen. */
#define LOOK_US MINUTE_US
/* So much longer than a look takes is the time to the next. */
#define LOOK_SHARE 20

struct expire_op {
	struct write_op op;
	struct queue *q;
	int64_t *ids;
	size_t n;
	int64_t now_us;
};

static enum rc
run_expire(struct write_op *op, struct db *db, struct err *e)
{
	struct expire_op *x = (struct expire_op *)op;

	return claims_expire(x->q, db, x->ids, x->n, x->now_us, e);
}

/* *n: how many there were, AT_ONCE at most. */
static enum rc
expire(struct queue *q, struct db *db, int64_t now_us, size_t *n, struct err *e)
{
	struct expire_op x = {
	    .op = {.run = run_expire}, .q = q, .now_us = now_us};
	struct arena a;
	enum rc rc;

	arena_init(&a, 1 << 20);
	rc = message_list_late(db, now_us, AT_ONCE, &a, &x.ids, &x.n, e);
	if (rc == RC_OK && x.n > 0)
		rc = writer_do(q->writer, &x.op, e);
	*n = x.n;
	arena_fini(&a);
	return rc;
}

static enum rc
look(struct late *l, struct queue *q, struct db *db, int64_t now_us,
     struct err *e)
{
	int64_t first;
	size_t n = 0;
	enum rc rc = message_first_late(db, &first, e);

	if (rc == RC_OK && first < now_us)
		rc = expire(q, db, now_us, &n, e);
	if (rc != RC_OK)
		return rc;
	l->at_us = n > 0		      ? now_us
		   : first < now_us + LOOK_US ? first + 1
					      : now_us + LOOK_US;
	return RC_OK;
}

enum rc
late_end(struct late *l, struct queue *q, struct db *db, int64_t now_us,
	 int64_t *again_us, struct err *e)
{
	int64_t begun = clock_mono_us(), again;
	enum rc rc = RC_OK;

	if (now_us >= l->at_us && begun >= l->looks_us) {
		rc = look(l, q, db, now_us, e);
		l->looks_us =
		    clock_mono_us() + LOOK_SHARE * (clock_mono_us() - begun);
	}
	again = now_us + l->looks_us - begun;
	if (again < l->at_us)
		again = l->at_us;
	if (again < *again_us)
		*again_us = again;
	return rc;
}
