#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "portal/portal.h"
#include "queue/customers.h"
#include "queue/invoices.h"
#include "queue/outbox.h"
#include "queue/state.h"
#include "store/content.h"
#include "tracker/hits.h"
#include "tracker/http_server.h"
#include "tracker/target.h"

/* The whole way of a request: bytes as a stranger sends them go to a real
 * server with pixel, click, view, answer, preferences and area over a real
 * store.  What its handlers see holds what they were promised; nothing leads
 * elsewhere; and who has no good link learns nothing of the customer.
 *
 * In an input "@c" stands for the path of a good link, and so for the others
 * of link_kinds. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATIENCE_MS 20
#define INPUT_MAX 20000
#define DESTINATION "https://pay.example/1042"
#define SECRET "zq7secret" /* in all that is the customer's */
#define FAR_EXPIRY "4102444800"
#define LAST "GET /robots.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static char dir[32], socket_path[64];
static struct http_table tables[3];

static const struct {
	char name;
	const char *path;
	enum token_purpose purpose;
	const char *destination, *after;
} link_kinds[] = {
    {'o', "/o/", TOKEN_OPEN, "", ""},
    {'c', "/c/", TOKEN_CLICK, DESTINATION, "/"},
    {'m', "/m/", TOKEN_VIEW, "", ""},
    {'a', "/a/", TOKEN_ANSWER, "", ""},
    {'u', "/u/", TOKEN_LEAVE, "", ""},
    {'r', "/area/", TOKEN_AREA, FAR_EXPIRY, "/" FAR_EXPIRY},
};
#define LINK_KINDS (sizeof(link_kinds) / sizeof(link_kinds[0]))
static struct sbuf links[LINK_KINDS];

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
handle(struct http_request *rq)
{
	struct sbuf b;

	for (size_t i = 0; i < HTTP_PARAMS_MAX; i++)
		must(!slice_has_control(rq->params[i]) &&
		     slice_utf8(rq->params[i]));
	for (size_t i = 0; i < rq->query_n; i++)
		must(slice_utf8(rq->query[i].value) &&
		     !slice_has_control(rq->query[i].name));
	for (size_t i = 0; i < rq->headers_n; i++)
		must(rq->headers[i].name.n > 0 &&
		     slice_find_c(rq->headers[i].value, '\n') < 0);
	must(rq->body.n <= 1000);
	sbuf_init(&b, 16 << 10);
	sbuf_add_json(&b, http_form(rq, "a"));
	sbuf_add_json(&b, http_cookie(rq, "a"));
	sbuf_add_json(&b, http_query(rq, "a"));
	http_reply_cached(rq, "application/json", SLICE("\"1\""),
			  sbuf_slice(&b));
	sbuf_fini(&b);
}

static size_t
body(struct http_request *rq, struct slice chunk)
{
	(void)rq;
	return chunk.n;
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/t/", .handle = handle},
    {.method = HTTP_GET, .pattern = "/t/{b}", .handle = handle},
    {.method = HTTP_PUT,
     .pattern = "/t/{b}",
     .body_max = 1000,
     .handle = handle},
    {.method = HTTP_POST, .pattern = "/t", .body_max = 1000, .handle = handle},
    {.method = HTTP_POST,
     .pattern = "/t/s",
     .runs = HTTP_STREAM,
     .body_max = 5000,
     .handle = handle,
     .body = body},
    {.method = HTTP_GET, .pattern = "/f/{rest...}", .handle = handle},
};

/* ---- the store ---- */

static const char conf_text[] =
    "general { hostname = \"h.example\" origin = \"h.example/log\" }\n"
    "policy \"default\" { time_zone = \"UTC\"\n"
    " step \"reminder-1\" { at = \"due-10d\" template = \"reminder\" }\n"
    " step \"pre-suspension\" { at = \"suspend-24h\" template = "
    "\"pre-suspension\" }\n"
    " act \"suspend\" { at = \"due+2d\" needs = {\"pre-suspension\"} "
    "proof = {\"mx_accepted\"} } }\n"
    "brand \"default\" { id = 1 title = \"Host\" from_address = "
    "\"b@h.example\" return_domain = \"b.h.example\" public_url = "
    "\"https://n.h.example\" locale = \"es_AR\" policy = \"default\" "
    "time_zone = \"UTC\" tracking_basis = \"contract\" }\n";

static const char message_text[] =
    "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/html; "
    "charset=utf-8\r\n\r\n<p>" SECRET "</p><img src=\"https://n.h.example/o/"
    "x\">\r\n";

struct seed {
	struct write_op op;
	struct queue *q;
	struct arena a;
	struct customer c;
	struct ref mref;
};

