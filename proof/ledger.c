#include "proof/ledger.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/hash.h"
#include "store/meta.h"

#define ENTRY_VERSION 1
#define SALT_SIZE 32
#define COMMIT_AT 30 /* of an entry: its last 32 bytes */

/* ---- kinds ---- */

static const struct {
	int number;
	const char *name;
} kinds[] = {
#define KIND(number, id, name, fields) {(number), (name)},
#include "proof/kinds.def"
#undef KIND
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *
kind_name(int kind)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].number == kind)
			return kinds[i].name;
	return NULL;
}

bool
kind_parse(struct slice name, int *out)
{
	for (size_t i = 0; i < KINDS; i++)
		if (slice_eq_z(name, kinds[i].name)) {
			*out = kinds[i].number;
			return true;
		}
	return false;
}

/* ---- entries ---- */

static void
put_be(uint8_t *p, uint64_t v, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

void
ledger_entry(int kind, int64_t time_ms, struct ref ref, uint32_t seq,
	     const uint8_t commit[32], uint8_t out[ENTRY_SIZE])
{
	out[0] = ENTRY_VERSION;
	out[1] = (uint8_t)kind;
	put_be(out + 2, (uint64_t)time_ms, 8);
	memcpy(out + 10, ref.b, 16);
	put_be(out + 26, seq, 4);
	memcpy(out + COMMIT_AT, commit, 32);
}

void
ledger_commit(const uint8_t salt[SALT_SIZE], struct slice payload,
	      uint8_t out[32])
{
	const struct slice parts[] = {
	    SLICE("acuse-event/v1\n"),
	    slice_of(salt, SALT_SIZE),
	    payload,
	};

	sha256(parts, 3, out);
}

/* ---- appending ---- */

void
ledger_draft(struct slice payload, struct ledger_draft *out)
{
	out->payload = payload;
	random_bytes(out->salt, sizeof(out->salt));
	ledger_commit(out->salt, payload, out->commit);
}

static enum rc
append(struct db *db, enum kind kind, struct ref ref,
       const struct event_number *number, const struct ledger_draft *d,
       struct err *e)
{
	uint8_t entry[ENTRY_SIZE];
	struct event ev = {
	    .position = number->position,
	    .kind = (int)kind,
	    .time_us = number->time_us,
	    .ref = ref,
	    .seq = number->seq,
	    .entry = slice_of(entry, sizeof(entry)),
	    .salt = slice_of(d->salt, sizeof(d->salt)),
	    .payload = d->payload,
	};

	ledger_entry(ev.kind, ev.time_us / 1000, ref, ev.seq, d->commit, entry);
	return event_insert(db, &ev, e);
}

/* The payload with the time that the clock showed as its last field. */
static void
add_observed(struct slice payload, int64_t observed_us, struct sbuf *out)
{
	struct slice body = slice_of(payload.p, payload.n - 1);
	char text[TIME_SIZE];

	time_format(observed_us, text);
	sbuf_add(out, body);
	if (slice_trim(slice_skip(body, 1)).n)
		sbuf_add_c(out, ',');
	sbuf_addf(out, "\"observed_at\":\"%s\"}", text);
}

static enum rc
append_late(struct db *db, enum kind kind, struct ref ref,
	    const struct event_number *number, struct slice payload,
	    int64_t now_us, struct err *e)
{
	struct ledger_draft d;
	struct sbuf late;
	enum rc rc;

	sbuf_init(&late, payload.n + 100);
	add_observed(payload, now_us, &late);
	ledger_draft(sbuf_slice(&late), &d);
	rc = append(db, kind, ref, number, &d, e);
	sbuf_fini(&late);
	return rc;
}

static enum rc
payload_check(enum kind kind, struct slice payload, struct err *e)
{
	if (payload.n < 2 || payload.p[0] != '{' ||
	    payload.p[payload.n - 1] != '}')
		return err_set(e, RC_BUG, "payload of %s is not an object",
			       kind_name((int)kind));
	return RC_OK;
}

enum rc
ledger_append(struct db *db, enum kind kind, struct ref ref,
	      struct slice payload, struct err *e)
{
	int64_t now_us = clock_wall_us();
	struct event_number number;
	struct ledger_draft d;
	enum rc rc = payload_check(kind, payload, e);

	if (rc || (rc = db_event_number(db, ref, now_us, &number, e)))
		return rc;
	if (number.time_us != now_us)
		return append_late(db, kind, ref, &number, payload, now_us, e);
	ledger_draft(payload, &d);
	return append(db, kind, ref, &number, &d, e);
}

enum rc
ledger_append_draft(struct db *db, enum kind kind, struct ref ref, int64_t seq,
		    const struct ledger_draft *d, struct err *e)
{
	int64_t now_us = clock_wall_us();
	struct event_number number;
	enum rc rc = payload_check(kind, d->payload, e);

	if (rc || (rc = db_event_number_at(db, seq, now_us, &number, e)))
		return rc;
	if (number.time_us != now_us)
		return append_late(db, kind, ref, &number, d->payload, now_us,
				   e);
	return append(db, kind, ref, &number, d, e);
}

enum rc
ledger_ref(struct db *db, struct ref *out, struct err *e)
{
	struct sbuf text;
	enum rc rc;

	sbuf_init(&text, REF_HEX);
	rc = meta_get_text(db, "ledger", &text, e);
	if (rc == RC_NOTFOUND ||
	    (rc == RC_OK && !ref_parse(sbuf_slice(&text), out)))
		rc = err_set(e, RC_IO, "the ledger has no reference");
	sbuf_fini(&text);
	return rc;
}

/* ---- auditing ---- */

/* Rows of the scan by position, one after the other; and a sum over them that
 * the index by subject must give too, in whatever order. */
struct audit {
	struct tree tree;
	int64_t position, time_us;
	uint64_t sum;
};

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15u;
	x ^= x >> 29;
	return x * 0xbf58476d1ce4e5b9u;
}

