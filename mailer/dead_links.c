#include "mailer/dead_links.h"

#include "base/token.h"
#include "mailer/sent.h"

/* The links of a message's own: click, view, answer, preferences. */
static const char paths[] = "cmau";

static bool
has_link(struct slice text, struct ref mref, uint32_t key_id)
{
	ptrdiff_t at;

	while ((at = slice_find_c(text, '/')) >= 0) {
		struct token t;

		text = slice_skip(text, (size_t)at + 1);
		if (text.n >= TOKEN_TEXT + 2 && text.p[1] == '/' &&
		    memchr(paths, text.p[0], sizeof(paths) - 1) != NULL &&
		    token_peek(slice_of(text.p + 2, TOKEN_TEXT), &t) &&
		    t.key_id == key_id && ref_eq(t.ref, mref))
			return true;
	}
	return false;
}

bool
dead_links_by(struct slice bytes, struct ref mref, uint32_t key_id)
{
	struct sent sent;
	struct arena a;
	ptrdiff_t head = slice_find(bytes, SLICE("\r\n\r\n"));
	bool out;

	/* List-Unsubscribe */
	if (head > 0 && has_link(slice_of(bytes.p, (size_t)head), mref, key_id))
		return true;
	arena_init(&a, 1u << 30);
	out = sent_read(bytes, &a, &sent, NULL) == RC_OK &&
	      (has_link(sent.html, mref, key_id) ||
	       has_link(sent.text, mref, key_id));
	arena_fini(&a);
	return out;
}

const struct token_key *
dead_links(struct slice bytes, struct ref mref, const struct keyring *keys,
	   uint16_t brand)
{
	for (size_t i = 0; i < keyring_size(keys); i++) {
		const struct token_key *key = keyring_at(keys, i);

		if (key->id >> 16 == brand && key->state == TOKEN_KEY_REVOKED &&
		    dead_links_by(bytes, mref, key->id))
			return key;
	}
	return NULL;
}
