#include <unistd.h>

#include "server/answers_command.h"
#include "server/classify_command.h"
#include "server/client.h"
#include "server/command.h"
#include "server/key_command.h"
#include "server/queue_command.h"
#include "server/serve.h"
#include "server/settings.h"
#include "server/state.h"
#include "server/template_command.h"

#define CONF_TEXT_MAX ((size_t)16 << 20)

enum rc
command_need(const struct options *o, int n, const char *what, struct err *e)
{
	if (o->argc >= n)
		return RC_OK;
	return err_set(e, RC_USAGE, "name %s", what);
}

static enum rc
run_serve(const struct options *o, struct err *e)
{
	struct serve_options s = {.config = o->config,
				  .state = o->state,
				  .clock = o->clock,
				  .ports_file = o->ports_file};

	s.standby = o->role != NULL && strcmp(o->role, "standby") == 0;
	if (o->role != NULL && !s.standby && strcmp(o->role, "redirect") != 0)
		return err_set(e, RC_USAGE,
			       "--role takes redirect or standby, not %s",
			       o->role);
	s.redirect = o->role != NULL;
	return serve(&s, e);
}

static void
show_made(const struct options *o, struct slice key)
{
	struct sbuf b;

	sbuf_init(&b, 65536);
	sbuf_add_z(&b, "{\"state\":");
	sbuf_add_json(&b, slice_z(o->state));
	sbuf_add_z(&b, ",\"config\":");
	sbuf_add_json(&b, slice_z(o->config));
	sbuf_add_z(&b, ",\"key\":");
	sbuf_add_json(&b, key);
	printf("%s}\n", sbuf_z(&b));
	sbuf_fini(&b);
}

/* What to do next, with the options that are not the usual ones. */
static void
tell_made(const struct options *o, bool kept, const char *key)
{
	char config[STATE_PATH_MAX] = "", state[STATE_PATH_MAX] = "";

	if (strcmp(o->config, DEFAULT_CONFIG) != 0)
		snprintf(config, sizeof(config), " --config %s", o->config);
	if (strcmp(o->state, DEFAULT_STATE) != 0)
		snprintf(state, sizeof(state), " --state %s", o->state);
	printf("Made %s (mode 0700), with keys and the database.\n"
	       "The configuration is %s%s.\n\n"
	       "API key, shown this once:\n  %s\n\n"
	       "Next:\n"
	       "  acuse check-conf%s\n"
	       "  acuse dkim show%s%s   (records for your DNS)\n"
	       "  acuse serve%s%s\n"
	       "It starts in observe: it plans and shows, and sends nothing "
	       "until the\nconfiguration says send = true.\n",
	       o->state, o->config,
	       kept ? ", which was there and stays as it is" : "", key, config,
	       config, state, config, state);
}

static enum rc
run_init(const struct options *o, struct err *e)
{
	struct state_init i = {.state = o->state,
			       .config = o->config,
			       .domain = o->domain,
			       .title = o->title,
			       .public_url = o->public_url,
			       .locale = o->locale,
			       .time_zone = o->time_zone,
			       .demo = o->demo};
	bool kept = access(o->config, F_OK) == 0;
	struct sbuf key;
	enum rc rc;

	sbuf_init(&key, 256);
	rc = state_init(&i, &key, e);
	if (rc == RC_OK && o->json)
		show_made(o, sbuf_slice(&key));
	else if (rc == RC_OK)
		tell_made(o, kept, sbuf_z(&key));
	sbuf_fini(&key);
	return rc;
}

static enum rc
print_reference(void)
{
	struct sbuf b;

	sbuf_init(&b, CONF_TEXT_MAX);
	conf_reference(&b);
	printf("%s", sbuf_z(&b));
	sbuf_fini(&b);
	return RC_OK;
}

