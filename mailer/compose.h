#ifndef MAILER_COMPOSE_H
#define MAILER_COMPOSE_H

#include "mailer/letter.h"
#include "mailer/materials.h"

/* Memory to compose in: each message takes that of the one before.
 * Thread: one at a time. */
struct compose_room {
	struct arena arena;
	struct sbuf subject, html, linked, text, linked_text, pdf;
	struct sbuf plain, bytes; /* before signing, and after */
};

/* Nothing is allocated before the first message. */
void compose_room_init(struct compose_room *room);
void compose_room_fini(struct compose_room *room);

/* A message's exact bytes, and what the queue keeps of them.
 * Owns: the room, until it composes again. */
struct composed {
	struct slice bytes, subject, message_id;
	uint8_t sha256[32];
};

struct composer {
	const struct conf *conf;
	struct materials *materials;
	struct db *db; /* the thread's reader */
	int64_t now_us;
	bool sign;	   /* false: the relay signs */
	uint32_t rewrites; /* what the relay rewrites is not signed */
};

/* Renders, rewrites links, adds the pixel, writes MIME and signs.  The same
 * message composed again may differ (templates, keys, day): it is done once,
 * and the bytes are stored.  Fails: RC_INVALID, RC_NOTFOUND: it cannot be
 * composed until somebody mends data or template; RC_IO, RC_AGAIN: try again.
 */
enum rc compose(const struct composer *c, const struct message *m,
		struct compose_room *room, struct composed *out,
		struct err *e) MUST_USE;

/* The envelope's reverse path of a message, added to out. */
void compose_reverse_path(const struct composer *c, const struct message *m,
			  struct sbuf *out);

#endif
