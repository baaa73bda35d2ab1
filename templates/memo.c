#include "templates/memo.h"

/* Ref: FNV-1a. */
static size_t
room_of(struct slice key)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < key.n; i++)
		hash = (hash ^ (unsigned char)key.p[i]) * 16777619u;
	return (hash ^ hash >> 16) % MEMO_ROOMS;
}

bool
memo_recall(const struct memo *m, struct slice key, struct sbuf *out)
{
	const struct memo_room *r = &m->rooms[room_of(key)];

	if (key.n == 0 || r->key_n != key.n ||
	    memcmp(r->key, key.p, key.n) != 0)
		return false;
	sbuf_add(out, slice_of(r->text, r->text_n));
	return true;
}

void
memo_keep(struct memo *m, struct slice key, struct slice text)
{
	struct memo_room *r = &m->rooms[room_of(key)];

	if (key.n == 0 || key.n > MEMO_KEY || text.n > MEMO_TEXT)
		return;
	r->key_n = (unsigned char)key.n;
	r->text_n = (unsigned char)text.n;
	memcpy(r->key, key.p, key.n);
	memcpy(r->text, text.p, text.n);
}
