#ifndef RECEIVER_JOURNAL_H
#define RECEIVER_JOURNAL_H

#include "base/err.h"
#include "base/sbuf.h"

/* JSON lines of what happened; README.md lists events and keys. */
struct journal;

/* Opens a file to append to; path NULL: lines go nowhere.  Fails: RC_IO. */
enum rc journal_open(const char *path, bool sync, struct journal **out,
		     struct err *e) MUST_USE;
void journal_free(struct journal *j);

/* Begins a line with the wall clock's time and its event; then keys in any
 * number; then journal_end(). */
void journal_begin(struct journal *j, const char *event);
void journal_text(struct journal *j, const char *key, struct slice v);
void journal_z(struct journal *j, const char *key, const char *v);
void journal_int(struct journal *j, const char *key, int64_t v);
void journal_bool(struct journal *j, const char *key, bool v);
void journal_null(struct journal *j, const char *key);

/* An array of objects: journal_open_list(), then for each object
 * journal_open_item(), its keys, journal_close_item(); then the end. */
void journal_open_list(struct journal *j, const char *key);
void journal_open_item(struct journal *j);
void journal_close_item(struct journal *j);
void journal_close_list(struct journal *j);
void journal_end(struct journal *j);

/* Writes (and syncs, where asked) the lines so far; before any reply that
 * tells of what they say.  Fails: RC_IO. */
enum rc journal_flush(struct journal *j, struct err *e) MUST_USE;

#endif
