#include "queue/queue.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/idn.h"
#include "proof/ledger.h"
#include "queue/halt.h"
#include "store/meta.h"

#define BLAST_ALLOWED "blast_allowed_us"

const char queue_blast_reason[] =
    "more notices fall due within an hour than blast_limit allows";

void
queue_wake_planner(struct queue *q)
{
	q->wake_planner = true;
}

void
queue_wake_mailer(struct queue *q)
{
	q->wake_mailer = true;
}

void
queue_committed(void *queue)
{
	struct queue *q = queue;

	if (q->halt_noted)
		halt_now(q);
	if (q->urge_noted)
		atomic_fetch_add(&q->urges, 1);
	if (q->wake_planner)
		bell_ring(&q->plan);
	if (q->wake_mailer) {
		atomic_fetch_add(&q->calls, 1);
		bell_ring(&q->mail);
	}
	q->halt_noted = q->urge_noted = false;
	q->wake_planner = q->wake_mailer = false;
}

static struct slice
fold(struct slice s, char *out)
{
	for (size_t i = 0; i < s.n; i++)
		out[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 32)
							: s.p[i];
	return slice_of(out, s.n);
}

void
queue_address_hash(const struct queue *q, struct slice address, uint8_t out[32])
{
	struct slice s = slice_of(address.p, address.n > 255 ? 255 : address.n);
	struct slice parts[2];
	char folded[256], ascii[IDN_ROOM];
	size_t at = s.n;

	while (at > 0 && s.p[at - 1] != '@')
		at--;
	if (at == 0 || !idn_ascii(slice_skip(s, at), ascii)) {
		queue_address_hash_old(q, address, out);
		return;
	}
	parts[0] = fold(slice_of(s.p, at), folded);
	parts[1] = slice_z(ascii);
	hmac_sha256(slice_of(q->secret, sizeof(q->secret)), parts, 2, out);
}

void
queue_address_hash_old(const struct queue *q, struct slice address,
		       uint8_t out[32])
{
	char folded[256];
	struct slice s = slice_of(address.p, address.n > 255 ? 255 : address.n);
	struct slice part = fold(s, folded);

	hmac_sha256(slice_of(q->secret, sizeof(q->secret)), &part, 1, out);
}

struct slice
queue_domain(struct slice address, struct arena *a)
{
	struct slice domain = address;
	char ascii[IDN_ROOM], *out;

	for (size_t i = address.n; i > 0; i--) {
		if (address.p[i - 1] != '@')
			continue;
		domain = slice_skip(address, i);
		break;
	}
	if (idn_ascii(domain, ascii))
		return arena_dup(a, slice_z(ascii));
	out = arena_alloc(a, domain.n + 1);
	return fold(domain, out);
}

enum rc
queue_paused(struct db *db, struct sbuf *out, struct err *e)
{
	enum rc rc = meta_get_text(db, "paused", out, e);

	if (rc == RC_OK && out->n == 0)
		return RC_NOTFOUND;
	return rc;
}

enum rc
queue_paused_by(struct db *db, struct sbuf *by, int64_t *at_us, struct err *e)
{
	enum rc rc = meta_get_text(db, "paused_by", by, e);

	*at_us = 0;
	if (rc == RC_OK)
		rc = meta_get_int(db, "paused_us", at_us, e);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
queue_paused_itself(struct db *db, bool *out, struct err *e)
{
	struct sbuf text;
	int64_t at_us;
	enum rc rc;

	*out = false;
	sbuf_init(&text, 4096);
	rc = queue_paused(db, &text, e);
	if (rc == RC_OK) {
		sbuf_reset(&text);
		rc = queue_paused_by(db, &text, &at_us, e);
		*out = rc == RC_OK && text.n == 0;
	}
	sbuf_fini(&text);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
queue_blast_allowed(struct db *db, int64_t now_us, bool *out, struct err *e)
{
	int64_t since = 0;
	enum rc rc = meta_get_int(db, BLAST_ALLOWED, &since, e);

	*out = rc == RC_OK && now_us - since < HOUR_US;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc
set_paused(struct queue *q, struct db *db, enum kind kind, struct slice reason,
	   struct slice by, struct err *e)
{
	struct ref self;
	struct sbuf b;
	enum rc rc = ledger_ref(db, &self, e);

	if (rc != RC_OK)
		return rc;
	sbuf_init(&b, 4096);
	sbuf_add_z(&b, "{\"reason\":");
	sbuf_add_json(&b, reason);
	if (by.n > 0) {
		sbuf_add_z(&b, ",\"by\":");
		sbuf_add_json(&b, by);
	}
	sbuf_add_c(&b, '}');
	rc = meta_set_text(db, "paused",
			   kind == KIND_SENDING_PAUSED ? reason : SLICE(""), e);
	if (rc == RC_OK)
		rc = meta_set_text(db, "paused_by", by, e);
	if (rc == RC_OK)
		rc = meta_set_int(db, "paused_us", clock_wall_us(), e);
	if (rc == RC_OK)
		rc = ledger_append(db, kind, self, sbuf_slice(&b), e);
	sbuf_fini(&b);
	halt_note(q);
	queue_wake_planner(q);
	queue_wake_mailer(q);
	return rc;
}

enum rc
queue_pause(struct queue *q, struct db *db, struct slice reason,
	    struct slice by, struct err *e)
{
	struct sbuf now;
	enum rc rc;

	sbuf_init(&now, 4096);
	rc = queue_paused(db, &now, e);
	sbuf_fini(&now);
	if (rc != RC_NOTFOUND)
		return rc;
	return set_paused(q, db, KIND_SENDING_PAUSED,
			  reason.n > 0 ? reason : SLICE("by hand"), by, e);
}

enum rc
queue_resume(struct queue *q, struct db *db, struct slice by, struct err *e)
{
	struct sbuf now;
	enum rc rc;

	sbuf_init(&now, 4096);
	rc = queue_paused(db, &now, e);
	if (rc == RC_OK && slice_eq_z(sbuf_slice(&now), queue_blast_reason))
		rc = meta_set_int(db, BLAST_ALLOWED, clock_wall_us(), e);
	if (rc == RC_OK)
		rc = set_paused(q, db, KIND_SENDING_RESUMED, sbuf_slice(&now),
				by, e);
	else if (rc == RC_NOTFOUND)
		rc = RC_OK;
	sbuf_fini(&now);
	return rc;
}
