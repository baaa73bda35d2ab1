#include "server/classify_command.h"

#include <ctype.h>
#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "base/json.h"
#include "server/client.h"
#include "server/harmless.h"
#include "server/state.h"
#include "tracker/ranges.h"

#define ANSWER_MAX ((size_t)1 << 20)
#define LIST_MAX ((size_t)64 << 20)
#define SOURCE_MAX 64

/* Calls the API and reads what it answers.  Owns: the caller, json_decref(). */
static enum rc
call(const struct options *o, const char *method, const char *path,
     json_t **out, struct err *e)
{
	struct sbuf answer;
	enum rc rc;

	sbuf_init(&answer, ANSWER_MAX);
	rc = client_call(o, method, path, SLICE(""), &answer, e);
	if (rc == RC_OK)
		rc = json_read(sbuf_slice(&answer), ANSWER_MAX, out, e);
	sbuf_fini(&answer);
	return rc;
}

static long long
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static const char *
text(const json_t *o, const char *key)
{
	const char *z = json_string_value(json_object_get(o, key));

	return z ? z : "";
}

/* ---- classify ---- */

static void
tell_progress(long long done, long long of, bool end)
{
	if (!isatty(STDERR_FILENO) || of == 0)
		return;
	fprintf(stderr, "\r%lld of %lld events (%lld%%)%s", done, of,
		done * 100 / of, end ? "\n" : "");
}

static enum rc
classify_again(const struct options *o, struct err *e)
{
	long long next = 0, messages = 0, recorded = 0;
	bool more = true;
	enum rc rc = RC_OK;

	while (rc == RC_OK && more) {
		char path[64];
		json_t *part;

		snprintf(path, sizeof(path), "/v1/classify?from=%lld", next);
		rc = call(o, "POST", path, &part, e);
		if (rc != RC_OK)
			break;
		messages += number(part, "messages");
		recorded += number(part, "recorded");
		more = json_is_integer(json_object_get(part, "next"));
		next = number(part, more ? "next" : "events");
		tell_progress(next, number(part, "events"), !more);
		json_decref(part);
	}
	if (rc != RC_OK)
		return rc;
	printf(o->json ? "{\"messages\":%lld,\"recorded\":%lld}\n"
		       : "%lld messages judged; %lld judged otherwise than "
			 "before, an event each\n",
	       messages, recorded);
	return RC_OK;
}

static bool
is_hit(const char *type)
{
	static const char *const types[] = {
	    "message.opened",  "message.clicked",  "message.viewed",
	    "message.visited", "message.answered", "message.objected",
	    "message.flooded"};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

static void
show_hits(const json_t *page)
{
	const json_t *list = json_object_get(page, "items");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *x = json_array_get(list, i);
		const char *type = text(x, "type"), *class = text(x, "class");
		struct sbuf line;

		if (!is_hit(type))
			continue;
		sbuf_init(&line, 4096);
		sbuf_addf(&line, "%s  %s  %s  %s\n", text(x, "at"),
			  type + strlen("message."),
			  class[0] ? class : "not judged",
			  text(x, "class_title"));
		harmless_print_lines(sbuf_slice(&line));
		sbuf_fini(&line);
	}
}

static enum rc
list_hits(const struct options *o, struct err *e)
{
	struct sbuf path, cursor;
	bool more = true;
	enum rc rc = RC_OK;

	sbuf_init(&path, 4096);
	sbuf_init(&cursor, 1024);
	while (rc == RC_OK && more) {
		json_t *page;

		sbuf_reset(&path);
		sbuf_addf(&path, "/v1/messages/%.64s/events?limit=500&cursor=",
			  o->argv[0]);
		sbuf_add_url(&path, sbuf_slice(&cursor));
		rc = call(o, "GET", sbuf_z(&path), &page, e);
		if (rc != RC_OK)
			break;
		show_hits(page);
		sbuf_reset(&cursor);
		sbuf_add_z(&cursor, text(page, "next"));
		more = cursor.n > 0;
		json_decref(page);
	}
	sbuf_fini(&cursor);
	sbuf_fini(&path);
	return rc;
}

/* Class, what is on record, and what it was judged by. */
static enum rc
classify_one(const struct options *o, const char *path, struct err *e)
{
	const json_t *facts;
	json_t *judged;
	enum rc rc = call(o, "POST", path, &judged, e);
	bool any;

	if (rc != RC_OK)
		return rc;
	any = number(judged, "hits") > 0;
	printf("class: %s%s\nfacts: ",
	       any ? text(judged, "class") : "none: there is no hit to judge",
	       json_is_true(json_object_get(judged, "recorded"))
		   ? " (recorded now)"
		   : "");
	facts = json_object_get(judged, "facts");
	for (size_t i = 0; i < json_array_size(facts); i++)
		printf("%s%s", i ? ", " : "",
		       json_string_value(json_array_get(facts, i)));
	printf("%s\nhits: %lld\n", json_array_size(facts) ? "" : "none",
	       number(judged, "hits"));
	json_decref(judged);
	return any ? list_hits(o, e) : RC_OK;
}

