/*
 * Sends ready-made messages through mailer/transport.h and prints what came of
 * them as JSON.  For tests alone.
 *
 *   sendbatch --port N [options] RECIPIENT=FILE ...
 *
 * Time-outs are in milliseconds.  --stop N says no to the Nth message at its
 * DATA; --cancel N cancels when the Nth message's content begins; --repeat N
 * sends the list N times, --threads N does it on as many threads at once
 * (figures: --quiet prints only counts).
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/thread.h"
#include "mailer/transport.h"

#define FILE_MAX (64 * 1024 * 1024)

struct mail {
	struct transport_message m;
	const char *recipient;
	struct sbuf content;
	struct sbuf events;
};

struct batch {
	struct transport_session *session;
	struct mail *mails;
	size_t n, at, accepted;
	long stop, cancel;
};

struct options {
	const char *address, *host, *ca, *from, *envid, *orcpt;
	int port;
	long stop, cancel, deadline_ms, repeat, threads;
	bool quiet, dsn, smtputf8;
	struct target to;
	struct target_tlsa tlsa;
	struct sbuf tlsa_data;
};

static struct transport_message *
next(void *arg)
{
	struct batch *b = arg;
	struct mail *mail = b->at < b->n ? &b->mails[b->at++] : NULL;

	if (mail == NULL)
		return NULL;
	sbuf_reset(&mail->events);
	sbuf_add_z(&mail->events, "next ");
	return &mail->m;
}

static bool
may_go(void *arg, struct transport_message *m)
{
	struct batch *b = arg;
	struct mail *mail = m->job;

	sbuf_add_z(&mail->events, "may_go ");
	return mail - b->mails + 1 != b->stop;
}

static void
content(void *arg, struct transport_message *m)
{
	struct batch *b = arg;
	struct mail *mail = m->job;

	sbuf_add_z(&mail->events, "content ");
	if (mail - b->mails + 1 == b->cancel)
		bell_ring(b->session->cancel);
}

static void
verdict(void *arg, struct transport_message *m)
{
	struct batch *b = arg;
	struct mail *mail = m->job;

	sbuf_add_z(&mail->events, "verdict ");
	b->accepted += m->outcome.fate == FATE_ACCEPTED;
}

/* Bytes that need not be UTF-8. */
static json_t *
text(struct slice s)
{
	json_t *j = json_stringn(s.p, s.n);

	if (j == NULL) {
		struct sbuf hex;

		sbuf_init(&hex, 2 * s.n + 1);
		hex_encode(s, &hex);
		j = json_string(sbuf_z(&hex));
		sbuf_fini(&hex);
	}
	return j;
}

static json_t *
outcome_json(const struct outcome *o, const struct sbuf *transcript)
{
	return json_pack(
	    "{s:s s:s s:i s:[iii] s:o s:s s:s s:I s:o}", "fate",
	    fate_name(o->fate), "stage", stage_name(o->stage), "code", o->code,
	    "enhanced", o->enhanced[0], o->enhanced[1], o->enhanced[2], "reply",
	    text(sbuf_slice(&o->reply)), "fault", o->fault, "remote_id",
	    o->remote_id, "us", (json_int_t)(o->ended_us - o->started_us),
	    "transcript", text(sbuf_slice(transcript)));
}

static json_t *
tls_json(const struct tls_facts *f)
{
	struct sbuf hex;
	json_t *j;

	sbuf_init(&hex, 2 * sizeof f->leaf_sha256 + 1);
	hex_encode(slice_of(f->leaf_sha256, sizeof f->leaf_sha256), &hex);
	j = json_pack("{s:b s:s s:s s:s s:s s:s s:s s:s s:o}", "on", f->on,
		      "version", f->version, "cipher", f->cipher, "subject",
		      f->subject, "issuer", f->issuer, "validated",
		      f->validated, "verify", f->verify, "sha256", sbuf_z(&hex),
		      "chain", text(sbuf_slice(&f->chain)));
	sbuf_fini(&hex);
	return j;
}

static void
print(enum rc rc, const struct err *e, struct transport_session *s,
      struct batch *b)
{
	json_t *messages = json_array(), *all;

