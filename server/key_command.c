#include "server/key_command.h"

#include <unistd.h>

#include "base/json.h"
#include "conf/shape.h"
#include "mailer/materials.h"
#include "server/client.h"
#include "server/settings.h"
#include "server/state.h"

static void
show_key(struct slice answer)
{
	json_t *o = json_loadb(answer.p, answer.n, 0, NULL);
	const char *key = json_string_value(json_object_get(o, "key"));

	printf("API key, shown this once:\n  %s\n", key != NULL ? key : "?");
	json_decref(o);
}

/* The configuration, which has the brand that is named, if one is. */
static enum rc
load(const struct options *o, const struct conf **out, struct err *e)
{
	enum rc rc = settings_load(o->config, out, e);

	if (rc != RC_OK || o->brand == NULL ||
	    conf_brand(*out, slice_z(o->brand)) != NULL)
		return rc;
	conf_unref(*out);
	return err_set(e, RC_NOTFOUND, "there is no brand %s in %s", o->brand,
		       o->config);
}

/* ---- keys of links ---- */

/* The first key of each brand that has none, or of the one that is named.
 * Files alone: without it nothing can serve. */
static enum rc
make_token_keys(const struct options *o, struct err *e)
{
	struct keyring *keys = NULL;
	const struct conf *c;
	enum rc rc = load(o, &c, e);

	if (rc != RC_OK)
		return rc;
	rc = state_become_owner(o->state, e);
	if (rc == RC_OK)
		rc = keyring_load(o->state, &keys, e);
	for (size_t i = 0; rc == RC_OK && i < c->brands_n; i++) {
		const struct brand *b = &c->brands[i];
		uint32_t id;

		if (o->brand != NULL && strcmp(o->brand, b->name) != 0)
			continue;
		if (keyring_active(keys, b->number) != NULL) {
			if (o->brand != NULL)
				rc = err_set(e, RC_STATE,
					     "brand %s has its key: acuse key "
					     "token rotate --brand %s makes "
					     "another",
					     b->name, b->name);
			continue;
		}
		rc = keyring_create(o->state, b->number, &id, e);
		if (rc == RC_OK)
			printf("brand %s: made token-%08x\n", b->name, id);
	}
	keyring_free(keys);
	conf_unref(c);
	return rc;
}

static const char *
text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "?";
}

static void
show_token_keys(struct slice answer)
{
	json_t *o = json_loadb(answer.p, answer.n, 0, NULL), *key;
	size_t i;

	json_array_foreach (json_object_get(o, "items"), i, key)
		printf("%s  %-7s  %s%s\n", text_of(key, "key"),
		       text_of(key, "state"), text_of(key, "brand"),
		       json_is_true(json_object_get(key, "in_force"))
			   ? ""
			   : "  (the server does not go by it yet)");
	json_decref(o);
}

static void
show_token_key(struct slice answer)
{
	json_t *o = json_loadb(answer.p, answer.n, 0, NULL);
	json_int_t waiting = json_integer_value(json_object_get(o, "waiting"));
	bool taken = json_is_true(json_object_get(o, "in_force"));

	printf("brand %s: %s is %s%s\n", text_of(o, "brand"), text_of(o, "key"),
	       text_of(o, "state"),
	       taken ? ""
		     : "; the server does not go by it yet, its log says why");
	if (waiting > 0)
		printf("%lld %s queued with links of it: composed anew before "
		       "the next attempt, or held where one may have arrived\n",
		       (long long)waiting,
		       waiting == 1 ? "message is" : "messages are");
	json_decref(o);
}

/* next: a key that waits for the next rotation. */
static enum rc
new_token_key(const struct options *o, bool next, struct err *e)
{
	struct sbuf body;
	enum rc rc;

	if (o->brand == NULL)
		return err_set(e, RC_USAGE,
			       "name the brand whose links get a new key "
			       "(--brand NAME)");
	sbuf_init(&body, 4096);
	sbuf_add_z(&body, "{\"brand\":");
	sbuf_add_json(&body, slice_z(o->brand));
	sbuf_add_z(&body, next ? ",\"next\":true}" : "}");
	rc = client_print(o, "POST", "/v1/token-keys", sbuf_slice(&body),
			  show_token_key, e);
	sbuf_fini(&body);
	return rc;
}

