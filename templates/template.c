#include "templates/parse.h"

#include "base/mem.h"

#define SET_MAX ((size_t)64 << 20)

static int
by_name(const void *a, const void *b)
{
	const struct template *x = a, *y = b;

	return slice_cmp(x->name, y->name);
}

static struct template *
find(const struct template_set *s, struct slice name)
{
	struct template wanted = {.name = name};

	if (s->n == 0)
		return NULL;
	return bsearch(&wanted, s->templates, s->n, sizeof(wanted), by_name);
}

const struct template *
template_find(const struct template_set *s, struct slice name)
{
	return find(s, name);
}

/* What stands in an attribute may hold no values, which were escaped for text,
 * and no markup. */
static bool
is_literal(const struct template *t)
{
	for (size_t i = 0; i < t->op_count; i++) {
		const struct op *op = &t->ops[i];

		if (op->code != OP_TEXT)
			return false;
		for (size_t c = 0; c < op->text.n; c++)
			if (memchr("<>\"'&", op->text.p[c], 5))
				return false;
	}
	return true;
}

static enum rc
link_op(const struct template_set *s, const struct template *t, struct op *op,
	struct err *e)
{
	if ((op->code != OP_PARTIAL && op->code != OP_PARENT) || op->dynamic)
		return RC_OK;
	op->target = find(s, op->text);
	if (s->mode == TEMPLATE_SPEC)
		return RC_OK;
	if (!op->target)
		return program_err(t, op->at, e, RC_INVALID,
				   "there is no '%.*s'", SLICE_ARG(op->text));
	if (op->place != PLACE_TEXT && !is_literal(op->target))
		return program_err(t, op->at, e, RC_INVALID,
				   "'%.*s' holds more than plain text, which "
				   "has no place in an attribute",
				   SLICE_ARG(op->text));
	return RC_OK;
}

static enum rc
link_all(struct template_set *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		struct template *t = &s->templates[i];

		for (size_t o = 0; o < t->op_count; o++)
			if (link_op(s, t, &t->ops[o], e))
				return RC_INVALID;
	}
	return RC_OK;
}

static enum rc
check_source(const struct template *t, struct err *e)
{
	if (slice_utf8(t->source))
		return RC_OK;
	return program_err(t, 0, e, RC_INVALID, "is not UTF-8, or holds NUL");
}

enum rc
template_set_new(const struct template_source *sources, size_t n,
		 enum template_mode mode, struct template_set **out,
		 struct err *e)
{
	struct template_set *s = MEM_NEW(struct template_set);
	enum rc rc = RC_OK;

	*out = NULL;
	arena_init(&s->arena, SET_MAX);
	s->mode = mode;
	s->n = n;
	s->templates = ARENA_ARRAY(&s->arena, struct template, n);
	for (size_t i = 0; i < n; i++)
		s->templates[i] = (struct template){
		    .set = s,
		    .name = arena_dup(&s->arena, sources[i].name),
		    .file = arena_dup(&s->arena, sources[i].file),
		    .source = arena_dup(&s->arena, sources[i].text),
		    .escape = sources[i].escape,
		};
	if (n)
		qsort(s->templates, n, sizeof(*s->templates), by_name);
	for (size_t i = 0; i < n && rc == RC_OK; i++) {
		rc = check_source(&s->templates[i], e);
		if (rc == RC_OK)
			rc = parse_template(s, &s->templates[i], e);
	}
	if (rc == RC_OK)
		rc = link_all(s, e);
	if (rc)
		template_set_free(s);
	else
		*out = s;
	return rc;
}

void
template_set_free(struct template_set *s)
{
	if (!s)
		return;
	arena_fini(&s->arena);
	free(s);
}
