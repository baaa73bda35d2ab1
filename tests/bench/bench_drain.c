#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/hit_sink.h"
#include "store/meta.h"

/*
 * Moving hits from the journal into the ledger: opens and clicks, at random
 * over a million messages of a hundred thousand customers, each with the five
 * events of its life, until the last is committed; and how long another's write
 * waits meanwhile.  What counts are the last of them: by then the index by
 * subject is as far behind as it may be, and is told of as many as come.
 * Beside it plain SQLite on the same file inserts the same rows in the same
 * batches, into a copy of the ledger's table with one index (a row a message),
 * knowing nothing of customers, bounds, hashes or JSON.
 */

#define MESSAGES 1000000
#define ROUND 1000
#define FIRST_HITS 300000 /* that do not count */
#define HITS 300000
#define PROBE_MS 20
#define PROBES_MAX 10000

static const char fill_sql[] =
    "PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; BEGIN;"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
    " WHERE i < 100000)"
    "INSERT INTO customers (id, ref, brand, name, locale, time_zone, version,"
    " created_us, updated_us) SELECT format('customer-%06d', i),"
    " randomblob(16), 'main', 'Ana Pérez ' || i, 'es_AR',"
    " 'America/Argentina/Buenos_Aires', 1, 1, 1 FROM n;"
    "INSERT INTO lanes (id, brand, domain) VALUES (1, 'main', 'one.example');"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
    " WHERE i < 1000000)"
    "INSERT INTO messages (mref, customer, brand, address, template, lane,"
    " state, next_us, not_after_us, attempts, subject, message_id, size,"
    " sha256, facts, reply, queue_id, accepted_us, created_us)"
    " SELECT randomblob(16), format('customer-%06d', i % 100000 + 1), 'main',"
    " format('u%06d@one.example', i % 100000 + 1), 'invoice-due', 1, 3, i, i,"
    " 1, 'Proforma PF-' || i || ' vence el 1 de junio',"
    " format('%032x@notices.one.example', i), 21000, randomblob(32), 3,"
    " '250 2.0.0 Ok: queued as 4cJx' || i, '4cJx' || i, i, i FROM n;"
    "INSERT INTO events (position, kind, time_us, ref, seq, entry, salt,"
    " payload) SELECT m.id * 5 + k.value - 5, 20 + k.value,"
    " m.id * 5 + k.value, m.mref, k.value, zeroblob(62), zeroblob(32),"
    " CAST(format('{\"mref\":\"%032x\",\"reply\":\"%0180d\"}', m.id, 0)"
    " AS BLOB) FROM messages m, json_each('[0,1,2,3,4]') k ORDER BY m.id;"
    "INSERT INTO event_index SELECT ref, seq, position FROM events"
    " ORDER BY position;"
    "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)";

static const char plain_sql[] =
    "PRAGMA cache_size = -1000000;"
    "CREATE TABLE plain (position INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"
    " time_us INTEGER NOT NULL, ref BLOB NOT NULL, seq INTEGER NOT NULL,"
    " entry BLOB NOT NULL, salt BLOB, payload BLOB, UNIQUE (ref, seq));"
    "INSERT INTO plain SELECT * FROM events WHERE seq = 0;"
    "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA cache_size = -8192;"
    "PRAGMA synchronous = FULL";

static const char conf_text[] =
    "general { hostname = \"acuse.h.example\" origin = \"acuse.h.example/log\" "
    "}\n"
    "brand \"main\" { id = 1 title = \"H\" from_address = \"b@h.example\" "
    "return_domain = \"r.h.example\" public_url = \"https://n.h.example\" "
    "locale = \"es_AR\" time_zone = \"UTC\" policy = \"default\" "
    "route = \"mx\" tracking_basis = \"contract\" "
    "opens = individual links = true }\n"
    "policy \"default\" { time_zone = \"UTC\"\n"
    "step \"reminder-1\" { at = \"due-10d\" template = \"reminder\" } }\n";

static struct err error;
static struct ref *refs;

