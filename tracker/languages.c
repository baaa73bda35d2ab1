#include "tracker/languages.h"

#define WANTED 1000 /* q is in thousandths */

static bool
is_language(struct slice s)
{
	for (size_t i = 0; i < 2; i++)
		if (i >= s.n || (s.p[i] | 0x20) < 'a' || (s.p[i] | 0x20) > 'z')
			return false;
	return true;
}

/* "0.8"; what is no number leaves it wanted. */
static int
read_q(struct slice s)
{
	int q = 0, unit = WANTED;

	for (size_t i = 0; i < s.n && i < 5; i++) {
		if (i == 1 && s.p[i] == '.')
			continue;
		if (s.p[i] < '0' || s.p[i] > '9')
			return WANTED;
		q += (s.p[i] - '0') * unit;
		unit /= 10;
	}
	return s.n == 0 || q > WANTED ? WANTED : q;
}

static int
q_of(struct slice parameters)
{
	while (parameters.p != NULL) {
		struct slice value = slice_cut(&parameters, ';'), name;

		name = slice_trim(slice_cut(&value, '='));
		if (slice_ieq(name, SLICE("q")))
			return read_q(slice_trim(value));
	}
	return WANTED;
}

size_t
languages_read(struct slice list, struct slice out[LANGUAGES_MAX])
{
	int qs[LANGUAGES_MAX];
	size_t n = 0;

	while (list.p != NULL && n < LANGUAGES_MAX) {
		struct slice one = slice_cut(&list, ',');
		struct slice name = slice_trim(slice_cut(&one, ';'));
		int q = q_of(one);
		size_t at = n;

		if (!is_language(name) || q == 0)
			continue;
		for (; at > 0 && qs[at - 1] < q; at--) {
			qs[at] = qs[at - 1];
			out[at] = out[at - 1];
		}
		qs[at] = q;
		out[at] = name;
		n++;
	}
	return n;
}
