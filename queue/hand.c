#include "queue/hand.h"

#include "base/clock.h"
#include "base/date.h"
#include "queue/halt.h"
#include "queue/outbox.h"
#include "queue/state.h"
#include "store/invoice.h"
#include "store/lane.h"

/* So many messages or destinations in one operation: others wait meanwhile. */
#define HAND_MAX 5000

struct hand {
	struct queue *q;
	struct db *db;
	const struct hand_order *order;
	int64_t now;
	struct arena *a;
	struct hand_result *out;
};

static const char *const names[] = {"hold", "resume", "retry", "cancel"};

static struct slice
reason_of(const struct hand *h)
{
	if (h->order->reason.n == 0)
		return SLICE("by hand");
	return slice_z(
	    arena_printf(h->a, "by hand: %.*s", SLICE_ARG(h->order->reason)));
}

/* What cannot be told by a state's edge. */
static enum rc
append(struct hand *h, struct ref subject, struct err *e)
{
	const struct hand_order *o = h->order;
	char hex[REF_HEX];
	struct sbuf b;
	enum rc rc;

	sbuf_init(&b, 65536);
	sbuf_addf(&b, "{\"what\":\"%s\"", names[o->what]);
	if (o->by_message) {
		ref_hex(o->mref, hex);
		sbuf_addf(&b, ",\"mref\":\"%s\"", hex);
	}
	if (o->brand.n > 0) {
		sbuf_add_z(&b, ",\"brand\":");
		sbuf_add_json(&b, o->brand);
	}
	if (o->domain.n > 0) {
		sbuf_add_z(&b, ",\"domain\":");
		sbuf_add_json(&b, o->domain);
	}
	sbuf_add_z(&b, ",\"reason\":");
	sbuf_add_json(&b, reason_of(h));
	sbuf_add_z(&b, ",\"by\":");
	sbuf_add_json(&b, o->by);
	sbuf_add_c(&b, '}');
	rc = ledger_append(h->db,
			   o->what == HAND_HOLD ? KIND_SENDING_PAUSED
						: KIND_SENDING_RESUMED,
			   subject, sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

static enum rc
append_to_ledger(struct hand *h, struct err *e)
{
	struct ref self;
	enum rc rc = ledger_ref(h->db, &self, e);

	return rc == RC_OK ? append(h, self, e) : rc;
}

/* ---- one message ---- */

static bool
waits(const struct message *m)
{
	return m->state == MESSAGE_QUEUED || m->state == MESSAGE_CLAIMED ||
	       m->state == MESSAGE_DEFERRED || m->state == MESSAGE_UNCERTAIN;
}

/* True when nothing of it has begun, and nothing will. */
static bool
stopped(const struct hand *h, const struct message *m)
{
	return m->state != MESSAGE_CLAIMED || phase_stop(h->q->phases, m->mref);
}

static enum rc
begun(struct err *e)
{
	return err_set(e, RC_STATE, "the message is being sent now");
}

/* A dispute's hold is not an operator's to lift: billing says when it is
 * over. */
static enum rc
disputed(struct hand *h, const struct message *m, struct err *e)
{
	struct notice *list;
	size_t n;
	enum rc rc = notice_list_message(h->db, m->id, h->a, &list, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct invoice v;

		if (list[i].invoice.n == 0)
			continue;
		rc = invoice_get(h->db, list[i].invoice, h->a, &v, e);
		if (rc == RC_OK && (v.status == INVOICE_DISPUTED ||
				    v.status == INVOICE_PENDING))
			return err_set(e, RC_STATE,
				       "invoice %.*s is disputed, or its "
				       "payment pending",
				       SLICE_ARG(v.id));
	}
	return rc;
}

/* Over another reason, so that its end does not let go of it. */
static enum rc
hold(struct hand *h, struct message *m, struct err *e)
{
	enum rc rc;

	if (m->held && slice_starts(m->reason, SLICE("by hand")))
		return RC_OK;
	if (!stopped(h, m))
		return begun(e);
	m->held = true;
	m->reason = reason_of(h);
	rc = message_update(h->db, m, e);
	h->out->changed++;
	return rc == RC_OK ? append(h, m->mref, e) : rc;
}

static enum rc
resume(struct hand *h, struct message *m, struct err *e)
{
	enum rc rc;

	if (!m->held)
		return RC_OK;
	rc = disputed(h, m, e);
	if (rc != RC_OK)
		return rc;
	m->held = false;
	m->reason = SLICE("");
	rc = message_update(h->db, m, e);
	h->out->changed++;
	return rc == RC_OK ? append(h, m->mref, e) : rc;
}

/* Why nothing is sent at all; "": it is. */
static enum rc
paused(struct hand *h, struct slice *why, struct err *e)
{
	const struct conf *conf = conf_box_get(h->q->conf);
	struct sbuf reason;
	enum rc rc;

	*why = conf->send ? SLICE("") : SLICE("it observes: send = false");
	conf_unref(conf);
	if (why->n > 0)
		return RC_OK;
	sbuf_init(&reason, 4096);
	rc = queue_paused(h->db, &reason, e);
	if (rc == RC_OK)
		*why = slice_z(arena_printf(h->a, "all sending is paused: %.*s",
					    SLICE_ARG(sbuf_slice(&reason))));
	sbuf_fini(&reason);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc
retry(struct hand *h, struct message *m, struct err *e)
{
	struct slice why;
	struct lane lane;
	enum rc rc;

	if (m->state == MESSAGE_CLAIMED)
		return begun(e);
	if (m->held)
		return err_set(e, RC_STATE, "the message is held: resume it");
	rc = paused(h, &why, e);
	if (rc == RC_OK)
		rc = lane_get(h->db, m->lane, h->a, &lane, e);
	if (rc != RC_OK)
		return rc;
	if (why.n > 0)
		return err_set(e, RC_STATE, "%.*s", SLICE_ARG(why));
	if (lane.held)
		return err_set(e, RC_STATE,
			       "its destination or its brand is held: resume "
			       "that");
	m->next_us = h->now;
	rc = message_update(h->db, m, e);
	if (rc != RC_OK)
		return rc;
	lane.blocked_us = 0;
	h->out->changed++;
	rc = lane_update(h->db, &lane, e);
	return rc == RC_OK ? append(h, m->mref, e) : rc;
}

static struct slice
by_member(const struct hand *h)
{
	struct slice out;
	struct sbuf b;

	sbuf_init(&b, 4096);
	sbuf_add_z(&b, "\"by\":");
	sbuf_add_json(&b, h->order->by);
	out = arena_dup(h->a, sbuf_slice(&b));
	sbuf_fini(&b);
	return out;
}

/* A notice that had no other message is cancelled with this one; else it ends
 * when the others have. */
static enum rc
cancel(struct hand *h, struct message *m, struct err *e)
{
	struct slice more = by_member(h);
	struct notice *list;
	size_t n;
	enum rc rc;

	if (!stopped(h, m))
		return begun(e);
	rc = notice_list_message(h->db, m->id, h->a, &list, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct message *its;
		size_t its_n;

		if (list[i].state != NOTICE_RELEASED)
			continue;
		rc = message_list_notice(h->db, list[i].id, h->a, &its, &its_n,
					 e);
		if (rc == RC_OK && its_n == 1)
			rc = notice_apply(h->db, &list[i], NOTICE_EV_CANCEL,
					  reason_of(h), more, e);
	}
	if (rc == RC_OK)
		rc = message_apply(h->db, m, MESSAGE_EV_CANCEL, reason_of(h),
				   more, e);
	h->out->changed++;
	h->out->uncertain += m->uncertain > 0;
	return rc == RC_OK ? outbox_settle(h->db, m, h->a, e) : rc;
}

static enum rc (*const by_message[])(struct hand *, struct message *,
				     struct err *) = {
    [HAND_HOLD] = hold,
    [HAND_RESUME] = resume,
    [HAND_RETRY] = retry,
    [HAND_CANCEL] = cancel,
};

static enum rc
one(struct hand *h, struct err *e)
{
	struct message m;
	enum rc rc = message_get(h->db, h->order->mref, h->a, &m, e);

	if (rc != RC_OK)
		return rc;
	if (!waits(&m))
		return err_set(e, RC_STATE, "the message is %s already",
			       message_state_name(m.state));
	return by_message[h->order->what](h, &m, e);
}

/* ---- many ---- */

/* What was held as our fault: who resumes has mended it. */
static enum rc
let_go(struct hand *h, struct err *e)
{
	struct lane_load *lanes;
	int64_t after = 0;
	size_t n = HAND_MAX;
	enum rc rc = RC_OK;

	while (rc == RC_OK && n == HAND_MAX) {
		rc = lane_list(h->db, h->order->brand, h->order->domain, after,
			       HAND_MAX, h->a, &lanes, &n, e);
		for (size_t i = 0; rc == RC_OK && i < n; i++) {
			int64_t changed;

			after = lanes[i].lane.id;
			rc = message_let_go(h->db, after, &changed, e);
			h->out->changed += changed;
			if (rc == RC_OK && changed > 0)
				rc = lane_wake(h->db, after, h->now, e);
		}
	}
	return rc;
}

static enum rc
resume_all(struct hand *h, struct err *e)
{
	int64_t before = h->out->changed;
	enum rc rc = queue_resume(h->q, h->db, h->order->by, e);

	if (rc == RC_OK)
		rc = let_go(h, e);
	return rc == RC_OK && h->out->changed > before ? append_to_ledger(h, e)
						       : rc;
}

/* Of a hold, as the list of what waits tells it. */
static struct slice
why(const struct hand *h)
{
	char since[TIME_SIZE];
	struct slice out;
	struct sbuf b;

	time_format(h->now, since);
	sbuf_init(&b, 4096);
	sbuf_add_z(&b, "\"reason\":");
	sbuf_add_json(&b, h->order->reason.n > 0 ? h->order->reason
						 : SLICE("by hand"));
	sbuf_add_z(&b, ",\"by\":");
	sbuf_add_json(&b, h->order->by);
	sbuf_addf(&b, ",\"since\":\"%s\"", since);
	out = arena_dup(h->a, sbuf_slice(&b));
	sbuf_fini(&b);
	return out;
}

/* Whether a hold of just that name stands. */
static enum rc
stands(struct hand *h, bool *out, struct err *e)
{
	struct lane_held *list;
	size_t n = 0;
	enum rc rc = lane_holds(h->db, HAND_MAX, h->a, &list, &n, e);

	*out = false;
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		*out |= slice_eq(list[i].brand, h->order->brand) &&
			slice_eq(list[i].domain, h->order->domain);
	return rc;
}

static enum rc
hold_many(struct hand *h, struct err *e)
{
	const struct hand_order *o = h->order;
	bool held = o->what == HAND_HOLD;
	struct sbuf now;
	enum rc rc;

	if (!o->all) {
		halt_note(h->q);
		rc = stands(h, &h->out->lifted, e);
		h->out->lifted = h->out->lifted && !held;
		if (rc == RC_OK)
			rc = lane_hold(h->db, o->brand, o->domain,
				       held ? why(h) : SLICE(""),
				       &h->out->changed, e);
		if (rc == RC_OK && !held)
			rc = let_go(h, e);
		return rc == RC_OK ? append_to_ledger(h, e) : rc;
	}
	sbuf_init(&now, 4096);
	rc = queue_paused(h->db, &now, e);
	h->out->changed = held == (rc == RC_NOTFOUND);
	sbuf_fini(&now);
	if (rc != RC_OK && rc != RC_NOTFOUND)
		return rc;
	return held ? queue_pause(h->q, h->db, o->reason, o->by, e)
		    : resume_all(h, e);
}

static enum rc
cancel_lane(struct hand *h, int64_t lane, bool claimed, struct err *e)
{
	size_t room = HAND_MAX - (size_t)h->out->changed;
	struct message *list;
	size_t n;
	enum rc rc =
	    lane_messages(h->db, lane, claimed, room, h->a, &list, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		if (stopped(h, &list[i]))
			rc = cancel(h, &list[i], e);
	return rc;
}

static enum rc
at_lane(struct hand *h, const struct lane_load *l, struct err *e)
{
	int64_t id = l->lane.id, changed = 0;
	enum rc rc = RC_OK;

	if (h->order->what == HAND_RETRY) {
		if (l->waiting > 0 || l->lane.blocked_us > 0)
			rc = lane_retry(h->db, id, h->now, &changed, e);
		h->out->changed += changed;
		if (changed > 0 && l->lane.held && h->out->kept.n == 0)
			h->out->kept = slice_z(
			    arena_printf(h->a, "%.*s of brand %.*s is held",
					 SLICE_ARG(l->lane.domain),
					 SLICE_ARG(l->lane.brand)));
		return rc;
	}
	if (l->waiting > 0)
		rc = cancel_lane(h, id, false, e);
	if (rc == RC_OK && h->out->changed < HAND_MAX)
		rc = cancel_lane(h, id, true, e);
	h->out->more = h->out->changed >= HAND_MAX;
	return rc;
}

static enum rc
each_lane(struct hand *h, struct err *e)
{
	struct lane_load *lanes;
	struct slice why;
	int64_t after = 0;
	size_t n = HAND_MAX;
	enum rc rc = RC_OK;

	while (rc == RC_OK && n == HAND_MAX && !h->out->more) {
		rc = lane_list(h->db, h->order->brand, h->order->domain, after,
			       HAND_MAX, h->a, &lanes, &n, e);
		for (size_t i = 0; rc == RC_OK && i < n && !h->out->more; i++) {
			after = lanes[i].lane.id;
			rc = at_lane(h, &lanes[i], e);
		}
	}
	if (rc != RC_OK || h->order->what != HAND_RETRY)
		return rc;
	rc = paused(h, &why, e);
	if (rc == RC_OK && why.n > 0)
		h->out->kept = why;
	return rc == RC_OK ? append_to_ledger(h, e) : rc;
}

/* In the configuration; or of an earlier one, and held or with lanes yet. */
static enum rc
check_brand(struct hand *h, struct err *e)
{
	const struct conf *conf = conf_box_get(h->q->conf);
	struct slice brand = h->order->brand;
	bool known = conf_brand(conf, brand) != NULL;
	struct lane_load *lanes;
	struct lane_held *holds;
	enum rc rc = RC_OK;
	struct sbuf there;
	size_t n = 0;

	if (!known)
		rc = lane_list(h->db, brand, SLICE(""), 0, 1, h->a, &lanes, &n,
			       e);
	known |= n > 0;
	if (!known && rc == RC_OK)
		rc = lane_holds(h->db, HAND_MAX, h->a, &holds, &n, e);
	for (size_t i = 0; !known && rc == RC_OK && i < n; i++)
		known = slice_eq(holds[i].brand, brand);
	sbuf_init(&there, 65536);
	for (size_t i = 0; i < conf->brands_n; i++)
		sbuf_addf(&there, "%s%s", i > 0 ? ", " : "",
			  conf->brands[i].name);
	if (rc == RC_OK && !known)
		rc = err_at(e, RC_INVALID, "/brand",
			    "there is no brand %.*s; there is %s",
			    SLICE_ARG(brand), sbuf_z(&there));
	sbuf_fini(&there);
	conf_unref(conf);
	return rc;
}

enum rc
hand_apply(struct queue *q, struct db *db, const struct hand_order *order,
	   struct arena *a, struct hand_result *out, struct err *e)
{
	struct hand_order mine = *order;
	struct hand h = {q, db, &mine, clock_wall_us(), a, out};
	enum rc rc = RC_OK;

	*out = (struct hand_result){.changed = 0};
	if (order->domain.n > 0)
		mine.domain = queue_domain(order->domain, a);
	if (order->brand.n > 0)
		rc = check_brand(&h, e);
	if (rc != RC_OK)
		return rc;
	if (order->by_message)
		rc = one(&h, e);
	else if (order->what == HAND_HOLD || order->what == HAND_RESUME)
		rc = hold_many(&h, e);
	else
		rc = each_lane(&h, e);
	q->urge_noted |= mine.what == HAND_RETRY || mine.what == HAND_RESUME;
	queue_wake_mailer(q);
	return rc;
}
