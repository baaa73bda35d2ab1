#include "conf/starter.h"

#include <unistd.h>

#include "base/embedded.h"
#include "base/file.h"
#include "conf/option.h"

#define FILE_MAX ((size_t)256 << 10)
#define EDITS_MAX 24

/* One option's new value, as it is written; NULL drops the option. */
struct edit {
	const char *section, *name;
	const char *value;
};

/* Edits, and the memory of what they say. */
struct edits {
	struct arena a;
	struct edit rows[EDITS_MAX];
	size_t n;
};

static void
put(struct edits *es, const char *section, const char *name, const char *value)
{
	if (es->n == EDITS_MAX)
		die("conf_starter: over %d edits", EDITS_MAX);
	es->rows[es->n++] = (struct edit){section, name, value};
}

/* A text answer, judged as the loader will; NULL puts nothing. */
static enum rc
answer(struct edits *es, const char *section, const char *name,
       const char *text, struct err *e)
{
	const struct option *o = option_find(section, slice_z(name));
	const struct option_scope scope = {&es->a, "/"};
	const struct slice value = slice_z(text);
	union {
		struct conf conf;
		struct brand brand;
		struct policy policy;
	} unused;
	struct sbuf b;
	struct err why;

	if (text == NULL)
		return RC_OK;
	if (option_parse(o, &scope, TREE_ONE, &value, 1, &unused, &why))
		return err_at(e, RC_INVALID, name, "%s: %s", name, why.text);
	sbuf_init(&b, 4096);
	option_print_text(text, &b);
	put(es, section, name, arena_z(&es->a, sbuf_slice(&b)));
	sbuf_fini(&b);
	return RC_OK;
}

/* The edit for a line of a section, "\tname = …"; NULL when there is none. */
static const struct edit *
edit_of(const struct edits *es, struct slice section, struct slice line)
{
	struct slice value = line;
	struct slice name = slice_trim(slice_cut(&value, '='));

	for (size_t i = 0; value.p && i < es->n; i++) {
		if (slice_eq_z(section, es->rows[i].section) &&
		    slice_eq_z(name, es->rows[i].name))
			return &es->rows[i];
	}
	return NULL;
}

/* Where the comment behind a value begins, with the blanks before it; at the
 * end of the line where there is none. */
static size_t
comment_at(struct slice line)
{
	size_t n = line.n;
	bool quoted = false;

	for (size_t i = 0; i < line.n && n == line.n; i++) {
		quoted ^= line.p[i] == '"';
		if (line.p[i] == '#' && !quoted)
			n = i;
	}
	while (n > 0 && n < line.n &&
	       (line.p[n - 1] == ' ' || line.p[n - 1] == '\t'))
		n--;
	return n;
}

static void
add_edited(const struct edit *d, struct slice line, struct sbuf *out)
{
	ptrdiff_t eq = slice_find_c(line, '=');

	if (d->value == NULL)
		return;
	sbuf_add(out, slice_of(line.p, (size_t)eq + 1));
	sbuf_addf(out, " %s", d->value);
	sbuf_add(out, slice_skip(line, comment_at(line)));
	sbuf_add_c(out, '\n');
}

/* The file as it is embedded, with the values of some options exchanged.  Our
 * own files keep to a form that lines show: a section opens at the margin. */
static void
add_file(const char *name, const struct edits *es, struct sbuf *out)
{
	const struct embedded_file *f = embedded_find(name);
	struct slice rest, section = {"", 0};

	if (f == NULL)
		die("%s is not part of the program", name);
	rest = slice_of(f->data, f->size);
	while (rest.n > 0) {
		struct slice line = slice_cut(&rest, '\n');
		struct slice head = line;
		const struct edit *d = edit_of(es, section, line);

		if (line.n > 0 && line.p[0] >= 'a' && line.p[0] <= 'z')
			section = slice_cut(&head, ' ');
		if (d) {
			add_edited(d, line, out);
			continue;
		}
		sbuf_add(out, line);
		sbuf_add_c(out, '\n');
	}
}

static const char *
or_made(struct edits *es, const char *given, const char *before,
	const char *domain)
{
	return given ? given : arena_printf(&es->a, "%s%s", before, domain);
}

/* The domain itself, before other answers are made from it. */
static enum rc
check_domain(const struct starter *s, struct err *e)
{
	struct slice domain = slice_z(s->domain);

	if (domain.n == 0 || domain.n > 200 || !shape_host.fits(domain) ||
	    slice_find_c(domain, '.') < 0)
		return err_at(e, RC_INVALID, "domain",
			      "domain: \"%.*s\" is not a domain like "
			      "hosting.example",
			      (int)(domain.n > 80 ? 80 : domain.n), domain.p);
	return RC_OK;
}

