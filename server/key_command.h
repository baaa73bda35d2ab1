#ifndef SERVER_KEY_COMMAND_H
#define SERVER_KEY_COMMAND_H

#include "server/command.h"

/* "acuse key add | list | token [list | rotate | revoke]": API keys, and the
 * keys that sign a brand's links. */
enum rc key_command_run(const struct options *o, struct err *e) MUST_USE;

/* "acuse dkim new | show": makes the keys that the configuration names and
 * that are not there yet; both print the records for the DNS. */
enum rc key_command_dkim(const struct options *o, struct err *e) MUST_USE;

#endif
