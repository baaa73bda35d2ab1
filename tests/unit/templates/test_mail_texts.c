/* What the built-in mails say, in each language and with much or little data:
 * what lint (test_mails.c) does not look at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/embedded.h"
#include "templates/catalog.h"
#include "templates/markup.h"
#include "templates/sample.h"

#define HTML_MOST ((size_t)30 << 10)
#define SUBJECT_MOST 110

static const char *const names[] = {
    "proforma",	      "reminder",
    "reminder-final", "upcoming-charge",
    "charge-failed",  "card-expiring",
    "receipt",	      "overdue",
    "pre-suspension", "pre-suspension-all",
    "suspended",      "suspended-all",
    "due-changed",    "pre-deletion",
    "deleted",	      "restored",
    "low-credit",     "domain-expiring",
    "refund",	      "cancellation-received",
    "dispute-opened", "contact-confirmation",
};

#define NAMES (sizeof(names) / sizeof(names[0]))

/* Words that a language's texts use, and that those of others, or of one who
 * speaks too familiarly, do. */
static const struct language {
	const char *locale;
	const char *own[6], *foreign[14];
} languages[] = {
    {"es_AR",
     {" el ", " su ", " sus ", " de "},
     {" the ", " your ", " you ", " il ", " della ", " che ", " non ", " per ",
      " tu ", " te ", " puedes ", " ha pagado", "Hemos "}},
    {"es",
     {" el ", " su ", " sus ", " de "},
     {" the ", " your ", " you ", " il ", " della ", " che ", " non ", " per ",
      " tu ", " te ", " puedes "}},
    {"it",
     {" il ", " che ", " di ", " la "},
     {" the ", " your ", " you ", " el ", " los ", " y ", " su proforma",
      " ti ", " tuo ", " tua ", " puoi "}},
    {"en",
     {" the ", " you ", " your ", " to "},
     {" el ", " los ", " y ", " il ", " della ", " che ", " non ", " de ",
      " di "}},
};

#define LANGUAGES (sizeof(languages) / sizeof(languages[0]))

struct mail {
	const char *name;
	const struct language *language;
	enum sample_fill fill;
	struct sbuf subject, html, text;
	struct arena a;
	int errors;
};

#define COMPLAIN(m, ...)                                                       \
	do {                                                                   \
		print_error("%s.%s, data %d: ", (m)->name,                     \
			    (m)->language->locale, (int)(m)->fill);            \
		print_error(__VA_ARGS__);                                      \
		print_error("\n");                                             \
		(m)->errors++;                                                 \
	} while (0)

static void
render(struct mail *m, const struct template *t, struct locale *l,
       struct sbuf *out)
{
	struct err e = {.rc = RC_OK};
	const struct datum *d = sample_mail(
	    slice_z(m->name), m->fill, slice_z(m->language->locale), &m->a);

	sbuf_init(out, 1 << 20);
	if (template_render(t, d, l, out, &e))
		COMPLAIN(m, "%s: %s", e.pointer, e.text);
}

static bool
says(const struct sbuf *b, const char *what)
{
	return slice_find(sbuf_slice(b), slice_z(what)) >= 0;
}

static void
look_at_subject(struct mail *m)
{
	if (m->subject.n > SUBJECT_MOST)
		COMPLAIN(m, "the subject is long: %s", sbuf_z(&m->subject));
	if (says(&m->subject, "  ") || says(&m->subject, "()") ||
	    says(&m->subject, "( "))
		COMPLAIN(m, "a hole in '%s'", sbuf_z(&m->subject));
}

static void
look_at_language(struct mail *m, const struct sbuf *b)
{
	const struct language *l = m->language;
	int own = 0;

	for (size_t i = 0; l->own[i]; i++)
		own += says(b, l->own[i]);
	if (own < 2)
		COMPLAIN(m, "hardly speaks its language");
	for (size_t i = 0; l->foreign[i]; i++)
		if (says(b, l->foreign[i]))
			COMPLAIN(m, "says '%s'", l->foreign[i]);
}