static enum rc
main_edits(const struct starter *s, struct edits *es, struct err *e)
{
	const char *d = s->domain;
	const char *host = or_made(es, s->hostname, "acuse.", d);
	const struct {
		const char *section, *name, *text;
	} rows[] = {
	    {"general", "hostname", host},
	    {"general", "origin", arena_printf(&es->a, "%s/log", host)},
	    {"http", "public_listen", s->public_listen},
	    {"http", "private_listen", s->private_listen},
	    {"brand", "title", s->title ? s->title : d},
	    {"brand", "from_address",
	     or_made(es, s->from_address, "billing@", d)},
	    {"brand", "reply_to", or_made(es, s->from_address, "billing@", d)},
	    {"brand", "return_domain", or_made(es, NULL, "bounces.", d)},
	    {"brand", "public_url",
	     or_made(es, s->public_url, "https://notices.", d)},
	    {"brand", "website", or_made(es, NULL, "https://www.", d)},
	    {"brand", "abuse_contact", or_made(es, NULL, "abuse@", d)},
	    {"brand", "locale", s->locale},
	    {"brand", "time_zone", s->time_zone ? s->time_zone : "UTC"},
	    {"brand", "tracking_basis", s->tracking_basis},
	    {"brand", "dkim_selector", s->dkim_selector},
	};
	enum rc rc = RC_OK;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && !rc; i++)
		rc = answer(es, rows[i].section, rows[i].name, rows[i].text, e);
	put(es, "brand", "link_hosts",
	    arena_printf(&es->a, "{\"%s\", \"*.%s\"}", d, d));
	return rc;
}

enum rc
conf_starter(const struct starter *s, struct sbuf *out, struct err *e)
{
	struct edits es = {.n = 0};
	enum rc rc = check_domain(s, e);

	if (rc)
		return rc;
	arena_init(&es.a, FILE_MAX);
	rc = main_edits(s, &es, e);
	if (!rc)
		add_file("conf/acuse.conf", &es, out);
	arena_fini(&es.a);
	return rc;
}

/* Countries whose holidays we have. */
static const struct {
	const char *region, *file;
} holidays[] = {
    {"_AR", "holidays/ar.txt"},
    {"_ES", "holidays/es.txt"},
    {"_IT", "holidays/it.txt"},
    {"it", "holidays/it.txt"},
};

/* In the zone of the answers, with the holidays of the locale's country where
 * we have them. */
static enum rc
make_policy(const struct starter *s, struct sbuf *out, struct err *e)
{
	struct edits es = {.n = 0};
	const char *file = NULL;
	enum rc rc;

	arena_init(&es.a, FILE_MAX);
	for (size_t i = 0; i < sizeof(holidays) / sizeof(holidays[0]); i++) {
		if (file == NULL &&
		    slice_ends(slice_z(s->locale), slice_z(holidays[i].region)))
			file = holidays[i].file;
	}
	rc = answer(&es, "policy", "time_zone",
		    s->time_zone ? s->time_zone : "UTC", e);
	if (!rc && file)
		rc = answer(&es, "policy", "holidays", file, e);
	else if (!rc)
		put(&es, "policy", "holidays", NULL);
	if (!slice_ends(slice_z(s->locale), SLICE("_AR")))
		put(&es, "policy", "minimum", NULL);
	if (!rc)
		add_file("conf/policies/default.conf", &es, out);
	arena_fini(&es.a);
	return rc;
}

static enum rc
write_one(const char *folder, const char *name, struct slice text,
	  struct err *e)
{
	struct sbuf path;
	enum rc rc;

	sbuf_init(&path, 4096);
	sbuf_addf(&path, "%s/%s", folder, name);
	if (!sbuf_ok(&path))
		rc = err_set(e, RC_INVALID, "%s: the name is too long", folder);
	else
		rc = file_write(sbuf_z(&path), text, 0644, e);
	sbuf_fini(&path);
	return rc;
}

static enum rc
write_made(const struct starter *s, const char *folder, struct err *e)
{
	struct sbuf main_text, policy;
	enum rc rc;

	sbuf_init(&main_text, FILE_MAX);
	sbuf_init(&policy, FILE_MAX);
	rc = conf_starter(s, &main_text, e);
	if (!rc)
		rc = make_policy(s, &policy, e);
	if (!rc)
		rc = write_one(folder, "policies/default.conf",
			       sbuf_slice(&policy), e);
	if (!rc)
		rc = write_one(folder, "acuse.conf", sbuf_slice(&main_text), e);
	sbuf_fini(&main_text);
	sbuf_fini(&policy);
	return rc;
}

/* The files that are taken as they are. */
static enum rc
write_plain(const char *folder, struct err *e)
{
	static const char *const prefixes[] = {"conf/destinations.conf",
					       "conf/holidays/"};
	const struct embedded_file *f;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < 2; i++) {
		for (f = embedded_next(prefixes[i], NULL); f && !rc;
		     f = embedded_next(prefixes[i], f))
			rc = write_one(folder, f->name + strlen("conf/"),
				       slice_of(f->data, f->size), e);
	}
	return rc;
}

enum rc
conf_starter_write(const struct starter *s, const char *folder, struct err *e)
{
	struct arena a;
	const struct conf *c;
	const char *path;
	enum rc rc = RC_OK;

	arena_init(&a, FILE_MAX);
	path = arena_printf(&a, "%.4000s/acuse.conf", folder);
	if (access(path, F_OK) == 0)
		rc = err_set(e, RC_STATE,
			     "%s is there already: edit it, or choose another "
			     "folder",
			     path);
	if (!rc)
		rc = dir_make(arena_printf(&a, "%.4000s/policies", folder),
			      0755, e);
	if (!rc)
		rc = dir_make(arena_printf(&a, "%.4000s/holidays", folder),
			      0755, e);
	if (!rc)
		rc = write_plain(folder, e);
	if (!rc)
		rc = write_made(s, folder, e);
	if (!rc)
		rc = conf_load(path, &c, e);
	if (!rc)
		conf_unref(c);
	arena_fini(&a);
	return rc;
}
