#include "templates/parse.h"
#include "templates/tag.h"

/*
 * From source to ops, in two passes: tags are found first, each with what
 * stands beside it on its line, then a recursive walk gives out ops.
 *
 * Invariants
 * 1. at is where literal text starts that no op has yet; it only grows.
 * 2. fresh says that nothing was given out for the present line.
 * 3. dedent is how much white space the lines of the present block lose; the
 *    block's place puts its own before them when it is rendered.
 */
#define DEPTH_MAX 64
#define SOURCE_MAX ((size_t)4 << 20)

struct parser {
	struct template_set *set;
	struct template *t;
	struct err *e;
	struct tag *tags;
	size_t tag_count, next;
	size_t at;
	size_t dedent;
	bool fresh;
	bool html; /* places are followed */
	struct place_track place;
	int depth;
};

/* Its value is plain, so that an analyser sees that nothing goes on. */
#define FAIL(p, at, ...)                                                       \
	((void)program_err((p)->t, (at), (p)->e, RC_INVALID, __VA_ARGS__),     \
	 RC_INVALID)

#define ROOM(p, array, count, cap)                                             \
	((array) = program_room(&(p)->set->arena, (array), (count), &(cap),    \
				sizeof(*(array))))

/* ---- ops ---- */

static struct op *
add_op(struct parser *p, enum op_code code, const struct tag *tag)
{
	struct template *t = p->t;
	struct op *op;

	ROOM(p, t->ops, t->op_count, t->op_cap);
	op = &t->ops[t->op_count++];
	*op = (struct op){.code = code, .at = tag ? tag->start : 0};
	return op;
}

/* Cuts what the block's lines lose; s begins a line. */
static struct slice
cut_indent(const struct parser *p, struct slice s)
{
	size_t n = 0;

	while (n < p->dedent && n < s.n && tag_is_blank(s.p[n]))
		n++;
	return slice_skip(s, n);
}

static struct slice
dedent(struct parser *p, struct slice s, bool line_start)
{
	char *to;
	size_t n = 0;

	if (p->dedent == 0 || s.n == 0)
		return s;
	to = arena_alloc(&p->set->arena, s.n);
	while (s.n) {
		ptrdiff_t end = slice_find_c(s, '\n');
		struct slice line =
		    slice_of(s.p, end < 0 ? s.n : (size_t)end + 1);

		s = slice_skip(s, line.n);
		if (line_start)
			line = cut_indent(p, line);
		if (line.n)
			memcpy(to + n, line.p, line.n);
		n += line.n;
		line_start = true;
	}
	return slice_of(to, n);
}

/* Gives out the text from p->at to end, and goes on at after. */
static void
add_text(struct parser *p, size_t end, size_t after)
{
	struct slice s =
	    slice_of(p->t->source.p + p->at, end > p->at ? end - p->at : 0);
	bool line_start = p->at == 0 || p->t->source.p[p->at - 1] == '\n';
	struct op *op;

	p->fresh = p->fresh || line_start;
	s = dedent(p, s, line_start);
	if (s.n) {
		op = add_op(p, OP_TEXT, NULL);
		op->text = s;
		op->at = (uint32_t)p->at;
		op->line_start = p->fresh;
		p->fresh = s.p[s.n - 1] == '\n';
		if (p->html)
			place_feed(&p->place, s);
	}
	p->at = after;
}

static bool
is_standalone(const struct tag *tag)
{
	return tag->blank_before && tag->blank_after;
}

/* The text before a tag; alone on its line, it takes the line with it. */
static void
before_tag(struct parser *p, const struct tag *tag, bool alone)
{
	if (alone) {
		add_text(p, tag->line_start, tag->line_end);
		p->fresh = true;
	} else {
		add_text(p, tag->start, tag->end);
	}
}

/* What stands in the middle of a line needs the line's indentation first. */
static void
begin_line(struct parser *p, const struct tag *tag)
{
	if (p->fresh)
		add_op(p, OP_INDENT, tag);
	p->fresh = false;
}

static struct slice
tag_indent(const struct parser *p, const struct tag *tag)
{
	struct slice s = slice_of(p->t->source.p + tag->line_start,
				  tag->start - tag->line_start);

	return p->html ? SLICE("") : cut_indent(p, s);
}

/* ---- names and filters ---- */

static bool
strict_name(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.')
			return false;
	}
	return s.n > 0;
}

