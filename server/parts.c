#include "server/parts.h"

#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "queue/claims.h"
#include "queue/clock_watch.h"
#include "server/brands.h"
#include "server/listeners.h"
#include "server/settings.h"
#include "server/standby.h"
#include "store/meta.h"

/* Invariants.
 * 1. Parts start in the order of the table at the end and stop in the reverse
 *    one; a part that did not start is not stopped.
 * 2. Nothing is claimed before the claims of earlier instances are resolved. */

#define WRITER_QUEUE 4096
#define PHASE_SLOTS 4096
#define JOB_THREADS 2
#define JOB_QUEUE 4096 /* a lane; bounded by what is done in time */
#define GRACE_MS 5000
#define HIT_WAIT_MS 1000

enum part_use {
	USE_SERVE = 1,
	USE_QUIET = 2,
	USE_REDIRECT = 4,
	USE_LIMITED = 8,
	USE_LINKS = USE_SERVE | USE_REDIRECT | USE_LIMITED,
	USE_ALL = 15
};

static enum rc
path_of(struct server *s, const char *name, char out[STATE_PATH_MAX],
	struct err *e)
{
	return state_path(s->o->state, name, out, e);
}

enum log_level
parts_log_level(const char *name)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};

	for (int i = 0; i < 4; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum log_level)i;
	return LOG_INFO;
}

static enum rc
start_conf(struct server *s, struct err *e)
{
	enum rc rc = settings_load(s->o->config, &s->conf, e);

	if (rc != RC_OK)
		return rc;
	log_init(STDERR_FILENO,
		 s->o->quiet ? LOG_WARN : parts_log_level(s->conf->log_level));
	s->queue.conf = conf_box_new(conf_ref(s->conf));
	return RC_OK;
}

static void
stop_conf(struct server *s)
{
	conf_box_free(s->queue.conf);
	conf_unref(s->conf);
}

static enum rc
start_state(struct server *s, struct err *e)
{
	char path[STATE_PATH_MAX];
	enum rc rc;

	if (access(s->o->state, X_OK) != 0)
		return err_set(e, RC_NOTFOUND,
			       "there is no state directory %s; acuse init "
			       "makes it",
			       s->o->state);
	rc = path_of(s, STATE_DATABASE, s->db_path, e);
	if (rc == RC_OK && (s->o->redirect || s->o->limited))
		return RC_OK; /* beside another one that serves */
	if (rc == RC_OK)
		rc = path_of(s, STATE_LOCK, path, e);
	if (rc == RC_OK)
		rc = lock_take(path, &s->lock, e);
	if (rc == RC_STATE)
		return err_add(e, "another acuse works on %s", s->o->state);
	return rc;
}

static void
stop_state(struct server *s)
{
	if (s->lock >= 0)
		close(s->lock);
}

static enum rc
start_clock(struct server *s, struct err *e)
{
	char path[STATE_PATH_MAX];
	int64_t start, speed;
	enum rc rc;

	if (s->o->clock == NULL)
		return RC_OK;
	rc = fast_clock_parse(s->o->clock, &start, &speed, e);
	if (rc == RC_OK)
		rc = path_of(s, STATE_DEMO, path, e);
	if (rc == RC_OK && access(path, F_OK) != 0)
		rc = err_set(e, RC_DENIED,
			     "--clock is refused: %s was not made for a demo "
			     "(acuse init --demo)",
			     s->o->state);
	if (rc == RC_OK)
		rc = path_of(s, STATE_CLOCK, path, e);
	return rc == RC_OK ? clock_share(path, start, speed, e) : rc;
}

static enum rc
start_materials(struct server *s, struct err *e)
{
	struct materials *m;
	struct keyring *keys;
	size_t broken;
	enum rc rc = keyring_load_whole(s->o->state, &keys, &broken, e);

	if (rc != RC_OK)
		return rc;
	/* links by the others lead on */
	if (broken > 0)
		LOG(KEYS_REFUSED, LOG_I("files", broken), LOG_ERR(e));
	s->keys = keys_box_new(keys);
	if (s->o->redirect || s->o->limited)
		return RC_OK;
	rc = materials_load(s->conf, s->o->state, &m, e);
	if (rc != RC_OK)
		return err_config(e);
	s->materials = materials_box_new(m);
	return RC_OK;
}

