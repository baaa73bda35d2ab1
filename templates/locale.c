#include "templates/locale.h"

#include <pthread.h>
#include <unicode/ucasemap.h>
#include <unicode/udat.h>
#include <unicode/udatpg.h>
#include <unicode/ulistformatter.h>
#include <unicode/uloc.h>
#include <unicode/unum.h>
#include <unicode/upluralrules.h>
#include <unicode/ustring.h>

#include "base/clock.h"
#include "base/mem.h"
#include "templates/memo.h"
#include "templates/zone.h"

/*
 * Invariants
 * 1. A cache belongs to one thread, and so does all that hangs on it; no lock.
 * 2. Every format works in UTC: times are moved to the zone by zone.c before,
 *    so that all zones of a locale share its formats.  Only the zone's name
 *    needs one in the zone.
 * 3. locales[0] is the one used last; formats are counted by the locales that
 *    point to them.
 */
#define LOCALES_MAX 64
#define MONEY_MAX 8
#define DECIMAL_MAX 64
#define UTF16_MAX 256

enum pattern {
	PATTERN_TIME = LOCALE_DATES,
	PATTERN_DATETIME,
	PATTERN_DATETIME_SHORT,
	PATTERNS,
};

static const char *const skeletons[PATTERNS] = {
    [LOCALE_DATE_LONG] = "yMMMMd",	 [LOCALE_DATE_SHORT] = "yMd",
    [LOCALE_DATE_MEDIUM] = "yMMMd",	 [LOCALE_DATE_FULL] = "yMMMMEEEEd",
    [LOCALE_DATE_WEEKDAY] = "MMMMEEEEd", [LOCALE_DATE_DAY] = "MMMMd",
    [LOCALE_DATE_MONTH] = "yMMMM",	 [PATTERN_TIME] = "jm",
    [PATTERN_DATETIME] = "yMMMMdjm",	 [PATTERN_DATETIME_SHORT] = "yMdjm",
};

struct money_format {
	char currency[4];
	bool code;
	UNumberFormat *f;
};

struct formats {
	char name[LOCALE_SIZE];
	char tag[LOCALE_SIZE];
	unsigned holds;
	UDateFormat *dates[PATTERNS];
	struct money_format money[MONEY_MAX];
	size_t money_next;
	UNumberFormat *number, *percent;
	UPluralRules *plural;
	UCaseMap *cases;
	UListFormatter *list;
	struct memo dates_made, money_made;
};

struct locale {
	struct formats *f;
	const struct zone *zone;
	UDateFormat *zone_name;
};

struct cache {
	struct locale *locales[LOCALES_MAX];
	size_t n;
};

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static enum rc
icu_err(struct err *e, const char *what, UErrorCode st)
{
	return err_set(e, RC_BUG, "ICU cannot %s: %s", what, u_errorName(st));
}

static void
free_formats(struct formats *f)
{
	if (--f->holds)
		return;
	for (size_t i = 0; i < PATTERNS; i++)
		if (f->dates[i])
			udat_close(f->dates[i]);
	for (size_t i = 0; i < MONEY_MAX; i++)
		if (f->money[i].f)
			unum_close(f->money[i].f);
	if (f->number)
		unum_close(f->number);
	if (f->percent)
		unum_close(f->percent);
	if (f->plural)
		uplrules_close(f->plural);
	if (f->cases)
		ucasemap_close(f->cases);
	if (f->list)
		ulistfmt_close(f->list);
	free(f);
}

static void
free_locale(struct locale *l)
{
	free_formats(l->f);
	if (l->zone_name)
		udat_close(l->zone_name);
	free(l);
}

static void
free_cache(void *p)
{
	struct cache *c = p;

	for (size_t i = 0; i < c->n; i++)
		free_locale(c->locales[i]);
	free(c);
}

static void
make_key(void)
{
	if (pthread_key_create(&key, free_cache))
		die("locale: no thread key");
}

