/*
 * The portal, and the tracker's links, over a store with a customer for each
 * language whose log has every kind of entry: for tests and for looking at the
 * pages.
 *
 *   portaltest DIR [port=0] [color=#rrggbb] [title=TEXT] [embed=ORIGIN]
 *
 * Prints lines "NAME URL-PATH", then "ready PORT", and serves until SIGTERM.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/token.h"
#include "portal/portal.h"
#include "proof/ledger.h"
#include "queue/customers.h"
#include "queue/invoices.h"
#include "queue/state.h"
#include "store/content.h"
#include "tracker/http_server.h"

#define ORIGIN "https://notices.h.example"
#define SHA "\"sha256\":\"00\""
#define REVOKED 0x00010001u

static const char policy_text[] =
    "policy \"default\" {\n"
    "  time_zone = \"America/Argentina/Buenos_Aires\"\n"
    "  step \"proforma\" { at = \"due-15d\" template = \"proforma\" }\n"
    "  step \"reminder-1\" { at = \"due-10d\" template = \"reminder\" }\n"
    "  step \"reminder-2\" { at = \"due-5d\" template = \"reminder\" }\n"
    "  step \"reminder-final\" { at = \"due-1d\" template = "
    "\"reminder-final\" }\n"
    "  step \"pre-suspension\" { at = \"suspend-24h\" template = "
    "\"pre-suspension\" }\n"
    "  act \"suspend\" { at = \"due+2d\" needs = {\"pre-suspension\"} "
    "proof = {\"mx_accepted\", \"confirmed\"} }\n"
    "}\n";

static const struct person {
	const char *id, *name, *locale, *zone, *currency, *subject;
	const char *tail; /* of address and invoices' numbers */
} people[] = {
    {"es", "Ana Pérez", "es_AR", "America/Argentina/Buenos_Aires", "ARS",
     "Recordatorio: su factura PF-1043 vence el 24 de noviembre", ""},
    {"it", "Giulia Bianchi", "it_IT", "Europe/Rome", "EUR",
     "Promemoria: la fattura PF-1043 scade il 24 novembre", ""},
    {"en", "Sam O'Neill & Sons", "en_US", "America/New_York", "USD",
     "Reminder: invoice PF-1043 is due on November 24", ""},
    {"long",
     "شركة WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
     "es_AR", "America/Argentina/Buenos_Aires", "ARS",
     "شركة: 9999999999999999999999999999999999999999999999999999999999999999",
     "-99999999999999999999999999999999999999999"},
};
#define PEOPLE (sizeof(people) / sizeof(*people))

struct seed {
	struct write_op op;
	struct queue *q;
	const struct person *p;
	struct arena a;
	struct customer c;
	int64_t now;
	struct ref mref;  /* of the message that the links are about */
	struct ref plain; /* of one without HTML */
};

#define TRY(call)                                                              \
	do {                                                                   \
		enum rc try_ = (call);                                         \
		if (try_ != RC_OK)                                             \
			return try_;                                           \
	} while (0)

/* ---- what is in the store ---- */

static enum rc
put_customer(struct seed *s, struct db *db, struct err *e)
{
	struct contact *k = ARENA_NEW(&s->a, struct contact);
	bool created;

	*k = (struct contact){
	    .id = SLICE("k1"),
	    .role = SLICE("billing"),
	    .email = slice_z(arena_printf(&s->a, "%s%s@customer.example",
					  s->p->id, s->p->tail)),
	    .phone = SLICE(""),
	    .source = SLICE("form"),
	    .since = DATE_NONE};
	s->c = (struct customer){.id = slice_z(s->p->id),
				 .brand = SLICE("default"),
				 .name = slice_z(s->p->name),
				 .locale = slice_z(s->p->locale),
				 .time_zone = slice_z(s->p->zone),
				 .groups = SLICE("[]"),
				 .hold_reason = SLICE(""),
				 .consent = SLICE(""),
				 .contacts = k,
				 .contacts_n = 1};
	return customers_put(s->q, db, &s->c, &s->a, &created, e);
}

