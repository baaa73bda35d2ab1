#ifndef SERVER_SETTINGS_H
#define SERVER_SETTINGS_H

#include "conf/conf.h"
#include "mailer/sts.h"
#include "mailer/transport.h"

/* conf_load(), and then what only ICU can judge: that there are such locales
 * and time zones.  Owns, fails: as conf_load(). */
enum rc settings_load(const char *path, const struct conf **out,
		      struct err *e) MUST_USE;

/* What the configuration says of sending: whom to believe, whom to ask, and
 * the policies that are kept below the state directory.
 * Owns, fails: as transport_new(), dns_new(), sts_new(). */
enum rc settings_transport(const struct conf *c, struct transport **out,
			   struct err *e) MUST_USE;
enum rc settings_dns(const struct conf *c, struct dns **out,
		     struct err *e) MUST_USE;
enum rc settings_sts(const struct conf *c, const char *state, struct dns *dns,
		     struct sts **out, struct err *e) MUST_USE;

#endif