static struct cache *
thread_cache(void)
{
	struct cache *c;

	pthread_once(&key_once, make_key);
	c = pthread_getspecific(key);
	if (c)
		return c;
	c = MEM_NEW(struct cache);
	if (pthread_setspecific(key, c))
		die("locale: no thread value");
	return c;
}

static size_t
span(struct slice s, char lo, char hi)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= lo && s.p[n] <= hi)
		n++;
	return n;
}

/* ll[l][_Ssss][_CC] */
static bool
well_formed(struct slice s)
{
	size_t n = span(s, 'a', 'z');

	if (s.n >= LOCALE_SIZE || n < 2 || n > 3)
		return false;
	s = slice_skip(s, n);
	if (s.n >= 5 && s.p[0] == '_' &&
	    span(slice_skip(s, 1), 'A', 'Z') == 1 &&
	    span(slice_skip(s, 2), 'a', 'z') == 3)
		s = slice_skip(s, 5);
	return s.n == 0 || (s.n == 3 && s.p[0] == '_' &&
			    span(slice_skip(s, 1), 'A', 'Z') == 2);
}

bool
locale_valid(struct slice name)
{
	char z[LOCALE_SIZE];

	if (!well_formed(name))
		return false;
	memcpy(z, name.p, name.n);
	z[name.n] = '\0';
	if (!*uloc_getISO3Language(z))
		return false;
	return slice_find_c(slice_skip(name, name.n - 3), '_') != 0 ||
	       *uloc_getISO3Country(z);
}

static struct formats *
formats_new(struct slice name)
{
	struct formats *f = MEM_NEW(struct formats);

	memcpy(f->name, name.p, name.n);
	memcpy(f->tag, name.p, name.n);
	for (char *p = f->tag; *p; p++)
		if (*p == '_')
			*p = '-';
	return f;
}

static struct formats *
formats_of(const struct cache *c, struct slice name)
{
	for (size_t i = 0; i < c->n; i++)
		if (slice_eq_z(name, c->locales[i]->f->name))
			return c->locales[i]->f;
	return formats_new(name);
}

static void
put_first(struct cache *c, size_t from, struct locale *l)
{
	memmove(c->locales + 1, c->locales, from * sizeof(c->locales[0]));
	c->locales[0] = l;
}

enum rc
locale_get(struct slice name, struct slice zone, struct locale **out,
	   struct err *e)
{
	struct cache *c = thread_cache();
	const struct zone *z;
	struct locale *l;

	zone = zone.n ? zone : SLICE("UTC");
	for (size_t i = 0; i < c->n; i++) {
		l = c->locales[i];
		if (slice_eq_z(name, l->f->name) &&
		    slice_eq_z(zone, zone_name(l->zone))) {
			put_first(c, i, l);
			*out = l;
			return RC_OK;
		}
	}
	if (!locale_valid(name))
		return err_set(e, RC_INVALID, "unknown locale '%.*s'",
			       name.n > 64 ? 64 : (int)name.n, name.p);
	if (zone_open(zone, &z, e))
		return RC_INVALID;
	l = MEM_NEW(struct locale);
	l->f = formats_of(c, name);
	l->f->holds++;
	l->zone = z;
	if (c->n == LOCALES_MAX)
		free_locale(c->locales[--c->n]);
	put_first(c, c->n++, l);
	*out = l;
	return RC_OK;
}

const char *
locale_name(const struct locale *l)
{
	return l->f->name;
}

const char *
locale_tag(const struct locale *l)
{
	return l->f->tag;
}

bool
locale_rtl(const struct locale *l)
{
	return uloc_isRightToLeft(l->f->name);
}

static enum rc
add_utf16(const UChar *s, int32_t n, UErrorCode st, const char *what,
	  struct sbuf *out, struct err *e)
{
	char utf8[UTF16_MAX * 3];
	int32_t size;

	if (U_SUCCESS(st) && n <= UTF16_MAX)
		u_strToUTF8(utf8, sizeof(utf8), &size, s, n, &st);
	if (U_FAILURE(st) || n > UTF16_MAX)
		return icu_err(e, what, st);
	sbuf_add(out, slice_of(utf8, (size_t)size));
	return RC_OK;
}

