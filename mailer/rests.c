#include "mailer/rests.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"

#define BUCKETS 256

struct entry {
	struct entry *next;
	struct rest rest;
	char hop[];
};

struct rests {
	struct mutex lock;
	struct entry *bucket[BUCKETS];
	int64_t swept_us; /* clock_wall */
};

struct rests *
rests_new(void)
{
	struct rests *r = MEM_NEW(struct rests);

	mutex_init(&r->lock, "rests");
	return r;
}

void
rests_free(struct rests *r)
{
	if (r == NULL)
		return;
	rests_clear(r);
	mutex_fini(&r->lock);
	free(r);
}

/* Where a hop is, or would be. */
static struct entry **
place_of(struct rests *r, const char *hop)
{
	uint32_t h = 2166136261u; /* FNV-1a */
	struct entry **at;

	for (const char *c = hop; *c != '\0'; c++)
		h = (h ^ (unsigned char)*c) * 16777619u;
	at = &r->bucket[h % BUCKETS];
	while (*at != NULL && strcmp((*at)->hop, hop) != 0)
		at = &(*at)->next;
	return at;
}

static void
drop(struct entry **at)
{
	struct entry *gone = *at;

	*at = gone->next;
	free(gone);
}

/* Those that nobody tried again; once a minute at most. */
static void
forget_old(struct rests *r)
{
	int64_t now = clock_wall_us();

	if (now < r->swept_us + MINUTE_US)
		return;
	r->swept_us = now;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct entry **at = &r->bucket[i]; *at != NULL;) {
			if ((*at)->rest.until_us <= now)
				drop(at);
			else
				at = &(*at)->next;
		}
}

void
rests_set(struct rests *r, const char *hop, struct rest as)
{
	struct entry **at;

	mutex_lock(&r->lock);
	forget_old(r);
	at = place_of(r, hop);
	if (as.lane == 0) {
		if (*at != NULL)
			drop(at);
	} else {
		if (*at == NULL) {
			*at = mem_alloc(sizeof(**at) + strlen(hop) + 1);
			(*at)->next = NULL;
			memcpy((*at)->hop, hop, strlen(hop) + 1);
		}
		(*at)->rest = as;
	}
	mutex_unlock(&r->lock);
}

void
rests_clear(struct rests *r)
{
	mutex_lock(&r->lock);
	for (size_t i = 0; i < BUCKETS; i++)
		while (r->bucket[i] != NULL)
			drop(&r->bucket[i]);
	mutex_unlock(&r->lock);
}

bool
rests_find(struct rests *r, const char *hop, int64_t lane, int64_t now_us,
	   struct rest *out)
{
	struct entry **at;
	bool found;

	mutex_lock(&r->lock);
	at = place_of(r, hop);
	found = *at != NULL && (*at)->rest.lane != lane &&
		now_us < (*at)->rest.until_us;
	if (found)
		*out = (*at)->rest;
	mutex_unlock(&r->lock);
	return found;
}
