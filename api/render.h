#ifndef API_RENDER_H
#define API_RENDER_H

#include "api/member.h"
#include "queue/outbox.h"
#include "store/customer.h"
#include "store/event.h"
#include "store/invoice.h"
#include "store/service.h"

/* What the API's answers look like (API.md): one function a noun, each writing
 * one value (member.h). */

/* The members of a customer, as billing put it, with its hold and consent; the
 * caller opens and closes the object. */
void render_customer(struct sbuf *b, const struct customer *c);

/* As billing put it. */
void render_service(struct sbuf *b, const char *key, const struct service *s);

/* The members of an invoice, as billing put it and as it stands now; the
 * caller opens and closes the object.  Fails: RC_IO (its body is no JSON). */
enum rc render_invoice(struct sbuf *b, const struct invoice *i,
		       struct err *e) MUST_USE;

/* What the answer to a PUT lists: {id, step, template, due_at, state, reason,
 * channels}. */
void render_notices(struct sbuf *b, const char *key, const struct notice *list,
		    size_t n);

/* The members of a notice, all of it. */
void render_notice(struct sbuf *b, const struct notice *n);

/* The list of their mrefs. */
void render_in_flight(struct sbuf *b, const char *key,
		      const struct in_flight *f);

/* {mref, to, state} of each. */
void render_messages(struct sbuf *b, const char *key,
		     const struct message *list, size_t n);

/* The members of a message, all of it. */
void render_message(struct sbuf *b, const struct message *m);

/* The names of facts. */
void render_facts(struct sbuf *b, const char *key, uint32_t facts);

/* The members of an event: {type, title, at, seq, index, data}, data null where
 * it was erased; with class and class_title unless that is NOT_TOLD. */
void render_event(struct sbuf *b, const struct event *ev, int class);

/* Those of a message's or notice's n events from index from to end, a list; a
 * hit that was judged has its class, and class_title, what that says. */
void render_events(struct sbuf *b, const char *key, const struct event *list,
		   size_t n, size_t from, size_t end, struct arena *a);

/* What a customer said of being tracked: {at, source, text}, {withdrawn_at},
 * or null. */
void render_consent(struct sbuf *b, const char *key, struct slice consent);

/* A hold's {until, reason}, or null. */
void render_hold(struct sbuf *b, const char *key, int64_t until_us,
		 struct slice reason);

/* What a kind of event says to a reader, without claiming more than the event
 * proves. */
const char *render_title(int kind);

/* The same for a class of hits (enum agent_class). */
const char *render_class_title(int class);

#endif
