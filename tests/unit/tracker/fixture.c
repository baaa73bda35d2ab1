#include "tests/unit/tracker/fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/date.h"
#include "store/message.h"

struct job {
	struct write_op op;
	enum rc (*run)(struct db *db, void *arg, struct err *e);
	void *arg;
};

static enum rc
run_job(struct write_op *op, struct db *db, struct err *e)
{
	struct job *j = (struct job *)op;

	return j->run(db, j->arg, e);
}

void
fixture_do(struct fixture *f, enum rc (*run)(struct db *, void *, struct err *),
	   void *arg)
{
	struct job j = {.op = {.run = run_job}, .run = run, .arg = arg};

	OK(writer_do(f->writer, &j.op, e));
}

enum rc
fixture_insert(struct db *db, void *message, struct err *e)
{
	return message_insert(db, message, SLICE("cliente.example"), e);
}

enum rc
fixture_update(struct db *db, void *message, struct err *e)
{
	return message_update(db, message, e);
}

void
fixture_open(struct fixture *f, const char *start)
{
	char clock[96];
	int64_t start_us;

	snprintf(f->dir, sizeof(f->dir), "/tmp/acuse-tracker-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/acuse.db", f->dir);
	snprintf(clock, sizeof(clock), "%s/clock", f->dir);
	assert_true(time_parse(slice_z(start), &start_us));
	OK(clock_share(clock, start_us, 1, e));
	OK(db_create(f->path, e));
	OK(writer_start(f->path, 64, &f->writer, e));
	OK(db_open(f->path, DB_READ, &f->db, e));
	arena_init(&f->a, 64u << 20);
}

void
fixture_stop(struct fixture *f)
{
	if (f->writer)
		writer_stop(f->writer);
	db_close(f->db);
	f->writer = NULL;
	f->db = NULL;
}

int
fixture_close(struct fixture *f)
{
	char command[96];

	fixture_stop(f);
	arena_fini(&f->a);
	snprintf(command, sizeof(command), "rm -r %s", f->dir);
	return system(command);
}
