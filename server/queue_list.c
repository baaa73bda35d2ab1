#include "server/queue_list.h"

#include "server/client.h"
#include "server/harmless.h"

#define ANSWER_MAX (64u << 20)
#define DUE_COUNTED 1000 /* of each kind: store_due_work() */

static const char *
text(const json_t *o, const char *key)
{
	const char *z = json_string_value(json_object_get(o, key));

	return z != NULL ? z : "";
}

static int64_t
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static bool
yes(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

/* ---- asking ---- */

static enum rc
get_page(const struct options *o, const char *domain, const char *cursor,
	 json_t **out, struct err *e)
{
	struct sbuf path, answer;
	enum rc rc;

	sbuf_init(&path, 4096);
	sbuf_init(&answer, ANSWER_MAX);
	sbuf_add_z(&path, "/v1/queue?limit=500&domain=");
	sbuf_add_url(&path, slice_z(domain));
	sbuf_add_z(&path, "&brand=");
	sbuf_add_url(&path, slice_z(o->brand != NULL ? o->brand : ""));
	sbuf_add_z(&path, "&cursor=");
	sbuf_add_url(&path, slice_z(cursor));
	rc = client_call(o, "GET", sbuf_z(&path), SLICE(""), &answer, e);
	if (rc == RC_OK) {
		*out = json_loadb(answer.p, answer.n, 0, NULL);
		if (!json_is_object(*out))
			rc = err_set(e, RC_BUG, "the answer is no JSON");
	}
	sbuf_fini(&answer);
	sbuf_fini(&path);
	return rc;
}

enum rc
queue_list_get(const struct options *o, const char *domain, json_t **out,
	       struct err *e)
{
	enum rc rc = get_page(o, domain, "", out, e);
	char *cursor = NULL;

	while (rc == RC_OK && text(*out, "next")[0] != '\0') {
		json_t *page = NULL;

		cursor = strdup(text(*out, "next"));
		rc = get_page(o, domain, cursor, &page, e);
		if (rc == RC_OK) {
			json_array_extend(json_object_get(*out, "items"),
					  json_object_get(page, "items"));
			json_object_set(*out, "next",
					json_object_get(page, "next"));
		}
		json_decref(page);
		free(cursor);
	}
	return rc;
}

int64_t
queue_list_waiting(const json_t *answer)
{
	const json_t *item;
	int64_t sum = 0;
	size_t i;

	json_array_foreach (json_object_get(answer, "items"), i, item)
		sum += number(item, "waiting");
	return sum;
}

/* ---- printing ---- */

/* Why a destination rests, as the server records it. */
static const struct {
	const char *reason, *words;
} reasons[] = {
    {"unreachable", "none of its servers can be reached"},
    {"put_off", "its server answers, and takes no mail now"},
    {"starved", "this machine has no room for a connection (descriptors)"},
    {"no_route", "no way to it was found (DNS, MTA-STS, DANE)"},
    {"slow_down", "it finds us too fast: it rests, then gets mail slowly"},
    {"policy_block", "it refuses us: read what it said by acuse queue show"},
    {"ours", "our settings for it are wrong: acuse queue show tells"},
};

static const char *
in_words(const char *reason)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (strcmp(reason, reasons[i].reason) == 0)
			return reasons[i].words;
	return reason;
}

static void
print_by(const json_t *hold, const char *by, const char *since)
{
	const char *who = text(hold, by);

	/* As the API names whoever comes by the state directory. */
	if (strcmp(who, "socket") == 0)
		who = "the command line";
	if (who[0] != '\0')
		printf(" by %s", who);
	if (text(hold, since)[0] != '\0')
		printf(" since %s", text(hold, since));
}

void
queue_list_print_sending(const json_t *answer)
{
	if (yes(answer, "observe"))
		printf("Sending is off: the configuration says send = "
		       "false.\n");
	else if (yes(answer, "sending"))
		printf("Sending is on.\n");
	if (text(answer, "paused")[0] != '\0') {
		printf("Sending is paused");
		print_by(answer, "paused_by", "paused_at");
		printf(": %s\n(acuse queue resume lets it go on)\n",
		       text(answer, "paused"));
	}
}

/* A hold of any brand or destination covers each of them. */
static bool
covers(const json_t *hold, const json_t *lane, const char *key)
{
	const char *of = text(hold, key);

	return of[0] == '\0' || strcmp(of, text(lane, key)) == 0;
}

