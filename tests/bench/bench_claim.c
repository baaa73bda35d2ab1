#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "queue/claims.h"
#include "queue/customers.h"
#include "queue/invoices.h"
#include "queue/outbox.h"
#include "store/writer.h"

/*
 * Claiming a batch of twenty, which is what most destinations have, and one of
 * fifty, from a queue of a million (ACUSE_BENCH_QUEUE for another size) as the
 * mailer does: by claims_take() through the writer, to the end of its commit.
 * Each message has a customer, an invoice and a notice of its own, which are
 * looked at again.  What the disk took to sync, which all that is written in
 * that moment shares, is told apart.
 */

#define CLAIMS 400
#define DOMAINS "997"
#define FIRST "1000" /* above the ids of what is copied */

static const char text[] =
    "general { hostname = \"acuse.h.example\" origin = \"acuse.h.example/log\" "
    "send = true }\n"
    "brand \"default\" { id = 1 title = \"H\" from_address = \"b@h.example\" "
    "return_domain = \"r.h.example\" public_url = \"https://n.h.example\" "
    "locale = \"es_AR\" time_zone = \"UTC\" policy = \"default\" "
    "route = \"mx\" }\n"
    "policy \"default\" { time_zone = \"UTC\"\n"
    "step \"reminder-1\" { at = \"due-10d\" template = \"reminder\" } }\n";

static struct err error;
static _Atomic int64_t synced_us; /* in all, by syncs of the disk */

static void
must(enum rc rc)
{
	if (rc)
		die("%s: %s", error.pointer, error.text);
}

/* In place of libc's, for SQLite. */
static int
timed_sync(long number, int fd)
{
	int64_t start_us = clock_mono_us();
	int rc = (int)syscall(number, fd);

	atomic_fetch_add(&synced_us, clock_mono_us() - start_us);
	return rc;
}

