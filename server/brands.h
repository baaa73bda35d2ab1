#ifndef SERVER_BRANDS_H
#define SERVER_BRANDS_H

#include "conf/conf.h"
#include "store/db.h"

/* Keeps which brand has which name and id, of all that ever served: messages
 * know theirs by its name, links by its id.  A reload is held to that by
 * conf_check_reload(), a start by this.  Fails: RC_CONFIG (one was renamed, or
 * has another's id).  Thread: writer. */
enum rc brands_keep(struct db *db, const struct conf *c,
		    struct err *e) MUST_USE;

#endif
