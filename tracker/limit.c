/*
 * Each bucket is one number, changed by compare and swap: the moment at which
 * it will be full again (a "virtual scheduling" leaky bucket).  A try moves it
 * on by one interval; a moment further ahead than the burst is a refusal.
 */
#include "tracker/limit.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/ref.h"

#define BUCKETS 65536u

struct limit {
	int64_t interval_us, ahead_us;
	uint64_t seed;
	_Atomic int64_t full_us[BUCKETS];
};

struct limit *
limit_new(unsigned burst, unsigned per_minute)
{
	struct limit *l = MEM_NEW(struct limit);

	l->interval_us = MINUTE_US / per_minute;
	l->ahead_us = l->interval_us * burst;
	random_bytes(&l->seed, sizeof(l->seed));
	return l;
}

void
limit_free(struct limit *l)
{
	free(l);
}

/* NULL for what is not bounded. */
static _Atomic int64_t *
bucket_of(struct limit *l, struct addr a)
{
	static const struct addr none;
	uint64_t h = l->seed;
	size_t n = addr_is_v4(a) ? 16 : 8;

	if (addr_eq(a, none))
		return NULL;
	for (size_t i = 0; i < n; i++)
		h = (h ^ a.b[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 32;
	h *= UINT64_C(0xbf58476d1ce4e5b9);
	return &l->full_us[h >> 32 & (BUCKETS - 1)];
}

int64_t
limit_take(struct limit *l, struct addr a, int64_t now_us)
{
	_Atomic int64_t *b = bucket_of(l, a);
	int64_t old, next;

	if (!b)
		return 0;
	old = atomic_load(b);
	do {
		next = (old > now_us ? old : now_us) + l->interval_us;
		if (next - now_us > l->ahead_us)
			return next - now_us - l->ahead_us;
	} while (!atomic_compare_exchange_weak(b, &old, next));
	return 0;
}
