#include "mailer/letter.h"

#include "base/clock.h"
#include "base/json_node.h"
#include "queue/consent.h"
#include "queue/invoices.h"
#include "queue/schedule.h"
#include "store/customer.h"
#include "store/notice.h"
#include "store/service.h"
#include "templates/place.h"
#include "templates/zone.h"

#define JSON_MAX (4u << 20)

struct gather {
	const struct letter_sources *from;
	struct arena *a;
	struct letter *out;
	struct customer customer;
	struct notice *notices;
	size_t notices_n;
	struct invoice *invoices; /* different ones, in the notices' order */
	size_t invoices_n;
};

static struct datum *
text(const struct gather *g, struct slice s)
{
	return datum_text(g->a, s);
}

static struct datum *
text_z(const struct gather *g, const char *z)
{
	return datum_text(g->a, slice_z(z == NULL ? "" : z));
}

/* A colour's luminance, 0 to 255, and 0 for what is no "#rrggbb".
 * Ref: ITU-R BT.601. */
static unsigned
luminance(const char *color)
{
	unsigned long v;
	char *end;

	if (color[0] != '#' || strlen(color) != 7)
		return 0;
	v = strtoul(color + 1, &end, 16);
	if (*end != '\0')
		return 0;
	return (unsigned)((299 * (v >> 16) + 587 * (v >> 8 & 255) +
			   114 * (v & 255)) /
			  1000);
}

struct datum *
letter_ground(struct slice basis, struct arena *a)
{
	static const char *const keys[] = {"contract", "duty", "interest",
					   "consent"};
	static const struct {
		const char *asked, *key;
	} grounds[] = {
	    {"contract", "contract"},
	    {"legal duty", "duty"},
	    {"legal obligation", "duty"},
	    {"legitimate interest", "interest"},
	    {"legitimate interests", "interest"},
	    {"consent", "consent"},
	};
	const char *key = NULL;
	struct datum *d;

	for (size_t i = 0; i < sizeof(grounds) / sizeof(*grounds); i++)
		if (slice_ieq(basis, slice_z(grounds[i].asked)))
			key = grounds[i].key;
	if (key == NULL)
		return datum_null(a);
	d = datum_map(a);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		datum_set(d, keys[i], datum_bool(a, strcmp(keys[i], key) == 0));
	return d;
}

struct datum *
letter_brand(const struct brand *b, struct arena *a)
{
	const struct {
		const char *key, *value;
	} texts[] = {
	    {"name", b->name},
	    {"title", b->title},
	    {"website", b->website},
	    {"support_url", b->support_url},
	    {"logo_url", b->logo_url},
	    {"color", b->color},
	    {"on_color", luminance(b->color) < 160 ? "#ffffff" : "#111111"},
	    {"postal_address", b->postal_address},
	    {"tax_id", b->tax_id},
	    {"from_address", b->from_address},
	    {"reply_to", b->reply_to},
	    {"tracking_basis", b->tracking_basis},
	};
	struct datum *d = datum_map(a);

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		datum_set(d, texts[i].key,
			  datum_text(a, slice_z(texts[i].value)));
	datum_set(d, "ground", letter_ground(slice_z(b->tracking_basis), a));
	return d;
}

/* A JSON member as text, "" where it is absent or null. */
static struct slice
member(const struct json_node *o, const char *key)
{
	return json_node_text(json_node_get(o, key));
}

static struct datum *
copy(const struct gather *g, const struct json_node *o, const char *key)
{
	return text(g, member(o, key));
}

static struct datum *
date_member(const struct gather *g, const struct json_node *o, const char *key)
{
	int32_t date;

	return date_parse(member(o, key), &date) ? datum_date(g->a, date)
						 : datum_null(g->a);
}

static struct datum *
amount_member(const struct gather *g, const struct json_node *o,
	      const char *key, const char *currency)
{
	struct money m;

	if (money_parse(member(o, key), slice_z(currency), &m, NULL) != RC_OK)
		return datum_null(g->a);
	return datum_money(g->a, m);
}

static void
set_known(struct datum *d, const char *key, struct datum *v)
{
	if (datum_kind(v) != DATUM_NULL)
		datum_set(d, key, v);
}

