#ifndef TEMPLATES_SAMPLE_H
#define TEMPLATES_SAMPLE_H

#include "templates/datum.h"

/*
 * Made-up data for previews and lint, with the names and kinds that real
 * messages have (mailer/letter.c fills those): the table in sample.c is the
 * list of what templates may name.
 */
enum sample_fill {
	SAMPLE_FULL, /* all that there can be */
	SAMPLE_BARE, /* only what there always is */
	SAMPLE_MANY, /* as full, with three invoices and services */
	SAMPLE_FILLS,
};

/* The data of a mail; an unknown mail's has all there is.  Owns: the arena. */
struct datum *sample_mail(struct slice mail, enum sample_fill fill,
			  struct slice locale, struct arena *a);

#endif
