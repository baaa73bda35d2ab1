#ifndef TRACKER_LINK_WAIT_H
#define TRACKER_LINK_WAIT_H

#include "tracker/hits.h"

/* The pages of portal/ where there is no store: a link that is good is told to
 * come back, any other what it is told there.  Owns: what hits has. */
struct http_table link_wait_table(struct hits *hits);

#endif