static enum rc
put_message(struct seed *s, struct db *db, struct err *e)
{
	struct notice *list, *first;
	struct message m;
	size_t n;
	enum rc rc = notice_list_customer(db, s->c.id, INT64_MAX, 10, &s->a,
					  &list, &n, e);

	must(rc != RC_OK || n > 0);
	first = list;
	if (rc == RC_OK)
		rc = outbox_make(s->q, db, &s->c, s->c.contacts, &first, 1, &m,
				 e);
	if (rc == RC_OK)
		rc = content_put(db, m.id, slice_z(message_text), e);
	m.subject = SLICE(SECRET);
	m.sha256 = SLICE("0123456789abcdef0123456789abcdef");
	m.accepted_us = clock_wall_us();
	if (rc == RC_OK)
		rc = message_update_attempt(db, &m, e);
	if (rc == RC_OK)
		rc = message_apply(db, &m, MESSAGE_EV_CLAIM, SLICE(""),
				   SLICE("\"attempt\":1"), e);
	if (rc == RC_OK)
		rc = message_apply(db, &m, MESSAGE_EV_ACCEPT, SLICE(""),
				   SLICE("\"attempt\":1,\"sha256\":\"00\""), e);
	s->mref = m.mref;
	return rc;
}

static enum rc
run_seed(struct write_op *op, struct db *db, struct err *e)
{
	struct seed *s = (struct seed *)op;
	struct contact k = {.id = SLICE("k1"),
			    .role = SLICE("billing"),
			    .email = SLICE(SECRET "@x.example"),
			    .source = SLICE(""),
			    .phone = SLICE(""),
			    .since = DATE_NONE};
	struct invoice i = {.id = SLICE("i1"),
			    .customer = SLICE("c1"),
			    .number = SLICE(SECRET),
			    .policy = SLICE("default"),
			    .status = INVOICE_OPEN,
			    .issued_on = (int32_t)(clock_wall_us() / DAY_US),
			    .due_on = (int32_t)(clock_wall_us() / DAY_US) + 12,
			    .charge_on = DATE_NONE,
			    .retry_on = DATE_NONE,
			    .objected_due = DATE_NONE,
			    .total = {.currency = "ARS", .minor = 12345},
			    .balance = {.currency = "ARS", .minor = 12345},
			    .pdf_name = SLICE(""),
			    .pdf = SLICE(""),
			    .body = SLICE("{}")};
	struct invoice_result r;
	bool created;
	enum rc rc;

	s->c = (struct customer){.id = SLICE("c1"),
				 .brand = SLICE("default"),
				 .name = SLICE(SECRET),
				 .locale = SLICE("es_AR"),
				 .time_zone = SLICE("UTC"),
				 .groups = SLICE("[]"),
				 .hold_reason = SLICE(""),
				 .consent = SLICE(""),
				 .contacts = &k,
				 .contacts_n = 1};
	rc = customers_put(s->q, db, &s->c, &s->a, &created, e);
	if (rc == RC_OK)
		rc = invoices_put(s->q, db, &i, &s->a, &r, e);
	return rc == RC_OK ? put_message(s, db, e) : rc;
}

static void
links_make(const struct token_key *key, const struct seed *s)
{
	for (size_t i = 0; i < LINK_KINDS; i++) {
		enum token_purpose purpose = link_kinds[i].purpose;

		sbuf_init(&links[i], 4096);
		sbuf_add_z(&links[i], link_kinds[i].path);
		token_add(&links[i], key, purpose,
			  purpose == TOKEN_AREA ? s->c.ref : s->mref, 0,
			  slice_z(link_kinds[i].destination));
		sbuf_add_z(&links[i], link_kinds[i].after);
		if (purpose == TOKEN_CLICK)
			base64url_encode(SLICE(DESTINATION), &links[i]);
	}
}

static void
store_make(struct portal_config *c, struct queue *q, char db[64])
{
	static char phases[64];
	struct seed s = {.op = {.run = run_seed}, .q = q};
	const struct conf *conf;
	struct materials *m;
	uint32_t id;

	(void)snprintf(db, 64, "%s/acuse.db", dir);
	(void)snprintf(phases, sizeof(phases), "%s/phases", dir);
	must(conf_parse(slice_z(conf_text), "/acuse.conf", &conf, NULL) ==
	     RC_OK);
	must(db_create(db, NULL) == RC_OK);
	must(keyring_create(dir, 1, &id, NULL) == RC_OK);
	must(materials_load(conf, dir, &m, NULL) == RC_OK);
	c->materials = materials_box_new(m);
	q->conf = conf_box_new(conf);
	q->instance = 1;
	bell_init(&q->plan);
	bell_init(&q->mail);
	must(writer_start(db, 256, &q->writer, NULL) == RC_OK);
	must(phases_open(phases, 16, &q->phases, NULL) == RC_OK);
	arena_init(&s.a, 16 << 20);
	must(writer_do(q->writer, &s.op, NULL) == RC_OK);
	links_make(keyring_active(materials_keys(m), 1), &s);
	arena_fini(&s.a);
}