static void
stop_materials(struct server *s)
{
	materials_box_free(s->materials);
	keys_box_free(s->keys);
}

struct start_op {
	struct write_op op;
	struct queue *q;
	const struct conf *conf;
	size_t uncertain, requeued;
};

/* A new instance: its number, then what earlier ones left unresolved. */
static enum rc
run_start(struct write_op *op, struct db *db, struct err *e)
{
	struct start_op *x = (struct start_op *)op;
	int64_t n = 0;
	enum rc rc = meta_get_int(db, "instance", &n, e);

	if (rc != RC_OK && rc != RC_NOTFOUND)
		return rc;
	x->q->instance = n + 1;
	rc = meta_set_int(db, "instance", n + 1, e);
	if (rc == RC_OK)
		rc = brands_keep(db, x->conf, e);
	if (rc == RC_OK)
		rc = claims_recover(x->q, db, &x->uncertain, &x->requeued, e);
	if (rc == RC_OK)
		rc = clock_watch_begin(x->q, db, clock_wall_us(), e);
	return rc;
}

static enum rc
start_queue(struct server *s, struct err *e)
{
	struct start_op x = {
	    .op = {.run = run_start}, .q = &s->queue, .conf = s->conf};
	char path[STATE_PATH_MAX];
	enum rc rc;

	bell_init(&s->queue.plan);
	bell_init(&s->queue.mail);
	s->rests = rests_new();
	rc = state_suppression_key(s->o->state, s->queue.secret, e);
	if (rc == RC_OK)
		rc =
		    writer_start(s->db_path, WRITER_QUEUE, &s->queue.writer, e);
	if (rc == RC_OK) {
		writer_on_commit(s->queue.writer, queue_committed, &s->queue);
		rc = path_of(s, STATE_PHASES, path, e);
	}
	if (rc == RC_OK)
		rc = phases_open(path, PHASE_SLOTS, &s->queue.phases, e);
	if (rc == RC_OK)
		rc = writer_do(s->queue.writer, &x.op, e);
	if (rc != RC_OK)
		return rc;
	phases_forget(s->queue.phases, s->queue.instance);
	if (x.uncertain + x.requeued > 0)
		LOG(CLAIMS_RESOLVED, LOG_I("uncertain", x.uncertain),
		    LOG_I("requeued", x.requeued));
	return RC_OK;
}

static void
stop_queue(struct server *s)
{
	if (s->queue.writer != NULL)
		writer_stop(s->queue.writer);
	phases_close(s->queue.phases);
	rests_free(s->rests);
	bell_fini(&s->queue.plan);
	bell_fini(&s->queue.mail);
}

static enum rc
start_jobs(struct server *s, struct err *e)
{
	(void)e;
	s->jobs = jobs_new(JOB_THREADS, JOB_QUEUE);
	return RC_OK;
}

static void
stop_jobs(struct server *s)
{
	if (s->jobs != NULL)
		jobs_free(s->jobs);
}

static enum rc
start_hits(struct server *s, struct err *e)
{
	char path[STATE_PATH_MAX];
	struct journal_config c = {.dir = path,
				   .total_bytes = s->conf->hit_journal};
	int timeout_ms = s->conf->public.request_timeout_ms;
	enum rc rc = path_of(s, STATE_HITS, path, e);

	/* who waits for a disk that is late is answered in time */
	c.patience_ms =
	    timeout_ms / 2 < HIT_WAIT_MS ? timeout_ms / 2 : HIT_WAIT_MS;

	if (rc == RC_OK)
		rc = journal_open(&c, &s->journal, e);
	if (rc == RC_OK)
		rc = hits_new(s->keys, s->queue.conf, s->journal,
			      (unsigned)s->conf->http_threads, &s->hits, e);
	return rc;
}

