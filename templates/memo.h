#ifndef TEMPLATES_MEMO_H
#define TEMPLATES_MEMO_H

#include "base/sbuf.h"

/* Texts made lately, by what they were made of: the same dates and amounts
 * come again within a mail, and from one mail to the next.  A later one takes
 * the place of another with the same hash.  Thread: one at a time. */

#define MEMO_KEY 24
#define MEMO_TEXT 70
#define MEMO_ROOMS 256

struct memo_room {
	unsigned char key_n, text_n;
	char key[MEMO_KEY];
	char text[MEMO_TEXT];
};

struct memo {
	struct memo_room rooms[MEMO_ROOMS];
};

/* Adds the text made of key; false: it is not there. */
bool memo_recall(const struct memo *m, struct slice key, struct sbuf *out);

/* Keeps a text; one that is too long, or of too long a key, is not kept. */
void memo_keep(struct memo *m, struct slice key, struct slice text);

#endif
