#include <stdio.h>

#include "base/mem.h"
#include "tools/receiver/listener.h"
#include "tools/receiver/session.h"

/* What must hold before a verb runs. */
enum need {
	NEED_GREETED = 1u << 0,
	NEED_NO_ARGUMENT = 1u << 1,
	NEED_AUTH = 1u << 2, /* where --auth-required is given */
};

static void
note_and_say(struct session *s, const char *event, const struct verdict *v)
{
	session_note(s, event);
	session_note_verdict(s, v);
	journal_end(s->server->journal);
	session_say(s, v, 0);
}

/* ---- HELO, EHLO, STARTTLS ---- */

static unsigned
extensions_here(const struct session *s, const struct ruling *ruling)
{
	const struct options *o = s->server->options;
	unsigned offered = EXT_ALL & ~o->without & ~ruling->without;

	if (!s->listener->option->starttls || conn_tls(s->conn))
		offered &= ~(unsigned)EXT_STARTTLS;
	if (o->user_count == 0)
		offered &= ~(unsigned)EXT_AUTH;
	return offered;
}

static void
add_ehlo_reply(struct session *s, unsigned offered)
{
	const char *hostname = s->server->options->hostname;

	sbuf_reset(&s->reply);
	sbuf_addf(&s->reply, "250%c%s\r\n", offered ? '-' : ' ', hostname);
	for (unsigned bit = 1; bit & EXT_ALL; bit <<= 1) {
		bool last = (offered & ~(bit | (bit - 1))) == 0;

		if (!(offered & bit))
			continue;
		sbuf_addf(&s->reply, "250%c%s", last ? ' ' : '-',
			  extension_name(bit));
		if (bit == EXT_SIZE)
			sbuf_addf(&s->reply, " %lld",
				  (long long)s->server->options->max_size);
		if (bit == EXT_AUTH)
			sbuf_add_z(&s->reply, " PLAIN LOGIN");
		sbuf_add_z(&s->reply, "\r\n");
	}
}

static void
run_hello(struct session *s, struct slice rest, bool extended)
{
	const struct ruling none = {0};
	struct verdict v;
	unsigned offered = 0;

	if (rest.n == 0 || slice_has_control(rest)) {
		session_refuse(s, extended ? "EHLO" : "HELO", REPLY_ARGUMENT);
		return;
	}
	snprintf(s->ehlo, sizeof(s->ehlo), "%.*s", SLICE_ARG(rest));
	session_forget(s);
	if (extended) {
		offered = extensions_here(s, &none);
		add_ehlo_reply(s, offered);
	} else {
		s->offered = 0;
		session_reply(s, REPLY_HELO);
	}
	session_judge(s, STAGE_EHLO, &v);
	if (extended && v.ruling.without) {
		struct slice own = sbuf_slice(&s->reply);
		bool is_own = slice_eq(v.reply, own);

		offered = extensions_here(s, &v.ruling);
		add_ehlo_reply(s, offered);
		if (is_own)
			v.reply = sbuf_slice(&s->reply);
	}
	if (v.good) {
		s->greeted = true;
		s->offered = offered;
	}
	note_and_say(s, "ehlo", &v);
}

static void
run_helo(struct session *s, struct slice rest)
{
	run_hello(s, rest, false);
}

static void
run_ehlo(struct session *s, struct slice rest)
{
	run_hello(s, rest, true);
}

static void
run_starttls(struct session *s, struct slice rest)
{
	struct verdict v;

	(void)rest;
	if (conn_tls(s->conn)) {
		session_refuse(s, "STARTTLS", REPLY_TLS_ALREADY);
		return;
	}
	if (!(s->offered & EXT_STARTTLS)) {
		session_refuse(s, "STARTTLS", REPLY_TLS_NOT_HERE);
		return;
	}
	session_reply(s, REPLY_TLS_GO);
	session_judge(s, STAGE_STARTTLS, &v);
	if (v.good && v.then == THEN_GO_ON && v.ruling.action != ACTION_GARBAGE)
		v.then = THEN_TLS;
	note_and_say(s, "starttls", &v);
}

/* ---- MAIL, RCPT ---- */

static void
run_mail(struct session *s, struct slice rest)
{
	struct journal *j = s->server->journal;
	struct verdict v;
	enum reply_id id;

	server_look_at_rules(s->server);
	if (s->has_mail) {
		session_refuse(s, "MAIL", REPLY_SEQUENCE);
		return;
	}
	session_forget(s);
	id = command_mail(rest, s->offered, &s->arena, &s->mail);
	if (id == REPLY_NONE && s->mail.size > s->server->options->max_size)
		id = REPLY_TOO_BIG;
	if (id != REPLY_NONE) {
		session_refuse(s, "MAIL", id);
		return;
	}
	session_reply(s, REPLY_MAIL_OK);
	session_judge(s, STAGE_MAIL, &v);
	s->has_mail = v.good;
	session_note(s, "mail");
	journal_text(j, "sender", s->mail.path);
	journal_text(j, "argument", slice_trim(slice_skip(rest, 5)));
	session_note_verdict(s, &v);
	journal_end(j);
	session_say(s, &v, 0);
}

