#include "mailer/pace.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mailer/transport.h"

/* Invariants.
 * 1. A hop gets a second connection once a first batch went well, and so on;
 *    one that did not makes it begin anew.
 * 2. Where a relay fails, or a server finds us too fast, it is one lane that
 *    tries again; the others of the hop wait for what comes of it, for a while
 *    at most: that lane may have nothing left to send. */

#define BUCKETS 1024
/* Trust is worth no longer than this. */
#define PROVED_US HOUR_US
#define REST_MAX_US (15 * MINUTE_US)
/* So that the lane which failed comes first. */
#define REST_MORE_US (10 * SECOND_US)

#define DEFERRALS_MAX 8
#define FIRST_CONNECT_MS 5000
#define FIRST_REPLY_MS 30000

static const int64_t backoff_us[] = {
    MINUTE_US, 5 * MINUTE_US, 15 * MINUTE_US, HOUR_US, 2 * HOUR_US, 4 * HOUR_US,
};

struct paces {
	struct pace *bucket[BUCKETS];
	int64_t swept_us; /* clock_mono */
};

bool
pace_weigh(struct pace_end *end, enum verdict verdict,
	   const struct claim_verdict *v)
{
	if (v->end == CLAIM_ACCEPTED || v->end == CLAIM_FAILED) {
		end->well = true;
		end->deferred = 0;
	} else if (v->code / 100 == 4 && (verdict == VERDICT_RETRY ||
					  verdict == VERDICT_NEXT_EXCHANGER)) {
		end->deferred++;
	}
	return end->deferred >= DEFERRALS_MAX;
}

bool
pace_ours(struct pace *p, bool fault)
{
	return atomic_exchange(&p->ours, fault);
}

bool
pace_is_shared(const struct pace *p)
{
	return strchr(p->key, '/') != NULL;
}

bool
pace_may_ring(const struct pace *p)
{
	return pace_is_shared(p) && !atomic_load(&p->quiet);
}

void
pace_quiet(struct pace *p, bool quiet)
{
	atomic_store(&p->quiet, quiet);
}

int64_t
pace_backoff_us(int failures)
{
	const int steps = sizeof(backoff_us) / sizeof(*backoff_us);

	return backoff_us[failures < steps ? failures : steps - 1];
}

static int
shorter(int ms, int least_ms)
{
	int fourth = ms / 4 > least_ms ? ms / 4 : least_ms;

	return fourth < ms ? fourth : ms;
}

void
pace_first_try(struct target *to)
{
	to->connect_ms = shorter(to->connect_ms, FIRST_CONNECT_MS);
	to->reply_ms = shorter(to->reply_ms, FIRST_REPLY_MS);
}

struct paces *
paces_new(void)
{
	return MEM_NEW(struct paces);
}

void
paces_free(struct paces *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (p->bucket[i] != NULL) {
			struct pace *gone = p->bucket[i];

			p->bucket[i] = gone->next;
			free(gone);
		}
	free(p);
}

struct pace *
pace_find(struct paces *p, const char *key)
{
	uint32_t h = 2166136261u; /* FNV-1a */
	struct pace *i, **head;

	for (const char *c = key; *c != '\0'; c++)
		h = (h ^ (unsigned char)*c) * 16777619u;
	head = &p->bucket[h % BUCKETS];
	for (i = *head; i != NULL && strcmp(i->key, key) != 0;)
		i = i->next;
	if (i != NULL)
		return i;
	i = mem_alloc(sizeof(*i) + strlen(key) + 1);
	memcpy(i->key, key, strlen(key) + 1);
	i->used_us = clock_mono_us();
	i->next = *head;
	*head = i;
	return i;
}

static bool
forgotten(const struct pace *p, int64_t now)
{
	return p->connections == 0 && p->minute_us + MINUTE_US <= now &&
	       p->used_us + (p->proved > 0 || atomic_load(&p->ours)
				 ? PROVED_US
				 : MINUTE_US) <=
		   now &&
	       (p->rest_lane == 0 || p->rest_us <= clock_wall_us());
}

void
paces_sweep(struct paces *p)
{
	int64_t now = clock_mono_us();

	if (now < p->swept_us + SECOND_US)
		return;
	p->swept_us = now;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct pace **at = &p->bucket[i]; *at != NULL;) {
			struct pace *gone = *at;

			if (!forgotten(gone, now)) {
				at = &gone->next;
				continue;
			}
			*at = gone->next;
			free(gone);
		}
}

void
paces_wake(struct paces *p)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct pace *j = p->bucket[i]; j != NULL; j = j->next)
			j->rest_lane = 0;
}

static void
forward(int64_t *again_us, int64_t at_us)
{
	if (at_us < *again_us)
		*again_us = at_us;
}

bool
pace_rests(const struct pace *p, int64_t lane)
{
	return p->rest_lane != 0 && p->rest_lane != lane &&
	       clock_wall_us() < p->rest_us;
}

size_t
pace_allowance(struct pace *p, const struct route_limits *limits, int64_t lane,
	       int64_t *again_us)
{
	int64_t now = clock_mono_us();
	int most = limits->per_connection;

	if (most <= 0 || most > TRANSPORT_BATCH_MAX)
		most = TRANSPORT_BATCH_MAX;
	if (p->minute_us == 0 || now - p->minute_us >= MINUTE_US) {
		p->minute_us = now;
		p->sent = 0;
	}
	if (pace_rests(p, lane)) {
		forward(again_us, p->rest_us);
		return 0;
	}
	if (p->connections > p->proved ||
	    (limits->connections > 0 && p->connections >= limits->connections))
		return 0;
	if (limits->per_minute > 0 && p->sent >= limits->per_minute) {
		forward(again_us,
			clock_wall_us() + p->minute_us + MINUTE_US - now);
		return 0;
	}
	if (limits->per_minute > 0 && most > limits->per_minute - p->sent)
		most = limits->per_minute - p->sent;
	return (size_t)most;
}

enum trust
pace_trust(const struct pace *p, const struct lane *lane)
{
	if (p->failed || lane->failures > 0)
		return TRUST_FAILED;
	if (p->proved == 0 || p->used_us + PROVED_US <= clock_mono_us())
		return TRUST_UNKNOWN;
	return p->slow ? TRUST_SLOW : TRUST_PROVED;
}

void
pace_begin(struct pace *p, size_t n)
{
	p->connections++;
	p->sent += (int)n;
}

void
pace_done(struct pace *p, int64_t lane, const struct pace_end *end)
{
	p->connections--;
	p->used_us = clock_mono_us();
	p->deferred = end->deferred;
	if (end->block_us == 0) {
		if (!end->well)
			return; /* it says nothing of the hop */
		p->failed = false;
		p->slow = end->slow;
		p->proved++;
		p->rest_lane = 0;
		return;
	}
	p->failed = !end->well;
	p->proved = 0;
	p->deferred = 0;
	if (!end->together)
		return;
	p->rest_lane = lane;
	p->rest_us =
	    clock_wall_us() + REST_MORE_US +
	    (end->block_us < REST_MAX_US ? end->block_us : REST_MAX_US);
}
