#ifndef PROOF_LEDGER_H
#define PROOF_LEDGER_H

#include "proof/tree.h"
#include "store/event.h"

/* Kinds of event: one list, proof/kinds.def. */
enum kind {
#define KIND(number, id, name, fields) KIND_##id = (number),
#include "proof/kinds.def"
#undef KIND
};

#define ENTRY_SIZE 62

/* "message.accepted"; NULL for a number that no kind has. */
const char *kind_name(int kind);
bool kind_parse(struct slice name, int *out);

/* Appends an event to the ledger in the transaction of the change that it
 * tells.  payload: a JSON object, stored as it is; time is clock_wall_us(),
 * never before the last event's (where the clock went back, the payload ends
 * with "observed_at", the time that it showed).
 * Fails: what db does; RC_BUG (payload is not an object).  Thread: writer. */
enum rc ledger_append(struct db *db, enum kind kind, struct ref ref,
		      struct slice payload, struct err *e) MUST_USE;

/* What of an event can be made before its turn comes, by any thread: a fresh
 * salt and the hash over it and the payload, which is borrowed. */
struct ledger_draft {
	struct slice payload;
	uint8_t salt[32], commit[32];
};
void ledger_draft(struct slice payload, struct ledger_draft *out);
/* Appends what was drafted.  seq: as db_next_seq() gave it in this operation.
 * Fails, Thread: as ledger_append(). */
enum rc ledger_append_draft(struct db *db, enum kind kind, struct ref ref,
			    int64_t seq, const struct ledger_draft *d,
			    struct err *e) MUST_USE;

/* The reference of the ledger itself (events that have no other subject). */
enum rc ledger_ref(struct db *db, struct ref *out, struct err *e) MUST_USE;

/* Builds the 62 bytes of an entry.  Ref: EVIDENCE.md, The ledger. */
void ledger_entry(int kind, int64_t time_ms, struct ref ref, uint32_t seq,
		  const uint8_t commit[32], uint8_t out[ENTRY_SIZE]);
/* commit = SHA-256("acuse-event/v1\n" || salt || payload) */
void ledger_commit(const uint8_t salt[32], struct slice payload,
		   uint8_t out[32]);

/* Checks every row as of one moment: positions dense, seq dense by subject,
 * entry equal to what its row, payload and salt say (where not erased), time
 * never going back.  The first fault fails with RC_BUG and its position in the
 * text; *n counts leaves, root is the tree's (RFC 9162).  In memory that does
 * not grow with the ledger. */
enum rc ledger_audit(struct db *db, int64_t *n, uint8_t root[32],
		     struct err *e) MUST_USE;

#endif
