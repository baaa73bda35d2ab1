#include "mailer/stuffed.h"

size_t
stuffed_until_dot(const char *p, size_t n)
{
	const char *nl = p, *end = p + n;

	while ((nl = memchr(nl, '\n', (size_t)(end - nl))) != NULL)
		if (++nl == end || *nl == '.')
			return (size_t)(nl - p);
	return n;
}

/* A byte of what may be the final dot. */
static enum stuffed_sort
take_dot(struct stuffed *s, char c, size_t *n)
{
	*n = 1;
	if (s->state == STUFFED_LINE) {
		s->state = STUFFED_DOT;
		return STUFFED_HOLD;
	}
	if (s->state == STUFFED_DOT) {
		s->state = STUFFED_DOT_CR;
		return STUFFED_HOLD;
	}
	if (c != '\n')
		return STUFFED_WRONG;
	s->state = STUFFED_OFF;
	return s->at == s->message.n ? STUFFED_END : STUFFED_EARLY;
}

enum stuffed_sort
stuffed_take(struct stuffed *s, const char *p, size_t *n)
{
	bool stuff = s->state == STUFFED_DOT;

	if ((s->state == STUFFED_LINE && *p == '.') ||
	    (s->state == STUFFED_DOT && *p == '\r') ||
	    s->state == STUFFED_DOT_CR)
		return take_dot(s, *p, n);
	*n = stuffed_until_dot(p, *n);
	if (*n > s->message.n - s->at || (stuff && *p != '.') ||
	    memcmp(s->message.p + s->at, p, *n) != 0)
		return STUFFED_WRONG;
	s->at += *n;
	s->state = p[*n - 1] == '\n' ? STUFFED_LINE : STUFFED_TEXT;
	return stuff ? STUFFED_STUFF : STUFFED_PASS;
}
