#include "mailer/dialogue.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"

/*
 * Invariants:
 * 1. A reply is read only when one is owed: replies pair with verbs in order.
 * 2. Content that goes on the wire is that of m, and its final dot goes only
 *    after all of it; nobody may have spoken by then.  The library writes the
 *    header, which is compared, and the dot; the body goes from m itself.
 * 3. FATE_ACCEPTED needs a whole 2xx that pairs with the dot, and the
 *    library's word; FATE_UNCERTAIN needs a dot that has left.
 * 4. An outcome, once decided (settled), does not change.
 *
 *   EHLO -> [AUTH [334]*] -> MAIL -> RCPT -> DATA -> content -> dot -> MAIL …
 *                              \______\_______\______________________ RSET
 */

static const struct {
	const char *word;
	enum stage stage;
	const char *classes; /* first digits that a reply may have */
} verbs[VERBS] = {
    [VERB_OTHER] = {"", STAGE_MAIL, ""},
    [VERB_EHLO] = {"EHLO", STAGE_EHLO, "2"},
    [VERB_AUTH] = {"AUTH", STAGE_AUTH, "2345"},
    [VERB_MAIL] = {"MAIL", STAGE_MAIL, "245"},
    [VERB_RCPT] = {"RCPT", STAGE_RCPT, "245"},
    [VERB_DATA] = {"DATA", STAGE_DATA, "345"},
    [VERB_STOP] = {NULL, STAGE_DATA, "2"},
    [VERB_DOT] = {NULL, STAGE_DOT, "245"},
    [VERB_RSET] = {"RSET", STAGE_MAIL, "2"},
    [VERB_QUIT] = {"QUIT", STAGE_QUIT, "245"},
};

#define QUIT_MS 10000

void
dialogue_init(struct dialogue *d, struct wire *w)
{
	memset(d, 0, sizeof *d);
	d->wire = w;
}

struct slice
dialogue_header(const struct transport_message *m)
{
	ptrdiff_t blank = slice_find(m->content, SLICE("\r\n\r\n"));

	return blank < 0 ? m->content
			 : slice_of(m->content.p, (size_t)blank + 4);
}

void
dialogue_take(struct dialogue *d, struct transport_message *m)
{
	d->m = m;
	d->mail_said = d->settled = false;
	d->dot_end = 0;
	d->header = (struct stuffed){.message = dialogue_header(m)};
	sbuf_reset(&m->transcript);
	outcome_reset(&m->outcome);
	m->outcome.started_us = clock_wall_us();
}

/* ---- outcomes ---- */

static void
settle(struct dialogue *d, enum fate fate, enum stage stage, const char *fault)
{
	struct outcome *o = &d->m->outcome;

	if (d->settled)
		return;
	d->settled = true;
	o->fate = fate;
	o->stage = stage;
	o->ended_us = clock_wall_us();
	if (fault != NULL)
		snprintf(o->fault, sizeof o->fault, "%s", fault);
}

static void
settle_reply(struct dialogue *d, enum fate fate, enum stage stage,
	     struct slice reply)
{
	if (d->settled)
		return;
	outcome_reply(&d->m->outcome, reply);
	settle(d, fate, stage, NULL);
}

/* The wire died before the dot was out. */
static void
settle_broken(struct dialogue *d)
{
	const struct wire *w = d->wire;
	struct slice parting = wire_parting(w);
	enum stage at = w->stage == STAGE_DOT ? STAGE_CONTENT : w->stage;

	if (!d->mail_said)
		settle(d, FATE_UNTRIED, at, w->fault);
	else if (parting.n > 0)
		settle_reply(d, FATE_REFUSED, at, parting);
	else
		settle(d, FATE_ABORTED, at, w->fault);
}

void
dialogue_settle(struct dialogue *d, bool agreed)
{
	const struct wire *w = d->wire;
	struct outcome *o;

	if (d->m == NULL || d->settled)
		return;
	o = &d->m->outcome;
	if (o->code / 100 == 2 && agreed)
		settle(d, FATE_ACCEPTED, STAGE_DOT, NULL);
	else if (o->code / 100 == 2)
		settle(d, FATE_UNCERTAIN, STAGE_DOT,
		       "the library does not confirm the acceptance");
	else if (d->dot_end != 0 && w->sent >= d->dot_end)
		settle(d, FATE_UNCERTAIN, STAGE_DOT,
		       w->dead ? w->fault : "no reply was read");
	else if (w->dead)
		settle_broken(d);
	else
		settle(d, d->mail_said ? FATE_ABORTED : FATE_UNTRIED, w->stage,
		       "the library ended the session");
}