/* Holes that a section left, and lines glued or blown apart. */
static void
look_at_text(struct mail *m)
{
	static const char *const wrong[] = {"\n\n\n", " .", " ,", "..",	 "  -",
					    "()",     ",,", "**", ", \n"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (says(&m->text, wrong[i]))
			COMPLAIN(m, "the text has '%s'", wrong[i]);
	if (!says(&m->text, "\n\n----\n"))
		COMPLAIN(m, "no line before the footer");
}

/* Mail readers take a full stop behind a URL for a part of it. */
static void
look_at_urls(struct mail *m)
{
	struct slice rest = sbuf_slice(&m->text);
	ptrdiff_t at;

	while ((at = slice_find(rest, SLICE("https://"))) >= 0) {
		struct slice url = slice_skip(rest, (size_t)at);
		size_t n = 0;

		while (n < url.n && url.p[n] != ' ' && url.p[n] != '\n')
			n++;
		if (memchr(".,;:)", url.p[n - 1], 5))
			COMPLAIN(m, "%.*s ends in punctuation", (int)n, url.p);
		rest = slice_skip(url, n);
	}
}

static struct slice
unescaped(struct mail *m, struct slice s)
{
	struct sbuf b;
	struct slice out;

	sbuf_init(&b, 1 << 16);
	while (s.n) {
		bool amp = slice_starts(s, SLICE("&amp;"));

		sbuf_add_c(&b, amp ? '&' : s.p[0]);
		s = slice_skip(s, amp ? 5 : 1);
	}
	out = arena_dup(&m->a, sbuf_slice(&b));
	sbuf_fini(&b);
	return out;
}

static void
look_at_tags(struct mail *m)
{
	static const char *const pairs[] = {
	    "table", "tr", "td", "th", "div", "p",    "ul",
	    "li",    "h1", "h2", "a",  "b",   "span", "strong"};
	int open[sizeof(pairs) / sizeof(pairs[0])] = {0};
	struct markup_tag t;
	struct markup k;

	markup_init(&k, sbuf_slice(&m->html));
	while (markup_next(&k, &t)) {
		const struct slice *href = markup_attribute(&t, MARKUP_HREF);

		for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
			if (slice_eq_z(t.name, pairs[i]))
				open[i] += t.closing ? -1 : 1;
		if (href &&
		    slice_find(sbuf_slice(&m->text), unescaped(m, *href)) < 0)
			COMPLAIN(m, "the text lacks %.*s", SLICE_ARG(*href));
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (open[i] != 0)
			COMPLAIN(m, "%d <%s> left open", open[i], pairs[i]);
}

static void
look_at_html(struct mail *m)
{
	static const char *const wanted[] = {"<meta name=\"color-scheme\"",
					     "prefers-color-scheme:dark",
					     "mso-hide:all",
					     "<!--[if mso]>",
					     "role=\"presentation\"",
					     "<html lang=\""};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!says(&m->html, wanted[i]))
			COMPLAIN(m, "the HTML lacks %s", wanted[i]);
	if (m->html.n > HTML_MOST)
		COMPLAIN(m, "%zu bytes of HTML", m->html.n);
	if (says(&m->html, "href=\"\"") ||
	    says(&m->html, "<p class=\"ink\" style=\"\""))
		COMPLAIN(m, "an empty link or style");
}

static int
look_at(const struct catalog *c, const char *name,
	const struct language *language, enum sample_fill fill)
{
	struct mail m = {.name = name, .language = language, .fill = fill};
	struct catalog_mail parts;
	struct locale *l;
	struct slice locale = slice_z(language->locale);
	struct err e;

	if (catalog_mail(c, slice_z(name), locale, locale, &parts, &e) ||
	    !slice_eq_z(locale, parts.locale)) {
		print_error("%s is not there in %s\n", name, language->locale);
		return 1;
	}
	assert_int_equal(locale_get(locale,
				    SLICE("America/Argentina/"
					  "Buenos_Aires"),
				    &l, &e),
			 RC_OK);
	arena_init(&m.a, 16 << 20);
	render(&m, parts.subject, l, &m.subject);
	render(&m, parts.html, l, &m.html);
	render(&m, parts.text, l, &m.text);
	look_at_subject(&m);
	look_at_language(&m, &m.text);
	look_at_text(&m);
	look_at_urls(&m);
	look_at_tags(&m);
	look_at_html(&m);
	sbuf_fini(&m.subject);
	sbuf_fini(&m.html);
	sbuf_fini(&m.text);
	arena_fini(&m.a);
	return m.errors;
}

static struct catalog *
load(void)
{
	struct catalog *c = NULL;
	struct err e;

	if (catalog_load(NULL, &c, &e))
		fail_msg("%s: %s", e.pointer, e.text);
	return c;
}

static void
test_all_texts(void **state)
{
	struct catalog *c = load();
	int errors = 0;

	(void)state;
	for (size_t i = 0; i < NAMES; i++)
		for (size_t l = 0; l < LANGUAGES; l++)
			for (int f = 0; f < SAMPLE_FILLS; f++)
				errors += look_at(c, names[i], &languages[l],
						  (enum sample_fill)f);
	catalog_free(c);
	assert_int_equal(errors, 0);
}

/* EVIDENCE.md: images that were loaded prove no reading and no delivery, nor
 * does a footer say so. */
static void
test_footers_claim_no_opening(void **state)
{
	static const char *const claims[] = {
	    "opened", " abre", "se abr", "abiert", "apert",
	    " apre",  "proof", "prueba", "prova",  "constancia"};
	const struct embedded_file *f = NULL;
	int files = 0;

	(void)state;
	while ((f = embedded_next("templates/mail/_blocks/footer-", f))) {
		files++;
		for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
			if (slice_find(slice_of(f->data, f->size),
				       slice_z(claims[i])) >= 0)
				fail_msg("%s says '%s'", f->name, claims[i]);
	}
	assert_int_equal(files, 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_texts),
	    cmocka_unit_test(test_footers_claim_no_opening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
