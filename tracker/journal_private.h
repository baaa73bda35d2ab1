#ifndef TRACKER_JOURNAL_PRIVATE_H
#define TRACKER_JOURNAL_PRIVATE_H

#include <stdatomic.h>

#include "base/thread.h"
#include "tracker/journal.h"

/* Shared by tracker/journal*.c alone. */

#define SEGMENT_HEADER 64
#define SEGMENT_NAME 64
#define SEGMENT_MOST (1 << 30)

/* What the first 64 bytes of a segment say. */
struct segment {
	uint16_t writer;
	uint32_t number;
	uint64_t nonce;
	uint32_t bytes;
	uint32_t wiped; /* what stood before was read and destroyed */
	uint64_t boot; /* the machine's start that it is of; 0: left for good */
	bool sound;    /* header and length are as its writer made them */
};

/* Reads a segment's header; bytes are those of the file, whatever it says.
 * Fails: RC_INVALID (no segment), RC_IO. */
enum rc segment_read(int fd, struct segment *out, struct err *e) MUST_USE;

/* Writes the header of a segment that begins, its writer and number given, and
 * syncs it.  Fails: RC_IO. */
enum rc segment_begin(int fd, struct segment *s, struct err *e) MUST_USE;

/* Where writing may go on in a segment whose writer is gone: only behind whole
 * records, where nothing but zeros follows, and since the same start of the
 * machine, since what a reader saw may have stood in memory alone.
 * Fails: RC_STATE (it may not), RC_INVALID, RC_IO. */
enum rc segment_end(int fd, struct segment *out, uint32_t *at,
		    struct err *e) MUST_USE;

/* Nobody goes on in it. */
void segment_seal(int fd);

/* Nothing but zeros. */
bool segment_blank(struct slice s);

/* Zeroes a segment up to where it was read; its writer is past that, and so is
 * every reader.  Fails: RC_IO. */
enum rc segment_wipe(int fd, uint32_t upto, struct err *e) MUST_USE;

/* "07-65f0c1aa.hits": its writer and number. */
bool segment_parse(const char *name, unsigned *writer, uint32_t *number);
void segment_name(unsigned writer, uint32_t number, char out[SEGMENT_NAME]);

/* Makes a spare segment the writer's newest and opens it; makes one where none
 * is spare.  Fails: RC_LIMIT (total_bytes), RC_IO. */
enum rc segment_take(struct journal *j, unsigned writer, struct segment *out,
		     int *fd, struct err *e) MUST_USE;

/* Opens the writer's newest segment, and says where to go on in it.
 * Fails: RC_NOTFOUND (it has none), as segment_end(). */
enum rc segment_resume(struct journal *j, unsigned writer, struct segment *out,
		       int *fd, uint32_t *at, struct err *e) MUST_USE;

/* Counts hits that were answered and are not kept; how many by now. */
uint64_t journal_lose(struct journal *j, size_t n);

struct journal {
	int dir;
	char *path;
	size_t segment_bytes, total_bytes;
	unsigned spare;
	struct thread keeper;
	struct bell bell;
	_Atomic bool closing;
	int patience_ms;
	_Atomic uint64_t lost;
	struct tally *lost_ever; /* or NULL, where there was no room */
	_Atomic unsigned late;	 /* writers whose round is overdue */
};

#endif
