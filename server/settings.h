#ifndef SERVER_SETTINGS_H
#define SERVER_SETTINGS_H

#include "conf/conf.h"
#include "mailer/sts.h"
#include "mailer/transport.h"

/* conf_load(), and then what conf/ cannot judge: that there are such locales,
 * time zones and files.  Owns, fails: as conf_load(). */
enum rc settings_load(const char *path, const struct conf **out,
		      struct err *e) MUST_USE;

/* Reads the templates and rules that it names, as a start would.  Fails:
 * RC_CONFIG, RC_IO; the text names the option. */
enum rc settings_check_files(const struct conf *c, struct err *e) MUST_USE;

/* Adds a line when rules on machines name networks and know none of them,
 * neither as they came nor below the state directory. */
void settings_warn_ranges(const struct conf *c, const char *state,
			  struct sbuf *out);

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
