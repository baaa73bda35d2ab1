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
	const struct template *t = find(s, name);

	return t && t->compiled ? t : NULL;
}

/* Values were escaped for text, so none may come where text is not; nor may
 * anything that ends the place. */
static bool
fits(const struct template *t, size_t from, size_t to, enum place_room room)
{
	const char *bad = room == PLACE_STYLE ? "<" : "<>\"'&";

	for (size_t i = from; i < to && room != PLACE_ANY; i++) {
		const struct op *op = &t->ops[i];

		if (op->code != OP_TEXT && op->code != OP_INDENT)
			return false;
		for (size_t c = 0; c < op->text.n; c++)
			if (memchr(bad, op->text.p[c], strlen(bad)))
				return false;
	}
	return true;
}

static enum rc
check_overrides(const struct template_set *s, const struct template *t,
		const struct op *parent, struct err *e)
{
	uint32_t i = (uint32_t)(parent - t->ops) + 1;

	while (i < parent->end) {
		const struct op *op = &t->ops[i];

		if (!fits(t, i + 1, op->end, s->blocks[op->block].room))
			return program_err(
			    t, op->at, e, RC_INVALID,
			    "block '%.*s' stands in an attribute or <style>, "
			    "where it may hold plain text alone",
			    SLICE_ARG(op->text));
		i = op->end;
	}
	return RC_OK;
}

/* Once all blocks are known. */
static enum rc
check_blocks(const struct template_set *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct template *t = &s->templates[i];

		for (size_t o = 0; o < t->op_count; o++)
			if (t->ops[o].code == OP_PARENT &&
			    check_overrides(s, t, &t->ops[o], e))
				return RC_INVALID;
	}
	return RC_OK;
}

static enum rc compile(struct template_set *s, struct template *t,
		       struct err *e);

static enum rc
link_op(struct template_set *s, struct template *t, struct op *op,
	struct err *e)
{
	struct template *target;

	if (op->code != OP_PARTIAL && op->code != OP_PARENT &&
	    op->code != OP_DYNAMIC)
		return RC_OK;
	t->dynamic = t->dynamic || op->dynamic;
	if (op->dynamic)
		return RC_OK;
	target = find(s, op->text);
	op->target = target;
	if (!target && s->mode == TEMPLATE_STRICT)
		return program_err(t, op->at, e, RC_INVALID,
				   "there is no '%.*s'", SLICE_ARG(op->text));
	if (!target)
		return RC_OK;
	if (compile(s, target, e))
		return RC_INVALID;
	if (!fits(target, 0, target->op_count, op->room))
		return program_err(t, op->at, e, RC_INVALID,
				   "'%.*s' holds more than plain text, which "
				   "has no place here",
				   SLICE_ARG(op->text));
	return RC_OK;
}

static enum rc
check_source(const struct template *t, struct err *e)
{
	if (slice_utf8(t->source))
		return RC_OK;
	return program_err(t, 0, e, RC_INVALID, "is not UTF-8, or holds NUL");
}

/* Marked first, since templates may call themselves. */
static enum rc
compile(struct template_set *s, struct template *t, struct err *e)
{
	if (t->compiled)
		return RC_OK;
	t->compiled = true;
	if (check_source(t, e) || parse_template(s, t, e))
		return RC_INVALID;
	for (size_t i = 0; i < t->op_count; i++)
		if (link_op(s, t, &t->ops[i], e))
			return RC_INVALID;
	return RC_OK;
}

static enum rc
compile_all(struct template_set *s, struct err *e)
{
	bool dynamic = false;

	for (size_t i = 0; i < s->n; i++)
		if (!s->templates[i].on_call && compile(s, &s->templates[i], e))
			return RC_INVALID;
	for (size_t i = 0; i < s->n; i++)
		dynamic = dynamic || s->templates[i].dynamic;
	for (size_t i = 0; dynamic && i < s->n; i++)
		if (compile(s, &s->templates[i], e))
			return RC_INVALID;
	return RC_OK;
}

static struct template from_source(struct template_set *s,
				   const struct template_source *from)
{
	return (struct template){
	    .set = s,
	    .name = arena_dup(&s->arena, from->name),
	    .file = arena_dup(&s->arena, from->file),
	    .source = arena_dup(&s->arena, from->text),
	    .escape = from->escape,
	    .on_call = from->on_call,
	};
}

enum rc
template_set_new(const struct template_source *sources, size_t n,
		 enum template_mode mode, struct template_set **out,
		 struct err *e)
{
	struct template_set *s = MEM_NEW(struct template_set);
	enum rc rc;

	*out = NULL;
	arena_init(&s->arena, SET_MAX);
	s->mode = mode;
	s->n = n;
	s->templates = ARENA_ARRAY(&s->arena, struct template, n);
	for (size_t i = 0; i < n; i++)
		s->templates[i] = from_source(s, &sources[i]);
	if (n)
		qsort(s->templates, n, sizeof(*s->templates), by_name);
	rc = compile_all(s, e);
	if (rc == RC_OK)
		rc = check_blocks(s, e);
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
