#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "server/command.h"
#include "server/harmless.h"

#ifndef ACUSE_VERSION
#define ACUSE_VERSION "0.1"
#endif

/* An option's value is the place of its field in struct options, past all
 * letters. */
#define PLACES 256
#define PLACE(field) (PLACES + (int)offsetof(struct options, field))
#define TEXT(name, field)                                                      \
	{                                                                      \
		name, required_argument, NULL, PLACE(field)                    \
	}
#define SWITCH(name, field)                                                    \
	{                                                                      \
		name, no_argument, NULL, PLACE(field)                          \
	}

static const struct option table[] = {
    TEXT("config", config),
    TEXT("state", state),
    SWITCH("json", json),
    SWITCH("help", help),
    TEXT("clock", clock),
    TEXT("ports-file", ports_file),
    TEXT("role", role),
    TEXT("domain", domain),
    TEXT("title", title),
    TEXT("public-url", public_url),
    TEXT("locale", locale),
    TEXT("time-zone", time_zone),
    TEXT("name", name),
    TEXT("scope", scope),
    TEXT("reason", reason),
    TEXT("brand", brand),
    TEXT("data", data),
    TEXT("output", output),
    TEXT("to", to),
    TEXT("selector", selector),
    SWITCH("ed25519", ed25519),
    SWITCH("demo", demo),
    SWITCH("again", again),
    SWITCH("yes", yes),
    SWITCH("print-config", print_config),
    SWITCH("reference", reference),
    {NULL, 0, NULL, 0},
};

#define LARGE (1 << 20)
#define EVERYWHERE 4 /* the first ones of the table */

static void
show_usage(FILE *to, const struct command *c)
{
	fprintf(to, "usage: acuse %s%s%s\n", c->name,
		c->usage[0] != '\0' ? " " : "", c->usage);
}

static void
show_command(const struct command *c)
{
	show_usage(stdout, c);
	printf("  %s\n\n"
	       "Everywhere: --config FILE (%s), --state DIR (%s),\n"
	       "--json (prints what the API says)\n",
	       c->doc, DEFAULT_CONFIG, DEFAULT_STATE);
}

static void
show_all(FILE *to)
{
	fprintf(to,
		"Acuse %s, a notice server for billing systems.\n\n"
		"usage: acuse COMMAND [--config FILE] [--state DIR] "
		"[--json] …\n\n",
		ACUSE_VERSION);
	for (const struct command *c = commands; c->name != NULL; c++)
		fprintf(to, "  %s%s%s\n      %s\n", c->name,
			c->usage[0] != '\0' ? " " : "", c->usage, c->doc);
	fprintf(to,
		"  help [COMMAND]\n      shows this, or one command\n"
		"\nWithout them: --config %s --state %s\n",
		DEFAULT_CONFIG, DEFAULT_STATE);
}

/* Its usage names the options that a command looks at. */
static bool
takes(const struct command *c, const struct option *option)
{
	char text[64];
	const char *at;

	if (option < table + EVERYWHERE)
		return true;
	snprintf(text, sizeof(text), "--%s", option->name);
	at = strstr(c->usage, text);
	return at != NULL && strchr(" ]", at[strlen(text)]) != NULL;
}

static const struct option *
option_at(int place)
{
	const struct option *option = table;

	while (option->val != place)
		option++;
	return option;
}

/* False when it was said what is wrong. */
static bool
read_options(struct options *o, const struct command *c, int argc, char **argv)
{
	int place;

	while ((place = getopt_long(argc, argv, "ho:", table, NULL)) != '?') {
		const struct option *option;
		char *field;

		if (place == -1) {
			o->argc = argc - optind;
			o->argv = argv + optind;
			return true;
		}
		place = place == 'h'   ? PLACE(help)
			: place == 'o' ? PLACE(output)
				       : place;
		option = option_at(place);
		if (!takes(c, option)) {
			fprintf(stderr, "%s takes no --%s\n", argv[0],
				option->name);
			return false;
		}
		field = (char *)o + (place - PLACES);
		if (option->has_arg == required_argument)
			*(const char **)(void *)field = optarg;
		else
			*(bool *)(void *)field = true;
	}
	return false;
}

/* Its text may quote what a file of others has. */
static void
print_error(const struct command *c, const struct err *e)
{
	struct sbuf line;

	sbuf_init(&line, 65536);
	sbuf_addf(&line, "acuse %s: ", c->name);
	harmless_add_line(&line, slice_z(e->pointer));
	sbuf_add_z(&line, e->pointer[0] != '\0' ? ": " : "");
	harmless_add_line(&line, slice_z(e->text));
	fprintf(stderr, "%s\n", sbuf_z(&line));
	sbuf_fini(&line);
}

static int
run(const struct command *c, const struct options *o)
{
	struct err e = {0};
	enum rc rc = c->run(o, &e);

	if (rc == RC_OK && (fflush(stdout) != 0 || ferror(stdout) != 0))
		rc = err_errno(&e, "standard output");
	if (rc == RC_OK)
		return EX_OK;
	print_error(c, &e);
	if (rc == RC_USAGE)
		show_usage(stderr, c);
	return rc_exit(rc);
}

static int
run_arguments(const struct command *c, int argc, char **argv)
{
	struct options o = {.config = DEFAULT_CONFIG, .state = DEFAULT_STATE};
	char name[64];

	snprintf(name, sizeof(name), "acuse %s", c->name);
	argv[0] = name; /* as getopt's complaints begin */
	if (!read_options(&o, c, argc, argv)) {
		show_usage(stderr, c);
		return EX_USAGE;
	}
	if (o.help) {
		show_command(c);
		return EX_OK;
	}
	if (o.argc > c->most) {
		fprintf(stderr, "%s: what is %s?\n", name, o.argv[c->most]);
		show_usage(stderr, c);
		return EX_USAGE;
	}
	return run(c, &o);
}

static const struct command *
find(const char *name)
{
	for (const struct command *c = commands; c->name != NULL; c++)
		if (strcmp(name, c->name) == 0)
			return c;
	fprintf(stderr, "acuse: %s %s; acuse help lists the commands\n",
		name[0] == '-' ? "a command comes first, not"
			       : "there is no command",
		name);
	return NULL;
}

static bool
is(const char *word, const char *command, const char *option, char letter)
{
	char brief[] = {'-', letter, '\0'};

	return strcmp(word, command) == 0 || strcmp(word, option) == 0 ||
	       strcmp(word, brief) == 0;
}

/* One that was closed would become a file of ours, and get the log. */
static void
fill_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

int
main(int argc, char **argv)
{
	const struct command *c;

	fill_descriptors();
	/* What a mail with a large document took goes back at once. */
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
	if (argc < 2) {
		show_all(stderr);
		return EX_USAGE;
	}
	if (is(argv[1], "version", "--version", 'V')) {
		printf("acuse %s\n", ACUSE_VERSION);
		return EX_OK;
	}
	if (is(argv[1], "help", "--help", 'h')) {
		if (argc == 2) {
			show_all(stdout);
			return EX_OK;
		}
		c = find(argv[2]);
		if (c != NULL)
			show_command(c);
		return c != NULL ? EX_OK : EX_USAGE;
	}
	c = find(argv[1]);
	return c != NULL ? run_arguments(c, argc - 1, argv + 1) : EX_USAGE;
}