void
dialogue_refuse(struct dialogue *d)
{
	settle(d, FATE_INVALID, d->m->outcome.stage, NULL);
}

/* ---- replies: from the wire to the library ---- */

static void
refused_early(struct dialogue *d, enum verb verb)
{
	if (d->m == NULL)
		return;
	settle_reply(d, FATE_REFUSED, verbs[verb].stage, wire_last(d->wire));
	/* A DATA that follows, or went behind it, ends the transaction. */
	if (verb != VERB_RCPT && d->owed_n == 0 && !d->closing)
		d->refused(d->arg);
}

/* A final 2xx is only kept here: dialogue_settle() judges it. */
static void
answered_dot(struct dialogue *d, int code)
{
	if (d->m == NULL || d->settled)
		return;
	if (code / 100 == 2)
		outcome_reply(&d->m->outcome, wire_last(d->wire));
	else
		settle_reply(d, FATE_REFUSED, STAGE_DOT, wire_last(d->wire));
}

static bool
learn(struct dialogue *d, enum verb verb, int code)
{
	struct wire *w = d->wire;

	if (strchr(verbs[verb].classes, '0' + code / 100) == NULL ||
	    (verb == VERB_DATA && code / 100 == 3 && code != 354))
		return wire_die(w, "reply makes no sense here");
	if (code == 421)
		d->closing = true;
	switch (verb) {
	case VERB_AUTH:
		d->challenged = code == 334;
		d->authenticated = code / 100 == 2;
		return code < 400 || wire_refused(w);
	case VERB_MAIL:
	case VERB_RCPT:
	case VERB_DATA:
		if (code >= 400)
			refused_early(d, verb);
		else if (code == 354)
			d->header.state = STUFFED_LINE;
		w->hush = code == 354;
		break;
	case VERB_STOP:
		d->refused(d->arg);
		break;
	case VERB_DOT:
		answered_dot(d, code);
		break;
	case VERB_OTHER:
	case VERB_EHLO:
	case VERB_RSET:
	case VERB_QUIT:
	case VERBS:
		break;
	}
	return !d->closing || verb == VERB_QUIT || wire_refused(w);
}

static int
timeout_of(const struct dialogue *d, enum verb verb)
{
	const struct target *to = d->wire->to;

	if (verb == VERB_DOT)
		return to->final_ms;
	if (verb == VERB_QUIT && to->reply_ms > QUIT_MS)
		return QUIT_MS;
	return to->reply_ms;
}

static enum verb
pop(struct dialogue *d)
{
	enum verb verb = d->owed[0];

	d->owed_n--;
	memmove(d->owed, d->owed + 1, d->owed_n * sizeof *d->owed);
	return verb;
}

/* The reply to what was said longest ago.  Its code, or -1: dead. */
static int
hear(struct dialogue *d, enum verb *verb)
{
	struct wire *w = d->wire;
	int64_t deadline_us;
	int code;

	*verb = pop(d);
	w->stage = verbs[*verb].stage;
	if (*verb == VERB_DOT)
		w->hush = !wire_flush(w);
	deadline_us = w->deadline_us;
	/* The dot has left: who hangs up now may send it twice. */
	if (*verb == VERB_DOT)
		w->deadline_us = 0;
	code = wire_reply(w, timeout_of(d, *verb));
	w->deadline_us = deadline_us;
	return code < 0 || !learn(d, *verb, code) ? -1 : code;
}

bool
dialogue_wait(struct dialogue *d)
{
	struct wire *w = d->wire;
	enum verb verb;
	int code;

	if (d->told.at < d->told.n)
		return true;
	d->told.at = d->told.n = 0;
	if (!d->greeted) {
		d->greeted = true;
		retell_line(&d->told, 220, ' ', SLICE("ready"));
		return true;
	}
	if (d->owed_n == 0)
		return wire_die(w, "the library waits for nothing");
	if (d->owed[0] == VERB_EHLO) {
		pop(d);
		retell_ehlo(&d->told, d->ehlo, w->to->user != NULL);
		return true;
	}
	if (d->owed[0] == VERB_MAIL && d->owed_n == 1 && d->pipelining) {
		retell_line(&d->told, 250, ' ', SLICE("owed"));
		return true;
	}
	do
		code = hear(d, &verb);
	while (code >= 0 && verb == VERB_MAIL && d->pipelining);
	if (code < 0)
		return false;
	if (verb == VERB_STOP || (verb == VERB_RCPT && d->settled))
		retell_line(&d->told, 554, ' ', SLICE("not this one"));
	else
		retell_reply(&d->told, code, wire_last(w));
	return true;
}

