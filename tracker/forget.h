#ifndef TRACKER_FORGET_H
#define TRACKER_FORGET_H

#include <stdatomic.h>

#include "conf/conf.h"
#include "store/writer.h"

/*
 * The lifetime of what is kept of visitors (visitor_days): payload and salt of
 * a hit that is older are destroyed, so that neither address nor agent nor
 * headers can be known any more.  Its entry stays in the ledger, and so does
 * what was told of it; message.forgotten tells which hits, and on what ground.
 */
struct forget {
	const struct conf *conf;
	struct writer *writer;
	struct db *db;	/* a reader */
	int64_t before; /* position: hits from here on are not judged */
	const _Atomic bool *stop; /* set: no more now */
	size_t hits;		  /* out: destroyed */
};

/* Destroys what is over by now_us, of all brands, in operations of some hits.
 * Under a legal hold nothing is destroyed; it is looked at again the next time.
 * Fails: RC_IO, those of writer_do(). */
enum rc forget_run(struct forget *f, int64_t now_us, struct err *e) MUST_USE;

#endif
