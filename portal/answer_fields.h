#ifndef PORTAL_ANSWER_FIELDS_H
#define PORTAL_ANSWER_FIELDS_H

#include "portal/page.h"
#include "portal/portal_private.h"
#include "queue/answers.h"

/* The fields of an answer's form, and the rules that the page asks of them. */
struct answer_field;

/* What is wrong: the rule (a word "rule_…" of the page), NULL where nothing is;
 * of which field, NULL where it is of none. */
struct answer_fault {
	const char *rule;
	const struct answer_field *field;
};

/* Reads the form into x, whole even where something is wrong, and says what is
 * first; x->kind is ANSWERS where none was chosen.  Owns: the request's arena.
 */
struct answer_fault answer_fields_read(struct page *pg, struct answer *x);

/* Sets what the page's form holds already, and what is wrong with it.  After
 * page_speak(). */
void answer_fields_set(struct page *pg, struct answer *x,
		       const struct answer_fault *fault);

#endif
