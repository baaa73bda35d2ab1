#ifndef SERVER_FAST_CLOCK_H
#define SERVER_FAST_CLOCK_H

#include "mailer/mailer.h"
#include "queue/queue.h"

/* Drives the fast clock of a demo: time runs at its speed, and stands while
 * work that is due has not been finished. */
struct fast_clock;

/* Parses "2026-11-01T12:00:00Z,86400". */
enum rc fast_clock_parse(const char *text, int64_t *start_us, int64_t *speed,
			 struct err *e) MUST_USE;

/* busy: what else is at work (hits to be drained, requests under way).
 * Fails: RC_IO (reader). */
enum rc fast_clock_start(struct queue *q, const struct mailer *m,
			 const char *db_path, bool (*busy)(void *arg),
			 void *arg, struct fast_clock **out,
			 struct err *e) MUST_USE;
void fast_clock_stop(struct fast_clock *c);

#endif
