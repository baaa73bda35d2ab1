/*
 * The tracker alone, for tests and measuring: pixel, click, a few routes that
 * exercise the server, and a text file for a ledger.
 *
 *   tracktest DIR [port=0] [loops=4] [connections=20000] [per_address=0]
 *             [jobs_per_address=0]
 *             [idle_ms=5000] [request_ms=5000] [socket=PATH] [trusted=RANGE]
 *             [forwarded=0|1] [guess_burst=0] [guess_per_minute=0]
 *             [length_wanted=0|1] [pages=0|1]
 *             [certificate=FILE key=FILE] [drain=0|1] [journal_bytes=N]
 *             [stall=FILE] [late=FILE] [log=0|1] [tokens=N [to=URL]]
 *
 * tokens=N prints N paths (pixels, then clicks) and ends.  Else it prints
 * "ready PORT", serves until SIGTERM, and reloads its certificate on SIGHUP.
 * While FILE of stall= exists, the ledger takes nothing; while that of late=
 * does, fdatasync() does not return.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/token.h"
#include "tracker/drain.h"
#include "tracker/hits.h"
#include "tracker/http_hand.h"
#include "tracker/http_server.h"
#include "tracker/link_reply.h"

struct options {
	const char *dir, *socket, *trusted, *certificate, *key, *stall, *late,
	    *to;
	int64_t port, loops, connections, per_address, jobs_per_address,
	    idle_ms, request_ms;
	int64_t drain, journal_bytes, log, tokens, forwarded;
	int64_t length_wanted, pages;
	int64_t guess_burst, guess_per_minute;
};

static const char *_Atomic late;

/* In place of libc's. */
int
fdatasync(int fd)
{
	struct timespec pause = {0, 5000000};
	const char *file;

	while ((file = atomic_load(&late)) != NULL && access(file, F_OK) == 0)
		(void)nanosleep(&pause, NULL);
	return (int)syscall(SYS_fdatasync, fd);
}

/* --- the ledger: lines of hits, then the offset that closes them --- */

struct ledger {
	int fd;
	const char *stall; /* NULL: never */
	struct journal_offset offsets[JOURNAL_WRITERS_MAX];
};

static void
ledger_line(struct ledger *l, const char *line)
{
	struct slice rest = slice_trim(slice_z(line));
	int64_t v[3];

	if (!slice_eq(slice_cut(&rest, ' '), SLICE("offset")))
		return;
	for (size_t i = 0; i < 3; i++)
		if (!slice_int(slice_cut(&rest, ' '), 0, UINT32_MAX, &v[i]))
			return;
	if (v[0] < JOURNAL_WRITERS_MAX)
		l->offsets[v[0]] = (struct journal_offset){
		    (uint16_t)v[0], (uint32_t)v[1], (uint32_t)v[2]};
}

/* What follows the last offset was not committed. */
static enum rc
ledger_open(struct ledger *l, const char *dir, struct err *e)
{
	char path[512], line[4096];
	long end = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/ledger", dir);
	l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	f = l->fd < 0 ? NULL : fopen(path, "r");
	if (!f)
		return err_errno(e, path);
	while (fgets(line, sizeof(line), f)) {
		ledger_line(l, line);
		if (strncmp(line, "offset ", 7) == 0 && strchr(line, '\n'))
			end = ftell(f);
	}
	(void)fclose(f);
	if (ftruncate(l->fd, end) != 0 || lseek(l->fd, end, SEEK_SET) < 0)
		return err_errno(e, path);
	return RC_OK;
}

static enum rc
ledger_offsets(void *owner, struct journal_offset *out, size_t *n,
	       struct err *e)
{
	struct ledger *l = owner;
	size_t k = 0;

	(void)e;
	for (size_t i = 0; i < JOURNAL_WRITERS_MAX; i++)
		if (l->offsets[i].segment)
			out[k++] = l->offsets[i];
	*n = k;
	return RC_OK;
}

static enum rc
ledger_take(void *owner, const struct hit *hits, size_t n,
	    const struct journal_offset *after, struct err *e)
{
	struct ledger *l = owner;
	struct sbuf b;
	enum rc rc = RC_OK;

	if (l->stall && access(l->stall, F_OK) == 0)
		return err_set(e, RC_AGAIN, "the ledger is locked");
	sbuf_init(&b, 16 << 20);
	for (size_t i = 0; i < n; i++) {
		char hex[REF_HEX], address[ADDR_TEXT];

		ref_hex(hits[i].mref, hex);
		addr_format(hits[i].address, address);
		sbuf_addf(
		    &b, "hit %d %s %u %d %s [%.*s] [%.*s]\n", (int)hits[i].kind,
		    hex, hits[i].index, (int)hits[i].method, address,
		    SLICE_ARG(hits[i].agent), SLICE_ARG(hits[i].destination));
	}
	sbuf_addf(&b, "offset %u %u %u\n", after->writer, after->segment,
		  after->at);
	if (write(l->fd, b.p, b.n) != (ssize_t)b.n || fdatasync(l->fd) != 0)
		rc = err_errno(e, "ledger");
	sbuf_fini(&b);
	return rc;
}

