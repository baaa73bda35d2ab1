#ifndef QUEUE_STATE_H
#define QUEUE_STATE_H

#include "proof/ledger.h"
#include "store/message.h"
#include "store/notice.h"

/*
 * The two state machines.  Both are tables next[state][event]; nothing else
 * changes a state, and each change appends its event to the ledger in the same
 * transaction.
 */

enum notice_event {
	NOTICE_EV_RELEASE,
	NOTICE_EV_FINISH,
	NOTICE_EV_HOLD,
	NOTICE_EV_RESUME,
	NOTICE_EV_CANCEL,
	NOTICE_EV_REVIVE,
	NOTICE_EV_SKIP,
	NOTICE_EVENTS,
};

enum message_event {
	MESSAGE_EV_CLAIM,
	MESSAGE_EV_ACCEPT,
	MESSAGE_EV_DEFER,
	MESSAGE_EV_FAIL,
	MESSAGE_EV_UNCERTAIN,
	MESSAGE_EV_EXPIRE,
	MESSAGE_EV_CANCEL,
	MESSAGE_EV_DELIVER,
	MESSAGE_EV_BOUNCE,
	MESSAGE_EV_COMPLAIN,
	MESSAGE_EVENTS,
};

/* "planned", "accepted" … as the API says them. */
const char *notice_state_name(int state);
const char *message_state_name(int state);
/* -1 for an unknown name. */
int message_state_parse(struct slice name);

/* Changes n's state (and reason), writes it and appends the event with the
 * payload {"notice","step","reason",…}; more: members to add, as
 * `"key":value,…` without braces, or "".  Fails: RC_STATE without an edge. */
enum rc notice_apply(struct db *db, struct notice *n, enum notice_event ev,
		     struct slice reason, struct slice more,
		     struct err *e) MUST_USE;

/* The same for a message.  The caller sets the other fields of m before.
 * A claim appends message.attempted; from and to are in every payload. */
enum rc message_apply(struct db *db, struct message *m, enum message_event ev,
		      struct slice reason, struct slice more,
		      struct err *e) MUST_USE;

#endif
