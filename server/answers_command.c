#include "server/answers_command.h"

#include "base/json.h"
#include "server/client.h"
#include "server/harmless.h"

#define PAGE_MAX ((size_t)64 << 20)
#define PATH_SIZE 128
#define ANSWERS_PATH                                                           \
	"/v1/events?after=%lld&limit=1000"                                     \
	"&type=message.objected,message.answered"

static void
add(struct sbuf *line, const char *before, const json_t *o, const char *key)
{
	const char *z = json_string_value(json_object_get(o, key));

	if (z == NULL)
		return;
	sbuf_add_z(line, before);
	harmless_add_line(line, slice_z(z));
}

static void
add_invoices(struct sbuf *line, const json_t *event)
{
	const json_t *list = json_object_get(event, "invoices");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *z = json_string_value(json_array_get(list, i));

		sbuf_add_z(line, i > 0 ? "," : "  ");
		sbuf_add_z(line, z != NULL ? z : "");
	}
}

static void
show(const json_t *event)
{
	const json_t *data = json_object_get(event, "data");
	struct sbuf line;

	sbuf_init(&line, 1 << 20);
	add(&line, "", event, "at");
	add(&line, "  ", event, "customer");
	add_invoices(&line, event);
	add(&line, "  ", event, "mref");
	if (json_is_object(data)) {
		add(&line, "  ", data, "answer");
		add(&line, ", on ", data, "paid_on");
		add(&line, ", by ", data, "paid_by");
		add(&line, ", reference ", data, "reference");
		add(&line, ": ", data, "text");
	} else {
		sbuf_add_z(&line, "  (erased)");
	}
	sbuf_add_c(&line, '\n');
	(void)fwrite(line.p, 1, line.n, stdout);
	sbuf_fini(&line);
}

/* Shows a page; path becomes the next one's, "" after the last. */
static enum rc
show_page(const struct options *o, char path[PATH_SIZE], long long *next,
	  struct err *e)
{
	const json_t *list;
	struct sbuf answer;
	json_t *page = NULL;
	enum rc rc;

	sbuf_init(&answer, PAGE_MAX);
	rc = client_call(o, "GET", path, SLICE(""), &answer, e);
	if (rc == RC_OK)
		rc = json_read(sbuf_slice(&answer), PAGE_MAX, &page, e);
	sbuf_fini(&answer);
	if (rc != RC_OK)
		return rc;
	list = json_object_get(page, "events");
	for (size_t i = 0; i < json_array_size(list); i++)
		show(json_array_get(list, i));
	*next = json_integer_value(json_object_get(page, "next"));
	path[0] = '\0';
	if (json_is_true(json_object_get(page, "more")))
		(void)snprintf(path, PATH_SIZE, ANSWERS_PATH, *next);
	json_decref(page);
	return RC_OK;
}

enum rc
answers_command_run(const struct options *o, struct err *e)
{
	char path[PATH_SIZE];
	int64_t after = 0;
	long long next = 0;
	enum rc rc = RC_OK;

	if (o->argc > 0 &&
	    !slice_int(slice_z(o->argv[0]), 0, INT64_MAX, &after))
		return err_set(e, RC_USAGE,
			       "AFTER is the number that the last line says");
	(void)snprintf(path, sizeof(path), ANSWERS_PATH, (long long)after);
	if (o->json)
		return client_print(o, "GET", path, SLICE(""), NULL, e);
	while (rc == RC_OK && path[0] != '\0')
		rc = show_page(o, path, &next, e);
	if (rc == RC_OK)
		printf("so far: acuse answers %lld shows what comes\n", next);
	return rc;
}
