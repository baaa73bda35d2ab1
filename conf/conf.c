/*
 * 1. A configuration lives in the arena of its owner, which frees it when the
 *    last reference goes.
 * 2. After conf_load() nothing in it changes.
 */
#include "conf/conf.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/mem.h"
#include "conf/conf_check.h"
#include "conf/policy_read.h"

#define INCLUDES_MAX 64
#define ARENA_MAX ((size_t)512 << 20)

struct owner {
	struct conf c; /* first: a pointer to it is a pointer to this */
	struct arena a;
	atomic_int refs;
};

/* While it is read: where the parts come from. */
struct reading {
	struct conf *c;
	struct tree_node *root; /* all files' sections, in order */
	struct arena texts;	/* of files and trees: gone at the end */
	struct option_scope scope;
	struct err *e;
};

/* ---- files ---- */

static enum rc
read_text(struct reading *r, const char *path, struct slice *out)
{
	struct sbuf text;
	enum rc rc;

	sbuf_init(&text, TREE_TEXT_MAX);
	rc = file_read(path, TREE_TEXT_MAX, &text, r->e);
	if (!rc)
		*out = arena_dup(&r->texts, sbuf_slice(&text));
	sbuf_fini(&text);
	return rc;
}

/* Only sections: what the installation is called, and what it includes, stands
 * in the first file alone. */
static enum rc
include_one(struct reading *r, const struct tree_node *at, struct slice name)
{
	const char *path = name.n > 0 && name.p[0] == '/'
			       ? arena_z(r->scope.a, name)
			       : arena_printf(r->scope.a, "%s/%.*s",
					      r->scope.folder, SLICE_ARG(name));
	struct tree_node *part;
	struct slice text;
	enum rc rc = read_text(r, path, &text);

	if (rc)
		return tree_err_file(at, r->e, "include",
				     "mend its name or its permissions");
	rc = tree_parse(text, path, &r->texts, &part, r->e);
	if (rc || part->first == NULL)
		return rc;
	if (tree_find(part, "include"))
		return tree_err(tree_find(part, "include"), r->e,
				"only the first file may include others");
	r->root->last->next = part->first;
	r->root->last = part->last;
	return RC_OK;
}

static enum rc
include_all(struct reading *r)
{
	const struct tree_node *n = tree_find(r->root, "include");
	enum rc rc = RC_OK;

	if (n == NULL)
		return RC_OK;
	if (n->kind == TREE_SECTION)
		return tree_err(n, r->e,
				"include takes files: write include = "
				"{\"policies/default.conf\", …}");
	if (n->values_n > INCLUDES_MAX)
		return tree_err(n, r->e, "include: over %d files",
				INCLUDES_MAX);
	for (size_t i = 0; i < n->values_n && !rc; i++)
		rc = include_one(r, n, n->values[i]);
	return rc;
}

/* ---- sections ---- */

static enum rc
check_top(struct reading *r)
{
	const struct tree_node *n, *include = tree_find(r->root, "include");
	const struct option_section *s;

	for (n = r->root->first; n; n = n->next) {
		if (n == include)
			continue;
		if (slice_eq_z(n->name, "include"))
			return tree_err(n, r->e,
					"\"include\" is there twice: first at "
					"line %d; name all files in one list",
					include->line);
		if (option_section_find("", n->name))
			continue;
		for (s = option_sections; s->name; s++) {
			if (!option_find(s->name, n->name))
				continue;
			return tree_err(n, r->e,
					"\"%.*s\" stands outside a section: it "
					"belongs in \"%s\" { … }",
					SLICE_ARG(n->name), s->name);
		}
		return tree_err(n, r->e,
				"unknown section \"%.*s\": there are general, "
				"smtp, http, brand, relay, destination and "
				"policy",
				SLICE_ARG(n->name));
	}
	return RC_OK;
}

static size_t
count(const struct tree_node *root, const char *kind)
{
	const struct tree_node *n;
	size_t found = 0;

	for (n = root->first; n; n = n->next)
		found += slice_eq_z(n->name, kind);
	return found;
}

/* A section that stands once, or not at all. */
static enum rc
read_single(struct reading *r, const char *kind)
{
	const struct option_section *s = option_section_find("", slice_z(kind));
	const struct tree_node *n;
	enum rc rc;

	for (n = r->root->first; n; n = n->next) {
		if (!slice_eq_z(n->name, kind))
			continue;
		rc = option_title(s, r->root, n, &r->scope, r->c, r->e);
		if (rc)
			return rc;
	}
	rc = option_fill(kind, tree_find(r->root, kind), &r->scope, r->c, r->e);
	if (rc && r->e->pointer[0] == '\0')
		return tree_err(r->root, r->e, "%s", r->e->text);
	return rc;
}

/* All sections of a kind, as an array of rows. */
static enum rc
read_titled(struct reading *r, const char *kind, size_t size, void *rows)
{
	const struct option_section *s = option_section_find("", slice_z(kind));
	const struct tree_node *n;
	char *row = rows;

	for (n = r->root->first; n; n = n->next) {
		enum rc rc;

		if (!slice_eq_z(n->name, kind))
			continue;
		rc = option_title(s, r->root, n, &r->scope, row, r->e);
		if (!rc && strcmp(kind, "policy") == 0)
			rc = policy_read(n, &r->scope,
					 (struct policy *)(void *)row, r->e);
		else if (!rc)
			rc = option_fill(kind, n, &r->scope, row, r->e);
		if (rc)
			return rc;
		row += size;
	}
	return RC_OK;
}

