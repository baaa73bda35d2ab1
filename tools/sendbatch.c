/*
 * Sends ready-made messages through mailer/transport.h and prints what came of
 * them as JSON.  For tests alone.
 *
 *   sendbatch --port N [options] RECIPIENT=FILE ...
 *
 * Time-outs are in milliseconds.  --stop N says no to the Nth message at its
 * DATA; --cancel N cancels when the Nth message's content begins; --repeat N
 * sends the list N times (figures; --quiet prints only counts).
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
	long stop, cancel, deadline_ms, repeat;
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
		transport_cancel(b->session);
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

static int
word(const char *s, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(s, words[i]) == 0)
			return i;
	usage();
	return 0;
}

static void
read_tlsa(struct options *o, const char *s)
{
	char hex[1024];
	uint8_t data[512];
	unsigned u, sel, m;

	if (sscanf(s, "%u %u %u %1023s", &u, &sel, &m, hex) != 4 ||
	    !hex_decode(slice_z(hex), data, strlen(hex) / 2))
		usage();
	sbuf_add(&o->tlsa_data, slice_of(data, strlen(hex) / 2));
	o->tlsa = (struct target_tlsa){(uint8_t)u, (uint8_t)sel, (uint8_t)m,
				       sbuf_slice(&o->tlsa_data)};
	o->to.tlsa = &o->tlsa;
	o->to.tlsa_count = 1;
}

static const struct option longs[] = {{"address", 1, NULL, 'a'},
				      {"port", 1, NULL, 'p'},
				      {"host", 1, NULL, 'h'},
				      {"helo", 1, NULL, 'e'},
				      {"ca", 1, NULL, 'c'},
				      {"tls", 1, NULL, 't'},
				      {"verify", 1, NULL, 'v'},
				      {"tlsa", 1, NULL, 'T'},
				      {"user", 1, NULL, 'u'},
				      {"password", 1, NULL, 'w'},
				      {"auth-in-clear", 0, NULL, 'C'},
				      {"from", 1, NULL, 'f'},
				      {"envid", 1, NULL, 'i'},
				      {"orcpt", 1, NULL, 'o'},
				      {"dsn", 0, NULL, 'd'},
				      {"smtputf8", 0, NULL, '8'},
				      {"connect-ms", 1, NULL, '1'},
				      {"stall-ms", 1, NULL, '2'},
				      {"reply-ms", 1, NULL, '3'},
				      {"final-ms", 1, NULL, '4'},
				      {"deadline-ms", 1, NULL, '5'},
				      {"stop", 1, NULL, 'S'},
				      {"cancel", 1, NULL, 'X'},
				      {"repeat", 1, NULL, 'r'},
				      {"quiet", 0, NULL, 'q'},
				      {NULL, 0, NULL, 0}};

static void
option(struct options *o, int c)
{
	static const char *const tls[] = {"plain", "may", "must", "implicit",
					  NULL};
	static const char *const verify[] = {"none", "name", "dane", NULL};
	long n = strtol(optarg ? optarg : "0", NULL, 10);

	switch (c) {
	case 'a':
		o->address = optarg;
		break;
	case 'p':
		o->port = (int)n;
		break;
	case 'h':
		o->to.host = optarg;
		break;
	case 'e':
		o->to.helo = optarg;
		break;
	case 'c':
		o->ca = optarg;
		break;
	case 't':
		o->to.tls = (enum target_tls)word(optarg, tls);
		break;
	case 'v':
		o->to.verify = (enum target_verify)word(optarg, verify);
		break;
	case 'T':
		read_tlsa(o, optarg);
		break;
	case 'u':
		o->to.user = optarg;
		break;
	case 'w':
		o->to.password = optarg;
		break;
	case 'C':
		o->to.auth_in_clear = true;
		break;
	case 'f':
		o->from = optarg;
		break;
	case 'i':
		o->envid = optarg;
		break;
	case 'o':
		o->orcpt = optarg;
		break;
	case 'd':
		o->dsn = true;
		break;
	case '8':
		o->smtputf8 = true;
		break;
	case '1':
		o->to.connect_ms = (int)n;
		break;
	case '2':
		o->to.stall_ms = (int)n;
		break;
	case '3':
		o->to.reply_ms = (int)n;
		break;
	case '4':
		o->to.final_ms = (int)n;
		break;
	case '5':
		o->deadline_ms = n;
		break;
	case 'S':
		o->stop = n;
		break;
	case 'X':
		o->cancel = n;
		break;
	case 'r':
		o->repeat = n;
		break;
	case 'q':
		o->quiet = true;
		break;
	default:
		usage();
	}
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
	struct err e = {0};
	enum rc rc;

	transport_session_init(&s);
	b->session = &s;
	s.to = o->to;
	s.calls = (struct transport_calls){next, may_go, content, verdict, b};
	if (o->deadline_ms != 0)
		s.deadline_us = clock_mono_us() + o->deadline_ms * 1000;
	if (!o->quiet && !checked(b, &s)) {
		transport_session_fini(&s);
		return 65;
	}
	rc = transport_run(t, &s, &e);
	if (!o->quiet)
		print(rc, &e, &s, b);
	transport_session_fini(&s);
	return rc_exit(rc);
}

int
main(int argc, char **argv)
{
	struct options o = {.address = "127.0.0.1", .from = "s@a.example"};
	struct transport *t = NULL;
	struct batch b = {0};
	struct err e = {0};
	int c, status = 0;
	int64_t from_us;
	bool ok = true;

	sbuf_init(&o.tlsa_data, 1024);
	o.to.host = "localhost";
	o.to.helo = "client.example";
	o.repeat = 1;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		option(&o, c);
	if (o.port == 0)
		usage();
	signal(SIGPIPE, SIG_IGN);
	set_peer(&o);
	b.n = (size_t)(argc - optind);
	b.mails = mem_alloc(b.n * sizeof *b.mails);
	b.stop = o.stop;
	b.cancel = o.cancel;
	for (size_t i = 0; i < b.n; i++)
		ok = read_mail(&b.mails[i], argv[optind + (int)i], &o) && ok;
	if (ok && transport_new(o.ca, &t, &e) != RC_OK) {
		fprintf(stderr, "sendbatch: %s\n", e.text);
		ok = false;
	}
	from_us = clock_mono_us();
	for (long i = 0; ok && i < o.repeat; i++) {
		b.at = 0;
		status = send_all(&o, t, &b);
	}
	if (ok && o.quiet)
		printf("%zu accepted in %lld us\n", b.accepted,
		       (long long)(clock_mono_us() - from_us));
	for (size_t i = 0; i < b.n; i++) {
		transport_message_fini(&b.mails[i].m);
		sbuf_fini(&b.mails[i].content);
		sbuf_fini(&b.mails[i].events);
	}
	free(b.mails);
	sbuf_fini(&o.tlsa_data);
	transport_free(t);
	return ok ? status : 70;
}
