#include "mailer/sts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fetch.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "mailer/sts_kept.h"

/* Invariants.
 * 1. What is kept is a whole policy that was fetched over validated HTTPS and
 *    understood; only another such one takes its place.
 * 2. While it is fresh, no failure of the DNS or of HTTPS makes it weaker: who
 *    can cause those would else turn it off.
 * 3. A domain is fetched by one thread at a time, and not again for a while
 *    after a failure, however many messages wait for it. */

#define FETCH_MS 20000
#define FETCHES_MAX 64
#define TURN_WAIT_US (2 * SECOND_US) /* while others fetch */
#define REST_US (5 * MINUTE_US)	     /* after a failure. Ref: RFC 8461 3.3 */
#define RESTS_MAX 1024
#define REFRESH_US DAY_US /* Ref: RFC 8461 10.2 */
#define SWEEP_US HOUR_US

struct rest {
	char domain[STS_DOMAIN_MAX + 1];
	int64_t until_us; /* clock_mono */
	char why[160];
};

struct slot {
	char domain[STS_DOMAIN_MAX + 1]; /* being fetched; "": free */
	int64_t since_us;
};

struct sts {
	struct sts_config c;
	char *folder, *ca_file;
	atomic_bool stop;
	int64_t swept_us;  /* clock_mono; sts_sweep()'s thread */
	struct mutex lock; /* of what follows */
	struct slot slots[FETCHES_MAX];
	struct rest *rests; /* a ring: the oldest is forgotten first */
	size_t rests_at;
};

/* One sts_find(). */
struct find {
	struct sts *s;
	struct slice domain;
	bool allow_private;
	struct arena *a;
};

enum rc
sts_new(const struct sts_config *c, struct sts **out, struct err *e)
{
	struct sts *s;

	if (c->folder != NULL && dir_make(c->folder, 0700, e) != RC_OK)
		return e->rc;
	s = MEM_NEW(struct sts);
	mutex_init(&s->lock, "sts");
	s->c = *c;
	s->folder = c->folder != NULL ? mem_z(slice_z(c->folder)) : NULL;
	s->ca_file = c->ca_file != NULL ? mem_z(slice_z(c->ca_file)) : NULL;
	s->rests = mem_alloc(RESTS_MAX * sizeof(*s->rests));
	if (s->c.fetches < 1 || s->c.fetches > FETCHES_MAX)
		s->c.fetches = s->c.fetches < 1 ? 1 : FETCHES_MAX;
	if (s->c.port == 0)
		s->c.port = 443;
	*out = s;
	return RC_OK;
}

void
sts_free(struct sts *s)
{
	if (s == NULL)
		return;
	mutex_fini(&s->lock);
	free(s->rests);
	free(s->folder);
	free(s->ca_file);
	free(s);
}

void
sts_stop(struct sts *s)
{
	if (s != NULL)
		atomic_store(&s->stop, true);
}

/* ---- what is kept ---- */

static bool
load(const struct find *f, struct sts_kept *k)
{
	return f->s->folder != NULL &&
	       sts_kept_load(f->s->folder, f->domain, f->a, k) &&
	       sts_kept_fresh(k, clock_wall_us());
}

static void
store(const struct find *f, const struct sts_kept *k)
{
	if (f->s->folder != NULL)
		sts_kept_save(f->s->folder, f->domain, k);
}

/* ---- one fetch at a time, and rests ---- */

enum turn { TURN_OURS, TURN_BUSY, TURN_REST };

/* The lock is held. */
static struct slot *
slot_of(struct sts *s, const char *domain)
{
	for (size_t i = 0; i < s->c.fetches; i++)
		if (strcmp(s->slots[i].domain, domain) == 0)
			return &s->slots[i];
	return NULL;
}

/* Until when it is worth waiting for those who fetch now: who has taken longer
 * already takes long.  The lock is held. */
static int64_t
worth_waiting(const struct sts *s)
{
	int64_t latest = 0;

	for (size_t i = 0; i < s->c.fetches; i++)
		if (s->slots[i].domain[0] != '\0' &&
		    s->slots[i].since_us > latest)
			latest = s->slots[i].since_us;
	return latest + TURN_WAIT_US;
}

/* The lock is held. */
static const struct rest *
resting(const struct sts *s, const char *domain)
{
	int64_t now = clock_mono_us();

	for (size_t i = 0; i < RESTS_MAX; i++)
		if (s->rests[i].until_us > now &&
		    strcmp(s->rests[i].domain, domain) == 0)
			return &s->rests[i];
	return NULL;
}

