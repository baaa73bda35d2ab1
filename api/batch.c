#include <stdlib.h>

#include "api/batch_line.h"
#include "api/handlers.h"
#include "api/spool.h"
#include "base/mem.h"
#include "tracker/http_hand.h"

/* Invariants.
 * 1. Lines are handed to the writer in their order, and answered in it.
 * 2. The loop alone touches a batch, except for its word: how many lines the
 *    writer has, and what the loop waits for.  Whoever takes a wish out of the
 *    word acts on it.  The last one to leave frees the batch.
 * 3. At most WINDOW lines and WINDOW_BYTES of them are held at once.
 *
 *	reading -> waits for room -> reading -> waits for the end -> answered
 *	   \-> gone: freed once the writer has none of its lines
 */

#define LINES_MAX 100000
#define WINDOW 256
#define WINDOW_BYTES ((size_t)8 << 20)

/* The word: the count in its low half. */
#define COUNT 0xffffu
#define WANTS_ROOM (1u << 16)
#define WANTS_END (1u << 17)
#define GONE (1u << 18)

struct line {
	struct write_op op;
	struct batch *batch;
	struct line *next;
	size_t bytes;
	struct batch_line l;
	_Atomic bool answered;
};

struct batch {
	struct api *api;
	struct http_request *rq;
	atomic_uint word;
	struct line *first, **last; /* not answered yet, in order */
	size_t held, held_bytes;
	struct line *pending; /* the writer had no room for it */
	struct sbuf partial;  /* of a line whose end has not come */
	bool too_long;	      /* the line past its bound, to be dropped */
	bool over;	      /* past LINES_MAX: all is dropped */
	int64_t lines;
	struct spool spool;
};

static struct batch *
batch_of(struct http_request *rq)
{
	struct batch *b = rq->state;

	if (b != NULL)
		return b;
	b = MEM_NEW(struct batch);
	b->api = api_of(rq);
	b->rq = rq;
	b->last = &b->first;
	sbuf_init(&b->partial, BATCH_LINE_MAX);
	spool_init(&b->spool, b->api->c.state_dir);
	rq->state = b;
	return b;
}

static void
line_free(struct line *l)
{
	batch_line_fini(&l->l);
	free(l);
}

static void
batch_free(struct batch *b)
{
	while (b->first != NULL) {
		struct line *l = b->first;

		b->first = l->next;
		line_free(l);
	}
	sbuf_fini(&b->partial);
	spool_fini(&b->spool);
	free(b);
}

/* ---- answers ---- */

/* Writes the answers that are there, in the order of their lines. */
static void
drain(struct batch *b)
{
	while (b->first != NULL && atomic_load(&b->first->answered)) {
		struct line *l = b->first;

		b->first = l->next;
		if (b->first == NULL)
			b->last = &b->first;
		b->held--;
		b->held_bytes -= l->bytes;
		batch_line_answer(&l->l, spool_out(&b->spool));
		spool_flush(&b->spool);
		line_free(l);
	}
}

static void
reply(struct batch *b)
{
	drain(b);
	spool_reply(&b->spool, b->rq, "application/x-ndjson");
	b->rq->state = NULL;
	batch_free(b);
}

/* ---- lines in the writer's thread ---- */

static enum rc
run(struct write_op *op, struct db *db, struct err *e)
{
	struct batch_line *l = &((struct line *)op)->l;

	return change_run(&l->c, db, &l->arena, &l->answer, e);
}

static void end_in_loop(struct http_request *rq, void *arg);

static void
done(struct write_op *op, enum rc rc, const struct err *e)
{
	struct line *l = (struct line *)op;
	struct batch *b = l->batch;
	struct http_request *rq = b->rq;
	unsigned old = atomic_load(&b->word), now;
	bool wake;

	if (rc != RC_OK) {
		l->l.err = *e;
		l->l.err.rc = rc;
	}
	atomic_store(&l->answered, true); /* the loop may free it from here */
	do {
		unsigned left = (old & COUNT) - 1;

		wake = ((old & WANTS_ROOM) != 0 && left <= WINDOW / 2) ||
		       ((old & WANTS_END) != 0 && left == 0);
		now = old - 1;
		if (wake)
			now &= ~(WANTS_ROOM | WANTS_END);
	} while (!atomic_compare_exchange_weak(&b->word, &old, now));
	if (wake && (old & WANTS_END) != 0)
		http_in_loop(rq, end_in_loop, b);
	else if (wake)
		http_finish(rq);
	else if (now == GONE)
		batch_free(b);
}

/* Hands a line over; false when the writer is full and some of ours there will
 * make room. */
static bool
submit(struct batch *b, struct line *l)
{
	struct writer *w = b->api->c.queue->writer;
	unsigned before = atomic_fetch_add(&b->word, 1);
	enum rc rc = writer_submit(w, &l->op);

	if (rc == RC_LIMIT && (before & COUNT) == 0)
		rc = writer_submit_alone(w, &l->op);
	if (rc == RC_OK)
		return true;
	before = atomic_fetch_sub(&b->word, 1);
	if (rc == RC_LIMIT && (before & COUNT) > 1)
		return false;
	if (rc == RC_LIMIT)
		return submit(b, l);
	(void)err_set(&l->l.err, RC_AGAIN, "the server is stopping");
	atomic_store(&l->answered, true);
	return true;
}

