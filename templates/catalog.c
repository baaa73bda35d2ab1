#include "templates/catalog.h"

#include "base/mem.h"
#include "templates/program.h"
#include "templates/source.h"

/*
 * Invariants
 * 1. An edition holds all that there is for one locale, each text taken from
 *    the locale, its language, or the file without a locale; so a block that
 *    es_AR changes is changed in a mail that es alone has.
 * 2. All is built before the catalog is given out, and never changes.
 */
#define CATALOG_MAX ((size_t)256 << 20)

enum kind { KIND_HTML, KIND_TEXT, KIND_PAGE, KINDS };

struct edition {
	struct slice locale;
	struct template_set *sets[KINDS];
};

struct names {
	struct slice *v;
	size_t n, cap;
};

struct catalog {
	struct arena arena;
	struct source_list sources;
	struct edition *editions;
	struct names mails, locales;
};

static bool
names_have(const struct names *l, struct slice s)
{
	for (size_t i = 0; i < l->n; i++)
		if (slice_eq(l->v[i], s))
			return true;
	return false;
}

static void
names_add(struct arena *a, struct names *l, struct slice s)
{
	if (names_have(l, s))
		return;
	l->v = program_room(a, l->v, l->n, &l->cap, sizeof(*l->v));
	l->v[l->n++] = s;
}

static int
by_bytes(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static void
names_sort(struct names *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_bytes);
}

static void
list_names(struct catalog *c)
{
	for (size_t i = 0; i < c->sources.n; i++) {
		const struct source *s = &c->sources.v[i];
		struct slice rest = s->stem;

		if (s->locale.n)
			names_add(&c->arena, &c->locales, s->locale);
		if (s->group == SOURCE_MAIL && !source_is_shared(s))
			names_add(&c->arena, &c->mails, slice_cut(&rest, '/'));
	}
	names_sort(&c->locales);
	names_sort(&c->mails);
}

static enum template_escape
escape_of(const struct source *s, enum kind kind)
{
	if (kind != KIND_TEXT)
		return TEMPLATE_HTML;
	return slice_ends(s->stem, SLICE("/subject")) ? TEMPLATE_HEADER
						      : TEMPLATE_TEXT;
}

static bool
belongs(const struct source *s, enum kind kind)
{
	bool html = slice_ends(s->stem, SLICE("/html"));

	if (kind == KIND_PAGE || s->group == SOURCE_PAGE)
		return kind == KIND_PAGE && s->group == SOURCE_PAGE;
	return source_is_shared(s) || html == (kind == KIND_HTML);
}

static enum rc
build_set(struct catalog *c, struct slice locale, enum kind kind,
	  struct template_set **out, struct err *e)
{
	const struct source_list *l = &c->sources;
	struct template_source *list =
	    mem_alloc((l->n + 1) * sizeof(struct template_source));
	size_t n = 0;
	enum rc rc;

	for (size_t i = 0; i < l->n; i++) {
		const struct source *s = &l->v[i];

		if (!belongs(s, kind) ||
		    source_find(l, s->group, s->stem, locale) != s)
			continue;
		list[n++] = (struct template_source){
		    .name = s->stem,
		    .file = s->file,
		    .text = s->text,
		    .escape = escape_of(s, kind),
		    .on_call = source_is_shared(s),
		};
	}
	rc = template_set_new(list, n, TEMPLATE_STRICT, out, e);
	free(list);
	return rc;
}

static const struct template *
part(const struct edition *ed, enum kind kind, struct slice name,
     const char *part_name)
{
	char stem[256];
	struct sbuf b = {.p = stem, .cap = sizeof(stem), .max = sizeof(stem)};

	sbuf_add(&b, name);
	sbuf_add_z(&b, part_name);
	if (!sbuf_ok(&b))
		return NULL;
	return template_find(ed->sets[kind], sbuf_slice(&b));
}

static bool
mail_of(const struct edition *ed, struct slice name, struct catalog_mail *m)
{
	m->subject = part(ed, KIND_TEXT, name, "/subject");
	m->html = part(ed, KIND_HTML, name, "/html");
	m->text = part(ed, KIND_TEXT, name, "/text");
	return m->subject && m->html && m->text;
}

static enum rc
check_parts(const struct catalog *c, const struct edition *ed, struct err *e)
{
	for (size_t i = 0; i < c->mails.n; i++) {
		struct slice name = c->mails.v[i];
		struct catalog_mail m;

		if (mail_of(ed, name, &m) || (!m.subject && !m.html && !m.text))
			continue;
		return err_set(
		    e, RC_INVALID, "mail/%.*s has no %s.%.*s", SLICE_ARG(name),
		    !m.subject ? "subject" : (m.html ? "text" : "html"),
		    SLICE_ARG(ed->locale));
	}
	return RC_OK;
}

