#include "templates/program.h"

/*
 * Looks at programs without rendering them.  Templates that call themselves,
 * and blocks, are walked to a depth that no real one reaches.
 */
#define DEPTH_MAX 32
#define STACK_MAX 96
#define FINDINGS_MAX 1000
#define STEPS_MAX 200000

struct list {
	struct arena *a;
	struct template_variable *v;
	size_t n, cap;
};

static void
add(struct list *l, const struct template *t, const struct op *op,
    enum template_use use)
{
	struct template_variable *v;

	l->v = program_room(l->a, l->v, l->n, &l->cap, sizeof(*l->v));
	v = &l->v[l->n++];
	*v = (struct template_variable){
	    .path = t->paths[op->path].text, .use = use, .file = t->file};
	for (uint32_t i = 0; i < op->calls; i++)
		v->optional = v->optional ||
			      filter_is_default(t->calls[op->call + i].filter);
	program_position(t, op->at, &v->line, &v->column);
}

static bool
names_data(const struct op *op, enum template_use *use)
{
	switch (op->code) {
	case OP_VALUE:
	case OP_RAW:
		*use = TEMPLATE_USE_VALUE;
		return true;
	case OP_SECTION:
	case OP_INVERTED:
		*use = TEMPLATE_USE_SECTION;
		return true;
	case OP_DYNAMIC:
		*use = TEMPLATE_USE_DYNAMIC;
		return true;
	case OP_PARENT:
		*use = TEMPLATE_USE_DYNAMIC;
		return op->dynamic;
	case OP_TEXT:
	case OP_INDENT:
	case OP_PARTIAL:
	case OP_BLOCK:
		break;
	}
	return false;
}

struct walk {
	struct list found;
	const struct datum *stack[STACK_MAX];
	size_t n;
	int depth, steps;
};

static const struct datum *
look_up(const struct walk *w, const struct template *t, const struct path *path)
{
	const struct datum_name *keys;
	const struct datum *d = NULL;

	if (path->keys == 0)
		return w->stack[w->n - 1];
	keys = t->keys + path->key;
	for (size_t i = w->n; i > 0 && !d; i--)
		d = datum_find(w->stack[i - 1], keys[0]);
	for (uint32_t k = 1; d && k < path->keys; k++)
		d = datum_find(d, keys[k]);
	return d;
}

static void walk(struct walk *w, const struct template *t, uint32_t i,
		 uint32_t end);

static void
enter(struct walk *w, const struct template *t, const struct op *op,
      const struct datum *d)
{
	uint32_t first = (uint32_t)(op - t->ops) + 1;

	if (datum_kind(d) == DATUM_LIST)
		d = datum_at(d, 0);
	if (op->code == OP_SECTION && d && w->n < STACK_MAX) {
		w->stack[w->n++] = d;
		walk(w, t, first, op->end);
		w->n--;
	} else {
		walk(w, t, first, op->end);
	}
}

static void
look_at(struct walk *w, const struct template *t, const struct op *op)
{
	const struct datum *d = NULL;
	enum template_use use;

	if (names_data(op, &use)) {
		d = look_up(w, t, &t->paths[op->path]);
		if (!d && w->found.n < FINDINGS_MAX)
			add(&w->found, t, op, use);
	}
	if (op->code == OP_SECTION || op->code == OP_INVERTED)
		enter(w, t, op, d);
	else if (op->end)
		walk(w, t, (uint32_t)(op - t->ops) + 1, op->end);
	if (op->target)
		walk(w, op->target, 0, (uint32_t)op->target->op_count);
}

static void
walk(struct walk *w, const struct template *t, uint32_t i, uint32_t end)
{
	if (w->depth == DEPTH_MAX)
		return;
	w->depth++;
	while (i < end && w->steps++ < STEPS_MAX) {
		const struct op *op = &t->ops[i];

		look_at(w, t, op);
		i = op->end ? op->end : i + 1;
	}
	w->depth--;
}

size_t
template_missing(const struct template *t, const struct datum *data,
		 struct arena *a, const struct template_variable **out)
{
	struct walk w = {.found = {.a = a}};

	w.stack[w.n++] = data;
	walk(&w, t, 0, (uint32_t)t->op_count);
	*out = w.found.v;
	return w.found.n;
}