static void
add_key(struct parser *p, struct slice key)
{
	struct template *t = p->t;

	ROOM(p, t->keys, t->key_count, t->key_cap);
	t->keys[t->key_count++] = datum_name(key);
}

static enum rc
add_path(struct parser *p, const struct tag *tag, struct slice s, uint32_t *out)
{
	struct template *t = p->t;
	struct slice rest = s;
	struct path *path;

	if (p->set->mode == TEMPLATE_STRICT && !strict_name(s))
		return FAIL(p, tag->start, "wrong name '%.*s'", SLICE_ARG(s));
	ROOM(p, t->paths, t->path_count, t->path_cap);
	*out = (uint32_t)t->path_count;
	path = &t->paths[t->path_count++];
	*path = (struct path){s, (uint32_t)t->key_count, 0};
	if (slice_eq_z(s, "."))
		return RC_OK;
	while (rest.p) {
		struct slice k = slice_cut(&rest, '.');

		if (k.n == 0)
			return FAIL(p, tag->start, "wrong name '%.*s'",
				    SLICE_ARG(s));
		add_key(p, k);
		path->keys++;
	}
	return RC_OK;
}

/* One argument: "text" or digits.  *s goes on behind it. */
static bool
read_arg(struct slice *s, struct filter_arg *arg)
{
	size_t n = 0;

	*s = slice_trim(*s);
	if (s->n && s->p[0] == '"') {
		ptrdiff_t end = slice_find_c(slice_skip(*s, 1), '"');

		if (end < 0)
			return false;
		arg->text = slice_of(s->p + 1, (size_t)end);
		arg->number = -1;
		*s = slice_trim(slice_skip(*s, (size_t)end + 2));
		return true;
	}
	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	arg->text = slice_of(s->p, n);
	*s = slice_trim(slice_skip(*s, n));
	return slice_int(arg->text, 0, INT32_MAX, &arg->number);
}

/* name[:arg{,arg}]; *s goes on behind it. */
static enum rc
read_call(struct parser *p, const struct tag *tag, struct slice *s,
	  struct filter_call *c)
{
	struct slice name;
	size_t n = 0;
	char sep = ':';

	*s = slice_trim(*s);
	while (n < s->n && !tag_is_blank(s->p[n]) && s->p[n] != ':' &&
	       s->p[n] != '|')
		n++;
	name = slice_of(s->p, n);
	*s = slice_trim(slice_skip(*s, n));
	c->filter = filter_find(name);
	if (!c->filter)
		return FAIL(p, tag->start, "unknown filter '%.*s'",
			    SLICE_ARG(name));
	while (s->n && s->p[0] == sep) {
		*s = slice_skip(*s, 1);
		if (c->arg_count == FILTER_ARGS_MAX ||
		    !read_arg(s, &c->args[c->arg_count++]))
			return FAIL(p, tag->start, "wrong argument of '%.*s'",
				    SLICE_ARG(name));
		sep = ',';
	}
	if (filter_check(c, p->e))
		return FAIL(p, tag->start, "%s", p->e ? p->e->text : "");
	return RC_OK;
}

static enum rc
add_calls(struct parser *p, const struct tag *tag, struct slice s,
	  struct op *op)
{
	struct template *t = p->t;

	op->call = (uint32_t)t->call_count;
	while (s.n) {
		struct filter_call c = {.filter = NULL};

		if (s.p[0] != '|')
			return FAIL(p, tag->start, "'|' is wanted at '%.*s'",
				    SLICE_ARG(s));
		s = slice_skip(s, 1);
		if (read_call(p, tag, &s, &c))
			return RC_INVALID;
		if (filter_makes_markup(c.filter) &&
		    (op->place > PLACE_TEXT || t->escape == TEMPLATE_HEADER))
			return FAIL(p, tag->start,
				    "filter lines has no place here");
		ROOM(p, t->calls, t->call_count, t->call_cap);
		t->calls[t->call_count++] = c;
		op->calls++;
	}
	return RC_OK;
}

static enum rc
value_place(struct parser *p, const struct tag *tag, enum place *place)
{
	enum template_escape escape = p->t->escape;

	if (p->set->mode == TEMPLATE_SPEC)
		*place =
		    escape == TEMPLATE_HTML ? PLACE_SPEC_HTML : PLACE_SPEC_TEXT;
	else if (escape != TEMPLATE_HTML)
		*place = PLACE_PLAIN;
	else
		*place = place_value(&p->place);
	if (*place == PLACE_NONE)
		return FAIL(p, tag->start, "no value may stand in %s",
			    place_name(&p->place));
	return RC_OK;
}