static enum turn
take_turn(const struct find *f, const char **why, int64_t *until_us)
{
	const char *domain = arena_z(f->a, f->domain);
	enum turn turn = TURN_BUSY;
	const struct rest *rest;
	struct slot *slot;

	mutex_lock(&f->s->lock);
	rest = resting(f->s, domain);
	if (rest != NULL) {
		*why = arena_z(f->a, slice_z(rest->why));
		turn = TURN_REST;
	} else if (slot_of(f->s, domain) == NULL &&
		   (slot = slot_of(f->s, "")) != NULL) {
		snprintf(slot->domain, sizeof(slot->domain), "%s", domain);
		slot->since_us = clock_mono_us();
		turn = TURN_OURS;
	}
	*until_us = worth_waiting(f->s);
	mutex_unlock(&f->s->lock);
	return turn;
}

static void
end_turn(const struct find *f, enum rc rc, const struct err *e)
{
	struct sts *s = f->s;

	mutex_lock(&s->lock);
	slot_of(s, arena_z(f->a, f->domain))->domain[0] = '\0';
	if (rc != RC_OK) {
		struct rest *r = &s->rests[s->rests_at++ % RESTS_MAX];

		snprintf(r->domain, sizeof(r->domain), "%.*s",
			 SLICE_ARG(f->domain));
		snprintf(r->why, sizeof(r->why), "%.150s", e->text);
		r->until_us = clock_mono_us() + REST_US;
	}
	mutex_unlock(&s->lock);
}

/* ---- fetching ---- */

static void
add_address(struct sbuf *b, const struct sockaddr_storage *ss)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const void *)ss;

		inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof(text));
		sbuf_addf(b, "[%s]", text);
	} else {
		const struct sockaddr_in *in = (const void *)ss;

		inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
		sbuf_add_z(b, text);
	}
}

/* "host:port:address,address" of the policy host. */
static enum rc
locate(const struct find *f, const char *host, const char **out, struct err *e)
{
	struct sockaddr_storage *list;
	struct sbuf b;
	size_t n;
	enum rc rc = dns_addresses(f->s->c.dns, host, f->a, &list, &n, e);

	if (rc != RC_OK)
		return rc;
	sbuf_init(&b, 4096);
	sbuf_addf(&b, "%s:%u:", host, f->s->c.port);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			sbuf_add_c(&b, ',');
		add_address(&b, &list[i]);
	}
	*out = arena_z(f->a, sbuf_slice(&b));
	sbuf_fini(&b);
	return RC_OK;
}

/* Ref: RFC 8461 3.2: "text/plain", whatever its parameters. */
static bool
is_plain_text(const char *type)
{
	struct slice rest = slice_z(type);

	return slice_ieq(slice_trim(slice_cut(&rest, ';')),
			 SLICE("text/plain"));
}

static enum rc
download(const struct find *f, struct sbuf *text, struct err *e)
{
	const char *host =
	    arena_printf(f->a, "mta-sts.%.*s", SLICE_ARG(f->domain));
	const char *port =
	    f->s->c.port == 443 ? "" : arena_printf(f->a, ":%u", f->s->c.port);
	struct fetch get = {
	    .method = "GET",
	    .url = arena_printf(f->a, "https://%s%s/.well-known/mta-sts.txt",
				host, port),
	    .timeout_ms = FETCH_MS,
	    .ca_file = f->s->ca_file,
	    .stop = &f->s->stop,
	    .allow_private = f->allow_private,
	    .answer = text};
	enum rc rc = locate(f, host, &get.at, e);

	if (rc == RC_OK)
		rc = fetch_run(&get, e);
	if (rc == RC_OK && get.status != 200)
		rc = err_set(e, RC_INVALID, "%s answers %d", host, get.status);
	if (rc == RC_OK && !is_plain_text(get.type))
		rc = err_set(e, RC_INVALID, "%s gives no text/plain but %s",
			     host, get.type);
	return rc;
}

static enum rc
fetch(const struct find *f, struct slice id, struct sts_kept *k, struct err *e)
{
	struct sbuf text;
	enum rc rc;

	sbuf_init(&text, STS_POLICY_MAX);
	rc = download(f, &text, e);
	if (rc == RC_OK) {
		k->id = id;
		k->text = arena_dup(f->a, sbuf_slice(&text));
		k->fetched_us = clock_wall_us();
		rc = sts_parse(k->text, &k->policy, e);
	}
	sbuf_fini(&text);
	if (rc == RC_OK)
		store(f, k);
	else
		(void)err_add(e, "MTA-STS policy of %.*s",
			      SLICE_ARG(f->domain));
	return rc;
}

/* ---- finding ---- */

/* The id that the domain announces.  Other than one record is as good as none.
 * Ref: RFC 8461 3.1. */
