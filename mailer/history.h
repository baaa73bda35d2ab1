#ifndef MAILER_HISTORY_H
#define MAILER_HISTORY_H

#include "base/arena.h"
#include "mailer/outcome.h"

/* A session that did not take a message. */
struct history_hop {
	struct history_hop *next;
	const char *host;
	enum stage stage;
	int code;
	struct slice reply, fault;     /* what was said last, or why not */
	struct slice session, message; /* transcripts */
	int64_t started_us;
};

/* The sessions of one attempt that did not take a message, in order: other
 * exchangers, or the same one before a fall-back to plaintext. */
struct history {
	struct history_hop *first, *last;
	size_t n;
};

/* Adds a session.  session: its transcript, borrowed; message: what was said
 * of the message in it, or empty.  Owns: the arena; host and session must
 * outlive it. */
void history_add(struct history *h, struct arena *a, const char *host,
		 const struct outcome *o, struct slice session,
		 struct slice message);

/* Adds all transcripts, whatever bytes are in them. */
void history_add_transcript(const struct history *h, struct sbuf *b);

/* Adds the member "tried" of an event's payload: host, stage, code and what
 * was said, of each. */
void history_add_json(const struct history *h, struct sbuf *b);

/* When the attempt began, wall clock: at the first session, or at us. */
int64_t history_started(const struct history *h, int64_t us);

#endif
