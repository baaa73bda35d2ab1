#include <stdlib.h>

#include "base/embedded.h"
#include "base/file.h"
#include "base/mem.h"
#include "conf/tree.h"
#include "tracker/agents_private.h"

#define BUILT_IN "conf/agents.conf"
#define RANGES_TEXT_MAX ((size_t)64 << 20)
#define ARENA_MAX ((size_t)8 << 20)
#define HASHED_MAX (1 + RANGES_MAX)

/* Reading the file: what was read is hashed part by part. */
struct reading {
	struct agents *a;
	const char *path;
	bool built_in; /* paths are of embedded files */
	uint8_t hashes[HASHED_MAX][SHA256_SIZE];
	size_t hashes_n;
};

/* Adds a file's text, and its hash. */
static enum rc
part_read(struct reading *r, const char *path, size_t max, struct sbuf *out,
	  struct err *e)
{
	enum rc rc = RC_OK;

	if (r->built_in) {
		const struct embedded_file *f = embedded_find(path);

		if (!f)
			return err_set(e, RC_NOTFOUND, "%s is not built in",
				       path);
		sbuf_add(out, slice_of(f->data, f->size));
	} else {
		rc = file_read(path, max, out, e);
	}
	if (rc == RC_OK)
		sha256_of(sbuf_slice(out), r->hashes[r->hashes_n++]);
	return rc;
}

/* "2s", "30s", "5m", "1h". */
static bool
span_parse(struct slice s, int64_t *out)
{
	static const struct {
		char unit;
		int64_t us;
	} units[] = {{'s', 1000000}, {'m', 60000000}, {'h', 3600000000}};

	for (size_t i = 0; s.n && i < sizeof(units) / sizeof(units[0]); i++) {
		if (s.p[s.n - 1] != units[i].unit)
			continue;
		s.n--;
		if (!slice_int(s, 1, 1000000, out))
			return false;
		*out *= units[i].us;
		return true;
	}
	return false;
}

/* --- ranges --- */

static enum rc
ranges_fill(struct addr_set *set, struct slice text, const char *path,
	    struct err *e)
{
	for (int line = 1; text.p; line++) {
		struct slice s = slice_cut(&text, '\n');
		enum rc rc;

		s = slice_trim(slice_cut(&s, '#'));
		s = slice_trim(slice_cut(&s, ','));
		if (s.n == 0)
			continue;
		rc = addr_set_add(set, s, 1, e);
		if (rc) {
			char at[sizeof(e->pointer)];

			(void)snprintf(at, sizeof(at), "%s:%d", path, line);
			return err_at(e, rc, at, "\"%.*s\" is not a range",
				      SLICE_ARG(s));
		}
	}
	return RC_OK;
}

static enum rc
ranges_file(struct reading *r, struct agent_ranges *x,
	    const struct tree_node *n, struct err *e)
{
	struct slice folder = slice_z(r->path);
	struct slice name = n->values[0];
	struct sbuf text;
	const char *path;
	enum rc rc;

	while (folder.n > 0 && folder.p[folder.n - 1] != '/')
		folder.n--;
	if (name.n && name.p[0] == '/')
		folder.n = 0;
	path = arena_printf(&r->a->arena, "%.*s%.*s", SLICE_ARG(folder),
			    SLICE_ARG(name));
	sbuf_init(&text, RANGES_TEXT_MAX);
	rc = part_read(r, path, RANGES_TEXT_MAX, &text, e);
	if (rc)
		rc = tree_err_file(n, e, path, "give a file with ranges");
	else
		rc = ranges_fill(x->set, sbuf_slice(&text), path, e);
	sbuf_fini(&text);
	return rc;
}

static enum rc
ranges_read(struct reading *r, const struct tree_node *section, struct err *e)
{
	const struct tree_node *file = tree_find(section, "file");
	struct agent_ranges *x;

	if (r->a->ranges_n == RANGES_MAX)
		return tree_err(section, e, "at most %d ranges", RANGES_MAX);
	if (!section->title.p || section->title.n == 0)
		return tree_err(section, e, "ranges want a name");
	for (const struct tree_node *n = section->first; n; n = n->next)
		if (n != file || n->kind != TREE_ONE)
			return tree_err(n, e, "ranges have one \"file\"");
	if (!file)
		return tree_err(section, e, "ranges want a \"file\"");
	x = &r->a->ranges[r->a->ranges_n++];
	x->name = arena_z(&r->a->arena, section->title);
	x->set = addr_set_new();
	return ranges_file(r, x, file, e);
}

