#include "conf/option.h"

#include <stdio.h>

#define VALUES_MAX 32

const struct option *
option_find(const char *section, struct slice name)
{
	const struct option *o;

	for (o = option_table; o->name; o++) {
		if (strcmp(o->section, section) == 0 &&
		    slice_eq_z(name, o->name))
			return o;
	}
	return NULL;
}

const struct option_section *
option_section_find(const char *parent, struct slice name)
{
	const struct option_section *s;

	for (s = option_sections; s->name; s++) {
		if (strcmp(s->parent, parent) == 0 && slice_eq_z(name, s->name))
			return s;
	}
	return NULL;
}

/* Letters to change, add or drop to make a into b: a row of the usual matrix.
 * Over 31 letters count as far away. */
static size_t
distance(struct slice a, struct slice b)
{
	size_t row[32];

	if (a.n > 31 || b.n > 31)
		return 32;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t above = row[j];
			size_t least = corner + (a.p[i - 1] != b.p[j - 1]);

			if (above + 1 < least)
				least = above + 1;
			if (row[j - 1] + 1 < least)
				least = row[j - 1] + 1;
			row[j] = least;
			corner = above;
		}
	}
	return row[b.n];
}

static enum rc
unknown(const char *section, const struct tree_node *n, struct err *e)
{
	const struct option *best = NULL, *o;
	const struct option_section *s;
	size_t least = 3;

	for (o = option_table; o->name; o++) {
		size_t d;

		if (strcmp(o->section, section) != 0)
			continue;
		d = distance(n->name, slice_z(o->name));
		if (d < least) {
			least = d;
			best = o;
		}
	}
	if (best)
		return tree_err(n, e,
				"unknown option \"%.*s\" in \"%s\": do you "
				"mean \"%s\"?",
				SLICE_ARG(n->name), section, best->name);
	for (s = option_sections; s->name; s++) {
		o = option_find(s->name, n->name);
		if (o)
			return tree_err(n, e,
					"\"%.*s\" is no option of \"%s\": it "
					"belongs in \"%s\"",
					SLICE_ARG(n->name), section, s->name);
	}
	return tree_err(n, e,
			"unknown option \"%.*s\" in \"%s\": "
			"docs/configuration.md lists them",
			SLICE_ARG(n->name), section);
}

/* Each option is known, stands once, and is right. */
static enum rc
fill_given(const char *section, const struct tree_node *node,
	   const struct option_scope *scope, void *out, struct err *e)
{
	const struct tree_node *n;

	for (n = node->first; n; n = n->next) {
		const struct option *o = option_find(section, n->name);
		const struct tree_node *first;
		struct err why;

		if (o == NULL && n->kind == TREE_SECTION &&
		    option_section_find(section, n->name))
			continue;
		if (o == NULL)
			return unknown(section, n, e);
		first = tree_find(node, o->name);
		if (first != n)
			return tree_err(n, e,
					"\"%s\" is there twice: first at line "
					"%d",
					o->name, first->line);
		if (option_parse(o, scope, n->kind, n->values, n->values_n, out,
				 &why))
			return tree_err(n, e, "%s: %s", o->name, why.text);
	}
	return RC_OK;
}

/* A default is written as in a file; those of lists, parted by spaces. */
static enum rc
fill_default(const struct option *o, const struct option_scope *scope,
	     void *out, struct err *e)
{
	struct slice values[VALUES_MAX];
	struct slice rest = slice_z(o->fallback);
	size_t n = 0;

	if (option_is_list(o)) {
		while (rest.p && rest.n > 0 && n < VALUES_MAX)
			values[n++] = slice_cut(&rest, ' ');
		return option_parse(o, scope, TREE_MANY, values, n, out, e);
	}
	return option_parse(o, scope, TREE_ONE, &rest, 1, out, e);
}

enum rc
option_fill(const char *section, const struct tree_node *node,
	    const struct option_scope *scope, void *out, struct err *e)
{
	const struct option *o;

	if (node) {
		enum rc rc = fill_given(section, node, scope, out, e);

		if (rc)
			return rc;
	}
	for (o = option_table; o->name; o++) {
		if (strcmp(o->section, section) != 0 ||
		    (node && tree_find(node, o->name)))
			continue;
		if (o->fallback == NULL && node)
			return tree_err(node, e,
					"\"%s\" is missing in \"%s\": %s",
					o->name, section, o->doc);
		if (o->fallback == NULL)
			return err_set(e, RC_INVALID,
				       "the section \"%s\" is missing: it "
				       "gives \"%s\"",
				       section, o->name);
		if (fill_default(o, scope, out, e))
			die("default of %s.%s: %s", section, o->name,
			    e ? e->text : "");
	}
	return RC_OK;
}

static enum rc
check_title(const struct option_section *s, const struct tree_node *node,
	    struct err *e)
{
	if (node->kind != TREE_SECTION)
		return tree_err(node, e,
				"\"%s\" is a section, not an option: write %s "
				"%s{ … }",
				s->name, s->name, s->title ? "\"name\" " : "");
	if (s->title == NULL && node->title.p)
		return tree_err(node, e, "\"%s\" takes no name: write %s { … }",
				s->name, s->name);
	if (s->title && node->title.n == 0)
		return tree_err(node, e,
				"\"%s\" lacks its name: write %s \"name\" "
				"{ … }",
				s->name, s->name);
	if (s->title && !s->title->fits(node->title))
		return tree_err(node, e, "%s \"%.*s\": its name is not %s",
				s->name,
				(int)(node->title.n > 80 ? 80 : node->title.n),
				node->title.p, s->title->want);
	return RC_OK;
}

enum rc
option_title(const struct option_section *s, const struct tree_node *parent,
	     const struct tree_node *node, const struct option_scope *scope,
	     void *out, struct err *e)
{
	const struct tree_node *n;
	size_t before = 0;
	const char *z;
	enum rc rc = check_title(s, node, e);

	if (rc)
		return rc;
	for (n = parent->first; n != node; n = n->next) {
		if (!slice_eq(n->name, node->name))
			continue;
		if (++before == s->max && s->title)
			return tree_err(node, e, "over %zu of \"%s\"", s->max,
					s->name);
		if (slice_ieq(n->title, node->title))
			return tree_err(
			    node, e,
			    "%s \"%.*s\" is there twice: first at "
			    "%s:%d",
			    s->title ? s->name : "section",
			    SLICE_ARG(s->title ? node->title : node->name),
			    n->file, n->line);
	}
	if (s->title == NULL)
		return RC_OK;
	z = arena_z(scope->a, node->title);
	memcpy((char *)out + s->title_offset, &z, sizeof(z));
	return RC_OK;
}
