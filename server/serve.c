#include "server/serve.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "queue/halt.h"
#include "server/key_watch.h"
#include "server/limited.h"
#include "server/listeners.h"
#include "server/parts.h"
#include "server/settings.h"
#include "server/standby.h"

#define LOOK_MS 500

/* Invariant: a reload swaps what it could read whole; anything wrong keeps the
 * old. */

static enum rc
write_ports(struct server *s, struct err *e)
{
	struct sbuf b;
	enum rc rc;

	if (s->o->ports_file == NULL)
		return RC_OK;
	sbuf_init(&b, 256);
	if (s->public_http != NULL)
		sbuf_addf(&b, "public %u\n",
			  http_server_port(s->public_http, 0));
	else if (s->standby.sockets.n > 0)
		sbuf_addf(&b, "public %u\n",
			  http_socket_port(s->standby.sockets.fds[0]));
	if (s->private_http != NULL)
		sbuf_addf(&b, "private %u\n",
			  http_server_port(s->private_http, 1));
	rc = file_write(s->o->ports_file, sbuf_slice(&b), 0600, e);
	sbuf_fini(&b);
	return rc;
}

/* What a running server cannot change: refused, or said to wait. */
static enum rc
check_change(struct server *s, const struct conf *fresh, struct err *e)
{
	const struct conf *old = conf_box_get(s->queue.conf);
	enum rc rc = conf_check_reload(old, fresh, e);

	conf_unref(old);
	return rc;
}

static void
say_waits(const struct server *s, const struct conf *fresh)
{
	struct conf_running r = {s->conf, s->public_conf, s->private_conf};
	struct sbuf notes;
	struct slice rest;

	sbuf_init(&notes, 65536);
	conf_waits(&r, fresh, &notes);
	rest = sbuf_slice(&notes);
	while (rest.n > 0)
		LOG(CONF_WAITS, LOG_S("note", slice_cut(&rest, '\n')));
	sbuf_fini(&notes);
}

/* What a reload reads, NULL where it has no part of it. */
struct fresh {
	const struct conf *conf;
	struct materials *materials;
	struct keyring *keys;
	const struct agents *rules;
	struct http_pair *public, *private;
};

static void
fresh_drop(struct fresh *f)
{
	http_pair_unref(f->public);
	http_pair_unref(f->private);
	agents_unref(f->rules);
	keyring_free(f->keys);
	materials_release(f->materials);
	conf_unref(f->conf);
}

static enum rc
fresh_read(struct server *s, struct fresh *f, struct err *e)
{
	enum rc rc = settings_load(s->o->config, &f->conf, e);

	if (rc == RC_OK)
		rc = check_change(s, f->conf, e);
	if (rc == RC_OK && s->materials != NULL)
		rc = materials_load(f->conf, s->o->state, &f->materials, e);
	if (rc == RC_OK)
		rc = keyring_load(s->o->state, &f->keys, e);
	if (rc == RC_OK && s->classifier != NULL)
		rc = classifier_read(s->classifier, f->conf->agent_file,
				     &f->rules, e);
	if (rc == RC_OK && (s->public_http != NULL || s->o->standby))
		rc = listeners_pair(&f->conf->public, &f->public, e);
	if (rc == RC_OK && s->private_http != NULL)
		rc = listeners_pair(&f->conf->private, &f->private, e);
	return rc;
}

static void
fresh_show(struct server *s, struct fresh *f)
{
	if (s->public_http != NULL && f->public != NULL)
		http_server_show(s->public_http, f->public);
	if (s->private_http != NULL && f->private != NULL)
		http_server_show(s->private_http, f->private);
	http_pair_unref(f->private);
	if (!s->o->standby) {
		http_pair_unref(f->public);
		return;
	}
	http_pair_unref(s->standby.pair);
	s->standby.pair = f->public;
}

static enum rc
load_again(struct server *s, struct err *e)
{
	struct fresh f = {0};
	enum rc rc = fresh_read(s, &f, e);

	if (rc != RC_OK) {
		fresh_drop(&f);
		return rc;
	}
	say_waits(s, f.conf);
	log_init(STDERR_FILENO, parts_log_level(f.conf->log_level));
	fresh_show(s, &f);
	conf_box_set(s->queue.conf, f.conf);
	keys_box_set(s->keys, f.keys);
	if (f.rules != NULL)
		classifier_use(s->classifier, f.rules);
	if (f.materials != NULL)
		materials_box_set(s->materials, f.materials);
	return RC_OK;
}

