#ifndef BASE_DATE_H
#define BASE_DATE_H

#include "base/err.h"
#include "base/slice.h"

#define DATE_NONE INT32_MIN
#define DATE_SIZE 11 /* "2026-11-21" and a NUL */
#define TIME_SIZE 32 /* "2026-11-21T18:04:05.123456Z" and a NUL */

/* Dates are int32_t days since 1970-01-01 of the proleptic Gregorian
 * calendar; DATE_NONE where there is none.  Years 1970 to 9999. */

/* Parses "YYYY-MM-DD" exactly; impossible dates are refused. */
bool date_parse(struct slice s, int32_t *out);

/* Prints it; the empty string for DATE_NONE and outside of these years. */
void date_format(int32_t date, char out[DATE_SIZE]);

/* DATE_NONE where there is no such day. */
int32_t date_of(int year, int month, int day);
void date_split(int32_t date, int *year, int *month, int *day);

/* 0 is Sunday. */
int date_weekday(int32_t date);

/* Parses RFC 3339 ("Z" or an offset; fraction cut at microseconds) into
 * microseconds since the epoch. */
bool time_parse(struct slice s, int64_t *out_us);

/* RFC 3339 in UTC; milliseconds are printed only where they are not 0.  The
 * empty string outside of these years. */
void time_format(int64_t us, char out[TIME_SIZE]);

#endif
