#include "mailer/transport.h"

#include <auth-client.h>
#include <errno.h>
#include <libesmtp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/mailbox.h"
#include "base/mem.h"
#include "mailer/hello.h"
#include "mailer/seam.h"
#include "mailer/tls.h"
#include "mailer/vet.h"

/*
 * The sole user of libesmtp.  It leads the dialogue; what it says and hears
 * passes the seam, and what it believes is only the second word on an outcome.
 *
 * Invariants:
 * 1. libesmtp knows the current message and those before it, no later ones:
 *    the next one is added once the outcome of the current one is known.
 * 2. Each message that next() gave gets one verdict(), in that order.
 */

#define TRANSCRIPT_MAX (256 * 1024)
#define CHAIN_MAX (64 * 1024)

struct transport {
	SSL_CTX *tls;
};

struct run {
	struct transport_session *s;
	struct wire wire;
	struct dialogue d;
	smtp_session_t session;
	smtp_message_t message; /* libesmtp's name of d.m */
	smtp_recipient_t recipient;
	auth_context_t auth;
	char user[256], password[256];
	bool given; /* the header of d.m was given to libesmtp */
};

void
transport_message_init(struct transport_message *m)
{
	memset(m, 0, sizeof *m);
	outcome_init(&m->outcome);
	sbuf_init(&m->transcript, TRANSCRIPT_MAX);
}

void
transport_message_fini(struct transport_message *m)
{
	outcome_fini(&m->outcome);
	sbuf_fini(&m->transcript);
}

void
transport_session_init(struct transport_session *s)
{
	memset(s, 0, sizeof *s);
	outcome_init(&s->outcome);
	sbuf_init(&s->tls.chain, CHAIN_MAX);
	sbuf_init(&s->greeting, REPLY_MAX);
	sbuf_init(&s->ehlo, REPLY_MAX);
	sbuf_init(&s->transcript, TRANSCRIPT_MAX);
}

void
transport_session_fini(struct transport_session *s)
{
	outcome_fini(&s->outcome);
	sbuf_fini(&s->tls.chain);
	sbuf_fini(&s->greeting);
	sbuf_fini(&s->ehlo);
	sbuf_fini(&s->transcript);
}

enum rc
transport_check(const struct transport_message *m, struct err *e)
{
	return vet_message(m, e);
}

/* ---- what libesmtp is given ---- */

/* Gives the header once; the body libesmtp would only copy, byte by byte.  It
 * takes errno at the end for its own failure. */
static const char *
give_content(void **ctx, int *len, void *arg)
{
	struct run *r = arg;
	struct slice header;
	const char *p = NULL;

	(void)ctx;
	if (len == NULL) {
		r->given = false;
	} else if (r->given || r->d.m == NULL) {
		*len = 0;
	} else {
		r->given = true;
		header = dialogue_header(r->d.m);
		p = header.p;
		*len = (int)header.n;
	}
	errno = 0;
	return p;
}

/* libesmtp's buffer has 256 bytes, and no end. */
static bool
orcpt_fits(struct slice orcpt)
{
	return !vet_eight_bit(orcpt) &&
	       sizeof "rfc822;" - 1 + vet_xtext_size(orcpt) <=
		   TRANSPORT_ORCPT_MAX;
}

static bool
set_dsn(struct run *r, const struct transport_message *m)
{
	static const enum ret_flags rets[] = {
	    [TRANSPORT_RET_NONE] = Ret_NOTSET,
	    [TRANSPORT_RET_FULL] = Ret_FULL,
	    [TRANSPORT_RET_HDRS] = Ret_HDRS,
	};
	char text[TRANSPORT_ORCPT_MAX + 1];
	bool ok = true;

	if (m->ret != TRANSPORT_RET_NONE)
		ok = smtp_dsn_set_ret(r->message, rets[m->ret]);
	if (m->envid.n > 0) {
		snprintf(text, sizeof text, "%.*s", SLICE_ARG(m->envid));
		ok = ok && smtp_dsn_set_envid(r->message, text);
	}
	if (m->notify != 0)
		ok = ok && smtp_dsn_set_notify(r->recipient,
					       (enum notify_flags)m->notify);
	if (m->orcpt.n > 0 && orcpt_fits(m->orcpt)) {
		snprintf(text, sizeof text, "%.*s", SLICE_ARG(m->orcpt));
		ok = ok && smtp_dsn_set_orcpt(r->recipient, "rfc822", text);
	}
	return ok;
}

