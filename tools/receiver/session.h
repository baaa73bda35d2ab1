#ifndef RECEIVER_SESSION_H
#define RECEIVER_SESSION_H

#include <netinet/in.h>

#include "tools/receiver/conn.h"
#include "tools/receiver/content.h"
#include "tools/receiver/server.h"

#define SESSION_NAME_MAX 256
#define SESSION_ARENA_MAX ((size_t)64 * 1024 * 1024)

enum session_mode {
	MODE_COMMAND,
	MODE_LONG_LINE, /* skips the rest of a line that was too long */
	MODE_AUTH,
	MODE_DATA,
	MODE_BDAT,
};

enum auth_step { AUTH_PLAIN, AUTH_LOGIN_USER, AUTH_LOGIN_PASSWORD };

/* One connection's dialogue.  The parts are used by session.c, verbs.c,
 * auth.c and transfer.c. */
struct session {
	struct server *server;
	struct conn *conn;
	const struct listener *listener;
	uint64_t id;
	char peer[INET6_ADDRSTRLEN];
	int peer_port;
	enum session_mode mode;
	bool greeted;	  /* HELO or EHLO was accepted */
	bool turned_away; /* the greeting was no 2xx */
	unsigned offered; /* extensions of the last EHLO */
	char ehlo[SESSION_NAME_MAX];
	char user[SESSION_NAME_MAX]; /* authenticated, or empty */
	enum auth_step auth_step;
	char auth_user[SESSION_NAME_MAX]; /* of LOGIN, not yet checked */

	/* The transaction.  Its recipients stay until the next one, for rules
	 * on later stages. */
	struct arena arena;
	bool has_mail;
	struct mail mail;
	struct recipient *recipients;
	size_t n, cap;

	struct content content;
	int64_t mid_next;    /* content bytes of the next mid-data rule */
	int64_t content_bps; /* 0: as it comes */
	bool early;	     /* the final reply was given before the dot */
	bool chunking;	     /* this transaction came by BDAT */
	bool chunk_last;
	uint64_t chunk_left;
	enum reply_id chunk_fault; /* what the chunk gets instead */

	struct sbuf reply; /* of the stage at hand */
	struct sbuf wire;  /* what goes out for it */
};

/* What a stage came to. */
struct verdict {
	enum stage stage;
	struct ruling ruling;
	bool good;	    /* the sender's wish takes effect here */
	struct slice reply; /* what goes out as the reply; empty: nothing */
	enum then then;
};

/* A session that has said nothing yet.  Owns: the caller, session_free(). */
struct session *session_new(struct server *server, struct conn *conn,
			    const struct listener *listener,
			    const struct sockaddr_storage *peer);
void session_free(struct session *s);

/* Begins: stage connect, then the greeting or TLS. */
void session_start(struct session *s);

/* The reply to STARTTLS is out, or TLS is implicit: stage tls, then the
 * handshake.  Ref: RFC 3207 4.2: what was learnt before is forgotten. */
void session_tls_begin(struct session *s);

/* The handshake is over. */
void session_tls_done(struct session *s);

/* Nothing came for long: says so and closes. */
void session_idle(struct session *s);

/* The connection is gone; why: of TLS, or "". */
void session_gone(struct session *s, const char *why);

/* Takes from what came in, which may be nothing, and gives how much; false:
 * more is needed. */
bool session_take(struct session *s, struct slice in, size_t *used);

/* Asks the rules of a stage whose own reply would be s->reply, which the
 * caller has filled; the verdict's texts live until session_say(). */
void session_judge(struct session *s, enum stage stage, struct verdict *out);

/* The same for the mid-data rules of an offset, where there is no reply. */
void session_judge_mid(struct session *s, int64_t at, struct verdict *out);

/* Fills s->reply with one of ours. */
void session_reply(struct session *s, enum reply_id id);

/* Sends what a verdict comes to.  extra_ms: delay of an earlier stage. */
void session_say(struct session *s, const struct verdict *v, int64_t extra_ms);

/* Answers what failed without asking rules, and journals it. */
void session_refuse(struct session *s, const char *command, enum reply_id id);

/* Begins a journal line with who this is. */
void session_note(struct session *s, const char *event);

/* Adds a verdict's reply, and the rule that made it. */
void session_note_verdict(struct session *s, const struct verdict *v);

/* What rules look at, with all recipients of the transaction. */
struct subject session_subject(const struct session *s);

/* Forgets the transaction. */
void session_forget(struct session *s);

/* Runs a command line, given without its CRLF (verbs.c). */
void session_command(struct session *s, struct slice line);

/* Runs AUTH, given what follows the verb (auth.c).  Ref: RFC 4954. */
void session_auth(struct session *s, struct slice rest);

/* Takes a line of the AUTH exchange that is under way. */
void session_auth_line(struct session *s, struct slice line);

/* Runs DATA (transfer.c). */
void session_data(struct session *s);

/* Runs BDAT, given what follows the verb.  Ref: RFC 3030. */
void session_bdat(struct session *s, struct slice rest);

/* As session_take(), inside a content; ends the message after its last byte. */
bool session_take_content(struct session *s, struct slice in, size_t *used);

/* Journals that the connection ended inside a content. */
void session_note_content_lost(struct session *s);

#endif