static struct datum *
line_data(const struct gather *g, const struct json_node *line,
	  const char *currency)
{
	struct datum *d = datum_map(g->a);
	struct slice quantity = member(line, "quantity");

	datum_set(d, "description", copy(g, line, "description"));
	datum_set(d, "quantity",
		  quantity.n > 0 ? copy(g, line, "quantity") : text_z(g, "1"));
	datum_set(d, "amount", amount_member(g, line, "amount", currency));
	set_known(d, "from", date_member(g, line, "from"));
	set_known(d, "to", date_member(g, line, "to"));
	datum_set(d, "service", copy(g, line, "service"));
	return d;
}

static struct datum *
invoice_data(const struct gather *g, const struct invoice *i,
	     const struct json_node *o, bool first, bool last)
{
	struct datum *d = datum_map(g->a), *lines = datum_list(g->a);
	const struct json_node *list = json_node_get(o, "lines");

	datum_set(d, "id", text(g, i->id));
	datum_set(d, "number", text(g, i->number.n > 0 ? i->number : i->id));
	datum_set(d, "total", datum_money(g->a, i->total));
	datum_set(d, "balance", datum_money(g->a, i->balance));
	datum_set(d, "partial",
		  datum_bool(g->a, i->balance.minor != i->total.minor));
	datum_set(d, "due_on", datum_date(g->a, i->due_on));
	set_known(d, "issued_on", datum_date(g->a, i->issued_on));
	datum_set(d, "pay_url", copy(g, o, "pay_url"));
	datum_set(d, "first", datum_bool(g->a, first));
	datum_set(d, "last", datum_bool(g->a, last));
	for (const struct json_node *line = list ? list->first : NULL; line;
	     line = line->next)
		datum_add(lines, line_data(g, line, i->total.currency));
	datum_set(d, "lines", lines);
	return d;
}

/* 2026-12 as cards show it: 12/2026. */
static void
set_expires(const struct gather *g, const struct json_node *o, struct datum *d)
{
	struct slice s = member(o, "expires");

	if (s.n == 7 && s.p[4] == '-')
		datum_set(
		    d, "expires",
		    text_z(g, arena_printf(g->a, "%.2s/%.4s", s.p + 5, s.p)));
}

static void
set_payment_method(const struct gather *g, const struct json_node *o,
		   struct datum *d)
{
	static const char *const kinds[] = {"card", "bank", "transfer",
					    "credit"};
	const struct json_node *method = json_node_get(o, "payment_method");
	struct datum *m;

	if (method == NULL || method->kind != JSON_NODE_OBJECT ||
	    slice_eq_z(member(method, "kind"), "none"))
		return;
	m = datum_map(g->a);
	datum_set(m, "kind", copy(g, method, "kind"));
	datum_set(m, "label", copy(g, method, "label"));
	set_expires(g, method, m);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		datum_set(m, kinds[i],
			  datum_bool(g->a, slice_eq_z(member(method, "kind"),
						      kinds[i])));
	datum_set(d, "payment_method", m);
}

static void
set_act(const struct gather *g, const struct anchors *at, const char *name,
	const char *key, struct datum *d)
{
	const struct policy *p = g->out->policy;

	for (size_t i = 0; p != NULL && i < p->acts_n; i++) {
		int64_t opens;

		if (strcmp(p->acts[i].name, name) != 0 ||
		    schedule_act(p, &p->acts[i], at, &opens, NULL) != RC_OK)
			continue;
		/* A late notice makes for a late act: never earlier than its
		 * lead after now. */
		for (size_t k = 0; k < p->acts[i].needs_n; k++) {
			const struct policy_step *s =
			    &p->steps[p->acts[i].needs[k]];
			int64_t after;

			if (slice_eq_z(g->out->step, s->name) &&
			    schedule_after_lead(p, s, g->from->now_us, &after,
						NULL) == RC_OK &&
			    after > opens)
				opens = after;
		}
		datum_set(d, key, datum_time(g->a, opens));
	}
}