static void
reload(struct server *s)
{
	struct err e = {0};

	sd_notify(0, "RELOADING=1");
	if (load_again(s, &e) == RC_OK)
		LOG(CONF_RELOADED, LOG_Z("file", s->o->config));
	else
		LOG(CONF_REFUSED, LOG_Z("file", s->o->config), LOG_ERR(&e));
	if (s->queue.writer != NULL) { /* else there are no bells */
		halt_now(&s->queue);
		bell_ring(&s->queue.plan);
		bell_ring(&s->queue.mail);
	}
	sd_notify(0, "READY=1");
}

/* False when it is to end. */
static bool
take_signal(struct server *s, const sigset_t *set)
{
	static const struct timespec at_once;
	int sig = sigtimedwait(set, NULL, &at_once);

	if (sig == SIGHUP)
		reload(s);
	return sig != SIGTERM && sig != SIGINT;
}

/* Waits for whatever comes first, at most LOOK_MS where s is limited. */
static bool
wait_for_signals(struct server *s, const sigset_t *set, int signals, int keys)
{
	struct pollfd fds[4] = {{signals, POLLIN, 0}, {keys, POLLIN, 0}};
	int ms;
	nfds_t n = standby_watch(s, fds + 2, &ms);

	if (s->o->limited)
		ms = LOOK_MS;
	if (poll(fds, n + 2, ms) >= 0)
		standby_step(s);
	key_watch_step(s, keys);
	return take_signal(s, set);
}

static void
say_ready(struct server *s)
{
	const char *sends = "no, the disk is full";

	if (!s->o->limited && s->conf != NULL)
		sends = s->conf->send ? "yes" : "no, observes";
	LOG(SERVER_READY, LOG_I("pid", getpid()), LOG_Z("state", s->o->state),
	    LOG_Z("sends", sends));
	sd_notify(0, s->o->limited
			 ? "READY=1\nSTATUS=the disk is full: links alone"
			 : "READY=1");
}

/* Until it is told to end; l: NULL, or what serves until s does. */
static void
run(struct server *s, struct limited *l, const sigset_t *set, int keys)
{
	int signals = signalfd(-1, set, SFD_CLOEXEC);
	struct err e = {0};

	while (wait_for_signals(l != NULL ? limited_server(l) : s, set, signals,
				keys)) {
		if (l == NULL || !limited_leave(l, s))
			continue;
		limited_free(l);
		l = NULL;
		if (write_ports(s, &e) != RC_OK)
			LOG(STORE_FAILED, LOG_ERR(&e));
		say_ready(s);
		sd_notify(0, "STATUS=");
	}
	(void)close(signals);
	LOG(SERVER_STOPPING, LOG_I("pid", getpid()));
	sd_notify(0, "STOPPING=1");
	if (l != NULL)
		limited_free(l);
}

enum rc
serve(const struct serve_options *o, struct err *e)
{
	struct server *s = MEM_NEW(struct server);
	struct limited *l = NULL;
	sigset_t set;
	int keys;
	enum rc rc;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow: an error */
	s->o = o;
	keys = key_watch_open(s); /* first: what changes from here on is seen */
	rc = parts_start(s, e);
	if (limited_fits(o, rc)) {
		parts_stop(s);
		*s = (struct server){.o = o};
		rc = limited_start(o, e, &l, e);
	}
	if (rc == RC_OK)
		rc = write_ports(l != NULL ? limited_server(l) : s, e);
	if (rc == RC_OK) {
		say_ready(l != NULL ? limited_server(l) : s);
		run(s, l, &set, keys);
	} else if (l != NULL) {
		limited_free(l);
	}
	if (keys >= 0)
		(void)close(keys);
	parts_stop(s);
	if (rc == RC_OK)
		LOG(SERVER_STOPPED, LOG_I("pid", getpid()));
	free(s);
	return rc;
}
