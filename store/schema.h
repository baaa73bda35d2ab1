#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/db.h"

/* Refuses a file that is not ours, a schema newer than the program and, for a
 * reader, an older one.  Fails: RC_STATE, RC_IO. */
enum rc schema_check(struct db *db, struct err *e) MUST_USE;

/* Applies, in order and each in a transaction, the schema files whose number
 * is above the database's.  Fails: RC_IO, RC_BUG. */
enum rc schema_update(struct db *db, struct err *e) MUST_USE;

#endif
