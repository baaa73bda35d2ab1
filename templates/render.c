#include "templates/program.h"

/*
 * Invariants
 * 1. stack[0] is the data; a section pushes its value and takes it off again.
 * 2. The white space before lines is indent[from..n); an inline partial hides
 *    what is there by moving from up, and puts it back.
 * 3. frames are the parents being rendered; of blocks of the same name that of
 *    the outermost counts.
 */
#define STACK_MAX 96
#define DEPTH_MAX 96
#define INDENT_MAX 256
#define STEPS_MAX 20000000

struct frame {
	const struct frame *inner;
	const struct template *t;
	uint32_t begin, end;
};

struct render {
	const struct template_set *set;
	struct locale *locale;
	struct sbuf *out;
	struct err *e;
	const struct datum *stack[STACK_MAX];
	size_t n;
	char indent[INDENT_MAX];
	size_t indent_from, indent_n;
	const struct frame *frames;
	int depth;
	int steps;
};

static enum rc run(struct render *r, const struct template *t, uint32_t i,
		   uint32_t end);

/* ---- looking up ---- */

static const struct datum *
look_up(const struct render *r, const struct template *t,
	const struct path *path)
{
	const struct datum_name *keys;
	const struct datum *d = NULL;

	if (path->keys == 0)
		return r->stack[r->n - 1];
	keys = t->keys + path->key;
	for (size_t i = r->n; i > 0 && !d; i--)
		d = datum_find(r->stack[i - 1], keys[0]);
	for (uint32_t k = 1; d && k < path->keys; k++)
		d = datum_find(d, keys[k]);
	return d;
}

static const struct datum *
currency_here(const struct render *r)
{
	struct datum_name name = datum_name(SLICE("currency"));
	const struct datum *d = NULL;

	for (size_t i = r->n; i > 0 && !d; i--)
		d = datum_find(r->stack[i - 1], name);
	return d;
}

/* ---- text ---- */

static void
add_indent(struct render *r)
{
	sbuf_add(r->out, slice_of(r->indent + r->indent_from,
				  r->indent_n - r->indent_from));
}

static bool
is_blank_line(struct slice line)
{
	return slice_eq_z(line, "\n") || slice_eq_z(line, "\r\n");
}

static void
add_lines(struct render *r, const struct op *op)
{
	struct slice s = op->text;
	bool line_start = op->line_start;

	while (s.n) {
		ptrdiff_t end = slice_find_c(s, '\n');
		struct slice line =
		    slice_of(s.p, end < 0 ? s.n : (size_t)end + 1);

		if (line_start && !is_blank_line(line))
			add_indent(r);
		sbuf_add(r->out, line);
		s = slice_skip(s, line.n);
		line_start = true;
	}
}

static enum rc
push_indent(struct render *r, const struct template *t, const struct op *op)
{
	if (op->indent.n > sizeof(r->indent) - r->indent_n)
		return program_err(t, op->at, r->e, RC_LIMIT,
				   "is indented too deep");
	if (op->indent.n)
		memcpy(r->indent + r->indent_n, op->indent.p, op->indent.n);
	r->indent_n += op->indent.n;
	return RC_OK;
}

/* ---- values ---- */

static enum rc
bad_value(struct render *r, const struct template *t, const struct op *op,
	  enum rc rc, const struct err *why)
{
	struct slice path = t->paths[op->path].text;

	return program_err(t, op->at, r->e, rc, "'%.*s' %s", SLICE_ARG(path),
			   why->text);
}

static enum rc
missing(struct render *r, const struct template *t, const struct op *op)
{
	struct slice path = t->paths[op->path].text;

	if (r->set->mode == TEMPLATE_SPEC)
		return RC_OK;
	return program_err(t, op->at, r->e, RC_INVALID, "no value for '%.*s'",
			   SLICE_ARG(path));
}

static enum rc
filter_all(struct render *r, const struct template *t, const struct op *op,
	   struct filter_value *v, struct sbuf *made, struct err *why)
{
	struct filter_scope scope = {.locale = r->locale};
	enum rc rc = RC_OK;

