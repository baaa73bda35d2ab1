#ifndef SERVER_TEMPLATE_SEND_H
#define SERVER_TEMPLATE_SEND_H

#include "conf/conf.h"

struct template_sending {
	const struct conf *conf;
	const struct brand *brand;
	const char *state; /* where the keys lie */
	const char *to;
	struct slice message; /* complete, unsigned */
};

/* Signs a message as the brand's mails are, sends it by the route that they
 * would take, and adds what the server answered.  The queue and the ledger do
 * not know of it.
 * Fails: RC_INVALID (the address, or its domain takes no mail), RC_AGAIN,
 * RC_IO, RC_DENIED: it was not accepted; the text has the reply. */
enum rc template_send(const struct template_sending *s, struct sbuf *answer,
		      struct err *e) MUST_USE;

#endif