static enum rc
put_invoice(struct seed *s, struct db *db, const char *number, int status,
	    int64_t minor, int days, struct err *e)
{
	struct invoice_result r;
	struct invoice i = {
	    .id = slice_z(arena_printf(&s->a, "%s-%s", s->p->id, number)),
	    .customer = s->c.id,
	    .number = slice_z(arena_printf(&s->a, "%s%s", number, s->p->tail)),
	    .policy = SLICE("default"),
	    .status = status,
	    .issued_on = (int32_t)(s->now / DAY_US) + days - 20,
	    .due_on = (int32_t)(s->now / DAY_US) + days,
	    .charge_on = DATE_NONE,
	    .retry_on = DATE_NONE,
	    .objected_due = DATE_NONE,
	    .pdf_name = SLICE(""),
	    .pdf = SLICE(""),
	    .body = slice_z(arena_printf(
		&s->a, "{\"pay_url\":\"https://billing.example/pay/%s\"}",
		number))};

	memcpy(i.total.currency, s->p->currency, 4);
	i.total.minor = minor;
	i.balance = i.total;
	if (status == INVOICE_PAID || status == INVOICE_REFUNDED)
		i.balance.minor = 0;
	return invoices_put(s->q, db, &i, &s->a, &r, e);
}

static void
bytes_of(const struct seed *s, struct ref mref, bool plain, struct sbuf *out)
{
	char hex[REF_HEX];

	ref_hex(mref, hex);
	sbuf_addf(out,
		  "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/%s; "
		  "charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
		  plain ? "plain" : "html");
	if (plain)
		sbuf_addf(out, "%s:\r\n\r\n<b>%s</b>\r\n", s->p->name,
			  s->p->subject);
	else
		sbuf_addf(
		    out,
		    "<html><body><h1>%s</h1><p>%s</p><script>document.title='"
		    "ran'</script><form method=post action=/x><button>x"
		    "</button></form><a href=\"https://billing.example/pay\">"
		    "pay</a><img src=\"%s/o/%s\" width=1 height=1></body>"
		    "</html>\r\n",
		    s->p->name, s->p->subject, ORIGIN, hex);
}

static enum rc
event(struct db *db, enum kind kind, struct ref ref, const char *payload,
      struct err *e)
{
	return ledger_append(db, kind, ref, slice_z(payload), e);
}

static enum rc
make_message(struct seed *s, struct db *db, struct notice *n, bool plain,
	     struct message *m, struct err *e)
{
	struct sbuf b;
	enum rc rc;

	TRY(outbox_make(s->q, db, &s->c, &s->c.contacts[0], &n, 1, m, e));
	m->subject = slice_z(s->p->subject);
	m->sha256 = SLICE("0123456789abcdef0123456789abcdef");
	m->attempts = 1;
	m->size = 1;
	TRY(message_update_attempt(db, m, e));
	sbuf_init(&b, 1 << 20);
	bytes_of(s, m->mref, plain, &b);
	rc = content_put(db, m->id, sbuf_slice(&b), e);
	sbuf_fini(&b);
	if (rc != RC_OK)
		return rc;
	return message_apply(db, m, MESSAGE_EV_CLAIM, SLICE(""),
			     SLICE("\"attempt\":1"), e);
}

static const char accepted[] =
    "\"attempt\":1,\"host\":\"mx1.customer.example\",\"reply\":\"250 2.0.0 "
    "Ok: queued as 4XyZ7q2kq1zN\"," SHA;
static const char refused[] =
    "\"attempt\":1,\"host\":\"mx1.customer.example\",\"reply\":\"550 5.1.1 "
    "<ana@customer.example>: Recipient address rejected: User unknown in "
    "virtual mailbox table\"";

