#ifndef MAILER_STS_KEPT_H
#define MAILER_STS_KEPT_H

#include "mailer/sts.h"

/* MTA-STS policies in a folder, a file each under its domain's name. */

#define STS_DOMAIN_MAX 244	/* "_mta-sts." in front is 253 */
#define STS_KEPT_MAX (64 << 20) /* bytes on disk of all */

struct sts_kept {
	struct slice id, text; /* the policy as it came */
	struct sts_policy policy;
	int64_t fetched_us;
};

/* Whether a domain's name can be a file's. */
bool sts_kept_named(struct slice domain);

/* Reads a domain's; false: there is none, or (logged) it cannot be read.
 * Owns: the arena. */
bool sts_kept_load(const char *folder, struct slice domain, struct arena *a,
		   struct sts_kept *out);

/* Whether it holds still.  Ref: RFC 8461 3.2, max_age. */
bool sts_kept_fresh(const struct sts_kept *k, int64_t now_us);

/* Writes it in place of another; a failure is logged. */
void sts_kept_save(const char *folder, struct slice domain,
		   const struct sts_kept *k);
void sts_kept_remove(const char *folder, struct slice domain);

/* One that need not be kept. */
struct sts_stale {
	struct slice domain;
	int64_t fetched_us; /* 0: it cannot be read */
};

/* Those that hold no longer or cannot be read, and, as long as the others take
 * more than max_bytes of disk, the ones of them fetched longest ago.  Gives
 * their count.  Owns: the arena. */
size_t sts_kept_stale(const char *folder, int64_t now_us, int64_t max_bytes,
		      struct arena *a, struct sts_stale **out);

#endif