static enum rc
confirm(const struct options *o, const char *key, struct err *e)
{
	char answer[16] = "";

	if (o->yes)
		return RC_OK;
	if (!isatty(STDIN_FILENO))
		return err_set(e, RC_USAGE,
			       "no link that %s signed would lead anywhere any "
			       "more, for good: say --yes",
			       key);
	fprintf(stderr,
		"No link that %s signed will lead anywhere any more.  Revoke "
		"it for good? (yes or no) ",
		key);
	if (fgets(answer, sizeof(answer), stdin) == NULL ||
	    strcmp(answer, "yes\n") != 0)
		return err_set(e, RC_STATE, "nothing was revoked");
	return RC_OK;
}

static enum rc
revoke_token_key(const struct options *o, struct err *e)
{
	struct sbuf path;
	enum rc rc = command_need(
	    o, 3, "the key, as token-00010001 (acuse key token list)", e);

	if (rc != RC_OK)
		return rc;
	rc = confirm(o, o->argv[2], e);
	if (rc != RC_OK)
		return rc;
	sbuf_init(&path, 4096);
	sbuf_add_z(&path, "/v1/token-keys/");
	sbuf_add_url(&path, slice_z(o->argv[2]));
	rc = client_print(o, "DELETE", sbuf_z(&path), SLICE(""), show_token_key,
			  e);
	sbuf_fini(&path);
	return rc;
}

static enum rc
run_token(const struct options *o, struct err *e)
{
	const char *what = o->argc > 1 ? o->argv[1] : "";

	if (o->argc > 2 && strcmp(what, "revoke") != 0)
		return err_set(e, RC_USAGE, "token %s takes no %s", what,
			       o->argv[2]);
	if (o->argc < 2)
		return make_token_keys(o, e);
	if (strcmp(what, "list") == 0)
		return client_print(o, "GET", "/v1/token-keys", SLICE(""),
				    show_token_keys, e);
	if (strcmp(what, "rotate") == 0)
		return new_token_key(o, false, e);
	if (strcmp(what, "next") == 0)
		return new_token_key(o, true, e);
	if (strcmp(what, "revoke") == 0)
		return revoke_token_key(o, e);
	return err_set(e, RC_USAGE,
		       "token takes list, next, rotate or revoke, not %s",
		       what);
}

/* ---- API keys ---- */

