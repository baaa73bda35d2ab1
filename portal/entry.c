#include "portal/entry.h"

#include "base/json.h"
#include "proof/ledger.h"
#include "queue/state.h"
#include "tracker/classify.h"

/* Past so many, the log tells the first ones. */
#define EVENTS_SHOWN 60

/* What is known of a message from its events. */
struct told {
	int64_t last_us, opened_us, viewed_us, clicked_us; /* the first; 0 */
	int64_t answered_us;
};

/* How good the news is: the badge's colour. */
static const char *const message_tones[MESSAGE_STATES] = {
    [MESSAGE_QUEUED] = "wait",	    [MESSAGE_CLAIMED] = "wait",
    [MESSAGE_DEFERRED] = "wait",    [MESSAGE_ACCEPTED] = "good",
    [MESSAGE_FAILED] = "bad",	    [MESSAGE_UNCERTAIN] = "wait",
    [MESSAGE_EXPIRED] = "bad",	    [MESSAGE_CANCELLED] = "plain",
    [MESSAGE_DELIVERED] = "good",   [MESSAGE_BOUNCED] = "bad",
    [MESSAGE_COMPLAINED] = "plain",
};

static struct datum *
text(struct page *pg, struct slice s)
{
	return datum_text(&pg->arena, s);
}

struct slice
entry_title(const struct page *pg, struct slice template)
{
	return page_word(pg, "title", template, template);
}

/* ---- events ---- */

static struct slice
member(const json_t *o, const char *key)
{
	return slice_z(json_string_value(json_object_get(o, key)));
}

/* Verbatim replies of servers are shown as such; reasons in words. */
static void
set_payload(struct page *pg, struct datum *d, const json_t *o)
{
	static const char *const texts[] = {"text", "paid_on", "paid_by",
					    "reference"};
	struct slice reply = member(o, "reply"), host = member(o, "host");
	struct slice reason = member(o, "reason");
	struct arena *a = &pg->arena;

	datum_set(d, "reply", text(pg, arena_dup(a, reply)));
	datum_set(d, "host", text(pg, arena_dup(a, host)));
	datum_set(d, "reason",
		  text(pg, page_word(pg, "reason", reason, SLICE(""))));
	datum_set(
	    d, "answer",
	    text(pg, page_word(pg, "answer", member(o, "answer"), SLICE(""))));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		datum_set(d, texts[i],
			  text(pg, arena_dup(a, member(o, texts[i]))));
}

/* class: of a hit, or NOT_TOLD. */
static struct datum *
event_data(struct page *pg, const struct event *ev, int class)
{
	struct slice name = slice_z(kind_name(ev->kind));
	struct datum *d = datum_map(&pg->arena);
	json_t *o = NULL;

	datum_set(d, "when", datum_time(&pg->arena, ev->time_us));
	datum_set(d, "title", text(pg, page_word(pg, "event", name, name)));
	datum_set(d, "class",
		  text(pg, class == NOT_TOLD
			       ? SLICE("")
			       : page_word(pg, "class",
					   slice_z(agent_class_name(
					       (enum agent_class) class)),
					   SLICE(""))));
	if (json_read(ev->payload, 1u << 20, &o, NULL) != RC_OK)
		o = NULL; /* erased: it has nothing to tell */
	set_payload(pg, d, o);
	json_decref(o);
	return d;
}

static void
note(struct told *t, const struct event *ev)
{
	const struct {
		int kind;
		int64_t *first_us;
	} firsts[] = {
	    {KIND_MESSAGE_OPENED, &t->opened_us},
	    {KIND_MESSAGE_VIEWED, &t->viewed_us},
	    {KIND_MESSAGE_CLICKED, &t->clicked_us},
	    {KIND_MESSAGE_ANSWERED, &t->answered_us},
	    {KIND_MESSAGE_OBJECTED, &t->answered_us},
	};

	t->last_us = ev->time_us;
	for (size_t i = 0; i < sizeof(firsts) / sizeof(*firsts); i++)
		if (ev->kind == firsts[i].kind && *firsts[i].first_us == 0)
			*firsts[i].first_us = ev->time_us;
}

static enum rc
set_events(struct page *pg, struct ref ref, struct datum *d, struct told *t,
	   struct err *e)
{
	struct datum *list = datum_list(&pg->arena);
	struct event *events;
	size_t n, shown = 0;
	int *classes;
	enum rc rc = event_list(pg->db, ref, &pg->arena, &events, &n, e);

	if (rc != RC_OK)
		return rc;
	classes = ARENA_ARRAY(&pg->arena, int, n + 1);
	classify_told(events, n, classes);
	*t = (struct told){0};
	for (size_t i = 0; i < n; i++) {
		note(t, &events[i]);
		/* what they say stands beside each hit, and in the answer */
		if (events[i].kind == KIND_MESSAGE_CLASSIFIED ||
		    events[i].kind == KIND_MESSAGE_SUBMITTED ||
		    shown++ >= EVENTS_SHOWN)
			continue;
		datum_add(list, event_data(pg, &events[i], classes[i]));
	}
	datum_set(d, "events", list);
	datum_set(d, "more_events",
		  datum_int(&pg->arena, shown > EVENTS_SHOWN
					    ? (int64_t)(shown - EVENTS_SHOWN)
					    : 0));
	return RC_OK;
}

/* ---- facts ---- */

