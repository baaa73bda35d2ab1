#ifndef STORE_META_H
#define STORE_META_H

#include "store/db.h"

/* Values of the meta table.  RC_NOTFOUND leaves *out as it was. */
enum rc meta_get_int(struct db *db, const char *key, int64_t *out,
		     struct err *e) MUST_USE;
enum rc meta_set_int(struct db *db, const char *key, int64_t v,
		     struct err *e) MUST_USE;
enum rc meta_get_text(struct db *db, const char *key, struct sbuf *out,
		      struct err *e) MUST_USE;
enum rc meta_set_text(struct db *db, const char *key, struct slice v,
		      struct err *e) MUST_USE;

#endif