static enum rc
build(struct catalog *c, struct err *e)
{
	enum rc rc = RC_OK;

	c->editions = ARENA_ARRAY(&c->arena, struct edition, c->locales.n);
	for (size_t i = 0; i < c->locales.n && rc == RC_OK; i++) {
		struct edition *ed = &c->editions[i];

		ed->locale = c->locales.v[i];
		for (int k = 0; k < KINDS && rc == RC_OK; k++)
			rc = build_set(c, ed->locale, (enum kind)k,
				       &ed->sets[k], e);
		if (rc == RC_OK)
			rc = check_parts(c, ed, e);
	}
	return rc;
}

enum rc
catalog_load(const char *dir, struct catalog **out, struct err *e)
{
	struct catalog *c = MEM_NEW(struct catalog);
	enum rc rc;

	*out = NULL;
	arena_init(&c->arena, CATALOG_MAX);
	rc = source_load(dir, &c->arena, &c->sources, e);
	if (rc == RC_OK) {
		list_names(c);
		rc = build(c, e);
	}
	if (rc)
		catalog_free(c);
	else
		*out = c;
	return rc;
}

void
catalog_free(struct catalog *c)
{
	if (!c)
		return;
	for (size_t i = 0; c->editions && i < c->locales.n; i++)
		for (int k = 0; k < KINDS; k++)
			template_set_free(c->editions[i].sets[k]);
	arena_fini(&c->arena);
	free(c);
}

/* ---- choosing ---- */

#define CHOICES 5

static void
list_choices(struct slice locale, struct slice brand,
	     struct slice choices[CHOICES])
{
	choices[0] = locale;
	choices[1] = source_language(locale);
	choices[2] = brand;
	choices[3] = source_language(brand);
	choices[4] = SLICE("en");
}

static const struct edition *
edition_of(const struct catalog *c, struct slice locale)
{
	for (size_t i = 0; i < c->locales.n; i++)
		if (slice_eq(c->locales.v[i], locale))
			return &c->editions[i];
	return NULL;
}

/* Numbers and dates are written as the reader is used to, but never in another
 * language than the text. */
static void
set_locale(char out[LOCALE_SIZE], struct slice text, struct slice locale,
	   struct slice brand)
{
	struct slice language = source_language(text), use = text;

	if (slice_eq(source_language(locale), language) && locale_valid(locale))
		use = locale;
	else if (slice_eq(source_language(brand), language) &&
		 locale_valid(brand))
		use = brand;
	memset(out, 0, LOCALE_SIZE);
	memcpy(out, use.p, use.n);
}

enum rc
catalog_mail(const struct catalog *c, struct slice name, struct slice locale,
	     struct slice brand_locale, struct catalog_mail *out, struct err *e)
{
	struct slice choices[CHOICES];

	list_choices(locale, brand_locale, choices);
	for (int i = 0; i < CHOICES; i++) {
		const struct edition *ed = edition_of(c, choices[i]);

		if (!ed || !mail_of(ed, name, out))
			continue;
		set_locale(out->locale, choices[i], locale, brand_locale);
		return RC_OK;
	}
	return err_set(e, RC_NOTFOUND, "there is no mail '%.*s' in '%.*s'",
		       SLICE_ARG(name), SLICE_ARG(locale));
}

enum rc
catalog_page(const struct catalog *c, struct slice name, struct slice locale,
	     struct slice brand_locale, struct catalog_page *out, struct err *e)
{
	struct slice choices[CHOICES];

	list_choices(locale, brand_locale, choices);
	for (int i = 0; i < CHOICES; i++) {
		const struct edition *ed = edition_of(c, choices[i]);

		if (!ed)
			continue;
		out->html = template_find(ed->sets[KIND_PAGE], name);
		if (!out->html)
			continue;
		set_locale(out->locale, choices[i], locale, brand_locale);
		return RC_OK;
	}
	return err_set(e, RC_NOTFOUND, "there is no page '%.*s' in '%.*s'",
		       SLICE_ARG(name), SLICE_ARG(locale));
}

static size_t
give(const struct names *l, const struct slice **names)
{
	*names = l->v;
	return l->n;
}

size_t
catalog_mails(const struct catalog *c, const struct slice **names)
{
	return give(&c->mails, names);
}

size_t
catalog_locales(const struct catalog *c, const struct slice **names)
{
	return give(&c->locales, names);
}

bool
catalog_has(const struct catalog *c, struct slice name, struct slice locale)
{
	const struct edition *ed = edition_of(c, locale);
	struct catalog_mail m;

	if (!ed)
		return false;
	return mail_of(ed, name, &m) ||
	       template_find(ed->sets[KIND_PAGE], name) != NULL;
}
