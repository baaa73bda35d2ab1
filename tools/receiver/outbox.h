#ifndef RECEIVER_OUTBOX_H
#define RECEIVER_OUTBOX_H

#include "base/sbuf.h"
#include "tools/receiver/options.h"

struct server;

/* Sends reports by SMTP to one address, one connection at a time. */
struct outbox;

/* Has nothing to send to that address.  Owns: the caller, outbox_free(). */
struct outbox *outbox_new(struct server *server, const struct endpoint *to);
void outbox_free(struct outbox *o);

/* Queues a message from the null reverse-path, to leave at due_us (wall) or
 * later.  Both texts are copied.  What cannot be delivered within half a
 * minute of trying is journaled and dropped. */
void outbox_put(struct outbox *o, struct slice recipient, struct slice message,
		int64_t due_us);

/* Sends what is due now. */
void outbox_look(struct outbox *o);

/* When the next one is due, INT64_MAX for none. */
int64_t outbox_next_us(const struct outbox *o);

#endif
