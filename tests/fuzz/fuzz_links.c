#include <stdlib.h>

#include "templates/links.h"

/* HTML from anybody: what comes out is what went in but for the bytes of values
 * and of opt-outs; the second time nothing is left to do. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
add_nothing(struct link_writer *w, unsigned index, struct slice destination,
	    struct sbuf *out)
{
	(void)w;
	(void)index;
	(void)out;
	must(destination.n > 0 && destination.n <= LINKS_DESTINATION_MAX);
	for (size_t i = 0; i < destination.n; i++)
		must(destination.p[i] > ' ' && destination.p[i] < 0x7f);
}

static void
add_ours(struct link_writer *w, unsigned index, struct slice destination,
	 struct sbuf *out)
{
	(void)w;
	(void)destination;
	sbuf_addf(out, "https://t.h/c/%u", index);
}

static struct links_input
input(struct slice html, struct link_writer *w)
{
	static struct slice hosts[2];

	hosts[0] = SLICE("h");
	hosts[1] = SLICE(".p");
	return (struct links_input){.html = html,
				    .hosts = hosts,
				    .host_count = 2,
				    .own_url = SLICE("https://t.h"),
				    .writer = w};
}

/* All of b stands in a, in its order. */
static bool
is_within(struct slice b, struct slice a)
{
	size_t i = 0;

	for (size_t k = 0; k < a.n && i < b.n; k++)
		i += a.p[k] == b.p[i];
	return i == b.n;
}

static void
rewrite(struct slice html, struct link_writer *w, struct slice pixel,
	struct arena *a, struct sbuf *out, struct links_result *res)
{
	struct links_input in = input(html, w);

	in.pixel_url = pixel;
	*res = (struct links_result){.destination_count = 0};
	must(links_rewrite(&in, a, out, res, NULL) == RC_OK);
}

static void
try_text(struct slice text, struct arena *a, struct sbuf *out)
{
	struct link_writer nothing = {add_nothing};
	struct links_input in = input(text, &nothing);
	struct links_result res = {.destination_count = 0};

	must(links_rewrite_text(&in, a, out, &res, NULL) == RC_OK);
	must(is_within(sbuf_slice(out), text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct link_writer nothing = {add_nothing}, ours = {add_ours};
	struct slice html = slice_of(data, size);
	struct links_result res, again;
	struct sbuf out, twice;
	struct arena a;

	arena_init(&a, 256 << 20);
	sbuf_init(&out, 64 << 20);
	sbuf_init(&twice, 64 << 20);
	rewrite(html, &nothing, SLICE(""), &a, &out, &res);
	must(is_within(sbuf_slice(&out), html));
	sbuf_reset(&out);
	rewrite(html, &ours, SLICE(""), &a, &out, &res);
	rewrite(sbuf_slice(&out), &ours, SLICE(""), &a, &twice, &again);
	if (!res.fates[LINK_OPTED_OUT]) {
		must(again.fates[LINK_TRACKED] == 0);
		must(slice_eq(sbuf_slice(&out), sbuf_slice(&twice)));
	}
	sbuf_reset(&out);
	rewrite(html, NULL, SLICE("https://t.h/o/x"), &a, &out, &res);
	must(res.pixel);
	sbuf_reset(&out);
	try_text(html, &a, &out);
	sbuf_fini(&out);
	sbuf_fini(&twice);
	arena_fini(&a);
	return 0;
}
