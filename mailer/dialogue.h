#ifndef MAILER_DIALOGUE_H
#define MAILER_DIALOGUE_H

#include "mailer/retell.h"
#include "mailer/stuffed.h"
#include "mailer/transport.h"
#include "mailer/wire.h"

#define DIALOGUE_OWED_MAX 4

/* What was said last, and is owed a reply. */
enum verb {
	VERB_OTHER,
	VERB_EHLO,
	VERB_AUTH,
	VERB_MAIL,
	VERB_RCPT,
	VERB_DATA,
	VERB_STOP, /* the RSET that we say instead of a DATA */
	VERB_DOT,
	VERB_RSET,
	VERB_QUIT,
	VERBS,
};

/*
 * What an SMTP client library says and hears.  It believes in a plain
 * connection; commands and the header are checked here before they go on the
 * wire, the body it never sees, replies are retold to it in a form that it
 * survives, and the outcome of the current message is read off the wire,
 * whatever the library thinks.
 */
struct dialogue {
	struct wire *wire;
	const struct transport_calls *calls;
	struct sbuf *session_log;
	struct slice ehlo; /* the peer's verbatim reply, retold */

	struct transport_message *m; /* the current one; NULL: none */
	bool mail_said;		     /* its MAIL is on the wire */
	bool settled;		     /* its outcome is decided */
	bool eight_bit;		     /* its content needs 8BITMIME */
	uint64_t dot_end;      /* wire->sent once its dot is out; 0: not put */
	struct stuffed header; /* as the library writes it */

	bool greeted, authenticated;
	bool pipelining; /* MAIL need not wait for its reply */
	bool challenged; /* the next line answers a 334 */
	bool closing;	 /* the peer said 421 */
	/* Called when the current message was refused before its content, so
	 * that the next can be lined up before the library hears of it. */
	void (*refused)(void *arg);
	void *arg;

	enum verb owed[DIALOGUE_OWED_MAX];
	size_t owed_n;
	char line[2048]; /* a command, until its LF came */
	size_t line_n;
	struct told told; /* the last reply, as it may hear it */
};

/* For a wire on which hello() is done.  The caller sets calls, session_log,
 * ehlo and refused. */
void dialogue_init(struct dialogue *d, struct wire *w);

/* The part of a content that the library writes: header and empty line. */
struct slice dialogue_header(const struct transport_message *m);

/* Makes m the current message, the one that the library's next MAIL is for. */
void dialogue_take(struct dialogue *d, struct transport_message *m);

/* Decides what is known of the current message if nothing more comes of it.
 * agreed: the library too thinks that it was accepted. */
void dialogue_settle(struct dialogue *d, bool agreed);

/* The current message is refused by us, at the stage and with the fault that
 * its outcome has. */
void dialogue_refuse(struct dialogue *d);

/* What the library writes, and wants to read: as write() and read().
 * dialogue_wait() fetches the next reply; false: there will be none. */
ssize_t dialogue_write(struct dialogue *d, const void *p, size_t n);
ssize_t dialogue_read(struct dialogue *d, void *p, size_t n);
bool dialogue_wait(struct dialogue *d);

#endif
