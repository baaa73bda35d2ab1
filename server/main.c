#include <getopt.h>
#include <sysexits.h>

#include "server/command.h"

#ifndef ACUSE_VERSION
#define ACUSE_VERSION "0.1"
#endif

static void
usage(FILE *to)
{
	fprintf(to,
		"Acuse %s, a notice server for billing systems.\n\n"
		"usage: acuse COMMAND [--config FILE] [--state DIR] "
		"[--json] …\n\n",
		ACUSE_VERSION);
	for (const struct command *c = commands; c->name != NULL; c++)
		fprintf(to, "  %s %s\n      %s\n", c->name, c->usage, c->doc);
	fprintf(to, "\nWithout them: --config %s --state %s\n", DEFAULT_CONFIG,
		DEFAULT_STATE);
}

/* Every option is either a text or a switch of struct options. */
static bool
read_options(struct options *o, int argc, char **argv)
{
	const char **texts[] = {&o->config,	&o->state,	&o->clock,
				&o->ports_file, &o->role,	&o->domain,
				&o->title,	&o->public_url, &o->locale,
				&o->time_zone,	&o->name,	&o->scope,
				&o->reason,	&o->brand,	&o->data,
				&o->output,	&o->to};
	bool *switches[] = {&o->demo, &o->json, &o->print_config, &o->reference,
			    &o->help};
	enum { TEXT = 256, SWITCH = 512 };
	const struct option table[] = {
	    {"config", required_argument, NULL, TEXT + 0},
	    {"state", required_argument, NULL, TEXT + 1},
	    {"clock", required_argument, NULL, TEXT + 2},
	    {"ports-file", required_argument, NULL, TEXT + 3},
	    {"role", required_argument, NULL, TEXT + 4},
	    {"domain", required_argument, NULL, TEXT + 5},
	    {"title", required_argument, NULL, TEXT + 6},
	    {"public-url", required_argument, NULL, TEXT + 7},
	    {"locale", required_argument, NULL, TEXT + 8},
	    {"time-zone", required_argument, NULL, TEXT + 9},
	    {"name", required_argument, NULL, TEXT + 10},
	    {"scope", required_argument, NULL, TEXT + 11},
	    {"reason", required_argument, NULL, TEXT + 12},
	    {"brand", required_argument, NULL, TEXT + 13},
	    {"data", required_argument, NULL, TEXT + 14},
	    {"output", required_argument, NULL, TEXT + 15},
	    {"to", required_argument, NULL, TEXT + 16},
	    {"demo", no_argument, NULL, SWITCH + 0},
	    {"json", no_argument, NULL, SWITCH + 1},
	    {"print-config", no_argument, NULL, SWITCH + 2},
	    {"reference", no_argument, NULL, SWITCH + 3},
	    {"help", no_argument, NULL, SWITCH + 4},
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "o:", table, NULL)) != -1) {
		if (c == 'o')
			o->output = optarg;
		else if (c >= SWITCH)
			*switches[c - SWITCH] = true;
		else if (c >= TEXT)
			*texts[c - TEXT] = optarg;
		else
			return false;
	}
	o->argc = argc - optind;
	o->argv = argv + optind;
	return true;
}

static int
run(const struct command *c, const struct options *o)
{
	struct err e = {0};
	enum rc rc = c->run(o, &e);

	if (rc == RC_OK)
		return EX_OK;
	fprintf(stderr, "acuse %s: %s%s%s\n", c->name, e.pointer,
		e.pointer[0] != '\0' ? ": " : "", e.text);
	return rc_exit(rc);
}

int
main(int argc, char **argv)
{
	struct options o = {.config = DEFAULT_CONFIG, .state = DEFAULT_STATE};
	char name[64];

	if (argc < 2) {
		usage(stderr);
		return EX_USAGE;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		return EX_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("acuse %s\n", ACUSE_VERSION);
		return EX_OK;
	}
	for (const struct command *c = commands; c->name != NULL; c++) {
		if (strcmp(argv[1], c->name) != 0)
			continue;
		snprintf(name, sizeof(name), "acuse %s", c->name);
		argv[1] = name; /* as getopt's complaints begin */
		if (!read_options(&o, argc - 1, argv + 1))
			return EX_USAGE;
		if (o.argc > c->most) {
			fprintf(stderr, "%s: what is %s?  usage: %s %s\n", name,
				o.argv[c->most], name, c->usage);
			return EX_USAGE;
		}
		if (o.help) {
			printf("usage: acuse %s %s\n%s\n", c->name, c->usage,
			       c->doc);
			return EX_OK;
		}
		return run(c, &o);
	}
	fprintf(stderr,
		"acuse: there is no command %s; acuse help lists "
		"them\n",
		argv[1]);
	return EX_USAGE;
}
