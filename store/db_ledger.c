#include "store/db_ledger.h"

#include "store/db_private.h"
#include "store/recent.h"

void
db_index_later(struct db *db)
{
	db->index_later = true;
}

struct recent *
db_index_waits(struct db *db)
{
	return db->index_later ? db->recent : NULL;
}

enum rc
db_settle(struct db *db, bool all, struct err *e)
{
	return recent_settle(db->recent, db, all, e);
}

bool
db_unsettled(const struct db *db)
{
	return recent_any(db->recent);
}

int64_t
db_next_seq(const struct db *db, struct ref ref, int64_t known)
{
	int64_t waits = db->recent ? recent_next_seq(db->recent, ref) : 0;

	return waits > known ? waits : known;
}

enum rc
db_event_number_at(struct db *db, int64_t seq, int64_t now_us,
		   struct event_number *out, struct err *e)
{
	if (db->last.position < 0 || !db_in_transaction(db))
		return err_set(e, RC_BUG, "an event outside of a transaction");
	if (db->last.time_us < now_us)
		db->last.time_us = now_us;
	out->position = db->last.position++;
	out->time_us = db->last.time_us;
	out->seq = (uint32_t)seq;
	return RC_OK;
}

enum rc
db_event_number(struct db *db, struct ref ref, int64_t now_us,
		struct event_number *out, struct err *e)
{
	int64_t seq = 0;
	enum rc rc = event_next_seq(db, ref, &seq, e);

	return rc ? rc : db_event_number_at(db, seq, now_us, out, e);
}
