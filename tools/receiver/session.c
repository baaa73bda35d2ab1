/*
 * A stage is: the command's own reply goes to s->reply, session_judge() asks
 * the rules, the caller lets the wish take effect where the verdict is good,
 * journals it, and session_say() sends what is to be sent.  So the message is
 * kept and the journal has its line before a byte of the reply leaves.
 */
#include "tools/receiver/session.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "tools/receiver/listener.h"

#define REPLY_MAX ((size_t)256 * 1024)

struct session *
session_new(struct server *server, struct conn *conn,
	    const struct listener *listener,
	    const struct sockaddr_storage *peer)
{
	struct session *s = MEM_NEW(struct session);

	s->server = server;
	s->conn = conn;
	s->listener = listener;
	s->id = ++server->last_connection;
	s->peer_port = endpoint_text(peer, s->peer, sizeof(s->peer));
	s->mid_next = -1;
	arena_init(&s->arena, SESSION_ARENA_MAX);
	content_init(&s->content, (size_t)server->options->max_size);
	sbuf_init(&s->reply, REPLY_MAX);
	sbuf_init(&s->wire, REPLY_MAX);
	return s;
}

void
session_free(struct session *s)
{
	if (!s)
		return;
	arena_fini(&s->arena);
	content_fini(&s->content);
	sbuf_fini(&s->reply);
	sbuf_fini(&s->wire);
	free(s->recipients);
	free(s);
}

void
session_forget(struct session *s)
{
	s->has_mail = false;
	s->chunking = false;
	s->early = false;
	s->n = 0;
	s->mail = (struct mail){.size = -1};
	s->mid_next = -1;
	content_reset(&s->content);
	arena_reset(&s->arena);
}

struct subject
session_subject(const struct session *s)
{
	return (struct subject){
	    .listener = s->listener->option->name,
	    .port = s->listener->port,
	    .peer = s->peer,
	    .ehlo = s->ehlo,
	    .user = s->user,
	    .tls = conn_tls(s->conn) != NULL,
	    .sender = s->mail.path,
	    .recipients = s->recipients,
	    .n = s->n,
	    .greylist = s->server->greylist,
	    .now_us = clock_wall_us(),
	};
}

/* ---- journal ---- */

void
session_note(struct session *s, const char *event)
{
	struct journal *j = s->server->journal;
	const struct tls_link *tls = conn_tls(s->conn);

	journal_begin(j, event);
	journal_int(j, "conn", (int64_t)s->id);
	journal_z(j, "listener", s->listener->option->name);
	journal_int(j, "port", s->listener->port);
	journal_z(j, "peer", s->peer);
	if (s->ehlo[0])
		journal_z(j, "ehlo", s->ehlo);
	if (tls)
		journal_z(j, "tls", tls_link_version(tls));
	if (s->user[0])
		journal_z(j, "user", s->user);
}

void
session_note_verdict(struct session *s, const struct verdict *v)
{
	struct journal *j = s->server->journal;
	struct slice reply = v->reply;

	while (reply.n &&
	       (reply.p[reply.n - 1] == '\n' || reply.p[reply.n - 1] == '\r'))
		reply.n--;
	if (reply.n)
		journal_text(j, "reply", reply);
	else
		journal_null(j, "reply");
	if (v->ruling.line) {
		journal_z(j, "action", action_name(v->ruling.action));
		journal_int(j, "rule", v->ruling.line);
	}
}

/* ---- stages ---- */

void
session_reply(struct session *s, enum reply_id id)
{
	sbuf_reset(&s->reply);
	reply_add(&s->reply, id, s->offered & EXT_ENHANCEDSTATUSCODES);
}

static size_t
cut_of(const struct ruling *ruling, size_t n)
{
	size_t most = n >= 2 ? n - 2 : 0;

	if (ruling->cut < 0)
		return n / 2;
	return (size_t)ruling->cut < most ? (size_t)ruling->cut : most;
}