/* --- routes --- */

struct parts {
	struct keys_box *keys;
	struct journal *journal;
	struct hits *hits;
	struct jobs *jobs;
	struct router *router;
	struct http_server *server;
	struct http_server *_Atomic serving; /* the same, for its loops */
	struct drain *drain;
	struct ledger ledger;
	struct http_table tables[2];
};

static void
handle_hello(struct http_request *rq)
{
	http_reply(rq, 200, "text/plain", SLICE("hello\n"));
}

/* What the server made of the request. */
static void
handle_echo(struct http_request *rq)
{
	char address[ADDR_TEXT];
	struct sbuf b;

	addr_format(rq->peer, address);
	sbuf_init(&b, 4 << 20);
	sbuf_addf(&b, "%s %.*s\npeer %s%s%s\n", http_method_name(rq->method),
		  SLICE_ARG(rq->path), address, rq->https ? " https" : "",
		  rq->by_socket ? " socket" : "");
	for (size_t i = 0; i < HTTP_PARAMS_MAX && rq->params[i].p; i++)
		sbuf_addf(&b, "param [%.*s]\n", SLICE_ARG(rq->params[i]));
	for (size_t i = 0; i < rq->query_n; i++)
		sbuf_addf(&b, "query [%.*s]=[%.*s]\n",
			  SLICE_ARG(rq->query[i].name),
			  SLICE_ARG(rq->query[i].value));
	for (size_t i = 0; i < rq->headers_n; i++)
		sbuf_addf(&b, "header [%.*s]=[%.*s]\n",
			  SLICE_ARG(rq->headers[i].name),
			  SLICE_ARG(rq->headers[i].value));
	sbuf_addf(&b, "body %zu\n", rq->body.n);
	sbuf_add(&b, rq->body);
	http_reply(rq, 200, "text/plain", sbuf_slice(&b));
	sbuf_fini(&b);
}

static void
handle_file(struct http_request *rq)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	http_reply_fd(rq, 200, "application/octet-stream", fd, 0, 100000);
}

static void
handle_etag(struct http_request *rq)
{
	http_reply_cached(rq, "text/plain", SLICE("\"v1\""), SLICE("same\n"));
}

static void
handle_problem(struct http_request *rq)
{
	struct err e = {.rc = RC_OK};

	(void)err_at(&e, RC_INVALID, "/contacts/0/email", "no \"@\" in it");
	http_problem(rq, &e);
}

static _Atomic int waiting;

static void
handle_waiting(struct http_request *rq)
{
	http_reply(
	    rq, 200, "text/plain",
	    slice_z(arena_printf(&rq->arena, "%d", atomic_load(&waiting))));
}

static void
handle_connections(struct http_request *rq)
{
	struct parts *p = rq->owner;
	struct http_server *server = atomic_load(&p->serving);
	struct http_stats s = {0};

	if (server)
		http_server_stats(server, &s);
	http_reply(rq, 200, "text/plain",
		   slice_z(arena_printf(&rq->arena, "%llu",
					(unsigned long long)s.connections)));
}

/* Waits on a job thread until FILE of stall= is gone. */
static void
handle_wait(struct http_request *rq)
{
	const struct parts *p = rq->owner;
	struct bell b;

	atomic_fetch_add(&waiting, 1);
	bell_init(&b);
	while (p->ledger.stall && access(p->ledger.stall, F_OK) == 0 &&
	       !http_gone(rq))
		(void)bell_wait(&b, 5);
	bell_fini(&b);
	atomic_fetch_sub(&waiting, 1);
	http_reply(rq, 200, "text/plain",
		   http_gone(rq) ? SLICE("gone\n") : SLICE("waited\n"));
}

/* Its loop answers it if FILE of stall= is there for half a second: what it
 * has said is echoed all the same, to who waits or to nobody. */
struct late {
	struct parts *p;
	struct http_request *rq;
	struct slice said;
};

static _Atomic uint64_t late_bytes;

