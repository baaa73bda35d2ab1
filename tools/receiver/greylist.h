#ifndef RECEIVER_GREYLIST_H
#define RECEIVER_GREYLIST_H

#include "base/slice.h"

/* Who was seen when: sender, recipient and peer together. */
struct greylist;

/* Has seen nobody.  Owns: the caller, greylist_free(). */
struct greylist *greylist_new(void);
void greylist_free(struct greylist *g);

/* True when the three were first seen wait_us or longer before now_us (wall).
 * The first look remembers them. */
bool greylist_pass(struct greylist *g, const struct slice who[3],
		   int64_t wait_us, int64_t now_us);

#endif
