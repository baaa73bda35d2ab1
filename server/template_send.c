#include "server/template_send.h"

#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "mailer/materials.h"
#include "mailer/route.h"
#include "mailer/transport.h"
#include "queue/queue.h"
#include "server/harmless.h"
#include "server/settings.h"

#define MESSAGE_MAX ((size_t)64 << 20)

struct sending {
	const struct template_sending *s;
	struct arena a;
	struct materials *materials;
	struct transport *transport;
	struct dns *dns;
	struct sts *sts;
	struct route route;
	struct transport_message m;
	struct sbuf bytes;
	bool given;
	enum stage stage; /* where the session failed */
};

static struct transport_message *
next(void *arg)
{
	struct sending *x = arg;

	if (x->given)
		return NULL;
	x->given = true;
	return &x->m;
}

static void
ignore(void *arg, struct transport_message *m)
{
	(void)arg;
	(void)m;
}

/* Its bounce comes back under a reference that no message has. */
static enum rc
prepare(struct sending *x, struct err *e)
{
	const struct brand *b = x->s->brand;
	const struct relay *relay = x->route.relay;
	const struct token_key *key =
	    keyring_active(materials_keys(x->materials), b->number);
	struct ref mref = ref_new();
	const struct dkim_key *keys;
	size_t n = materials_dkim(x->materials, b->number, &keys);
	struct sbuf path;

	sbuf_init(&path, 1024);
	if (key != NULL) {
		token_add_reverse(&path, key, mref);
		sbuf_add_c(&path, '@');
		sbuf_add_z(&path, b->return_domain);
	}
	x->m.mref = mref;
	x->m.reverse_path = arena_dup(&x->a, sbuf_slice(&path));
	sbuf_reset(&path);
	mailbox_add_ascii(&path, slice_z(x->s->to));
	x->m.recipient = arena_dup(&x->a, sbuf_slice(&path));
	sbuf_fini(&path);
	x->m.content = x->s->message;
	if (n > 0 && (relay == NULL || relay->sign == RELAY_SIGN_OURS)) {
		enum rc rc = dkim_sign(x->s->message, keys, n,
				       relay != NULL ? relay->rewrites : 0,
				       clock_wall_us(), &x->bytes, e);

		if (rc != RC_OK)
			return rc;
		x->m.content = sbuf_slice(&x->bytes);
	}
	return transport_check(&x->m, e);
}

/* One hop; true when another one need not be tried. */
static bool
try_hop(struct sending *x, const struct target *hop, struct err *e)
{
	struct transport_session s;
	const struct outcome *o = &x->m.outcome;
	bool over;
	enum rc rc;

	transport_session_init(&s);
	s.to = *hop;
	s.calls = (struct transport_calls){
	    .next = next, .content = ignore, .verdict = ignore, .arg = x};
	x->given = false;
	outcome_reset(&x->m.outcome);
	rc = transport_run(x->transport, &s, e);
	over = o->fate != FATE_UNTRIED;
	x->stage = s.outcome.stage;
	if (!over && rc == RC_OK)
		(void)err_set(e, RC_AGAIN, "%s took no mail", hop->host);
	else if (!over && s.outcome.code >= 500)
		e->rc = RC_DENIED;
	transport_session_fini(&s);
	return over;
}

static enum rc
judge(const struct sending *x, struct sbuf *answer, struct err *e)
{
	const struct outcome *o = &x->m.outcome;
	struct slice reply = slice_trim(sbuf_slice(&o->reply));

	if (o->fate == FATE_ACCEPTED) {
		harmless_add_line(answer, reply);
		return RC_OK;
	}
	if (o->fate == FATE_UNCERTAIN)
		return err_set(e, RC_AGAIN,
			       "uncertain: %s; it may have arrived, so look "
			       "before you send another",
			       o->fault);
	return err_set(e, o->code >= 500 ? RC_DENIED : RC_AGAIN,
		       "%s at %s: %.*s%s", fate_name(o->fate),
		       stage_name(o->stage), SLICE_ARG(reply), o->fault);
}

static enum rc
deliver(struct sending *x, struct sbuf *answer, struct err *e)
{
	bool over = false;

	for (size_t i = 0; i < x->route.hops_n && !over; i++) {
		struct target *hop = &x->route.hops[i];

		over = try_hop(x, hop, e);
		/* As the mail workers do (RFC 7435). */
		if (!over && x->stage == STAGE_TLS && hop->tls == TARGET_MAY) {
			hop->tls = TARGET_PLAIN;
			over = try_hop(x, hop, e);
		}
	}
	return over ? judge(x, answer, e) : e->rc;
}

/* It may be what a server said. */
static void
say_harmlessly(struct err *e)
{
	struct sbuf b;

	sbuf_init(&b, 8 * sizeof(e->text));
	harmless_add_line(&b, slice_z(e->text));
	snprintf(e->text, sizeof(e->text), "%s", sbuf_z(&b));
	sbuf_fini(&b);
}

enum rc
template_send(const struct template_sending *s, struct sbuf *answer,
	      struct err *e)
{
	struct sending x = {.s = s};
	enum rc rc = RC_OK;

	if (!mailbox_valid(slice_z(s->to)))
		return err_set(e, RC_INVALID, "%s is no address", s->to);
	signal(SIGPIPE, SIG_IGN);
	arena_init(&x.a, 16u << 20);
	sbuf_init(&x.bytes, MESSAGE_MAX);
	transport_message_init(&x.m);
	rc = materials_load(s->conf, s->state, &x.materials, e);
	if (rc == RC_OK)
		rc = settings_transport(s->conf, &x.transport, e);
	if (rc == RC_OK)
		rc = settings_dns(s->conf, &x.dns, e);
	if (rc == RC_OK)
		rc = settings_sts(s->conf, s->state, x.dns, &x.sts, e);
	if (rc == RC_OK)
		rc = route_find(
		    &(struct route_ask){s->conf, x.dns, x.sts, s->brand,
					queue_domain(slice_z(s->to), &x.a)},
		    &x.a, &x.route, e);
	if (rc == RC_OK)
		rc = prepare(&x, e);
	if (rc == RC_OK)
		rc = deliver(&x, answer, e);
	if (rc != RC_OK)
		say_harmlessly(e);
	transport_message_fini(&x.m);
	sts_free(x.sts);
	dns_free(x.dns);
	transport_free(x.transport);
	materials_release(x.materials);
	sbuf_fini(&x.bytes);
	arena_fini(&x.a);
	return rc;
}
