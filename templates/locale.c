#include "templates/locale_private.h"

#include <pthread.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "base/mem.h"

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

struct cache {
	struct locale *locales[LOCALES_MAX];
	size_t n;
};

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

enum rc
locale_icu_err(struct err *e, const char *what, UErrorCode st)
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

size_t
locale_span(struct slice s, char lo, char hi)
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
	size_t n = locale_span(s, 'a', 'z');

	if (s.n >= LOCALE_SIZE || n < 2 || n > 3)
		return false;
	s = slice_skip(s, n);
	if (s.n >= 5 && s.p[0] == '_' &&
	    locale_span(slice_skip(s, 1), 'A', 'Z') == 1 &&
	    locale_span(slice_skip(s, 2), 'a', 'z') == 3)
		s = slice_skip(s, 5);
	return s.n == 0 || (s.n == 3 && s.p[0] == '_' &&
			    locale_span(slice_skip(s, 1), 'A', 'Z') == 2);
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

enum rc
locale_add_utf16(const UChar *s, int32_t n, UErrorCode st, const char *what,
		 struct sbuf *out, struct err *e)
{
	char utf8[UTF16_MAX * 3];
	int32_t size;

	if (U_SUCCESS(st) && n <= UTF16_MAX)
		u_strToUTF8(utf8, sizeof(utf8), &size, s, n, &st);
	if (U_FAILURE(st) || n > UTF16_MAX)
		return locale_icu_err(e, what, st);
	sbuf_add(out, slice_of(utf8, (size_t)size));
	return RC_OK;
}
