#ifndef TEMPLATES_PLACE_H
#define TEMPLATES_PLACE_H

#include "base/sbuf.h"

/* Where a value stands, which says how it is escaped. */
enum place {
	PLACE_PLAIN, /* cleaned, one line */
	PLACE_LINES, /* cleaned, line breaks kept */
	PLACE_SPEC_TEXT,
	PLACE_SPEC_HTML,
	PLACE_TEXT,	/* HTML text */
	PLACE_ATTR,	/* a quoted attribute */
	PLACE_URL,	/* a whole URL in a quoted attribute */
	PLACE_URL_PART, /* behind something in such an attribute */
	PLACE_CSS,
	PLACE_NONE, /* no escape is safe */
};

/* Follows HTML source to know the place of what comes next. */
struct place_track {
	int state;
	int kind; /* of the attribute's value or of the raw element */
	int raw;  /* number of the raw element from 1, 0 for none */
	bool begun, mixed;
	unsigned dashes;
	char name[16];
	unsigned n;
};

/* Starts in text. */
void place_init(struct place_track *p);

/* Goes over literal source. */
void place_feed(struct place_track *p, struct slice s);

/* The place of a value that stands here, and takes note that one does. */
enum place place_value(struct place_track *p);

/* Whether both stand in the same kind of place, so that what is between them
 * can be left out or repeated. */
bool place_same(const struct place_track *a, const struct place_track *b);

/* What of other templates may stand here. */
enum place_room {
	PLACE_ANY,   /* text, and titles */
	PLACE_STYLE, /* plain text without "<": in <style> */
	PLACE_WORDS, /* plain text without markup or quotes: in an attribute */
	PLACE_NO_ROOM,
};
enum place_room place_room(const struct place_track *p);

/* After a section: what it did to a URL may or may not have happened. */
void place_join(struct place_track *p, const struct place_track *before);

/* What a place is called in errors. */
const char *place_name(const struct place_track *p);

/* Adds a value as the place wants it.  Fails: RC_INVALID (does not fit). */
enum rc place_add(enum place place, struct slice s, struct sbuf *out,
		  struct err *e) MUST_USE;

#endif