static void
add_fact(struct page *pg, struct datum *list, const char *name, int64_t us)
{
	struct slice sentence = page_word(pg, "fact", slice_z(name), SLICE(""));
	struct datum *d;

	if (sentence.n == 0)
		return;
	d = datum_map(&pg->arena);
	datum_set(d, "text", text(pg, sentence));
	datum_set(d, "when",
		  us ? datum_time(&pg->arena, us) : datum_null(&pg->arena));
	datum_add(list, d);
}

static void
set_facts(struct page *pg, const struct message *m, const struct told *t,
	  struct datum *d)
{
	static const uint32_t accepted =
	    FACT_RELAY_ACCEPTED | FACT_RELAY_REPORTED | FACT_MX_ACCEPTED;
	struct datum *list = datum_list(&pg->arena);

	for (uint32_t bit = 1; bit <= FACT_HOLDER; bit <<= 1) {
		int64_t us = 0;

		if ((m->facts & bit) == 0)
			continue;
		if (bit & accepted)
			us = m->accepted_us;
		else if (bit == FACT_CONFIRMED)
			us = t->answered_us;
		add_fact(pg, list, fact_name((enum fact)bit), us);
	}
	if (t->opened_us)
		add_fact(pg, list, "opened", t->opened_us);
	if (t->viewed_us)
		add_fact(pg, list, "viewed", t->viewed_us);
	if (t->clicked_us)
		add_fact(pg, list, "clicked", t->clicked_us);
	datum_set(d, "facts", list);
}

/* ---- entries ---- */

static void
set_state(struct page *pg, struct datum *d, const char *name, const char *tone)
{
	struct slice s = slice_z(name);

	datum_set(d, "state", text(pg, s));
	datum_set(d, "tone", text(pg, slice_z(tone)));
	datum_set(d, "state_title", text(pg, page_word(pg, "state", s, s)));
	datum_set(d, "detail", text(pg, page_word(pg, "detail", s, SLICE(""))));
}

/* Whose acceptance it is: of the recipient's server, or of the sender's own
 * relay alone. */
static const char *
accepted_by(const struct message *m)
{
	if (m->facts & FACT_MX_ACCEPTED)
		return "accepted";
	return m->facts & FACT_RELAY_REPORTED ? "relay_reported"
					      : "relay_accepted";
}

/* An attempt may have arrived, and nothing said since tells: what became of
 * the others is no answer to that. */
static bool
unknown(const struct message *m)
{
	return m->uncertain > 0 && m->attempts > 0 &&
	       (m->state == MESSAGE_DEFERRED || m->state == MESSAGE_EXPIRED ||
		m->state == MESSAGE_CANCELLED);
}

enum rc
entry_message(struct page *pg, const struct message *m, struct datum *invoices,
	      struct entry *out, struct err *e)
{
	struct datum *d = datum_map(&pg->arena);
	struct slice title = entry_title(pg, m->template);
	struct told t;
	enum rc rc = set_events(pg, m->mref, d, &t, e);

	if (rc != RC_OK)
		return rc;
	out->data = d;
	out->when_us = m->accepted_us ? m->accepted_us : m->created_us;
	if (m->state == MESSAGE_ACCEPTED)
		set_state(pg, d, accepted_by(m),
			  m->facts & FACT_MX_ACCEPTED ? "good" : "wait");
	else if (unknown(m))
		set_state(pg, d, message_state_name(MESSAGE_UNCERTAIN),
			  message_tones[MESSAGE_UNCERTAIN]);
	else
		set_state(pg, d, message_state_name(m->state),
			  message_tones[m->state]);
	if (m->held && m->state != MESSAGE_UNCERTAIN && !unknown(m))
		set_state(pg, d, "held", "wait");
	datum_set(d, "when", datum_time(&pg->arena, out->when_us));
	datum_set(d, "subject", text(pg, m->subject.n ? m->subject : title));
	datum_set(d, "template_title", text(pg, title));
	datum_set(d, "address", text(pg, m->address));
	datum_set(d, "reason",
		  text(pg, page_word(pg, "reason", m->reason, SLICE(""))));
	datum_set(d, "view_url",
		  text(pg, m->sha256.n
			       ? page_link(pg, "/m/", TOKEN_VIEW, m->mref)
			       : SLICE("")));
	datum_set(d, "invoices", invoices);
	set_facts(pg, m, &t, d);
	return RC_OK;
}

enum rc
entry_unsent(struct page *pg, const struct notice *n, struct datum *invoices,
	     struct entry *out, struct err *e)
{
	struct datum *d = datum_map(&pg->arena);
	bool held = n->state == NOTICE_HELD;
	struct told t;
	enum rc rc = set_events(pg, n->ref, d, &t, e);

	if (rc != RC_OK)
		return rc;
	out->data = d;
	out->when_us =
	    t.last_us && t.last_us < n->due_us ? t.last_us : n->due_us;
	set_state(pg, d, held ? "held" : "unsent", held ? "wait" : "plain");
	datum_set(d, "when", datum_time(&pg->arena, out->when_us));
	datum_set(d, "due", datum_time(&pg->arena, n->due_us));
	datum_set(d, "subject", text(pg, entry_title(pg, n->template)));
	datum_set(d, "template_title", text(pg, SLICE("")));
	datum_set(d, "address", text(pg, SLICE("")));
	datum_set(d, "reason",
		  text(pg, page_word(pg, "reason", n->reason,
				     page_word(pg, "reason", SLICE("other"),
					       SLICE("")))));
	datum_set(d, "view_url", text(pg, SLICE("")));
	datum_set(d, "invoices", invoices);
	datum_set(d, "facts", datum_list(&pg->arena));
	return RC_OK;
}
