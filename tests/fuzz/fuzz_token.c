#include "base/token.h"
#include "tests/fuzz/keys.h"

/* Tokens as strangers send them, and good ones that they changed: none that
 * differs from what we made by as much as a bit is taken. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Data is a list of changes: a position and what is xored into it. */
static void
change(struct sbuf *b, struct slice changes)
{
	for (size_t i = 0; i + 1 < changes.n; i += 2) {
		size_t at = (unsigned char)changes.p[i] % b->n;

		b->p[at] = (char)(b->p[at] ^ changes.p[i + 1]);
	}
}

static void
check_link(struct slice changes)
{
	const struct slice url = SLICE("https://pay.example/1042?a=1&b=2");
	struct sbuf text, good;
	struct token t;
	bool same;

	sbuf_init(&text, 100);
	sbuf_init(&good, 100);
	token_add(&good, key, TOKEN_CLICK, (struct ref){{1}}, 3, url);
	sbuf_add(&text, sbuf_slice(&good));
	change(&text, changes);
	same = slice_eq(sbuf_slice(&text), sbuf_slice(&good));
	must((token_check(keys, sbuf_slice(&text), TOKEN_CLICK, url, &t) ==
	      RC_OK) == same);
	must(token_check(keys, sbuf_slice(&text), TOKEN_OPEN, url, &t) ==
	     RC_DENIED);
	must(token_check(keys, sbuf_slice(&good), TOKEN_CLICK, changes, &t) ==
	     (slice_eq(changes, url) ? RC_OK : RC_DENIED));
	sbuf_fini(&text);
	sbuf_fini(&good);
}

static void
check_reverse(struct slice changes)
{
	struct sbuf text, good;
	struct token t;

	sbuf_init(&text, 100);
	sbuf_init(&good, 100);
	token_add_reverse(&good, key, (struct ref){{1}});
	sbuf_add(&text, sbuf_slice(&good));
	change(&text, changes);
	must((token_check_reverse(keys, sbuf_slice(&text), &t) == RC_OK) ==
	     slice_ieq(sbuf_slice(&text), sbuf_slice(&good)));
	sbuf_fini(&text);
	sbuf_fini(&good);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of(data, size);
	struct token t;

	if (keys == NULL)
		make_keys();
	for (int i = 0; i < TOKEN_PURPOSES; i++)
		must(token_check(keys, s, (enum token_purpose)i, SLICE(""),
				 &t) == RC_DENIED);
	must(token_check_reverse(keys, s, &t) == RC_DENIED);
	check_link(s);
	check_reverse(s);
	return 0;
}
