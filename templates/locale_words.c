#include <unicode/ustring.h>

#include "templates/locale_private.h"

typedef int32_t case_map(const UCaseMap *, char *, int32_t, const char *,
			 int32_t, UErrorCode *);

static int32_t
to_capital(const UCaseMap *m, char *to, int32_t cap, const char *from,
	   int32_t n, UErrorCode *st)
{
	int32_t first = 0;
	int32_t size;

	U8_FWD_1(from, first, n);
	size = ucasemap_utf8ToUpper(m, to, cap, from, first, st);
	memcpy(to + size, from + first, (size_t)(n - first));
	return size + n - first;
}

static case_map *const case_maps[] = {
    [LOCALE_UPPER] = ucasemap_utf8ToUpper,
    [LOCALE_LOWER] = ucasemap_utf8ToLower,
    [LOCALE_CAPITAL] = to_capital,
};

enum rc
locale_add_case(struct locale *l, struct slice s, enum locale_case how,
		struct sbuf *out, struct err *e)
{
	UErrorCode st = U_ZERO_ERROR;
	size_t cap = 3 * s.n + 16;
	int32_t n;
	char *to;

	if (s.n == 0)
		return RC_OK;
	if (s.n > INT32_MAX / 4 || !(to = sbuf_room(out, cap)))
		return err_set(e, RC_LIMIT, "text is too long");
	if (!l->f->cases)
		l->f->cases = ucasemap_open(l->f->name, 0, &st);
	if (U_FAILURE(st))
		return locale_icu_err(e, "open case rules", st);
	n = case_maps[how](l->f->cases, to, (int32_t)cap, s.p, (int32_t)s.n,
			   &st);
	if (U_FAILURE(st))
		return locale_icu_err(e, "change case", st);
	out->n += (size_t)n;
	return RC_OK;
}

#define LIST_MAX 64

enum rc
locale_add_list(struct locale *l, const struct slice *items, size_t n,
		struct sbuf *out, struct err *e)
{
	UChar in[LIST_MAX * UTF16_MAX / 4], all[LIST_MAX * UTF16_MAX / 4 + 512];
	const UChar *starts[LIST_MAX];
	int32_t sizes[LIST_MAX];
	char utf8[sizeof(all) / sizeof(all[0]) * 3];
	UErrorCode st = U_ZERO_ERROR;
	int32_t used = 0, size;

	if (n > LIST_MAX)
		return err_set(e, RC_LIMIT, "list of over %d", LIST_MAX);
	if (!l->f->list)
		l->f->list = ulistfmt_open(l->f->name, &st);
	for (size_t i = 0; i < n && U_SUCCESS(st); i++) {
		starts[i] = in + used;
		u_strFromUTF8(in + used,
			      (int32_t)(sizeof(in) / sizeof(in[0])) - used,
			      &sizes[i], items[i].p, (int32_t)items[i].n, &st);
		used += sizes[i];
	}
	if (n == 0)
		return RC_OK;
	size = ulistfmt_format(l->f->list, starts, sizes, (int32_t)n, all,
			       sizeof(all) / sizeof(all[0]), &st);
	u_strToUTF8(utf8, sizeof(utf8), &size, all, size, &st);
	if (st == U_BUFFER_OVERFLOW_ERROR)
		return err_set(e, RC_LIMIT, "list is too long");
	if (U_FAILURE(st))
		return locale_icu_err(e, "format a list", st);
	sbuf_add(out, slice_of(utf8, (size_t)size));
	return RC_OK;
}

enum locale_plural
locale_plural(struct locale *l, int64_t n)
{
	static const struct {
		const char *keyword;
		enum locale_plural plural;
	} words[] = {
	    {"zero", LOCALE_ZERO}, {"one", LOCALE_ONE},	  {"two", LOCALE_TWO},
	    {"few", LOCALE_FEW},   {"many", LOCALE_MANY},
	};
	UErrorCode st = U_ZERO_ERROR;
	UChar u[16];
	char word[16];

	if (!l->f->plural)
		l->f->plural = uplrules_open(l->f->name, &st);
	if (U_FAILURE(st))
		return LOCALE_OTHER;
	uplrules_select(l->f->plural, (double)n, u, 16, &st);
	if (U_FAILURE(st))
		return LOCALE_OTHER;
	u_UCharsToChars(u, word, 16);
	word[15] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i].keyword) == 0)
			return words[i].plural;
	return LOCALE_OTHER;
}
