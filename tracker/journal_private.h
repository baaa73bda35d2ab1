#ifndef TRACKER_JOURNAL_PRIVATE_H
#define TRACKER_JOURNAL_PRIVATE_H

#include <stdatomic.h>

#include "base/thread.h"
#include "tracker/journal.h"

/* Shared by tracker/journal*.c alone. */

#define SEGMENT_HEADER 64
#define SEGMENT_NAME 64

/* What the first 64 bytes of a segment say. */
struct segment {
	uint16_t writer;
	uint32_t number;
	uint64_t nonce;
	uint32_t bytes;
};

/* Reads and checks a segment's header.  Fails: RC_INVALID, RC_IO. */
enum rc segment_read(int fd, struct segment *out, struct err *e) MUST_USE;

/* "07-65f0c1aa.hits": its writer and number. */
bool segment_parse(const char *name, unsigned *writer, uint32_t *number);
void segment_name(unsigned writer, uint32_t number, char out[SEGMENT_NAME]);

/* Makes a spare segment the writer's newest and opens it; makes one where none
 * is spare.  Fails: RC_LIMIT (total_bytes), RC_IO. */
enum rc segment_take(struct journal *j, unsigned writer, struct segment *out,
		     int *fd, struct err *e) MUST_USE;

struct journal {
	int dir;
	char *path;
	size_t segment_bytes, total_bytes;
	unsigned spare;
	struct thread keeper;
	struct bell bell;
	_Atomic bool closing;
	_Atomic uint64_t lost;
};

#endif