	for (size_t i = 0; i < b->n; i++) {
		struct mail *mail = &b->mails[i];
		json_t *j = outcome_json(&mail->m.outcome, &mail->m.transcript);

		json_object_set_new(j, "recipient",
				    json_string(mail->recipient));
		json_object_set_new(j, "events",
				    json_string(sbuf_z(&mail->events)));
		json_array_append_new(messages, j);
	}
	all = json_pack(
	    "{s:s s:s s:s s:s s:o s:o s:o s:o s:i s:o}", "rc", rc_name(rc),
	    "error", e->text, "at", e->pointer, "peer", s->peer, "session",
	    outcome_json(&s->outcome, &s->transcript), "tls", tls_json(&s->tls),
	    "greeting", text(sbuf_slice(&s->greeting)), "ehlo",
	    text(sbuf_slice(&s->ehlo)), "count", (int)s->count, "messages",
	    messages);
	json_dumpf(all, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(all);
}

static void
usage(void)
{
	fputs("usage: sendbatch --port N [options] RECIPIENT=FILE ...\n",
	      stderr);
	exit(64);
}

/* ---- options ---- */

enum kind { TEXT, NUMBER, INT, FLAG, WORD, TLSA };

static const char *const tls_words[] = {"plain", "may", "must", "implicit",
					NULL};
static const char *const verify_words[] = {"none", "name", "dane", NULL};

#define AT(field) offsetof(struct options, field)

static const struct {
	const char *name;
	enum kind kind;
	size_t at;
	const char *const *words;
} table[] = {
    {"address", TEXT, AT(address), NULL},
    {"port", INT, AT(port), NULL},
    {"host", TEXT, AT(to.host), NULL},
    {"helo", TEXT, AT(to.helo), NULL},
    {"ca", TEXT, AT(ca), NULL},
    {"tls", WORD, AT(to.tls), tls_words},
    {"verify", WORD, AT(to.verify), verify_words},
    {"tlsa", TLSA, 0, NULL},
    {"user", TEXT, AT(to.user), NULL},
    {"password", TEXT, AT(to.password), NULL},
    {"auth-in-clear", FLAG, AT(to.auth_in_clear), NULL},
    {"from", TEXT, AT(from), NULL},
    {"envid", TEXT, AT(envid), NULL},
    {"orcpt", TEXT, AT(orcpt), NULL},
    {"dsn", FLAG, AT(dsn), NULL},
    {"smtputf8", FLAG, AT(smtputf8), NULL},
    {"connect-ms", INT, AT(to.connect_ms), NULL},
    {"stall-ms", INT, AT(to.stall_ms), NULL},
    {"reply-ms", INT, AT(to.reply_ms), NULL},
    {"final-ms", INT, AT(to.final_ms), NULL},
    {"deadline-ms", NUMBER, AT(deadline_ms), NULL},
    {"stop", NUMBER, AT(stop), NULL},
    {"cancel", NUMBER, AT(cancel), NULL},
    {"repeat", NUMBER, AT(repeat), NULL},
    {"threads", NUMBER, AT(threads), NULL},
    {"quiet", FLAG, AT(quiet), NULL},
};
#define OPTIONS (sizeof table / sizeof *table)

static int
word(const char *s, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(s, words[i]) == 0)
			return i;
	usage();
	return 0;
}

/* "3 1 1 00ff..." */
static void
read_tlsa(struct options *o, struct slice s)
{
	int64_t number[3];
	uint8_t data[512];

	for (int i = 0; i < 3; i++)
		if (!slice_int(slice_cut(&s, ' '), 0, 255, &number[i]))
			usage();
	if (s.n / 2 > sizeof data || !hex_decode(s, data, s.n / 2))
		usage();
	sbuf_add(&o->tlsa_data, slice_of(data, s.n / 2));
	o->tlsa =
	    (struct target_tlsa){(uint8_t)number[0], (uint8_t)number[1],
				 (uint8_t)number[2], sbuf_slice(&o->tlsa_data)};
	o->to.tlsa = &o->tlsa;
	o->to.tlsa_count = 1;
}

static void
set(struct options *o, size_t row, const char *value)
{
	void *at = (char *)o + table[row].at;
	long n = strtol(value, NULL, 10);
	int chosen;

	switch (table[row].kind) {
	case TEXT:
		*(const char **)at = value;
		break;
	case NUMBER:
		*(long *)at = n;
		break;
	case INT:
		*(int *)at = (int)n;
		break;
	case FLAG:
		*(bool *)at = true;
		break;
	case WORD:
		chosen = word(value, table[row].words);
		memcpy(at, &chosen, sizeof chosen);
		break;
	case TLSA:
		read_tlsa(o, slice_z(value));
		break;
	}
}

/* Returns the index of the first argument that is no option. */
static int
read_options(struct options *o, int argc, char **argv)
{
	struct option longs[OPTIONS + 1] = {{0}};
	int row;

	for (size_t i = 0; i < OPTIONS; i++) {
		longs[i].name = table[i].name;
		longs[i].has_arg = table[i].kind != FLAG;
	}
	while (getopt_long(argc, argv, "", longs, &row) == 0)
		set(o, (size_t)row, optarg ? optarg : "");
	if (o->port == 0)
		usage();
	return optind;
}

static void
set_peer(struct options *o)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&o->to.peer;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&o->to.peer;

	if (inet_pton(AF_INET, o->address, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)o->port);
	} else if (inet_pton(AF_INET6, o->address, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)o->port);
	}
}

