#ifndef RECEIVER_SERVER_H
#define RECEIVER_SERVER_H

#include "tools/receiver/greylist.h"
#include "tools/receiver/journal.h"
#include "tools/receiver/loop.h"
#include "tools/receiver/maildir.h"
#include "tools/receiver/options.h"
#include "tools/receiver/rules.h"

struct conn;
struct listener;
struct outbox;

/* What all connections share. */
struct server {
	const struct options *options;
	struct loop *loop;
	struct rules *rules;
	struct greylist *greylist;
	struct journal *journal;
	struct maildir *maildir; /* NULL: contents are not kept */
	struct tls *tls;	 /* NULL: no listener has it */
	struct outbox *outbox;	 /* NULL: no reports */
	struct listener *listeners;
	struct conn *conns;
	size_t connections;
	uint64_t last_connection, last_message;
	bool failed; /* the journal cannot be written: we end */
};

/* Opens all that o names; the ports listen when it returns.
 * Fails: RC_INVALID, RC_NOTFOUND, RC_IO.  Owns: the caller, server_free(). */
enum rc server_new(const struct options *o, struct server **out,
		   struct err *e) MUST_USE;
void server_free(struct server *s);

/* Serves until SIGTERM or SIGINT, which must be blocked already. */
enum rc server_run(struct server *s, struct err *e) MUST_USE;

/* Reads the rules again if their file changed.  A bad file is logged and
 * journaled, and the rules before it stay. */
void server_look_at_rules(struct server *s);

/* Puts the journal on disk; false when that failed: then nothing may be
 * answered any more. */
bool server_flush(struct server *s);

#endif