static uint64_t
sum_of(struct ref ref, uint32_t seq, int64_t position)
{
	uint64_t halves[2];

	memcpy(halves, ref.b, sizeof(halves));
	return mix(mix(mix(halves[0]) ^ halves[1]) ^ seq) ^
	       mix((uint64_t)position);
}

static enum rc
fault(int64_t position, const char *what, struct err *e)
{
	return err_set(e, RC_BUG, "event %lld: %s", (long long)position, what);
}

static enum rc
audit_entry(const struct event *ev, struct err *e)
{
	uint8_t commit[32], entry[ENTRY_SIZE];

	if (ev->entry.n != ENTRY_SIZE)
		return fault(ev->position, "entry is not of 62 bytes", e);
	memcpy(commit, ev->entry.p + COMMIT_AT, sizeof(commit));
	if (ev->salt.n == SALT_SIZE)
		ledger_commit((const uint8_t *)ev->salt.p, ev->payload, commit);
	else if (ev->salt.n || ev->payload.n)
		return fault(ev->position, "salt and payload do not agree", e);
	ledger_entry(ev->kind, ev->time_us / 1000, ev->ref, ev->seq, commit,
		     entry);
	if (memcmp(entry, ev->entry.p, 2) != 0)
		return fault(ev->position, "kind differs from the entry's", e);
	if (memcmp(entry + 2, ev->entry.p + 2, 8) != 0)
		return fault(ev->position, "time differs from the entry's", e);
	if (memcmp(entry + 10, ev->entry.p + 10, 20) != 0)
		return fault(ev->position,
			     "subject or seq differs from the entry's", e);
	if (memcmp(entry + COMMIT_AT, ev->entry.p + COMMIT_AT, 32) != 0)
		return fault(ev->position,
			     "payload is not what the entry commits to", e);
	return RC_OK;
}

static enum rc
audit_row(struct audit *audit, const struct event *ev, struct err *e)
{
	uint8_t leaf[TREE_HASH];
	enum rc rc;

	if (ev->position != audit->position)
		return fault(audit->position, "missing", e);
	if (kind_name(ev->kind) == NULL)
		return fault(ev->position, "of a kind that is not known", e);
	if (ev->time_us < audit->time_us)
		return fault(ev->position, "before the one that precedes it",
			     e);
	if ((rc = audit_entry(ev, e)))
		return rc;
	audit->position++;
	audit->time_us = ev->time_us;
	audit->sum += sum_of(ev->ref, ev->seq, ev->position);
	tree_leaf(ev->entry.p, ENTRY_SIZE, leaf);
	tree_add(&audit->tree, leaf);
	return RC_OK;
}

static enum rc
audit_positions(struct db *db, struct audit *audit, struct err *e)
{
	struct event ev;
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_EVENT_SCAN);
	while ((rc = query_row(&q, e)) == RC_OK) {
		event_read(&q, &ev);
		if ((rc = audit_row(audit, &ev, e)))
			break;
	}
	query_close(&q);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* By subject and seq, along the index. */
static enum rc
audit_subjects(struct db *db, const struct audit *audit, struct err *e)
{
	struct ref ref = {{0}};
	int64_t next = 0, n = 0;
	uint64_t sum = 0;
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_EVENT_SCAN_REFS);
	while ((rc = query_row(&q, e)) == RC_OK) {
		struct ref at = column_ref(&q, 0);

		if (!ref_eq(at, ref))
			next = 0;
		if (column_int(&q, 1) != next) {
			rc = fault(column_int(&q, 2),
				   "seq leaves a gap in its subject", e);
			break;
		}
		sum += sum_of(at, (uint32_t)next, column_int(&q, 2));
		ref = at;
		next++;
		n++;
	}
	query_close(&q);
	if (rc == RC_NOTFOUND && (n != audit->position || sum != audit->sum))
		return err_set(e, RC_BUG,
			       "the index by subject does not name"
			       " the events that are there");
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
ledger_audit(struct db *db, int64_t *n, uint8_t root[32], struct err *e)
{
	bool within = db_in_transaction(db);
	struct audit audit = {.position = 0};
	enum rc rc;

	tree_init(&audit.tree);
	if (!within && (rc = db_snapshot(db, e)))
		return rc;
	rc = audit_positions(db, &audit, e);
	if (rc == RC_OK)
		rc = audit_subjects(db, &audit, e);
	if (!within)
		db_snapshot_end(db);
	*n = audit.position;
	tree_root(&audit.tree, root);
	return rc;
}
