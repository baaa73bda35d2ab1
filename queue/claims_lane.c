#include "queue/claims_private.h"
#include "queue/halt.h"
#include "store/db_ledger.h"

/* What batches tell of a destination: that it rests, and whether somebody has
 * to look. */

/* Raises the alarm of a lane, or clears it. */
static enum rc
lane_alarm(struct claims_work *w, const struct lane *l, enum kind kind,
	   struct slice reason, struct err *e)
{
	struct ref self;
	struct sbuf b;
	enum rc rc = ledger_ref(w->db, &self, e);

	if (rc != RC_OK)
		return rc;
	sbuf_init(&b, 65536);
	sbuf_add_z(&b, "{\"brand\":");
	sbuf_add_json(&b, l->brand);
	sbuf_add_z(&b, ",\"domain\":");
	sbuf_add_json(&b, l->domain);
	sbuf_add_z(&b, ",\"reason\":");
	sbuf_add_json(&b, reason);
	sbuf_add_c(&b, '}');
	rc = ledger_append(w->db, kind, self, sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

/* One stands at a time: that of the last loud reason. */
static enum rc
tell(struct claims_work *w, struct lane *l, bool accepted, struct err *e)
{
	bool loud = halt_is_loud(l->reason);
	bool raise = loud && !slice_eq(l->alarm, l->reason);
	bool clear = raise || (accepted && l->blocked_us == 0);
	enum rc rc = RC_OK;

	if (clear && l->alarm.n > 0)
		rc = lane_alarm(w, l, KIND_ALARM_CLEARED, l->alarm, e);
	if (rc == RC_OK && raise)
		rc = lane_alarm(w, l, KIND_ALARM_RAISED, l->reason, e);
	if (clear)
		l->alarm = raise ? l->reason : SLICE("");
	return rc;
}

enum rc
claims_block_lane(struct queue *q, struct db *db, const struct lane *as,
		  bool accepted, struct err *e)
{
	struct arena own;
	struct lane l;
	struct claims_work w;
	enum rc rc;

	claims_work_start(&w, q, db, &own);
	rc = lane_get(db, as->id, &own, &l, e);
	if (rc == RC_OK && (as->blocked_us > 0 || l.blocked_us <= w.now)) {
		if (halt_is_loud(as->reason))
			halt_note(q);
		l.blocked_us = as->blocked_us;
		l.failures = as->failures;
		l.reason = as->reason;
		l.said = as->said;
		rc = tell(&w, &l, accepted, e);
		if (rc == RC_OK)
			rc = lane_update(db, &l, e);
	}
	return claims_work_end(&w, rc);
}