static void
must(enum rc rc)
{
	if (rc)
		die("%s", error.text);
}

/* ---- plain SQLite ---- */

static void
plain_exec(sqlite3 *h, const char *sql)
{
	if (sqlite3_exec(h, sql, NULL, NULL, NULL) != SQLITE_OK)
		die("%s: %s", sql, sqlite3_errmsg(h));
}

static sqlite3 *
plain_open(const char *path)
{
	sqlite3 *h;

	if (sqlite3_open(path, &h) != SQLITE_OK)
		die("opening %s", path);
	return h;
}

static sqlite3_stmt *
plain_prepare(sqlite3 *h, const char *sql)
{
	sqlite3_stmt *s;

	if (sqlite3_prepare_v2(h, sql, -1, &s, NULL) != SQLITE_OK)
		die("%s: %s", sql, sqlite3_errmsg(h));
	return s;
}

static void
fill(const char *path)
{
	sqlite3 *h = plain_open(path);
	sqlite3_stmt *s;
	size_t n = 0;

	plain_exec(h, fill_sql);
	refs = mem_alloc(MESSAGES * sizeof(*refs));
	s = plain_prepare(h, "SELECT mref FROM messages");
	while (n < MESSAGES && sqlite3_step(s) == SQLITE_ROW)
		memcpy(refs[n++].b, sqlite3_column_blob(s, 0), 16);
	(void)sqlite3_finalize(s);
	(void)sqlite3_close(h);
	if (n != MESSAGES)
		die("%zu messages", n);
}

/* Rows a second: the events that the drain made, in its order. */
static double
plain_rate(const char *path)
{
	sqlite3 *h = plain_open(path);
	sqlite3_stmt *from, *to;
	int64_t start_us;
	double got;
	int n = 0;

	plain_exec(h, plain_sql);
	from = plain_prepare(h, "SELECT * FROM events WHERE seq > 4"
				" ORDER BY position LIMIT -1 OFFSET ?");
	(void)sqlite3_bind_int(from, 1, FIRST_HITS);
	to = plain_prepare(h, "INSERT INTO plain VALUES"
			      " (?, ?, ?, ?, ?, ?, ?, ?)");
	start_us = clock_mono_us();
	plain_exec(h, "BEGIN IMMEDIATE");
	while (sqlite3_step(from) == SQLITE_ROW) {
		for (int i = 0; i < 8; i++)
			(void)sqlite3_bind_value(to, i + 1,
						 sqlite3_column_value(from, i));
		if (sqlite3_step(to) != SQLITE_DONE)
			die("plain insert: %s", sqlite3_errmsg(h));
		(void)sqlite3_reset(to);
		if (++n % DRAIN_BATCH == 0)
			plain_exec(h, "COMMIT; BEGIN IMMEDIATE");
	}
	plain_exec(h, "COMMIT");
	got = n * 1e6 / (double)(clock_mono_us() - start_us);
	(void)sqlite3_finalize(from);
	(void)sqlite3_finalize(to);
	(void)sqlite3_close(h);
	return got;
}

/* ---- the drain ---- */

/* xorshift64*: the same hits in each run. */
static uint64_t
dice(void)
{
	static uint64_t x = 88172645463325252;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	return x * 2685821657736338717u;
}

static void
journal_fill(const char *dir)
{
	struct journal_config c = {
	    .dir = dir, .total_bytes = (size_t)1 << 30, .spare = 1};
	struct hit h = {
	    .method = HIT_GET,
	    .key_id = 1 << 16 | 1,
	    .address = {{[10] = 0xff, 0xff, 192, 0, 2, 44}},
	    .agent = SLICE("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac "
			   "OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"),
	    .signals = SLICE("accept: image/avif,image/webp,*/*\n"
			     "accept-language: es-AR,es;q=0.9\n"
			     "accept-encoding: gzip, deflate, br\n")};
	struct journal_writer *w;
	struct journal *j;

	must(journal_open(&c, &j, &error));
	must(journal_writer_new(j, &w, &error));
	for (unsigned i = 0; i < FIRST_HITS + HITS; i++) {
		uint64_t r = dice();
		bool click = r >> 62 == 0;

		h.kind = click ? HIT_CLICK : HIT_OPEN;
		h.index = click;
		h.destination =
		    click ? SLICE("https://pay.host.example/pay/PF-1042?a=1")
			  : SLICE("");
		h.mref = refs[r % MESSAGES];
		h.time_us = clock_wall_us();
		if (!journal_append(w, &h) ||
		    (i % ROUND == ROUND - 1 && !journal_sync(w)))
			die("the journal has no room");
	}
	if (!journal_sync(w))
		die("the journal fails");
	journal_writer_free(w);
	journal_close(j);
}

