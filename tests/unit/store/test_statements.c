#include "tests/unit/store/store.h"

#include <string.h>

/* Statements that look at all rows, and why that is right. */
static const struct {
	enum stmt id;
	const char *why;
} whole[] = {
    {STMT_EVENT_SCAN, "an audit"},
    {STMT_EVENT_SCAN_REFS, "an audit, along the index"},
    {STMT_EVENT_RECENT_ALL, "a writer's start; few or none"},
    {STMT_EVENT_RECENT_DROP_ALL, "none of it is wanted any more"},
    {STMT_EVENT_LAST, "stops at the first"},
    {STMT_HIT_HOURS, "hourly, over those that were hit much today"},
    {STMT_HIT_DAYS_PRUNE, "the same"},
    {STMT_API_KEY_LIST, "a handful"},
    {STMT_SUPPRESSION_LIST, "all are asked for"},
    {STMT_STATS_CLAIMED, "its index holds the claimed ones alone"},
    {STMT_LANE_CLAIMED, "the same, and its lane among them"},
    {STMT_MESSAGE_LIST_LATE, "once a minute, along what waits"},
    {STMT_MESSAGE_LIST_COMPOSED, "once a key is revoked, along what waits"},
    {STMT_CONTACT_LIST_EMAIL, "by hand, when a suppression is lifted"},
    {STMT_LANE_HOLD_ALL, "by hand, over some thousands"},
};

static bool
may_scan(enum stmt id)
{
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (whole[i].id == id)
			return true;
	return false;
}

/* "SCAN (subquery)", "SCAN CONSTANT ROW" and "SCAN runs", which are numbers,
 * look at no table. */
static bool
scans(const char *plan)
{
	for (const char *p = plan; (p = strstr(p, "SCAN ")); p += 5)
		if (p[5] != '(' && strncmp(p + 5, "CONSTANT", 8) != 0 &&
		    strncmp(p + 5, "runs\n", 5) != 0)
			return true;
	return false;
}

static void
test_every_statement_goes_by_an_index(void **state)
{
	struct place *p = *state;
	struct sbuf plan;
	int bad = 0;

	sbuf_init(&plan, 1 << 16);
	for (enum stmt i = 0; i < STMT_COUNT; i++) {
		sbuf_reset(&plan);
		db_explain(p->db, i, &plan);
		if (!scans(sbuf_z(&plan)) || may_scan(i))
			continue;
		print_error("%s", sbuf_z(&plan));
		bad++;
	}
	sbuf_fini(&plan);
	assert_int_equal(bad, 0);
}

/* The hot ones: index and no sorting. */
static void
test_hot_statements_do_not_sort(void **state)
{
	static const struct {
		enum stmt id;
		const char *index;
	} hot[] = {
	    {STMT_LANE_DUE, "messages_queue (lane=? AND next_us<?)"},
	    {STMT_LANE_SETTLE, "messages_queue (lane=?)"},
	    {STMT_LANE_LIST_READY, "lanes_turn (brand=? AND go_us>? AND"},
	    {STMT_LANE_NEXT_READY, "lanes_go (go_us>?)"},
	    {STMT_LANE_NEXT_BRAND, "lanes_turn (brand>?)"},
	    {STMT_NOTICE_LIST_DUE, "notices_due"},
	    {STMT_NOTICE_NEXT, "notices_due"},
	    {STMT_NOTICE_COUNT_RELEASED, "notices_released"},
	    {STMT_CUSTOMER_LIST_HOLD_OVER, "customers_hold"},
	    {STMT_ACT_LIST_DUE, "acts_due"},
	    {STMT_MESSAGE_LIST_ORPHANS, "messages_claimed"},
	    {STMT_MESSAGE_LIST_CUSTOMER, "messages_customer"},
	    {STMT_MESSAGE_LIST_ADDRESS, "messages_address"},
	    {STMT_NOTICE_LIST_CUSTOMER, "notices_customer"},
	    {STMT_STATS_DUE_MESSAGES, "messages_queue"},
	    {STMT_STATS_CLAIMED, "messages_claimed"},
	    {STMT_EVENT_LIST, "event_index USING PRIMARY KEY (ref=?)"},
	};
	struct place *p = *state;
	struct sbuf plan;

	sbuf_init(&plan, 1 << 16);
	for (size_t i = 0; i < sizeof(hot) / sizeof(hot[0]); i++) {
		sbuf_reset(&plan);
		db_explain(p->db, hot[i].id, &plan);
		if (strstr(sbuf_z(&plan), hot[i].index) == NULL ||
		    strstr(sbuf_z(&plan), "TEMP B-TREE"))
			fail_msg("%s", sbuf_z(&plan));
	}
	sbuf_fini(&plan);
}

/* A reader cannot write, and sees what was committed. */
static void
test_a_reader_only_reads(void **state)
{
	struct place *p = *state;
	struct query q;
	struct db *db;

	OK(db_open(p->path, DB_READ, &db, &error));
	query_open(&q, db, STMT_META_SET);
	bind_z(&q, 0, "a");
	bind_z(&q, 1, "b");
	assert_int_not_equal(query_run(&q, &error), RC_OK);
	db_close(db);
}

static void
test_a_snapshot_is_of_one_moment(void **state)
{
	struct place *p = *state;
	struct query q;
	struct db *db;
	int64_t n = -1;

	OK(db_open(p->path, DB_READ, &db, &error));
	OK(db_snapshot(db, &error));
	for (int i = 0; i < 3; i++) {
		if (i == 1)
			OK(db_script(p->db,
				     "INSERT INTO journal_offsets"
				     " VALUES ('s', 7)",
				     "insert", &error));
		if (i == 2)
			db_snapshot_end(db);
		query_open(&q, db, STMT_JOURNAL_GET);
		bind_z(&q, 0, "s");
		assert_int_equal(query_int(&q, &n, &error),
				 i == 2 ? RC_OK : RC_NOTFOUND);
	}
	assert_int_equal(n, 7);
	db_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, place_open, place_clear)
	    T(test_every_statement_goes_by_an_index),
	    T(test_hot_statements_do_not_sort),
	    T(test_a_reader_only_reads),
	    T(test_a_snapshot_is_of_one_moment),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
