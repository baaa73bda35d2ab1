#ifndef SERVER_COMMAND_H
#define SERVER_COMMAND_H

#include <stdbool.h>

#include "base/err.h"

#define DEFAULT_CONFIG "/etc/acuse/acuse.conf"
#define DEFAULT_STATE "/var/lib/acuse"

/* Options that any subcommand may take; each looks at its own. */
struct options {
	const char *config, *state;
	const char *clock, *ports_file, *role;
	const char *domain, *title, *public_url, *locale, *time_zone;
	const char *name, *scope, *reason, *brand, *data, *output, *to;
	const char *selector;
	bool ed25519;
	bool demo, again, yes, json, print_config, reference, help;
	int argc; /* what is left */
	char **argv;
};

/* One row of the command line. */
struct command {
	const char *name;
	const char *usage; /* after the name */
	const char *doc;
	enum rc (*run)(const struct options *o, struct err *e);
	int most; /* arguments that are no options */
};

/* Fails: RC_USAGE ("name WHAT") with fewer than n arguments. */
enum rc command_need(const struct options *o, int n, const char *what,
		     struct err *e) MUST_USE;

/* All subcommands, ended by a row without a name. */
extern const struct command commands[];

#endif
