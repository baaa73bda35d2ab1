#include "api/api_private.h"

#include <stdlib.h>

#include "api/answer.h"
#include "api/detail.h"
#include "base/mem.h"
#include "tracker/http_guess.h"

/* Invariants.
 * 1. A loop decides who asks from memory alone: all live keys are there, and
 *    are replaced whole once a change of them is committed.
 * 2. A job thread reads by the handle of its number, and no other. */

enum rc
api_new(const struct api_config *config, struct api **out, struct err *e)
{
	struct api *api = MEM_NEW(struct api);
	struct keys *keys;
	enum rc rc = RC_OK;

	api->c = *config;
	api->readers = mem_alloc(config->jobs * sizeof(struct db *));
	atomic_store(&api->ready, true);
	for (unsigned i = 0; rc == RC_OK && i < config->jobs; i++)
		rc = db_open(config->db_path, DB_READ, &api->readers[i], e);
	if (rc == RC_OK)
		rc = keys_load(api->readers[0], &keys, e);
	if (rc != RC_OK) {
		api_free(api);
		return rc;
	}
	atomic_store(&api->keys, keys);
	*out = api;
	return RC_OK;
}

void
api_free(struct api *api)
{
	if (api == NULL)
		return;
	for (unsigned i = 0; i < api->c.jobs; i++)
		db_close(api->readers[i]);
	keys_free(atomic_load(&api->keys));
	free(api->readers);
	free(api);
}

void
api_set_ready(struct api *api, bool ready)
{
	atomic_store(&api->ready, ready);
}

void
api_set_keys(struct api *api, struct keys *keys)
{
	keys_chain(keys, atomic_load(&api->keys));
	atomic_store(&api->keys, keys);
}

struct slice
api_by(const struct http_request *rq)
{
	const struct caller *caller = rq->caller;

	return caller == NULL ? SLICE("") : caller->name;
}

/* ---- before the body is read ---- */

static const struct caller *
find_caller(const struct http_request *rq)
{
	struct slice secret = http_header_in(rq, "Authorization");
	struct slice scheme = slice_cut(&secret, ' ');

	if (rq->by_socket)
		return &caller_socket;
	if (!slice_ieq(scheme, SLICE("Bearer")) || secret.n == 0)
		return NULL;
	return keys_find(atomic_load(&api_of(rq)->keys), slice_trim(secret));
}

/* Who shows no key guesses none. */
static bool
keyed(const struct http_request *rq)
{
	return http_header_in(rq, "Authorization").n > 0;
}

static void
refuse(struct http_request *rq, int status, const char *why)
{
	struct err e;

	(void)err_set(&e, status == 403 ? RC_DENIED : RC_INVALID, "%s", why);
	http_problem_status(rq, status, NULL, &e);
}

static bool
type_fits(const struct http_request *rq)
{
	static const char *const streams[] = {"application/x-ndjson",
					      "application/ndjson",
					      "application/jsonl", NULL};
	static const char *const bodies[] = {"application/json", NULL};
	const char *const *list =
	    rq->route->runs == HTTP_STREAM ? streams : bodies;
	struct slice type = http_header_in(rq, "Content-Type");

	type = slice_trim(slice_cut(&type, ';'));
	if (type.n == 0 || rq->route->body_max == 0)
		return true;
	for (; *list != NULL; list++)
		if (slice_ieq(type, slice_z(*list)))
			return true;
	return false;
}

/* A filter that is misspelt would answer far more than was asked for. */
static const char *
unknown_query(struct http_request *rq)
{
	const struct detail *d = detail_of(rq->route);

	for (size_t i = 0; i < rq->query_n; i++)
		if (!detail_allows(d, rq->query[i].name))
			return arena_printf(&rq->arena,
					    "no \"%.*s\" in this query",
					    SLICE_ARG(rq->query[i].name));
	return NULL;
}

static void
enter(struct http_request *rq)
{
	const char *scope = rq->route->scope;
	const struct caller *caller;

	if (scope == NULL)
		return;
	caller = find_caller(rq);
	rq->caller = caller;
	if (caller == NULL && keyed(rq) && !http_guess(rq)) {
		refuse(rq, 429, "too many keys that are not good");
	} else if (caller == NULL) {
		http_header(rq, "WWW-Authenticate", SLICE("Bearer"));
		refuse(rq, 401, "Authorization: Bearer KEY is wanted");
	} else if ((caller->scopes & keys_scope(scope)) == 0) {
		refuse(rq, 403, "the key lacks the scope of this call");
	} else if (!type_fits(rq)) {
		refuse(rq, 415,
		       rq->route->runs == HTTP_STREAM
			   ? "Content-Type: application/x-ndjson is wanted"
			   : "Content-Type: application/json is wanted");
	} else if (unknown_query(rq) != NULL) {
		refuse(rq, 400, unknown_query(rq));
	}
}

struct http_table
api_table(struct api *api)
{
	static const struct http_field headers[] = {
	    HTTP_FIELD("Cache-Control", "no-store"),
	    HTTP_FIELD("X-Content-Type-Options", "nosniff"),
	};

	return (struct http_table){.routes = api_routes,
				   .n = api_routes_n,
				   .owner = api,
				   .enter = enter,
				   .reply_headers = headers,
				   .reply_headers_n = 2};
}