static enum rc
start_drain(struct server *s, struct err *e)
{
	char path[STATE_PATH_MAX];
	struct drain_sink sink;
	enum rc rc = path_of(s, STATE_HITS, path, e);

	if (rc == RC_OK)
		rc = hit_sink_new(&s->queue, s->db_path, &s->sink, e);
	if (rc != RC_OK)
		return rc;
	sink = hit_sink_drain(s->sink);
	return drain_start(path, &sink, &s->drain, e);
}

static void
stop_drain(struct server *s)
{
	if (s->drain != NULL)
		drain_stop(s->drain, GRACE_MS);
	hit_sink_free(s->sink);
}

static void
hits_look(void *owner, struct hit_health *out)
{
	const struct server *s = owner;
	struct hits_stats hits;
	struct drain_stats drain;

	hits_stats(s->hits, &hits);
	drain_stats(s->drain, &drain);
	*out = (struct hit_health){
	    /* those of a redirect role show when they are moved */
	    .kept = hits.opens + hits.clicks + hits.views + hits.visits -
		    hits.lost + drain.hits,
	    .lost = hits.lost_ever,
	    .moved = drain.hits - drain.aside,
	    .refused = drain.aside,
	    .stalled = drain.stalled,
	    .late = hits.late,
	};
}

static enum rc
start_alarms(struct server *s, struct err *e)
{
	struct hit_alarms_config c = {
	    .writer = s->queue.writer, .look = hits_look, .owner = s};

	return hit_alarms_start(&c, &s->alarms, e);
}

static void
stop_alarms(struct server *s)
{
	hit_alarms_stop(s->alarms);
}

static void
say_empty_ranges(const struct agents *rules)
{
	struct sbuf names;

	sbuf_init(&names, 4096);
	agents_empty_ranges(rules, &names);
	if (names.n > 0)
		LOG(RANGES_EMPTY, LOG_S("ranges", sbuf_slice(&names)));
	sbuf_fini(&names);
}

static enum rc
start_rules(struct server *s, struct err *e)
{
	struct classifier_config c = {.writer = s->queue.writer,
				      .db_path = s->db_path,
				      .refreshed = s->ranges_path,
				      .conf = s->queue.conf,
				      .paused = queue_paused_itself};
	const struct agents *rules;
	enum rc rc = path_of(s, STATE_RANGES, s->ranges_path, e);

	if (rc != RC_OK)
		return rc;
	s->classifier = classifier_new(&c);
	rc = classifier_read(s->classifier, s->conf->agent_file, &rules, e);
	if (rc != RC_OK)
		return rc;
	if (!s->o->quiet)
		say_empty_ranges(rules);
	classifier_use(s->classifier, rules);
	return RC_OK;
}

static enum rc
start_classifier(struct server *s, struct err *e)
{
	return classifier_start(s->classifier, e);
}

static void
stop_classifier(struct server *s)
{
	classifier_stop(s->classifier);
}

static void
add_counter(struct sbuf *out, const char *name, const char *help, uint64_t n)
{
	sbuf_addf(out, "# HELP %s %s\n# TYPE %s counter\n%s %llu\n", name, help,
		  name, name, (unsigned long long)n);
}