/* --- rules --- */

struct word {
	const char *name;
	unsigned bit;
};

static const struct word kinds[] = {{"open", ON_OPEN},
				    {"click", ON_CLICK},
				    {"view", ON_VIEW},
				    {"answer", ON_ANSWER},
				    {NULL, 0}};

static const struct word methods[] = {{"GET", 1u << HIT_GET},
				      {"HEAD", 1u << HIT_HEAD},
				      {"OPTIONS", 1u << HIT_OPTIONS},
				      {"POST", 1u << HIT_POST},
				      {NULL, 0}};

static enum rc
words_read(const struct tree_node *n, const struct word *words, unsigned *out,
	   struct err *e)
{
	for (size_t i = 0; i < n->values_n; i++) {
		const struct word *w = words;

		while (w->name && !slice_eq_z(n->values[i], w->name))
			w++;
		if (!w->name)
			return tree_err(n, e, "%.*s: \"%.*s\" is not known",
					SLICE_ARG(n->name),
					SLICE_ARG(n->values[i]));
		*out |= w->bit;
	}
	return RC_OK;
}

static enum rc
pattern_read(const struct tree_node *n, struct slice s, pcre2_code **out,
	     struct err *e)
{
	PCRE2_UCHAR text[128];
	PCRE2_SIZE at;
	int code;

	*out = pcre2_compile((PCRE2_SPTR)s.p, s.n,
			     PCRE2_CASELESS | PCRE2_DOLLAR_ENDONLY |
				 PCRE2_NEVER_BACKSLASH_C,
			     &code, &at, NULL);
	if (!*out) {
		(void)pcre2_get_error_message(code, text, sizeof(text));
		return tree_err(n, e, "%.*s: character %zu: %s",
				SLICE_ARG(n->name), (size_t)at,
				(const char *)text);
	}
	(void)pcre2_jit_compile(*out, PCRE2_JIT_COMPLETE);
	return RC_OK;
}

static enum rc
read_header(struct reading *r, const struct tree_node *n, struct agent_rule *x,
	    struct err *e)
{
	if (n->values_n != 2)
		return tree_err(n, e, "header = {\"name\", \"pattern\"}");
	x->header = arena_z(&r->a->arena, n->values[0]);
	return pattern_read(n, n->values[1], &x->header_like, e);
}

static enum rc
read_ranges(struct reading *r, const struct tree_node *n, struct agent_rule *x,
	    struct err *e)
{
	for (size_t i = 0; i < n->values_n; i++) {
		size_t k = 0;

		while (k < r->a->ranges_n &&
		       !slice_eq_z(n->values[i], r->a->ranges[k].name))
			k++;
		if (k == r->a->ranges_n || x->ranges_n == RULE_RANGES_MAX)
			return tree_err(n, e,
					"ranges: there are none \"%.*s\" above",
					SLICE_ARG(n->values[i]));
		x->ranges[x->ranges_n++] = r->a->ranges[k].set;
	}
	return RC_OK;
}

static enum rc
read_class(const struct tree_node *n, struct agent_rule *x, struct err *e)
{
	for (int i = 0; i < AGENT_CLASSES; i++) {
		if (slice_eq_z(n->values[0],
			       agent_class_name((enum agent_class)i))) {
			x->class = (enum agent_class)i;
			return RC_OK;
		}
	}
	return tree_err(n, e, "class: \"%.*s\" is not known",
			SLICE_ARG(n->values[0]));
}

static enum rc
read_span(const struct tree_node *n, int64_t *out, struct err *e)
{
	if (span_parse(n->values[0], out))
		return RC_OK;
	return tree_err(n, e, "%.*s: a time like \"30s\" or \"5m\" is wanted",
			SLICE_ARG(n->name));
}

static enum rc
read_burst(const struct tree_node *n, int64_t *out, struct err *e)
{
	if (slice_int(n->values[0], 2, BURST_MAX, out))
		return RC_OK;
	return tree_err(n, e, "burst: 2 to %d links", BURST_MAX);
}

static enum rc
option_read(struct reading *r, const struct tree_node *n, struct agent_rule *x,
	    struct err *e)
{
	const struct {
		const char *name;
		int64_t *span;
	} spans[] = {{"within", &x->within_us},
		     {"elsewhere", &x->elsewhere_us},
		     {"after", &x->after_us},
		     {"again", &x->again_us}};