/* Adds the current message to libesmtp's list. */
static bool
add_message(struct run *r)
{
	const struct transport_message *m = r->d.m;
	char path[MAILBOX_MAX + 1], recipient[MAILBOX_MAX + 1];

	snprintf(path, sizeof path, "%.*s", SLICE_ARG(m->reverse_path));
	snprintf(recipient, sizeof recipient, "%.*s", SLICE_ARG(m->recipient));
	r->message = smtp_add_message(r->session);
	if (r->message == NULL || !smtp_set_reverse_path(r->message, path) ||
	    !smtp_set_messagecb(r->message, give_content, r) ||
	    !smtp_size_set_estimate(r->message, m->content.n))
		return false;
	r->recipient = smtp_add_recipient(r->message, recipient);
	return r->recipient != NULL && set_dsn(r, m);
}

/* ---- the batch ---- */

/* The current message is over. */
static void
conclude(struct run *r, bool agreed)
{
	const struct transport_calls *c = &r->s->calls;
	struct transport_message *m = r->d.m;

	dialogue_settle(&r->d, agreed);
	r->wire.log = &r->s->transcript;
	r->message = NULL;
	r->recipient = NULL;
	r->d.m = NULL;
	c->verdict(c->arg, m);
}

/* What is known before it is said; false: it is not for this peer. */
static bool
sendable(struct run *r)
{
	struct transport_message *m = r->d.m;
	struct slice ehlo = sbuf_slice(&r->s->ehlo);
	struct outcome *o = &m->outcome;
	struct err e = {0};

	if (vet_message(m, &e) != RC_OK) {
		snprintf(o->fault, sizeof o->fault, "%.40s: %.110s", e.pointer,
			 e.text);
		o->stage = STAGE_INPUT;
		return false;
	}
	m->smtputf8 = m->smtputf8 || vet_eight_bit(m->recipient) ||
		      vet_eight_bit(m->reverse_path);
	r->d.eight_bit = vet_eight_bit(m->content);
	o->stage = STAGE_MAIL;
	if (m->smtputf8 && !reply_offers(ehlo, SLICE("SMTPUTF8"), NULL)) {
		/* Ref: RFC 6531 3.5, "non-ASCII addresses not permitted". */
		o->enhanced[0] = 5, o->enhanced[1] = 6, o->enhanced[2] = 7;
		snprintf(o->fault, sizeof o->fault,
			 "the peer does not offer SMTPUTF8");
		return false;
	}
	if (r->d.eight_bit && !reply_offers(ehlo, SLICE("8BITMIME"), NULL)) {
		o->enhanced[0] = 5, o->enhanced[1] = 6, o->enhanced[2] = 3;
		snprintf(o->fault, sizeof o->fault,
			 "the peer does not offer 8BITMIME");
		return false;
	}
	return true;
}

/* Makes the next message that can be sent the current one; false: none. */
static bool
line_up(struct run *r)
{
	struct transport_session *s = r->s;
	struct transport_message *m;

	while (s->count < TRANSPORT_BATCH_MAX && !r->wire.dead &&
	       !r->d.closing) {
		m = s->calls.next(s->calls.arg);
		if (m == NULL)
			break;
		s->count++;
		dialogue_take(&r->d, m);
		if (!sendable(r)) {
			dialogue_refuse(&r->d);
			conclude(r, false);
			continue;
		}
		if (add_message(r))
			return true;
		wire_die(&r->wire, "libesmtp refuses the message");
		conclude(r, false);
	}
	return false;
}

static bool
confirmed(struct run *r)
{
	const smtp_status_t *rcpt = smtp_recipient_status(r->recipient);
	const smtp_status_t *all = smtp_message_transfer_status(r->message);

	return rcpt != NULL && rcpt->code / 100 == 2 &&
	       smtp_recipient_check_complete(r->recipient) && all != NULL &&
	       all->code / 100 == 2;
}

static void
on_event(smtp_session_t session, int event, void *arg, ...)
{
	struct run *r = arg;
	smtp_message_t message;
	va_list ap;

	(void)session;
	if (event == SMTP_EV_DISCONNECT)
		seam_detach();
	if (event != SMTP_EV_MESSAGESENT)
		return;
	va_start(ap, arg);
	message = va_arg(ap, smtp_message_t);
	va_end(ap);
	/* One that was refused at DATA is over already. */
	if (message != r->message || r->d.m == NULL)
		return;
	conclude(r, confirmed(r));
	line_up(r);
}