enum rc
classify_command_run(const struct options *o, struct err *e)
{
	char path[256];
	enum rc rc;

	if (o->again && o->argc > 0)
		return err_set(e, RC_USAGE, "--again is of all messages");
	if (o->again)
		return classify_again(o, e);
	rc = command_need(o, 1, "a message's mref, or --again", e);
	if (rc != RC_OK)
		return rc;
	snprintf(path, sizeof(path), "/v1/messages/%.64s/classify", o->argv[0]);
	return o->json ? client_print(o, "POST", path, SLICE(""), NULL, e)
		       : classify_one(o, path, e);
}

/* ---- agents ---- */

static struct slice
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slice_z(slash ? slash + 1 : path);
}

/* The name of a published file, or pattern, without its extension and what no
 * file's name should have; so that next week's takes the place of this. */
static void
source_name(struct slice name, char out[SOURCE_MAX])
{
	size_t n = 0;
	ptrdiff_t dot;

	while ((dot = slice_find_c(slice_skip(name, 1), '.')) >= 0)
		name.n = (size_t)dot + 1;
	for (size_t i = 0; i < name.n && n + 1 < SOURCE_MAX; i++) {
		int c = tolower((unsigned char)name.p[i]);

		if (isalnum(c) || (n > 0 && (c == '-' || c == '_')))
			out[n++] = (char)c;
	}
	out[n] = '\0';
	if (n == 0)
		snprintf(out, SOURCE_MAX, "list");
}

/* Where a list goes. */
struct place {
	char ranges[SOURCE_MAX + 1], source[SOURCE_MAX];
};

/* By --name, else by the published name that the file bears. */
static enum rc
find_place(const struct options *o, const json_t *rules, struct place *out,
	   struct err *e)
{
	struct slice file = base_name(o->argv[1]);
	const json_t *list = json_object_get(rules, "ranges");

	out->ranges[0] = '\0';
	source_name(file, out->source);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *x = json_array_get(list, i);
		const json_t *names = json_object_get(x, "published");
		const char *name =
		    json_string_value(json_object_get(x, "name"));
		bool wanted = o->name && strcmp(o->name, name) == 0;

		if (wanted)
			snprintf(out->ranges, sizeof(out->ranges), "%s", name);
		for (size_t k = 0; k < json_array_size(names); k++) {
			const char *p =
			    json_string_value(json_array_get(names, k));

			if ((o->name && !wanted) || fnmatch(p, file.p, 0) != 0)
				continue;
			snprintf(out->ranges, sizeof(out->ranges), "%s", name);
			source_name(slice_z(p), out->source);
		}
	}
	if (out->ranges[0] != '\0')
		return RC_OK;
	return o->name ? err_set(e, RC_NOTFOUND, "no rule has ranges \"%s\"",
				 o->name)
		       : err_set(e, RC_USAGE,
				 "%.*s is the name of no list that "
				 "agents.conf knows: say whose ranges it has "
				 "by --name",
				 SLICE_ARG(file));
}

/* What was read and joined can only be refused for another's fault. */
static enum rc
install(const struct options *o, struct slice text, const char *path,
	json_t **rules, struct err *e)
{
	enum rc rc = file_write(path, text, 0600, e);

	if (rc != RC_OK)
		return rc;
	rc = call(o, "POST", "/v1/agents/reload", rules, e);
	return rc == RC_OK ? RC_OK
			   : err_add(e,
				     "%s is in place, but the old rules "
				     "stay in force",
				     path);
}

static enum rc
update(const struct options *o, struct slice text,
       const struct ranges_count *count, struct err *e)
{
	char folder[STATE_PATH_MAX], name[256];
	json_t *rules = NULL;
	struct place to;
	enum rc rc = call(o, "GET", "/v1/agents", &rules, e);

	if (rc == RC_OK)
		rc = find_place(o, rules, &to, e);
	json_decref(rules);
	rules = NULL;
	if (rc != RC_OK)
		return rc;
	snprintf(name, sizeof(name), STATE_RANGES "/%s", to.ranges);
	rc = state_path(o->state, name, folder, e);
	if (rc == RC_OK)
		rc = dir_make(folder, 0700, e);
	if (rc == RC_OK) {
		struct sbuf path;

		sbuf_init(&path, STATE_PATH_MAX);
		sbuf_addf(&path, "%s/%s.txt", folder, to.source);
		rc = install(o, text, sbuf_z(&path), &rules, e);
		if (rc == RC_OK && !o->json)
			printf(
			    "%s: %zu ranges, %zu after joining neighbours, "
			    "in %s\nThe rules in force are now %s\n",
			    to.ranges, count->read, count->kept, sbuf_z(&path),
			    json_string_value(json_object_get(rules, "hash")));
		else if (rc == RC_OK)
			json_dumpf(rules, stdout, JSON_COMPACT);
		sbuf_fini(&path);
	}
	json_decref(rules);
	return rc;
}

