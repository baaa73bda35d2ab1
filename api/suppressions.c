#include "store/suppression.h"

#include "api/answer.h"
#include "api/change.h"
#include "api/handlers.h"
#include "api/render.h"
#include "proof/ledger.h"
#include "queue/recipients.h"
#include "queue/revival.h"

#define LIST_MAX 100000

/* ---- a list ---- */

static enum rc
read_list(struct reading *r, struct err *e)
{
	struct suppression *list;
	struct page page = {.at = {0}};
	int64_t from, end;
	size_t n;
	enum rc rc = answer_page(r->rq, 1, &page, e);

	if (rc != RC_OK)
		return rc;
	from = page.at[0] < LIST_MAX ? page.at[0] : LIST_MAX;
	end = from + (int64_t)page.limit;
	rc = suppression_list(r->db, (size_t)end + 1, r->a, &list, &n, e);
	if (rc != RC_OK)
		return rc;
	member_open(&r->out, NULL, '{');
	member_open(&r->out, "items", '[');
	for (int64_t i = from; i < (int64_t)n && i < end; i++) {
		member_open(&r->out, NULL, '{');
		member_text(&r->out, "email", list[i].address);
		member_text(&r->out, "brand", list[i].brand);
		member_text(&r->out, "reason", list[i].reason);
		member_ref(&r->out, "mref", list[i].message);
		member_time(&r->out, "at", list[i].created_us);
		member_close(&r->out, '}');
	}
	member_close(&r->out, ']');
	answer_next(&r->out, end < (int64_t)n, &end, 1);
	member_close(&r->out, '}');
	return RC_OK;
}

void
suppression_list_handle(struct http_request *rq)
{
	answer_read(rq, read_list);
}

/* ---- taken back ---- */

static enum rc
parse_delete(const struct change_ask *ask, void **what, struct err *e)
{
	struct slice *address = ARENA_NEW(ask->a, struct slice);

	(void)e;
	*address = arena_dup(ask->a, ask->id);
	*what = address;
	return RC_OK;
}

static enum rc
append_restored(struct change_run *r, const struct suppression *s,
		struct err *e)
{
	struct message m;
	struct customer c;
	struct ref subject;
	struct sbuf b;
	enum rc rc = message_get(r->db, s->message, r->a, &m, e);

	if (rc == RC_OK)
		rc = customer_get(r->db, m.customer, r->a, &c, e);
	if (rc == RC_NOTFOUND)
		rc = ledger_ref(r->db, &subject, e);
	else
		subject = c.ref;
	if (rc != RC_OK)
		return rc;
	sbuf_init(&b, 65536);
	member_open(&b, NULL, '{');
	member_text(&b, "brand", s->brand);
	member_text(&b, "address", s->address);
	member_text(&b, "by", r->by);
	member_close(&b, '}');
	rc = ledger_append(r->db, KIND_CONTACT_RESTORED, subject,
			   sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

/* What an act needs and did not reach anybody for that goes again. */
static enum rc
revive(struct change_run *r, struct slice brand, struct slice given,
       struct slice stored, struct err *e)
{
	struct queue *q = r->api->c.queue;
	enum rc rc = revival_address(q, r->db, brand, stored, r->a, e);

	if (rc == RC_OK && !slice_ieq(given, stored))
		rc = revival_address(q, r->db, brand, given, r->a, e);
	return rc;
}

/* Taken back with nothing else, by who asks for that. */
static bool
is_left(const struct suppression *s)
{
	return slice_eq_z(s->reason, SUPPRESSION_LEFT);
}

static enum rc
restore(struct change_run *r, struct slice brand, struct slice address,
	int64_t *n, struct err *e)
{
	struct suppression s = {.address = address};
	uint8_t hash[32];
	int64_t before = *n;
	enum rc rc = RC_OK;

	while (rc == RC_OK) {
		rc = recipients_suppression(r->api->c.queue, r->db, brand,
					    address, r->a, &s, hash, e);
		if (rc == RC_OK && is_left(&s) && *n > before)
			break;
		if (rc == RC_OK)
			rc = suppression_delete(r->db, brand, hash, e);
		if (rc == RC_OK)
			rc = append_restored(r, &s, e);
		*n += rc == RC_OK;
	}
	if ((rc == RC_OK || rc == RC_NOTFOUND) && *n > before)
		return revive(r, brand, address, s.address, e);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc
run_delete(struct change_run *r, struct err *e)
{
	const struct conf *conf = conf_box_get(r->api->c.queue->conf);
	const struct slice *address = r->what;
	struct sbuf *b = &r->out->body;
	int64_t n = 0;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < conf->brands_n; i++)
		rc = restore(r, slice_z(conf->brands[i].name), *address, &n, e);
	conf_unref(conf);
	if (rc == RC_OK && n == 0)
		return err_set(e, RC_NOTFOUND, "the address is not suppressed");
	if (rc != RC_OK)
		return rc;
	r->out->status = 200;
	member_open(b, NULL, '{');
	member_text(b, "email", *address);
	member_int(b, "restored", n);
	member_close(b, '}');
	return RC_OK;
}

void
suppression_delete_handle(struct http_request *rq)
{
	static const struct change_kind kind = {
	    .body_max = SMALL_BODY_MAX,
	    .parse = parse_delete,
	    .run = run_delete,
	};

	change_handle(rq, &kind, rq->params[0]);
}