static enum rc
probe(struct write_op *op, struct db *db, struct err *e)
{
	(void)op;
	return meta_set_int(db, "probe", 1, e);
}

static int64_t
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Until so many are in the ledger; says how many are. */
static uint64_t
wait_first(struct drain *d)
{
	struct drain_stats moved;
	struct bell none;

	bell_init(&none);
	do {
		(void)bell_wait(&none, 1);
		drain_stats(d, &moved);
	} while (moved.hits < FIRST_HITS);
	bell_fini(&none);
	return moved.hits;
}

/* Until all is in the ledger; says how long another's writes took. */
static void
wait_moved(struct drain *d, struct writer *w)
{
	static int64_t took[PROBES_MAX];
	struct drain_stats moved;
	struct bell none;
	size_t n = 0, rare, half;

	bell_init(&none);
	do {
		struct write_op op = {.run = probe};
		int64_t start_us = clock_mono_us();

		must(writer_do(w, &op, &error));
		if (n < PROBES_MAX)
			took[n++] = clock_mono_us() - start_us;
		(void)bell_wait(&none, PROBE_MS);
		drain_stats(d, &moved);
	} while (moved.hits < FIRST_HITS + HITS);
	bell_fini(&none);
	qsort(took, n, sizeof(took[0]), by_value);
	rare = n * 99 / 100;
	half = n / 2;
	printf("# another's write took %.1f ms, one in a hundred %.1f,"
	       " at most %.1f\n",
	       (double)took[half] / 1000, (double)took[rare] / 1000,
	       (double)took[n - 1] / 1000);
}

static double
drain_rate(const char *path, const char *hits)
{
	const struct conf *conf;
	struct queue q = {.instance = 1};
	struct drain_sink sink;
	struct hit_sink *s;
	struct drain *d;
	int64_t start_us, used_us;
	double n, got;

	must(
	    conf_parse(slice_z(conf_text), "/bench/acuse.conf", &conf, &error));
	q.conf = conf_box_new(conf);
	must(writer_start(path, 4096, &q.writer, &error));
	must(hit_sink_new(&q, path, &s, &error));
	sink = hit_sink_drain(s);
	must(drain_start(hits, &sink, &d, &error));
	n = FIRST_HITS + HITS - (double)wait_first(d);
	used_us = cpu_us();
	start_us = clock_mono_us();
	wait_moved(d, q.writer);
	got = n * 1e6 / (double)(clock_mono_us() - start_us);
	printf("# %.1f us of processor time a hit\n",
	       (double)(cpu_us() - used_us) / n);
	drain_stop(d, 0);
	hit_sink_free(s);
	writer_stop(q.writer);
	conf_box_free(q.conf);
	return got;
}

int
main(void)
{
	char dir[] = "/var/tmp/acuse-bench-XXXXXX", path[64], hits[64];
	char command[64];
	double ours;

	if (mkdtemp(dir) == NULL)
		die("no folder for the bench");
	(void)snprintf(path, sizeof(path), "%s/acuse.db", dir);
	(void)snprintf(hits, sizeof(hits), "%s/hits", dir);
	must(db_create(path, &error));
	fill(path);
	journal_fill(hits);
	ours = drain_rate(path, hits);
	printf("track.drain %.0f hits/s sqlite %.0f\n", ours, plain_rate(path));
	free(refs);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command) != 0;
}
