#ifndef CONF_COLOR_H
#define CONF_COLOR_H

#include "base/err.h"
#include "base/slice.h"

#define COLOR_SIZE 8 /* "#1a5fb4" and a NUL */

/* A brand's colour as its pages can use it: each has at least 4.5:1 to what it
 * stands on.  Ref: WCAG 2.2, 1.4.3. */
struct colors {
	char fill[COLOR_SIZE];	  /* of a button: the brand's own */
	char on_fill[COLOR_SIZE]; /* text on it: white or black */
	char light[COLOR_SIZE];	  /* links on a light page */
	char dark[COLOR_SIZE];	  /* links on a dark page */
};

/* From "#rrggbb" or "#rgb"; anything else counts as a quiet blue. */
void colors_of(struct slice color, struct colors *out);

/* Contrast of two colours "#rrggbb", 1 to 21. */
double color_contrast(const char *a, const char *b);

#endif
