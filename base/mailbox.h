#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include "base/slice.h"

#define MAILBOX_MAX 254 /* bytes. Ref: RFC 5321, 4.5.3.1.3 */

/* RFC 5321 mailbox without quotes or literals: local part at most 64, whole at
 * most 254 bytes, domain of LDH or UTF-8 labels.  Control characters are
 * refused, and what looks like a space or a point and is none. */
bool mailbox_valid(struct slice s);

#endif
