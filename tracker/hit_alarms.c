/*
 * 1. A trouble is "on" from the look that finds it worse to the one that finds
 *    it well again and no worse for a while.
 * 2. It is "due" once it has lasted, until its alarm is committed; so one that
 *    was over before the store took anything is told all the same.
 * 3. The meta table says since when an alarm is raised: 0, it is not.
 */
#include "tracker/hit_alarms.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "proof/ledger.h"
#include "store/meta.h"

#define LOOK_MS 1000
#define STALL_US (5 * SECOND_US)
#define QUIET_US (10 * SECOND_US)

enum trouble_kind { LOST, REFUSED, STALLED, LATE, TROUBLES };

static const struct {
	const char *reason, *key; /* of the event, and of the meta table */
	const char *told;	  /* what was told of a count that stays */
} kinds[TROUBLES] = {
    [LOST] = {"hits_lost", "alarm.hits_lost", "alarm.hits_lost.told"},
    [REFUSED] = {"hits_refused", "alarm.hits_refused", NULL},
    [STALLED] = {"drain_stalled", "alarm.drain_stalled", NULL},
    [LATE] = {"journal_late", "alarm.journal_late", NULL},
};

struct trouble {
	uint64_t bad, good;	    /* when it last got worse */
	uint64_t before;	    /* bad, when it began */
	int64_t began_us, worse_us; /* clock_mono */
	int64_t since_us, until_us; /* clock_wall */
	bool on;
	_Atomic bool due, raised;
};

struct hit_alarms {
	struct hit_alarms_config c;
	struct trouble troubles[TROUBLES];
	struct thread thread;
	struct bell stop;
};

struct alarm_op {
	struct write_op op;
	enum kind kind;
	enum trouble_kind what;
	const struct trouble *t;
};

static void
add_time(struct sbuf *b, const char *name, int64_t us)
{
	char text[TIME_SIZE];

	time_format(us, text);
	sbuf_addf(b, ",\"%s\":\"%s\"", name, text);
}

static enum rc
run_alarm(struct write_op *op, struct db *db, struct err *e)
{
	const struct alarm_op *x = (struct alarm_op *)op;
	bool raise = x->kind == KIND_ALARM_RAISED;
	struct ref self;
	struct sbuf b;
	enum rc rc = ledger_ref(db, &self, e);

	if (rc != RC_OK)
		return rc;
	sbuf_init(&b, 1024);
	sbuf_addf(&b, "{\"reason\":\"%s\"", kinds[x->what].reason);
	add_time(&b, "since", x->t->since_us);
	if (!raise)
		add_time(&b, "until", x->t->until_us);
	if (x->t->bad > x->t->before)
		sbuf_addf(&b, ",\"hits\":%llu",
			  (unsigned long long)(x->t->bad - x->t->before));
	sbuf_add_c(&b, '}');
	rc = ledger_append(db, x->kind, self, sbuf_slice(&b), e);
	sbuf_fini(&b);
	if (rc == RC_OK && kinds[x->what].told)
		rc = meta_set_int(db, kinds[x->what].told, (int64_t)x->t->bad,
				  e);
	if (rc != RC_OK)
		return rc;
	return meta_set_int(db, kinds[x->what].key, raise ? x->t->since_us : 0,
			    e);
}

static bool
append(struct hit_alarms *a, enum trouble_kind what, enum kind kind)
{
	struct alarm_op x = {.op = {.run = run_alarm},
			     .kind = kind,
			     .what = what,
			     .t = &a->troubles[what]};
	struct err e;

	return writer_do(a->c.writer, &x.op, &e) == RC_OK;
}

static void
worse(struct trouble *t, uint64_t bad, uint64_t good, int64_t now_us)
{
	if (!t->on && !t->due && !t->raised) {
		t->before = t->bad;
		t->since_us = clock_wall_us();
	}
	if (!t->on)
		t->began_us = now_us;
	t->on = true;
	t->bad = bad;
	t->good = good;
	t->worse_us = now_us;
	t->until_us = clock_wall_us();
}

static void
fall_due(struct trouble *t, enum trouble_kind what, int64_t lasts_us)
{
	if (!t->on || t->raised || t->due ||
	    clock_mono_us() - t->began_us < lasts_us)
		return;
	t->due = true;
	LOG(HITS_ALARM, LOG_Z("reason", kinds[what].reason));
}