static void
set_dates(const struct gather *g, const struct invoice *i, struct datum *d)
{
	struct anchors at = {.due = i->due_on,
			     .issued = i->issued_on,
			     .expires = DATE_NONE,
			     .act_not_before = i->retry_on,
			     .customer_zone =
				 arena_z(g->a, g->customer.time_zone)};
	const struct zone *z =
	    g->out->policy == NULL
		? NULL
		: zone_find(slice_z(g->out->policy->time_zone));
	int32_t today = (int32_t)(g->from->now_us / DAY_US);
	int minute;

	if (z != NULL)
		zone_local(z, g->from->now_us, &today, &minute);
	datum_set(d, "due_on", datum_date(g->a, i->due_on));
	datum_set(d, "days_left", datum_int(g->a, i->due_on - today));
	datum_set(d, "overdue", datum_bool(g->a, today > i->due_on));
	datum_set(d, "days_overdue",
		  datum_int(g->a, today > i->due_on ? today - i->due_on : 0));
	set_act(g, &at, "suspend", "suspend_at", d);
	set_act(g, &at, "suspend_all", "suspend_all_at", d);
	set_act(g, &at, "terminate", "terminate_at", d);
}

static enum rc
set_invoices(struct gather *g, struct datum *d, struct err *e)
{
	struct datum *list = datum_list(g->a);
	struct slice pay_all = SLICE("");
	struct money sum = {0, ""};

	for (size_t k = 0; k < g->invoices_n; k++) {
		struct invoice *i = &g->invoices[k];
		struct datum *one;
		const struct json_node *o;
		enum rc rc = json_node_read(g->a, i->body, JSON_MAX, &o, e);

		if (rc != RC_OK)
			return err_add(e, "invoice %.*s", SLICE_ARG(i->id));
		one = invoice_data(g, i, o, k == 0, k + 1 == g->invoices_n);
		datum_add(list, one);
		if (k == 0) {
			datum_set(d, "invoice", one);
			pay_all = member(o, g->invoices_n == 1 ? "pay_url"
							       : "pay_all_url");
			set_payment_method(g, o, d);
			datum_set(d, "auto_renew",
				  datum_bool(g->a, invoice_auto_renew_ok(i)));
			set_known(d, "charge_on",
				  datum_date(g->a, i->charge_on));
			set_known(d, "retry_on", datum_date(g->a, i->retry_on));
			set_dates(g, i, d);
			sum = i->balance;
		} else {
			sum.minor += i->balance.minor;
			if (!slice_eq(pay_all, member(o, "pay_all_url")))
				pay_all = SLICE("");
		}
	}
	datum_set(d, "invoices", list);
	datum_set(d, "many", datum_bool(g->a, g->invoices_n > 1));
	datum_set(d, "count", datum_int(g->a, (int64_t)g->invoices_n));
	if (g->invoices_n > 0) {
		datum_set(d, "pay_url", text(g, pay_all));
		datum_set(d, "balance", datum_money(g->a, sum));
	}
	return RC_OK;
}

static bool
has_service(const struct datum *list, struct slice id)
{
	for (size_t i = 0; i < datum_count(list); i++)
		if (slice_eq(datum_slice(datum_get(datum_at(list, i), "id")),
			     id))
			return true;
	return false;
}

static enum rc
add_service(const struct gather *g, struct slice id, struct datum *list,
	    struct datum **first, struct err *e)
{
	struct service s;
	struct datum *d;
	enum rc rc;

	if (id.n == 0 || has_service(list, id))
		return RC_OK;
	rc = service_get(g->from->db, id, g->a, &s, e);
	if (rc == RC_NOTFOUND) {
		s.name = s.id = id;
		s.product = SLICE("");
	} else if (rc != RC_OK) {
		return rc;
	}
	d = datum_map(g->a);
	datum_set(d, "id", text(g, id));
	datum_set(d, "name", text(g, s.name));
	datum_set(d, "product", text(g, s.product));
	datum_add(list, d);
	if (*first == NULL)
		*first = d;
	return RC_OK;
}

static enum rc
set_services(const struct gather *g, struct datum *d, struct err *e)
{
	struct datum *list = datum_list(g->a), *first = NULL;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < g->notices_n; i++)
		rc = add_service(g, g->notices[i].service, list, &first, e);
	for (size_t i = 0; i < g->invoices_n; i++) {
		const struct invoice *v = &g->invoices[i];

		for (size_t k = 0; rc == RC_OK && k < v->services_n; k++)
			rc = add_service(g, v->services[k], list, &first, e);
	}
	datum_set(d, "services", list);
	if (first != NULL)
		datum_set(d, "service", first);
	return rc;
}

