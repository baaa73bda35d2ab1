#ifndef TRACKER_JOURNAL_H
#define TRACKER_JOURNAL_H

#include "base/err.h"
#include "tracker/hit.h"

/*
 * The hit journal: STATE/hits holds segments of one size, written full of
 * zeros when made, so that appending needs no new space and one fdatasync.
 * Each writer (a loop thread) has segments of its own, named
 * "WW-SSSSSSSS.hits" by writer and number; consumed ones become spare ones
 * for any writer.  Processes share the directory: a writer's
 * number is a lock file, so is the keeping of spare segments.
 */

#define JOURNAL_WRITERS_MAX 64

/* Where a reader stands in one writer's records: up to here consumed. */
struct journal_offset {
	uint16_t writer;
	uint32_t segment; /* numbers of a writer only grow; 0: none yet */
	uint32_t at;	  /* byte in the segment */
};

struct journal_config {
	const char *dir;      /* "STATE/hits", made when absent */
	size_t segment_bytes; /* 4 MB where 0; at least 64 KB */
	size_t total_bytes;   /* of all segments; 256 MB where 0 */
	unsigned spare;	      /* segments made ready ahead; 4 where 0 */
	int patience_ms;      /* who waits for the disk; 1,000 where 0 */
};

/* A journal directory open for writing; keeps spare segments ready by a
 * thread of its own.  Fails: RC_IO. */
struct journal;
enum rc journal_open(const struct journal_config *c, struct journal **out,
		     struct err *e) MUST_USE;
void journal_close(struct journal *j);

/* Hits that were answered and not kept, since the start.  Thread: any. */
uint64_t journal_lost(const struct journal *j);
/* The same of all processes that share the directory, dead ones too. */
uint64_t journal_lost_ever(const struct journal *j);

/* Whether a disk keeps hits waiting for longer than those who wait for it, so
 * that they are answered before they are on it.  Thread: any. */
bool journal_late(const struct journal *j);

/* One loop's end of the journal.  Where nothing can be written now, hits are
 * lost until it can.  Its functions are for the loop's thread, but for
 * journal_write(), which may wait for the disk for long: while it does, another
 * thread may take the loop over.  Freeing it waits for who is in there, and
 * puts the rest on disk.
 *
 * Fails: RC_LIMIT (64 writers). */
struct journal_writer;
enum rc journal_writer_new(struct journal *j, struct journal_writer **out,
			   struct err *e) MUST_USE;
void journal_writer_free(struct journal_writer *w);

/* Puts a record in the round that is filled.  False, and counted as lost, when
 * that is full because the disk is late. */
bool journal_append(struct journal_writer *w, const struct hit *h);

/* Hands the round over; true when journal_write() is to be called now.  False
 * when it is empty, or the one before is still with another thread. */
bool journal_hand(struct journal_writer *w);

/* Writes and syncs the round that was handed over.  What does not reach the
 * disk because that fails or has no room is counted as lost and said loudly. */
void journal_write(struct journal_writer *w);

/* How many records of all that were appended nobody need wait for any longer:
 * they are on disk or lost; or somebody has waited for patience_ms while
 * another thread is in journal_write(), the disk is late, which is said, and
 * they are on their way. */
uint64_t journal_settled(struct journal_writer *w);

/* The three of them.  False when what was appended is not all on disk. */
bool journal_sync(struct journal_writer *w);

/* --- reading, by one process at a time --- */

struct journal_reader;

/* Opens the directory for reading, from its beginning.  Fails: RC_IO. */
enum rc journal_reader_new(const char *dir, struct journal_reader **out,
			   struct err *e) MUST_USE;
void journal_reader_free(struct journal_reader *r);

/* Says that a writer's records up to o are consumed: called at the start for
 * each offset that the ledger knows, before reading. */
void journal_seek(struct journal_reader *r, const struct journal_offset *o);

/* Reads up to n hits of one writer, in order, and where they end.  Slices
 * live until the next call.  RC_OK with *got 0 when there are none now.
 * Records torn by a death end their segment; nothing after them was answered.
 * A damaged one is said, and what stands whole after it is read, once its
 * writer has gone on to another segment.
 * Fails: RC_IO. */
enum rc journal_read(struct journal_reader *r, struct hit *hits, size_t n,
		     size_t *got, struct journal_offset *after,
		     struct err *e) MUST_USE;

/* Destroys what was read so far, all of which the ledger has committed: it is
 * zeroed where it stands, and what was recycled within seconds.
 * Fails: RC_IO. */
enum rc journal_wipe(struct journal_reader *r, struct err *e) MUST_USE;

/* Where reading of a writer's records stands; false where it has none. */
bool journal_at(const struct journal_reader *r, unsigned writer,
		struct journal_offset *out);

/* Recycles segments that lie wholly before what was read up to the offset given
 * (committed by the ledger). */
enum rc journal_consumed(struct journal_reader *r,
			 const struct journal_offset *o,
			 struct err *e) MUST_USE;

#endif
