#include "conf/color.h"

#include <math.h>
#include <stdio.h>

#include "base/codec.h"

#define ENOUGH 4.5
#define WHITE "#ffffff"
#define LIGHT_PAGE "#f4f5f7" /* the darker of its two grounds */
#define DARK_PAGE "#1d2027"  /* the lighter one */
#define INK "#000000"
#define FALLBACK "#1f5c99"

static bool
parse(struct slice s, uint8_t out[3])
{
	char wide[7];

	if (s.n == 4 && s.p[0] == '#') {
		for (int i = 0; i < 3; i++)
			wide[2 * i] = wide[2 * i + 1] = s.p[i + 1];
		return hex_decode(slice_of(wide, 6), out, 3);
	}
	return s.n == 7 && s.p[0] == '#' &&
	       hex_decode(slice_skip(s, 1), out, 3);
}

static void
format(const uint8_t c[3], char out[COLOR_SIZE])
{
	snprintf(out, COLOR_SIZE, "#%02x%02x%02x", c[0], c[1], c[2]);
}

static double
luminance(const uint8_t c[3])
{
	static const double weights[3] = {0.2126, 0.7152, 0.0722};
	double sum = 0;

	for (int i = 0; i < 3; i++) {
		double v = c[i] / 255.0;

		v = v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
		sum += weights[i] * v;
	}
	return sum;
}

static double
contrast(const uint8_t a[3], const uint8_t b[3])
{
	double x = luminance(a) + 0.05, y = luminance(b) + 0.05;

	return x > y ? x / y : y / x;
}

double
color_contrast(const char *a, const char *b)
{
	uint8_t x[3], y[3];

	if (!parse(slice_z(a), x) || !parse(slice_z(b), y))
		return 0;
	return contrast(x, y);
}

/* Moves a colour towards black or white until it can be read on the page. */
static void
readable(const uint8_t from[3], const char *page, uint8_t towards,
	 char out[COLOR_SIZE])
{
	uint8_t c[3], on[3];

	if (!parse(slice_z(page), on))
		return;
	for (int step = 0; step <= 20; step++) {
		for (int i = 0; i < 3; i++)
			c[i] = (uint8_t)(from[i] +
					 (towards - from[i]) * step / 20);
		if (contrast(c, on) >= ENOUGH)
			break;
	}
	format(c, out);
}

void
colors_of(struct slice color, struct colors *out)
{
	char lower[COLOR_SIZE] = "";
	uint8_t c[3];

	for (size_t i = 0; i < color.n && color.n < COLOR_SIZE; i++)
		lower[i] = color.p[i] >= 'A' && color.p[i] <= 'F'
			       ? (char)(color.p[i] + 32)
			       : color.p[i];
	if (!parse(slice_z(lower), c))
		(void)parse(SLICE(FALLBACK), c);
	format(c, out->fill);
	snprintf(out->on_fill, COLOR_SIZE, "%s",
		 color_contrast(out->fill, WHITE) >= ENOUGH ? WHITE : INK);
	readable(c, LIGHT_PAGE, 0, out->light);
	readable(c, DARK_PAGE, 255, out->dark);
}
