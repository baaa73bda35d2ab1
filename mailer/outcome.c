#include "mailer/outcome.h"

#include <string.h>

#include "mailer/reply.h"

static const char *const stages[STAGES] = {
    [STAGE_INPUT] = "input",	   [STAGE_CONNECT] = "connect",
    [STAGE_GREETING] = "greeting", [STAGE_EHLO] = "EHLO",
    [STAGE_STARTTLS] = "STARTTLS", [STAGE_TLS] = "TLS",
    [STAGE_AUTH] = "AUTH",	   [STAGE_MAIL] = "MAIL",
    [STAGE_RCPT] = "RCPT",	   [STAGE_DATA] = "DATA",
    [STAGE_CONTENT] = "content",   [STAGE_DOT] = "dot",
    [STAGE_QUIT] = "QUIT",
};

static const char *const fates[FATES] = {
    [FATE_UNTRIED] = "untried",	    [FATE_INVALID] = "invalid",
    [FATE_REFUSED] = "refused",	    [FATE_ABORTED] = "aborted",
    [FATE_STOPPED] = "stopped",	    [FATE_ACCEPTED] = "accepted",
    [FATE_UNCERTAIN] = "uncertain",
};

void
outcome_init(struct outcome *o)
{
	memset(o, 0, sizeof *o);
	sbuf_init(&o->reply, REPLY_MAX);
}

void
outcome_reset(struct outcome *o)
{
	struct sbuf reply = o->reply;

	sbuf_reset(&reply);
	memset(o, 0, sizeof *o);
	o->reply = reply;
}

void
outcome_fini(struct outcome *o)
{
	sbuf_fini(&o->reply);
}

void
outcome_reply(struct outcome *o, struct slice reply)
{
	struct slice id;

	sbuf_reset(&o->reply);
	sbuf_add(&o->reply, reply);
	o->code = reply_code(reply);
	reply_enhanced(reply, o->enhanced);
	o->remote_id[0] = '\0';
	if (o->code / 100 != 2)
		return;
	id = reply_queue_id(reply);
	if (id.n >= sizeof o->remote_id)
		return;
	if (id.n > 0)
		memcpy(o->remote_id, id.p, id.n);
	o->remote_id[id.n] = '\0';
}

static void
add_member(struct sbuf *b, const char *name, const char *value)
{
	sbuf_addf(b, "\"%s\":", name);
	sbuf_add_json(b, slice_z(value));
}

static void
add_peer(struct sbuf *b, const struct tls_facts *t)
{
	add_member(b, "version", t->version);
	sbuf_add_c(b, ',');
	add_member(b, "cipher", t->cipher);
	sbuf_add_c(b, ',');
	add_member(b, "subject", t->subject);
	sbuf_add_c(b, ',');
	add_member(b, "issuer", t->issuer);
	sbuf_add_c(b, ',');
	add_member(b, "validated", t->validated);
	sbuf_add_c(b, ',');
	add_member(b, "verify", t->verify);
	sbuf_add_z(b, ",\"certificate_sha256\":\"");
	for (size_t i = 0; i < sizeof t->leaf_sha256; i++)
		sbuf_addf(b, "%02x", t->leaf_sha256[i]);
	sbuf_add_c(b, '"');
}

void
outcome_tls_json(const struct tls_facts *t, struct sbuf *b)
{
	sbuf_add_z(b, "\"tls\":");
	if (t->on) {
		sbuf_add_c(b, '{');
		add_peer(b, t);
		sbuf_add_c(b, '}');
	} else {
		sbuf_add_z(b, "null");
	}
	sbuf_add_c(b, ',');
	add_member(b, "tls_policy", t->policy);
	if (t->failure[0] == '\0')
		return;
	sbuf_add_c(b, ',');
	add_member(b, "tls_failure", t->failure);
}

const char *
stage_name(enum stage stage)
{
	return stages[stage];
}

const char *
fate_name(enum fate fate)
{
	return fates[fate];
}
