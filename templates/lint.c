#include "templates/lint.h"

#include "templates/links.h"
#include "templates/program.h"
#include "templates/sample.h"

#define PART_MAX ((size_t)4 << 20)
#define SUBJECT_MAX 120
#define HTML_CUT ((size_t)102 << 10)
#define TEXT_LEAST 80
#define LINE_MAX_BYTES 998

struct lint {
	const struct lint_input *in;
	struct arena *a;
	struct catalog_mail mail;
	struct locale *locale;
	struct lint_finding *v;
	size_t n, cap;
};

static void
add(struct lint *l, enum lint_level level, struct slice where,
    struct slice text)
{
	for (size_t i = 0; i < l->n; i++)
		if (slice_eq(l->v[i].where, where) &&
		    slice_eq(l->v[i].text, text))
			return;
	l->v = program_room(l->a, l->v, l->n, &l->cap, sizeof(*l->v));
	l->v[l->n++] = (struct lint_finding){level, where, text};
}

static void
about_mail(struct lint *l, enum lint_level level, const char *text)
{
	char *where =
	    arena_printf(l->a, "mail/%.*s %.*s", SLICE_ARG(l->in->mail),
			 SLICE_ARG(l->in->locale));

	add(l, level, slice_z(where), slice_z(text));
}

static void
look_at_names(struct lint *l, const struct template *t,
	      const struct datum *data)
{
	const struct template_variable *v;
	size_t n = template_missing(t, data, l->a, &v);

	for (size_t i = 0; i < n; i++) {
		char *where =
		    arena_printf(l->a, "%.*s:%u:%u", SLICE_ARG(v[i].file),
				 v[i].line, v[i].column);

		if (v[i].optional)
			continue;
		add(l, LINT_ERROR, slice_z(where),
		    slice_z(arena_printf(l->a,
					 "there is no '%.*s' in this mail's "
					 "data",
					 SLICE_ARG(v[i].path))));
	}
}

static bool
render(struct lint *l, const struct template *t, const struct datum *data,
       struct sbuf *out)
{
	struct err e = {.rc = RC_OK};

	if (template_render(t, data, l->locale, out, &e) == RC_OK)
		return true;
	add(l, LINT_ERROR, arena_dup(l->a, slice_z(e.pointer)),
	    arena_dup(l->a, slice_z(e.text)));
	return false;
}

static void
look_at_subject(struct lint *l, const struct datum *data)
{
	struct sbuf b;

	sbuf_init(&b, PART_MAX);
	if (render(l, l->mail.subject, data, &b)) {
		struct slice s = slice_trim(sbuf_slice(&b));

		if (s.n == 0)
			about_mail(l, LINT_ERROR, "the subject is empty");
		if (slice_has_control(s))
			about_mail(l, LINT_ERROR,
				   "the subject has a line break or another "
				   "control character");
		if (s.n > SUBJECT_MAX)
			about_mail(l, LINT_WARNING,
				   "the subject is over 120 bytes");
	}
	sbuf_fini(&b);
}

static void
look_at_links(struct lint *l, struct slice html)
{
	static const enum link_fate bad[] = {LINK_LONG, LINK_FOREIGN,
					     LINK_UNSUITED, LINK_UNEXPANDED,
					     LINK_TOO_MANY};
	struct links_input in = {.html = html,
				 .hosts = l->in->hosts,
				 .host_count = l->in->host_count};
	struct links_result res = {.destination_count = 0};
	struct sbuf out;

	if (!l->in->hosts)
		return;
	sbuf_init(&out, PART_MAX);
	if (links_rewrite(&in, l->a, &out, &res, NULL))
		about_mail(l, LINT_ERROR, "the links cannot be rewritten");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (res.fates[bad[i]])
			about_mail(l, LINT_WARNING,
				   arena_printf(l->a,
						"%zu links are left untracked: "
						"%s",
						res.fates[bad[i]],
						link_fate_name(bad[i])));
	sbuf_fini(&out);
}

static void
look_at_html(struct lint *l, const struct datum *data)
{
	struct sbuf b;

	sbuf_init(&b, PART_MAX);
	if (render(l, l->mail.html, data, &b)) {
		if (b.n > HTML_CUT)
			about_mail(l, LINT_WARNING,
				   "the HTML is over 102 KB, where mail "
				   "readers cut it");
		if (slice_find(sbuf_slice(&b), SLICE("{{")) >= 0)
			about_mail(l, LINT_ERROR, "the HTML still has \"{{\"");
		look_at_links(l, sbuf_slice(&b));
	}
	sbuf_fini(&b);
}

static void
look_at_text(struct lint *l, const struct datum *data)
{
	struct slice rest;
	struct sbuf b;

	sbuf_init(&b, PART_MAX);
	if (render(l, l->mail.text, data, &b)) {
		rest = slice_trim(sbuf_slice(&b));
		if (rest.n < TEXT_LEAST)
			about_mail(l, LINT_WARNING,
				   "the text part says little");
		if (slice_find(rest, SLICE("{{")) >= 0)
			about_mail(l, LINT_ERROR, "the text still has \"{{\"");
		while (rest.n)
			if (slice_cut(&rest, '\n').n > LINE_MAX_BYTES)
				about_mail(l, LINT_WARNING,
					   "a line of the text is over 998 "
					   "bytes");
	}
	sbuf_fini(&b);
}

static void
look_at_all(struct lint *l, const struct datum *data, bool names)
{
	if (names) {
		look_at_names(l, l->mail.subject, data);
		look_at_names(l, l->mail.html, data);
		look_at_names(l, l->mail.text, data);
	}
	look_at_subject(l, data);
	look_at_html(l, data);
	look_at_text(l, data);
}

size_t
lint_mail(const struct lint_input *in, struct arena *a,
	  const struct lint_finding **out)
{
	struct lint l = {.in = in, .a = a};
	struct err e;

	if (catalog_mail(in->catalog, in->mail, in->locale, in->locale, &l.mail,
			 &e) ||
	    locale_get(slice_z(l.mail.locale), SLICE(""), &l.locale, &e))
		about_mail(&l, LINT_ERROR, arena_printf(a, "%s", e.text));
	else if (in->data)
		look_at_all(&l, in->data, true);
	else
		for (int f = 0; f < SAMPLE_FILLS; f++)
			look_at_all(&l,
				    sample_mail(in->mail, (enum sample_fill)f,
						in->locale, a),
				    f == SAMPLE_FULL);
	*out = l.v;
	return l.n;
}