	scope.html = t->escape == TEMPLATE_HTML;
	for (uint32_t i = 0; i < op->calls && rc == RC_OK; i++) {
		const struct filter_call *c = &t->calls[op->call + i];

		if (!r->locale)
			return err_set(why, RC_BUG, "has no locale to go by");
		if (filter_wants_currency(c->filter))
			scope.currency = currency_here(r);
		rc = filter_run(c, &scope, v, made, why);
	}
	if (rc || (!v->made && datum_kind(v->datum) == DATUM_NULL))
		return rc;
	return filter_plain(v, &scope, made, why);
}

static enum rc
add_value(struct render *r, const struct template *t, const struct op *op,
	  const struct datum *d)
{
	char buf[FILTER_TEXT_MAX];
	struct sbuf made = {.p = buf, .cap = sizeof(buf), .max = sizeof(buf)};
	struct filter_value v = {.datum = d};
	struct err why = {.rc = RC_OK};
	enum rc rc = filter_all(r, t, op, &v, &made, &why);

	if (r->set->mode == TEMPLATE_SPEC && (rc || !v.made))
		return RC_OK;
	if (rc)
		return bad_value(r, t, op, rc, &why);
	if (!v.made)
		return missing(r, t, op);
	if (op->code == OP_RAW || v.markup) {
		sbuf_add(r->out, v.text);
		return RC_OK;
	}
	rc = place_add(op->place, v.text, r->out, &why);
	return rc ? bad_value(r, t, op, rc, &why) : RC_OK;
}

static enum rc
render_value(struct render *r, const struct template *t, const struct op *op)
{
	const struct datum *d = look_up(r, t, &t->paths[op->path]);

	if (op->calls == 0 && op->code == OP_VALUE && op->place != PLACE_URL &&
	    op->place != PLACE_CSS && datum_kind(d) == DATUM_TEXT)
		return place_add(op->place, datum_slice(d), r->out, r->e);
	return add_value(r, t, op, d);
}

/* ---- sections ---- */

static enum rc
with(struct render *r, const struct template *t, const struct op *op,
     const struct datum *d)
{
	uint32_t first = (uint32_t)(op - t->ops) + 1;
	enum rc rc;

	if (r->n == STACK_MAX)
		return program_err(t, op->at, r->e, RC_LIMIT,
				   "sections are nested over %d deep",
				   STACK_MAX);
	r->stack[r->n++] = d;
	rc = run(r, t, first, op->end);
	r->n--;
	return rc;
}

static enum rc
section(struct render *r, const struct template *t, const struct op *op)
{
	const struct datum *d = look_up(r, t, &t->paths[op->path]);
	enum rc rc = RC_OK;

	if (!datum_true(d))
		return RC_OK;
	if (datum_kind(d) != DATUM_LIST)
		return with(r, t, op, d);
	for (size_t i = 0; i < datum_count(d) && rc == RC_OK; i++)
		rc = with(r, t, op, datum_at(d, i));
	return rc;
}

static enum rc
inverted(struct render *r, const struct template *t, const struct op *op)
{
	if (datum_true(look_up(r, t, &t->paths[op->path])))
		return RC_OK;
	return run(r, t, (uint32_t)(op - t->ops) + 1, op->end);
}

/* ---- partials, parents and blocks ---- */

static enum rc
call(struct render *r, const struct template *t, const struct op *op,
     const struct template *target)
{
	size_t from = r->indent_from, n = r->indent_n;
	enum rc rc = RC_OK;

	if (!target)
		return RC_OK;
	if (op->standalone)
		rc = push_indent(r, t, op);
	else
		r->indent_from = r->indent_n;
	if (rc == RC_OK)
		rc = run(r, target, 0, (uint32_t)target->op_count);
	r->indent_from = from;
	r->indent_n = n;
	return rc;
}

static enum rc
target_of(struct render *r, const struct template *t, const struct op *op,
	  const struct template **target)
{
	const struct datum *d;

	*target = op->target;
	if (!op->dynamic)
		return RC_OK;
	d = look_up(r, t, &t->paths[op->path]);
	if (datum_kind(d) != DATUM_TEXT)
		return missing(r, t, op);
	*target = template_find(r->set, datum_slice(d));
	if (*target || r->set->mode == TEMPLATE_SPEC)
		return RC_OK;
	return program_err(t, op->at, r->e, RC_INVALID, "there is no '%.*s'",
			   SLICE_ARG(datum_slice(d)));
}

