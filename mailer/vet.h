#ifndef MAILER_VET_H
#define MAILER_VET_H

#include "mailer/transport.h"

/* What goes no further than us.  Both name the field at fault by e->pointer.
 * Fails: RC_INVALID. */

/* Names without anything that could become a command, and a peer's address. */
enum rc vet_target(const struct target *to, struct err *e) MUST_USE;

/* Addresses, DSN parameters in their bounds, and content that arrives as it
 * is: see transport_check(). */
enum rc vet_message(const struct transport_message *m, struct err *e) MUST_USE;

/* How many bytes s takes as xtext. */
size_t vet_xtext_size(struct slice s);

/* True when s holds a byte past ASCII. */
bool vet_eight_bit(struct slice s);

#endif
