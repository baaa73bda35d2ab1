#ifndef TESTS_UNIT_STORE_STORE_H
#define TESTS_UNIT_STORE_STORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "store/db.h"

#define OK(call)                                                               \
	do {                                                                   \
		struct err *err_ = &error;                                     \
		enum rc rc_ = (call);                                          \
		if (rc_)                                                       \
			fail_msg("%s: %s: %s", #call, rc_name(rc_),            \
				 err_->text);                                  \
	} while (0)

/* The reason of the last failure. */
static struct err error;

/* A database of its own in a fresh folder. */
struct place {
	char folder[64], path[80];
	struct db *db;
};

static inline int
place_make(void **state)
{
	struct place *p = MEM_NEW(struct place);

	(void)snprintf(p->folder, sizeof(p->folder), "/tmp/acuse-XXXXXX");
	if (mkdtemp(p->folder) == NULL)
		return -1;
	(void)snprintf(p->path, sizeof(p->path), "%s/acuse.db", p->folder);
	if (db_create(p->path, &error))
		fail_msg("%s", error.text);
	*state = p;
	return 0;
}

static inline int
place_open(void **state)
{
	struct place *p;

	if (place_make(state))
		return -1;
	p = *state;
	return db_open(p->path, DB_WRITE, &p->db, &error) ? -1 : 0;
}

static inline int
place_clear(void **state)
{
	static const char *const names[] = {
	    "acuse.db", "acuse.db-wal", "acuse.db-shm", "away", "acuse.db.new"};
	struct place *p = *state;
	char path[128];

	db_close(p->db);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", p->folder,
			       names[i]);
		(void)unlink(path);
	}
	(void)rmdir(p->folder);
	free(p);
	return 0;
}

#endif