/* What a payment leaves: "settled", or "remaining" over zero. */
static void
set_rest(const struct gather *g, const struct json_node *o,
	 const char *currency, struct datum *d)
{
	struct money m;

	if (money_parse(member(o, "balance"), slice_z(currency), &m, NULL) !=
	    RC_OK)
		return;
	datum_set(d, "settled", datum_bool(g->a, m.minor <= 0));
	if (m.minor > 0)
		datum_set(d, "remaining", datum_money(g->a, m));
}

/* The data of the event or request, with its amounts as money and its dates as
 * dates; "old_due_on" is wanted by its own name. */
static enum rc
set_event(const struct gather *g, struct datum *d, struct err *e)
{
	static const char *const dates[] = {"retry_on", "expires_on",
					    "effective_on"};
	static const char *const amounts[] = {"amount", "balance", "threshold"};
	const char *currency =
	    g->invoices_n > 0 ? g->invoices[0].balance.currency : "";
	const struct notice *n = &g->notices[0];
	struct datum *event;
	const struct json_node *o;
	enum rc rc;

	if (n->data.n == 0)
		return RC_OK;
	rc = json_node_read(g->a, n->data, JSON_MAX, &o, e);
	if (rc != RC_OK)
		return err_add(e, "the data of the notice");
	event = datum_from_node(g->a, o);
	if (member(o, "currency").n == 3)
		currency = arena_z(g->a, member(o, "currency"));
	for (size_t i = 0; i < sizeof(amounts) / sizeof(*amounts); i++)
		set_known(event, amounts[i],
			  amount_member(g, o, amounts[i], currency));
	for (size_t i = 0; i < sizeof(dates) / sizeof(*dates); i++)
		set_known(event, dates[i], date_member(g, o, dates[i]));
	set_rest(g, o, currency, event);
	set_expires(g, o, event);
	set_known(d, "old_due_on", date_member(g, o, "old_due_on"));
	datum_set(event, "at", datum_time(g->a, n->created_us));
	datum_set(d, "event", event);
	return RC_OK;
}

static struct datum *
own_url(const struct gather *g, const char *path, enum token_purpose purpose)
{
	struct slice out;
	struct sbuf b;

	sbuf_init(&b, 4096);
	sbuf_add_z(&b, g->out->brand->public_url);
	sbuf_add_z(&b, path);
	token_add(&b, g->out->key, purpose, g->out->m.mref, 0, SLICE(""));
	out = arena_dup(g->a, sbuf_slice(&b));
	sbuf_fini(&b);
	return text(g, out);
}

static void
set_common(const struct gather *g, struct datum *d)
{
	struct letter *l = g->out;
	bool tracked = l->track_opens || l->track_links;
	struct datum *customer = datum_map(g->a);
	char hex[REF_HEX];

	ref_hex(l->m.mref, hex);
	datum_set(customer, "id", text(g, g->customer.id));
	datum_set(customer, "name", text(g, g->customer.name));
	datum_set(d, "customer", customer);
	datum_set(d, "brand", letter_brand(l->brand, g->a));
	datum_set(d, "subject_ref", text_z(g, arena_printf(g->a, "%.8s", hex)));
	datum_set(d, "template", text(g, l->m.template));
	datum_set(d, "step", text(g, l->step));
	datum_set(d, "view_url", own_url(g, "/m/", TOKEN_VIEW));
	datum_set(d, "answer_url", own_url(g, "/a/", TOKEN_ANSWER));
	datum_set(d, "preferences_url",
		  tracked || !l->mandatory ? own_url(g, "/u/", TOKEN_LEAVE)
					   : text_z(g, ""));
	datum_set(d, "area_url", text_z(g, ""));
	datum_set(d, "tracked", datum_bool(g->a, tracked));
	datum_set(d, "tracked_opens",
		  datum_bool(g->a, l->track_opens && !l->count_opens));
	datum_set(d, "counted_opens",
		  datum_bool(g->a, l->track_opens && l->count_opens));
	datum_set(d, "tracked_links", datum_bool(g->a, l->track_links));
	datum_set(d, "mandatory", datum_bool(g->a, l->mandatory));
	datum_set(d, "attached",
		  datum_bool(g->a, l->attach_pdf && l->invoice.n > 0));
}

static bool
listed(const struct gather *g, struct slice id)
{
	for (size_t i = 0; i < g->invoices_n; i++)
		if (slice_eq(g->invoices[i].id, id))
			return true;
	return false;
}