static void
print_hold(const json_t *hold)
{
	const char *brand = text(hold, "brand"), *domain = text(hold, "domain");

	if (domain[0] == '\0')
		printf("brand %s held", brand);
	else if (brand[0] == '\0')
		printf("held");
	else
		printf("held for this brand");
	print_by(hold, "by", "since");
	if (text(hold, "reason")[0] != '\0')
		printf(": %s", text(hold, "reason"));
}

static void
print_holds_of(const json_t *answer, const json_t *lane)
{
	const char *between = "";
	const json_t *hold;
	size_t i;

	json_array_foreach (json_object_get(answer, "holds"), i, hold) {
		if (!covers(hold, lane, "brand") ||
		    !covers(hold, lane, "domain"))
			continue;
		printf("%s", between);
		print_hold(hold);
		between = "; ";
	}
}

/* For what it rests, and the word that told it: of a destination, or of the way
 * that it shares with others. */
static void
print_reason(const json_t *of)
{
	printf("%s", in_words(text(of, "reason")));
	if (text(of, "reply")[0] == '\0')
		return;
	printf(": ");
	harmless_print_line(slice_z(text(of, "reply")));
}

static void
print_rest(const json_t *lane)
{
	const json_t *hop = json_object_get(lane, "hop");
	bool own = strcmp(text(lane, "blocked_until"), "") != 0;

	if (own)
		printf("rests until %s, failures in a row %lld: ",
		       text(lane, "blocked_until"),
		       (long long)number(lane, "failures"));
	if (own)
		print_reason(lane);
	if (!json_is_object(hop))
		return;
	printf(
	    "%s%s rests until %s, or until mail of brand %s to %s is taken: ",
	    own ? "; " : "", text(hop, "name"), text(hop, "rests_until"),
	    text(hop, "brand"), text(hop, "domain"));
	print_reason(hop);
}

static void
print_state(const json_t *answer, const json_t *lane)
{
	const char *state = text(lane, "state");
	int64_t held = number(lane, "held_messages");
	bool one_by_one = strcmp(state, "held") == 0 && !yes(lane, "held");

	if (yes(lane, "held"))
		print_holds_of(answer, lane);
	else if (strcmp(state, "resting") == 0)
		print_rest(lane);
	else if (strcmp(state, "later") == 0)
		printf("tried again at %s", text(lane, "ready_at"));
	else if (strcmp(state, "due") == 0)
		printf("due now");
	if (held > 0)
		printf("%sheld one by one: %lld", one_by_one ? "" : "; ",
		       (long long)held);
	printf("\n");
}

static void
print_lanes(const json_t *answer)
{
	const json_t *lane;
	bool any = false;
	size_t i;

	json_array_foreach (json_object_get(answer, "items"), i, lane) {
		if (strcmp(text(lane, "state"), "idle") == 0)
			continue;
		if (!any)
			printf("\n%8s  %-30s  %-15s  %s\n", "WAITING",
			       "DESTINATION", "BRAND", "");
		any = true;
		printf("%8lld  %-30s  %-15s  ",
		       (long long)number(lane, "waiting"), text(lane, "domain"),
		       text(lane, "brand"));
		print_state(answer, lane);
	}
	if (!any)
		printf("Nothing waits.\n");
}

/* Those of no destination above bind what comes. */
static void
print_other_holds(const json_t *answer)
{
	const json_t *hold, *lane;
	size_t i, j;

	json_array_foreach (json_object_get(answer, "holds"), i, hold) {
		bool shown = false;

		json_array_foreach (json_object_get(answer, "items"), j, lane)
			shown |= covers(hold, lane, "brand") &&
				 covers(hold, lane, "domain");
		if (shown)
			continue;
		printf("No mail yet for what is held: %s%s",
		       text(hold, "domain"),
		       text(hold, "domain")[0] != '\0' ? " " : "");
		print_hold(hold);
		printf("\n");
	}
}

void
queue_list_print(const json_t *answer)
{
	queue_list_print_sending(answer);
	printf("Due now: %s%lld.\n",
	       number(answer, "due") >= DUE_COUNTED ? "at least " : "",
	       (long long)number(answer, "due"));
	print_lanes(answer);
	print_other_holds(answer);
}