/* Waits for the store. */
static void
tell(struct hit_alarms *a, enum trouble_kind what)
{
	struct trouble *t = &a->troubles[what];

	if (t->due && append(a, what, KIND_ALARM_RAISED)) {
		t->raised = true;
		t->due = false;
	}
	if (!t->on && t->raised && append(a, what, KIND_ALARM_CLEARED))
		t->raised = false;
}

static void
look(struct hit_alarms *a)
{
	int64_t now_us = clock_mono_us();
	struct hit_health h;

	a->c.look(a->c.owner, &h);
	const struct {
		uint64_t bad, good;
		int64_t lasts_us;
		bool now, well;
	} seen[TROUBLES] = {
	    [LOST] = {h.lost, h.kept, 0, false,
		      h.kept > a->troubles[LOST].good},
	    [REFUSED] = {h.refused, h.moved, 0, false,
			 h.moved > a->troubles[REFUSED].good},
	    [STALLED] = {0, 0, a->c.stall_us, h.stalled, true},
	    [LATE] = {0, 0, 0, h.late, true},
	};

	for (enum trouble_kind i = 0; i < TROUBLES; i++) {
		struct trouble *t = &a->troubles[i];

		if (seen[i].bad < t->bad) /* its file was made anew */
			t->bad = t->before = 0;
		if (seen[i].now || seen[i].bad > t->bad)
			worse(t, seen[i].bad, seen[i].good, now_us);
		else if (seen[i].well && now_us - t->worse_us >= a->c.quiet_us)
			t->on = false;
		fall_due(t, i, seen[i].lasts_us);
	}
	for (enum trouble_kind i = 0; i < TROUBLES; i++)
		tell(a, i);
}

static void
run(void *arg)
{
	struct hit_alarms *a = arg;

	while (!bell_wait(&a->stop, LOOK_MS))
		look(a);
}

struct load_op {
	struct write_op op;
	struct hit_alarms *a;
};

static enum rc
load_told(struct db *db, enum trouble_kind what, struct trouble *t,
	  struct err *e)
{
	int64_t told = 0;
	enum rc rc = kinds[what].told
			 ? meta_get_int(db, kinds[what].told, &told, e)
			 : RC_NOTFOUND;

	t->bad = t->before = (uint64_t)told;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc
run_load(struct write_op *op, struct db *db, struct err *e)
{
	struct hit_alarms *a = ((struct load_op *)op)->a;

	for (enum trouble_kind i = 0; i < TROUBLES; i++) {
		struct trouble *t = &a->troubles[i];
		enum rc rc = meta_get_int(db, kinds[i].key, &t->since_us, e);

		if (rc == RC_OK || rc == RC_NOTFOUND)
			rc = load_told(db, i, t, e);
		if (rc != RC_OK)
			return rc;
		t->raised = t->since_us > 0;
		t->on = t->since_us > 0;
		t->worse_us = clock_mono_us();
		t->until_us = clock_wall_us();
	}
	return RC_OK;
}

enum rc
hit_alarms_start(const struct hit_alarms_config *c, struct hit_alarms **out,
		 struct err *e)
{
	struct hit_alarms *a = MEM_NEW(struct hit_alarms);
	struct load_op load = {.op = {.run = run_load}, .a = a};
	enum rc rc;

	a->c = *c;
	if (a->c.stall_us == 0)
		a->c.stall_us = STALL_US;
	if (a->c.quiet_us == 0)
		a->c.quiet_us = QUIET_US;
	rc = writer_do(c->writer, &load.op, e);
	if (rc != RC_OK) {
		free(a);
		return rc;
	}
	bell_init(&a->stop);
	thread_start(&a->thread, "hit-alarms", run, a);
	*out = a;
	return RC_OK;
}

void
hit_alarms_stop(struct hit_alarms *a)
{
	if (a == NULL)
		return;
	bell_ring(&a->stop);
	thread_join(&a->thread);
	bell_fini(&a->stop);
	free(a);
}

void
hit_alarms_metrics(const struct hit_alarms *a, struct sbuf *out)
{
	sbuf_add_z(out, "# HELP acuse_alarm Alarms raised and not cleared.\n"
			"# TYPE acuse_alarm gauge\n");
	for (enum trouble_kind i = 0; i < TROUBLES; i++)
		sbuf_addf(out, "acuse_alarm{reason=\"%s\"} %d\n",
			  kinds[i].reason,
			  atomic_load(&a->troubles[i].due) ||
			      atomic_load(&a->troubles[i].raised));
}