static struct slice
added(const struct sbuf *out, size_t from)
{
	return slice_of(out->p + from, out->n - from);
}

/* ---- numbers ---- */

static bool
is_decimal(struct slice s)
{
	size_t n;

	if (s.n && s.p[0] == '-')
		s = slice_skip(s, 1);
	n = span(s, '0', '9');
	if (n == 0 || s.n > DECIMAL_MAX)
		return false;
	s = slice_skip(s, n);
	return s.n == 0 || (s.n > 1 && s.p[0] == '.' &&
			    span(slice_skip(s, 1), '0', '9') == s.n - 1);
}

static enum rc
add_decimal(UNumberFormat *f, struct slice decimal, struct sbuf *out,
	    struct err *e)
{
	UErrorCode st = U_ZERO_ERROR;
	UChar s[UTF16_MAX];
	int32_t n;

	if (!is_decimal(decimal))
		return err_set(e, RC_INVALID, "'%.*s' is not a number",
			       decimal.n > 64 ? 64 : (int)decimal.n, decimal.p);
	n = unum_formatDecimal(f, decimal.p, (int32_t)decimal.n, s, UTF16_MAX,
			       NULL, &st);
	return add_utf16(s, n, st, "format a number", out, e);
}

static enum rc
open_number(UNumberFormatStyle style, const char *name, UNumberFormat **out,
	    struct err *e)
{
	UErrorCode st = U_ZERO_ERROR;

	*out = unum_open(style, NULL, 0, name, NULL, &st);
	if (U_FAILURE(st))
		return icu_err(e, "open a number format", st);
	unum_setAttribute(*out, UNUM_ROUNDING_MODE, UNUM_ROUND_HALFUP);
	return RC_OK;
}

/* The currency is set before its digits: setting it resets them to CLDR's,
 * which for some currencies are fewer than those of ISO 4217. */
static enum rc
open_money(struct money_format *m, const char *name, const char *currency,
	   int digits, bool code, struct err *e)
{
	UErrorCode st = U_ZERO_ERROR;
	UChar u[4];

	if (open_number(code ? UNUM_CURRENCY_ISO : UNUM_CURRENCY, name, &m->f,
			e))
		return RC_BUG;
	u_charsToUChars(currency, u, 4);
	unum_setTextAttribute(m->f, UNUM_CURRENCY_CODE, u, 3, &st);
	if (U_FAILURE(st)) {
		unum_close(m->f);
		m->f = NULL;
		return icu_err(e, "set a currency", st);
	}
	unum_setAttribute(m->f, UNUM_FRACTION_DIGITS, digits);
	memcpy(m->currency, currency, 4);
	m->code = code;
	return RC_OK;
}

static struct money_format *
find_money(struct formats *f, struct slice currency, bool code)
{
	for (size_t i = 0; i < MONEY_MAX; i++)
		if (f->money[i].f && f->money[i].code == code &&
		    slice_eq_z(currency, f->money[i].currency))
			return &f->money[i];
	return NULL;
}

static enum rc
make_money(struct locale *l, struct slice amount, struct slice currency,
	   bool code, struct sbuf *out, struct err *e)
{
	struct money_format *m = find_money(l->f, currency, code);
	int digits;

	if (!m) {
		char z[4] = "";

		digits = money_digits(currency);
		if (digits < 0 || currency.n != 3)
			return err_set(e, RC_INVALID, "unknown currency '%.*s'",
				       currency.n > 16 ? 16 : (int)currency.n,
				       currency.p);
		memcpy(z, currency.p, 3);
		m = &l->f->money[l->f->money_next++ % MONEY_MAX];
		if (m->f)
			unum_close(m->f);
		m->f = NULL;
		if (open_money(m, l->f->name, z, digits, code, e))
			return RC_BUG;
	}
	return add_decimal(m->f, amount, out, e);
}

