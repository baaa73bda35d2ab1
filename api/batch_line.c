#include "api/batch_line.h"

#define ARENA_BYTES ((size_t)64 << 20)

void
batch_line_init(struct batch_line *l, struct api *api, struct slice by,
		int64_t number)
{
	l->number = number;
	l->c.api = api;
	l->c.by = by;
	arena_init(&l->arena, ARENA_BYTES);
	sbuf_init(&l->answer.body, ANSWER_MAX);
}

void
batch_line_fini(struct batch_line *l)
{
	sbuf_fini(&l->answer.body);
	arena_fini(&l->arena);
}

/* ---- what it asks ---- */

static const struct change_kind *const puts_of[] = {
    &change_customer, &change_service, &change_invoice};
static const struct change_kind *const posts_of[] = {&change_event,
						     &change_notice};
static const char *const routes_of[] = {"POST /v1/events", "POST /v1/notices"};

enum rc
batch_line_parse(struct batch_line *l, struct slice text)
{
	struct batch_ask ask;
	struct slice route = SLICE("");
	json_t *o;
	enum rc rc = json_read(text, BATCH_LINE_MAX, &o, &l->err);

	if (rc != RC_OK)
		return l->err.rc = RC_INVALID;
	rc = parse_batch_line(o, &l->arena, &ask, &l->err);
	if (rc == RC_OK) {
		l->c.id = ask.id;
		l->c.key = ask.key;
		l->c.kind =
		    ask.put >= 0 ? puts_of[ask.put] : posts_of[ask.post];
		if (ask.post >= 0)
			route = slice_z(routes_of[ask.post]);
		l->in_body = true;
		rc = change_parse(&l->c, route, json_incref(ask.body),
				  &l->arena, &l->err);
	}
	json_decref(o);
	return rc;
}

/* ---- what came of it ---- */

static void
add_problem(struct sbuf *b, const struct batch_line *l)
{
	char pointer[sizeof(l->err.pointer) + 8];

	member_open(b, "problem", '{');
	member_text(b, "detail",
		    l->err.rc == RC_BUG ? SLICE("an error of the server")
					: slice_z(l->err.text));
	if (l->err.pointer[0] != '\0') {
		(void)snprintf(pointer, sizeof(pointer), "%s%s",
			       l->in_body ? "/body" : "", l->err.pointer);
		member_open(b, "errors", '[');
		member_open(b, NULL, '{');
		member_text(b, "pointer", slice_z(pointer));
		member_text(b, "detail", slice_z(l->err.text));
		member_close(b, '}');
		member_close(b, ']');
	}
	member_close(b, '}');
}

void
batch_line_answer(const struct batch_line *l, struct sbuf *b)
{
	bool good = l->err.rc == RC_OK;

	sbuf_add_c(b, '{');
	member_int(b, "line", l->number);
	member_int(b, "status",
		   good ? l->answer.status : change_status(&l->err));
	if (good && l->answer.id.n > 0)
		member_text(b, "id", l->answer.id);
	else if (l->c.id.n > 0)
		member_text(b, "id", l->c.id);
	if (!good)
		add_problem(b, l);
	sbuf_add_z(b, "}\n");
}
