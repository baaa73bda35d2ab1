#ifndef SERVER_HARMLESS_H
#define SERVER_HARMLESS_H

#include "base/slice.h"

/* Prints what a stranger said, without what a terminal obeys: as the lines that
 * it is, or as one. */
void harmless_print_lines(struct slice text);
void harmless_print_line(struct slice text);

#endif
