#include <stdatomic.h>
#include <unicode/udatpg.h>
#include <unicode/ustring.h>

#include "base/clock.h"
#include "base/mem.h"
#include "templates/locale_private.h"

static const char *const skeletons[PATTERNS] = {
    [LOCALE_DATE_LONG] = "yMMMMd",	 [LOCALE_DATE_SHORT] = "yMd",
    [LOCALE_DATE_MEDIUM] = "yMMMd",	 [LOCALE_DATE_FULL] = "yMMMMEEEEd",
    [LOCALE_DATE_WEEKDAY] = "MMMMEEEEd", [LOCALE_DATE_DAY] = "MMMMd",
    [LOCALE_DATE_MONTH] = "yMMMM",	 [PATTERN_TIME] = "jm",
    [PATTERN_DATETIME] = "yMMMMdjm",	 [PATTERN_DATETIME_SHORT] = "yMdjm",
};

/* Patterns that threads found, for all others: finding one takes ICU longer
 * than a hundred mails take us.  None goes, and past KNOWN_MAX no more are
 * kept. */
#define KNOWN_MAX 512

struct known {
	struct known *next;
	const char *skeleton;
	char name[LOCALE_SIZE];
	UChar pattern[UTF16_MAX];
};

static struct known *_Atomic known;
static atomic_int known_n;

static const UChar *
recall(const char *name, const char *skeleton)
{
	for (const struct known *k = atomic_load(&known); k; k = k->next)
		if (strcmp(k->name, name) == 0 &&
		    strcmp(k->skeleton, skeleton) == 0)
			return k->pattern;
	return NULL;
}

static void
keep(const char *name, const char *skeleton, const UChar *pattern)
{
	struct known *k;

	if (atomic_fetch_add(&known_n, 1) >= KNOWN_MAX) {
		(void)atomic_fetch_sub(&known_n, 1);
		return;
	}
	k = MEM_NEW(struct known);
	k->skeleton = skeleton;
	memcpy(k->name, name, strlen(name) + 1);
	u_strcpy(k->pattern, pattern);
	k->next = atomic_load(&known);
	while (!atomic_compare_exchange_weak(&known, &k->next, k))
		continue;
}

static void
find_pattern(const char *name, const char *skeleton, UChar pattern[UTF16_MAX],
	     UErrorCode *st)
{
	UDateTimePatternGenerator *g = udatpg_open(name, st);
	UChar u[64];

	if (U_FAILURE(*st))
		return;
	u_charsToUChars(skeleton, u, (int32_t)strlen(skeleton) + 1);
	(void)udatpg_getBestPattern(g, u, -1, pattern, UTF16_MAX - 1, st);
	udatpg_close(g);
	if (U_SUCCESS(*st))
		keep(name, skeleton, pattern);
}

/* skeleton: for ever. */
static UDateFormat *
open_pattern(const char *name, const char *skeleton, const UChar *zone,
	     UErrorCode *st)
{
	UChar found[UTF16_MAX] = {0};
	const UChar *pattern = recall(name, skeleton);

	if (pattern == NULL) {
		find_pattern(name, skeleton, found, st);
		pattern = found;
	}
	return U_SUCCESS(*st) ? udat_open(UDAT_PATTERN, UDAT_PATTERN, name,
					  zone, -1, pattern, -1, st)
			      : NULL;
}

static enum rc
make_date(struct locale *l, int pattern, UDate ms, struct sbuf *out,
	  struct err *e)
{
	static const UChar utc[] = {'U', 'T', 'C', 0};
	UDateFormat **f = &l->f->dates[pattern];
	UErrorCode st = U_ZERO_ERROR;
	UChar s[UTF16_MAX];
	int32_t n;

	if (!*f)
		*f = open_pattern(l->f->name, skeletons[pattern], utc, &st);
	if (U_FAILURE(st))
		return locale_icu_err(e, "open a date format", st);
	n = udat_format(*f, ms, s, UTF16_MAX, NULL, &st);
	return locale_add_utf16(s, n, st, "format a date", out, e);
}

