#include "server/queue_command.h"

#include <unistd.h>

#include "base/json.h"
#include "server/client.h"
#include "server/harmless.h"
#include "server/queue_list.h"

#define BODY_MAX 4096
#define REASON_MAX 256 /* the API's */

/* One that was not tried: what it waits for. */
static void
print_message(const json_t *m)
{
	const char *state = json_string_value(json_object_get(m, "state"));
	const char *why = json_string_value(json_object_get(m, "reason"));
	const char *next = json_string_value(json_object_get(m, "next_at"));
	bool held = json_is_true(json_object_get(m, "held"));

	printf("No attempt yet: %s", state != NULL ? state : "");
	if (held)
		printf(", held");
	else if (next != NULL)
		printf(", due %s", next);
	if (why != NULL) {
		printf(": ");
		harmless_print_lines(slice_z(why));
	}
	printf("\n");
	if (!held)
		printf("What its destination waits for: acuse queue list\n");
}

static void
print_transcripts(struct slice answer)
{
	json_t *o = json_loadb(answer.p, answer.n, JSON_ALLOW_NUL, NULL);
	json_t *attempt;
	json_t *list = json_object_get(o, "attempts");
	size_t i;

	if (json_array_size(list) == 0)
		print_message(json_object_get(o, "message"));
	json_array_foreach (list, i, attempt) {
		json_t *text = json_object_get(attempt, "transcript");
		json_t *copy = json_deep_copy(attempt);
		char *line;

		json_object_del(copy, "transcript");
		line = json_dumps(copy, JSON_COMPACT | JSON_ENSURE_ASCII);
		printf("%s\n", line);
		if (json_is_string(text))
			harmless_print_lines(slice_of(
			    json_string_value(text), json_string_length(text)));
		putchar('\n');
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
	for (char *c = path + sizeof("/v1/queue/") - 1; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'F')
			*c += 'a' - 'A';
	return client_print(o, "GET", path, SLICE(""), print_transcripts, e);
}

static void
print_sending(struct slice answer)
{
	json_t *o = json_loadb(answer.p, answer.n, 0, NULL);

	queue_list_print_sending(o);
	json_decref(o);
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
	rc = client_print(o, "POST", path, sbuf_slice(&body), print_sending, e);
	sbuf_fini(&body);
	return rc;
}

/* ---- by hand: hold, resume, retry, cancel ---- */

enum hand { HOLD, RESUME, RETRY, CANCEL, HANDS };

static const struct {
	const char *name, *done, *nothing;
} hands[HANDS] = {
    [HOLD] = {"hold", "held", "it is held already"},
    [RESUME] = {"resume", "resumed",
		"it is not held itself; acuse queue list says what its "
		"destination waits for"},
    [RETRY] = {"retry", "due now", "nothing of it waits"},
    [CANCEL] = {"cancel", "cancelled", "nothing of it waits"},
};

/* Which messages: one, those of a domain or a brand or both, or all. */
struct which {
	const char *mref, *domain; /* one of them, or neither */
};

static bool
hex(const char *word)
{
	return strlen(word) == 32 &&
	       strspn(word, "0123456789abcdefABCDEF") == 32;
}

static bool
dotted(const char *word)
{
	return strchr(word, '.') != NULL && strchr(word, '@') == NULL;
}

static enum rc
read_which(const struct options *o, struct which *out, struct err *e)
{
	const char *word = o->argc > 1 ? o->argv[1] : "";

	*out = (struct which){.mref = NULL};
	if (word[0] == '\0' && o->brand == NULL)
		return err_set(e, RC_USAGE,
			       "name a message (its mref), a domain, a brand "
			       "(--brand NAME), or all");
	if (hex(word) && o->brand != NULL)
		return err_set(e, RC_USAGE,
			       "a message has its brand: leave --brand out");
	if (hex(word))
		out->mref = word;
	else if (dotted(word))
		out->domain = word;
	else if (word[0] != '\0' && strcmp(word, "all") != 0)
		return err_set(e, RC_USAGE,
			       "%s is no message (an mref is 32 hex digits), "
			       "no domain (hosting.example), and not all; a "
			       "brand is named by --brand %s",
			       word, word);
	return RC_OK;
}

static void
add_text(struct sbuf *b, const char *key, const char *value)
{
	if (value == NULL)
		return;
	sbuf_addf(b, "%s\"%s\":", b->n > 1 ? "," : "", key);
	sbuf_add_json(b, slice_z(value));
}

/* What came of it, in all. */
struct result {
	int64_t changed, uncertain;
	bool lifted;
	char kept[512];
};

static bool
add_result(struct result *r, struct slice answer)
{
	json_t *o = json_loadb(answer.p, answer.n, 0, NULL);
	const char *kept = json_string_value(json_object_get(o, "kept"));
	bool more = json_is_true(json_object_get(o, "more"));

	r->changed += json_integer_value(json_object_get(o, "changed"));
	r->uncertain += json_integer_value(json_object_get(o, "uncertain"));
	r->lifted |= json_is_true(json_object_get(o, "lifted"));
	if (kept != NULL)
		snprintf(r->kept, sizeof(r->kept), "%s", kept);
	json_decref(o);
	return more;
}

/* Asks until no bound is met any more. */
static enum rc
apply(const struct options *o, enum hand hand, const struct which *w,
      struct result *result, struct err *e)
{
	struct sbuf body, out;
	bool more = true;
	char path[64];
	enum rc rc = RC_OK;

	snprintf(path, sizeof(path), "/v1/queue/%s", hands[hand].name);
	sbuf_init(&body, BODY_MAX);
	sbuf_init(&out, BODY_MAX);
	sbuf_add_c(&body, '{');
	add_text(&body, "mref", w->mref);
	add_text(&body, "domain", w->domain);
	add_text(&body, "brand", o->brand);
	add_text(&body, "reason", o->reason);
	if (w->mref == NULL && w->domain == NULL && o->brand == NULL)
		sbuf_addf(&body, "%s\"all\":true", body.n > 1 ? "," : "");
	sbuf_add_c(&body, '}');
	memset(result, 0, sizeof(*result));
	while (rc == RC_OK && more) {
		sbuf_reset(&out);
		rc = client_call(o, "POST", path, sbuf_slice(&body), &out, e);
		more = rc == RC_OK && add_result(result, sbuf_slice(&out));
	}
	sbuf_fini(&out);
	sbuf_fini(&body);
	return rc;
}

/* What cannot be taken back, about more than a domain. */
static enum rc
confirm(const struct options *o, const struct which *w, struct err *e)
{
	char answer[16] = "";
	long long waiting;
	json_t *list = NULL;
	enum rc rc = RC_OK;

	if (o->yes || w->mref != NULL || w->domain != NULL)
		return RC_OK;
	rc = queue_list_get(o, "", &list, e);
	waiting = queue_list_waiting(list);
	json_decref(list);
	if (rc != RC_OK)
		return rc;
	if (!isatty(STDIN_FILENO))
		return err_set(e, RC_USAGE,
			       "it would cancel %lld messages for good: say "
			       "--yes",
			       waiting);
	fprintf(stderr, "Cancel %lld messages%s%s for good? (yes or no) ",
		waiting, o->brand != NULL ? " of brand " : "",
		o->brand != NULL ? o->brand : "");
	if (fgets(answer, sizeof(answer), stdin) == NULL ||
	    strcmp(answer, "yes\n") != 0)
		return err_set(e, RC_STATE, "nothing was cancelled");
	return RC_OK;
}

/* What more there is to say of what changed. */
static void
tell_more(const struct which *w, const struct result *r)
{
	if (r->kept[0] != '\0') {
		printf("But nothing goes: ");
		harmless_print_lines(slice_z(r->kept));
		putchar('\n');
	}
	if (r->uncertain > 0 && w->mref != NULL)
		printf("It may have arrived: an attempt ended without a reply "
		       "to its end.\n");
	else if (r->uncertain > 0)
		printf("Of them may have arrived, since an attempt ended "
		       "without a reply to its end: %lld\n",
		       (long long)r->uncertain);
}

static void
tell(const struct options *o, enum hand hand, const struct which *w,
     const struct result *r)
{
	long long changed = r->changed;

	if (o->json)
		printf("{\"changed\":%lld,\"more\":false}\n", changed);
	else if (w->mref != NULL)
		printf("%s: %s\n", w->mref, hands[hand].done);
	else if (hand == RESUME && r->lifted)
		printf("The hold is lifted; %s: %lld\n", hands[hand].done,
		       changed);
	else if (hand != HOLD)
		printf("%s: %lld\n", hands[hand].done, changed);
	else if (w->domain == NULL && o->brand == NULL)
		printf("All sending is paused; acuse queue resume lets it go "
		       "on.\n");
	else
		printf("Held, with what will come, until resumed by the same "
		       "name; destinations that it changed: %lld\n",
		       changed);
	if (!o->json)
		tell_more(w, r);
}

static enum rc
change_messages(const struct options *o, enum hand hand, struct err *e)
{
	struct which w;
	struct result r;
	enum rc rc = read_which(o, &w, e);

	if (rc == RC_OK && hand == CANCEL)
		rc = confirm(o, &w, e);
	if (rc == RC_OK)
		rc = apply(o, hand, &w, &r, e);
	if (rc != RC_OK)
		return rc;
	if (w.mref != NULL && r.changed == 0)
		return err_set(e, RC_STATE, "nothing changed: %s",
			       hands[hand].nothing);
	if (hand == RESUME && (w.domain != NULL || o->brand != NULL) &&
	    r.changed == 0 && !r.lifted)
		return err_set(e, RC_STATE,
			       "nothing changed: no hold of that name stands, "
			       "and nothing is held as our fault");
	tell(o, hand, &w, &r);
	return RC_OK;
}

static enum rc
list(const struct options *o, struct err *e)
{
	const char *domain = o->argc > 1 ? o->argv[1] : "";
	json_t *answer = NULL;
	enum rc rc = queue_list_get(o, domain, &answer, e);

	if (rc == RC_OK && o->json)
		json_dumpf(answer, stdout, JSON_COMPACT);
	else if (rc == RC_OK)
		queue_list_print(answer);
	if (rc == RC_OK && o->json)
		printf("\n");
	json_decref(answer);
	return rc;
}

/* An option that the verb would not look at may be a misunderstanding. */
static enum rc
check_options(const struct options *o, const char *verb, struct err *e)
{
	bool all = strcmp(verb, "pause") == 0;

	if (all && (o->brand != NULL || o->argc > 1))
		return err_set(e, RC_USAGE,
			       "pause stops all sending; a domain or a brand "
			       "is stopped by hold");
	if (strcmp(verb, "show") == 0 && o->brand != NULL)
		return err_set(e, RC_USAGE, "show takes no --brand");
	if (o->reason != NULL &&
	    (strcmp(verb, "show") == 0 || strcmp(verb, "list") == 0))
		return err_set(e, RC_USAGE, "%s takes no --reason", verb);
	if (o->reason != NULL &&
	    (o->reason[0] == '\0' || strlen(o->reason) > REASON_MAX))
		return err_set(e, RC_USAGE, "--reason takes 1 to %d bytes",
			       REASON_MAX);
	if (o->yes && strcmp(verb, "cancel") != 0)
		return err_set(e, RC_USAGE, "%s takes no --yes", verb);
	return RC_OK;
}

enum rc
queue_command_run(const struct options *o, struct err *e)
{
	const char *verb = o->argc > 0 ? o->argv[0] : "list";
	enum rc rc = check_options(o, verb, e);

	if (rc != RC_OK)
		return rc;
	if (strcmp(verb, "list") == 0)
		return list(o, e);
	if (strcmp(verb, "pause") == 0 ||
	    (strcmp(verb, "resume") == 0 && o->argc == 1 && o->brand == NULL))
		return change_sending(o, verb, e);
	if (strcmp(verb, "show") == 0) {
		rc = command_need(o, 2, "a message by its mref", e);
		return rc == RC_OK ? show(o, e) : rc;
	}
	for (enum hand i = 0; i < HANDS; i++)
		if (strcmp(verb, hands[i].name) == 0)
			return change_messages(o, i, e);
	return err_set(e, RC_USAGE,
		       "takes list, show, pause, hold, resume, retry or "
		       "cancel, not %s",
		       verb);
}
