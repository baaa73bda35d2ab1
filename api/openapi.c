#include "api/openapi.h"

#include "api/api_private.h"
#include "api/detail.h"
#include "api/handlers.h"
#include "base/codec.h"
#include "base/hash.h"
#include "tracker/router.h"

/* ---- paths ---- */

static void
add_parameter(struct sbuf *b, struct slice name, const char *in)
{
	sbuf_addf(b, "        - {name: %.*s, in: %s, required: %s, ",
		  SLICE_ARG(name), in,
		  strcmp(in, "path") == 0 ? "true" : "false");
	sbuf_add_z(b, "schema: {type: string}}\n");
}

/* "{token...}", which is all that is left of the path, is a token too. */
static void
add_path_parameters(struct sbuf *b, struct slice path)
{
	while (path.n > 0) {
		struct slice name;

		(void)slice_cut(&path, '{');
		name = slice_cut(&path, '}');
		if (slice_ends(name, SLICE("...")))
			name.n -= 3;
		if (name.n > 0)
			add_parameter(b, name, "path");
	}
}

static void
add_parameters(struct sbuf *b, const struct http_route *r,
	       const struct detail *d)
{
	struct slice path = slice_z(r->pattern), rest = slice_z(d->queries);
	/* a key is shown once: its answer is not kept to be given again */
	bool keyed = r->method == HTTP_POST && r->durable &&
		     r->runs == HTTP_LOOP && d->body != &form_key;

	if (slice_find_c(path, '{') < 0 && rest.n == 0 && !keyed)
		return;
	sbuf_add_z(b, "      parameters:\n");
	add_path_parameters(b, path);
	while (rest.n > 0)
		add_parameter(b, slice_cut(&rest, ' '), "query");
	if (keyed)
		add_parameter(b, SLICE("Idempotency-Key"), "header");
}

static void
add_body(struct sbuf *b, const struct http_route *r, const struct detail *d)
{
	if (d->body == NULL)
		return;
	sbuf_addf(b,
		  "      requestBody:\n"
		  "        content:\n"
		  "          %s:\n"
		  "            schema: {$ref: \"#/components/schemas/%s\"}\n",
		  r->runs == HTTP_STREAM ? "application/x-ndjson"
					 : "application/json",
		  d->body->name);
}

static void
add_responses(struct sbuf *b, const struct detail *d)
{
	struct slice good = slice_z(d->good[0] != '\0' ? d->good : "200");

	sbuf_add_z(b, "      responses:\n");
	while (good.n > 0) {
		struct slice status = slice_cut(&good, ' ');

		sbuf_addf(b, "        \"%.*s\":\n          description: done\n",
			  SLICE_ARG(status));
		if (slice_eq_z(status, "204"))
			continue;
		sbuf_addf(b, "          content: {%s: {}}\n",
			  d->type[0] != '\0' ? d->type : "application/json");
	}
	sbuf_add_z(b, "        default: {$ref: "
		      "\"#/components/responses/Problem\"}\n");
}

static void
add_summary(struct sbuf *b, const struct http_route *r)
{
	const char *name = http_method_name(r->method);

	sbuf_add_z(b, "    ");
	for (; *name != '\0'; name++)
		sbuf_add_c(b, (char)(*name | 32));
	sbuf_add_z(b, ":\n      summary: ");
	sbuf_add_json(b, slice_z(r->doc));
	sbuf_add_z(b, "\n");
}

static void
add_operation(struct sbuf *b, const struct http_route *r)
{
	const struct detail *d = detail_of(r);

	add_summary(b, r);
	if (r->scope != NULL)
		sbuf_addf(b, "      security: [{key: [%s]}]\n", r->scope);
	else
		sbuf_add_z(b, "      security: []\n");
	if (r->durable)
		sbuf_add_z(b, "      description: Answered once it is on "
			      "disk.\n");
	add_parameters(b, r, d);
	add_body(b, r, d);
	add_responses(b, d);
}

/* What a mail's link leads to: a token in the path is all that it asks. */
static void
add_page(struct sbuf *b, const struct http_route *r)
{
	add_summary(b, r);
	sbuf_add_z(b, "      security: []\n");
	if (r->durable)
		sbuf_add_z(b, "      description: Answered once it is on "
			      "disk.\n");
	if (strchr(r->pattern, '{') != NULL)
		sbuf_add_z(b, "      parameters:\n");
	add_path_parameters(b, slice_z(r->pattern));
	sbuf_add_z(b, "      responses:\n"
		      "        default:\n"
		      "          description: a page, a picture or a "
		      "redirect\n");
}