static enum rc
add_pattern(struct locale *l, int pattern, UDate ms, struct sbuf *out,
	    struct err *e)
{
	struct memo *made = &l->f->dates_made;
	char source[sizeof(pattern) + sizeof(ms)];
	size_t from = out->n;
	enum rc rc;

	memcpy(source, &pattern, sizeof(pattern));
	memcpy(source + sizeof(pattern), &ms, sizeof(ms));
	if (memo_recall(made, slice_of(source, sizeof(source)), out))
		return RC_OK;
	rc = make_date(l, pattern, ms, out, e);
	if (rc == RC_OK)
		memo_keep(made, slice_of(source, sizeof(source)),
			  locale_added(out, from));
	return rc;
}

static UDate
local_ms(const struct locale *l, int64_t us)
{
	int64_t ms = us / 1000 + zone_offset_s(l->zone, us) * INT64_C(1000);

	return (double)ms;
}

enum rc
locale_add_date(struct locale *l, int32_t date, enum locale_date how,
		struct sbuf *out, struct err *e)
{
	return add_pattern(l, (int)how, date * 86400000.0, out, e);
}

int32_t
locale_date_of(const struct locale *l, int64_t us)
{
	int32_t date;
	int minute;

	zone_local(l->zone, us, &date, &minute);
	return date;
}

enum rc
locale_add_time(struct locale *l, int64_t us, struct sbuf *out, struct err *e)
{
	return add_pattern(l, PATTERN_TIME, local_ms(l, us), out, e);
}

enum rc
locale_add_datetime(struct locale *l, int64_t us, bool brief, struct sbuf *out,
		    struct err *e)
{
	int pattern = brief ? PATTERN_DATETIME_SHORT : PATTERN_DATETIME;

	return add_pattern(l, pattern, local_ms(l, us), out, e);
}

enum rc
locale_add_zone(struct locale *l, int64_t us, struct sbuf *out, struct err *e)
{
	UErrorCode st = U_ZERO_ERROR;
	UChar zone[64], s[UTF16_MAX];
	int64_t ms = us / 1000;
	int32_t n;

	if (!l->zone_name) {
		u_charsToUChars(zone_name(l->zone), zone,
				(int32_t)strlen(zone_name(l->zone)) + 1);
		l->zone_name = open_pattern(l->f->name, "z", zone, &st);
	}
	if (U_FAILURE(st))
		return locale_icu_err(e, "open a zone format", st);
	n = udat_format(l->zone_name, (double)ms, s, UTF16_MAX, NULL, &st);
	return locale_add_utf16(s, n, st, "format a zone", out, e);
}

/* n: in and out. */
static void
city_of(const struct locale *l, const char *zone, UChar *out, int32_t *n,
	UErrorCode *st)
{
	static const UChar pattern[] = {'V', 'V', 'V', 0};
	UDateFormat *f;
	UChar id[64];

	u_charsToUChars(zone, id, (int32_t)strlen(zone) + 1);
	f = udat_open(UDAT_PATTERN, UDAT_PATTERN, l->f->name, id, -1, pattern,
		      -1, st);
	*n = U_SUCCESS(*st) ? udat_format(f, 0, out, *n, NULL, st) : 0;
	udat_close(f);
}

enum rc
locale_add_city(struct locale *l, struct sbuf *out, struct err *e)
{
	UChar city[UTF16_MAX], none[UTF16_MAX];
	int32_t n = UTF16_MAX, none_n = UTF16_MAX;
	UErrorCode st = U_ZERO_ERROR;

	city_of(l, zone_name(l->zone), city, &n, &st);
	city_of(l, "Etc/Unknown", none, &none_n, &st);
	if (U_SUCCESS(st) && u_strCompare(city, n, none, none_n, false) == 0)
		return RC_OK;
	return locale_add_utf16(city, n, st, "name a zone's city", out, e);
}