static enum rc
run_check_conf(const struct options *o, struct err *e)
{
	const char *path = o->argc > 0 ? o->argv[0] : o->config;
	const struct conf *c;
	struct sbuf b;
	enum rc rc;

	if (o->reference)
		return print_reference();
	rc = settings_load(path, &c, e);
	if (rc != RC_OK)
		return rc;
	rc = settings_check_files(c, e);
	if (rc != RC_OK) {
		conf_unref(c);
		return rc;
	}
	sbuf_init(&b, CONF_TEXT_MAX);
	conf_warnings(c, &b);
	settings_warn_ranges(c, o->state, &b);
	fprintf(stderr, "%s", sbuf_z(&b));
	sbuf_reset(&b);
	if (o->print_config)
		conf_print(c, &b);
	else
		sbuf_addf(&b, "%s: it loads: brands %zu, policies %zu\n", path,
			  c->brands_n, c->policies_n);
	printf("%s", sbuf_z(&b));
	sbuf_fini(&b);
	conf_unref(c);
	return RC_OK;
}

static enum rc
run_get(const struct options *o, const char *prefix, const char *id,
	const char *suffix, struct err *e)
{
	struct sbuf path;
	enum rc rc;

	sbuf_init(&path, 4096);
	sbuf_add_z(&path, prefix);
	sbuf_add_url(&path, slice_z(id));
	sbuf_add_z(&path, suffix);
	rc = client_print(o, "GET", sbuf_z(&path), SLICE(""), NULL, e);
	sbuf_fini(&path);
	return rc;
}

static enum rc
run_log(const struct options *o, struct err *e)
{
	enum rc rc = command_need(o, 1, "a customer's id", e);

	return rc == RC_OK ? run_get(o, "/v1/customers/", o->argv[0], "/log", e)
			   : rc;
}

static enum rc
run_plan(const struct options *o, struct err *e)
{
	enum rc rc = command_need(o, 1, "a customer's id", e);

	return rc == RC_OK ? run_get(o, "/v1/plan?customer=", o->argv[0], "", e)
			   : rc;
}

static enum rc
run_stats(const struct options *o, struct err *e)
{
	return client_print(o, "GET", "/v1/stats", SLICE(""), NULL, e);
}

const struct command commands[] = {
    {"serve",
     "[--clock START,SPEED] [--role redirect|standby] [--ports-file FILE]",
     "runs the server until SIGTERM; SIGHUP reloads", run_serve, 0},
    {"init",
     "[--domain DOMAIN] [--title NAME] [--public-url URL] [--locale LOCALE] "
     "[--time-zone ZONE] [--demo]",
     "makes the state directory, keys, first API key, configuration", run_init,
     0},
    {"check-conf", "[--print-config | --reference] [FILE]",
     "says whether the configuration loads, and what is odd in it",
     run_check_conf, 1},
    {"key",
     "add [--name NAME] [--scope send,read,admin] | list | "
     "token [--brand NAME] | token list | token next --brand NAME | "
     "token rotate --brand NAME | token revoke KEY [--yes]",
     "makes and lists API keys; makes, lists, changes and revokes the keys "
     "that sign a brand's links",
     key_command_run, 3},
    {"dkim", "new | show [--brand NAME] [--selector NAME [--ed25519]]",
     "makes DKIM keys and prints their DNS records", key_command_dkim, 1},
    {"log", "CUSTOMER", "a customer's communications, newest first", run_log,
     1},
    {"answers", "[AFTER]",
     "what customers answered on the pages of their mails, oldest first",
     answers_command_run, 1},
    {"plan", "CUSTOMER", "what will be sent, and when", run_plan, 1},
    {"stats", "", "counts of notices and messages", run_stats, 0},
    {"classify", "MREF | --again",
     "judges whether a machine or a person made a message's opens and "
     "clicks; --again judges those of all messages, by the present rules",
     classify_command_run, 1},
    {"agents", "[show | update FILE [--name RANGES]]",
     "shows the rules that tell machines from persons, and takes published "
     "lists of address ranges for them",
     classify_command_agents, 2},
    {"queue",
     "[list [DOMAIN]] | show MREF | pause | resume | hold|resume|retry|cancel "
     "[MREF|DOMAIN|all] [--brand NAME] [--reason TEXT] [--yes]",
     "what waits, and what came of each attempt", queue_command_run, 2},
    {"template",
     "list | lint [MAIL] | preview MAIL --output DIR [--data FILE] | send-test "
     "MAIL "
     "--to ADDRESS [--data FILE]; [--brand NAME] [--locale LOCALE] "
     "[--time-zone ZONE]",
     "shows, checks or tries the texts of mails", template_command_run, 2},
    {NULL, NULL, NULL, NULL, 0},
};
