#ifndef MAILER_DEAD_LINKS_H
#define MAILER_DEAD_LINKS_H

#include "base/keyring.h"
#include "base/ref.h"

/*
 * Mail is composed once, and may wait for days: links that it got then may have
 * lost their key since, and would lead nowhere from the first minute.
 */

/* True where a message's exact bytes have links of its own that the key with
 * this id signed.  Takes about as long as composing it. */
bool dead_links_by(struct slice bytes, struct ref mref, uint32_t key_id);

/* The revoked key of the brand by which they have such links, or NULL; where
 * none is revoked it costs nothing. */
const struct token_key *dead_links(struct slice bytes, struct ref mref,
				   const struct keyring *keys, uint16_t brand);

#endif