static void
on_refused(void *arg)
{
	struct run *r = arg;

	conclude(r, false);
	line_up(r);
}

/* ---- the session ---- */

static int
give_credentials(auth_client_request_t request, char **result, int fields,
		 void *arg)
{
	struct run *r = arg;

	for (int i = 0; i < fields; i++) {
		result[i] = NULL;
		if ((request[i].flags & AUTH_USER) != 0)
			result[i] = r->user;
		else if ((request[i].flags & AUTH_PASS) != 0)
			result[i] = r->password;
	}
	return 1;
}

static bool
set_up(struct run *r, const struct target *to)
{
	r->session = smtp_create_session();
	if (r->session == NULL || !smtp_set_server(r->session, SEAM_SERVER) ||
	    !smtp_set_hostname(r->session, to->helo) ||
	    !smtp_set_eventcb(r->session, on_event, r))
		return false;
	if (to->user == NULL)
		return true;
	snprintf(r->user, sizeof r->user, "%s", to->user);
	snprintf(r->password, sizeof r->password, "%s", to->password);
	r->auth = auth_create_context();
	return r->auth != NULL &&
	       auth_set_mechanism_flags(r->auth, AUTH_PLUGIN_PLAIN, 0) &&
	       auth_set_interact_cb(r->auth, give_credentials, r) &&
	       smtp_auth_set_context(r->session, r->auth);
}

static void
tear_down(struct run *r)
{
	if (r->session != NULL)
		smtp_destroy_session(r->session);
	if (r->auth != NULL)
		auth_destroy_context(r->auth);
	secret_wipe(r->password, sizeof r->password);
}

/* Its result and smtp_errno() say nothing that the wire does not say better,
 * but that it found no descriptor for the socket that it never uses. */
static void
lead(struct run *r)
{
	seam_enter(&r->d);
	smtp_start_session(r->session);
	if (seam_leave() || r->wire.dead)
		return;
	r->wire.starved = true;
	wire_die(&r->wire, "no socket for libesmtp");
}

static void
quit(struct wire *w)
{
	w->stage = STAGE_QUIT;
	if (wire_say(w, "QUIT"))
		wire_reply(w, 10000);
}

static void
converse(struct run *r)
{
	struct transport_session *s = r->s;
	struct dialogue *d = &r->d;

	dialogue_init(d, &r->wire);
	d->calls = &s->calls;
	d->session_log = &s->transcript;
	d->ehlo = sbuf_slice(&s->ehlo);
	d->pipelining = reply_offers(d->ehlo, SLICE("PIPELINING"), NULL);
	d->refused = on_refused;
	d->arg = r;
	if (!set_up(r, r->wire.to))
		wire_die(&r->wire, "libesmtp cannot be set up");
	else if (line_up(r))
		lead(r);
	else if (!r->wire.dead)
		quit(&r->wire);
	if (d->m != NULL)
		conclude(r, false);
	tear_down(r);
}

/* What the session as a whole came to. */
static enum rc
sum_up(struct transport_session *s, const struct wire *w, struct err *e)
{
	struct outcome *o = &s->outcome;
	struct slice last = w->by_reply ? wire_last(w) : wire_parting(w);

	o->ended_us = clock_wall_us();
	o->stage = w->stage;
	if (!w->dead || w->stage == STAGE_QUIT) {
		o->stage = STAGE_QUIT;
		return RC_OK;
	}
	o->fate = FATE_ABORTED;
	snprintf(o->fault, sizeof o->fault, "%s", w->fault);
	if (last.n > 0) {
		o->fate = FATE_REFUSED;
		outcome_reply(o, last);
		return err_set(e, RC_AGAIN, "%s: %.*s", stage_name(o->stage),
			       SLICE_ARG(slice_trim(last)));
	}
	return err_set(e, RC_AGAIN, "%s: %s", stage_name(o->stage), o->fault);
}

