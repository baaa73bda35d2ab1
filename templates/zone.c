#include "templates/zone.h"

#include <stdatomic.h>
#include <unicode/ucal.h>

#include "base/clock.h"
#include "base/mem.h"

/*
 * Invariants
 * 1. offset_s[i] holds from change_us[i - 1] (the beginning for i 0) until
 *    change_us[i]; there is one more of them than of changes.
 * 2. table is written by compare-and-swap alone, and only from NULL: a zone
 *    that was once found there stays.  IANA has some 600 names, so it never
 *    fills.
 */
#define NAME_MAX_BYTES 64
#define TABLE_SIZE 2048
#define FIRST_MS 0.0
#define LAST_MS (130 * 366 * 86400000.0)

struct zone {
	char name[NAME_MAX_BYTES];
	size_t n;
	int64_t *change_us;
	int32_t *offset_s;
};

static _Atomic(struct zone *) table[TABLE_SIZE];

static size_t
slot_of(struct slice name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)name.p[i]) * 16777619u;
	return h % TABLE_SIZE;
}

static bool
name_to_utf16(struct slice name, UChar out[NAME_MAX_BYTES])
{
	if (name.n == 0 || name.n >= NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] <= ' ' || name.p[i] > '~')
			return false;
		out[i] = (UChar)name.p[i];
	}
	out[name.n] = 0;
	return true;
}

/* ICU also takes "GMT+05:00" and makes GMT of what it does not know. */
static bool
is_system_zone(const UChar *name)
{
	UChar canonical[NAME_MAX_BYTES * 2];
	UBool system = false;
	UErrorCode st = U_ZERO_ERROR;

	ucal_getCanonicalTimeZoneID(name, -1, canonical, NAME_MAX_BYTES * 2,
				    &system, &st);
	return U_SUCCESS(st) && system;
}

static int32_t
offset_at(UCalendar *cal, UDate ms, UErrorCode *st)
{
	ucal_setMillis(cal, ms, st);
	return (ucal_get(cal, UCAL_ZONE_OFFSET, st) +
		ucal_get(cal, UCAL_DST_OFFSET, st)) /
	       1000;
}

static void
add_change(struct zone *z, int64_t us, int32_t offset_s)
{
	if (z->offset_s[z->n] == offset_s)
		return;
	if ((z->n & (z->n + 1)) == 0) {
		size_t cap = 2 * z->n + 1;

		z->change_us = mem_grow(z->change_us, cap * sizeof(int64_t));
		z->offset_s =
		    mem_grow(z->offset_s, (cap + 1) * sizeof(int32_t));
	}
	z->change_us[z->n++] = us;
	z->offset_s[z->n] = offset_s;
}

static void
free_zone(struct zone *z)
{
	if (!z)
		return;
	free(z->change_us);
	free(z->offset_s);
	free(z);
}

static struct zone *
read_zone(struct slice name)
{
	UErrorCode st = U_ZERO_ERROR;
	UChar id[NAME_MAX_BYTES];
	UDate at = FIRST_MS;
	UCalendar *cal;
	struct zone *z;

	if (!name_to_utf16(name, id) || !is_system_zone(id))
		return NULL;
	cal = ucal_open(id, -1, "en", UCAL_GREGORIAN, &st);
	if (U_FAILURE(st))
		return NULL;
	z = MEM_NEW(struct zone);
	memcpy(z->name, name.p, name.n);
	z->offset_s = mem_alloc(sizeof(int32_t));
	z->offset_s[0] = offset_at(cal, at, &st);
	ucal_setMillis(cal, at, &st);
	while (ucal_getTimeZoneTransitionDate(cal, UCAL_TZ_TRANSITION_NEXT, &at,
					      &st) &&
	       U_SUCCESS(st) && at < LAST_MS)
		add_change(z, (int64_t)at * 1000, offset_at(cal, at, &st));
	ucal_close(cal);
	if (U_SUCCESS(st))
		return z;
	free_zone(z);
	return NULL;
}

static const struct zone *
publish(struct zone *z, size_t slot)
{
	struct slice name = slice_z(z->name);

	for (size_t i = 0; i < TABLE_SIZE; i++) {
		size_t s = (slot + i) % TABLE_SIZE;
		struct zone *there = NULL;

		if (atomic_compare_exchange_strong(&table[s], &there, z))
			return z;
		if (slice_eq_z(name, there->name)) {
			free_zone(z);
			return there;
		}
	}
	die("zone: table is full");
}

const struct zone *
zone_find(struct slice name)
{
	size_t slot = slot_of(name);
	struct zone *z;

	for (size_t i = 0; i < TABLE_SIZE; i++) {
		z = atomic_load(&table[(slot + i) % TABLE_SIZE]);
		if (!z)
			break;
		if (slice_eq_z(name, z->name))
			return z;
	}
	z = read_zone(name);
	return z ? publish(z, slot) : NULL;
}

enum rc
zone_open(struct slice name, const struct zone **out, struct err *e)
{
	*out = zone_find(name);
	if (*out)
		return RC_OK;
	return err_set(e, RC_INVALID, "unknown time zone '%.*s'",
		       name.n > 64 ? 64 : (int)name.n, name.p ? name.p : "");
}

int32_t
zone_offset_s(const struct zone *z, int64_t us)
{
	size_t lo = 0, hi = z->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (z->change_us[mid] <= us)
			lo = mid + 1;
		else
			hi = mid;
	}
	return z->offset_s[lo];
}

int64_t
zone_to_utc(const struct zone *z, int32_t date, int minute)
{
	int64_t local = date * DAY_US + minute * MINUTE_US;
	int32_t before = zone_offset_s(z, local - DAY_US);
	int32_t after = zone_offset_s(z, local + DAY_US);
	int64_t first = local - before * SECOND_US;
	int64_t second = local - after * SECOND_US;

	if (before == after || zone_offset_s(z, first) == before)
		return first;
	/* Neither is true inside a gap: the old offset then leads as far past
	 * the change as the clock would have gone. */
	return zone_offset_s(z, second) == after ? second : first;
}

void
zone_local(const struct zone *z, int64_t us, int32_t *date, int *minute)
{
	int64_t local = us + zone_offset_s(z, us) * SECOND_US;
	int64_t day = local / DAY_US - (local % DAY_US < 0);

	*date = (int32_t)day;
	*minute = (int)((local - day * DAY_US) / MINUTE_US);
}

const char *
zone_name(const struct zone *z)
{
	return z->name;
}