static enum rc
announced(const struct find *f, struct slice *id, struct err *e)
{
	struct slice *texts, one;
	size_t n, found = 0;
	enum rc rc =
	    dns_texts(f->s->c.dns,
		      arena_printf(f->a, "_mta-sts.%.*s", SLICE_ARG(f->domain)),
		      f->a, &texts, &n, e);
	bool bad = false;

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		enum rc is = sts_record(texts[i], &one, e);

		if (is == RC_NOTFOUND)
			continue;
		bad |= is != RC_OK;
		found++;
		*id = one;
	}
	if (rc == RC_OK && found == 0)
		return err_set(e, RC_NOTFOUND, "no MTA-STS record");
	if (rc == RC_OK && (found > 1 || bad))
		return err_set(e, RC_INVALID,
			       "MTA-STS record of %.*s is malformed, or not "
			       "the only one",
			       SLICE_ARG(f->domain));
	return rc;
}

static bool
due(const struct sts_kept *k, struct slice id)
{
	int64_t age = clock_wall_us() - k->fetched_us;

	return !slice_eq(k->id, id) || age > REFRESH_US ||
	       age > k->policy.max_age_s * SECOND_US / 2;
}

/* Others fetch for a moment only, as a rule; it may be our policy. */
static enum turn
wait_turn(const struct find *f, bool *waited, const char **why)
{
	const struct timespec pause = {0, 10 * 1000000L};
	int64_t until_us;
	enum turn turn;

	*waited = false;
	while ((turn = take_turn(f, why, &until_us)) == TURN_BUSY &&
	       clock_mono_us() < until_us && !atomic_load(&f->s->stop)) {
		nanosleep(&pause, NULL);
		*waited = true;
	}
	return turn;
}

/* A new policy in k.  Fails: RC_AGAIN (not our turn); others: none came. */
static enum rc
renew(const struct find *f, struct slice id, struct sts_kept *k, struct err *e)
{
	const char *why = "";
	enum rc rc = RC_OK;
	bool waited;

	switch (wait_turn(f, &waited, &why)) {
	case TURN_BUSY:
		return err_set(e, RC_AGAIN,
			       "the MTA-STS policy of %.*s is being fetched",
			       SLICE_ARG(f->domain));
	case TURN_REST:
		return err_set(e, RC_IO, "%s", why);
	case TURN_OURS:
		if (!waited || !load(f, k) || due(k, id))
			rc = fetch(f, id, k, e);
		break;
	}
	end_turn(f, rc, e);
	if (rc == RC_OK)
		return RC_OK;
	LOG(STS_FAILED, LOG_S("domain", f->domain), LOG_ERR(e));
	return RC_IO;
}

enum rc
sts_find(struct sts *s, struct slice domain, bool allow_private,
	 struct arena *a, struct sts_found *out, struct err *e)
{
	struct find f = {s, domain, allow_private, a};
	struct sts_kept kept, fresh, *use = NULL;
	struct slice id = {NULL, 0};
	struct err why;
	enum rc rc;

	memset(out, 0, sizeof(*out));
	if (!sts_kept_named(domain))
		return RC_OK;
	if (load(&f, &kept))
		use = &kept;
	rc = announced(&f, &id, &why);
	if (rc == RC_OK && (use == NULL || due(use, id))) {
		rc = renew(&f, id, &fresh, &why);
		if (rc == RC_OK)
			use = &fresh;
		else if (rc == RC_AGAIN && use == NULL)
			return err_set(e, rc, "%s", why.text);
	}
	/* Having no policy is no fault; having had one is. */
	if (rc != RC_OK && (rc != RC_NOTFOUND || use != NULL))
		out->told = arena_z(a, slice_z(why.text));
	if (use != NULL) {
		out->policy = use->policy;
		out->id = use->id;
	}
	return RC_OK;
}

/* ---- sweeping ---- */

/* In its turn, since a fetch may have renewed it meanwhile. */
static void
remove_stale(struct sts *s, const struct sts_stale *x)
{
	struct arena a;
	struct find f = {s, x->domain, false, &a};
	struct sts_kept now;
	const char *why;
	int64_t until_us;

	arena_init(&a, 1 << 20);
	if (take_turn(&f, &why, &until_us) == TURN_OURS) {
		if (!sts_kept_load(s->folder, x->domain, &a, &now) ||
		    now.fetched_us == x->fetched_us)
			sts_kept_remove(s->folder, x->domain);
		end_turn(&f, RC_OK, NULL);
	}
	arena_fini(&a);
}

void
sts_sweep(struct sts *s)
{
	int64_t now = clock_mono_us();
	struct sts_stale *list;
	struct arena a;
	size_t n;

	if (s == NULL || s->folder == NULL ||
	    (s->swept_us != 0 && now - s->swept_us < SWEEP_US))
		return;
	s->swept_us = now;
	arena_init(&a, 256u << 20);
	n = sts_kept_stale(s->folder, clock_wall_us(), STS_KEPT_MAX, &a, &list);
	for (size_t i = 0; i < n && !atomic_load(&s->stop); i++)
		remove_stale(s, &list[i]);
	arena_fini(&a);
}