static enum rc
add_value(struct parser *p, const struct tag *tag)
{
	bool raw = tag->kind == '{' || tag->kind == '&';
	ptrdiff_t bar = slice_find_c(tag->content, '|');
	struct slice name = tag->content, calls = SLICE("");
	enum place place;
	struct op *op;

	if (bar >= 0) {
		calls = slice_skip(name, (size_t)bar);
		name = slice_trim(slice_of(name.p, (size_t)bar));
	}
	before_tag(p, tag, false);
	begin_line(p, tag);
	if (raw && p->html && place_room(&p->place) != PLACE_ANY)
		return FAIL(p, tag->start, "no unescaped value may stand in %s",
			    place_name(&p->place));
	if (value_place(p, tag, &place))
		return RC_INVALID;
	op = add_op(p, raw ? OP_RAW : OP_VALUE, tag);
	op->place = place;
	if (add_path(p, tag, name, &op->path))
		return RC_INVALID;
	return add_calls(p, tag, calls, op);
}

/* ---- partials, parents and blocks ---- */

/* Says what of other templates may stand at a tag.  In an attribute it is plain
 * text, which begins a URL as values do. */
static enum rc
take_room(struct parser *p, const struct tag *tag, struct op *op)
{
	if (!p->html)
		return RC_OK;
	op->room = place_room(&p->place);
	if (op->room == PLACE_NO_ROOM ||
	    (op->room == PLACE_WORDS && place_value(&p->place) == PLACE_NONE))
		return FAIL(p, tag->start,
			    "no block or partial may stand in %s",
			    place_name(&p->place));
	return RC_OK;
}

static enum rc
name_partial(struct parser *p, const struct tag *tag, struct op *op)
{
	op->text = tag->content;
	op->dynamic = tag->dynamic;
	if (take_room(p, tag, op))
		return RC_INVALID;
	if (op->room != PLACE_ANY && (tag->dynamic || tag->kind == '<'))
		return FAIL(p, tag->start,
			    "no parent or dynamic partial may stand in %s",
			    place_name(&p->place));
	if (tag->dynamic)
		return add_path(p, tag, tag->content, &op->path);
	return RC_OK;
}

static enum rc
add_partial(struct parser *p, const struct tag *tag)
{
	bool alone = is_standalone(tag);
	struct op *op;

	before_tag(p, tag, alone);
	if (!alone)
		begin_line(p, tag);
	op = add_op(p, tag->dynamic ? OP_DYNAMIC : OP_PARTIAL, tag);
	op->standalone = alone;
	op->indent = alone ? tag_indent(p, tag) : SLICE("");
	return name_partial(p, tag, op);
}

static uint32_t
block_number(struct parser *p, struct slice name)
{
	struct template_set *s = p->set;

	for (size_t i = 0; i < s->block_count; i++)
		if (slice_eq(s->blocks[i].name, name))
			return (uint32_t)i;
	ROOM(p, s->blocks, s->block_count, s->block_cap);
	s->blocks[s->block_count] = (struct block_name){name, PLACE_ANY};
	return (uint32_t)s->block_count++;
}

static bool
opens(const struct tag *tag)
{
	return tag->kind && memchr("#^<$", tag->kind, 4);
}

/* The tag that closes tags[i]; NULL when none does. */
static const struct tag *
closing(const struct parser *p, size_t i)
{
	size_t depth = 0;

	for (; i < p->tag_count; i++) {
		depth += opens(&p->tags[i]);
		if (p->tags[i].kind == '/' && --depth == 0)
			return &p->tags[i];
	}
	return NULL;
}

static enum rc walk(struct parser *p, const struct tag *open,
		    const struct tag **close);

/* White space that begins the content of a block, as its source has it. */
static struct slice
content_indent(const struct parser *p, const struct tag *open)
{
	struct slice s = slice_skip(p->t->source, open->line_end);
	size_t n = 0;

	while (n < s.n && tag_is_blank(s.p[n]))
		n++;
	return slice_of(s.p, n);
}

