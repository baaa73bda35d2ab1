#ifndef TEMPLATES_MARKUP_H
#define TEMPLATES_MARKUP_H

#include "base/slice.h"

/*
 * A linear tokenizer of HTML as mails have it: tags, with the text between
 * them; comments, declarations and the content of raw elements are passed over,
 * but what stands inside of conditional comments ("<!--[if mso]>") is not.
 * Ref: HTML, 13.2.5.
 */
struct markup {
	struct slice html;
	size_t at;
	bool conditional;
};

/* The elements that callers ask for; any case. */
enum markup_element {
	MARKUP_OTHER,
	MARKUP_A,
	MARKUP_AREA,
	MARKUP_BODY,
	MARKUP_TD,
	MARKUP_P,
	MARKUP_DIV,
	MARKUP_VML, /* "v:…" */
	MARKUP_RAW, /* script, style and others without markup inside */
};

enum markup_attribute { MARKUP_HREF, MARKUP_TRACK, MARKUP_ATTRIBUTES };

struct markup_tag {
	struct slice before; /* text since the last tag */
	struct slice whole;  /* "<a …>"; empty when there is text alone */
	struct slice name;
	enum markup_element element;
	bool closing;
	bool conditional; /* seen by MSO alone */
	/* Values of the first attribute of each name, without quotes. */
	bool has[MARKUP_ATTRIBUTES];
	struct slice values[MARKUP_ATTRIBUTES];
	struct slice track_whole; /* data-track with the blanks before it */
};

/* Starts at the beginning of html, which is borrowed. */
void markup_init(struct markup *m, struct slice html);

/* The next tag; false at the end. */
bool markup_next(struct markup *m, struct markup_tag *t);

/* The value of an attribute, NULL when absent. */
const struct slice *markup_attribute(const struct markup_tag *t,
				     enum markup_attribute a);

#endif