	if (n->kind == TREE_SECTION || n->values_n == 0)
		return tree_err(n, e, "an option is wanted");
	if (slice_eq(n->name, SLICE("on")))
		return words_read(n, kinds, &x->on, e);
	if (slice_eq(n->name, SLICE("method")))
		return words_read(n, methods, &x->methods, e);
	if (slice_eq(n->name, SLICE("agent")))
		return pattern_read(n, n->values[0], &x->agent, e);
	if (slice_eq(n->name, SLICE("header")))
		return read_header(r, n, x, e);
	if (slice_eq(n->name, SLICE("ranges")))
		return read_ranges(r, n, x, e);
	if (slice_eq(n->name, SLICE("class")))
		return read_class(n, x, e);
	if (slice_eq(n->name, SLICE("burst")))
		return read_burst(n, &x->burst, e);
	if (slice_eq(n->name, SLICE("before"))) {
		x->before = slice_eq(n->values[0], SLICE("yes"));
		return x->before ? RC_OK : tree_err(n, e, "before = yes");
	}
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		if (slice_eq_z(n->name, spans[i].name))
			return read_span(n, spans[i].span, e);
	return tree_err(n, e, "a rule has no \"%.*s\"", SLICE_ARG(n->name));
}

static enum rc
rule_read(struct reading *r, const struct tree_node *section, struct err *e)
{
	struct agent_rule *x = &r->a->rules[r->a->rules_n];

	if (r->a->rules_n == RULES_MAX)
		return tree_err(section, e, "at most %d rules", RULES_MAX);
	if (!section->title.p || section->title.n == 0)
		return tree_err(section, e, "a rule wants a name");
	r->a->rules_n++;
	x->name = arena_z(&r->a->arena, section->title);
	for (const struct tree_node *n = section->first; n; n = n->next) {
		enum rc rc;

		if (tree_find(section, "class") == NULL)
			break;
		for (const struct tree_node *m = section->first; m != n;
		     m = m->next)
			if (slice_eq(m->name, n->name))
				return tree_err(n, e, "\"%.*s\" is said twice",
						SLICE_ARG(n->name));
		rc = option_read(r, n, x, e);
		if (rc)
			return rc;
	}
	if (!tree_find(section, "class") || !x->on)
		return tree_err(section, e,
				"a rule wants \"on\" and \"class\"");
	if ((x->burst != 0) != (x->within_us != 0))
		return tree_err(section, e,
				"\"burst\" and \"within\" go together");
	if (x->class == AGENT_PERSON_LIKELY && x->on & ON_OPEN)
		return tree_err(section, e,
				"an open is never a person's: it "
				"says nothing of reading");
	return RC_OK;
}

static enum rc
sections_read(struct reading *r, const struct tree_node *root, struct err *e)
{
	enum rc rc = RC_OK;

	for (const struct tree_node *n = root->first; n && !rc; n = n->next) {
		if (n->kind == TREE_SECTION &&
		    slice_eq(n->name, SLICE("ranges")))
			rc = ranges_read(r, n, e);
		else if (n->kind == TREE_SECTION &&
			 slice_eq(n->name, SLICE("rule")))
			rc = rule_read(r, n, e);
		else
			rc = tree_err(n, e, "rules and ranges are wanted");
	}
	return rc;
}

enum rc
agents_load(const char *path, struct agents **out, struct err *e)
{
	struct agents *a = MEM_NEW(struct agents);
	struct reading *r = MEM_NEW(struct reading);
	struct tree_node *root;
	struct sbuf text;
	enum rc rc;

	arena_init(&a->arena, ARENA_MAX);
	r->a = a;
	r->built_in = path == NULL;
	r->path = arena_z(&a->arena, slice_z(path ? path : BUILT_IN));
	sbuf_init(&text, TREE_TEXT_MAX);
	rc = part_read(r, r->path, TREE_TEXT_MAX, &text, e);
	if (rc == RC_OK)
		rc =
		    tree_parse(sbuf_slice(&text), r->path, &a->arena, &root, e);
	if (rc == RC_OK)
		rc = sections_read(r, root, e);
	if (rc == RC_OK)
		sha256_of(slice_of(r->hashes, r->hashes_n * SHA256_SIZE),
			  a->hash);
	sbuf_fini(&text);
	free(r);
	if (rc) {
		agents_free(a);
		return rc;
	}
	*out = a;
	return RC_OK;
}

void
agents_free(struct agents *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->rules_n; i++) {
		pcre2_code_free(a->rules[i].agent);
		pcre2_code_free(a->rules[i].header_like);
	}
	for (size_t i = 0; i < a->ranges_n; i++)
		addr_set_free(a->ranges[i].set);
	arena_fini(&a->arena);
	free(a);
}