int
fsync(int fd)
{
	return timed_sync(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return timed_sync(SYS_fdatasync, fd);
}

/* ---- the queue ---- */

/* One message with what it belongs to. */
static void
make_one(struct queue *q, struct db *db, struct arena *a)
{
	struct contact k = {.id = SLICE("k1"),
			    .role = SLICE("billing"),
			    .email = SLICE("ana@cliente.example"),
			    .since = DATE_NONE};
	struct customer c = {.id = SLICE("first"),
			     .brand = SLICE("default"),
			     .name = SLICE("Ana"),
			     .locale = SLICE("es_AR"),
			     .time_zone = SLICE("UTC"),
			     .groups = SLICE("[]"),
			     .contacts = &k,
			     .contacts_n = 1};
	struct invoice i = {
	    .id = SLICE("first"),
	    .customer = SLICE("first"),
	    .number = SLICE("PF-1042"),
	    .status = INVOICE_OPEN,
	    .total = {1264567, "ARS"},
	    .balance = {1264567, "ARS"},
	    .issued_on = DATE_NONE,
	    .due_on = (int32_t)(clock_wall_us() / DAY_US) + 40,
	    .charge_on = DATE_NONE,
	    .retry_on = DATE_NONE,
	    .objected_due = DATE_NONE,
	    .body = slice_z(arena_printf(a, "{\"lines\":[%2000s]}", ""))};
	struct invoice_result result;
	struct notice *list, *one;
	struct message m;
	bool created;
	size_t n;

	must(db_begin(db, &error));
	must(customers_put(q, db, &c, a, &created, &error));
	must(invoices_put(q, db, &i, a, &result, &error));
	must(notice_list_invoice(db, i.id, a, &list, &n, &error));
	one = &list[0];
	must(outbox_make(q, db, &c, &k, &one, 1, &m, &error));
	must(db_commit(db, &error));
}

/* Columns of a row copied, and what differs in the i-th copy. */
struct copy {
	const char *table, *count; /* NULL: as many as messages */
	const char *as[8][2];
};

/* In no order, as mail is: the messages of a lane share no pages. */
#define DOMAIN "(i * 2654435761 % 4294967296 / 65536 % " DOMAINS ")"
#define ADDRESS "'u' || i || '@d' || " DOMAIN " || '.example'"

static const struct copy copies[] = {
    {"lanes",
     DOMAINS,
     {{"id", "i + " FIRST}, {"domain", "'d' || i || '.example'"}}},
    {"customers",
     NULL,
     {{"id", "printf('c%07d', i)"}, {"ref", "randomblob(16)"}}},
    {"contacts",
     NULL,
     {{"customer", "printf('c%07d', i)"}, {"email", ADDRESS}}},
    {"invoices",
     NULL,
     {{"id", "printf('i%07d', i)"},
      {"ref", "randomblob(16)"},
      {"customer", "printf('c%07d', i)"}}},
    {"notices",
     NULL,
     {{"id", "i + " FIRST},
      {"ref", "randomblob(16)"},
      {"subject", "printf('invoice/i%07d', i)"},
      {"invoice", "printf('i%07d', i)"},
      {"customer", "printf('c%07d', i)"},
      {"state", "1"}}},
    {"messages",
     NULL,
     {{"id", "i + " FIRST},
      {"mref", "randomblob(16)"},
      {"customer", "printf('c%07d', i)"},
      {"address", ADDRESS},
      {"lane", DOMAIN " + " FIRST},
      {"created_us", "created_us + i"},
      {"next_us", "next_us - i"}}},
    {"message_notices",
     NULL,
     {{"notice", "i + " FIRST},
      {"message", "i + " FIRST},
      {"address", ADDRESS}}},
};

static void
run_sql(sqlite3 *h, const char *sql)
{
	if (sqlite3_exec(h, sql, NULL, NULL, NULL) != SQLITE_OK)
		die("%s: %s", sql, sqlite3_errmsg(h));
}

static const char *
value_of(const struct copy *c, const char *column)
{
	for (size_t i = 0; c->as[i][0] != NULL; i++)
		if (strcmp(c->as[i][0], column) == 0)
			return c->as[i][1];
	return column;
}

static void
multiply(sqlite3 *h, const struct copy *c, const char *messages)
{
	struct sbuf names, values, sql;
	sqlite3_stmt *s;

	sbuf_init(&names, 4096);
	sbuf_init(&values, 4096);
	sbuf_init(&sql, 16384);
	sbuf_addf(&sql, "SELECT name FROM pragma_table_info('%s')", c->table);
	if (sqlite3_prepare_v2(h, sbuf_z(&sql), -1, &s, NULL) != SQLITE_OK)
		die("%s", sqlite3_errmsg(h));
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(s, 0);

		sbuf_addf(&names, "%s%s", names.n > 0 ? ", " : "", name);
		sbuf_addf(&values, "%s%s", values.n > 0 ? ", " : "",
			  value_of(c, name));
	}
	(void)sqlite3_finalize(s);
	sbuf_reset(&sql);
	sbuf_addf(&sql,
		  "WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL SELECT i + 1 "
		  "FROM k WHERE i + 1 < %s) INSERT INTO %s (%s) SELECT %s "
		  "FROM k, (SELECT * FROM %s LIMIT 1)",
		  c->count != NULL ? c->count : messages, c->table,
		  sbuf_z(&names), sbuf_z(&values), c->table);
	run_sql(h, sbuf_z(&sql));
	sbuf_fini(&names);
	sbuf_fini(&values);
	sbuf_fini(&sql);
}

static void
fill(const char *path)
{
	const char *messages = getenv("ACUSE_BENCH_QUEUE");
	sqlite3 *h;

	if (messages == NULL)
		messages = "1000000";
	if (sqlite3_open(path, &h) != SQLITE_OK)
		die("opening %s", path);
	run_sql(h, "PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;"
		   "BEGIN");
	for (size_t i = 0; i < sizeof(copies) / sizeof(*copies); i++)
		multiply(h, &copies[i], messages);
	run_sql(h, "UPDATE lanes SET held = 1 WHERE id < " FIRST
		   "; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
	(void)sqlite3_close(h);
}

/* ---- claiming ---- */

/* Of the writer's thread, where each transaction ends. */
static int64_t committed_cpu_us;

static int64_t
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void
committed(void *arg)
{
	(void)arg;
	committed_cpu_us = cpu_us();
}

struct take_op {
	struct write_op op;
	struct queue *q;
	int64_t lane;
	size_t size;
	struct arena *a;
	struct claim_batch batch;
	int64_t took_us, ended_us; /* processor time */
};

static enum rc
run_take(struct write_op *op, struct db *db, struct err *e)
{
	struct take_op *t = (struct take_op *)op;
	int64_t start_us = cpu_us();
	enum rc rc = claims_take(t->q, db, t->lane, clock_wall_us(), t->size,
				 t->a, &t->batch, e);

	t->ended_us = cpu_us();
	t->took_us = t->ended_us - start_us;
	return rc;
}

/* So that no more are claimed at a time than are in earnest. */
static enum rc
run_give_back(struct write_op *op, struct db *db, struct err *e)
{
	struct take_op *t = (struct take_op *)op;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < t->batch.n; i++) {
		struct claim_verdict v = {.claim = &t->batch.claims[i],
					  .end = CLAIM_UNTRIED,
					  .verdict = "untried",
					  .wait_us = DAY_US};

		rc = claims_end(t->q, db, &v, 1, e);
	}
	return rc;
}

