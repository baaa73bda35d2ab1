#ifndef MAILER_WIRE_H
#define MAILER_WIRE_H

#include <openssl/ssl.h>

#include "base/thread.h"
#include "mailer/outcome.h"
#include "mailer/reply.h"
#include "mailer/target.h"

#define WIRE_IN_MAX (2 * REPLY_MAX)
#define WIRE_OUT_MAX 32768

/*
 * One SMTP connection: socket, TLS, deadline, cancel, whole replies,
 * transcript.  It dies once, at the first fault, and then does nothing.
 * Thread: one; a cancel comes through the bell.
 */
struct wire {
	const struct target *to;
	SSL_CTX *tls;
	struct bell *cancel; /* or NULL */
	struct tls_facts *facts;
	struct sbuf *log;    /* where the transcript goes; may be changed */
	int64_t deadline_us; /* clock_mono_us(); 0: none */
	int64_t started_us;  /* clock_mono_us() */
	void (*tick)(
	    void *arg); /* several times a second of waiting; or NULL */
	void *tick_arg;

	enum stage stage; /* what we are at; kept as it was at death */
	bool hush;	  /* the peer may not speak: content flows */
	bool dead;
	bool by_reply;	 /* it died of what reply says */
	bool starved;	 /* it died of what our own machine lacks */
	char fault[160]; /* why it is dead */

	int fd;
	SSL *ssl;
	short want;	 /* what poll() must wait for before a step */
	uint64_t sent;	 /* bytes that the socket, or TLS, has taken */
	uint64_t looked; /* of sent, when the peer was last listened to */
	size_t in_n, out_n, reply_n;
	char in[WIRE_IN_MAX], out[WIRE_OUT_MAX];
	char reply[REPLY_MAX]; /* the last one, verbatim */
};

/* Nothing is opened yet.  The caller sets deadline_us, log and tick
 * afterwards. */
void wire_init(struct wire *w, const struct target *to, SSL_CTX *tls,
	       struct bell *cancel, struct tls_facts *facts);

/* Says goodbye in TLS where it still can, and closes. */
void wire_fini(struct wire *w);

/* Connects.  False: dead. */
bool wire_connect(struct wire *w);

/* Makes it TLS, and fills facts.  False: dead. */
bool wire_tls(struct wire *w);

/* Puts bytes behind those to be sent; sends what does not fit.  False: dead. */
bool wire_put(struct wire *w, struct slice s);

/* Puts a line with its CRLF, and notes it.  False: dead. */
bool wire_say(struct wire *w, const char *line);

/* Sends all that was put.  False: dead. */
bool wire_flush(struct wire *w);

/* Flushes, then waits for one whole reply, which is noted.  Its code, or -1:
 * dead. */
int wire_reply(struct wire *w, int timeout_ms);

/* The last reply.  Owns: the wire, until the next one. */
struct slice wire_last(const struct wire *w);

/* True when the peer has spoken without being asked, or is gone. */
bool wire_early(struct wire *w);

/* What a peer said unasked that ends it all: 421, or amid the content any 4xx
 * or 5xx; else empty.  Other words to nothing asked may be anybody's.
 * Ref: RFC 5321 3.8. */
struct slice wire_parting(const struct wire *w);

/* Ends it.  Always false, so that "return wire_die(...)" reads well. */
bool wire_die(struct wire *w, const char *fault);

/* The same, because of the last reply. */
bool wire_refused(struct wire *w);

/* Adds lines to the transcript: "<µs> <sort> <line>". */
void wire_note(struct wire *w, char sort, struct slice text);

#endif