static void
late_reply(struct http_request *rq)
{
	http_reply(rq, 503, "text/plain", SLICE("late\n"));
	http_header(rq, "Retry-After", SLICE("1"));
}

static void
late_back(void *arg)
{
	struct late *x = arg;
	struct bell b;
	size_t sum = 0;

	bell_init(&b);
	while (x->p->ledger.stall && access(x->p->ledger.stall, F_OK) == 0)
		(void)bell_wait(&b, 5);
	bell_fini(&b);
	for (size_t i = 0; i < x->said.n; i++)
		sum += x->said.p[i] == 'x';
	atomic_fetch_add(&late_bytes, sum);
	if (http_claim(x->rq))
		http_reply(x->rq, 200, "text/plain", x->said);
	http_finish(x->rq);
}

static void
handle_late(struct http_request *rq)
{
	struct parts *p = rq->owner;
	struct late *x = ARENA_NEW(&rq->arena, struct late);

	*x = (struct late){p, rq, rq->body};
	http_wait_until(rq, clock_mono_us() + SECOND_US / 2, late_reply);
	http_suspend(rq);
	if (jobs_put(p->jobs, JOBS_FIRST, late_back, x) != RC_OK)
		http_finish(rq);
}

static void
handle_late_bytes(struct http_request *rq)
{
	http_reply(rq, 200, "text/plain",
		   slice_z(arena_printf(
		       &rq->arena, "%llu",
		       (unsigned long long)atomic_load(&late_bytes))));
}

/* A page whose view is recorded before it is answered. */
static void
handle_view(struct http_request *rq)
{
	const struct parts *p = rq->owner;
	struct token t;

	http_reply(rq, 200, "text/plain", SLICE("the message\n"));
	if (token_check(keys_box_get(p->keys), rq->params[0], TOKEN_OPEN,
			SLICE(""), &t) == RC_OK)
		hits_finish(p->hits, rq, HIT_VIEW, &t);
}

/* Takes 1,000 bytes at a time, and makes room on a job thread. */
static void
stream_room(void *arg)
{
	struct http_request *rq = arg;

	http_finish(rq);
}

static size_t
stream_body(struct http_request *rq, struct slice chunk)
{
	const struct parts *p = rq->owner;
	size_t *bytes = rq->state;
	size_t n = chunk.n > 1000 ? 1000 : chunk.n;

	if (!bytes)
		rq->state = bytes = ARENA_NEW(&rq->arena, size_t);
	*bytes += n;
	http_suspend(rq);
	if (jobs_put(p->jobs, JOBS_FIRST, stream_room, rq) != RC_OK)
		http_finish(rq);
	return n;
}

static void
handle_stream(struct http_request *rq)
{
	size_t *bytes = rq->state;

	http_reply(
	    rq, 200, "text/plain",
	    slice_z(arena_printf(&rq->arena, "%zu\n", bytes ? *bytes : 0)));
}

static const struct http_route test_routes[] = {
    {.method = HTTP_GET, .pattern = "/t/hello", .handle = handle_hello},
    {.method = HTTP_GET, .pattern = "/t/echo/{a}/{b}", .handle = handle_echo},
    {.method = HTTP_POST,
     .pattern = "/t/echo",
     .body_max = 1 << 20,
     .handle = handle_echo},
    {.method = HTTP_PUT,
     .pattern = "/t/echo",
     .body_max = 100,
     .handle = handle_echo},
    {.method = HTTP_GET,
     .pattern = "/t/job",
     .runs = HTTP_JOB,
     .handle = handle_echo},
    {.method = HTTP_GET,
     .pattern = "/t/view/{token}",
     .runs = HTTP_JOB,
     .durable = true,
     .handle = handle_view},
    {.method = HTTP_GET,
     .pattern = "/t/wait",
     .runs = HTTP_JOB,
     .handle = handle_wait},
    {.method = HTTP_GET, .pattern = "/t/waiting", .handle = handle_waiting},
    {.method = HTTP_POST,
     .pattern = "/t/late",
     .body_max = 1 << 20,
     .handle = handle_late},
    {.method = HTTP_GET,
     .pattern = "/t/late_bytes",
     .handle = handle_late_bytes},
    {.method = HTTP_GET,
     .pattern = "/t/connections",
     .handle = handle_connections},
    {.method = HTTP_GET, .pattern = "/t/file", .handle = handle_file},
    {.method = HTTP_GET, .pattern = "/t/etag", .handle = handle_etag},
    {.method = HTTP_GET, .pattern = "/t/problem", .handle = handle_problem},
    {.method = HTTP_POST,
     .pattern = "/t/stream",
     .runs = HTTP_STREAM,
     .body_max = 8 << 20,
     .handle = handle_stream,
     .body = stream_body},
};