struct times {
	int64_t whole[CLAIMS], durable[CLAIMS], take[CLAIMS], commit[CLAIMS];
};

static void
claim(struct queue *q, struct db *db, size_t size, struct times *out)
{
	struct arena a;

	arena_init(&a, 64u << 20);
	for (int i = 0; i < CLAIMS; i++) {
		struct take_op t = {
		    .op = {.run = run_take}, .q = q, .size = size, .a = &a};
		int64_t start_us, synced;
		struct lane *lanes;
		size_t n;

		arena_reset(&a);
		must(lane_list_ready(
		    db, SLICE("default"), (struct lane_place){INT64_MIN, 0},
		    clock_wall_us(), 1, &a, &lanes, &n, &error));
		t.lane = lanes[0].id;
		synced = atomic_load(&synced_us);
		start_us = clock_mono_us();
		must(writer_do(q->writer, &t.op, &error));
		out->durable[i] = clock_mono_us() - start_us;
		out->whole[i] =
		    out->durable[i] - (atomic_load(&synced_us) - synced);
		out->take[i] = t.took_us;
		out->commit[i] = committed_cpu_us - t.ended_us;
		if (t.batch.n != size)
			die("claimed %zu of %zu", t.batch.n, size);
		t.op.run = run_give_back;
		must(writer_do(q->writer, &t.op, &error));
		claims_free(q, &t.batch);
	}
	arena_fini(&a);
}

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static long long
median(int64_t *list)
{
	qsort(list, CLAIMS, sizeof(*list), by_value);
	return list[CLAIMS / 2];
}

static void
bench(const char *dir)
{
	static const int sizes[] = {20, 50};
	static struct times times;
	char path[96], phases[96];
	struct queue q = {.instance = 1};
	const struct conf *conf;
	struct arena a;
	struct db *db;

	(void)snprintf(path, sizeof(path), "%s/acuse.db", dir);
	(void)snprintf(phases, sizeof(phases), "%s/phases", dir);
	arena_init(&a, 1u << 20);
	bell_init(&q.plan);
	bell_init(&q.mail);
	must(conf_parse(slice_z(text), "/bench/acuse.conf", &conf, &error));
	q.conf = conf_box_new(conf);
	must(phases_open(phases, 4096, &q.phases, &error));
	must(db_create(path, &error));
	must(db_open(path, DB_WRITE, &db, &error));
	make_one(&q, db, &a);
	db_close(db);
	fill(path);
	must(writer_start(path, 64, &q.writer, &error));
	writer_on_commit(q.writer, committed, NULL);
	must(db_open(path, DB_READ, &db, &error));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		int size = sizes[i];

		claim(&q, db, (size_t)size, &times);
		printf("# queue.claim%d: processor time of claims_take() %lld"
		       " us, of its commit %lld us\n",
		       size, median(times.take), median(times.commit));
		printf("queue.claim%d %lld us limit 1000\n", size,
		       median(times.whole));
		printf("queue.claim%d.synced %lld us\n", size,
		       median(times.durable));
	}
	writer_stop(q.writer);
	db_close(db);
	phases_close(q.phases);
	conf_box_free(q.conf);
	bell_fini(&q.plan);
	bell_fini(&q.mail);
	arena_fini(&a);
}

int
main(void)
{
	char dir[] = "/var/tmp/acuse-bench-XXXXXX", command[64];

	if (mkdtemp(dir) == NULL)
		die("mkdtemp");
	bench(dir);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command) != 0)
		printf("# %s is left\n", dir);
	return 0;
}
