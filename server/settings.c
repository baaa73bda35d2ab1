#include "server/settings.h"

#include <errno.h>
#include <unistd.h>

#include "mailer/verdict.h"
#include "server/state.h"
#include "templates/catalog.h"
#include "templates/locale.h"
#include "templates/zone.h"
#include "tracker/agents.h"

static enum rc
check_zone(const struct conf *c, const char *section, const char *title,
	   const char *zone, struct err *e)
{
	if (zone_find(slice_z(zone)) != NULL)
		return RC_OK;
	return err_at(e, RC_CONFIG, c->file,
		      "%s \"%s\": time_zone: there is no zone \"%s\"; one is "
		      "called like \"America/Argentina/Buenos_Aires\"",
		      section, title, zone);
}

static enum rc
check_brand(const struct conf *c, const struct brand *b, struct err *e)
{
	if (!locale_valid(slice_z(b->locale)))
		return err_at(
		    e, RC_CONFIG, c->file,
		    "brand \"%s\": locale: there is no locale \"%s\"; "
		    "one is called like \"es_AR\"",
		    b->name, b->locale);
	return check_zone(c, "brand", b->name, b->time_zone, e);
}

static enum rc
check_names(const struct conf *c, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < c->brands_n; i++)
		rc = check_brand(c, &c->brands[i], e);
	for (size_t i = 0; rc == RC_OK && i < c->policies_n; i++)
		rc = check_zone(c, "policy", c->policies[i].name,
				c->policies[i].time_zone, e);
	return rc;
}

static enum rc
check_there(const struct conf *c, struct err *e)
{
	const struct {
		const char *option, *path;
	} files[] = {
	    {"template_dir", c->template_dir},
	    {"verdict_file", c->verdict_file},
	    {"agent_file", c->agent_file},
	    {"public_tls_certificate", c->public.tls_certificate},
	    {"public_tls_key", c->public.tls_key},
	    {"private_tls_certificate", c->private.tls_certificate},
	    {"private_tls_key", c->private.tls_key},
	    {"ca_file", c->ca_file},
	    {"trust_anchor", c->trust_anchor},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (files[i].path[0] != '\0' &&
		    access(files[i].path, F_OK) != 0 && errno == ENOENT)
			return err_at(e, RC_CONFIG, c->file,
				      "%s: there is no %s", files[i].option,
				      files[i].path);
	return RC_OK;
}

enum rc
settings_load(const char *path, const struct conf **out, struct err *e)
{
	enum rc rc = conf_load(path, out, e);

	if (rc == RC_OK)
		rc = check_names(*out, e);
	if (rc == RC_OK)
		rc = check_there(*out, e);
	if (rc != RC_OK) {
		conf_unref(*out);
		*out = NULL;
	}
	return rc;
}

static const char *
or_null(const char *z)
{
	return z[0] != '\0' ? z : NULL;
}

static enum rc
check_templates(const char *path, struct err *e)
{
	struct catalog *catalog = NULL;
	enum rc rc = catalog_load(or_null(path), &catalog, e);

	catalog_free(catalog);
	return rc;
}

static enum rc
check_verdicts(const char *path, struct err *e)
{
	struct verdict_rules *rules = NULL;
	enum rc rc = verdict_rules_load(path, &rules, e);

	verdict_rules_free(rules);
	return rc;
}

static enum rc
check_agents(const char *path, struct err *e)
{
	const struct agents *rules = NULL;
	enum rc rc = agents_load(path, NULL, &rules, e);

	agents_unref(rules);
	return rc;
}

enum rc
settings_check_files(const struct conf *c, struct err *e)
{
	const struct {
		const char *option, *path;
		enum rc (*check)(const char *path, struct err *e);
	} files[] = {
	    {"template_dir", c->template_dir, check_templates},
	    {"verdict_file", c->verdict_file, check_verdicts},
	    {"agent_file", c->agent_file, check_agents},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (files[i].check(files[i].path, e) == RC_OK)
			continue;
		(void)err_config(e);
		return err_add(e, "%s", files[i].option);
	}
	return RC_OK;
}

void
settings_warn_ranges(const struct conf *c, const char *state, struct sbuf *out)
{
	const struct agents *rules = NULL;
	char refreshed[STATE_PATH_MAX];
	struct sbuf names;

	if (state_path(state, STATE_RANGES, refreshed, NULL) != RC_OK ||
	    agents_load(c->agent_file, refreshed, &rules, NULL) != RC_OK)
		return;
	sbuf_init(&names, 4096);
	agents_empty_ranges(rules, &names);
	if (names.n > 0)
		sbuf_addf(out,
			  "general: agent_file: no networks are known of %s: "
			  "its rules on them judge nothing until acuse agents "
			  "update\n",
			  sbuf_z(&names));
	sbuf_fini(&names);
	agents_unref(rules);
}

enum rc
settings_transport(const struct conf *c, struct transport **out, struct err *e)
{
	return transport_new(or_null(c->ca_file), out, e);
}

enum rc
settings_dns(const struct conf *c, struct dns **out, struct err *e)
{
	struct dns_config dns = {.trust_anchor = or_null(c->trust_anchor),
				 .forward = or_null(c->resolver),
				 .port = c->mx_port};

	return dns_new(&dns, out, e);
}

enum rc
settings_sts(const struct conf *c, const char *state, struct dns *dns,
	     struct sts **out, struct err *e)
{
	char folder[STATE_PATH_MAX];
	struct sts_config sts = {.dns = dns,
				 .folder = folder,
				 .ca_file = or_null(c->ca_file),
				 .port = c->sts_port,
				 .fetches = (unsigned)c->mail_workers / 2};
	enum rc rc = state_path(state, STATE_STS, folder, e);

	return rc == RC_OK ? sts_new(&sts, out, e) : rc;
}
