#include "mailer/history.h"

/* A peer may talk much, and there may be many of them. */
#define MESSAGE_MAX (16 * 1024)
#define SAID_MAX 300

static struct slice
keep(struct arena *a, struct slice s, size_t max)
{
	return arena_dup(a, slice_of(s.p, s.n < max ? s.n : max));
}

void
history_add(struct history *h, struct arena *a, const char *host,
	    const struct outcome *o, struct slice session, struct slice message)
{
	struct history_hop *hop = ARENA_NEW(a, struct history_hop);

	hop->host = host;
	hop->stage = o->stage;
	hop->code = o->code;
	hop->reply = keep(a, slice_trim(sbuf_slice(&o->reply)), SAID_MAX);
	hop->fault = keep(a, slice_z(o->fault), SAID_MAX);
	hop->session = session;
	hop->message = keep(a, message, MESSAGE_MAX);
	hop->started_us = o->started_us;
	if (h->last != NULL)
		h->last->next = hop;
	else
		h->first = hop;
	h->last = hop;
	h->n++;
}

void
history_add_transcript(const struct history *h, struct sbuf *b)
{
	for (const struct history_hop *hop = h->first; hop != NULL;
	     hop = hop->next) {
		sbuf_add(b, hop->session);
		sbuf_add(b, hop->message);
	}
}

void
history_add_json(const struct history *h, struct sbuf *b)
{
	sbuf_add_z(b, "\"tried\":[");
	for (const struct history_hop *hop = h->first; hop != NULL;
	     hop = hop->next) {
		sbuf_add_z(b, hop == h->first ? "{" : ",{");
		sbuf_add_z(b, "\"host\":");
		sbuf_add_json(b, slice_z(hop->host));
		sbuf_addf(b, ",\"stage\":\"%s\",\"code\":%d,\"reply\":",
			  stage_name(hop->stage), hop->code);
		sbuf_add_json(b, hop->reply);
		sbuf_add_z(b, ",\"fault\":");
		sbuf_add_json(b, hop->fault);
		sbuf_add_c(b, '}');
	}
	sbuf_add_c(b, ']');
}

int64_t
history_started(const struct history *h, int64_t us)
{
	return h->first != NULL ? h->first->started_us : us;
}
