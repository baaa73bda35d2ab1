#include "base/date.h"

#include "base/clock.h"

#define YEAR_FIRST 1970
#define YEAR_LAST 9999
#define DATE_LAST 2932896 /* 9999-12-31 */

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int
month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30,
				   31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Counts in years that begin in March and in eras of 400 years, where each day
 * has a closed form. */
int32_t
date_of(int year, int month, int day)
{
	int era, of_era, of_year;

	if (year < YEAR_FIRST || year > YEAR_LAST || month < 1 || month > 12 ||
	    day < 1 || day > month_days(year, month))
		return DATE_NONE;
	year -= month <= 2;
	era = year / 400;
	of_era = year - era * 400;
	of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - 719468;
}

void
date_split(int32_t date, int *year, int *month, int *day)
{
	int64_t days = (int64_t)date + 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int of_era = (int)(days - era * 146097);
	int y =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * y + y / 4 - y / 100);
	int shifted = (5 * of_year + 2) / 153;

	*day = of_year - (153 * shifted + 2) / 5 + 1;
	*month = shifted + (shifted < 10 ? 3 : -9);
	*year = (int)(y + era * 400) + (*month <= 2);
}

int
date_weekday(int32_t date)
{
	return (date % 7 + 7 + 4) % 7;
}

/* Cuts exactly n digits off *s. */
static bool
cut_digits(struct slice *s, size_t n, int max, int *out)
{
	int v = 0;

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		v = v * 10 + (s->p[i] - '0');
	}
	*s = slice_skip(*s, n);
	*out = v;
	return v <= max;
}

static bool
cut_char(struct slice *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = slice_skip(*s, 1);
	return true;
}

static bool
cut_date(struct slice *s, int32_t *out)
{
	int year, month, day;
	int32_t date;

	if (!cut_digits(s, 4, YEAR_LAST, &year) || !cut_char(s, '-') ||
	    !cut_digits(s, 2, 12, &month) || !cut_char(s, '-') ||
	    !cut_digits(s, 2, 31, &day))
		return false;
	date = date_of(year, month, day);
	if (date == DATE_NONE)
		return false;
	*out = date;
	return true;
}

bool
date_parse(struct slice s, int32_t *out)
{
	return s.n == DATE_SIZE - 1 && cut_date(&s, out);
}

static char *
put_digits(char *to, int v, int digits)
{
	for (int i = digits - 1; i >= 0; i--) {
		to[i] = (char)('0' + v % 10);
		v /= 10;
	}
	return to + digits;
}

static char *
put_date(char *to, int32_t date)
{
	int year, month, day;

	date_split(date, &year, &month, &day);
	to = put_digits(to, year, 4);
	*to++ = '-';
	to = put_digits(to, month, 2);
	*to++ = '-';
	return put_digits(to, day, 2);
}

void
date_format(int32_t date, char out[DATE_SIZE])
{
	char *end = out;

	if (date >= 0 && date <= DATE_LAST)
		end = put_date(out, date);
	*end = '\0';
}

static bool
cut_fraction(struct slice *s, int64_t *us)
{
	int64_t unit = SECOND_US;
	size_t n = 0;

	if (!cut_char(s, '.'))
		return true;
	for (; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++) {
		unit /= 10;
		*us += (s->p[n] - '0') * unit;
	}
	*s = slice_skip(*s, n);
	return n > 0;
}

static bool
cut_offset(struct slice *s, int64_t *us)
{
	int hours, minutes, sign;

	if (cut_char(s, 'Z') || cut_char(s, 'z')) {
		*us = 0;
		return true;
	}
	sign = cut_char(s, '-') ? -1 : cut_char(s, '+') ? 1 : 0;
	if (sign == 0 || !cut_digits(s, 2, 23, &hours) || !cut_char(s, ':') ||
	    !cut_digits(s, 2, 59, &minutes))
		return false;
	*us = sign * (hours * HOUR_US + minutes * MINUTE_US);
	return true;
}

bool
time_parse(struct slice s, int64_t *out_us)
{
	int32_t date;
	int hour, minute, second;
	int64_t us = 0, offset_us;

	if (!cut_date(&s, &date) || (!cut_char(&s, 'T') && !cut_char(&s, 't')))
		return false;
	if (!cut_digits(&s, 2, 23, &hour) || !cut_char(&s, ':') ||
	    !cut_digits(&s, 2, 59, &minute) || !cut_char(&s, ':') ||
	    !cut_digits(&s, 2, 59, &second))
		return false;
	if (!cut_fraction(&s, &us) || !cut_offset(&s, &offset_us) || s.n)
		return false;
	us += date * DAY_US + hour * HOUR_US + minute * MINUTE_US +
	      second * SECOND_US - offset_us;
	if (us < 0 || us >= (DATE_LAST + 1) * DAY_US)
		return false;
	*out_us = us;
	return true;
}

void
time_format(int64_t us, char out[TIME_SIZE])
{
	int second = (int)(us % DAY_US / SECOND_US);
	int ms = (int)(us / 1000 % 1000);
	char *to = out;

	if (us >= 0 && us < (DATE_LAST + 1) * DAY_US) {
		to = put_date(to, (int32_t)(us / DAY_US));
		*to++ = 'T';
		to = put_digits(to, second / 3600, 2);
		*to++ = ':';
		to = put_digits(to, second / 60 % 60, 2);
		*to++ = ':';
		to = put_digits(to, second % 60, 2);
		if (ms) {
			*to++ = '.';
			to = put_digits(to, ms, 3);
		}
		*to++ = 'Z';
	}
	*to = '\0';
}
