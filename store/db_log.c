#include "store/db_log.h"

#include <errno.h>

#include "store/db_private.h"

static int
log_grew(void *arg, sqlite3 *h, const char *name, int frames)
{
	struct db *db = arg;

	(void)h;
	(void)name;
	db->log_frames = frames;
	db->wrote = true;
	return SQLITE_OK;
}

void
db_defer_checkpoints(struct db *db)
{
	(void)sqlite3_wal_hook(db->h, log_grew, db);
}

int
db_log_frames(const struct db *db)
{
	return db->log_frames;
}

bool
db_wrote(const struct db *db)
{
	return db->wrote;
}

enum rc
db_checkpoint(struct db *db, struct err *e)
{
	int code;

	errno = 0;
	code = sqlite3_wal_checkpoint_v2(db->h, NULL, SQLITE_CHECKPOINT_PASSIVE,
					 NULL, NULL);
	return code == SQLITE_OK ? RC_OK : db_fail(db, code, "checkpoint", e);
}
