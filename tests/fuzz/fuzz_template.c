#include <stdlib.h>

#include "base/json.h"
#include "templates/template.h"

/* The first byte chooses mode and escape; then, parted by 0x1e, come the main
 * template, a partial "p", a parent "l" and JSON data.  Whatever they hold is
 * rendered or refused with a place; values alone make no markup. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PARTS 4

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static const struct datum *
read_data(struct slice text, struct arena *a)
{
	struct datum *d = NULL;
	json_t *j;

	if (json_read(text, 1 << 16, &j, NULL) == RC_OK) {
		d = datum_from_json(a, j);
		json_decref(j);
	}
	if (datum_kind(d) != DATUM_MAP)
		d = datum_map(a);
	datum_set(d, "x", datum_text(a, SLICE("<s a=\"&'>\u202e{{y}}")));
	datum_set(d, "u", datum_text(a, SLICE("javascript:1")));
	datum_set(d, "d", datum_date(a, 20000));
	datum_set(d, "t", datum_time(a, INT64_C(1795284240000000)));
	datum_set(d, "n", datum_int(a, -3));
	return d;
}

static void
render(const struct template_set *set, const struct datum *d, struct arena *a)
{
	const struct template *t = template_find(set, SLICE("t"));
	const struct template_variable *v;
	struct err e = {.rc = RC_OK};
	struct locale *l;
	struct sbuf out;
	enum rc rc;

	must(t != NULL);
	must(locale_get(SLICE("es_AR"), SLICE(""), &l, NULL) == RC_OK);
	sbuf_init(&out, 1 << 18);
	rc = template_render(t, d, l, &out, &e);
	must(rc == RC_OK || rc == RC_INVALID || rc == RC_LIMIT);
	must(rc == RC_OK || (e.pointer[0] && e.text[0]));
	(void)template_missing(t, d, a, &v);
	sbuf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[PARTS] = {"t", "p", "l", "json"};
	struct slice rest = slice_of(data, size);
	struct template_source sources[PARTS];
	struct template_set *set;
	struct err e = {.rc = RC_OK};
	unsigned how = size ? data[0] : 0;
	struct arena a;

	rest = slice_skip(rest, 1);
	for (int i = 0; i < PARTS; i++) {
		sources[i] = (struct template_source){
		    .name = slice_z(names[i]),
		    .file = slice_z(names[i]),
		    .text = i < PARTS - 1 ? slice_cut(&rest, 0x1e) : rest,
		    .escape = (enum template_escape)(how >> 1) % 3,
		    .on_call = i > 0 && (how & 8),
		};
		if (!rest.p)
			rest = SLICE("");
	}
	arena_init(&a, 64 << 20);
	if (template_set_new(sources, PARTS - 1,
			     how & 1 ? TEMPLATE_STRICT : TEMPLATE_SPEC, &set,
			     &e) == RC_OK) {
		render(set, read_data(sources[PARTS - 1].text, &a), &a);
		template_set_free(set);
	} else {
		must(e.pointer[0] && e.text[0]);
	}
	arena_fini(&a);
	return 0;
}