static bool
first_of_path(const struct http_table *t, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(t->routes[k].pattern, t->routes[i].pattern) == 0)
			return false;
	return true;
}

/* "/m/{token...}", which takes what was cut of "/m/{token}", is no path of its
 * own there. */
static bool
is_rest_of_another(const struct http_table *t, size_t i)
{
	struct slice path = slice_z(t->routes[i].pattern);

	if (!slice_ends(path, SLICE("...}")))
		return false;
	path.n -= 4;
	for (size_t k = 0; k < t->n; k++) {
		struct slice other = slice_z(t->routes[k].pattern);

		if (other.n == path.n + 1 && slice_starts(other, path))
			return true;
	}
	return false;
}

static void
add_table(struct sbuf *b, const struct http_table *t, const char *servers,
	  void (*add)(struct sbuf *, const struct http_route *))
{
	for (size_t i = 0; i < t->n; i++) {
		const char *pattern = t->routes[i].pattern;
		struct slice path = slice_z(pattern);

		if (!first_of_path(t, i) || is_rest_of_another(t, i))
			continue;
		sbuf_add_z(b, "  ");
		while (path.n > 0) { /* without the "..." */
			struct slice part = slice_cut(&path, '}');
			bool rest = slice_ends(part, SLICE("..."));

			sbuf_add(b, slice_of(part.p, part.n - (rest ? 3 : 0)));
			if (slice_find_c(part, '{') >= 0)
				sbuf_add_c(b, '}');
		}
		sbuf_addf(b, ":\n%s", servers);
		for (size_t k = i; k < t->n; k++)
			if (strcmp(t->routes[k].pattern, pattern) == 0)
				add(b, &t->routes[k]);
	}
}

static void
add_paths(struct sbuf *b, const struct http_table *public_tables, size_t n)
{
	const struct http_table api = {.routes = api_routes, .n = api_routes_n};

	sbuf_add_z(b, "paths:\n");
	add_table(b, &api, "", add_operation);
	for (size_t i = 0; i < n; i++)
		add_table(b, &public_tables[i],
			  "    servers:\n"
			  "      - url: https://{host}\n"
			  "        description: public_url of a brand\n"
			  "        variables: {host: {default: "
			  "notices.example}}\n",
			  add_page);
}

/* ---- schemas ---- */

static const struct form *
part_of(const struct form *f, const char *key)
{
	for (const struct form_part *p = f->parts; p != NULL && p->key != NULL;
	     p++)
		if (strcmp(p->key, key) == 0)
			return p->of;
	return NULL;
}

static void
add_enum(struct sbuf *b, const char *const *names)
{
	sbuf_add_z(b, "type: string, enum: [");
	for (size_t i = 0; names[i] != NULL; i++)
		sbuf_addf(b, "%s%s", i > 0 ? ", " : "", names[i]);
	sbuf_add_c(b, ']');
}

static void
add_type(struct sbuf *b, const struct form *f, const struct json_rule *rule)
{
	static const char *const types[] = {
	    [JSON_WANT_TEXT] = "type: string",
	    [JSON_WANT_ID] = "type: string, pattern: \"^[A-Za-z0-9._:-]+$\"",
	    [JSON_WANT_EMAIL] = "type: string, format: email",
	    [JSON_WANT_URL] = "type: string, format: uri",
	    [JSON_WANT_DATE] = "type: string, format: date",
	    [JSON_WANT_TIME] = "type: string, format: date-time",
	    [JSON_WANT_INT] = "type: integer",
	    [JSON_WANT_BOOL] = "type: boolean",
	    [JSON_WANT_AMOUNT] =
		"type: string, pattern: \"^-?[0-9]+(\\\\.[0-9]+)?$\"",
	    [JSON_WANT_ENUM] = "",
	    [JSON_WANT_OBJECT] = "type: object",
	    [JSON_WANT_ARRAY] = "type: array",
	};
	const struct form *part = part_of(f, rule->key);
	bool text = rule->want == JSON_WANT_TEXT || rule->want == JSON_WANT_ID;

	if (rule->want == JSON_WANT_ENUM)
		add_enum(b, rule->names);
	else if (part != NULL && rule->want == JSON_WANT_OBJECT)
		sbuf_addf(b, "$ref: \"#/components/schemas/%s\"", part->name);
	else
		sbuf_add_z(b, types[rule->want]);
	if (text && rule->max > 0)
		sbuf_addf(b, ", maxLength: %lld", (long long)rule->max);
	if (rule->want == JSON_WANT_ARRAY) {
		sbuf_addf(b, ", maxItems: %lld", (long long)rule->max);
		if (part != NULL)
			sbuf_addf(
			    b, ", items: {$ref: \"#/components/schemas/%s\"}",
			    part->name);
		else
			sbuf_add_z(b, ", items: {type: string}");
	}
}