static bool
content_is_empty(const struct parser *p, const struct tag *open)
{
	const struct tag *next =
	    p->next < p->tag_count ? &p->tags[p->next] : NULL;

	return next && next->kind == '/' && next->blank_before &&
	       next->line_start == open->line_end;
}

/* Gives out the op of a block and what comes before it; says in *lose how much
 * the lines of its content lose. */
static struct op *
begin_block(struct parser *p, const struct tag *tag, size_t *lose)
{
	struct slice blanks = SLICE("");
	struct op *op;

	*lose = p->dedent;
	if (is_standalone(tag)) {
		before_tag(p, tag, true);
		blanks = content_is_empty(p, tag)
			     ? slice_of(p->t->source.p + tag->line_start,
					tag->start - tag->line_start)
			     : content_indent(p, tag);
	} else if (tag->blank_before) {
		add_text(p, tag->line_start, tag->end);
		blanks = slice_of(p->t->source.p + tag->line_start,
				  tag->start - tag->line_start);
	} else {
		before_tag(p, tag, false);
		begin_line(p, tag);
	}
	op = add_op(p, OP_BLOCK, tag);
	op->line_start = tag->blank_before;
	op->fresh = is_standalone(tag);
	/* HTML needs no white space before its lines. */
	op->indent = p->html ? SLICE("") : cut_indent(p, blanks);
	if (blanks.n > *lose)
		*lose = blanks.n;
	p->fresh = op->fresh;
	return op;
}

static enum rc
add_block(struct parser *p, const struct tag *tag)
{
	size_t outer = p->dedent, lose, index;
	struct place_track before;
	const struct tag *close;
	struct op *op = begin_block(p, tag, &lose);

	index = (size_t)(op - p->t->ops);
	op->text = tag->content;
	op->block = block_number(p, tag->content);
	if (take_room(p, tag, op))
		return RC_INVALID;
	if (op->room > p->set->blocks[op->block].room)
		p->set->blocks[op->block].room = op->room;
	before = p->place;
	p->dedent = lose;
	if (walk(p, tag, &close))
		return RC_INVALID;
	before_tag(p, close, is_standalone(close));
	if (!is_standalone(close))
		p->fresh = false;
	p->dedent = outer;
	p->t->ops[index].end = (uint32_t)p->t->op_count;
	if (p->html && !place_same(&before, &p->place))
		return FAIL(p, tag->start, "block ends in %s",
			    place_name(&p->place));
	return RC_OK;
}

/* A block inside a parent tag: what replaces the parent's own. */
static enum rc
add_override(struct parser *p, const struct tag *tag)
{
	struct place_track outer_place = p->place;
	size_t outer = p->dedent, index;
	const struct tag *close;
	struct op *op = add_op(p, OP_BLOCK, tag);

	index = (size_t)(op - p->t->ops);
	op->text = tag->content;
	op->block = block_number(p, tag->content);
	op->fresh = p->fresh = tag->blank_after;
	p->at = tag->blank_after ? tag->line_end : tag->end;
	if (tag->blank_after)
		p->dedent = content_indent(p, tag).n;
	place_init(&p->place);
	if (walk(p, tag, &close))
		return RC_INVALID;
	add_text(p, close->blank_before ? close->line_start : close->start,
		 close->end);
	p->dedent = outer;
	p->t->ops[index].end = (uint32_t)p->t->op_count;
	if (p->html && place_room(&p->place) != PLACE_ANY)
		return FAIL(p, tag->start, "block ends in %s",
			    place_name(&p->place));
	p->place = outer_place;
	return RC_OK;
}

/* Only the blocks directly inside count; all else is passed over. */
static enum rc
add_overrides(struct parser *p, const struct tag *open, const struct tag *close)
{
	while (&p->tags[p->next] < close) {
		const struct tag *tag = &p->tags[p->next];
		const struct tag *end = tag;

		if (opens(tag)) {
			end = closing(p, p->next);
			if (!end)
				return FAIL(p, tag->start,
					    "'%.*s' is not closed",
					    SLICE_ARG(tag->content));
		}
		p->next++;
		if (tag->kind == '$' && add_override(p, tag))
			return RC_INVALID;
		if (tag->kind != '$')
			p->next = (size_t)(end - p->tags) + 1;
	}
	if (!slice_eq(open->content, close->content))
		return FAIL(p, close->start, "'%.*s' closes '%.*s'",
			    SLICE_ARG(close->content),
			    SLICE_ARG(open->content));
	p->next++;
	return RC_OK;
}

