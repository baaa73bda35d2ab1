#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/embedded.h"
#include "base/file.h"
#include "base/mem.h"
#include "conf/tree.h"
#include "tracker/agents_private.h"

#define BUILT_IN "conf/agents.conf"
#define RANGES_TEXT_MAX ((size_t)64 << 20)
#define ARENA_MAX ((size_t)8 << 20)
#define FILES_MAX 100 /* of refreshed ranges */

/* Reading the file: each part that is read goes into the hash. */
struct reading {
	struct agents *a;
	const char *path;
	const char *refreshed; /* or NULL */
	bool built_in;	       /* paths are of embedded files */
};

/* Adds a file's text, and chains its hash to what was read before. */
static enum rc
part_read(struct reading *r, bool built_in, const char *path, struct sbuf *out,
	  struct err *e)
{
	uint8_t hash[SHA256_SIZE];
	const struct slice chain[] = {slice_of(r->a->hash, SHA256_SIZE),
				      slice_of(hash, SHA256_SIZE)};
	enum rc rc = RC_OK;

	if (built_in) {
		const struct embedded_file *f = embedded_find(path);

		if (!f)
			return err_set(e, RC_NOTFOUND, "%s is not built in",
				       path);
		sbuf_add(out, slice_of(f->data, f->size));
	} else {
		rc = file_read(path, out->max, out, e);
	}
	if (rc != RC_OK)
		return rc;
	sha256_of(sbuf_slice(out), hash);
	sha256(chain, 2, r->a->hash);
	return RC_OK;
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

/* The ranges that are being read, the last ones of r->a. */
static struct agent_ranges *
ranges_at(struct reading *r)
{
	return &r->a->ranges[r->a->ranges_n - 1];
}

static enum rc
ranges_fill(struct reading *r, struct slice text, const char *path,
	    struct err *e)
{
	for (int line = 1; text.p; line++) {
		struct slice s = slice_cut(&text, '\n');
		enum rc rc;

		s = slice_trim(slice_cut(&s, '#'));
		s = slice_trim(slice_cut(&s, ','));
		if (s.n == 0)
			continue;
		rc = addr_set_add(r->a->sets[r->a->ranges_n - 1], s, 1, e);
		if (rc) {
			char at[sizeof(e->pointer)];

			(void)snprintf(at, sizeof(at), "%s:%d", path, line);
			return err_at(e, rc, at, "\"%.*s\" is not a range",
				      SLICE_ARG(s));
		}
		ranges_at(r)->ranges++;
	}
	return RC_OK;
}

static enum rc
ranges_part(struct reading *r, bool built_in, const char *path, struct err *e)
{
	struct sbuf text;
	enum rc rc;

	sbuf_init(&text, RANGES_TEXT_MAX);
	rc = part_read(r, built_in, path, &text, e);
	if (rc == RC_OK)
		rc = ranges_fill(r, sbuf_slice(&text), path, e);
	sbuf_fini(&text);
	return rc;
}

static int
is_list(const struct dirent *d)
{
	return d->d_name[0] != '.' &&
	       slice_ends(slice_z(d->d_name), SLICE(".txt"));
}

/* The files that an operator put in the place of the one that came. */
static enum rc
ranges_refreshed(struct reading *r, struct err *e)
{
	struct agent_ranges *x = ranges_at(r);
	struct dirent **files = NULL;
	enum rc rc = RC_OK;
	const char *dir;
	int n;

	if (!r->refreshed)
		return RC_OK;
	dir = arena_printf(&r->a->arena, "%s/%s", r->refreshed, x->name);
	if (access(dir, F_OK) != 0)
		return RC_OK;
	n = scandir(dir, &files, is_list, alphasort);
	if (n < 0)
		return err_errno(e, dir);
	if (n > FILES_MAX)
		rc = err_set(e, RC_LIMIT, "%s: at most %d files", dir,
			     FILES_MAX);
	for (int i = 0; i < n; i++) {
		if (rc == RC_OK)
			rc = ranges_part(r, false,
					 arena_printf(&r->a->arena, "%s/%s",
						      dir, files[i]->d_name),
					 e);
		free(files[i]);
	}
	free(files);
	x->refreshed = (size_t)n;
	return rc;
}

static enum rc
ranges_file(struct reading *r, const struct tree_node *n, struct err *e)
{
	struct slice folder = slice_z(r->path);
	struct slice name = n->values[0];
	const char *path;
	enum rc rc;

	while (folder.n > 0 && folder.p[folder.n - 1] != '/')
		folder.n--;
	if (name.n && name.p[0] == '/')
		folder.n = 0;
	path = arena_printf(&r->a->arena, "%.*s%.*s", SLICE_ARG(folder),
			    SLICE_ARG(name));
	rc = ranges_part(r, r->built_in, path, e);
	if (rc == RC_OK || e->pointer[0] != '\0')
		return rc;
	return tree_err_file(n, e, path, "give a file with ranges");
}

/* A name is a folder's too: see ranges_refreshed(). */
static bool
ranges_name_good(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-')
			return false;
	return s.n > 0 && s.n <= 64;
}

static const char *const *
published_read(struct reading *r, const struct tree_node *n)
{
	size_t count = n ? n->values_n : 0;
	const char **out = ARENA_ARRAY(&r->a->arena, const char *, count + 1);

	for (size_t i = 0; i < count; i++)
		out[i] = arena_z(&r->a->arena, n->values[i]);
	return out;
}

static enum rc
ranges_read(struct reading *r, const struct tree_node *section, struct err *e)
{
	const struct tree_node *file = tree_find(section, "file");
	const struct tree_node *published = tree_find(section, "published");
	struct agent_ranges *x;
	enum rc rc;

	if (r->a->ranges_n == RANGES_MAX)
		return tree_err(section, e, "at most %d ranges", RANGES_MAX);
	if (!section->title.p || !ranges_name_good(section->title))
		return tree_err(section, e,
				"ranges want a name, of a-z, 0-9 and -");
	for (const struct tree_node *n = section->first; n; n = n->next)
		if (n != published && (n != file || n->kind != TREE_ONE))
			return tree_err(n, e,
					"ranges have one \"file\", and "
					"\"published\"");
	if (!file)
		return tree_err(section, e, "ranges want a \"file\"");
	r->a->sets[r->a->ranges_n] = addr_set_new();
	x = &r->a->ranges[r->a->ranges_n++];
	x->name = arena_z(&r->a->arena, section->title);
	x->published = published_read(r, published);
	rc = ranges_refreshed(r, e);
	if (rc == RC_OK && x->refreshed == 0)
		rc = ranges_file(r, file, e);
	return rc;
}

/* --- rules --- */

struct word {
	const char *name;
	unsigned bit;
};

static const struct word kinds[] = {{"open", ON_OPEN},	   {"click", ON_CLICK},
				    {"view", ON_VIEW},	   {"visit", ON_VISIT},
				    {"answer", ON_ANSWER}, {NULL, 0}};

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
		x->ranges[x->ranges_n++] = r->a->sets[k];
	}
	return RC_OK;
}

