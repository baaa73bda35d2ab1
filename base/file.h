#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/err.h"
#include "base/sbuf.h"

/* Adds the whole of a file, at most max bytes.  Fails: RC_NOTFOUND, RC_LIMIT,
 * RC_IO. */
enum rc file_read(const char *path, size_t max, struct sbuf *out,
		  struct err *e) MUST_USE;

/* Writes a file so that after a crash it is the old or the new: temporary
 * file, fsync, rename, fsync of the directory. */
enum rc file_write(const char *path, struct slice content, int mode,
		   struct err *e) MUST_USE;

/* The same for a file that must not be there yet.  Fails: RC_STATE (it is),
 * RC_NOTFOUND (no such directory), RC_IO. */
enum rc file_create(const char *path, struct slice content, int mode,
		    struct err *e) MUST_USE;

/* Gives a file that is whole and on disk its name, which must be free, in place
 * of its temporary one in the same directory.  Fails: as file_create(). */
enum rc file_publish(const char *temporary, const char *path,
		     struct err *e) MUST_USE;

/* Makes a directory, and its parents; being there already is fine. */
enum rc dir_make(const char *path, int mode, struct err *e) MUST_USE;

/* Whether the process, and the machine, may open another descriptor now. */
bool file_room(void);

/* Takes an exclusive lock on a file that it makes, and writes the pid there.
 * The descriptor holds it, without the pid where the disk is full.
 * Fails: RC_STATE (held; the text says by which
 * pid), RC_IO. */
enum rc lock_take(const char *path, int *fd, struct err *e) MUST_USE;

#endif
