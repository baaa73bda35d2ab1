#ifndef API_MEMBER_H
#define API_MEMBER_H

#include "base/date.h"
#include "base/money.h"
#include "base/ref.h"

/* JSON written member by member; each puts the comma that is due.  key NULL:
 * an element of a list. */

/* Opens an object ('{') or a list ('[') as the value, and closes it. */
void member_open(struct sbuf *b, const char *key, char bracket);
void member_close(struct sbuf *b, char bracket);

/* Values, in their JSON forms. */
void member_text(struct sbuf *b, const char *key, struct slice text);
/* The same, null where it is empty. */
void member_text_or_null(struct sbuf *b, const char *key, struct slice text);
void member_int(struct sbuf *b, const char *key, int64_t n);
void member_bool(struct sbuf *b, const char *key, bool yes);
void member_null(struct sbuf *b, const char *key);
/* RFC 3339; null where it is 0 or no time that can be written. */
void member_time(struct sbuf *b, const char *key, int64_t us);
void member_date(struct sbuf *b, const char *key, int32_t date);
void member_ref(struct sbuf *b, const char *key, struct ref ref);
/* JSON as it is. */
void member_raw(struct sbuf *b, const char *key, struct slice json);

#endif
