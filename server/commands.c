#include <errno.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/file.h"
#include "base/json.h"
#include "conf/conf.h"
#include "mailer/materials.h"
#include "server/client.h"
#include "server/command.h"
#include "server/serve.h"
#include "server/state.h"
#include "server/template_command.h"
#include "templates/locale.h"
#include "templates/zone.h"

static enum rc
run_serve(const struct options *o, struct err *e)
{
	struct serve_options s = {.config = o->config,
				  .state = o->state,
				  .clock = o->clock,
				  .ports_file = o->ports_file};

	if (o->role != NULL && strcmp(o->role, "redirect") != 0)
		return err_set(e, RC_INVALID, "--role takes redirect, not %s",
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
	struct sbuf key;
	enum rc rc;

	sbuf_init(&key, 256);
	rc = state_init(&i, &key, e);
	if (rc == RC_OK && o->json) {
		show_made(o, sbuf_slice(&key));
	} else if (rc == RC_OK) {
		printf("Made %s (mode 0700), with keys and the database.\n"
		       "The configuration is %s.\n\n"
		       "API key, shown this once:\n  %s\n\n"
		       "Next:\n"
		       "  acuse check-conf --config %s\n"
		       "  acuse dkim show --config %s --state %s"
		       "   (records for your DNS)\n"
		       "  acuse serve --config %s --state %s\n",
		       o->state, o->config, sbuf_z(&key), o->config, o->config,
		       o->state, o->config, o->state);
		printf("It starts in observe: it plans and shows, and sends "
		       "nothing until the\nconfiguration says send = true.\n");
	}
	sbuf_fini(&key);
	return rc;
}

/* Names that only ICU can judge. */
static enum rc
check_names(const struct conf *c, struct err *e)
{
	for (size_t i = 0; i < c->brands_n; i++) {
		const struct brand *b = &c->brands[i];

		if (!locale_valid(slice_z(b->locale)))
			return err_set(e, RC_INVALID,
				       "brand %s: %s is no locale", b->name,
				       b->locale);
		if (zone_find(slice_z(b->time_zone)) == NULL)
			return err_set(e, RC_INVALID,
				       "brand %s: %s is no time zone", b->name,
				       b->time_zone);
	}
	return RC_OK;
}

static enum rc
run_check_conf(const struct options *o, struct err *e)
{
	const char *path = o->argc > 0 ? o->argv[0] : o->config;
	const struct conf *c;
	struct sbuf b;
	enum rc rc;

	sbuf_init(&b, 16u << 20);
	if (o->reference) {
		conf_reference(&b);
		printf("%s", sbuf_z(&b));
		sbuf_fini(&b);
		return RC_OK;
	}
	rc = conf_load(path, &c, e);
	if (rc == RC_OK) {
		rc = check_names(c, e);
		conf_warnings(c, &b);
		fprintf(stderr, "%s", sbuf_z(&b));
		sbuf_reset(&b);
		if (o->print_config)
			conf_print(c, &b);
		if (rc == RC_OK && o->print_config)
			printf("%s", sbuf_z(&b));
		else if (rc == RC_OK)
			printf("%s: it loads: %zu brands, %zu policies\n", path,
			       c->brands_n, c->policies_n);
		conf_unref(c);
	}
	sbuf_fini(&b);
	return rc;
}

static enum rc
need(const struct options *o, int n, const char *what, struct err *e)
{
	if (o->argc >= n)
		return RC_OK;
	return err_set(e, RC_INVALID, "name %s; acuse help says how", what);
}

static void
show_key(struct slice answer)
{
	json_t *o = json_loadb(answer.p, answer.n, 0, NULL);
	const char *key = json_string_value(json_object_get(o, "key"));

	printf("API key, shown this once:\n  %s\n", key != NULL ? key : "?");
	json_decref(o);
}

/* The first token key of each brand that has none; of a brand that is named, a
 * new one, which new mails use while old links go on. */
static enum rc
make_token_keys(const struct options *o, struct err *e)
{
	struct keyring *keys = NULL;
	const struct conf *c;
	bool any = false;
	enum rc rc = conf_load(o->config, &c, e);

	if (rc != RC_OK)
		return rc;
	rc = state_become_owner(o->state, e);
	if (rc == RC_OK)
		rc = keyring_load(o->state, &keys, e);
	for (size_t i = 0; rc == RC_OK && i < c->brands_n; i++) {
		const struct brand *b = &c->brands[i];
		uint32_t id;

		if (o->brand != NULL ? strcmp(o->brand, b->name) != 0
				     : keyring_active(keys, b->number) != NULL)
			continue;
		any = true;
		rc = keyring_create(o->state, b->number, &id, e);
		if (rc == RC_OK)
			printf("brand %s: made token-%08x\n", b->name, id);
	}
	if (rc == RC_OK && !any && o->brand != NULL)
		rc = err_set(e, RC_NOTFOUND, "there is no brand %s", o->brand);
	keyring_free(keys);
	conf_unref(c);
	return rc;
}

static enum rc
run_key(const struct options *o, struct err *e)
{
	struct slice scopes =
	    slice_z(o->scope != NULL ? o->scope : "send,read");
	struct sbuf body;
	enum rc rc = need(o, 1, "what to do: add, list or token", e);

	if (rc != RC_OK)
		return rc;
	if (strcmp(o->argv[0], "list") == 0)
		return client_print(o, "GET", "/v1/keys", SLICE(""), NULL, e);
	if (strcmp(o->argv[0], "token") == 0)
		return make_token_keys(o, e);
	if (strcmp(o->argv[0], "add") != 0)
		return err_set(e, RC_INVALID,
			       "key takes add, list or token, not %s",
			       o->argv[0]);
	sbuf_init(&body, 4096);
	sbuf_add_z(&body, "{\"name\":");
	sbuf_add_json(&body, slice_z(o->name != NULL ? o->name : "key"));
	sbuf_add_z(&body, ",\"scopes\":[");
	while (scopes.n > 0) {
		sbuf_add_json(&body, slice_trim(slice_cut(&scopes, ',')));
		sbuf_add_z(&body, scopes.n > 0 ? "," : "");
	}
	sbuf_add_z(&body, "]}");
	rc =
	    client_print(o, "POST", "/v1/keys", sbuf_slice(&body), show_key, e);
	sbuf_fini(&body);
	return rc;
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
	enum rc rc = need(o, 1, "a customer's id", e);

	return rc == RC_OK ? run_get(o, "/v1/customers/", o->argv[0], "/log", e)
			   : rc;
}

static enum rc
run_plan(const struct options *o, struct err *e)
{
	enum rc rc = need(o, 1, "a customer's id", e);

	return rc == RC_OK ? run_get(o, "/v1/plan?customer=", o->argv[0], "", e)
			   : rc;
}

static enum rc
run_stats(const struct options *o, struct err *e)
{
	return client_print(o, "GET", "/v1/stats", SLICE(""), NULL, e);
}

static void
print_transcripts(struct slice answer)
{
	json_t *o = json_loadb(answer.p, answer.n, 0, NULL), *attempt;
	json_t *list = json_object_get(o, "attempts");
	size_t i;

	json_array_foreach (list, i, attempt) {
		const char *text =
		    json_string_value(json_object_get(attempt, "transcript"));
		json_t *copy = json_deep_copy(attempt);
		char *line;

		json_object_del(copy, "transcript");
		line = json_dumps(copy, JSON_COMPACT);
		printf("%s\n%s\n", line, text != NULL ? text : "");
		free(line);
		json_decref(copy);
	}
	json_decref(o);
}

/* queue show MREF | list | pause | resume | hold|resume|retry|cancel WHAT */
static enum rc
run_queue(const struct options *o, struct err *e)
{
	static const char *const hand[] = {"hold", "resume", "retry", "cancel"};
	const char *what = o->argc > 0 ? o->argv[0] : "list";
	char path[256];
	struct sbuf body;
	enum rc rc = RC_INVALID;

	if (strcmp(what, "list") == 0)
		return client_print(o, "GET", "/v1/queue", SLICE(""), NULL, e);
	if (strcmp(what, "pause") == 0 ||
	    (strcmp(what, "resume") == 0 && o->argc == 1)) {
		snprintf(path, sizeof(path), "/v1/sending/%s", what);
		sbuf_init(&body, 4096);
		sbuf_add_z(&body, "{\"reason\":");
		sbuf_add_json(
		    &body, slice_z(o->reason != NULL ? o->reason : "by hand"));
		sbuf_add_c(&body, '}');
		rc = client_print(o, "POST", path, sbuf_slice(&body), NULL, e);
		sbuf_fini(&body);
		return rc;
	}
	rc = need(o, 2, "a message (its mref), a domain, or all", e);
	if (rc != RC_OK)
		return rc;
	if (strcmp(what, "show") == 0) {
		snprintf(path, sizeof(path), "/v1/queue/%.64s", o->argv[1]);
		return client_print(o, "GET", path, SLICE(""),
				    print_transcripts, e);
	}
	for (size_t i = 0; i < sizeof(hand) / sizeof(*hand); i++) {
		const char *key = strcmp(o->argv[1], "all") == 0 ? "all"
				  : strlen(o->argv[1]) == 32 &&
					  strchr(o->argv[1], '.') == NULL
				      ? "mref"
				      : "domain";

		if (strcmp(what, hand[i]) != 0)
			continue;
		snprintf(path, sizeof(path), "/v1/queue/%s", what);
		sbuf_init(&body, 4096);
		sbuf_addf(&body, "{\"%s\":", key);
		if (strcmp(key, "all") == 0)
			sbuf_add_z(&body, "true");
		else
			sbuf_add_json(&body, slice_z(o->argv[1]));
		sbuf_add_c(&body, '}');
		rc = client_print(o, "POST", path, sbuf_slice(&body), NULL, e);
		sbuf_fini(&body);
		return rc;
	}
	return err_set(e, RC_INVALID,
		       "queue takes list, show, pause, hold, resume, retry or "
		       "cancel, not %s",
		       what);
}

static enum rc
show_dkim_key(const struct options *o, const struct brand *b,
	      const char *selector, enum sign_kind kind, bool make, bool *any,
	      struct err *e)
{
	struct dkim_key k = {b->dkim_domain, selector, NULL};
	struct sbuf out;
	enum rc rc = RC_OK;

	if (selector[0] == '\0')
		return RC_OK;
	*any = true;
	sbuf_init(&out, 65536);
	materials_dkim_path(o->state, b->number, selector, &out);
	if (make && access(sbuf_z(&out), F_OK) != 0)
		rc = sign_key_create(sbuf_z(&out), kind, e);
	if (rc == RC_OK)
		rc = sign_key_load(sbuf_z(&out), &k.key, e);
	if (rc == RC_OK) {
		sbuf_reset(&out);
		dkim_dns_record(&k, &out);
		printf("%s\n", sbuf_z(&out));
		sign_key_free(k.key);
	}
	sbuf_fini(&out);
	return rc;
}

/* dkim new: makes the keys that the configuration names and that are not
 * there yet; both print the records for the DNS. */
static enum rc
run_dkim(const struct options *o, struct err *e)
{
	const char *what = o->argc > 0 ? o->argv[0] : "show";
	bool make = strcmp(what, "new") == 0, any = false;
	const struct conf *c;
	enum rc rc;

	if (!make && strcmp(what, "show") != 0)
		return err_set(e, RC_INVALID, "dkim takes new or show, not %s",
			       what);
	rc = conf_load(o->config, &c, e);
	if (rc != RC_OK)
		return rc;
	rc = state_become_owner(o->state, e);
	for (size_t i = 0; rc == RC_OK && i < c->brands_n; i++) {
		const struct brand *b = &c->brands[i];

		if (o->brand != NULL && strcmp(o->brand, b->name) != 0)
			continue;
		rc = show_dkim_key(o, b, b->dkim_selector, SIGN_RSA, make, &any,
				   e);
		if (rc == RC_OK)
			rc = show_dkim_key(o, b, b->dkim_ed25519_selector,
					   SIGN_ED25519, make, &any, e);
	}
	if (rc == RC_OK && !any)
		rc = err_set(e, RC_NOTFOUND,
			     "no brand names a key: write dkim_selector = "
			     "\"acuse1\" into it in %s, then acuse dkim new",
			     o->config);
	conf_unref(c);
	return rc;
}

const struct command commands[] = {
    {"serve", "[--clock START,SPEED] [--role redirect] [--ports-file FILE]",
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
     "token [--brand NAME]",
     "makes and lists API keys; makes the keys that sign a brand's links",
     run_key, 1},
    {"dkim", "new | show [--brand NAME]",
     "makes DKIM keys and prints their DNS records", run_dkim, 1},
    {"log", "CUSTOMER", "a customer's communications, newest first", run_log,
     1},
    {"plan", "CUSTOMER", "what will be sent, and when", run_plan, 1},
    {"stats", "", "counts of notices and messages", run_stats, 0},
    {"queue",
     "[list | show MREF | pause [--reason TEXT] | resume | "
     "hold|resume|retry|cancel MREF|DOMAIN|all]",
     "what waits, and what came of each attempt", run_queue, 2},
    {"template",
     "list | lint [MAIL] | preview MAIL -o DIR [--data FILE] | send-test MAIL "
     "--to ADDRESS [--data FILE]; [--brand NAME] [--locale LOCALE] "
     "[--time-zone ZONE]",
     "shows, checks or tries the texts of mails", template_command_run, 2},
    {NULL, NULL, NULL, NULL, 0},
};
