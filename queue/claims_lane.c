#include "queue/claims_private.h"
#include "queue/halt.h"
#include "store/db_ledger.h"
#include "store/meta.h"

/* What batches tell of a destination: that it rests, and whether somebody has
 * to look. */

struct telling {
	struct claims_work *w;
	struct slice hop; /* that others share; "" : it is the lane's own */
	char *key;	  /* of its alarm in meta */
};

/* Raises the alarm of a lane, or of the hop that it shares; or clears it. */
static enum rc
append(const struct telling *t, const struct lane *l, enum kind kind,
       struct slice reason, struct err *e)
{
	struct ref self;
	struct sbuf b;
	enum rc rc = ledger_ref(t->w->db, &self, e);

	if (rc != RC_OK)
		return rc;
	sbuf_init(&b, 65536);
	sbuf_add_z(&b, "{\"brand\":");
	sbuf_add_json(&b, l->brand);
	sbuf_add_z(&b, ",\"domain\":");
	sbuf_add_json(&b, l->domain);
	if (t->hop.n > 0) {
		sbuf_add_z(&b, ",\"hop\":");
		sbuf_add_json(&b, t->hop);
	}
	sbuf_add_z(&b, ",\"reason\":");
	sbuf_add_json(&b, reason);
	sbuf_add_c(&b, '}');
	rc = ledger_append(t->w->db, kind, self, sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

/* The alarm that stands: of the lane, or of its hop. */
static enum rc
standing(const struct telling *t, const struct lane *l, struct slice *out,
	 struct err *e)
{
	struct sbuf b;
	enum rc rc;

	*out = l->alarm;
	if (t->hop.n == 0)
		return RC_OK;
	sbuf_init(&b, 4096);
	rc = meta_get_text(t->w->db, t->key, &b, e);
	*out = arena_dup(t->w->a, sbuf_slice(&b));
	sbuf_fini(&b);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* One stands at a time: that of the last loud reason. */
static enum rc
tell(const struct telling *t, struct lane *l, bool accepted, struct err *e)
{
	bool loud = halt_is_loud(l->reason), raise, clear;
	struct slice now;
	enum rc rc = standing(t, l, &now, e);

	raise = loud && !slice_eq(now, l->reason);
	clear = raise || (accepted && l->blocked_us == 0);
	if (rc == RC_OK && clear && now.n > 0)
		rc = append(t, l, KIND_ALARM_CLEARED, now, e);
	if (rc == RC_OK && raise)
		rc = append(t, l, KIND_ALARM_RAISED, l->reason, e);
	if (rc == RC_OK && t->hop.n > 0 && (raise || (clear && now.n > 0)))
		rc = meta_set_text(t->w->db, t->key,
				   raise ? l->reason : SLICE(""), e);
	if (loud || clear)
		l->alarm = loud ? l->reason : SLICE("");
	return rc;
}

enum rc
claims_block_lane(struct queue *q, struct db *db, const struct lane *as,
		  struct slice hop, bool accepted, struct err *e)
{
	struct arena own;
	struct lane l;
	struct claims_work w;
	struct telling t = {.w = &w, .hop = hop};
	enum rc rc;

	claims_work_start(&w, q, db, &own);
	t.key = arena_printf(&own, "alarm/%.*s", SLICE_ARG(hop));
	rc = lane_get(db, as->id, &own, &l, e);
	if (rc == RC_OK && (as->blocked_us > 0 || l.blocked_us <= w.now)) {
		if (halt_is_loud(as->reason))
			halt_note(q);
		l.blocked_us = as->blocked_us;
		l.failures = as->failures;
		l.reason = as->reason;
		l.said = as->said;
		rc = tell(&t, &l, accepted, e);
		if (rc == RC_OK)
			rc = lane_update(db, &l, e);
	}
	return claims_work_end(&w, rc);
}