/* One message in each state, the accepted one with all that can follow. */
static enum rc
end_message(struct seed *s, struct db *db, struct message *m, unsigned k,
	    struct err *e)
{
	switch (k) {
	case 0:
		m->accepted_us = s->now - 2 * HOUR_US;
		m->facts = FACT_MX_ACCEPTED | FACT_PERSON_LIKELY;
		TRY(message_apply(db, m, MESSAGE_EV_ACCEPT, SLICE(""),
				  slice_z(accepted), e));
		TRY(event(db, KIND_MESSAGE_OPENED, m->mref, "{}", e));
		TRY(event(db, KIND_MESSAGE_CLICKED, m->mref, "{}", e));
		s->mref = m->mref;
		return RC_OK;
	case 1:
		m->next_us = s->now + HOUR_US;
		return message_apply(
		    db, m, MESSAGE_EV_DEFER, SLICE("retry_later"),
		    SLICE("\"reply\":\"451 4.7.1 Try again later\""), e);
	case 2:
		return message_apply(db, m, MESSAGE_EV_FAIL,
				     SLICE("bad_address"), slice_z(refused), e);
	case 3:
		m->accepted_us = s->now - HOUR_US;
		m->facts = FACT_RELAY_ACCEPTED;
		s->plain = m->mref;
		return message_apply(db, m, MESSAGE_EV_ACCEPT, SLICE(""),
				     slice_z(accepted), e);
	default:
		return message_apply(db, m, MESSAGE_EV_UNCERTAIN, SLICE("died"),
				     SLICE(""), e);
	}
}

static enum rc
make_log(struct seed *s, struct db *db, struct err *e)
{
	struct notice *list;
	unsigned made = 0;
	size_t n;

	TRY(notice_list_customer(db, s->c.id, INT64_MAX, 200, &s->a, &list, &n,
				 e));
	for (size_t i = 0; i < n; i++) {
		struct message m;

		if (list[i].state != NOTICE_PLANNED || made == 5 || i % 2 == 0)
			continue;
		TRY(make_message(s, db, &list[i], made == 3, &m, e));
		list[i].released_us = s->now;
		TRY(notice_apply(db, &list[i], NOTICE_EV_RELEASE, SLICE(""),
				 SLICE(""), e));
		TRY(end_message(s, db, &m, made++, e));
	}
	return RC_OK;
}

static enum rc
run_seed(struct write_op *op, struct db *db, struct err *e)
{
	struct seed *s = (struct seed *)op;

	TRY(put_customer(s, db, e));
	TRY(put_invoice(s, db, "PF-1042", INVOICE_OPEN, 1234567, -3, e));
	TRY(put_invoice(s, db, "PF-1043", INVOICE_OPEN, 845000, 12, e));
	TRY(put_invoice(s, db, "PF-1044", INVOICE_DISPUTED, 99900, 5, e));
	TRY(put_invoice(s, db, "PF-1045", INVOICE_OPEN, 501099, 16, e));
	TRY(put_invoice(s, db, "PF-1046", INVOICE_OPEN, 700000, 14, e));
	TRY(make_log(s, db, e));
	TRY(put_invoice(s, db, "PF-1046", INVOICE_PAID, 700000, 14, e));
	return put_invoice(s, db, "PF-1012", INVOICE_PAID, 99900, -40, e);
}

/* ---- what serves it ---- */

static const char *
option(int argc, char **argv, const char *name, const char *other)
{
	size_t n = strlen(name);

	for (int i = 2; i < argc; i++)
		if (strncmp(argv[i], name, n) == 0 && argv[i][n] == '=')
			return argv[i] + n + 1;
	return other;
}

/* A key that was leaked, and the one after it. */
static enum rc
make_keys(const char *dir, struct err *e)
{
	char path[512];
	struct slice rest;
	struct sbuf b, out;
	uint32_t id;
	enum rc rc;

	TRY(keyring_create(dir, 1, &id, e));
	TRY(keyring_create(dir, 1, &id, e));
	(void)snprintf(path, sizeof(path), "%s/keys/token-%08x", dir, REVOKED);
	sbuf_init(&b, 4096);
	sbuf_init(&out, 4096);
	rc = file_read(path, 4096, &b, e);
	rest = sbuf_slice(&b);
	while (rest.n > 0) {
		struct slice line = slice_cut(&rest, '\n');

		sbuf_add(&out, slice_starts(line, SLICE("state "))
				   ? SLICE("state revoked")
				   : line);
		sbuf_add_c(&out, '\n');
	}
	if (rc == RC_OK)
		rc = file_write(path, sbuf_slice(&out), 0600, e);
	sbuf_fini(&b);
	sbuf_fini(&out);
	return rc;
}

