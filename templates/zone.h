#ifndef TEMPLATES_ZONE_H
#define TEMPLATES_ZONE_H

#include "base/date.h"
#include "base/err.h"
#include "base/slice.h"

/* A time zone: the changes of its offset from 1970 to 2100, from ICU, read
 * once.  Immutable; lives as long as the process. */
struct zone;

/* The zone of an IANA name ("America/Argentina/Buenos_Aires", "UTC").
 * Thread: any.  Fails: RC_INVALID (unknown). */
enum rc zone_open(struct slice name, const struct zone **out,
		  struct err *e) MUST_USE;

/* The same, NULL for an unknown name. */
const struct zone *zone_find(struct slice name);

/* The moment of a local date and minute of the day (0 to 1440, later days
 * too), in microseconds UTC.  Where clocks go forward over it, as many minutes
 * past the change; where it comes twice, the first. */
int64_t zone_to_utc(const struct zone *z, int32_t date, int minute);

/* The local date, and minute of the day, at a moment. */
void zone_local(const struct zone *z, int64_t us, int32_t *date, int *minute);

/* Seconds east of UTC at a moment. */
int32_t zone_offset_s(const struct zone *z, int64_t us);
const char *zone_name(const struct zone *z);

#endif
