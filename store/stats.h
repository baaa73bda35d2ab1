#ifndef STORE_STATS_H
#define STORE_STATS_H

#include "base/arena.h"
#include "store/message.h"
#include "store/notice.h"

/* What to count: [from_us, to_us) of a notice's due time, a message's creation
 * and an event's time; and the numbers of kinds, which proof/ knows. */
struct stats_query {
	int64_t from_us, to_us;
	int kind_deferred, kind_accepted, kind_opened, kind_clicked;
};

struct stats_reason {
	int state; /* enum notice_state */
	struct slice reason;
	int64_t n;
};

struct stats {
	int64_t notices[NOTICE_STATES];
	int64_t messages[MESSAGE_STATES];
	int64_t deferred_then_accepted; /* messages */
	int64_t opened, clicked;	/* messages with at least one */
	int64_t counted_opens; /* of nobody in particular, on days within */
	/* By state, then most first: why notices were held, cancelled or
	 * skipped. */
	struct stats_reason *reasons;
	size_t reasons_n;
};

/* All of one moment.  Takes some milliseconds for each 10,000 messages. */
enum rc stats_get(struct db *db, const struct stats_query *what,
		  struct arena *a, struct stats *out, struct err *e) MUST_USE;

/* Notices in a state for a reason ("paid", "suppressed"). */
int64_t stats_count(const struct stats *s, int state, struct slice reason);

/* What work counts: while sending is paused that which is claimed alone. */
enum due {
	DUE_CLAIMED,
	DUE_NOTICES, /* and those */
	DUE_ALL,     /* and messages */
};

/* What is due by now_us and not yet done, at most 3,000: messages claimed,
 * planned notices whose release has come, and messages due in lanes neither
 * held nor blocked. */
enum rc store_due_work(struct db *db, int64_t now_us, enum due what, int64_t *n,
		       struct err *e) MUST_USE;

#endif