/* A pipe would be waited for. */
static enum rc
read_list(const char *path, struct sbuf *out, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(e, RC_INVALID, "%s is no file", path);
	return file_read(path, LIST_MAX, out, e);
}

static enum rc
run_update(const struct options *o, struct err *e)
{
	struct ranges_count count;
	struct sbuf text, joined;
	enum rc rc =
	    o->argc > 1 ? RC_OK : err_set(e, RC_USAGE, "name a file of ranges");

	if (rc != RC_OK)
		return rc;
	sbuf_init(&text, LIST_MAX);
	sbuf_init(&joined, LIST_MAX);
	rc = read_list(o->argv[1], &text, e);
	sbuf_addf(&joined, "# %.*s, as published; by acuse agents update\n",
		  SLICE_ARG(base_name(o->argv[1])));
	if (rc == RC_OK)
		rc = ranges_join(sbuf_slice(&text), &joined, &count, e);
	if (rc == RC_OK && !sbuf_ok(&joined))
		rc = err_set(e, RC_LIMIT, "%s is too long", o->argv[1]);
	if (rc == RC_LIMIT) /* it will not be less another time */
		rc = err_set(e, RC_INVALID, "%.300s", e->text);
	if (rc == RC_OK)
		rc = update(o, sbuf_slice(&joined), &count, e);
	sbuf_fini(&text);
	sbuf_fini(&joined);
	return rc;
}

/* The lists that were taken for a name, each with its day. */
static void
show_lists(const struct options *o, const char *ranges)
{
	char name[256], folder[STATE_PATH_MAX];
	const char *before = "from";
	struct dirent *d;
	DIR *dir = NULL;

	snprintf(name, sizeof(name), STATE_RANGES "/%s", ranges);
	if (state_path(o->state, name, folder, NULL) == RC_OK)
		dir = opendir(folder);
	while (dir && (d = readdir(dir))) {
		char day[DATE_SIZE];
		struct sbuf line;
		struct stat st;

		if (fnmatch("*.txt", d->d_name, FNM_PERIOD) != 0 ||
		    fstatat(dirfd(dir), d->d_name, &st, 0) != 0)
			continue;
		date_format((int32_t)(st.st_mtime * SECOND_US / DAY_US), day);
		sbuf_init(&line, 1024);
		sbuf_addf(&line, "%s of ", d->d_name);
		sbuf_add_z(&line, day);
		printf("%s ", before);
		harmless_print_line(sbuf_slice(&line));
		sbuf_fini(&line);
		before = ",";
	}
	if (dir)
		closedir(dir);
}

static void
show_published(const json_t *names)
{
	printf("(no list was taken; published as");
	for (size_t i = 0; i < json_array_size(names); i++)
		printf("%s %s", i ? "," : "",
		       json_string_value(json_array_get(names, i)));
	printf(")");
}

static enum rc
show_agents(const struct options *o, struct err *e)
{
	const json_t *list;
	json_t *rules;
	enum rc rc = call(o, "GET", "/v1/agents", &rules, e);

	if (rc != RC_OK)
		return rc;
	printf("%lld rules are in force, with the hash %s\n",
	       number(rules, "rules"), text(rules, "hash"));
	list = json_object_get(rules, "ranges");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *x = json_array_get(list, i);
		const json_t *names = json_object_get(x, "published");

		printf("%s: %lld ranges ", text(x, "name"),
		       number(x, "ranges"));
		if (number(x, "refreshed") > 0)
			show_lists(o, text(x, "name"));
		else if (json_array_size(names) > 0)
			show_published(names);
		printf("\n");
	}
	json_decref(rules);
	return RC_OK;
}

enum rc
classify_command_agents(const struct options *o, struct err *e)
{
	const char *what = o->argc > 0 ? o->argv[0] : "show";

	if (strcmp(what, "show") == 0)
		return o->json ? client_print(o, "GET", "/v1/agents", SLICE(""),
					      NULL, e)
			       : show_agents(o, e);
	if (strcmp(what, "update") == 0)
		return run_update(o, e);
	return err_set(e, RC_USAGE, "agents takes show or update, not %s",
		       what);
}