/* What one option left out takes from another. */
static void
settle_brand(struct brand *b)
{
	bool tracked = b->tracking_basis[0] != '\0';

	if (b->from_name[0] == '\0')
		b->from_name = b->title;
	if (b->reply_to[0] == '\0')
		b->reply_to = b->from_address;
	if (b->dkim_domain[0] == '\0')
		b->dkim_domain = strchr(b->from_address, '@') + 1;
	b->opens = tracked ? b->opens_asked : TRACKING_OFF;
	b->links = tracked && b->links_asked;
}

static enum rc
read_brands(struct reading *r)
{
	struct arena *a = r->scope.a;
	size_t n = count(r->root, "brand");
	struct brand *rows = ARENA_ARRAY(a, struct brand, n + 1);
	enum rc rc = read_titled(r, "brand", sizeof(*rows), rows);

	for (size_t i = 0; i < n && !rc; i++)
		settle_brand(&rows[i]);
	r->c->brands = rows;
	r->c->brands_n = n;
	return rc;
}

/* The row "*" is always there: made of defaults where the file has none. */
static enum rc
read_destinations(struct reading *r)
{
	struct arena *a = r->scope.a;
	size_t n = count(r->root, "destination");
	struct destination *rows = ARENA_ARRAY(a, struct destination, n + 1);
	enum rc rc = read_titled(r, "destination", sizeof(*rows), rows);
	bool others = false;

	for (size_t i = 0; i < n && !rc; i++)
		others |= strcmp(rows[i].pattern, "*") == 0;
	if (!rc && !others) {
		rows[n].pattern = "*";
		rc =
		    option_fill("destination", NULL, &r->scope, &rows[n], r->e);
		n++;
	}
	r->c->destinations = rows;
	r->c->destinations_n = n;
	return rc;
}

static enum rc
read_sections(struct reading *r)
{
	struct arena *a = r->scope.a;
	struct conf *c = r->c;
	struct relay *relays;
	struct policy *policies;
	enum rc rc = check_top(r);

	if (!rc)
		rc = read_single(r, "general");
	if (!rc)
		rc = read_single(r, "smtp");
	if (!rc)
		rc = read_single(r, "http");
	if (rc)
		return rc;
	c->relays_n = count(r->root, "relay");
	relays = ARENA_ARRAY(a, struct relay, c->relays_n + 1);
	c->relays = relays;
	c->policies_n = count(r->root, "policy");
	policies = ARENA_ARRAY(a, struct policy, c->policies_n + 1);
	c->policies = policies;
	rc = read_titled(r, "relay", sizeof(*relays), relays);
	if (!rc)
		rc = read_titled(r, "policy", sizeof(*policies), policies);
	if (!rc)
		rc = read_brands(r);
	if (!rc)
		rc = read_destinations(r);
	if (!rc)
		rc = conf_check(c, r->root, r->e);
	return rc;
}

/* ---- the whole ---- */

/* The folder of a file, absolute where it exists. */
static const char *
folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *folder = ".";
	char *real;

	if (slash)
		folder =
		    slash == path
			? "/"
			: arena_z(a, slice_of(path, (size_t)(slash - path)));
	real = realpath(folder, NULL);
	if (real)
		folder = arena_z(a, slice_z(real));
	free(real);
	return folder;
}

static struct owner *
owner_new(const char *path)
{
	struct owner *o = MEM_NEW(struct owner);

	arena_init(&o->a, ARENA_MAX);
	atomic_init(&o->refs, 1);
	o->c.file = arena_z(&o->a, slice_z(path));
	o->c.folder = folder_of(&o->a, path);
	return o;
}

/* text: from memory, or NULL to read the file. */
static enum rc
load(const struct slice *text, const char *path, const struct conf **out,
     struct err *e)
{
	struct owner *o = owner_new(path);
	struct err unused;
	struct reading r = {.c = &o->c, .e = e ? e : &unused};
	struct slice own = {"", 0};
	enum rc rc = RC_OK;

	*out = NULL;
	*r.e = (struct err){0};
	arena_init(&r.texts, ARENA_MAX);
	r.scope = (struct option_scope){&o->a, o->c.folder};
	if (text == NULL)
		rc = read_text(&r, path, &own);
	if (rc == RC_NOTFOUND)
		(void)err_set(r.e, rc,
			      "%s does not exist: name another file, or let "
			      "`acuse init` write a first one",
			      path);
	else if (rc)
		(void)err_add(r.e, "the configuration cannot be read");
	else
		rc = tree_parse(text ? *text : own, o->c.file, &r.texts,
				&r.root, r.e);
	if (!rc)
		rc = include_all(&r);
	if (!rc)
		rc = read_sections(&r);
	if (rc) {
		rc = err_config(r.e);
		conf_unref(&o->c);
	} else {
		*out = &o->c;
	}
	arena_fini(&r.texts);
	return rc;
}

enum rc
conf_load(const char *path, const struct conf **out, struct err *e)
{
	return load(NULL, path, out, e);
}

enum rc
conf_parse(struct slice text, const char *path, const struct conf **out,
	   struct err *e)
{
	return load(&text, path, out, e);
}

static struct owner *
owner_of(const struct conf *c)
{
	return (struct owner *)(uintptr_t)c;
}

const struct conf *
conf_ref(const struct conf *c)
{
	atomic_fetch_add_explicit(&owner_of(c)->refs, 1, memory_order_relaxed);
	return c;
}

void
conf_unref(const struct conf *c)
{
	struct owner *o = owner_of(c);

	if (o == NULL || atomic_fetch_sub(&o->refs, 1) > 1)
		return;
	arena_fini(&o->a);
	free(o);
}