/* What an action sends, and what it does to the connection afterwards. */
static void
apply_action(struct session *s, struct verdict *v)
{
	struct slice own = sbuf_slice(&s->reply);

	v->reply = own;
	v->then = THEN_GO_ON;
	switch (v->ruling.action) {
	case ACTION_REPLY:
	case ACTION_EARLY:
		v->reply = v->ruling.text;
		if (v->stage == STAGE_CONNECT ||
		    (v->stage == STAGE_MID_DATA &&
		     v->ruling.action == ACTION_REPLY))
			v->then = THEN_DROP;
		break;
	case ACTION_GREYLIST:
		session_reply(s, REPLY_GREYLISTED);
		v->reply = sbuf_slice(&s->reply);
		break;
	case ACTION_GARBAGE:
		v->reply = v->ruling.text;
		break;
	case ACTION_PARTIAL:
		v->reply = slice_of(own.p, cut_of(&v->ruling, own.n));
		v->then = THEN_DROP;
		break;
	case ACTION_DROP:
	case ACTION_REFUSE:
		v->reply = slice_of(NULL, 0);
		v->then = THEN_DROP;
		break;
	case ACTION_RESET:
		v->reply = slice_of(NULL, 0);
		v->then = THEN_RESET;
		break;
	case ACTION_HALF_CLOSE:
		v->reply = slice_of(NULL, 0);
		v->then = THEN_HALF_CLOSE;
		break;
	case ACTION_STALL:
		v->reply = slice_of(NULL, 0);
		v->then = THEN_STALL;
		break;
	case ACTION_CUT_RECORD:
		v->reply = slice_of(NULL, 0);
		v->then = THEN_CUT_RECORD;
		break;
	case ACTION_ACCEPT:
	case ACTION_REPORT:
	case ACTION_DELAY:
	case ACTION_HOLD:
	case ACTION_SLOW:
	case ACTION_INJECT:
	case ACTION_WITHOUT:
	case ACTION_TICKET:
	case ACTION_KEY_UPDATE:
	case ACTION_COUNT:
	default:
		break;
	}
}

static void
conclude(struct session *s, struct verdict *v)
{
	int own = reply_class(sbuf_slice(&s->reply));
	bool told;

	apply_action(s, v);
	told = v->ruling.action == ACTION_ACCEPT ||
	       v->ruling.action == ACTION_REPLY ||
	       v->ruling.action == ACTION_GREYLIST;
	v->good = (own == 2 || own == 3) &&
		  (told ? reply_class(v->reply) == own : v->ruling.keep);
	if (told && slice_starts(v->reply, SLICE("421")))
		v->then = THEN_CLOSE;
	if (v->ruling.then != THEN_DEFAULT)
		v->then = v->ruling.then;
}

void
session_judge(struct session *s, enum stage stage, struct verdict *v)
{
	struct subject subject = session_subject(s);

	v->stage = stage;
	/* RCPT is judged by the recipient at hand, which is the last. */
	if (stage == STAGE_RCPT && s->n) {
		subject.recipients = &s->recipients[s->n - 1];
		subject.n = 1;
	}
	rules_decide(s->server->rules, stage, &subject, &v->ruling);
	conclude(s, v);
}

void
session_judge_mid(struct session *s, int64_t at, struct verdict *v)
{
	struct subject subject = session_subject(s);

	v->stage = STAGE_MID_DATA;
	sbuf_reset(&s->reply);
	rules_decide_mid(s->server->rules, at, &subject, &v->ruling);
	conclude(s, v);
}

void
session_say(struct session *s, const struct verdict *v, int64_t extra_ms)
{
	struct say say = {
	    .delay_ms = v->ruling.delay_ms + extra_ms,
	    .slow_bps = v->ruling.slow_bps,
	    .hold = v->ruling.hold,
	    .then = v->then,
	};
	struct tls_link *tls = conn_tls(s->conn);

	if (tls && v->ruling.ticket)
		tls_link_ticket(tls);
	if (tls && v->ruling.key_update)
		tls_link_key_update(tls);
	sbuf_reset(&s->wire);
	sbuf_add(&s->wire, v->reply);
	sbuf_add(&s->wire, v->ruling.inject);
	say.bytes = sbuf_slice(&s->wire);
	conn_say(s->conn, &say);
}

void
session_refuse(struct session *s, const char *command, enum reply_id id)
{
	struct verdict v = {.then = THEN_GO_ON};

	session_reply(s, id);
	v.reply = sbuf_slice(&s->reply);
	session_note(s, "refused");
	journal_z(s->server->journal, "command", command);
	session_note_verdict(s, &v);
	journal_end(s->server->journal);
	session_say(s, &v, 0);
}

/* ---- what the connection tells ---- */

static void
greet(struct session *s, int64_t extra_ms)
{
	struct verdict v;

	sbuf_reset(&s->reply);
	sbuf_addf(&s->reply,
		  "220 %s ESMTP Acuse test receiver: for tests and the demo, "
		  "delivers no mail\r\n",
		  s->server->options->hostname);
	session_judge(s, STAGE_GREETING, &v);
	s->turned_away = !v.good;
	session_note(s, "greeting");
	session_note_verdict(s, &v);
	journal_end(s->server->journal);
	session_say(s, &v, extra_ms);
}

