#include "queue/state.h"

/* Invariants.
 * 1. A state is written by notice_apply() and message_apply() alone.
 * 2. An edge and its event are in one transaction; an event that has no edge
 *    changes nothing and is refused with RC_STATE. */

#define NONE (-1)

/* planned -> released -> done; planned <-> held; -> cancelled | skipped;
 * cancelled is revived when its reason goes, what reached nobody when there is
 * another address. */
static const int notice_edges[NOTICE_STATES][NOTICE_EVENTS] = {
    /*                    release          finish       hold
			  resume          cancel            revive
			  skip */
    [NOTICE_PLANNED] = {NOTICE_RELEASED, NONE, NOTICE_HELD, NONE,
			NOTICE_CANCELLED, NONE, NOTICE_SKIPPED},
    [NOTICE_RELEASED] = {NONE, NOTICE_DONE, NONE, NONE, NOTICE_CANCELLED, NONE,
			 NONE},
    [NOTICE_DONE] = {NONE, NONE, NONE, NONE, NONE, NOTICE_PLANNED, NONE},
    [NOTICE_HELD] = {NONE, NONE, NONE, NOTICE_PLANNED, NOTICE_CANCELLED, NONE,
		     NOTICE_SKIPPED},
    [NOTICE_CANCELLED] = {NONE, NONE, NONE, NONE, NONE, NOTICE_PLANNED, NONE},
    [NOTICE_SKIPPED] = {NONE, NONE, NONE, NONE, NONE, NOTICE_PLANNED, NONE},
};

static const enum kind notice_kind[NOTICE_EVENTS] = {
    KIND_NOTICE_RELEASED, KIND_NOTICE_DONE,	 KIND_NOTICE_HELD,
    KIND_NOTICE_RESUMED,  KIND_NOTICE_CANCELLED, KIND_NOTICE_REVIVED,
    KIND_NOTICE_SKIPPED,
};

static const char *const notice_names[NOTICE_STATES] = {
    "planned", "released", "done", "held", "cancelled", "skipped",
};

#define M(s) MESSAGE_##s
/* queued -> claimed -> accepted | deferred | failed | uncertain; deferred and
 * uncertain are claimed again; accepted -> delivered | bounced | complained.
 * A report may come before we know that the message was accepted. */
static const int message_edges[MESSAGE_STATES][MESSAGE_EVENTS] = {
    [M(QUEUED)] = {M(CLAIMED), NONE, NONE, NONE, NONE, M(EXPIRED), M(CANCELLED),
		   NONE, NONE, NONE},
    [M(CLAIMED)] = {NONE, M(ACCEPTED), M(DEFERRED), M(FAILED), M(UNCERTAIN),
		    M(EXPIRED), M(CANCELLED), NONE, NONE, NONE},
    [M(DEFERRED)] = {M(CLAIMED), NONE, NONE, M(FAILED), NONE, M(EXPIRED),
		     M(CANCELLED), NONE, NONE, NONE},
    [M(ACCEPTED)] = {NONE, NONE, NONE, NONE, NONE, NONE, NONE, M(DELIVERED),
		     M(BOUNCED), M(COMPLAINED)},
    [M(FAILED)] = {NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
    [M(UNCERTAIN)] = {M(CLAIMED), NONE, NONE, NONE, NONE, M(EXPIRED),
		      M(CANCELLED), M(DELIVERED), M(BOUNCED), M(COMPLAINED)},
    [M(EXPIRED)] = {NONE, NONE, NONE, NONE, NONE, NONE, NONE, M(DELIVERED),
		    M(BOUNCED), M(COMPLAINED)},
    [M(CANCELLED)] = {NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
		      NONE},
    [M(DELIVERED)] = {NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
		      M(BOUNCED), M(COMPLAINED)},
    [M(BOUNCED)] = {NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
    [M(COMPLAINED)] = {NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
		       NONE},
};
#undef M

static const enum kind message_kind[MESSAGE_EVENTS] = {
    KIND_MESSAGE_ATTEMPTED,  KIND_MESSAGE_ACCEPTED,  KIND_MESSAGE_DEFERRED,
    KIND_MESSAGE_FAILED,     KIND_MESSAGE_UNCERTAIN, KIND_MESSAGE_EXPIRED,
    KIND_MESSAGE_CANCELLED,  KIND_MESSAGE_DELIVERED, KIND_MESSAGE_BOUNCED,
    KIND_MESSAGE_COMPLAINED,
};

static const char *const message_names[MESSAGE_STATES] = {
    "queued",  "claimed",   "deferred",	 "accepted", "failed",	   "uncertain",
    "expired", "cancelled", "delivered", "bounced",  "complained",
};

const char *
notice_state_name(int state)
{
	return notice_names[state];
}

const char *
message_state_name(int state)
{
	return message_names[state];
}

int
message_state_parse(struct slice name)
{
	for (int i = 0; i < MESSAGE_STATES; i++)
		if (slice_eq_z(name, message_names[i]))
			return i;
	return -1;
}

/* {"from":…,"to":…[,"reason":…][,more]} after what the caller began. */
static void
add_change(struct sbuf *b, const char *from, const char *to,
	   struct slice reason, struct slice more)
{
	sbuf_addf(b, ",\"from\":\"%s\",\"to\":\"%s\"", from, to);
	if (reason.n > 0) {
		sbuf_add_z(b, ",\"reason\":");
		sbuf_add_json(b, reason);
	}
	if (more.n > 0) {
		sbuf_add_c(b, ',');
		sbuf_add(b, more);
	}
	sbuf_add_c(b, '}');
}

enum rc
notice_apply(struct db *db, struct notice *n, enum notice_event ev,
	     struct slice reason, struct slice more, struct err *e)
{
	int to = notice_edges[n->state][ev];
	struct sbuf b;
	enum rc rc;

	if (to == NONE)
		return err_set(e, RC_STATE, "a notice that is %s cannot be %s",
			       notice_names[n->state],
			       kind_name((int)notice_kind[ev]) + 7);
	sbuf_init(&b, 65536);
	sbuf_add_z(&b, "{\"step\":");
	sbuf_add_json(&b, n->step);
	if (n->invoice.n > 0) {
		sbuf_add_z(&b, ",\"invoice\":");
		sbuf_add_json(&b, n->invoice);
	}
	add_change(&b, notice_names[n->state], notice_names[to], reason, more);
	n->state = to;
	n->reason = reason;
	rc = ev == NOTICE_EV_FINISH ? notice_update_state(db, n, e)
				    : notice_update(db, n, e);
	if (rc == RC_OK)
		rc = ledger_append(db, notice_kind[ev], n->ref, sbuf_slice(&b),
				   e);
	sbuf_fini(&b);
	return rc;
}

enum rc
message_apply(struct db *db, struct message *m, enum message_event ev,
	      struct slice reason, struct slice more, struct err *e)
{
	int to = message_edges[m->state][ev];
	char mref[REF_HEX];
	struct sbuf b;
	enum rc rc;

	if (to == NONE)
		return err_set(e, RC_STATE, "a message that is %s cannot be %s",
			       message_names[m->state],
			       kind_name((int)message_kind[ev]) + 8);
	ref_hex(m->mref, mref);
	sbuf_init(&b, 65536);
	sbuf_addf(&b, "{\"mref\":\"%s\"", mref);
	add_change(&b, message_names[m->state], message_names[to], reason,
		   more);
	m->state = to;
	m->reason = reason;
	rc = message_update(db, m, e);
	if (rc == RC_OK)
		rc = ledger_append(db, message_kind[ev], m->mref,
				   sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}