/* What the API cannot see. */
static void
add_metrics(void *owner, struct sbuf *out)
{
	const struct server *s = owner;
	struct drain_stats moved = {0};
	struct hits_stats hits;
	struct http_stats http;

	if (s->hits == NULL || s->public_http == NULL)
		return;
	hits_stats(s->hits, &hits);
	http_server_stats(s->public_http, &http);
	add_counter(out, "acuse_hits_opens", "Pixels answered.", hits.opens);
	add_counter(out, "acuse_hits_clicks", "Links answered.", hits.clicks);
	add_counter(out, "acuse_hits_views", "Views answered.", hits.views);
	add_counter(out, "acuse_hits_visits", "Forms answered.", hits.visits);
	add_counter(out, "acuse_hits_lost",
		    "Hits answered that found no room in the journal, by any "
		    "process of this state directory, ever.",
		    hits.lost_ever);
	if (s->drain != NULL)
		drain_stats(s->drain, &moved);
	add_counter(out, "acuse_hits_refused",
		    "Hits that the ledger refused for good, set aside.",
		    moved.aside);
	if (s->alarms != NULL)
		hit_alarms_metrics(s->alarms, out);
	add_counter(out, "acuse_bad_tokens",
		    "Links of any kind that nobody of us signed, or were cut.",
		    hits.bad_tokens);
	add_counter(out, "acuse_revoked_tokens",
		    "Links of any kind whose key was revoked.", hits.revoked);
	add_counter(out, "acuse_guesses_refused",
		    "Links answered by 429: too many bad ones of an address.",
		    http.limited);
	add_counter(out, "acuse_public_requests", "Requests from outside.",
		    http.requests);
	add_counter(out, "acuse_public_errors", "Answers of 5xx to them.",
		    http.status[5]);
}

static enum rc
start_api(struct server *s, struct err *e)
{
	struct api_config c = {.public_tables = s->public_tables,
			       .public_tables_n = 2,
			       .queue = &s->queue,
			       .db_path = s->db_path,
			       .jobs = JOB_THREADS,
			       .materials = s->materials,
			       .classifier = s->classifier,
			       .rests = s->rests,
			       .state_dir = s->o->state,
			       .metrics = add_metrics,
			       .metrics_owner = s};

	return api_new(&c, &s->api, e);
}

static enum rc
start_portal(struct server *s, struct err *e)
{
	struct portal_config c = {.queue = &s->queue,
				  .db_path = s->db_path,
				  .jobs = JOB_THREADS,
				  .materials = s->materials,
				  .hits = s->hits};

	return portal_new(&c, &s->portal, e);
}

static enum rc
start_public(struct server *s, struct err *e)
{
	enum rc rc;

	if (s->o->standby)
		return standby_start(s, e);
	if (s->o->redirect)
		return listeners_start_public(s, e);
	rc = standby_ask(s, e);
	if (rc == RC_OK)
		rc = listeners_start_public(s, e);
	return rc == RC_OK ? standby_tell(s, e) : rc;
}

static void
stop_public(struct server *s)
{
	if (s->o->standby) {
		standby_stop(s);
		return;
	}
	standby_leave(s);
	if (s->public_http != NULL)
		http_server_stop(s->public_http, GRACE_MS);
}

static void
stop_private(struct server *s)
{
	if (s->api != NULL)
		api_set_ready(s->api, false);
	if (s->private_http != NULL)
		http_server_stop(s->private_http, GRACE_MS);
}

/* What operations under way still point to, when who asked for them is gone:
 * it outlives the jobs and the writer.  A thread of the public listener's may
 * still be at the journal, where the disk is late. */
static void
free_served(struct server *s)
{
	listeners_free_private(s);
	listeners_free_public(s);
	if (s->hits != NULL)
		hits_free(s->hits);
	if (s->journal != NULL)
		journal_close(s->journal);
	if (s->portal != NULL)
		portal_free(s->portal);
	if (s->api != NULL)
		api_free(s->api);
	classifier_free(s->classifier);
}

static enum rc
start_mailer(struct server *s, struct err *e)
{
	struct mailer_config c = {.queue = &s->queue,
				  .db_path = s->db_path,
				  .materials = s->materials,
				  .rests = s->rests,
				  .workers = (unsigned)s->conf->mail_workers};
	enum rc rc = settings_transport(s->conf, &s->transport, e);

	if (rc == RC_OK)
		rc = settings_dns(s->conf, &s->dns, e);
	if (rc == RC_OK)
		rc = settings_sts(s->conf, s->o->state, s->dns, &s->sts, e);
	c.transport = s->transport;
	c.dns = s->dns;
	c.sts = s->sts;
	return rc == RC_OK ? mailer_start(&c, &s->mailer, e) : rc;
}