static enum rc
add_parent(struct parser *p, const struct tag *tag)
{
	const struct tag *close = closing(p, (size_t)(tag - p->tags));
	bool alone;
	size_t index;
	struct op *op;

	if (!close)
		return FAIL(p, tag->start, "'%.*s' is not closed",
			    SLICE_ARG(tag->content));
	alone = tag->blank_before && close->blank_after;
	add_text(p, alone ? tag->line_start : tag->start, tag->end);
	if (!alone)
		begin_line(p, tag);
	op = add_op(p, OP_PARENT, tag);
	index = (size_t)(op - p->t->ops);
	op->standalone = alone;
	op->indent = alone ? tag_indent(p, tag) : SLICE("");
	if (name_partial(p, tag, op) || add_overrides(p, tag, close))
		return RC_INVALID;
	p->t->ops[index].end = (uint32_t)p->t->op_count;
	p->at = alone ? close->line_end : close->end;
	p->fresh = alone;
	return RC_OK;
}

/* ---- sections ---- */

static enum rc
add_section(struct parser *p, const struct tag *tag)
{
	struct place_track before;
	const struct tag *close;
	size_t index;
	struct op *op;

	before_tag(p, tag, is_standalone(tag));
	if (!is_standalone(tag))
		begin_line(p, tag);
	op = add_op(p, tag->kind == '#' ? OP_SECTION : OP_INVERTED, tag);
	index = (size_t)(op - p->t->ops);
	if (add_path(p, tag, tag->content, &op->path))
		return RC_INVALID;
	before = p->place;
	if (walk(p, tag, &close))
		return RC_INVALID;
	before_tag(p, close, is_standalone(close));
	if (!is_standalone(close))
		begin_line(p, close);
	p->t->ops[index].end = (uint32_t)p->t->op_count;
	if (p->html && !place_same(&before, &p->place))
		return FAIL(p, tag->start,
			    "section begins in %s and ends in %s",
			    place_name(&before), place_name(&p->place));
	place_join(&p->place, &before);
	return RC_OK;
}

static enum rc
add_tag(struct parser *p, const struct tag *tag)
{
	switch (tag->kind) {
	case '!':
	case '=':
		before_tag(p, tag, is_standalone(tag));
		return RC_OK;
	case '#':
	case '^':
		return add_section(p, tag);
	case '>':
		return add_partial(p, tag);
	case '<':
		return add_parent(p, tag);
	case '$':
		return add_block(p, tag);
	default:
		return add_value(p, tag);
	}
}

/* Goes on to the tag that closes open, or to the end where open is NULL. */
static enum rc
walk(struct parser *p, const struct tag *open, const struct tag **close)
{
	*close = NULL;
	if (++p->depth > DEPTH_MAX)
		return FAIL(p, open ? open->start : 0, "nested over %d deep",
			    DEPTH_MAX);
	while (p->next < p->tag_count) {
		const struct tag *tag = &p->tags[p->next++];

		if (tag->kind != '/') {
			if (add_tag(p, tag))
				return RC_INVALID;
			continue;
		}
		if (!open || !slice_eq(open->content, tag->content))
			return FAIL(p, tag->start, "'%.*s' closes nothing",
				    SLICE_ARG(tag->content));
		*close = tag;
		p->depth--;
		return RC_OK;
	}
	if (open)
		return FAIL(p, open->start, "'%.*s' is not closed",
			    SLICE_ARG(open->content));
	return RC_OK;
}

enum rc
parse_template(struct template_set *s, struct template *t, struct err *e)
{
	struct parser p = {.set = s, .t = t, .e = e, .fresh = true};
	const struct tag *close;

	if (t->source.n > SOURCE_MAX)
		return program_err(t, 0, e, RC_INVALID, "is over 4 MB long");
	p.html = s->mode == TEMPLATE_STRICT && t->escape == TEMPLATE_HTML;
	place_init(&p.place);
	if (tag_find(t, &s->arena, &p.tags, &p.tag_count, e) ||
	    walk(&p, NULL, &close))
		return RC_INVALID;
	add_text(&p, t->source.n, t->source.n);
	if (p.html && place_room(&p.place) != PLACE_ANY)
		return program_err(t, (uint32_t)t->source.n, e, RC_INVALID,
				   "ends in %s", place_name(&p.place));
	return RC_OK;
}