static enum rc
load(struct gather *g, struct err *e)
{
	struct db *db = g->from->db;
	enum rc rc =
	    customer_get(db, g->out->m.customer, g->a, &g->customer, e);

	if (rc == RC_OK)
		rc = notice_list_message(db, g->out->m.id, g->a, &g->notices,
					 &g->notices_n, e);
	if (rc != RC_OK)
		return rc;
	if (g->notices_n == 0)
		return err_set(e, RC_NOTFOUND, "the message has no notices");
	g->invoices = ARENA_ARRAY(g->a, struct invoice, g->notices_n);
	for (size_t i = 0; rc == RC_OK && i < g->notices_n; i++) {
		if (g->notices[i].invoice.n == 0 ||
		    listed(g, g->notices[i].invoice))
			continue;
		rc = invoice_get(db, g->notices[i].invoice, g->a,
				 &g->invoices[g->invoices_n], e);
		g->invoices_n += rc == RC_OK;
	}
	return rc;
}

/* What the policy says of the step, or of the event, that it comes from. */
static void
choose_manner(struct gather *g)
{
	struct letter *l = g->out;
	const struct policy *p = l->policy;
	struct tracks may;
	bool track = true;

	for (size_t i = 0; p != NULL && i < p->steps_n; i++) {
		if (!slice_eq_z(l->step, p->steps[i].name))
			continue;
		l->attach_pdf = p->steps[i].attach_pdf;
		track = p->steps[i].track;
	}
	for (size_t i = 0; p != NULL && i < p->on_n; i++) {
		if (!slice_eq_z(l->step, p->on[i].event))
			continue;
		l->attach_pdf = p->on[i].attach_pdf;
		track = p->on[i].track;
	}
	l->mandatory = !policy_may_leave(p, l->step);
	may = consent_tracks(l->brand, g->customer.consent);
	l->track_opens = track && may.opens != TRACKING_OFF;
	l->count_opens = may.opens == TRACKING_AGGREGATE;
	l->track_links = track && may.links;
	l->track_text = l->track_links && l->brand->text_links;
}

void
letter_speak(struct letter *l, struct slice locale, struct arena *a)
{
	struct slice name = arena_dup(a, locale), rest = name;

	datum_set(l->data, "locale", datum_text(a, name));
	datum_set(l->data, "lang", datum_text(a, slice_cut(&rest, '_')));
}

/* As templates show it: in To, too, a name turns nothing around. */
static struct slice
plain(struct slice s, struct arena *a)
{
	struct slice out = SLICE("");
	struct sbuf b;

	sbuf_init(&b, s.n + 1);
	if (place_add(PLACE_PLAIN, s, &b, NULL) == RC_OK)
		out = arena_dup(a, slice_trim(sbuf_slice(&b)));
	sbuf_fini(&b);
	return out;
}

enum rc
letter_gather(const struct letter_sources *from, const struct message *m,
	      struct arena *a, struct letter *out, struct err *e)
{
	struct gather g = {.from = from, .a = a, .out = out};
	enum rc rc;

	memset(out, 0, sizeof(*out));
	out->m = *m;
	out->brand = conf_brand(from->conf, m->brand);
	if (out->brand == NULL)
		return err_set(e, RC_NOTFOUND,
			       "brand %.*s is not in the "
			       "configuration",
			       SLICE_ARG(m->brand));
	out->key = keyring_active(from->keys, out->brand->number);
	if (out->key == NULL)
		return err_set(e, RC_NOTFOUND,
			       "brand %s has no token key; run acuse key "
			       "token rotate --brand %s",
			       out->brand->name, out->brand->name);
	rc = load(&g, e);
	if (rc != RC_OK)
		return rc;
	out->policy = conf_policy(from->conf, g.notices[0].policy);
	if (out->policy == NULL)
		out->policy =
		    conf_policy(from->conf, slice_z(out->brand->policy));
	out->step = g.notices[0].step;
	out->locale = g.customer.locale;
	out->time_zone = g.customer.time_zone;
	out->customer_name = plain(g.customer.name, a);
	out->invoice = g.notices[0].invoice;
	choose_manner(&g);
	out->data = datum_map(a);
	set_common(&g, out->data);
	rc = set_invoices(&g, out->data, e);
	if (rc == RC_OK)
		rc = set_services(&g, out->data, e);
	return rc == RC_OK ? set_event(&g, out->data, e) : rc;
}