static enum rc
make_conf(const char *dir, int argc, char **argv, const struct conf **out,
	  struct err *e)
{
	const char *embed = option(argc, argv, "embed", NULL);
	char path[512];
	struct sbuf b;
	enum rc rc;

	(void)snprintf(path, sizeof(path), "%s/acuse.conf", dir);
	sbuf_init(&b, 65536);
	sbuf_addf(&b,
		  "general {\n hostname = \"h.example\"\n"
		  " origin = \"h.example/log\"\n}\n%s"
		  "brand \"default\" {\n id = 1\n title = \"%s\"\n"
		  " from_address = \"billing@h.example\"\n"
		  " return_domain = \"b.h.example\"\n"
		  " public_url = \"%s\"\n website = \"https://h.example\"\n"
		  " support_url = \"https://h.example/help\"\n"
		  " abuse_contact = \"abuse@h.example\"\n"
		  " postal_address = \"Av. Corrientes 1234, Buenos Aires\"\n"
		  " tax_id = \"30-71234567-8\"\n color = \"%s\"\n"
		  " locale = \"es_AR\"\n policy = \"default\"\n"
		  " time_zone = \"America/Argentina/Buenos_Aires\"\n"
		  " tracking_basis = \"contract\"\n",
		  policy_text, option(argc, argv, "title", "Austral Hosting"),
		  ORIGIN, option(argc, argv, "color", "#1a5fb4"));
	if (embed != NULL)
		sbuf_addf(&b, " embed_origins = {\"%s\"}\n", embed);
	sbuf_add_z(&b, "}\n");
	rc = conf_parse(sbuf_slice(&b), path, out, e);
	sbuf_fini(&b);
	return rc;
}

static void
print_link(const char *name, const char *path, const struct token_key *key,
	   enum token_purpose purpose, struct ref ref, const char *expiry)
{
	struct sbuf b;

	sbuf_init(&b, 4096);
	token_add(&b, key, purpose, ref, 0, slice_z(expiry));
	printf("%s %s%s%s%s\n", name, path, sbuf_z(&b), expiry[0] ? "/" : "",
	       expiry);
	sbuf_fini(&b);
}

/* What two keys, of which one is revoked, make of a customer's message. */
static void
print_links(const struct seed *s, const struct token_key *key,
	    const struct token_key *revoked)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "revoked-%s", s->p->id);
	print_link(name, "/a/", revoked, TOKEN_ANSWER, s->mref, "");
	(void)snprintf(name, sizeof(name), "area-%s", s->p->id);
	print_link(name, "/area/", key, TOKEN_AREA, s->c.ref, "4102444800");
	(void)snprintf(name, sizeof(name), "expired-%s", s->p->id);
	print_link(name, "/area/", key, TOKEN_AREA, s->c.ref, "1000000000");
	(void)snprintf(name, sizeof(name), "view-%s", s->p->id);
	print_link(name, "/m/", key, TOKEN_VIEW, s->mref, "");
	(void)snprintf(name, sizeof(name), "text-%s", s->p->id);
	print_link(name, "/m/", key, TOKEN_VIEW, s->plain, "");
	(void)snprintf(name, sizeof(name), "answer-%s", s->p->id);
	print_link(name, "/a/", key, TOKEN_ANSWER, s->mref, "");
	(void)snprintf(name, sizeof(name), "leave-%s", s->p->id);
	print_link(name, "/u/", key, TOKEN_LEAVE, s->mref, "");
}

