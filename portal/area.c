#include <stdlib.h>

#include "base/clock.h"
#include "portal/entry.h"
#include "portal/owed.h"
#include "queue/look.h"

#define ENTRIES_A_PAGE 60
#define INVOICES_SHOWN 50
#define PLANNED_SHOWN 24

struct area {
	struct page *pg;
	struct customer c;
	int64_t before_us; /* of the page of the log */
	struct invoice *invoices;
	size_t invoices_n;
	struct message *messages;
	size_t messages_n;
	struct notice *notices;
	size_t notices_n;
	struct entry *entries;
	size_t entries_n;
};

/* ---- the log ---- */

static bool
has_text(const struct datum *list, struct slice s)
{
	for (size_t i = 0; i < datum_count(list); i++)
		if (slice_eq(datum_slice(datum_at(list, i)), s))
			return true;
	return false;
}

static bool
find_invoice(struct area *x, struct slice id, struct invoice *out)
{
	for (size_t k = 0; k < x->invoices_n; k++)
		if (slice_eq(x->invoices[k].id, id)) {
			*out = x->invoices[k];
			return true;
		}
	/* an old one: past those that are listed */
	return invoice_get(x->pg->db, id, &x->pg->arena, out, NULL) == RC_OK;
}

static struct slice
number_of(struct area *x, struct slice id)
{
	struct invoice i;

	return find_invoice(x, id, &i) ? i.number : id;
}

/* The numbers of the notices' invoices, once each. */
static struct datum *
numbers(struct area *x, const struct notice *list, size_t n)
{
	struct datum *d = datum_list(&x->pg->arena);

	for (size_t i = 0; i < n; i++) {
		struct slice number = SLICE("");

		if (list[i].invoice.n > 0)
			number = number_of(x, list[i].invoice);
		if (number.n > 0 && !has_text(d, number))
			datum_add(d, datum_text(&x->pg->arena, number));
	}
	return d;
}

static enum rc
load(struct area *x, struct err *e)
{
	struct page *pg = x->pg;
	struct message_filter f = {.customer = x->c.id,
				   .state = -1,
				   .before_us = x->before_us,
				   .limit = ENTRIES_A_PAGE};
	enum rc rc = invoice_list(pg->db, x->c.id, INVOICES_SHOWN, &pg->arena,
				  &x->invoices, &x->invoices_n, e);

	if (rc == RC_OK)
		rc = message_list(pg->db, &f, &pg->arena, &x->messages,
				  &x->messages_n, e);
	if (rc == RC_OK)
		rc = notice_list_customer(pg->db, x->c.id, x->before_us,
					  ENTRIES_A_PAGE * 2, &pg->arena,
					  &x->notices, &x->notices_n, e);
	return rc;
}

/* Where this page of the log ends: both lists go back as far as that. */
static int64_t
page_end(const struct area *x)
{
	int64_t end = 0;

	if (x->messages_n >= ENTRIES_A_PAGE)
		end = x->messages[x->messages_n - 1].created_us;
	if (x->notices_n >= ENTRIES_A_PAGE * 2 &&
	    x->notices[x->notices_n - 1].due_us > end)
		end = x->notices[x->notices_n - 1].due_us;
	return end;
}

static enum rc
add_messages(struct area *x, int64_t end, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < x->messages_n; i++) {
		const struct message *m = &x->messages[i];
		struct notice *list;
		size_t n;

		if (m->created_us < end)
			continue;
		rc = notice_list_message(x->pg->db, m->id, &x->pg->arena, &list,
					 &n, e);
		if (rc == RC_OK)
			rc = entry_message(x->pg, m, numbers(x, list, n),
					   &x->entries[x->entries_n++], e);
	}
	return rc;
}

static bool
is_unsent(const struct area *x, const struct notice *n)
{
	if (n->state == NOTICE_HELD)
		return n->due_us <= x->pg->now_us;
	/* what was released has its message to tell it */
	return (n->state == NOTICE_CANCELLED || n->state == NOTICE_SKIPPED) &&
	       n->released_us == 0;
}

static enum rc
add_unsent(struct area *x, int64_t end, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < x->notices_n; i++) {
		const struct notice *n = &x->notices[i];

		if (n->due_us < end || !is_unsent(x, n))
			continue;
		rc = entry_unsent(x->pg, n, numbers(x, n, 1),
				  &x->entries[x->entries_n++], e);
	}
	return rc;
}

/* What its own conditions would skip is not announced: a charge, to who pays by
 * hand. */
static bool
will_come(struct area *x, const struct notice *n)
{
	struct invoice i;

	return n->invoice.n == 0 || !find_invoice(x, n->invoice, &i) ||
	       look_unwanted(x->pg->conf, n, &i) == NULL;
}