static void
name_peer(struct transport_session *s)
{
	const struct sockaddr *a = (const struct sockaddr *)&s->to.peer;
	char host[INET6_ADDRSTRLEN], port[8];

	if (getnameinfo(a, sizeof s->to.peer, host, sizeof host, port,
			sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	snprintf(s->peer, sizeof s->peer,
		 a->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* Whom it is with, and since when: what follows counts from there. */
static void
note_start(struct run *r)
{
	char when[TIME_SIZE], line[TIME_SIZE + sizeof r->s->peer];

	time_format(r->s->outcome.started_us, when);
	snprintf(line, sizeof line, "%s %s", when, r->s->peer);
	wire_note(&r->wire, 'T', slice_z(line));
}

/* By what rule TLS was there or not, and what it proved. */
static void
note_policy(struct run *r)
{
	struct tls_facts *f = &r->s->tls;
	char line[256];

	tls_facts_judge(f, r->wire.to);
	snprintf(line, sizeof line, "policy=%s validated=%s%s%s", f->policy,
		 f->validated, f->failure[0] != '\0' ? " failure=" : "",
		 f->failure);
	wire_note(&r->wire, 'T', slice_z(line));
}

static int
or_default(int ms, int otherwise)
{
	return ms > 0 ? ms : otherwise;
}

enum rc
transport_run(struct transport *t, struct transport_session *s, struct err *e)
{
	struct target to = s->to;
	enum rc rc = vet_target(&to, e);
	struct run *r;
	bool fit;

	if (rc != RC_OK)
		return rc;
	to.connect_ms = or_default(to.connect_ms, 30000);
	to.stall_ms = or_default(to.stall_ms, 60000);
	to.reply_ms = or_default(to.reply_ms, 300000);
	to.final_ms = or_default(to.final_ms, 600000);
	name_peer(s);
	s->count = 0;
	outcome_reset(&s->outcome);
	sbuf_reset(&s->transcript);
	s->outcome.started_us = clock_wall_us();
	r = MEM_NEW(struct run);
	r->s = s;
	wire_init(&r->wire, &to, t->tls, s->cancel, &s->tls);
	r->wire.deadline_us = s->deadline_us;
	r->wire.log = &s->transcript;
	r->wire.tick = s->calls.tick;
	r->wire.tick_arg = s->calls.arg;
	note_start(r);
	if (to.policy_note != NULL)
		wire_note(&r->wire, 'T', slice_z(to.policy_note));
	fit = hello(&r->wire, &s->greeting, &s->ehlo);
	note_policy(r);
	if (fit)
		converse(r);
	rc = sum_up(s, &r->wire, e);
	s->starved = r->wire.starved;
	wire_fini(&r->wire);
	free(r);
	return rc;
}

/* ---- what sessions share ---- */

/* libesmtp fills tables, and loads its mechanisms, at first use and without a
 * lock.  So a session is played to it before there are threads; it ends where
 * the wire, which was never opened, is first used, at AUTH.  It gets as far as
 * that only if all of the program's functions stand before libc's. */
static bool
rehearse(struct transport *t)
{
	static const char *const mechanisms[] = {"PLAIN", "LOGIN", "CRAM-MD5"};
	struct target to = {.helo = "localhost", .user = "u", .password = "p"};
	struct run *r = MEM_NEW(struct run);
	smtp_message_t m;
	bool passed = false;

	wire_init(&r->wire, &to, t->tls, NULL, NULL);
	dialogue_init(&r->d, &r->wire);
	r->d.ehlo = SLICE("250-peer\r\n250-PIPELINING\r\n250-SIZE 1\r\n"
			  "250-8BITMIME\r\n250-DSN\r\n250 AUTH PLAIN\r\n");
	if (set_up(r, &to) && (m = smtp_add_message(r->session)) != NULL &&
	    smtp_add_recipient(m, "nobody@localhost") != NULL &&
	    smtp_set_messagecb(m, give_content, r)) {
		for (size_t i = 0; i < 3; i++)
			auth_set_mechanism(r->auth, mechanisms[i]);
		lead(r);
		passed = r->wire.dead && r->wire.stage == STAGE_AUTH;
	}
	tear_down(r);
	free(r);
	return passed;
}

enum rc
transport_new(const char *ca_file, struct transport **out, struct err *e)
{
	struct transport *t = MEM_NEW(struct transport);
	enum rc rc = tls_context(ca_file, &t->tls, e);

	if (rc == RC_OK && !rehearse(t))
		rc = err_set(e, RC_BUG, "libesmtp does not pass the seam");
	if (rc != RC_OK) {
		transport_free(t);
		return rc;
	}
	*out = t;
	return RC_OK;
}

void
transport_free(struct transport *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->tls);
	free(t);
}
