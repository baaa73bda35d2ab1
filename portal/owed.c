#include "portal/owed.h"

#include "base/clock.h"
#include "base/json.h"
#include "templates/zone.h"

static const struct status {
	const char *name, *tone;
	bool owed;
} statuses[] = {
    [INVOICE_DRAFT] = {"draft", "plain", false},
    [INVOICE_OPEN] = {"open", "plain", true},
    [INVOICE_PENDING] = {"pending", "wait", true},
    [INVOICE_PAID] = {"paid", "good", false},
    [INVOICE_CANCELLED] = {"cancelled", "plain", false},
    [INVOICE_REFUNDED] = {"refunded", "plain", false},
    [INVOICE_DISPUTED] = {"disputed", "wait", true},
};
static const struct status overdue = {"overdue", "bad", true};

static bool
owed(const struct invoice *i)
{
	return statuses[i->status].owed && i->balance.minor > 0;
}

static struct slice
pay_url(struct page *pg, const struct invoice *i)
{
	struct slice out;
	json_t *o;

	if (!owed(i) || i->status == INVOICE_PENDING ||
	    json_read(i->body, 4u << 20, &o, NULL) != RC_OK)
		return SLICE("");
	out = arena_dup(&pg->arena, slice_z(json_string_value(
					json_object_get(o, "pay_url"))));
	json_decref(o);
	return out;
}

static struct datum *
invoice_data(struct page *pg, const struct invoice *i, int32_t today)
{
	struct datum *d = datum_map(&pg->arena);
	bool late = owed(i) && i->status == INVOICE_OPEN && today > i->due_on;
	const struct status *s = late ? &overdue : &statuses[i->status];
	struct slice status = slice_z(s->name);

	datum_set(d, "number", datum_text(&pg->arena, i->number));
	datum_set(d, "total", datum_money(&pg->arena, i->total));
	datum_set(d, "balance", datum_money(&pg->arena, i->balance));
	datum_set(d, "due_on", datum_date(&pg->arena, i->due_on));
	datum_set(d, "past", datum_bool(&pg->arena, today > i->due_on));
	datum_set(d, "tone", datum_text_z(&pg->arena, s->tone));
	datum_set(
	    d, "status_title",
	    datum_text(&pg->arena, page_word(pg, "invoice", status, status)));
	datum_set(d, "acts_wait",
		  i->objected_until_us > pg->now_us
		      ? datum_time(&pg->arena, i->objected_until_us)
		      : datum_null(&pg->arena));
	datum_set(d, "pay_url", datum_text(&pg->arena, pay_url(pg, i)));
	return d;
}

/* What is owed in each currency, so that nothing is added up that cannot be.
 */
static void
add_sum(struct money *sums, size_t *n, struct money m)
{
	for (size_t i = 0; i < *n; i++) {
		if (strcmp(sums[i].currency, m.currency) != 0)
			continue;
		sums[i].minor += m.minor;
		return;
	}
	sums[(*n)++] = m;
}

void
owed_set(struct page *pg, const struct invoice *list, size_t n)
{
	struct datum *open = datum_list(&pg->arena);
	struct datum *settled = datum_list(&pg->arena);
	struct datum *totals = datum_list(&pg->arena);
	struct money *sums = ARENA_ARRAY(&pg->arena, struct money, n + 1);
	const struct zone *z = zone_find(pg->zone);
	int32_t today = (int32_t)(pg->now_us / DAY_US);
	size_t sums_n = 0;
	int minute;

	if (z != NULL)
		zone_local(z, pg->now_us, &today, &minute);
	/* the list comes with the newest due first: what is owed is wanted
	 * with the oldest first */
	for (size_t i = n; i-- > 0;) {
		const struct invoice *v = &list[i];

		if (!owed(v))
			continue;
		datum_add(open, invoice_data(pg, v, today));
		add_sum(sums, &sums_n, v->balance);
	}
	for (size_t i = 0; i < n; i++)
		if (!owed(&list[i]) && list[i].status != INVOICE_DRAFT)
			datum_add(settled, invoice_data(pg, &list[i], today));
	for (size_t i = 0; i < sums_n; i++)
		datum_add(totals, datum_money(&pg->arena, sums[i]));
	datum_set(pg->data, "invoices", open);
	datum_set(pg->data, "settled", settled);
	datum_set(pg->data, "totals", totals);
	datum_set(pg->data, "owes",
		  datum_bool(&pg->arena, datum_count(open) > 0));
	datum_set(pg->data, "has_settled",
		  datum_bool(&pg->arena, datum_count(settled) > 0));
}
