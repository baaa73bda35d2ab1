#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "proof/ledger.h"
#include "store/journal.h"
#include "store/writer.h"

/*
 * What durable writing costs: single commits and groups through the writer,
 * beside plain SQLite with the same table and settings; and events of the
 * ledger.
 */

#define SINGLES 4000
#define GROUPED 200000
#define GROUP 100 /* of plain SQLite */
#define EVENTS 100000

static struct err error;

static void
must(enum rc rc)
{
	if (rc)
		die("%s", error.text);
}

static double
rate(int n, int64_t start_us)
{
	return n * 1e6 / (double)(clock_mono_us() - start_us);
}

/* ---- plain SQLite ---- */

static void
plain_exec(sqlite3 *h, const char *sql)
{
	if (sqlite3_exec(h, sql, NULL, NULL, NULL) != SQLITE_OK)
		die("%s: %s", sql, sqlite3_errmsg(h));
}

static void
plain_insert(sqlite3_stmt *s, int64_t i)
{
	struct ref ref = ref_new();

	(void)sqlite3_bind_blob(s, 1, ref.b, sizeof(ref.b), SQLITE_STATIC);
	(void)sqlite3_bind_int64(s, 2, i);
	if (sqlite3_step(s) != SQLITE_DONE)
		die("plain insert");
	(void)sqlite3_reset(s);
}

/* Rows a second, group of them a transaction. */
static double
plain_rate(const char *path, int n, int group)
{
	sqlite3_stmt *s;
	int64_t start_us;
	sqlite3 *h;
	double got;

	if (sqlite3_open(path, &h) != SQLITE_OK)
		die("opening %s", path);
	plain_exec(h, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
	plain_exec(h, "CREATE TABLE IF NOT EXISTS hit_days (ref BLOB, day,"
		      " count, PRIMARY KEY (ref, day)) WITHOUT ROWID");
	(void)sqlite3_prepare_v2(h, "INSERT INTO hit_days VALUES (?, ?, 1)", -1,
				 &s, NULL);
	start_us = clock_mono_us();
	for (int i = 0; i < n; i++) {
		if (i % group == 0)
			plain_exec(h, "BEGIN IMMEDIATE");
		plain_insert(s, i);
		if (i % group == group - 1 || i == n - 1)
			plain_exec(h, "COMMIT");
	}
	got = rate(n, start_us);
	(void)sqlite3_finalize(s);
	(void)sqlite3_close(h);
	return got;
}

/* ---- through the writer ---- */

struct hit_op {
	struct write_op op;
	struct ref ref;
	int32_t day;
};

static enum rc
hit_run(struct write_op *op, struct db *db, struct err *e)
{
	struct hit_op *hit = (struct hit_op *)op;
	int64_t count;

	return hit_day_add(db, hit->ref, hit->day, 1, &count, e);
}

static enum rc
event_run(struct write_op *op, struct db *db, struct err *e)
{
	struct hit_op *hit = (struct hit_op *)op;

	return ledger_append(
	    db, KIND_MESSAGE_OPENED, hit->ref,
	    SLICE("{\"mref\":\"00112233445566778899aabbccddeeff\","
		  "\"at\":\"2026-11-21T00:00:00Z\",\"agent\":\"Mozilla/5.0\"}"),
	    e);
}

static void
op_done(struct write_op *op, enum rc rc, const struct err *e)
{
	(void)op;
	if (rc)
		die("%s", e->text);
}

static double
single_rate(struct writer *w, int n)
{
	int64_t start_us = clock_mono_us();

	for (int i = 0; i < n; i++) {
		struct hit_op op = {.op = {.run = hit_run, .done = op_done},
				    .ref = ref_new(),
				    .day = i};

		must(writer_do(w, &op.op, &error));
	}
	return rate(n, start_us);
}

static double
grouped_rate(struct writer *w, int n,
	     enum rc (*run)(struct write_op *, struct db *, struct err *))
{
	struct hit_op *ops = mem_alloc(sizeof(*ops) * (size_t)n);
	int64_t start_us = clock_mono_us();
	double got;

	for (int i = 0; i < n; i++) {
		ops[i] = (struct hit_op){.op = {.run = run, .done = op_done},
					 .ref = ref_new(),
					 .day = i};
		if (i == n - 1 || writer_submit(w, &ops[i].op))
			must(writer_do(w, &ops[i].op, &error));
	}
	got = rate(n, start_us);
	free(ops);
	return got;
}

static void
bench_writer(const char *path, const char *plain)
{
	double single, grouped, events;
	struct writer *w;

	must(writer_start(path, 4096, &w, &error));
	single = single_rate(w, SINGLES);
	grouped = grouped_rate(w, GROUPED, hit_run);
	events = grouped_rate(w, EVENTS, event_run);
	writer_stop(w);
	printf("store.single %.0f commits/s sqlite %.0f\n", single,
	       plain_rate(plain, SINGLES, 1));
	printf("store.grouped %.0f rows/s sqlite.by100 %.0f\n", grouped,
	       plain_rate(plain, GROUPED, GROUP));
	printf("ledger.append %.0f events/s\n", events);
}

int
main(void)
{
	static const char *const names[] = {"a.db", "a.db-wal", "a.db-shm",
					    "p.db", "p.db-wal", "p.db-shm"};
	char dir[] = "/var/tmp/acuse-bench-XXXXXX", path[64], plain[64];

	if (mkdtemp(dir) == NULL)
		die("no folder for the bench");
	(void)snprintf(path, sizeof(path), "%s/a.db", dir);
	(void)snprintf(plain, sizeof(plain), "%s/p.db", dir);
	must(db_create(path, &error));
	bench_writer(path, plain);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
	return 0;
}
