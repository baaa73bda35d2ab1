#include "templates/source.h"

#include <dirent.h>
#include <sys/stat.h>

#include "base/embedded.h"
#include "base/file.h"
#include "templates/locale.h"
#include "templates/program.h"

#define FILE_MAX ((size_t)1 << 20)
#define DEPTH_MAX 4

static const char *const group_dirs[SOURCE_GROUPS] = {
    [SOURCE_MAIL] = "mail/",
    [SOURCE_PAGE] = "page/",
};

static const char *const mail_parts[] = {"subject", "html", "text"};

struct slice
source_language(struct slice locale)
{
	ptrdiff_t n = slice_find_c(locale, '_');

	return n < 0 ? locale : slice_of(locale.p, (size_t)n);
}

bool
source_is_shared(const struct source *s)
{
	return s->stem.n && s->stem.p[0] == '_';
}

static int
compare(const void *a, const void *b)
{
	const struct source *x = a, *y = b;
	int d = (int)x->group - (int)y->group;

	d = d ? d : slice_cmp(x->stem, y->stem);
	return d ? d : slice_cmp(x->locale, y->locale);
}

static const struct source *
exact(const struct source_list *l, enum source_group group, struct slice stem,
      struct slice locale)
{
	struct source wanted = {group, stem, locale, {NULL, 0}, {NULL, 0}};

	if (l->n == 0)
		return NULL;
	return bsearch(&wanted, l->v, l->n, sizeof(wanted), compare);
}

const struct source *
source_find(const struct source_list *l, enum source_group group,
	    struct slice stem, struct slice locale)
{
	struct slice language = source_language(locale);
	const struct source *s = exact(l, group, stem, locale);

	if (!s && language.n < locale.n)
		s = exact(l, group, stem, language);
	return s ? s : exact(l, group, stem, SLICE(""));
}

/* ---- names ---- */

static bool
stem_valid(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_' && c != '/')
			return false;
	}
	return s.n > 0;
}

static bool
part_valid(struct slice stem)
{
	struct slice rest = stem, name = slice_cut(&rest, '/');

	if (!rest.p || name.n == 0)
		return false;
	if (name.p[0] == '_')
		return true;
	for (size_t i = 0; i < sizeof(mail_parts) / sizeof(mail_parts[0]); i++)
		if (slice_eq_z(rest, mail_parts[i]))
			return true;
	return false;
}

/* "mail/receipt/html.es_AR", "page/area.es.html" */
static bool
split_name(struct slice path, struct source *s)
{
	struct slice rest;
	size_t g = 0;

	while (g < SOURCE_GROUPS && !slice_starts(path, slice_z(group_dirs[g])))
		g++;
	if (g == SOURCE_GROUPS)
		return false;
	s->group = (enum source_group)g;
	rest = slice_skip(path, strlen(group_dirs[g]));
	if (s->group == SOURCE_PAGE) {
		if (!slice_ends(rest, SLICE(".html")))
			return false;
		rest.n -= 5;
	}
	s->stem = slice_cut(&rest, '.');
	s->locale = rest.p ? rest : SLICE("");
	if (!stem_valid(s->stem) || (rest.p && !locale_valid(rest)))
		return false;
	return s->group == SOURCE_PAGE || part_valid(s->stem);
}

/* ---- reading ---- */

static enum rc
add(struct source_list *l, struct arena *a, struct slice path,
    struct slice file, struct slice text, struct err *e)
{
	struct source s = {.file = file};

	if (!split_name(path, &s))
		return err_at(e, RC_INVALID, file.p,
			      "is not named like a template (see "
			      "templates/README.md)");
	if (slice_ends(text, SLICE("\n")))
		text.n--;
	if (slice_ends(text, SLICE("\r")))
		text.n--;
	s.text = text;
	for (size_t i = 0; i < l->n; i++) {
		if (compare(&l->v[i], &s) == 0) {
			l->v[i] = s;
			return RC_OK;
		}
	}
	l->v = program_room(a, l->v, l->n, &l->cap, sizeof(*l->v));
	l->v[l->n++] = s;
	return RC_OK;
}

static enum rc
load_embedded(struct arena *a, struct source_list *l, struct err *e)
{
	const struct embedded_file *f = NULL;

	while ((f = embedded_next("templates/", f))) {
		struct slice file = slice_z(f->name);

		if (add(l, a, slice_skip(file, strlen("templates/")), file,
			slice_of(f->data, f->size), e))
			return RC_INVALID;
	}
	return RC_OK;
}

static enum rc
load_file(const char *root, const char *path, struct arena *a,
	  struct source_list *l, struct err *e)
{
	struct sbuf b;
	enum rc rc;

	sbuf_init(&b, FILE_MAX);
	rc = file_read(path, FILE_MAX, &b, e);
	if (rc == RC_OK)
		rc = add(l, a, arena_dup(a, slice_z(path + strlen(root) + 1)),
			 arena_dup(a, slice_z(path)),
			 arena_dup(a, sbuf_slice(&b)), e);
	sbuf_fini(&b);
	return rc;
}

/* Editors' leavings and notes are no templates. */
static bool
is_ignored(const char *name)
{
	struct slice s = slice_z(name);

	return name[0] == '.' || slice_ends(s, SLICE("~")) ||
	       slice_starts(s, SLICE("README"));
}

static enum rc
load_dir(const char *root, const char *path, int depth, struct arena *a,
	 struct source_list *l, struct err *e)
{
	struct dirent *d;
	enum rc rc = RC_OK;
	DIR *dir = opendir(path);

	if (!dir)
		return err_errno(e, path);
	while (rc == RC_OK && (d = readdir(dir))) {
		char *sub = arena_printf(a, "%s/%s", path, d->d_name);
		struct stat st;

		if (is_ignored(d->d_name))
			continue;
		if (stat(sub, &st))
			rc = err_errno(e, sub);
		else if (S_ISDIR(st.st_mode) && depth == DEPTH_MAX)
			rc = err_at(e, RC_LIMIT, sub, "is too deep");
		else if (S_ISDIR(st.st_mode))
			rc = load_dir(root, sub, depth + 1, a, l, e);
		else
			rc = load_file(root, sub, a, l, e);
	}
	closedir(dir);
	return rc;
}

enum rc
source_load(const char *dir, struct arena *a, struct source_list *out,
	    struct err *e)
{
	enum rc rc;

	*out = (struct source_list){NULL, 0, 0};
	rc = load_embedded(a, out, e);
	if (rc == RC_OK && dir)
		rc = load_dir(dir, dir, 1, a, out, e);
	if (rc == RC_OK && out->n)
		qsort(out->v, out->n, sizeof(*out->v), compare);
	return rc;
}
