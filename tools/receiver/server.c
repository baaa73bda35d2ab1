/*
 * One thread does all.  Rules are read anew between two steps of sessions, so
 * no session holds on to a rule.
 */
#include "tools/receiver/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "tools/receiver/conn.h"
#include "tools/receiver/listener.h"
#include "tools/receiver/outbox.h"

#define TICK_FAST_US (SECOND_US / 200)
#define TICK_US (SECOND_US / 50)

/* What tells that the rules file is another one. */
struct stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct whole {
	struct server server;
	struct watch signals;
	struct timer tick;
	struct stamp stamp;
};

/* ---- rules ---- */

static bool
stamp_of(const char *path, struct stamp *out)
{
	struct stat st;

	memset(out, 0, sizeof(*out));
	if (stat(path, &st) < 0)
		return false;
	out->dev = st.st_dev;
	out->ino = st.st_ino;
	out->size = st.st_size;
	out->changed = st.st_ctim;
	return true;
}

static bool
stamp_eq(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

static void
apply_rules(struct server *s)
{
	for (size_t i = 0; i < s->options->listen_count; i++)
		listener_look_at_rules(&s->listeners[i]);
}

static void
reload_rules(struct server *s)
{
	struct rules *fresh = NULL;
	struct err e = {0};

	if (rules_load(s->options->rules, &fresh, &e) == RC_OK) {
		rules_free(s->rules);
		s->rules = fresh;
		LOG(CONF_RELOADED, LOG_Z("file", s->options->rules),
		    LOG_I("rules", rules_count(fresh)));
		journal_begin(s->journal, "rules");
		journal_int(s->journal, "count", (int64_t)rules_count(fresh));
		conn_let_go(s);
	} else {
		LOG(CONF_REFUSED, LOG_ERR(&e));
		journal_begin(s->journal, "rules-refused");
		journal_z(s->journal, "at", e.pointer);
		journal_z(s->journal, "error", e.text);
	}
	journal_end(s->journal);
	apply_rules(s);
	(void)server_flush(s);
}

void
server_look_at_rules(struct server *s)
{
	struct whole *w = LOOP_OWNER(s, struct whole, server);
	struct stamp now;

	if (!s->options->rules || !stamp_of(s->options->rules, &now) ||
	    stamp_eq(&now, &w->stamp))
		return;
	w->stamp = now;
	reload_rules(s);
}

bool
server_flush(struct server *s)
{
	struct err e = {0};

	if (s->failed)
		return false;
	if (journal_flush(s->journal, &e) == RC_OK)
		return true;
	LOG(JOURNAL_FAILED, LOG_ERR(&e));
	s->failed = true;
	loop_stop(s->loop);
	return false;
}

/* ---- time and signals ---- */

/* The clock waits at the next moment that something is due here. */
static void
limit_clock(struct server *s)
{
	int64_t next = rules_next_edge(s->rules, clock_wall_us());

	if (s->outbox && outbox_next_us(s->outbox) < next)
		next = outbox_next_us(s->outbox);
	clock_limit(next);
}

static void
server_tick(struct timer *t)
{
	struct whole *w = LOOP_OWNER(t, struct whole, tick);
	struct server *s = &w->server;

	server_look_at_rules(s);
	apply_rules(s);
	if (s->outbox)
		outbox_look(s->outbox);
	limit_clock(s);
	loop_timer_set(s->loop, t,
		       clock_mono_us() +
			   (clock_is_fast() ? TICK_FAST_US : TICK_US));
}

static void
signals_ready(struct watch *watch, uint32_t events)
{
	struct whole *w = LOOP_OWNER(watch, struct whole, signals);
	struct signalfd_siginfo info;

	(void)events;
	while (read(watch->fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP) {
			loop_stop(w->server.loop);
		} else if (w->server.options->rules) {
			(void)stamp_of(w->server.options->rules, &w->stamp);
			reload_rules(&w->server);
		}
	}
}

static enum rc
watch_signals(struct whole *w, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	w->signals.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (w->signals.fd < 0)
		return err_errno(e, "signalfd");
	w->signals.ready = signals_ready;
	loop_watch(w->server.loop, &w->signals, EPOLLIN);
	return RC_OK;
}

/* ---- start and stop ---- */

static enum rc
open_stores(struct whole *w, const struct options *o, struct err *e)
{
	struct server *s = &w->server;

	if (o->clock && clock_follow(o->clock, e) != RC_OK)
		return e->rc;
	if (journal_open(o->journal, o->sync, &s->journal, e) != RC_OK)
		return e->rc;
	if (o->maildir &&
	    maildir_open(o->maildir, o->sync, &s->maildir, e) != RC_OK)
		return e->rc;
	if (o->rules) {
		(void)stamp_of(o->rules, &w->stamp);
		return rules_load(o->rules, &s->rules, e);
	}
	s->rules = rules_new();
	return RC_OK;
}

static enum rc
open_network(struct server *s, const struct options *o, struct err *e)
{
	bool tls = false;

	for (size_t i = 0; i < o->listen_count; i++)
		tls |= o->listens[i].tls || o->listens[i].starttls;
	if (tls && tls_new(&o->tls, &s->tls, e) != RC_OK)
		return e->rc;
	if (o->report_to.addr_len)
		s->outbox = outbox_new(s, &o->report_to);
	s->listeners = mem_alloc(o->listen_count * sizeof(*s->listeners));
	for (size_t i = 0; i < o->listen_count; i++) {
		if (listener_open(&s->listeners[i], &o->listens[i], s, e) !=
		    RC_OK)
			return e->rc;
		listener_look_at_rules(&s->listeners[i]);
	}
	return o->ports_file
		   ? listener_write_ports(s->listeners, o->listen_count,
					  o->ports_file, e)
		   : RC_OK;
}

enum rc
server_new(const struct options *o, struct server **out, struct err *e)
{
	struct whole *w = MEM_NEW(struct whole);
	struct server *s = &w->server;
	enum rc rc;

	s->options = o;
	s->loop = loop_new();
	s->greylist = greylist_new();
	w->signals.fd = -1;
	rc = open_stores(w, o, e);
	if (rc == RC_OK)
		rc = watch_signals(w, e);
	if (rc == RC_OK)
		rc = open_network(s, o, e);
	if (rc != RC_OK) {
		server_free(s);
		return rc;
	}
	*out = s;
	return RC_OK;
}

void
server_free(struct server *s)
{
	struct whole *w;

	if (!s)
		return;
	w = LOOP_OWNER(s, struct whole, server);
	for (size_t i = 0; s->listeners && i < s->options->listen_count; i++)
		listener_close(&s->listeners[i]);
	conn_close_all(s);
	free(s->listeners);
	outbox_free(s->outbox);
	tls_free(s->tls);
	maildir_free(s->maildir);
	journal_free(s->journal);
	rules_free(s->rules);
	greylist_free(s->greylist);
	if (w->signals.fd >= 0)
		close(w->signals.fd);
	loop_free(s->loop);
	free(w);
}

enum rc
server_run(struct server *s, struct err *e)
{
	struct whole *w = LOOP_OWNER(s, struct whole, server);

	w->tick.fire = server_tick;
	server_tick(&w->tick);
	loop_run(s->loop);
	clock_limit(INT64_MAX);
	if (s->failed)
		return err_set(e, RC_IO, "the journal cannot be written");
	return RC_OK;
}