static bool
submit_pending(struct batch *b)
{
	if (b->pending != NULL && submit(b, b->pending))
		b->pending = NULL;
	return b->pending == NULL;
}

/* ---- lines in the loop ---- */

static struct line *
line_add(struct batch *b, size_t bytes)
{
	struct line *l = MEM_NEW(struct line);

	l->op = (struct write_op){.run = run, .done = done};
	l->batch = b;
	l->bytes = bytes;
	batch_line_init(&l->l, b->api, api_by(b->rq), b->lines);
	*b->last = l;
	b->last = &l->next;
	b->held++;
	b->held_bytes += bytes;
	return l;
}

static void
line_refuse(struct batch *b, enum rc rc, const char *why)
{
	struct line *l = line_add(b, 0);

	(void)err_set(&l->l.err, rc, "%s", why);
	atomic_store(&l->answered, true);
}

/* A whole line, without its end. */
static void
line_take(struct batch *b, struct slice text)
{
	struct line *l;

	text = slice_trim(text);
	b->lines++;
	if (b->too_long) {
		line_refuse(b, RC_INVALID, "the line is over 2 MiB long");
		return;
	}
	if (text.n == 0)
		return;
	if (b->lines > LINES_MAX) {
		line_refuse(b, RC_INVALID,
			    "over 100,000 lines: nothing from here on was "
			    "looked at");
		b->over = true;
		return;
	}
	l = line_add(b, text.n);
	if (batch_line_parse(&l->l, text) != RC_OK)
		atomic_store(&l->answered, true);
	else if (!submit(b, l))
		b->pending = l;
}

/* What is left of a line after a chunk, kept until its end comes. */
static void
keep_part(struct batch *b, struct slice part)
{
	sbuf_add(&b->partial, part);
	if (sbuf_ok(&b->partial))
		return;
	b->too_long = true;
	sbuf_fini(&b->partial);
	sbuf_init(&b->partial, BATCH_LINE_MAX);
}

static void
line_end(struct batch *b, struct slice part)
{
	if (b->partial.n == 0 && !b->too_long && part.n <= BATCH_LINE_MAX) {
		line_take(b, part);
		return;
	}
	keep_part(b, part);
	line_take(b, sbuf_slice(&b->partial));
	b->too_long = false;
	if (b->partial.cap > WINDOW_BYTES / 8) {
		sbuf_fini(&b->partial);
		sbuf_init(&b->partial, BATCH_LINE_MAX);
	}
	sbuf_reset(&b->partial);
}

/* Takes up to the next line's end; returns how many bytes. */
static size_t
take_some(struct batch *b, struct slice chunk)
{
	ptrdiff_t end = slice_find_c(chunk, '\n');

	if (b->over)
		return chunk.n;
	if (end < 0) {
		keep_part(b, chunk);
		return chunk.n;
	}
	line_end(b, slice_of(chunk.p, (size_t)end));
	return (size_t)end + 1;
}

static bool
has_room(const struct batch *b)
{
	return b->pending == NULL && b->held < WINDOW &&
	       b->held_bytes < WINDOW_BYTES;
}

/* Leaves the request to the writer until there is room. */
static void
wait_for_room(struct batch *b)
{
	struct http_request *rq = b->rq;

	http_suspend(rq);
	if ((atomic_fetch_or(&b->word, WANTS_ROOM) & COUNT) > 0)
		return;
	/* the last one was done meanwhile, before it could see the wish */
	atomic_fetch_and(&b->word, ~WANTS_ROOM);
	http_finish(rq);
}

size_t
batch_body_handle(struct http_request *rq, struct slice chunk)
{
	struct batch *b = batch_of(rq);
	size_t taken = 0;

	while (taken < chunk.n) {
		drain(b);
		if (!submit_pending(b) || !has_room(b)) {
			wait_for_room(b);
			break;
		}
		taken += take_some(b, slice_skip(chunk, taken));
	}
	return taken;
}

/* ---- the end ---- */

/* True when all was answered, and the batch is no more. */
static bool
finish(struct batch *b)
{
	drain(b);
	if (!submit_pending(b) || (atomic_load(&b->word) & COUNT) > 0)
		return false;
	reply(b);
	return true;
}

static void
wait_for_end(struct batch *b)
{
	struct http_request *rq = b->rq;

	if ((atomic_fetch_or(&b->word, WANTS_END) & COUNT) > 0)
		return;
	atomic_fetch_and(&b->word, ~WANTS_END);
	http_in_loop(rq, end_in_loop, b);
}

static void
end_in_loop(struct http_request *rq, void *arg)
{
	struct batch *b = arg;

	if (finish(b))
		http_finish(rq);
	else
		wait_for_end(b);
}

void
batch_end_handle(struct http_request *rq)
{
	struct batch *b = batch_of(rq);

	if (!b->over && (b->partial.n > 0 || b->too_long))
		line_end(b, SLICE(""));
	if (finish(b))
		return;
	http_suspend(rq);
	wait_for_end(b);
}

void
batch_gone_handle(struct http_request *rq)
{
	struct batch *b = rq->state;

	rq->state = NULL;
	if (b != NULL && (atomic_fetch_or(&b->word, GONE) & COUNT) == 0)
		batch_free(b);
}
