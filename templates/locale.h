#ifndef TEMPLATES_LOCALE_H
#define TEMPLATES_LOCALE_H

#include "base/date.h"
#include "base/money.h"
#include "base/sbuf.h"

/* Formatters of one locale in one time zone, by ICU.  They are kept by the
 * thread that asked for them. */
struct locale;

#define LOCALE_SIZE 24 /* "zh_Hant_TW" and a NUL */

/* True for a locale that ICU knows by language and country: "es", "es_AR",
 * "zh_Hant_TW". */
bool locale_valid(struct slice name);

/* Formatters for a locale and a time zone ("UTC" where it is empty).
 * Owns: the thread, for the job at hand (the 64 last used are kept).
 * Thread: the one that asked.  Fails: RC_INVALID (unknown locale or zone). */
enum rc locale_get(struct slice name, struct slice zone, struct locale **out,
		   struct err *e) MUST_USE;

/* Its name as it was asked for. */
const char *locale_name(const struct locale *l);

/* The language's code ("es"), as HTML's lang wants it with the country
 * ("es-AR"), and whether it runs from right to left. */
const char *locale_tag(const struct locale *l);
bool locale_rtl(const struct locale *l);

enum locale_date {
	LOCALE_DATE_LONG,    /* 21 de noviembre de 2026 */
	LOCALE_DATE_SHORT,   /* 21/11/2026 */
	LOCALE_DATE_MEDIUM,  /* 21 nov 2026 */
	LOCALE_DATE_FULL,    /* sábado, 21 de noviembre de 2026 */
	LOCALE_DATE_WEEKDAY, /* sábado, 21 de noviembre */
	LOCALE_DATE_DAY,     /* 21 de noviembre */
	LOCALE_DATE_MONTH,   /* noviembre de 2026 */
	LOCALE_DATES,
};

/* LOCALE_CAPITAL makes the first letter a capital and leaves the rest. */
enum locale_case { LOCALE_UPPER, LOCALE_LOWER, LOCALE_CAPITAL };

enum locale_plural {
	LOCALE_ZERO,
	LOCALE_ONE,
	LOCALE_TWO,
	LOCALE_FEW,
	LOCALE_MANY,
	LOCALE_OTHER,
	LOCALE_PLURALS,
};

/* These add UTF-8 to out.  Decimal numbers come as strings ("-12.5") and are
 * rounded half up, away from zero.  Fails: RC_INVALID (not a number, unknown
 * currency), RC_BUG (ICU). */
enum rc locale_add_money(struct locale *l, struct slice amount,
			 struct slice currency, struct sbuf *out,
			 struct err *e) MUST_USE;

/* The same with the ISO code for the symbol: "ARS 12.345,67". */
enum rc locale_add_money_code(struct locale *l, struct slice amount,
			      struct slice currency, struct sbuf *out,
			      struct err *e) MUST_USE;

/* digits: fraction digits shown, -1 for as many as there are. */
enum rc locale_add_number(struct locale *l, struct slice decimal, int digits,
			  struct sbuf *out, struct err *e) MUST_USE;
enum rc locale_add_percent(struct locale *l, struct slice decimal,
			   struct sbuf *out, struct err *e) MUST_USE;
enum rc locale_add_date(struct locale *l, int32_t date, enum locale_date how,
			struct sbuf *out, struct err *e) MUST_USE;

/* The date that a time falls on in the zone. */
int32_t locale_date_of(const struct locale *l, int64_t us);

/* Hours and minutes in the zone ("18:04"). */
enum rc locale_add_time(struct locale *l, int64_t us, struct sbuf *out,
			struct err *e) MUST_USE;

/* "21 de noviembre de 2026, 18:04"; brief: "21/11/2026, 18:04". */
enum rc locale_add_datetime(struct locale *l, int64_t us, bool brief,
			    struct sbuf *out, struct err *e) MUST_USE;

/* The zone's name at that time, short ("ART", "GMT-3"). */
enum rc locale_add_zone(struct locale *l, int64_t us, struct sbuf *out,
			struct err *e) MUST_USE;

/* The city that the zone is called after, in the language ("Roma"); nothing for
 * a zone of no place ("UTC"). */
enum rc locale_add_city(struct locale *l, struct sbuf *out,
			struct err *e) MUST_USE;
enum rc locale_add_case(struct locale *l, struct slice s, enum locale_case how,
			struct sbuf *out, struct err *e) MUST_USE;

/* "a, b y c". */
enum rc locale_add_list(struct locale *l, const struct slice *items, size_t n,
			struct sbuf *out, struct err *e) MUST_USE;

/* The plural category of a number in this language. */
enum locale_plural locale_plural(struct locale *l, int64_t n);

#endif
