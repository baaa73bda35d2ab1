#include "mailer/hello.h"

#include <stdio.h>

/* Says a line and gets its reply; nobody may have spoken before. */
static int
ask(struct wire *w, enum stage stage, const char *line)
{
	w->stage = stage;
	if (wire_early(w)) {
		wire_die(w, "reply to nothing asked");
		return -1;
	}
	wire_say(w, line);
	return wire_reply(w, w->to->reply_ms);
}

/* The last reply ends it; the peer is told goodbye, and not listened to. */
static bool
give_up(struct wire *w)
{
	wire_say(w, "QUIT");
	wire_flush(w);
	return wire_refused(w);
}

static bool
greet(struct wire *w, struct sbuf *greeting)
{
	int code;

	w->stage = STAGE_GREETING;
	code = wire_reply(w, w->to->reply_ms);
	if (code < 0)
		return false;
	sbuf_reset(greeting);
	sbuf_add(greeting, wire_last(w));
	return code == 220 || give_up(w);
}

static bool
unknown_command(int code)
{
	return code == 500 || code == 501 || code == 502 || code == 504;
}

static bool
say_ehlo(struct wire *w, struct sbuf *ehlo)
{
	char line[300];
	int code;

	snprintf(line, sizeof line, "EHLO %s", w->to->helo);
	code = ask(w, STAGE_EHLO, line);
	if (unknown_command(code)) {
		snprintf(line, sizeof line, "HELO %s", w->to->helo);
		code = ask(w, STAGE_EHLO, line);
	}
	if (code < 0)
		return false;
	sbuf_reset(ehlo);
	sbuf_add(ehlo, wire_last(w));
	return code == 250 || give_up(w);
}

/* True with TLS, or without it where the target may do so. */
static bool
start_tls(struct wire *w, struct sbuf *ehlo)
{
	bool must = w->to->tls == TARGET_MUST;
	int code;

	w->stage = STAGE_STARTTLS;
	if (!reply_offers(sbuf_slice(ehlo), SLICE("STARTTLS"), NULL))
		return !must || wire_die(w, "STARTTLS is not offered");
	code = ask(w, STAGE_STARTTLS, "STARTTLS");
	if (code < 0)
		return false;
	/* Ref: RFC 5321 3.8: after a 421 it closes. */
	if (code != 220 && (must || code == 421))
		return give_up(w);
	if (code != 220) {
		snprintf(w->facts->refused, sizeof w->facts->refused, "%.*s",
			 SLICE_ARG(slice_trim(wire_last(w))));
		return true;
	}
	/* What lies here came in plaintext, and would be taken for the answer
	 * to what is asked inside TLS.  Ref: RFC 3207 5. */
	if (w->in_n > 0)
		return wire_die(w, "plaintext after the reply to STARTTLS");
	return wire_tls(w) && say_ehlo(w, ehlo);
}

bool
hello(struct wire *w, struct sbuf *greeting, struct sbuf *ehlo)
{
	const struct target *to = w->to;

	w->facts->refused[0] = '\0';
	if (!wire_connect(w))
		return false;
	if (to->tls == TARGET_IMPLICIT && !wire_tls(w))
		return false;
	if (!greet(w, greeting) || !say_ehlo(w, ehlo))
		return false;
	if ((to->tls == TARGET_MAY || to->tls == TARGET_MUST) &&
	    !start_tls(w, ehlo))
		return false;
	w->stage = STAGE_AUTH;
	if (to->user != NULL && w->ssl == NULL && !to->auth_in_clear)
		return wire_die(w, "AUTH needs TLS, and there is none");
	return true;
}