ssize_t
dialogue_read(struct dialogue *d, void *p, size_t n)
{
	if (!dialogue_wait(d))
		return 0;
	if (n > d->told.n - d->told.at)
		n = d->told.n - d->told.at;
	memcpy(p, d->told.text + d->told.at, n);
	d->told.at += n;
	return (ssize_t)n;
}

/* ---- commands and content: from the library to the wire ---- */

/* Nobody may speak before being asked. */
static bool
asked(struct dialogue *d)
{
	if (d->owed_n > 0 || !wire_early(d->wire))
		return !d->wire->dead;
	return wire_die(d->wire, "reply to nothing asked");
}

static bool
owe(struct dialogue *d, enum verb verb)
{
	if (d->owed_n == DIALOGUE_OWED_MAX)
		return wire_die(d->wire, "the library asks too much at once");
	d->owed[d->owed_n++] = verb;
	return true;
}

static bool
begins_with(const char *line, const char *word)
{
	return word != NULL && *word != '\0' &&
	       strncmp(line, word, strlen(word)) == 0;
}

static enum verb
verb_of(const struct dialogue *d)
{
	if (d->challenged)
		return VERB_AUTH;
	for (size_t i = 0; i < VERBS; i++)
		if (begins_with(d->line, verbs[i].word))
			return (enum verb)i;
	return VERB_OTHER;
}

static void
append(struct dialogue *d, const char *parameter)
{
	size_t n = strlen(parameter);

	if (d->line_n + n >= sizeof d->line) {
		wire_die(d->wire, "command too long");
		return;
	}
	memcpy(d->line + d->line_n, parameter, n + 1);
	d->line_n += n;
}

static bool
say_mail(struct dialogue *d)
{
	struct wire *w = d->wire;

	if (d->m == NULL || d->mail_said)
		return wire_die(w, "MAIL of no message");
	if (w->to->user != NULL && !d->authenticated) {
		w->stage = STAGE_AUTH;
		return wire_die(w, "AUTH is not offered by any mechanism "
				   "that we know");
	}
	w->log = &d->m->transcript;
	if (d->m->smtputf8)
		append(d, " SMTPUTF8");
	if (d->eight_bit)
		append(d, " BODY=8BITMIME");
	d->mail_said = true;
	return wire_say(w, d->line) && owe(d, VERB_MAIL);
}

static bool
say_data(struct dialogue *d)
{
	const struct transport_calls *c = d->calls;

	if (d->m == NULL)
		return wire_die(d->wire, "DATA of no message");
	if (!d->settled && (c->may_go == NULL || c->may_go(c->arg, d->m)))
		return wire_say(d->wire, d->line) && owe(d, VERB_DATA);
	/* Without an effect where its RCPT was refused. */
	settle(d, FATE_STOPPED, STAGE_DATA, "it may not go any more");
	return wire_say(d->wire, "RSET") && owe(d, VERB_STOP);
}

static bool
say_auth(struct dialogue *d)
{
	const char *space = strchr(d->line + sizeof "AUTH", ' ');
	int n = d->challenged
		    ? 0
		    : (int)(space ? space - d->line : (ptrdiff_t)d->line_n);
	char line[64];

	snprintf(line, sizeof line, "%.*s (not kept)", n < 40 ? n : 40,
		 d->line);
	wire_note(d->wire, 'C', slice_trim(slice_z(line)));
	return wire_put(d->wire, slice_of(d->line, d->line_n)) &&
	       wire_put(d->wire, SLICE("\r\n")) && owe(d, VERB_AUTH);
}

