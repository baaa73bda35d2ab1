#ifndef SERVER_HARMLESS_H
#define SERVER_HARMLESS_H

#include "base/sbuf.h"

/* Prints what a stranger said, without what a terminal obeys: as the lines that
 * it is, or as one. */
void harmless_print_lines(struct slice text);
void harmless_print_line(struct slice text);

/* Prints JSON, which escapes most of that itself. */
void harmless_print_json(struct slice json);

/* A text as one line, added to out. */
void harmless_add_line(struct sbuf *out, struct slice text);

#endif
