#include "tracker/multipart.h"

#include "base/arena.h"

#define BOUNDARY_MAX 70 /* RFC 2046, 5.1.1 */

struct slice
multipart_cut(struct slice *rest, char sep)
{
	struct slice all = *rest;
	bool quoted = false;

	for (size_t i = 0; i < all.n; i++) {
		if (quoted && all.p[i] == '\\')
			i++;
		else if (all.p[i] == '"')
			quoted = !quoted;
		else if (all.p[i] == sep && !quoted) {
			*rest = slice_skip(all, i + 1);
			return slice_of(all.p, i);
		}
	}
	*rest = (struct slice){NULL, 0};
	return all;
}

/* "…; name=value" or "…; name=\"value\"". */
static struct slice
parameter(struct slice header, const char *name)
{
	struct slice rest = header;

	(void)multipart_cut(&rest, ';');
	while (rest.p) {
		struct slice value = multipart_cut(&rest, ';');
		struct slice key = slice_trim(slice_cut(&value, '='));

		value = slice_trim(value);
		if (!slice_ieq(key, slice_z(name)))
			continue;
		if (value.n >= 2 && value.p[0] == '"' &&
		    value.p[value.n - 1] == '"')
			value = slice_of(value.p + 1, value.n - 2);
		return value;
	}
	return (struct slice){NULL, 0};
}

static bool
is_named(struct slice headers, struct slice name)
{
	while (headers.p) {
		struct slice line = slice_cut(&headers, '\n'), value = line;
		struct slice key = slice_trim(slice_cut(&value, ':'));

		if (slice_ieq(key, SLICE("Content-Disposition")) &&
		    slice_eq(parameter(slice_trim(value), "name"), name))
			return true;
	}
	return false;
}

struct slice
multipart_field(struct slice body, struct slice type, struct slice name)
{
	struct slice boundary = parameter(type, "boundary"), mark;
	char line[BOUNDARY_MAX + 4] = "\r\n--";
	ptrdiff_t at;

	if (boundary.n == 0 || boundary.n > BOUNDARY_MAX)
		return (struct slice){NULL, 0};
	memcpy(line + 4, boundary.p, boundary.n);
	mark = slice_of(line, boundary.n + 4);
	/* the first one may be at the very beginning */
	at = slice_starts(body, slice_skip(mark, 2)) ? -2
						     : slice_find(body, mark);
	if (at == -1)
		return (struct slice){NULL, 0};
	body = slice_skip(body, (size_t)(at + (ptrdiff_t)mark.n));
	for (;;) {
		ptrdiff_t head = slice_find(body, SLICE("\r\n\r\n"));
		ptrdiff_t end = slice_find(body, mark);

		if (head < 0 || end < 0)
			return (struct slice){NULL, 0};
		if (head + 4 <= end &&
		    is_named(slice_of(body.p, (size_t)head), name))
			return slice_of(body.p + head + 4,
					(size_t)(end - head - 4));
		body = slice_skip(body, (size_t)end + mark.n);
	}
}
