#ifndef API_SPOOL_H
#define API_SPOOL_H

#include "base/sbuf.h"
#include "tracker/http.h"

/* An answer that grows while its request is still being read: in memory at
 * first, then in a file without a name, so that it takes bounded memory. */
struct spool {
	const char *dir; /* where the file is made */
	struct sbuf head;
	int fd; /* -1: all is in head */
	uint64_t size;
	bool broken; /* it could not be kept */
};

/* Starts empty.  Owns: the caller keeps dir. */
void spool_init(struct spool *s, const char *dir);
void spool_fini(struct spool *s);

/* Where the next part is written. */
struct sbuf *spool_out(struct spool *s);

/* Call it between parts: moves what is in memory to the file once it is much.
 */
void spool_flush(struct spool *s);

/* Replies 200 with all of it, or 503 when it could not be kept. */
void spool_reply(struct spool *s, struct http_request *rq, const char *type);

#endif
