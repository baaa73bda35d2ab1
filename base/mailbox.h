#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include "base/sbuf.h"

#define MAILBOX_MAX 254 /* bytes. Ref: RFC 5321, 4.5.3.1.3 */

/* RFC 5321 mailbox without quotes or literals: local part at most 64, whole at
 * most 254 bytes, domain of LDH or UTF-8 labels.  Control characters are
 * refused, what looks like a space or a point and is none, and domains that
 * have no A-labels. */
bool mailbox_valid(struct slice s);

/* Whether a mailbox may have such a domain. */
bool mailbox_domain_valid(struct slice domain);

/* Adds a valid mailbox, its domain as A-labels, so that any peer takes it; one
 * whose local part is not ASCII stays as it is, for SMTPUTF8 alone.
 * Ref: RFC 6531 3.2. */
void mailbox_add_ascii(struct sbuf *b, struct slice mailbox);

#endif