/* --- */

static bool
option_set(struct options *o, const char *arg)
{
	const struct {
		const char *name;
		const char **text;
		int64_t *number;
	} all[] = {
	    {"port", NULL, &o->port},
	    {"loops", NULL, &o->loops},
	    {"connections", NULL, &o->connections},
	    {"per_address", NULL, &o->per_address},
	    {"jobs_per_address", NULL, &o->jobs_per_address},
	    {"idle_ms", NULL, &o->idle_ms},
	    {"request_ms", NULL, &o->request_ms},
	    {"drain", NULL, &o->drain},
	    {"journal_bytes", NULL, &o->journal_bytes},
	    {"tokens", NULL, &o->tokens},
	    {"socket", &o->socket, NULL},
	    {"trusted", &o->trusted, NULL},
	    {"certificate", &o->certificate, NULL},
	    {"key", &o->key, NULL},
	    {"stall", &o->stall, NULL},
	    {"late", &o->late, NULL},
	    {"to", &o->to, NULL},
	    {"log", NULL, &o->log},
	    {"length_wanted", NULL, &o->length_wanted},
	    {"pages", NULL, &o->pages},
	    {"forwarded", NULL, &o->forwarded},
	    {"guess_burst", NULL, &o->guess_burst},
	    {"guess_per_minute", NULL, &o->guess_per_minute},
	};
	struct slice value = slice_z(arg), name = slice_cut(&value, '=');

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!value.p || !slice_eq_z(name, all[i].name))
			continue;
		if (all[i].text)
			*all[i].text = value.p;
		return all[i].text ||
		       slice_int(value, 0, INT64_MAX, all[i].number);
	}
	return false;
}

static enum rc
keys_open(const char *dir, struct keyring **out, struct err *e)
{
	char path[512];
	uint32_t id;
	enum rc rc;

	(void)snprintf(path, sizeof(path), "%s/keys", dir);
	rc = dir_make(path, 0700, e);
	if (rc == RC_OK)
		rc = keyring_load(dir, out, e);
	if (rc == RC_OK && !keyring_active(*out, 1)) {
		keyring_free(*out);
		rc = keyring_create(dir, 1, &id, e);
		if (rc == RC_OK)
			rc = keyring_load(dir, out, e);
	}
	return rc;
}

static void
tokens_print(const struct keyring *k, int64_t n, struct slice to)
{
	const struct token_key *key = keyring_active(k, 1);

	for (int64_t i = 0; i < n; i++) {
		struct sbuf b;

		sbuf_init(&b, 4096);
		sbuf_add_z(&b, "/o/");
		token_add(&b, key, TOKEN_OPEN, ref_new(), 0, SLICE(""));
		sbuf_add_z(&b, "\n/c/");
		token_add(&b, key, TOKEN_CLICK, ref_new(), 1, to);
		sbuf_add_c(&b, '/');
		base64url_encode(to, &b);
		(void)puts(sbuf_z(&b));
		sbuf_fini(&b);
	}
}

static enum rc
server_start(struct parts *p, const struct options *o, struct err *e)
{
	const char *trusted[] = {o->trusted, NULL};
	struct http_listen listen[] = {
	    {.host = "127.0.0.1",
	     .port = (uint16_t)o->port,
	     .tls = o->certificate != NULL},
	    {.socket_path = o->socket},
	};
	struct http_config c = {
	    .name = "public",
	    .listen = listen,
	    .listen_n = o->socket ? 2 : 1,
	    .loops = (unsigned)o->loops,
	    .connections_max = (size_t)o->connections,
	    .connections_per_address = (size_t)o->per_address,
	    .jobs_per_address = (size_t)o->jobs_per_address,
	    .idle_timeout_ms = (int)o->idle_ms,
	    .request_timeout_ms = (int)o->request_ms,
	    .trusted_proxies = o->trusted ? trusted : NULL,
	    .forwarded_header = o->forwarded,
	    .guess_burst = (unsigned)o->guess_burst,
	    .guess_per_minute = (unsigned)o->guess_per_minute,
	    .length_wanted = o->length_wanted,
	    .access_log = o->log,
	    .round = hits_round,
	    .flush = hits_flush,
	    .round_owner = p->hits,
	    .refusal = o->pages ? link_reply_refusal : NULL,
	};

	enum rc rc = RC_OK;

	if (o->certificate)
		rc = http_pair_load(o->certificate, o->key, &c.pair, e);
	if (rc == RC_OK)
		rc = http_server_new(&c, p->router, p->jobs, &p->server, e);
	http_pair_unref(c.pair);
	return rc;
}

