#include "queue/nowhere.h"

#include "base/clock.h"
#include "queue/outbox.h"
#include "queue/state.h"
#include "store/event.h"

static bool
says(const struct event *event, struct slice reason)
{
	struct sbuf b;
	bool out;

	sbuf_init(&b, 65536);
	sbuf_add_z(&b, "\"reason\":");
	sbuf_add_json(&b, reason);
	out = event->kind == KIND_MESSAGE_DEFERRED &&
	      slice_find(event->payload, sbuf_slice(&b)) >= 0;
	sbuf_fini(&b);
	return out;
}

static bool
enough(int tries, int64_t first_us, int64_t last_us)
{
	return tries >= NOWHERE_TRIES && last_us - first_us >= NOWHERE_WAIT_US;
}

/* Whether the last try is the one that makes it enough. */
static enum rc
now_enough(struct db *db, const struct message *m, struct arena *a, bool *out,
	   struct err *e)
{
	int64_t first = 0, last = 0, before = 0;
	struct event *list;
	int tries = 0;
	size_t n;
	enum rc rc = event_list(db, m->mref, a, &list, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		if (!says(&list[i], m->reason))
			continue;
		if (tries++ == 0)
			first = list[i].time_us;
		before = last;
		last = list[i].time_us;
	}
	*out = enough(tries, first, last) && !enough(tries - 1, first, before);
	return rc;
}

/* Of those that wait for the same domain the first one speaks. */
static enum rc
has_to_tell(struct db *db, const struct message *m, const struct notice *n,
	    struct arena *a, bool *out, struct err *e)
{
	struct message *list;
	size_t count;
	enum rc rc = message_list_notice(db, n->id, a, &list, &count, e);

	*out = n->critical && n->state == NOTICE_RELEASED;
	for (size_t i = 0; rc == RC_OK && i < count; i++) {
		bool same = (list[i].state == MESSAGE_DEFERRED ||
			     list[i].state == MESSAGE_CLAIMED) &&
			    slice_eq(list[i].reason, m->reason);

		*out &= same ? list[i].id >= m->id
			     : list[i].state == MESSAGE_FAILED ||
				   list[i].state == MESSAGE_CANCELLED ||
				   list[i].state == MESSAGE_EXPIRED ||
				   list[i].state == MESSAGE_BOUNCED;
	}
	return rc;
}

enum rc
nowhere_tell(struct db *db, const struct message *m, struct arena *a,
	     struct err *e)
{
	struct customer c;
	struct notice *list;
	bool tell;
	size_t n = 0;
	enum rc rc = now_enough(db, m, a, &tell, e);

	if (rc != RC_OK || !tell)
		return rc;
	rc = customer_get(db, m->customer, a, &c, e);
	if (rc == RC_NOTFOUND)
		return RC_OK;
	if (rc == RC_OK)
		rc = notice_list_message(db, m->id, a, &list, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		rc = has_to_tell(db, m, &list[i], a, &tell, e);
		if (rc == RC_OK && tell)
			rc = outbox_unreachable(db, &c, list[i].step,
						NOWHERE_REASON, true, e);
	}
	return rc;
}