static enum rc
read_class(const struct tree_node *n, struct agent_rule *x, struct err *e)
{
	int c = agent_class_parse(n->values[0]);

	if (c < 0)
		return tree_err(n, e, "class: \"%.*s\" is not known",
				SLICE_ARG(n->values[0]));
	x->class = (enum agent_class)c;
	return RC_OK;
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

/* Something that can be asked in one way only. */
static enum rc
read_flag(const struct tree_node *n, const char *word, bool *out, struct err *e)
{
	*out = slice_eq_z(n->values[0], word);
	return *out ? RC_OK
		    : tree_err(n, e, "%.*s = %s", SLICE_ARG(n->name), word);
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
	if (slice_eq(n->name, SLICE("images")))
		return read_flag(n, "no", &x->no_images, e);
	if (slice_eq(n->name, SLICE("before")))
		return read_flag(n, "yes", &x->before, e);
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
	for (size_t i = 0; i < r->a->rules_n; i++)
		if (slice_eq_z(section->title, r->a->rules[i].name))
			return tree_err(section, e,
					"two rules have the name \"%.*s\"",
					SLICE_ARG(section->title));
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
	if (rc == RC_OK && r->a->rules_n == 0)
		return err_set(e, RC_INVALID, "%s: there is no rule in it",
			       r->path);
	return rc;
}

enum rc
agents_load(const char *path, const char *refreshed, const struct agents **out,
	    struct err *e)
{
	struct agents *a = MEM_NEW(struct agents);
	struct reading r = {.a = a, .refreshed = refreshed};
	struct tree_node *root;
	struct sbuf text;
	enum rc rc;

	arena_init(&a->arena, ARENA_MAX);
	atomic_store(&a->refs, 1);
	r.built_in = path == NULL || path[0] == '\0';
	r.path = arena_z(&a->arena, slice_z(r.built_in ? BUILT_IN : path));
	sbuf_init(&text, TREE_TEXT_MAX);
	rc = part_read(&r, r.built_in, r.path, &text, e);
	if (rc == RC_OK)
		rc = tree_parse(sbuf_slice(&text), r.path, &a->arena, &root, e);
	if (rc == RC_OK)
		rc = sections_read(&r, root, e);
	sbuf_fini(&text);
	if (rc)
		agents_unref(a);
	else
		*out = a;
	return rc;
}

static void
agents_free(struct agents *a)
{
	for (size_t i = 0; i < a->rules_n; i++) {
		pcre2_code_free(a->rules[i].agent);
		pcre2_code_free(a->rules[i].header_like);
	}
	for (size_t i = 0; i < a->ranges_n; i++)
		addr_set_free(a->sets[i]);
	arena_fini(&a->arena);
	free(a);
}

const struct agents *
agents_ref(const struct agents *a)
{
	atomic_fetch_add(&((struct agents *)(uintptr_t)a)->refs, 1);
	return a;
}

void
agents_unref(const struct agents *a)
{
	struct agents *own = (struct agents *)(uintptr_t)a;

	if (own && atomic_fetch_sub(&own->refs, 1) == 1)
		agents_free(own);
}