static void
set_planned(struct area *x)
{
	struct page *pg = x->pg;
	struct datum *list = datum_list(&pg->arena);

	for (size_t i = x->notices_n; i-- > 0;) {
		const struct notice *n = &x->notices[i];
		bool held = n->state == NOTICE_HELD && n->due_us > pg->now_us;
		struct datum *d;

		if ((n->state != NOTICE_PLANNED && !held) ||
		    datum_count(list) >= PLANNED_SHOWN || !will_come(x, n))
			continue;
		d = datum_map(&pg->arena);
		datum_set(d, "when", datum_time(&pg->arena, n->due_us));
		datum_set(d, "title",
			  datum_text(&pg->arena, entry_title(pg, n->template)));
		datum_set(d, "invoices", numbers(x, n, 1));
		datum_set(d, "held",
			  datum_text(&pg->arena,
				     held ? page_word(pg, "reason", n->reason,
						      SLICE(""))
					  : SLICE("")));
		datum_add(list, d);
	}
	datum_set(pg->data, "planned", list);
	datum_set(pg->data, "has_planned",
		  datum_bool(&pg->arena, datum_count(list) > 0));
}

static int
newest_first(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->when_us < y->when_us) - (x->when_us > y->when_us);
}

static enum rc
set_log(struct area *x, struct err *e)
{
	struct page *pg = x->pg;
	struct datum *list = datum_list(&pg->arena);
	int64_t end = page_end(x);
	enum rc rc;

	x->entries = ARENA_ARRAY(&pg->arena, struct entry,
				 x->messages_n + x->notices_n + 1);
	rc = add_messages(x, end, e);
	if (rc == RC_OK)
		rc = add_unsent(x, end, e);
	if (rc != RC_OK)
		return rc;
	qsort(x->entries, x->entries_n, sizeof(*x->entries), newest_first);
	for (size_t i = 0; i < x->entries_n; i++)
		datum_add(list, x->entries[i].data);
	datum_set(pg->data, "entries", list);
	datum_set(pg->data, "any", datum_bool(&pg->arena, x->entries_n > 0));
	datum_set(pg->data, "older",
		  datum_text(&pg->arena,
			     end ? slice_z(arena_printf(&pg->arena, "%lld",
							(long long)end))
				 : SLICE("")));
	return RC_OK;
}

/* ---- the page ---- */

/* "Buenos Aires"; "" for a zone of no place. */
static enum rc
set_zone(struct page *pg, struct err *e)
{
	struct sbuf city;
	enum rc rc;

	sbuf_init(&city, 1024);
	rc = locale_add_city(pg->speaks, &city, e);
	datum_set(
	    pg->data, "zone",
	    datum_text(&pg->arena, arena_dup(&pg->arena, sbuf_slice(&city))));
	sbuf_fini(&city);
	return rc;
}

static enum rc
fill(struct area *x, struct err *e)
{
	struct page *pg = x->pg;
	struct datum *customer = datum_map(&pg->arena);
	bool first = x->before_us == INT64_MAX;
	enum rc rc = load(x, e);

	if (rc == RC_OK)
		rc = page_speak(pg, e);
	if (rc == RC_OK)
		rc = set_zone(pg, e);
	if (rc != RC_OK)
		return rc;
	datum_set(customer, "name", datum_text(&pg->arena, x->c.name));
	datum_set(pg->data, "customer", customer);
	datum_set(pg->data, "now", datum_time(&pg->arena, pg->now_us));
	datum_set(pg->data, "first_page", datum_bool(&pg->arena, first));
	datum_set(pg->data, "preferences_url",
		  datum_text(&pg->arena, x->messages_n
					     ? page_link(pg, "/u/", TOKEN_LEAVE,
							 x->messages[0].mref)
					     : SLICE("")));
	owed_set(pg, x->invoices, x->invoices_n);
	set_planned(x);
	return set_log(x, e);
}

/* The customer whose area it is.  False: the reply is set. */
static bool
admit(struct area *x)
{
	struct page *pg = x->pg;
	struct slice expiry = pg->rq->params[1];
	struct slice before = http_query(pg->rq, "before");
	struct err e = {0};
	int64_t expires_s;
	struct token t;
	enum rc rc;

	if (!page_token(pg, &t))
		return false;
	rc = customer_get_ref(pg->db, t.ref, &pg->arena, &x->c, &e);
	if (rc == RC_OK && !slice_eq_z(x->c.brand, pg->brand->name))
		rc = err_set(&e, RC_NOTFOUND, "another brand's customer");
	if (rc != RC_OK) {
		page_fail(pg, &e);
		return false;
	}
	pg->locale = x->c.locale;
	pg->zone = x->c.time_zone;
	pg->embeddable = true;
	if (!slice_int(expiry, 0, INT64_MAX / SECOND_US, &expires_s) ||
	    expires_s * SECOND_US <= pg->now_us) {
		page_send(pg, 403, "expired-link");
		return false;
	}
	if (before.p == NULL || !slice_int(before, 1, INT64_MAX, &x->before_us))
		x->before_us = INT64_MAX;
	return true;
}

void
area_handle(struct http_request *rq)
{
	struct err e = {0};
	struct page pg;
	struct area x = {.pg = &pg};

	if (page_open(&pg, rq, &e) != RC_OK) {
		page_fail(&pg, &e);
	} else if (admit(&x)) {
		if (fill(&x, &e) == RC_OK)
			page_send(&pg, 200, "area");
		else
			page_fail(&pg, &e);
	}
	page_close(&pg);
}