/* Whoever says it a second time does not want to wait for replies. */
static bool
told_again(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) == 1 ||
		sigismember(&pending, SIGINT) == 1);
}

static void
stop_mailer(struct server *s)
{
	sts_stop(s->sts);
	dns_stop(s->dns);
	mailer_stop(s->mailer, GRACE_MS, told_again);
	sts_free(s->sts);
	dns_free(s->dns);
	transport_free(s->transport);
}

static enum rc
start_planner(struct server *s, struct err *e)
{
	(void)e;
	s->planner = planner_start(&s->queue);
	return RC_OK;
}

static void
stop_planner(struct server *s)
{
	planner_stop(s->planner);
}

/* Hits on their way to the ledger, and requests under way, are work too. */
static bool
busy(void *arg)
{
	struct server *s = arg;
	struct hits_stats answered;
	struct drain_stats moved;
	struct http_stats http;

	hits_stats(s->hits, &answered);
	drain_stats(s->drain, &moved);
	http_server_stats(s->private_http, &http);
	if (http.suspended > 0 || classifier_due(s->classifier))
		return true;
	if (answered.opens + answered.clicks + answered.views +
		answered.visits <=
	    moved.hits)
		return false;
	drain_nudge(s->drain);
	return true;
}

static enum rc
start_driver(struct server *s, struct err *e)
{
	if (!clock_is_fast())
		return RC_OK;
	return fast_clock_start(&s->queue, s->mailer, s->db_path, busy, s,
				&s->clock, e);
}

static void
stop_driver(struct server *s)
{
	fast_clock_stop(s->clock);
}

static const struct part {
	unsigned use;
	enum rc (*start)(struct server *s, struct err *e);
	void (*stop)(struct server *s);
} parts[] = {
    {USE_ALL, start_conf, stop_conf},
    {USE_ALL, start_state, stop_state},
    {USE_SERVE | USE_QUIET, start_clock, NULL},
    {USE_ALL, start_materials, stop_materials},
    {USE_ALL, NULL, free_served},
    {USE_SERVE | USE_QUIET, start_queue, stop_queue},
    {USE_LINKS, start_hits, NULL},
    {USE_SERVE | USE_QUIET, start_rules, NULL},
    {USE_SERVE | USE_QUIET, start_api, NULL},
    {USE_SERVE, start_portal, NULL},
    {USE_ALL, start_jobs, stop_jobs},
    {USE_SERVE, start_drain, stop_drain},
    {USE_SERVE, start_alarms, stop_alarms},
    {USE_SERVE, start_classifier, stop_classifier},
    {USE_LINKS, start_public, stop_public},
    {USE_SERVE | USE_QUIET | USE_LIMITED, listeners_start_private,
     stop_private},
    {USE_SERVE, start_mailer, stop_mailer},
    {USE_SERVE, start_planner, stop_planner},
    {USE_SERVE, start_driver, stop_driver},
};

#define PARTS (sizeof(parts) / sizeof(*parts))

static unsigned
use_of(const struct serve_options *o)
{
	return o->redirect  ? USE_REDIRECT
	       : o->limited ? USE_LIMITED
	       : o->quiet   ? USE_QUIET
			    : USE_SERVE;
}

enum rc
parts_start(struct server *s, struct err *e)
{
	s->lock = s->standby.lock = s->standby.listening = s->standby.peer = -1;
	for (s->started = 0; s->started < PARTS;) {
		const struct part *p = &parts[s->started++];
		enum rc rc = RC_OK;

		if ((p->use & use_of(s->o)) != 0 && p->start != NULL)
			rc = p->start(s, e);
		if (rc != RC_OK)
			return rc; /* what it began is undone too */
	}
	return RC_OK;
}

void
parts_stop(struct server *s)
{
	while (s->started > 0) {
		const struct part *p = &parts[--s->started];

		if ((p->use & use_of(s->o)) != 0 && p->stop != NULL)
			p->stop(s);
	}
}
