#ifndef MAILER_STS_H
#define MAILER_STS_H

#include "mailer/dns.h"

/*
 * MTA-STS: what a recipient's domain says of TLS at its exchangers, and since
 * when.  Ref: RFC 8461.
 */

#define STS_POLICY_MAX (64 * 1024) /* bytes. Ref: RFC 8461 3.3 */
#define STS_ID_MAX 32
#define STS_HOSTS_MAX 64

enum sts_mode { STS_NONE, STS_TESTING, STS_ENFORCE };

struct sts_policy {
	enum sts_mode mode;
	int64_t max_age_s;
	struct slice hosts[STS_HOSTS_MAX]; /* "mx.example", "*.example" */
	size_t hosts_n;
};

/* Reads a policy; the hosts are borrowed from the text.  Fails: RC_INVALID.
 * Ref: RFC 8461 3.2. */
enum rc sts_parse(struct slice text, struct sts_policy *out,
		  struct err *e) MUST_USE;

/* Reads the id of a TXT record.  Fails: RC_NOTFOUND (it is no such record),
 * RC_INVALID (it is, but malformed).  Ref: RFC 8461 3.1. */
enum rc sts_record(struct slice text, struct slice *id, struct err *e) MUST_USE;

/* Whether an exchanger's name is one of the policy's.  Ref: RFC 8461 4.1. */
bool sts_covers(const struct sts_policy *p, struct slice host);

/* The policies that were fetched, a file each, so that they outlive a restart;
 * no more than a few fetches are under way at once. */
struct sts;

struct sts_config {
	struct dns *dns;
	const char *folder;  /* made where it is missing; NULL: none kept */
	const char *ca_file; /* authorities in PEM; NULL: the system's */
	uint16_t port;	     /* of policy hosts; 0: 443 */
	unsigned fetches;    /* at once; 0: 1 */
};

/* Owns: the caller, sts_free().  Fails: RC_IO (the folder). */
enum rc sts_new(const struct sts_config *c, struct sts **out,
		struct err *e) MUST_USE;
void sts_free(struct sts *s);

/* Breaks fetches off, now and later.  Thread: any. */
void sts_stop(struct sts *s);

struct sts_found {
	struct sts_policy policy; /* STS_NONE too where there is none */
	struct slice id;
	const char *told; /* what went wrong on the way to it; NULL: nothing */
};

/* The policy in force for a domain (lower-case A-labels): the one that was
 * kept, while its id is still announced and it is fresh; else a new one, which
 * takes 20 s at most; else, for as long as its max_age lets it, the one that
 * was kept, whatever fails.  Owns: the arena.
 * Fails: RC_AGAIN (others are fetching, and nothing is kept: ask soon).
 * Thread: any. */
enum rc sts_find(struct sts *s, struct slice domain, bool allow_private,
		 struct arena *a, struct sts_found *out,
		 struct err *e) MUST_USE;

/* Removes from the folder what holds no longer, and, above a bound of what all
 * take, the policies that were fetched longest ago: one in use is fetched anew
 * every day.  Once an hour; in between it does nothing.  Thread: always the
 * same one. */
void sts_sweep(struct sts *s);

/* "none", "testing", "enforce". */
const char *sts_mode_name(enum sts_mode mode);

#endif