static bool
read_mail(struct mail *mail, const char *arg, const struct options *o)
{
	struct transport_message *m = &mail->m;
	char *path = strrchr(arg, '=');
	struct err e = {0};

	if (path == NULL)
		usage();
	transport_message_init(m);
	sbuf_init(&mail->content, FILE_MAX);
	sbuf_init(&mail->events, 4096);
	mail->recipient = arg;
	m->recipient = slice_of(arg, (size_t)(path - arg));
	m->reverse_path = slice_z(o->from);
	m->envid = slice_z(o->envid);
	m->orcpt = slice_z(o->orcpt);
	m->smtputf8 = o->smtputf8;
	m->job = mail;
	if (o->dsn) {
		m->notify = TRANSPORT_NOTIFY_SUCCESS |
			    TRANSPORT_NOTIFY_FAILURE | TRANSPORT_NOTIFY_DELAY;
		m->ret = TRANSPORT_RET_HDRS;
	}
	if (file_read(path + 1, FILE_MAX, &mail->content, &e) != RC_OK) {
		fprintf(stderr, "sendbatch: %s\n", e.text);
		return false;
	}
	m->content = sbuf_slice(&mail->content);
	return true;
}

/* As the mail workers do: nothing is opened for a message that may not go. */
static bool
checked(struct batch *b, struct transport_session *s)
{
	struct err e = {0};
	bool ok = true;

	for (size_t i = 0; i < b->n; i++) {
		if (transport_check(&b->mails[i].m, &e) == RC_OK)
			continue;
		snprintf(b->mails[i].m.outcome.fault, 160, "%.20s: %.130s",
			 e.pointer, e.text);
		b->mails[i].m.outcome.fate = FATE_INVALID;
		ok = false;
	}
	if (!ok)
		print(RC_INVALID, &e, s, b);
	return ok;
}

static int
send_all(struct options *o, struct transport *t, struct batch *b)
{
	struct transport_session s;
	struct bell cancel;
	struct err e = {0};
	enum rc rc;

	transport_session_init(&s);
	bell_init(&cancel);
	s.cancel = &cancel;
	b->session = &s;
	s.to = o->to;
	s.calls =
	    (struct transport_calls){next, may_go, content, verdict, NULL, b};
	if (o->deadline_ms != 0)
		s.deadline_us = clock_mono_us() + o->deadline_ms * 1000;
	if (!o->quiet && !checked(b, &s)) {
		transport_session_fini(&s);
		bell_fini(&cancel);
		return 65;
	}
	rc = transport_run(t, &s, &e);
	if (!o->quiet)
		print(rc, &e, &s, b);
	transport_session_fini(&s);
	bell_fini(&cancel);
	return rc_exit(rc);
}

struct sender {
	struct options *o;
	struct transport *t;
	struct batch b;
	struct thread thread;
	int status;
};

static void
send_repeatedly(void *arg)
{
	struct sender *s = arg;

	for (long i = 0; i < s->o->repeat; i++) {
		s->b.at = 0;
		s->status = send_all(s->o, s->t, &s->b);
	}
}

static bool
prepare(struct sender *s, struct options *o, struct transport *t, char **mails)
{
	bool ok = true;

	s->o = o;
	s->t = t;
	s->b.stop = o->stop;
	s->b.cancel = o->cancel;
	while (mails[s->b.n] != NULL)
		s->b.n++;
	s->b.mails = mem_alloc(s->b.n * sizeof *s->b.mails);
	for (size_t i = 0; i < s->b.n; i++)
		ok = read_mail(&s->b.mails[i], mails[i], o) && ok;
	return ok;
}

static void
forget(struct sender *s)
{
	for (size_t i = 0; i < s->b.n; i++) {
		transport_message_fini(&s->b.mails[i].m);
		sbuf_fini(&s->b.mails[i].content);
		sbuf_fini(&s->b.mails[i].events);
	}
	free(s->b.mails);
}

/* Sends with all threads; returns the worst status. */
static int
run(struct options *o, struct sender *senders)
{
	int64_t from_us = clock_mono_us();
	size_t accepted = 0;
	int status = 0;

	for (long i = 0; i < o->threads; i++)
		thread_start(&senders[i].thread, "sender", send_repeatedly,
			     &senders[i]);
	for (long i = 0; i < o->threads; i++) {
		thread_join(&senders[i].thread);
		accepted += senders[i].b.accepted;
		if (senders[i].status > status)
			status = senders[i].status;
	}
	if (o->quiet)
		printf("%zu accepted in %lld us\n", accepted,
		       (long long)(clock_mono_us() - from_us));
	return status;
}

int
main(int argc, char **argv)
{
	struct options o = {.address = "127.0.0.1", .from = "s@a.example"};
	struct transport *t = NULL;
	struct sender *senders;
	struct err e = {0};
	int first, status;
	bool ok = true;

	sbuf_init(&o.tlsa_data, 1024);
	o.to.host = "localhost";
	o.to.helo = "client.example";
	o.repeat = o.threads = 1;
	first = read_options(&o, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	set_peer(&o);
	if (transport_new(o.ca, &t, &e) != RC_OK) {
		fprintf(stderr, "sendbatch: %s\n", e.text);
		return 70;
	}
	senders = mem_alloc((size_t)o.threads * sizeof *senders);
	for (long i = 0; i < o.threads; i++)
		ok = prepare(&senders[i], &o, t, argv + first) && ok;
	status = ok ? run(&o, senders) : 66;
	for (long i = 0; i < o.threads; i++)
		forget(&senders[i]);
	free(senders);
	sbuf_fini(&o.tlsa_data);
	transport_free(t);
	return status;
}