/* A whole command lies in line, its CRLF cut off. */
static bool
command(struct dialogue *d)
{
	enum verb verb = verb_of(d);

	if (verb == VERB_EHLO)
		return owe(d, verb);
	if (d->owed_n == 0)
		d->wire->stage = verbs[verb].stage;
	if (!asked(d))
		return false;
	switch (verb) {
	case VERB_AUTH:
		return say_auth(d);
	case VERB_MAIL:
		return say_mail(d);
	case VERB_DATA:
		return say_data(d);
	case VERB_RSET:
		if (d->m != NULL)
			d->wire->log = &d->m->transcript;
		return wire_say(d->wire, d->line) && owe(d, verb);
	case VERB_RCPT:
		return wire_say(d->wire, d->line) && owe(d, verb);
	case VERB_QUIT:
		d->wire->log = d->session_log;
		return wire_say(d->wire, d->line) && owe(d, verb);
	case VERB_OTHER:
	case VERB_EHLO:
	case VERB_STOP:
	case VERB_DOT:
	case VERBS:
		break;
	}
	return wire_die(d->wire, "the library says what we did not mean");
}

/* Takes what belongs to the current command; returns how much. */
static size_t
gather(struct dialogue *d, const char *p, size_t n)
{
	const char *nl = memchr(p, '\n', n);
	size_t k = nl ? (size_t)(nl - p) + 1 : n;

	if (d->line_n + k >= sizeof d->line) {
		wire_die(d->wire, "command too long");
		return k;
	}
	memcpy(d->line + d->line_n, p, k);
	d->line_n += k;
	if (nl == NULL)
		return k;
	d->line_n -= 1;
	if (d->line_n > 0 && d->line[d->line_n - 1] == '\r')
		d->line_n--;
	d->line[d->line_n] = '\0';
	command(d);
	d->line_n = 0;
	return k;
}

/* ---- content ---- */

/* The final dot came.  It may go after the whole content; or at once, where
 * nobody takes the message and the peer waits for one all the same. */
static bool
end_content(struct dialogue *d, size_t n)
{
	struct wire *w = d->wire;
	char line[64];

	if (w->out_n + 3 > sizeof w->out)
		wire_flush(w);
	if (!asked(d))
		return false;
	snprintf(line, sizeof line, "(%zu bytes, then the dot)", n);
	wire_note(w, 'C', slice_z(line));
	d->dot_end = w->sent + w->out_n + 3;
	return wire_put(w, SLICE(".\r\n")) && owe(d, VERB_DOT);
}

/* The first byte of a content that nobody takes must not go either. */
static bool
begin_content(struct dialogue *d)
{
	const struct transport_calls *c = d->calls;

	if (d->settled)
		return wire_die(d->wire, "content of a refused message");
	if (c->content != NULL)
		c->content(c->arg, d->m);
	return true;
}

/* What follows the header. */
static void
put_body(struct dialogue *d)
{
	struct slice rest = slice_skip(d->m->content, d->header.at);

	while (rest.n > 0 && !d->wire->dead) {
		size_t n = stuffed_until_dot(rest.p, rest.n);

		if (rest.p[0] == '.')
			wire_put(d->wire, SLICE("."));
		wire_put(d->wire, slice_of(rest.p, n));
		rest = slice_skip(rest, n);
	}
}

/* Takes a piece of content; returns how much. */
static size_t
flow(struct dialogue *d, const char *p, size_t n)
{
	struct wire *w = d->wire;
	bool first = d->header.at == 0;
	enum stuffed_sort sort = stuffed_take(&d->header, p, &n);

	w->stage = STAGE_CONTENT;
	switch (sort) {
	case STUFFED_HOLD:
		break;
	case STUFFED_PASS:
	case STUFFED_STUFF:
		if (first && !begin_content(d))
			break;
		if (sort == STUFFED_STUFF)
			wire_put(w, SLICE("."));
		wire_put(w, slice_of(p, n));
		break;
	case STUFFED_END:
		put_body(d);
		end_content(d, d->m->content.n);
		break;
	case STUFFED_EARLY:
		if (d->settled && first)
			end_content(d, 0);
		else
			wire_die(w, "final dot before the end of the header");
		break;
	case STUFFED_WRONG:
		wire_die(w, "the header is not the message's");
		break;
	}
	return n;
}

ssize_t
dialogue_write(struct dialogue *d, const void *p, size_t n)
{
	const char *at = p;
	size_t left = n;

	while (left > 0 && !d->wire->dead) {
		size_t k = d->header.state == STUFFED_OFF ? gather(d, at, left)
							  : flow(d, at, left);
		at += k;
		left -= k;
	}
	if (!d->wire->dead)
		return (ssize_t)n;
	errno = EPIPE;
	return -1;
}