static enum rc
partial(struct render *r, const struct template *t, const struct op *op)
{
	const struct template *target;

	if (target_of(r, t, op, &target))
		return RC_INVALID;
	return call(r, t, op, target);
}

static enum rc
parent(struct render *r, const struct template *t, const struct op *op)
{
	struct frame f = {r->frames, t, (uint32_t)(op - t->ops) + 1, op->end};
	const struct template *target;
	enum rc rc;

	if (target_of(r, t, op, &target))
		return RC_INVALID;
	r->frames = &f;
	rc = call(r, t, op, target);
	r->frames = f.inner;
	return rc;
}

static const struct op *
override_of(const struct render *r, uint32_t block, const struct template **t)
{
	const struct op *found = NULL;

	for (const struct frame *f = r->frames; f; f = f->inner) {
		for (uint32_t i = f->begin; i < f->end; i = f->t->ops[i].end) {
			if (f->t->ops[i].block != block)
				continue;
			found = &f->t->ops[i];
			*t = f->t;
			break;
		}
	}
	return found;
}

static enum rc
block(struct render *r, const struct template *t, const struct op *site)
{
	size_t from = r->indent_from, n = r->indent_n;
	const struct template *owner = t;
	const struct op *op = override_of(r, site->block, &owner);
	enum rc rc = RC_OK;

	op = op ? op : site;
	if (site->line_start) {
		rc = push_indent(r, t, site);
		if (rc == RC_OK && !op->fresh)
			add_indent(r);
	} else if (op != site) {
		r->indent_from = r->indent_n;
	}
	if (rc == RC_OK)
		rc = run(r, owner, (uint32_t)(op - owner->ops) + 1, op->end);
	r->indent_from = from;
	r->indent_n = n;
	return rc;
}

static enum rc
step(struct render *r, const struct template *t, const struct op *op)
{
	switch (op->code) {
	case OP_TEXT:
		if (r->indent_n == r->indent_from)
			sbuf_add(r->out, op->text);
		else
			add_lines(r, op);
		return RC_OK;
	case OP_INDENT:
		add_indent(r);
		return RC_OK;
	case OP_VALUE:
	case OP_RAW:
		return render_value(r, t, op);
	case OP_SECTION:
		return section(r, t, op);
	case OP_INVERTED:
		return inverted(r, t, op);
	case OP_PARTIAL:
	case OP_DYNAMIC:
		return partial(r, t, op);
	case OP_PARENT:
		return parent(r, t, op);
	case OP_BLOCK:
		return block(r, t, op);
	}
	return RC_BUG;
}

static enum rc
run(struct render *r, const struct template *t, uint32_t i, uint32_t end)
{
	enum rc rc = RC_OK;

	if (++r->depth > DEPTH_MAX)
		return program_err(t, 0, r->e, RC_LIMIT,
				   "is nested over %d deep; does it call "
				   "itself?",
				   DEPTH_MAX);
	while (i < end && rc == RC_OK && sbuf_ok(r->out)) {
		const struct op *op = &t->ops[i];

		if (++r->steps > STEPS_MAX)
			return program_err(t, op->at, r->e, RC_LIMIT,
					   "takes over %d steps", STEPS_MAX);
		rc = step(r, t, op);
		i = op->end ? op->end : i + 1;
	}
	r->depth--;
	return rc;
}

enum rc
template_render(const struct template *t, const struct datum *data,
		struct locale *l, struct sbuf *out, struct err *e)
{
	struct render r = {.set = t->set, .locale = l, .out = out, .e = e};
	enum rc rc;

	r.stack[r.n++] = data;
	rc = run(&r, t, 0, (uint32_t)t->op_count);
	if (rc == RC_OK && !sbuf_ok(out))
		rc = program_err(t, 0, e, RC_LIMIT, "makes more than %zu bytes",
				 out->max);
	return rc;
}
