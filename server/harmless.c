#include "server/harmless.h"

#include <stdio.h>

#define TEXT_MAX (64u << 20)

static void
add(struct sbuf *out, struct slice s, bool lines)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool c1 = c == 0xc2 && i + 1 < s.n &&
			  (unsigned char)s.p[i + 1] < 0xa0;

		if ((c < ' ' && (!lines || c != '\n')) || c == 0x7f)
			sbuf_addf(out, "\\x%02x", c);
		else if (c1)
			sbuf_addf(out, "\\x%02x", (unsigned char)s.p[++i]);
		else
			sbuf_add_c(out, (char)c);
	}
}

static void
print(struct sbuf *b)
{
	if (b->n > 0)
		fwrite(b->p, 1, b->n, stdout);
	sbuf_fini(b);
}

void
harmless_print_lines(struct slice text)
{
	struct sbuf b;

	sbuf_init(&b, TEXT_MAX);
	add(&b, text, true);
	print(&b);
}

void
harmless_print_line(struct slice text)
{
	struct sbuf b;

	sbuf_init(&b, TEXT_MAX);
	harmless_add_line(&b, text);
	print(&b);
}

void
harmless_add_line(struct sbuf *out, struct slice text)
{
	while (text.n > 0) {
		add(out, slice_trim(slice_cut(&text, '\n')), false);
		if (text.n > 0)
			sbuf_add_z(out, " / ");
	}
}

void
harmless_print_json(struct slice json)
{
	struct sbuf b;

	sbuf_init(&b, TEXT_MAX);
	for (size_t i = 0; i < json.n; i++) {
		unsigned char c = (unsigned char)json.p[i];
		unsigned char next =
		    i + 1 < json.n ? (unsigned char)json.p[i + 1] : 0;

		if (c == 0x7f)
			sbuf_add_z(&b, "\\u007f");
		else if (c == 0xc2 && next >= 0x80 && next < 0xa0)
			sbuf_addf(&b, "\\u00%02x", (unsigned char)json.p[++i]);
		else
			sbuf_add_c(&b, (char)c);
	}
	print(&b);
}
