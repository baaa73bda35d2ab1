#include "server/queue_command.h"

#include "base/json.h"
#include "server/client.h"

#define BODY_MAX 4096

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

static enum rc
show(const struct options *o, struct err *e)
{
	char path[256];

	snprintf(path, sizeof(path), "/v1/queue/%.64s", o->argv[1]);
	return client_print(o, "GET", path, SLICE(""), print_transcripts, e);
}

/* All sending: "pause", "resume". */
static enum rc
change_sending(const struct options *o, const char *verb, struct err *e)
{
	char path[64];
	struct sbuf body;
	enum rc rc;

	snprintf(path, sizeof(path), "/v1/sending/%s", verb);
	sbuf_init(&body, BODY_MAX);
	sbuf_add_z(&body, "{\"reason\":");
	sbuf_add_json(&body,
		      slice_z(o->reason != NULL ? o->reason : "by hand"));
	sbuf_add_c(&body, '}');
	rc = client_print(o, "POST", path, sbuf_slice(&body), NULL, e);
	sbuf_fini(&body);
	return rc;
}

/* Of one message, of a destination's, or of all. */
static enum rc
change_messages(const struct options *o, const char *verb, struct err *e)
{
	struct slice which = slice_z(o->argv[1]);
	bool domain = slice_find(which, SLICE(".")) >= 0 || which.n != 32;
	char path[64];
	struct sbuf body;
	enum rc rc;

	snprintf(path, sizeof(path), "/v1/queue/%s", verb);
	sbuf_init(&body, BODY_MAX);
	if (slice_eq_z(which, "all")) {
		sbuf_add_z(&body, "{\"all\":true}");
	} else {
		sbuf_add_z(&body, domain ? "{\"domain\":" : "{\"mref\":");
		sbuf_add_json(&body, which);
		sbuf_add_c(&body, '}');
	}
	rc = client_print(o, "POST", path, sbuf_slice(&body), NULL, e);
	sbuf_fini(&body);
	return rc;
}

enum rc
queue_command_run(const struct options *o, struct err *e)
{
	static const char *const hand[] = {"hold", "resume", "retry", "cancel"};
	const char *verb = o->argc > 0 ? o->argv[0] : "list";
	enum rc rc;

	if (strcmp(verb, "list") == 0)
		return client_print(o, "GET", "/v1/queue", SLICE(""), NULL, e);
	if (strcmp(verb, "pause") == 0 ||
	    (strcmp(verb, "resume") == 0 && o->argc == 1))
		return change_sending(o, verb, e);
	if (strcmp(verb, "show") == 0) {
		rc = command_need(o, 2, "a message by its mref", e);
		return rc == RC_OK ? show(o, e) : rc;
	}
	for (size_t i = 0; i < sizeof(hand) / sizeof(*hand); i++) {
		if (strcmp(verb, hand[i]) != 0)
			continue;
		rc = command_need(o, 2,
				  "a message (its mref), a domain, or all", e);
		return rc == RC_OK ? change_messages(o, verb, e) : rc;
	}
	return err_set(e, RC_USAGE,
		       "takes list, show, pause, hold, resume, retry or "
		       "cancel, not %s",
		       verb);
}
