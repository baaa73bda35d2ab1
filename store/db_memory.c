/*
 * 1. A piece has its class in front of it: its size in units, or 0, for one too
 *    large to be kept, and its size in bytes.
 * 2. Lists are their thread's alone, and end with it.  A piece is kept by who
 *    frees it, whoever took it.
 */
#include "store/db_private.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define UNIT 64
/* The largest: a page of 4,096 bytes and what goes with it. */
#define CLASSES 80
/* Bytes a thread; none where what is used after it was freed must be seen. */
#if defined(__SANITIZE_ADDRESS__)
#define KEPT_MAX ((size_t)0)
#else
#define KEPT_MAX ((size_t)256 << 10)
#endif

struct piece {
	uint32_t units, bytes; /* before what SQLite has */
	struct piece *next;
};

#define HEAD offsetof(struct piece, next)

struct kept {
	struct piece *first[CLASSES];
	size_t bytes;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static _Thread_local struct kept *mine;

static void
kept_free(void *p)
{
	struct kept *k = p;

	mine = NULL;
	for (size_t i = 0; i < CLASSES; i++) {
		while (k->first[i]) {
			struct piece *next = k->first[i]->next;

			free(k->first[i]);
			k->first[i] = next;
		}
	}
	free(k);
}

static void
make_key(void)
{
	if (pthread_key_create(&key, kept_free))
		die("making a thread key for SQLite's memory");
}

static struct kept *
kept(void)
{
	if (mine == NULL) {
		(void)pthread_once(&once, make_key);
		mine = MEM_NEW(struct kept);
		if (pthread_setspecific(key, mine))
			die("out of memory for SQLite");
	}
	return mine;
}

static struct piece *
piece_of(void *p)
{
	return (struct piece *)(void *)((char *)p - HEAD);
}

/* ---- what SQLite calls ---- */

static void *
take(int n)
{
	size_t units = ((size_t)n + HEAD + UNIT - 1) / UNIT;
	struct kept *k = kept();
	struct piece *p;

	if (units < CLASSES && k->first[units]) {
		p = k->first[units];
		k->first[units] = p->next;
		k->bytes -= units * UNIT;
		return &p->next;
	}
	p = mem_grow(NULL, units * UNIT);
	p->units = units < CLASSES ? (uint32_t)units : 0;
	p->bytes = (uint32_t)(units * UNIT - HEAD);
	return &p->next;
}

static void
give(void *at)
{
	struct piece *p = piece_of(at);
	struct kept *k = kept();

	if (p->units == 0 || k->bytes + p->units * UNIT > KEPT_MAX) {
		free(p);
		return;
	}
	p->next = k->first[p->units];
	k->first[p->units] = p;
	k->bytes += p->units * UNIT;
}

static int
size(void *at)
{
	return (int)piece_of(at)->bytes;
}

static void *
take_more(void *at, int n)
{
	int had = size(at);
	void *to;

	if (n <= had && n > had / 2)
		return at;
	to = take(n);
	memcpy(to, at, (size_t)(n < had ? n : had));
	give(at);
	return to;
}

static int
round_up(int n)
{
	return (int)(((size_t)n + HEAD + UNIT - 1) / UNIT * UNIT - HEAD);
}

static int
begin(void *arg)
{
	(void)arg;
	return SQLITE_OK;
}

static void
end(void *arg)
{
	(void)arg;
}

void
db_memory_set_up(void)
{
	static const sqlite3_mem_methods methods = {
	    .xMalloc = take,
	    .xFree = give,
	    .xRealloc = take_more,
	    .xSize = size,
	    .xRoundup = round_up,
	    .xInit = begin,
	    .xShutdown = end,
	};

	(void)sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}