static enum rc
add_money(struct locale *l, struct slice amount, struct slice currency,
	  bool code, struct sbuf *out, struct err *e)
{
	struct memo *made = &l->f->money_made;
	char text[MEMO_KEY];
	struct sbuf source = {.p = text, .cap = MEMO_KEY, .max = MEMO_KEY};
	size_t from = out->n;
	enum rc rc;

	sbuf_add_c(&source, code ? 'c' : 's');
	sbuf_add(&source, currency);
	sbuf_add_c(&source, ' ');
	sbuf_add(&source, amount);
	if (sbuf_ok(&source) && memo_recall(made, sbuf_slice(&source), out))
		return RC_OK;
	rc = make_money(l, amount, currency, code, out, e);
	if (rc == RC_OK && sbuf_ok(&source))
		memo_keep(made, sbuf_slice(&source), added(out, from));
	return rc;
}

enum rc
locale_add_money(struct locale *l, struct slice amount, struct slice currency,
		 struct sbuf *out, struct err *e)
{
	return add_money(l, amount, currency, false, out, e);
}

enum rc
locale_add_money_code(struct locale *l, struct slice amount,
		      struct slice currency, struct sbuf *out, struct err *e)
{
	return add_money(l, amount, currency, true, out, e);
}

enum rc
locale_add_number(struct locale *l, struct slice decimal, int digits,
		  struct sbuf *out, struct err *e)
{
	UNumberFormat *f = l->f->number;

	if (!f && open_number(UNUM_DECIMAL, l->f->name, &f, e))
		return RC_BUG;
	l->f->number = f;
	unum_setAttribute(f, UNUM_MIN_FRACTION_DIGITS, digits < 0 ? 0 : digits);
	unum_setAttribute(f, UNUM_MAX_FRACTION_DIGITS,
			  digits < 0 ? DECIMAL_MAX : digits);
	return add_decimal(f, decimal, out, e);
}

enum rc
locale_add_percent(struct locale *l, struct slice decimal, struct sbuf *out,
		   struct err *e)
{
	UNumberFormat *f = l->f->percent;

	if (!f) {
		if (open_number(UNUM_PERCENT, l->f->name, &f, e))
			return RC_BUG;
		unum_setAttribute(f, UNUM_MULTIPLIER, 1);
		unum_setAttribute(f, UNUM_MAX_FRACTION_DIGITS, DECIMAL_MAX);
		l->f->percent = f;
	}
	return add_decimal(f, decimal, out, e);
}

/* ---- dates and times ---- */

static UDateFormat *
open_pattern(const char *name, const char *skeleton, const UChar *zone,
	     UErrorCode *st)
{
	UDateTimePatternGenerator *g = udatpg_open(name, st);
	UChar u[64], pattern[UTF16_MAX];
	UDateFormat *f = NULL;
	int32_t n;

	if (U_FAILURE(*st))
		return NULL;
	u_charsToUChars(skeleton, u, (int32_t)strlen(skeleton) + 1);
	n = udatpg_getBestPattern(g, u, -1, pattern, UTF16_MAX, st);
	if (U_SUCCESS(*st))
		f = udat_open(UDAT_PATTERN, UDAT_PATTERN, name, zone, -1,
			      pattern, n, st);
	udatpg_close(g);
	return f;
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
		return icu_err(e, "open a date format", st);
	n = udat_format(*f, ms, s, UTF16_MAX, NULL, &st);
	return add_utf16(s, n, st, "format a date", out, e);
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
			  added(out, from));
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
		return icu_err(e, "open a zone format", st);
	n = udat_format(l->zone_name, (double)ms, s, UTF16_MAX, NULL, &st);
	return add_utf16(s, n, st, "format a zone", out, e);
}

/* ---- words ---- */

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
		return icu_err(e, "open case rules", st);
	n = case_maps[how](l->f->cases, to, (int32_t)cap, s.p, (int32_t)s.n,
			   &st);
	if (U_FAILURE(st))
		return icu_err(e, "change case", st);
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
		return icu_err(e, "format a list", st);
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