void
session_start(struct session *s)
{
	const struct options *o = s->server->options;
	bool tls = s->listener->option->tls;
	struct verdict v;

	sbuf_reset(&s->reply);
	session_judge(s, STAGE_CONNECT, &v);
	session_note(s, "connect");
	journal_int(s->server->journal, "peer_port", s->peer_port);
	session_note_verdict(s, &v);
	journal_end(s->server->journal);
	if (v.reply.n || v.then != THEN_GO_ON) {
		session_say(s, &v, 0);
	} else if (s->server->connections > (size_t)o->max_connections) {
		session_refuse(s, "connect", REPLY_BUSY);
		v = (struct verdict){.then = THEN_CLOSE};
		session_say(s, &v, 0);
	} else if (tls) {
		v.then = THEN_TLS;
		session_say(s, &v, 0);
	} else {
		greet(s, v.ruling.delay_ms);
	}
}

void
session_tls_begin(struct session *s)
{
	struct verdict v;
	size_t unasked;

	sbuf_reset(&s->reply);
	session_judge(s, STAGE_TLS, &v);
	if (v.reply.n || v.then != THEN_GO_ON) {
		session_note(s, "tls");
		session_note_verdict(s, &v);
		journal_end(s->server->journal);
		session_say(s, &v, 0);
		return;
	}
	/* Ref: RFC 3207 4.2: all that was learnt before is forgotten. */
	s->greeted = false;
	s->offered = 0;
	s->ehlo[0] = '\0';
	s->user[0] = '\0';
	session_forget(s);
	unasked = conn_begin_tls(s->conn, v.ruling.delay_ms);
	if (unasked && !s->listener->option->tls) {
		session_note(s, "plaintext-after-starttls");
		journal_int(s->server->journal, "bytes", (int64_t)unasked);
		journal_end(s->server->journal);
	}
}

void
session_tls_done(struct session *s)
{
	const struct tls_link *tls = conn_tls(s->conn);

	session_note(s, "tls");
	journal_z(s->server->journal, "cipher", tls_link_cipher(tls));
	journal_z(s->server->journal, "server_name", tls_link_server_name(tls));
	journal_end(s->server->journal);
	if (s->listener->option->tls)
		greet(s, 0);
}

void
session_idle(struct session *s)
{
	struct verdict v = {.then = THEN_CLOSE};

	session_reply(s, REPLY_IDLE);
	v.reply = sbuf_slice(&s->reply);
	session_note(s, "idle");
	session_note_verdict(s, &v);
	journal_end(s->server->journal);
	session_say(s, &v, 0);
}

void
session_gone(struct session *s, const char *why)
{
	if (s->mode == MODE_DATA || s->mode == MODE_BDAT)
		session_note_content_lost(s);
	session_note(s, "close");
	if (why[0])
		journal_z(s->server->journal, "error", why);
	journal_end(s->server->journal);
}

/* ---- input ---- */

static void
take_line(struct session *s, struct slice line)
{
	bool was_long = s->mode == MODE_LONG_LINE;
	bool auth = s->mode == MODE_AUTH;

	s->mode = MODE_COMMAND;
	if (was_long) {
		session_refuse(s, "?", REPLY_LONG);
	} else if (!slice_ends(line, SLICE("\r")) ||
		   slice_find_c(line, '\r') != (ptrdiff_t)line.n - 1 ||
		   slice_find_c(line, '\0') >= 0) {
		session_refuse(s, "?", REPLY_SYNTAX);
	} else {
		line.n--;
		if (auth)
			session_auth_line(s, line);
		else
			session_command(s, line);
	}
}

bool
session_take(struct session *s, struct slice in, size_t *used)
{
	ptrdiff_t end;

	if (s->mode == MODE_DATA || s->mode == MODE_BDAT)
		return session_take_content(s, in, used);
	*used = 0;
	end = slice_find_c(in, '\n');
	if (end >= 0 && end < COMMAND_LINE_MAX) {
		*used = (size_t)end + 1;
		take_line(s, slice_of(in.p, (size_t)end));
		return true;
	}
	if (in.n < COMMAND_LINE_MAX)
		return false;
	/* Not the LF, which then ends the long line. */
	s->mode = MODE_LONG_LINE;
	*used = end >= 0 ? (size_t)end : in.n;
	return true;
}