static struct recipient *
recipient_place(struct session *s)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 4;
		s->recipients =
		    mem_grow(s->recipients, s->cap * sizeof(*s->recipients));
	}
	return &s->recipients[s->n];
}

static void
run_rcpt(struct session *s, struct slice rest)
{
	struct journal *j = s->server->journal;
	struct recipient *r = recipient_place(s);
	enum reply_id id = REPLY_NONE;
	struct verdict v;

	if (!s->has_mail || s->chunking)
		id = REPLY_SEQUENCE;
	else if (s->n >= (size_t)s->server->options->max_recipients ||
		 s->arena.used > SESSION_ARENA_MAX / 2)
		id = REPLY_RCPT_MANY;
	else
		id = command_rcpt(rest, s->offered, s->mail.smtputf8, &s->arena,
				  r);
	if (id != REPLY_NONE) {
		session_refuse(s, "RCPT", id);
		return;
	}
	s->n++;
	session_reply(s, REPLY_RCPT_OK);
	session_judge(s, STAGE_RCPT, &v);
	session_note(s, "rcpt");
	journal_text(j, "recipient", r->path);
	journal_text(j, "argument", slice_trim(slice_skip(rest, 3)));
	session_note_verdict(s, &v);
	journal_end(j);
	if (!v.good)
		s->n--;
	session_say(s, &v, 0);
}

/* ---- the rest ---- */

static void
run_data(struct session *s, struct slice rest)
{
	(void)rest;
	session_data(s);
}

static void
run_rset(struct session *s, struct slice rest)
{
	struct verdict v;

	(void)rest;
	session_reply(s, REPLY_RESET);
	session_judge(s, STAGE_RSET, &v);
	session_forget(s);
	note_and_say(s, "rset", &v);
}

static void
say_only(struct session *s, enum reply_id id)
{
	struct verdict v = {.then = THEN_GO_ON};

	session_reply(s, id);
	v.reply = sbuf_slice(&s->reply);
	session_say(s, &v, 0);
}

static void
run_noop(struct session *s, struct slice rest)
{
	(void)rest;
	say_only(s, REPLY_NOOP);
}

static void
run_vrfy(struct session *s, struct slice rest)
{
	(void)rest;
	say_only(s, REPLY_VRFY);
}

static void
run_help(struct session *s, struct slice rest)
{
	(void)rest;
	say_only(s, REPLY_HELP);
}

static void
run_quit(struct session *s, struct slice rest)
{
	struct verdict v;

	(void)rest;
	session_reply(s, REPLY_BYE);
	session_judge(s, STAGE_QUIT, &v);
	if (v.then == THEN_GO_ON && v.ruling.then == THEN_DEFAULT)
		v.then = THEN_CLOSE;
	note_and_say(s, "quit", &v);
}

static const struct {
	void (*run)(struct session *, struct slice rest);
	unsigned needs;
} verbs[VERB_COUNT] = {
    [VERB_HELO] = {run_helo, 0},
    [VERB_EHLO] = {run_ehlo, 0},
    [VERB_STARTTLS] = {run_starttls, NEED_GREETED | NEED_NO_ARGUMENT},
    [VERB_AUTH] = {session_auth, NEED_GREETED},
    [VERB_MAIL] = {run_mail, NEED_GREETED | NEED_AUTH},
    [VERB_RCPT] = {run_rcpt, NEED_GREETED},
    [VERB_DATA] = {run_data, NEED_GREETED | NEED_NO_ARGUMENT},
    [VERB_BDAT] = {session_bdat, 0},
    [VERB_RSET] = {run_rset, NEED_NO_ARGUMENT},
    [VERB_NOOP] = {run_noop, 0},
    [VERB_QUIT] = {run_quit, NEED_NO_ARGUMENT},
    [VERB_VRFY] = {run_vrfy, NEED_GREETED},
    [VERB_HELP] = {run_help, 0},
};

/* What forbids a verb at this point. */
static enum reply_id
fault_of(const struct session *s, enum verb verb, struct slice rest)
{
	unsigned needs = verbs[verb].needs;

	if (!verbs[verb].run)
		return REPLY_UNKNOWN;
	if ((s->turned_away && verb != VERB_QUIT) ||
	    ((needs & NEED_GREETED) && !s->greeted))
		return REPLY_SEQUENCE;
	if ((needs & NEED_NO_ARGUMENT) && rest.n)
		return REPLY_NO_ARGUMENT;
	if ((needs & NEED_AUTH) && s->server->options->auth_required &&
	    !s->user[0])
		return REPLY_AUTH_NEEDED;
	return REPLY_NONE;
}

void
session_command(struct session *s, struct slice line)
{
	struct slice rest;
	enum verb verb = command_verb(line, &rest);
	enum reply_id fault = fault_of(s, verb, rest);

	if (fault != REPLY_NONE)
		session_refuse(s, command_name(verb), fault);
	else
		verbs[verb].run(s, rest);
}