static enum rc
parts_start(struct parts *p, const struct options *o, struct keyring *keys,
	    struct err *e)
{
	char path[512];
	struct journal_config jc = {.dir = path,
				    .total_bytes = (size_t)o->journal_bytes};
	struct drain_sink sink = {&p->ledger, ledger_offsets, ledger_take};
	enum rc rc;

	(void)snprintf(path, sizeof(path), "%s/hits", o->dir);
	p->ledger.stall = o->stall;
	atomic_store(&late, o->late);
	p->keys = keys_box_new(keys);
	p->jobs = jobs_new(2, 64);
	rc = journal_open(&jc, &p->journal, e);
	if (rc == RC_OK)
		rc = hits_new(p->keys, NULL, p->journal, (unsigned)o->loops,
			      &p->hits, e);
	if (rc)
		return rc;
	p->tables[0] = hits_table(p->hits);
	p->tables[1] = (struct http_table){.routes = test_routes,
					   .n = sizeof(test_routes) /
						sizeof(test_routes[0]),
					   .owner = p};
	rc = router_new(p->tables, 2, &p->router, e);
	if (rc == RC_OK)
		rc = server_start(p, o, e);
	if (rc == RC_OK && o->drain)
		rc = ledger_open(&p->ledger, o->dir, e);
	if (rc == RC_OK && o->drain)
		rc = drain_start(path, &sink, &p->drain, e);
	return rc;
}

/* What was started, of a start that failed too. */
static void
parts_stop(struct parts *p)
{
	jobs_free(p->jobs);
	if (p->server != NULL)
		http_server_free(p->server);
	if (p->hits != NULL)
		hits_free(p->hits);
	if (p->router != NULL)
		router_free(p->router);
	if (p->drain != NULL)
		drain_stop(p->drain, 10000);
	if (p->journal != NULL)
		journal_close(p->journal);
	keys_box_free(p->keys);
}

static void
certificate_again(struct parts *p, const struct options *o)
{
	struct http_pair *pair;
	struct err e = {0};

	if (!o->certificate)
		return;
	if (http_pair_load(o->certificate, o->key, &pair, &e) != RC_OK) {
		LOG(CONF_REFUSED, LOG_ERR(&e));
		return;
	}
	http_server_show(p->server, pair);
	http_pair_unref(pair);
}

static void
serve(struct parts *p, const struct options *o, int signals)
{
	struct signalfd_siginfo si;
	struct hits_stats hs;
	struct http_stats ts;

	atomic_store(&p->serving, p->server);
	(void)printf("ready %u\n", http_server_port(p->server, 0));
	(void)fflush(stdout);
	while (read(signals, &si, sizeof(si)) == sizeof(si) &&
	       si.ssi_signo == SIGHUP)
		certificate_again(p, o);
	http_server_stop(p->server, 3000);
	http_server_stats(p->server, &ts);
	hits_stats(p->hits, &hs);
	parts_stop(p);
	(void)printf(
	    "requests %llu opens %llu clicks %llu bad %llu lost %llu "
	    "refused %llu\n",
	    (unsigned long long)ts.requests, (unsigned long long)hs.opens,
	    (unsigned long long)hs.clicks, (unsigned long long)hs.bad_tokens,
	    (unsigned long long)hs.lost, (unsigned long long)ts.refused);
}

int
main(int argc, char **argv)
{
	struct options o = {.loops = 4,
			    .connections = 20000,
			    .idle_ms = 5000,
			    .request_ms = 5000,
			    .drain = 1,
			    .to = "https://pay.example/pay/1042?a=1&b=2"};
	struct parts p = {0};
	struct keyring *keys;
	struct err e = {0};
	sigset_t set;
	int signals;

	if (argc < 2)
		return 64;
	o.dir = argv[1];
	for (int i = 2; i < argc; i++) {
		if (!option_set(&o, argv[i])) {
			(void)fprintf(stderr, "%s: not understood\n", argv[i]);
			return 64;
		}
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (keys_open(o.dir, &keys, &e) != RC_OK)
		goto fail;
	if (o.tokens) {
		tokens_print(keys, o.tokens, slice_z(o.to));
		keyring_free(keys);
		return 0;
	}
	if (parts_start(&p, &o, keys, &e) != RC_OK) {
		parts_stop(&p);
		goto fail;
	}
	serve(&p, &o, signals);
	return 0;
fail:
	(void)fprintf(stderr, "tracktest: %s\n", e.text);
	return rc_exit(e.rc);
}
