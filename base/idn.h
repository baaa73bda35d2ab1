#ifndef BASE_IDN_H
#define BASE_IDN_H

#include "base/slice.h"

#define IDN_ROOM 256 /* with the NUL */

/* Writes a domain as DNS and SMTP carry it, in lower-case A-labels.  False: it
 * has no such form.  Thread: any.
 * Ref: RFC 5891 5, UTS #46 (non-transitional). */
bool idn_ascii(struct slice domain, char out[IDN_ROOM]);

#endif