enum rc
key_command_run(const struct options *o, struct err *e)
{
	struct slice scopes =
	    slice_z(o->scope != NULL ? o->scope : "send,read");
	struct sbuf body;
	enum rc rc = command_need(o, 1, "what to do: add, list or token", e);

	if (rc != RC_OK)
		return rc;
	if (strcmp(o->argv[0], "token") == 0)
		return run_token(o, e);
	if (o->argc > 1)
		return err_set(e, RC_USAGE, "%s takes no %s", o->argv[0],
			       o->argv[1]);
	if (strcmp(o->argv[0], "list") == 0)
		return client_print(o, "GET", "/v1/keys", SLICE(""), NULL, e);
	if (strcmp(o->argv[0], "add") != 0)
		return err_set(e, RC_USAGE, "takes add, list or token, not %s",
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

/* As a line of a zone file; as JSON, an item of the list. */
static void
add_record(const struct options *o, const struct brand *b,
	   const struct dkim_key *k, struct sbuf *out)
{
	struct sbuf text;

	if (!o->json) {
		dkim_dns_record(k, out);
		sbuf_add_c(out, '\n');
		return;
	}
	sbuf_init(&text, 8192);
	dkim_dns_text(k, &text);
	sbuf_add_z(out, out->n > 0 ? ",{\"brand\":" : "{\"brand\":");
	sbuf_add_json(out, slice_z(b->name));
	sbuf_addf(out,
		  ",\"name\":\"%s._domainkey.%s\",\"type\":\"TXT\","
		  "\"text\":",
		  k->selector, k->domain);
	sbuf_add_json(out, sbuf_slice(&text));
	sbuf_add_c(out, '}');
	sbuf_fini(&text);
}

static enum rc
show_dkim_key(const struct options *o, const struct brand *b,
	      const char *selector, enum sign_kind kind, bool make,
	      struct sbuf *records, struct err *e)
{
	struct dkim_key k = {b->dkim_domain, selector, NULL};
	struct sbuf path;
	enum rc rc = RC_OK;

	if (selector[0] == '\0')
		return RC_OK;
	sbuf_init(&path, 65536);
	materials_dkim_path(o->state, b->number, selector, &path);
	if (make && access(sbuf_z(&path), F_OK) != 0)
		rc = sign_key_create(sbuf_z(&path), kind, e);
	if (rc == RC_OK)
		rc = sign_key_load(sbuf_z(&path), &k.key, e);
	if (rc == RC_OK) {
		add_record(o, b, &k, records);
		sign_key_free(k.key);
	}
	sbuf_fini(&path);
	return rc;
}

/* Those that the configuration names; or one that it is to name once its
 * record is in the DNS. */
static enum rc
show_dkim_keys(const struct options *o, const struct brand *b, bool make,
	       struct sbuf *records, struct err *e)
{
	enum rc rc;

	if (o->selector != NULL)
		return show_dkim_key(o, b, o->selector,
				     o->ed25519 ? SIGN_ED25519 : SIGN_RSA, make,
				     records, e);
	rc = show_dkim_key(o, b, b->dkim_selector, SIGN_RSA, make, records, e);
	if (rc != RC_OK)
		return rc;
	return show_dkim_key(o, b, b->dkim_ed25519_selector, SIGN_ED25519, make,
			     records, e);
}

/* A name of the DNS has no case, that of a key's file has. */
static enum rc
check_selector(const struct options *o, bool make, struct err *e)
{
	if (o->selector == NULL)
		return o->ed25519 ? err_set(e, RC_USAGE,
					    "--ed25519 says of what kind the "
					    "key of --selector NAME is; "
					    "without it, the configuration "
					    "names the keys")
				  : RC_OK;
	if (!shape_selector.fits(slice_z(o->selector)))
		return err_at(e, RC_INVALID, "--selector", "it is not %s",
			      shape_selector.want);
	for (const char *c = o->selector; make && *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			return err_at(e, RC_INVALID, "--selector",
				      "write it in lower case");
	return RC_OK;
}

/* dkim new: makes those keys that are not there yet; both print the records for
 * the DNS. */
enum rc
key_command_dkim(const struct options *o, struct err *e)
{
	const char *what = o->argc > 0 ? o->argv[0] : "show";
	bool make = strcmp(what, "new") == 0;
	const struct conf *c;
	struct sbuf records;
	enum rc rc;

	if (!make && strcmp(what, "show") != 0)
		return err_set(e, RC_USAGE, "takes new or show, not %s", what);
	rc = check_selector(o, make, e);
	if (rc == RC_OK)
		rc = load(o, &c, e);
	if (rc != RC_OK)
		return rc;
	sbuf_init(&records, 16u << 20);
	rc = state_become_owner(o->state, e);
	for (size_t i = 0; rc == RC_OK && i < c->brands_n; i++) {
		const struct brand *b = &c->brands[i];

		if (o->brand != NULL && strcmp(o->brand, b->name) != 0)
			continue;
		rc = show_dkim_keys(o, b, make, &records, e);
	}
	if (records.n > 0)
		printf(o->json ? "{\"items\":[%s]}\n" : "%s", sbuf_z(&records));
	if (rc == RC_OK && records.n == 0)
		rc = err_set(e, RC_NOTFOUND,
			     "no brand names a key: write dkim_selector = "
			     "\"acuse1\" into it in %s, then acuse dkim new",
			     o->config);
	sbuf_fini(&records);
	conf_unref(c);
	return rc;
}
