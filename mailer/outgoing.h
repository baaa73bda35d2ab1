#ifndef MAILER_OUTGOING_H
#define MAILER_OUTGOING_H

#include "mailer/compose.h"
#include "mailer/transport.h"
#include "queue/claims.h"

/* Gives a claim its exact bytes: composed now, packed for the store and told
 * of in its message, or as they were at an earlier attempt.  Where its way
 * wants other signatures now than they have, they get those, and where their
 * links have lost their key they are composed anew, packed and told of
 * likewise; but RC_INVALID where an attempt is uncertain, so that they may have
 * arrived.  Owns: the arena; what is packed, the shelf.  Fails: as compose(),
 * dkim_sign() and content_get(). */
enum rc outgoing_compose(const struct composer *c, struct compose_room *room,
			 struct claim *claim, struct arena *a,
			 struct arena *shelf, struct err *e) MUST_USE;

/* Fills the caller's part of t, but job, from a claim that has its bytes.
 * Owns: the arena, and the claim. */
void outgoing_address(const struct composer *c, const struct claim *claim,
		      struct arena *a, struct transport_message *t);

#endif
