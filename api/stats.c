#include "store/stats.h"

#include "api/answer.h"
#include "api/handlers.h"
#include "api/render.h"
#include "base/clock.h"
#include "proof/ledger.h"
#include "queue/state.h"

#define BUCKETS_MAX 400

static void
add_reasons(struct sbuf *b, const char *key, const struct stats *s, int state)
{
	member_open(b, key, '{');
	for (size_t i = 0; i < s->reasons_n; i++) {
		struct slice reason = s->reasons[i].reason;

		if (s->reasons[i].state != state || s->reasons[i].n == 0)
			continue;
		if (b->p[b->n - 1] != '{')
			sbuf_add_c(b, ',');
		sbuf_add_json(b, reason.n > 0 ? reason : SLICE("none"));
		sbuf_add_c(b, ':');
		sbuf_add_int(b, s->reasons[i].n);
	}
	member_close(b, '}');
}

static int64_t
stopped_by_payment(const struct stats *s)
{
	return stats_count(s, NOTICE_CANCELLED, SLICE("paid"));
}

static void
add_stats(struct sbuf *b, const struct stats *s)
{
	int64_t planned = 0;

	for (int i = 0; i < NOTICE_STATES; i++)
		planned += s->notices[i];
	member_int(b, "planned", planned);
	member_int(b, "released",
		   s->notices[NOTICE_RELEASED] + s->notices[NOTICE_DONE]);
	member_int(
	    b, "accepted",
	    s->messages[MESSAGE_ACCEPTED] + s->messages[MESSAGE_DELIVERED] +
		s->messages[MESSAGE_BOUNCED] + s->messages[MESSAGE_COMPLAINED]);
	member_int(b, "deferred_then_accepted", s->deferred_then_accepted);
	member_int(b, "refused", s->messages[MESSAGE_FAILED]);
	member_int(b, "opened", s->opened);
	member_int(b, "clicked", s->clicked);
	member_int(b, "counted_opens", s->counted_opens);
	member_int(b, "stopped_by_payment", stopped_by_payment(s));
	add_reasons(b, "held", s, NOTICE_HELD);
	add_reasons(b, "cancelled", s, NOTICE_CANCELLED);
	add_reasons(b, "skipped", s, NOTICE_SKIPPED);
	member_open(b, "notices", '{');
	for (int i = 0; i < NOTICE_STATES; i++)
		member_int(b, notice_state_name(i), s->notices[i]);
	member_close(b, '}');
	member_open(b, "messages", '{');
	for (int i = 0; i < MESSAGE_STATES; i++)
		member_int(b, message_state_name(i), s->messages[i]);
	member_close(b, '}');
}

static enum rc
add_span(struct reading *r, int64_t from_us, int64_t to_us, struct err *e)
{
	struct stats_query q = {.from_us = from_us,
				.to_us = to_us,
				.kind_deferred = KIND_MESSAGE_DEFERRED,
				.kind_accepted = KIND_MESSAGE_ACCEPTED,
				.kind_opened = KIND_MESSAGE_OPENED,
				.kind_clicked = KIND_MESSAGE_CLICKED};
	struct stats s;
	enum rc rc = stats_get(r->db, &q, r->a, &s, e);

	if (rc != RC_OK)
		return rc;
	member_time(&r->out, "from", from_us);
	member_time(&r->out, "to", to_us);
	add_stats(&r->out, &s);
	return RC_OK;
}

static enum rc
add_buckets(struct reading *r, int64_t from_us, int64_t to_us, int64_t step_us,
	    struct err *e)
{
	enum rc rc = RC_OK;

	if (from_us == 0 || to_us == INT64_MAX || to_us <= from_us ||
	    (to_us - from_us - 1) / step_us >= BUCKETS_MAX)
		return err_set(e, RC_INVALID,
			       "\"by\" wants from and to, at most %d of it "
			       "apart",
			       BUCKETS_MAX);
	member_open(&r->out, NULL, '{');
	member_open(&r->out, "items", '[');
	for (int64_t t = from_us; rc == RC_OK && t < to_us; t += step_us) {
		int64_t end = t + step_us < to_us ? t + step_us : to_us;

		member_open(&r->out, NULL, '{');
		rc = add_span(r, t, end, e);
		member_close(&r->out, '}');
		if (http_gone(r->rq))
			break;
	}
	member_close(&r->out, ']');
	member_null(&r->out, "next");
	member_close(&r->out, '}');
	return rc;
}

static enum rc
read_stats(struct reading *r, struct err *e)
{
	struct slice by = http_query(r->rq, "by");
	int64_t from_us, to_us;
	enum rc rc = answer_time(r->rq, "from", 0, &from_us, e);

	if (rc == RC_OK)
		rc = answer_time(r->rq, "to", INT64_MAX, &to_us, e);
	if (rc != RC_OK)
		return rc;
	if (slice_eq_z(by, "hour"))
		return add_buckets(r, from_us, to_us, HOUR_US, e);
	if (slice_eq_z(by, "day"))
		return add_buckets(r, from_us, to_us, DAY_US, e);
	if (by.n > 0)
		return err_set(e, RC_INVALID, "\"by\" is hour or day");
	member_open(&r->out, NULL, '{');
	rc = add_span(r, from_us, to_us, e);
	member_close(&r->out, '}');
	return rc;
}

void
stats_handle(struct http_request *rq)
{
	answer_read(rq, read_stats);
}
