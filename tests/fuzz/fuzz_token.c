#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/token.h"

/* Tokens as strangers send them, and good ones that they changed: none that
 * differs from what we made by as much as a bit is taken. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct keyring *keys;
static const struct token_key *key;

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
make_keys(void)
{
	char dir[] = "/tmp/acuse-fuzz-XXXXXX", path[64];
	uint32_t id = 0;

	must(mkdtemp(dir) != NULL);
	must(keyring_create(dir, 1, &id, NULL) == RC_OK);
	must(keyring_load(dir, &keys, NULL) == RC_OK);
	key = keyring_active(keys, 1);
	(void)snprintf(path, sizeof(path), "%s/keys/token-%08x", dir, id);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/keys", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
}

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
