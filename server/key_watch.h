#ifndef SERVER_KEY_WATCH_H
#define SERVER_KEY_WATCH_H

#include "server/parts.h"

/* Watches STATE/keys, so that a key which was made or revoked counts at once,
 * in each process that serves, whoever wrote it. */

/* A descriptor for poll(), readable when something changed there; -1, logged,
 * where there is none to be had: then a reload has to tell. */
int key_watch_open(const struct server *s);

/* Takes the keys as they are now, where the descriptor says so; broken ones are
 * logged, and those in force stay.  Thread: main. */
void key_watch_step(struct server *s, int fd);

#endif
