#ifndef TRACKER_HITS_H
#define TRACKER_HITS_H

#include "base/token.h"
#include "conf/conf.h"
#include "tracker/journal.h"
#include "tracker/router.h"

/*
 * Pixel and click: answered from keys and journal alone.
 *   GET /o/<token>                 43 bytes of GIF, always alike
 *   GET /c/<token>/<destination>   302 to the signed destination
 */

/* Keys in force, swapped on reload.  Thread: any. */
struct keys_box;
struct keys_box *keys_box_new(struct keyring *k); /* takes it */
void keys_box_free(struct keys_box *b);
const struct keyring *keys_box_get(struct keys_box *b);
/* Old ones are kept until keys_box_free(): reloads are rare and small. */
void keys_box_set(struct keys_box *b, struct keyring *k);

struct hits;

/* One journal writer a loop.  journal NULL: nothing is recorded (tests).
 * Fails: those of journal_writer_new(). */
enum rc hits_new(struct keys_box *keys, struct conf_box *conf,
		 struct journal *journal, unsigned loops, struct hits **out,
		 struct err *e) MUST_USE;

/* After its server stopped; waits for a disk that is late. */
void hits_free(struct hits *h);

/* The routes, to be mounted in the public server. */
struct http_table hits_table(struct hits *h);

/* For http_config.round and .flush, with the struct hits as round_owner. */
bool hits_round(void *hits, unsigned loop);
void hits_flush(void *hits, unsigned loop);

/* Records a hit of a request whose reply is set, then finishes it once the
 * record is on disk.  The request belongs to hits afterwards; the handler has
 * called http_suspend(), or runs as a job.  For pages of portal/ (HIT_VIEW,
 * HIT_VISIT).
 * Thread: any. */
void hits_finish(struct hits *h, struct http_request *rq, enum hit_kind kind,
		 const struct token *t);

/* What it answers from. */
struct keys_box *hits_keys(const struct hits *h);
struct conf_box *hits_conf(const struct hits *h);

/* Counts a link that is not good: RC_DENIED is nobody's of ours, RC_STATE a
 * revoked key's.  Thread: the request's loop. */
void hits_count_bad(struct hits *h, const struct http_request *rq, enum rc rc);

/* What a brand lets be kept of a visitor's address: none of it, its network (24
 * bits of IPv4, 48 of IPv6), or all; none where there is no brand. */
struct addr hits_address_of(const struct brand *b, struct addr a);
/* The same for the brand whose key it is. */
struct addr hits_address_kept(const struct conf *conf, uint32_t key_id,
			      struct addr a);

/* The raw signals of a request, as struct hit has them; in b. */
struct slice hits_signals(const struct http_request *rq, struct sbuf *b);

struct hits_stats {
	uint64_t opens, clicks, views, visits, bad_tokens, revoked, lost;
	uint64_t lost_ever; /* by all processes of the journal */
	bool late;	    /* now: journal_late() */
};

/* Counts since the start, over all loops.  Thread: any. */
void hits_stats(const struct hits *h, struct hits_stats *out);

#endif