static void
add_form(struct sbuf *b, const struct form *f)
{
	bool any = false;

	for (const struct form_part *p = f->parts; p != NULL && p->key != NULL;
	     p++)
		add_form(b, p->of);
	sbuf_addf(b, "    %s:\n      type: object\n", f->name);
	sbuf_add_z(b, "      additionalProperties: false\n");
	for (size_t i = 0; i < f->n; i++) {
		if (!f->rules[i].required)
			continue;
		sbuf_addf(b, "%s%s", any ? ", " : "      required: [",
			  f->rules[i].key);
		any = true;
	}
	sbuf_add_z(b, any ? "]\n      properties:\n" : "      properties:\n");
	for (size_t i = 0; i < f->n; i++) {
		sbuf_addf(b, "        %s: {", f->rules[i].key);
		add_type(b, f, &f->rules[i]);
		sbuf_add_z(b, "}\n");
	}
}

static bool
first_of_form(size_t i)
{
	const struct form *body = detail_of(&api_routes[i])->body;

	for (size_t k = 0; k < i; k++)
		if (detail_of(&api_routes[k])->body == body)
			return false;
	return body != NULL;
}

static void
add_components(struct sbuf *b)
{
	sbuf_add_z(b, "components:\n"
		      "  securitySchemes:\n"
		      "    key: {type: http, scheme: bearer}\n"
		      "  responses:\n"
		      "    Problem:\n"
		      "      description: refused, and why\n"
		      "      content:\n"
		      "        application/problem+json:\n"
		      "          schema: {$ref: "
		      "\"#/components/schemas/Problem\"}\n"
		      "  schemas:\n"
		      "    Problem:\n"
		      "      type: object\n"
		      "      properties:\n"
		      "        type: {type: string}\n"
		      "        status: {type: integer}\n"
		      "        title: {type: string}\n"
		      "        detail: {type: string}\n"
		      "        errors:\n"
		      "          type: array\n"
		      "          items:\n"
		      "            type: object\n"
		      "            properties:\n"
		      "              pointer: {type: string}\n"
		      "              detail: {type: string}\n");
	for (size_t i = 0; i < api_routes_n; i++)
		if (first_of_form(i))
			add_form(b, detail_of(&api_routes[i])->body);
}

void
openapi_write(struct sbuf *out, const struct http_table *public_tables,
	      size_t n)
{
	sbuf_add_z(out, "openapi: 3.1.0\n"
			"info:\n"
			"  title: Acuse\n"
			"  version: \"1\"\n"
			"  description: The API for billing systems, made from "
			"the program's tables.\n"
			"  license: {name: Apache-2.0, identifier: "
			"Apache-2.0}\n");
	add_paths(out, public_tables, n);
	add_components(out);
}

void
openapi_handle(struct http_request *rq)
{
	const struct api_config *c = &api_of(rq)->c;
	uint8_t hash[SHA256_SIZE];
	struct sbuf b, etag;

	sbuf_init(&b, 1 << 20);
	sbuf_init(&etag, 64);
	openapi_write(&b, c->public_tables, c->public_tables_n);
	sha256_of(sbuf_slice(&b), hash);
	sbuf_add_c(&etag, '"');
	hex_encode(slice_of(hash, 16), &etag);
	sbuf_add_c(&etag, '"');
	http_header(rq, "Cache-Control", SLICE("no-cache"));
	http_reply_cached(rq, "application/yaml", sbuf_slice(&etag),
			  sbuf_slice(&b));
	sbuf_fini(&b);
	sbuf_fini(&etag);
}
