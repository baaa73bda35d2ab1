#ifndef RECEIVER_MAILDIR_H
#define RECEIVER_MAILDIR_H

#include "base/err.h"
#include "base/slice.h"

#define MAILDIR_NAME 80

struct maildir;

/* Makes cur, new and tmp where missing.  sync: each message is on disk before
 * maildir_keep() returns.  Fails: RC_IO. */
enum rc maildir_open(const char *path, bool sync, struct maildir **out,
		     struct err *e) MUST_USE;
void maildir_free(struct maildir *m);

/* Writes content, byte for byte, as a new message named name under new/.
 * Fails: RC_IO. */
enum rc maildir_keep(struct maildir *m, struct slice content, const char *name,
		     struct err *e) MUST_USE;

#endif
