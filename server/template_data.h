#ifndef SERVER_TEMPLATE_DATA_H
#define SERVER_TEMPLATE_DATA_H

#include "templates/datum.h"

/* Puts what a file of JSON says over made-up data (templates/sample.h): an
 * object of the names that templates use, its amounts as decimal strings, dates
 * as "YYYY-MM-DD", times as RFC 3339, each read as the kind that the made-up
 * value of its name has.  "currency" is that of all amounts.  What follows from
 * "invoices" (invoice, count, many, balance, due_on, pay_url) does where the
 * file does not say it.
 * Owns: the arena.  Fails: RC_NOTFOUND, RC_IO, RC_LIMIT (the file), RC_INVALID
 * (the pointer names what is at fault). */
enum rc template_data_read(const char *path, struct arena *a,
			   struct datum *data, struct err *e) MUST_USE;

#endif
