#include <stdio.h>

#include "base/codec.h"
#include "base/hash.h"
#include "tools/receiver/session.h"

#define SECRET_MAX 1024

static bool
user_known(const struct session *s, struct slice name, struct slice password)
{
	const struct options *o = s->server->options;

	for (size_t i = 0; i < o->user_count; i++) {
		if (slice_eq(name, o->users[i].name) &&
		    slice_eq(password, o->users[i].password))
			return true;
	}
	return false;
}

static void
finish(struct session *s, struct slice name, struct slice password)
{
	bool known = user_known(s, name, password);
	struct verdict v = {.then = THEN_GO_ON};

	s->mode = MODE_COMMAND;
	session_reply(s, known ? REPLY_AUTH_OK : REPLY_AUTH_BAD);
	if (known)
		session_judge(s, STAGE_AUTH, &v);
	else
		v.reply = sbuf_slice(&s->reply);
	if (v.good)
		snprintf(s->user, sizeof(s->user), "%.*s", SLICE_ARG(name));
	session_note(s, "auth");
	journal_text(s->server->journal, "name", name);
	journal_bool(s->server->journal, "known", known);
	session_note_verdict(s, &v);
	journal_end(s->server->journal);
	session_say(s, &v, 0);
}

/* "authzid NUL authcid NUL password" of RFC 4616. */
static bool
take_plain(struct session *s, struct slice text)
{
	struct slice name;

	(void)slice_cut(&text, '\0');
	if (!text.p)
		return false;
	name = slice_cut(&text, '\0');
	if (!text.p || name.n == 0)
		return false;
	finish(s, name, text);
	return true;
}

static void
ask(struct session *s, enum auth_step step, enum reply_id id)
{
	struct verdict v = {.then = THEN_GO_ON};

	s->mode = MODE_AUTH;
	s->auth_step = step;
	session_reply(s, id);
	v.reply = sbuf_slice(&s->reply);
	session_say(s, &v, 0);
}

static bool
take_step(struct session *s, struct slice text)
{
	switch (s->auth_step) {
	case AUTH_PLAIN:
		return take_plain(s, text);
	case AUTH_LOGIN_USER:
		if (text.n == 0 || text.n >= sizeof(s->auth_user))
			return false;
		snprintf(s->auth_user, sizeof(s->auth_user), "%.*s",
			 SLICE_ARG(text));
		ask(s, AUTH_LOGIN_PASSWORD, REPLY_AUTH_PASSWORD);
		return true;
	case AUTH_LOGIN_PASSWORD:
	default:
		finish(s, slice_z(s->auth_user), text);
		return true;
	}
}

void
session_auth_line(struct session *s, struct slice line)
{
	struct sbuf text;

	s->mode = MODE_COMMAND;
	if (slice_eq_z(line, "*")) {
		session_refuse(s, "AUTH", REPLY_AUTH_CANCELLED);
		return;
	}
	sbuf_init(&text, SECRET_MAX);
	if (!base64_decode(line, &text) || !sbuf_ok(&text) ||
	    !take_step(s, sbuf_slice(&text)))
		session_refuse(s, "AUTH", REPLY_AUTH_MALFORMED);
	if (text.n)
		secret_wipe(text.p, text.n);
	sbuf_fini(&text);
}

void
session_auth(struct session *s, struct slice rest)
{
	struct slice mechanism = slice_cut(&rest, ' ');

	rest = slice_trim(rest);
	if (!(s->offered & EXT_AUTH)) {
		session_refuse(s, "AUTH", REPLY_NOT_OFFERED);
	} else if (s->user[0]) {
		session_refuse(s, "AUTH", REPLY_AUTH_ALREADY);
	} else if (s->has_mail) {
		session_refuse(s, "AUTH", REPLY_SEQUENCE);
	} else if (slice_ieq(mechanism, SLICE("PLAIN"))) {
		s->auth_step = AUTH_PLAIN;
		if (rest.n)
			session_auth_line(s, rest);
		else
			ask(s, AUTH_PLAIN, REPLY_AUTH_ASK);
	} else if (slice_ieq(mechanism, SLICE("LOGIN"))) {
		s->auth_step = AUTH_LOGIN_USER;
		if (rest.n)
			session_auth_line(s, rest);
		else
			ask(s, AUTH_LOGIN_USER, REPLY_AUTH_USER);
	} else {
		session_refuse(s, "AUTH", REPLY_AUTH_MECHANISM);
	}
}
