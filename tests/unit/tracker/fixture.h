#ifndef TESTS_UNIT_TRACKER_FIXTURE_H
#define TESTS_UNIT_TRACKER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "store/writer.h"

/* A fresh store, on a clock that the test moves. */
struct fixture {
	char dir[64], path[96];
	struct writer *writer;
	struct db *db; /* a reader */
	struct arena a;
};

#define OK(call)                                                               \
	do {                                                                   \
		struct err err_ = {0}, *e = &err_;                             \
		enum rc rc_ = (call);                                          \
		if (rc_ != RC_OK)                                              \
			fail_msg("%s: %s: %s", #call, rc_name(rc_), e->text);  \
	} while (0)

/* Makes it; the clock begins at start ("2026-11-03T12:30:00Z"). */
void fixture_open(struct fixture *f, const char *start);

/* Stops writer and reader, once: what they left can be looked at. */
void fixture_stop(struct fixture *f);

/* Removes all of it.  0: done. */
int fixture_close(struct fixture *f);

/* Runs an operation in the writer's thread; the test fails with it. */
void fixture_do(struct fixture *f,
		enum rc (*run)(struct db *db, void *arg, struct err *e),
		void *arg);

/* To be run so: they insert and update a struct message. */
enum rc fixture_insert(struct db *db, void *message, struct err *e) MUST_USE;
enum rc fixture_update(struct db *db, void *message, struct err *e) MUST_USE;

#endif
