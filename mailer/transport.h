#ifndef MAILER_TRANSPORT_H
#define MAILER_TRANSPORT_H

#include "base/ref.h"
#include "base/thread.h"
#include "mailer/outcome.h"
#include "mailer/target.h"

/*
 * Sends batches of complete messages over SMTP and says for each what is
 * known, and no more.  What is below (libesmtp, at present) does not show.
 */

#define TRANSPORT_BATCH_MAX 200 /* messages a session */
#define TRANSPORT_ENVID_MAX 100
#define TRANSPORT_ORCPT_MAX 250 /* once encoded as xtext, type included */

#define TRANSPORT_NOTIFY_SUCCESS 1u
#define TRANSPORT_NOTIFY_FAILURE 2u
#define TRANSPORT_NOTIFY_DELAY 4u

enum transport_ret {
	TRANSPORT_RET_NONE,
	TRANSPORT_RET_FULL,
	TRANSPORT_RET_HDRS
};

/*
 * One message to one recipient.  The caller fills the first part and keeps
 * what it points to until verdict(); transport fills the second.  DSN
 * parameters are left out where the peer does not offer DSN.
 */
struct transport_message {
	struct ref mref;
	struct slice reverse_path; /* mailbox, or empty for the null path */
	struct slice recipient;	   /* mailbox; domain as A-labels, or UTF-8 */
	struct slice content;	   /* complete, every line ends in CRLF */
	struct slice envid;	   /* as it is, not yet xtext; may be empty */
	/* Original address, not yet xtext; may be empty.  Left out where it is
	 * too long, or not ASCII. */
	struct slice orcpt;
	unsigned notify;
	enum transport_ret ret;
	bool smtputf8; /* needs it; also found from the addresses */
	void *job;     /* the caller's */

	struct outcome outcome;
	struct sbuf transcript; /* from its MAIL on, see transport_session */
};

/* An empty message.  Owns: the caller, transport_message_fini(). */
void transport_message_init(struct transport_message *m);
void transport_message_fini(struct transport_message *m);

/* The caller's part of a session; all run on the thread of transport_run(). */
struct transport_calls {
	/* The next message, just before its MAIL is written (the first one
	 * before AUTH), or NULL to end the session with QUIT.  Not asked once
	 * the session is broken, or the peer said 421. */
	struct transport_message *(*next)(void *arg);
	/* Just before its DATA is written: false, and it gets RSET instead
	 * (FATE_STOPPED).  NULL: always true. */
	bool (*may_go)(void *arg, struct transport_message *m);
	/* After the 354, just before the first byte of content is written:
	 * mark here that a death from now on leaves it uncertain. */
	void (*content)(void *arg, struct transport_message *m);
	/* Its outcome is final: once for each message that next() gave, in
	 * that order, before transport_run() returns; as a rule before the
	 * next message is asked for. */
	void (*verdict)(void *arg, struct transport_message *m);
	/* While it waits for the peer, several times a second.  NULL: nothing
	 * is to be done meanwhile. */
	void (*tick)(void *arg);
	void *arg;
};

/* One session.  The caller fills the first part. */
struct transport_session {
	struct target to;
	struct transport_calls calls;
	/* Rung, it breaks the session off, now or as soon as it starts; what
	 * was past its dot becomes uncertain.  NULL: nobody will. */
	struct bell *cancel;
	int64_t deadline_us; /* clock_mono_us(); 0: none.  A reply to the final
			      * dot is waited for beyond it, for final_ms */

	/* fate UNTRIED and code 0 where the session was fit for mail (stage
	 * STAGE_QUIT); else where and how opening it failed, or what
	 * broke it later. */
	struct outcome outcome;
	struct tls_facts tls;
	char peer[64];	      /* "192.0.2.1:25", "[2001:db8::1]:25" */
	struct sbuf greeting; /* verbatim */
	struct sbuf ehlo;     /* verbatim, the last one */
	unsigned count;	      /* messages that next() gave */
	/* Lines of "<µs since started_us> C|S|T|! <text>": what we said, what
	 * the peer said, TLS, what broke.  Up to the first MAIL, and from the
	 * QUIT on; the rest is in the messages.  AUTH shows no credentials. */
	struct sbuf transcript;
	/* It was not opened for want of descriptors, memory or ports of our own
	 * machine: nothing is known of the peer. */
	bool starved;
};

/* An empty session.  Owns: the caller, transport_session_fini(). */
void transport_session_init(struct transport_session *s);
void transport_session_fini(struct transport_session *s);

/* What sessions share: trust anchors and the TLS context. */
struct transport;

/* Reads trust anchors from a PEM file, or the system's where it is NULL, and
 * readies the library below: call it once before threads start.
 * Fails: RC_IO, RC_INVALID.  Owns: the caller, transport_free(). */
enum rc transport_new(const char *ca_file, struct transport **out,
		      struct err *e) MUST_USE;
void transport_free(struct transport *t);

/* Connects, sends what next() gives, and ends; blocks meanwhile.  With
 * TARGET_MAY a failed handshake is a failure at STAGE_TLS: the caller may come
 * again in plaintext.
 * Fails: RC_INVALID (target: field named; no socket was opened), RC_AGAIN (the
 * session could not be opened, or broke: s->outcome).  The messages' outcomes
 * are theirs in any case.
 * Thread: any; sessions are independent of each other. */
enum rc transport_run(struct transport *t, struct transport_session *s,
		      struct err *e) MUST_USE;

/* Checks what transport_run() would refuse of a message before a socket is
 * opened: addresses, envid, orcpt, and content of CRLF lines of at most 998
 * bytes without NUL.  Fails: RC_INVALID, pointer names the field. */
enum rc transport_check(const struct transport_message *m,
			struct err *e) MUST_USE;

#endif
