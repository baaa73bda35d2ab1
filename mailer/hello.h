#ifndef MAILER_HELLO_H
#define MAILER_HELLO_H

#include "mailer/wire.h"

/* Opens the dialogue on a wire that is not connected yet: socket, TLS,
 * greeting, EHLO, STARTTLS and EHLO again, as the target asks; HELO where EHLO
 * is unknown.  Adds the verbatim greeting and the last reply to EHLO.
 * False: the wire is dead.  Ref: RFC 5321 3.2, RFC 3207, RFC 8314. */
bool hello(struct wire *w, struct sbuf *greeting, struct sbuf *ehlo);

#endif
