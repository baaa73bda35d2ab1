/* Each trouble is in the ledger once from its beginning to its end. */
#include "tests/unit/tracker/fixture.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/thread.h"
#include "proof/ledger.h"
#include "store/event.h"
#include "tracker/hit_alarms.h"

static struct bench {
	struct fixture f;
	_Atomic bool stalled, late;
	_Atomic uint64_t lost, kept;
} b;

static int
setup(void **state)
{
	(void)state;
	fixture_open(&b.f, "2026-11-03T12:30:00Z");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return fixture_close(&b.f);
}

static void
look(void *owner, struct hit_health *out)
{
	(void)owner;
	*out = (struct hit_health){.lost = atomic_load(&b.lost),
				   .kept = atomic_load(&b.kept),
				   .stalled = atomic_load(&b.stalled),
				   .late = atomic_load(&b.late)};
}

static struct hit_alarms *
start(void)
{
	struct hit_alarms_config c = {
	    .writer = b.f.writer, .look = look, .stall_us = 1, .quiet_us = 1};
	struct hit_alarms *a = NULL;

	OK(hit_alarms_start(&c, &a, e));
	return a;
}

static void
wait_gauge(const struct hit_alarms *a, const char *want)
{
	int64_t end_us = clock_mono_us() + 60 * SECOND_US;
	bool there = false;
	struct bell pause;

	bell_init(&pause);
	while (!there) {
		struct sbuf out;

		assert_true(clock_mono_us() < end_us);
		sbuf_init(&out, 65536);
		hit_alarms_metrics(a, &out);
		there = strstr(sbuf_z(&out), want) != NULL;
		sbuf_fini(&out);
		(void)bell_wait(&pause, 5);
	}
	bell_fini(&pause);
}

/* The kinds of a reason's events: "rc", raised and cleared. */
static void
told(const char *reason, char out[16])
{
	struct event *events = NULL;
	size_t n = 0, k = 0;

	OK(event_list_from(b.f.db, 0, 100, &b.f.a, &events, &n, e));
	for (size_t i = 0; i < n && k < 15; i++)
		if (slice_find(events[i].payload, slice_z(reason)) >= 0)
			out[k++] =
			    events[i].kind == KIND_ALARM_RAISED ? 'r' : 'c';
	out[k] = '\0';
}

static void
check_alarm(_Atomic bool *trouble, const char *reason)
{
	struct hit_alarms *a = start();
	char raised[64], cleared[64], kinds[16];

	(void)snprintf(raised, sizeof(raised), "{reason=\"%s\"} 1", reason);
	(void)snprintf(cleared, sizeof(cleared), "{reason=\"%s\"} 0", reason);
	wait_gauge(a, cleared);
	atomic_store(trouble, true);
	wait_gauge(a, raised);
	/* raised still, for the next process */
	hit_alarms_stop(a);
	a = start();
	wait_gauge(a, raised);
	atomic_store(trouble, false);
	wait_gauge(a, cleared);
	hit_alarms_stop(a);
	told(reason, kinds);
	assert_string_equal(kinds, "rc");
}

static void
test_stalled(void **state)
{
	(void)state;
	check_alarm(&b.stalled, "drain_stalled");
}

static void
test_late(void **state)
{
	(void)state;
	check_alarm(&b.late, "journal_late");
}

/* "hits" of a reason's last event. */
static int64_t
last_hits(const char *reason)
{
	struct event *events = NULL;
	int64_t hits = -1;
	size_t n = 0;

	OK(event_list_from(b.f.db, 0, 100, &b.f.a, &events, &n, e));
	for (size_t i = 0; i < n; i++) {
		ptrdiff_t at =
		    slice_find(events[i].payload, SLICE("\"hits\":"));

		if (slice_find(events[i].payload, slice_z(reason)) < 0)
			continue;
		hits = at < 0 ? 0
			      : strtoll(events[i].payload.p + at + 7, NULL, 10);
	}
	return hits;
}

static void
wait_told(const char *reason, const char *want)
{
	int64_t end_us = clock_mono_us() + 60 * SECOND_US;
	struct bell pause;
	char kinds[16];

	bell_init(&pause);
	for (told(reason, kinds); strcmp(kinds, want) != 0;
	     told(reason, kinds)) {
		assert_true(clock_mono_us() < end_us);
		(void)bell_wait(&pause, 5);
	}
	bell_fini(&pause);
}

/* What others lose while no server runs is told by the next one, and what was
 * told is not told again. */
static void
test_lost_meanwhile(void **state)
{
	struct hit_alarms *a;

	(void)state;
	for (int i = 1; i <= 2; i++) {
		atomic_store(&b.lost, (uint64_t)i * 10);
		a = start();
		wait_told("hits_lost", i == 1 ? "r" : "rcr");
		assert_int_equal(last_hits("hits_lost"), 10);
		atomic_fetch_add(&b.kept, 1);
		wait_told("hits_lost", i == 1 ? "rc" : "rcrc");
		hit_alarms_stop(a);
	}
	atomic_store(&b.lost, 4); /* the count began anew */
	a = start();
	wait_told("hits_lost", "rcrcr");
	assert_int_equal(last_hits("hits_lost"), 4);
	hit_alarms_stop(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_stalled, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_late, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_lost_meanwhile, setup,
					    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
