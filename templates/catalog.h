#ifndef TEMPLATES_CATALOG_H
#define TEMPLATES_CATALOG_H

#include "templates/template.h"

/*
 * All templates of mails and pages, those built in and, file by file over
 * them, those of the operator's directory (README.md here says how files are
 * named).  Immutable: a reload loads another one.
 */
struct catalog;

/* Loads and compiles all.  dir: the operator's directory, whose files are named
 * as under templates/ ("mail/receipt/html.es"); NULL for none.  Fails:
 * RC_INVALID (file:line:column), RC_IO.  Owns: the caller. */
enum rc catalog_load(const char *dir, struct catalog **out,
		     struct err *e) MUST_USE;

void catalog_free(struct catalog *c);

/* Three parts in one language, and the locale to render them with: the one
 * asked for where its language is that of the texts, else that of the texts. */
struct catalog_mail {
	const struct template *subject, *html, *text;
	char locale[LOCALE_SIZE];
};

/* The mail of that name in the first that exists of: locale ("es_AR"), its
 * language ("es"), the brand's locale, its language, "en".  Owns: the catalog.
 * Fails: RC_NOTFOUND. */
enum rc catalog_mail(const struct catalog *c, struct slice name,
		     struct slice locale, struct slice brand_locale,
		     struct catalog_mail *out, struct err *e) MUST_USE;

struct catalog_page {
	const struct template *html;
	char locale[LOCALE_SIZE];
};

/* The page of that name, chosen likewise.  Owns: the catalog.
 * Fails: RC_NOTFOUND. */
enum rc catalog_page(const struct catalog *c, struct slice name,
		     struct slice locale, struct slice brand_locale,
		     struct catalog_page *out, struct err *e) MUST_USE;

/* Names of mails and of locales that there are texts for, sorted. */
size_t catalog_mails(const struct catalog *c, const struct slice **names);
size_t catalog_locales(const struct catalog *c, const struct slice **names);

/* True when there is a mail or page of that name for this locale, its own or
 * its language's, among the locales that there are texts for. */
bool catalog_has(const struct catalog *c, struct slice name,
		 struct slice locale);

#endif
