#include "mailer/sts_kept.h"

#include <dirent.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#define FILE_MAX (STS_POLICY_MAX + 1024)
#define FILE_MODE 0600
#define BLOCK 4096 /* what the least file takes */

bool
sts_kept_named(struct slice domain)
{
	for (size_t i = 0; i < domain.n; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.",
			   domain.p[i]) == NULL)
			return false;
	return domain.n > 0 && domain.n <= STS_DOMAIN_MAX && domain.p[0] != '.';
}

static const char *
path_of(const char *folder, struct slice domain, struct sbuf *b)
{
	sbuf_init(b, 8192);
	sbuf_addf(b, "%s/%.*s", folder, SLICE_ARG(domain));
	return sbuf_z(b);
}

/* "id X\nfetched N\n\n" and the policy. */
static bool
parse(struct slice file, struct sts_kept *k)
{
	struct slice id = slice_cut(&file, '\n');
	struct slice fetched = slice_cut(&file, '\n');
	struct slice empty = slice_cut(&file, '\n');
	struct err e;

	if (!slice_starts(id, SLICE("id ")) ||
	    !slice_starts(fetched, SLICE("fetched ")) || empty.n != 0)
		return false;
	k->id = slice_skip(id, 3);
	k->text = file;
	return slice_int(slice_skip(fetched, 8), 0, INT64_MAX,
			 &k->fetched_us) &&
	       sts_parse(k->text, &k->policy, &e) == RC_OK;
}

bool
sts_kept_load(const char *folder, struct slice domain, struct arena *a,
	      struct sts_kept *out)
{
	struct sbuf b, path;
	struct err e;
	bool good = false;
	enum rc rc;

	sbuf_init(&b, FILE_MAX);
	rc = file_read(path_of(folder, domain, &path), FILE_MAX, &b, &e);
	if (rc == RC_OK)
		good = parse(arena_dup(a, sbuf_slice(&b)), out);
	if (!good && rc != RC_NOTFOUND)
		LOG(STS_NOT_KEPT, LOG_S("domain", domain),
		    LOG_Z("error", rc == RC_OK ? "damaged" : e.text));
	sbuf_fini(&path);
	sbuf_fini(&b);
	return good;
}

bool
sts_kept_fresh(const struct sts_kept *k, int64_t now_us)
{
	return now_us - k->fetched_us < k->policy.max_age_s * SECOND_US;
}

void
sts_kept_save(const char *folder, struct slice domain, const struct sts_kept *k)
{
	struct sbuf b, path;
	struct err e;

	sbuf_init(&b, FILE_MAX);
	sbuf_addf(&b, "id %.*s\nfetched %lld\n\n", SLICE_ARG(k->id),
		  (long long)k->fetched_us);
	sbuf_add(&b, k->text);
	if (file_write(path_of(folder, domain, &path), sbuf_slice(&b),
		       FILE_MODE, &e) != RC_OK)
		LOG(STS_NOT_KEPT, LOG_S("domain", domain), LOG_ERR(&e));
	sbuf_fini(&path);
	sbuf_fini(&b);
}

void
sts_kept_remove(const char *folder, struct slice domain)
{
	struct sbuf path;

	(void)unlink(path_of(folder, domain, &path));
	sbuf_fini(&path);
}

/* ---- what need not be kept ---- */

struct good {
	struct sts_stale of;
	int64_t bytes;
};

static int
by_age(const void *a, const void *b)
{
	int64_t x = ((const struct good *)a)->of.fetched_us;
	int64_t y = ((const struct good *)b)->of.fetched_us;

	return (x > y) - (x < y);
}

/* Files that are not ours are let be. */
static struct slice *
names(const char *folder, struct arena *a, size_t *n)
{
	DIR *dir = opendir(folder);
	struct slice *list = NULL;
	size_t cap = 0;
	struct dirent *i;

	*n = 0;
	while (dir != NULL && (i = readdir(dir)) != NULL) {
		if (!sts_kept_named(slice_z(i->d_name)))
			continue;
		if (*n == cap) {
			cap = cap > 0 ? 2 * cap : 64;
			list = mem_grow(list, cap * sizeof(*list));
		}
		list[(*n)++] = arena_dup(a, slice_z(i->d_name));
	}
	if (dir != NULL)
		closedir(dir);
	return list;
}

/* Reads one with memory of its own, since there may be many. */
static bool
look(const char *folder, struct slice domain, int64_t now_us, struct good *out)
{
	struct sts_kept k = {.fetched_us = 0};
	struct arena a;
	bool good;

	arena_init(&a, 1 << 20);
	good = sts_kept_load(folder, domain, &a, &k);
	out->of.domain = domain;
	out->of.fetched_us = good ? k.fetched_us : 0;
	out->bytes = good ? (int64_t)(k.text.n / BLOCK + 1) * BLOCK : 0;
	good = good && sts_kept_fresh(&k, now_us);
	arena_fini(&a);
	return good;
}

size_t
sts_kept_stale(const char *folder, int64_t now_us, int64_t max_bytes,
	       struct arena *a, struct sts_stale **out)
{
	size_t n, stale = 0, kept = 0;
	struct slice *domains = names(folder, a, &n);
	struct good *good = mem_alloc((n + 1) * sizeof(*good));
	int64_t bytes = 0;

	*out = ARENA_ARRAY(a, struct sts_stale, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (look(folder, domains[i], now_us, &good[kept]))
			bytes += good[kept++].bytes;
		else
			(*out)[stale++] = good[kept].of;
	}
	qsort(good, kept, sizeof(*good), by_age);
	for (size_t i = 0; i < kept && bytes > max_bytes; i++) {
		bytes -= good[i].bytes;
		(*out)[stale++] = good[i].of;
	}
	free(good);
	free(domains);
	return stale;
}
