#ifndef SERVER_HIT_FLOODS_H
#define SERVER_HIT_FLOODS_H

#include "store/writer.h"

/* Tells in the ledger, when an hour is over, how many hits of each message
 * were past the day's bound in it (message.flooded), and forgets the counts. */
struct hit_floods;

/* Owns: the caller, hit_floods_stop(), before the writer stops. */
struct hit_floods *hit_floods_start(struct writer *w);
void hit_floods_stop(struct hit_floods *f); /* NULL: nothing */

#endif
