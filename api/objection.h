#ifndef API_OBJECTION_H
#define API_OBJECTION_H

#include "api/answer.h"
#include "store/invoice.h"

/* What a recipient answered on a message's page, as far as it holds acts. */

/* True while its acts wait for one, or when it had one in this cycle. */
bool objection_is_there(const struct invoice *i, int64_t now_us);

/* The members of the objection that holds an invoice's acts, the caller opens
 * and closes the object: {answer, at, until, mref}; all but until null where
 * the event was erased. */
enum rc objection_add(struct reading *r, const struct invoice *i,
		      struct err *e) MUST_USE;

#endif