/* ---- the server ---- */

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
dir_remove(void)
{
	(void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
server_start(void)
{
	static struct queue q;
	static char db[64];
	static struct http_listen listen = {.socket_path = socket_path};
	struct http_config c = {.name = "fuzz",
				.listen = &listen,
				.listen_n = 1,
				.loops = 1,
				.connections_max = 100,
				.idle_timeout_ms = 5000,
				.request_timeout_ms = 5000,
				.round = hits_round,
				.flush = hits_flush};
	struct portal_config pc = {.queue = &q, .db_path = db, .jobs = 2};
	struct keyring *keys;
	struct http_server *server;
	struct portal *portal;
	struct router *router;
	struct hits *hits;
	struct err e = {0};

	(void)snprintf(dir, sizeof(dir), "/tmp/acuse-fuzz-XXXXXX");
	must(mkdtemp(dir) != NULL);
	(void)snprintf(socket_path, sizeof(socket_path), "%s/s", dir);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)atexit(dir_remove);
	log_init(STDERR_FILENO, LOG_ERROR);
	store_make(&pc, &q, db);
	must(keyring_load(dir, &keys, &e) == RC_OK);
	must(hits_new(keys_box_new(keys), q.conf, NULL, 1, &hits, &e) == RC_OK);
	pc.hits = c.round_owner = hits;
	must(portal_new(&pc, &portal, &e) == RC_OK);
	tables[0] = hits_table(hits);
	tables[1] = portal_table(portal);
	tables[2] = (struct http_table){
	    .routes = routes, .n = sizeof(routes) / sizeof(routes[0])};
	must(router_new(tables, 3, &router, &e) == RC_OK);
	must(http_server_new(&c, router, jobs_new(2, 64), &server, &e) ==
	     RC_OK);
}

/* ---- a visitor ---- */

static void
check_replies(struct slice reply, bool invited)
{
	ptrdiff_t at;

	must(invited || slice_find(reply, SLICE(SECRET)) < 0);
	while ((at = slice_find(reply, SLICE("\nLocation: "))) >= 0) {
		reply = slice_skip(reply, (size_t)at + 11);
		must(slice_starts(reply, SLICE(DESTINATION "\r\n")));
	}
}

static void
talk(struct slice data, bool invited)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	static char reply[1 << 20];
	size_t n = 0;
	ssize_t got = 1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(un.sun_path, socket_path, sizeof(socket_path));
	must(fd >= 0 &&
	     connect(fd, (const struct sockaddr *)&un, sizeof(un)) == 0);
	while (data.n > 0 && got > 0) {
		got = send(fd, data.p, data.n, MSG_NOSIGNAL);
		if (got > 0)
			data = slice_skip(data, (size_t)got);
	}
	/* Behind whole requests the last one ends it at once; where the server
	 * waits for more, so does this, a little. */
	while (n < sizeof(reply)) {
		struct pollfd p = {fd, POLLIN, 0};

		if (poll(&p, 1, PATIENCE_MS) != 1)
			break;
		got = recv(fd, reply + n, sizeof(reply) - n, 0);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	(void)close(fd);
	check_replies(slice_of(reply, n), invited);
}

/* True when a good link was put in. */
static bool
expand(struct slice in, struct sbuf *out)
{
	bool invited = slice_find(in, SLICE(SECRET)) >= 0;

	for (size_t i = 0; i < in.n; i++) {
		size_t k = 0;

		if (in.p[i] == '@' && i + 1 < in.n)
			while (k < LINK_KINDS &&
			       link_kinds[k].name != in.p[i + 1])
				k++;
		else
			k = LINK_KINDS;
		if (k == LINK_KINDS) {
			sbuf_add_c(out, in.p[i]);
			continue;
		}
		sbuf_add(out, sbuf_slice(&links[k]));
		invited = true;
		i++;
	}
	sbuf_add(out, SLICE(LAST));
	return invited;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice path, query;
	struct sbuf b;
	bool invited;

	if (!socket_path[0])
		server_start();
	if (target_split(slice_of(data, size), &path, &query))
		must(path.n > 0 && path.p[0] == '/');
	sbuf_init(&b, 1 << 20);
	invited =
	    expand(slice_of(data, size > INPUT_MAX ? INPUT_MAX : size), &b);
	talk(sbuf_slice(&b), invited);
	sbuf_fini(&b);
	return 0;
}