struct parts {
	struct queue q;
	struct keys_box *keys;
	struct hits *hits;
	struct http_table tables[2];
	struct materials_box *materials;
	struct portal *portal;
	struct jobs *jobs;
	struct router *router;
	struct http_server *http;
};

static enum rc
seed_all(struct parts *x, struct err *e)
{
	struct materials *m = materials_box_get(x->materials);
	const struct keyring *keys = materials_keys(m);
	const struct token_key *key = keyring_active(keys, 1);
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < PEOPLE; i++) {
		struct seed s = {.op = {.run = run_seed},
				 .q = &x->q,
				 .p = &people[i],
				 .now = clock_wall_us()};

		arena_init(&s.a, 64u << 20);
		rc = writer_do(x->q.writer, &s.op, e);
		if (rc == RC_OK)
			print_links(&s, key, keyring_find(keys, REVOKED));
		arena_fini(&s.a);
	}
	materials_release(m);
	return rc;
}

static enum rc
start(struct parts *x, const char *dir, int argc, char **argv, struct err *e)
{
	static char db[512], phases[512];
	struct portal_config c = {.queue = &x->q, .db_path = db, .jobs = 2};
	struct http_listen listen = {.host = "127.0.0.1"};
	struct http_config h = {.name = "public",
				.listen = &listen,
				.listen_n = 1,
				.loops = 1,
				.connections_max = 1000,
				.idle_timeout_ms = 5000,
				.request_timeout_ms = 5000,
				.round = hits_round,
				.flush = hits_flush};
	struct keyring *keys;
	const struct conf *conf;
	struct materials *m;

	(void)snprintf(db, sizeof(db), "%s/acuse.db", dir);
	(void)snprintf(phases, sizeof(phases), "%s/phases", dir);
	listen.port = (uint16_t)strtol(option(argc, argv, "port", "0"), 0, 10);
	TRY(make_conf(dir, argc, argv, &conf, e));
	TRY(db_create(db, e));
	TRY(make_keys(dir, e));
	TRY(keyring_load(dir, &keys, e));
	x->keys = keys_box_new(keys);
	TRY(materials_load(conf, dir, &m, e));
	x->materials = c.materials = materials_box_new(m);
	x->q.conf = conf_box_new(conf);
	x->q.instance = 1;
	bell_init(&x->q.plan);
	bell_init(&x->q.mail);
	TRY(writer_start(db, 256, &x->q.writer, e));
	TRY(phases_open(phases, 16, &x->q.phases, e));
	TRY(seed_all(x, e));
	TRY(hits_new(x->keys, x->q.conf, NULL, 1, &x->hits, e));
	h.round_owner = c.hits = x->hits;
	TRY(portal_new(&c, &x->portal, e));
	x->jobs = jobs_new(2, 64);
	x->tables[0] = portal_table(x->portal);
	x->tables[1] = hits_table(x->hits);
	TRY(router_new(x->tables, 2, &x->router, e));
	TRY(http_server_new(&h, x->router, x->jobs, &x->http, e));
	printf("ready %u\n", http_server_port(x->http, 0));
	return fflush(stdout) == 0 ? RC_OK : err_errno(e, "stdout");
}

int
main(int argc, char **argv)
{
	struct parts x = {0};
	struct err e = {0};
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (argc < 2 || start(&x, argv[1], argc, argv, &e) != RC_OK) {
		fprintf(stderr, "portaltest: %s %s\n", e.pointer, e.text);
		return 1;
	}
	sigwait(&set, &sig);
	http_server_stop(x.http, 1000);
	jobs_free(x.jobs);
	writer_stop(x.q.writer);
	http_server_free(x.http);
	router_free(x.router);
	portal_free(x.portal);
	hits_free(x.hits);
	keys_box_free(x.keys);
	phases_close(x.q.phases);
	bell_fini(&x.q.plan);
	bell_fini(&x.q.mail);
	conf_box_free(x.q.conf);
	materials_box_free(x.materials);
	return 0;
}
