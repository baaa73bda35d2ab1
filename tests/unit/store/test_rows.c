/* What is written is read back: each kind of row, each of its fields. */
#include "tests/unit/store/store.h"

#include "base/date.h"
#include "store/act.h"
#include "store/api_key.h"
#include "store/customer.h"
#include "store/invoice.h"
#include "store/journal.h"
#include "store/notice.h"
#include "store/request.h"
#include "store/service.h"
#include "store/suppression.h"

static struct arena arena;

static int
rows_open(void **state)
{
	arena_init(&arena, 8 << 20);
	if (place_open(state))
		return -1;
	return db_begin(((struct place *)*state)->db, &error) ? -1 : 0;
}

static int
rows_close(void **state)
{
	db_rollback(((struct place *)*state)->db);
	arena_fini(&arena);
	return place_clear(state);
}

#define SAME(a, b) assert_true(slice_eq((a), (b)))

static void
test_customer(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	const struct contact contacts[] = {
	    {.id = SLICE("k2"),
	     .role = SLICE("billing"),
	     .email = SLICE("b@c.example"),
	     .phone = SLICE("+54"),
	     .source = SLICE("form"),
	     .since = 19000,
	     .confirmed_us = 77},
	    {.id = SLICE("k1"), .role = SLICE("technical"), .since = DATE_NONE},
	};
	struct customer c = {
	    .id = SLICE("c1"),
	    .brand = SLICE("default"),
	    .name = SLICE("Ana P\xc3\xa9rez"),
	    .locale = SLICE("es_AR"),
	    .time_zone = SLICE("UTC"),
	    .groups = SLICE("[\"r\"]"),
	    .ref = ref_new(),
	    .rev = 7,
	    .version = 3,
	    .created_us = 10,
	    .updated_us = 11,
	    .contacts = contacts,
	    .contacts_n = 2,
	};
	struct customer out;
	struct slice *ids;
	size_t n;

	assert_int_equal(customer_get(db, c.id, &arena, &out, &error),
			 RC_NOTFOUND);
	assert_int_equal(customer_set_hold(db, c.id, 5, SLICE("x"), &error),
			 RC_NOTFOUND);
	OK(customer_put(db, &c, &error));
	OK(customer_set_hold(db, c.id, HOLD_FOREVER, SLICE("x"), &error));
	OK(customer_set_legal_hold(db, c.id, true, &error));
	OK(customer_set_consent(db, c.id, SLICE("{}"), &error));
	OK(customer_list_hold_over(db, 1000, 9, &arena, &ids, &n, &error));
	assert_int_equal(n, 0);
	c.name = SLICE("B");
	c.contacts_n = 1;
	OK(customer_put(db, &c, &error));
	OK(customer_get_ref(db, c.ref, &arena, &out, &error));
	SAME(out.id, c.id);
	SAME(out.name, c.name);
	SAME(out.brand, c.brand);
	SAME(out.locale, c.locale);
	SAME(out.time_zone, c.time_zone);
	SAME(out.groups, c.groups);
	assert_int_equal(out.rev, 7);
	assert_int_equal(out.version, 3);
	assert_true(out.hold_until_us == HOLD_FOREVER && out.legal_hold);
	SAME(out.hold_reason, SLICE("x"));
	SAME(out.consent, SLICE("{}"));
	assert_int_equal(out.created_us, 10);
	assert_int_equal(out.updated_us, 11);
	assert_int_equal(out.contacts_n, 1);
	SAME(out.contacts[0].email, contacts[0].email);
	SAME(out.contacts[0].source, contacts[0].source);
	assert_int_equal(out.contacts[0].since, 19000);
	assert_int_equal(out.contacts[0].confirmed_us, 77);
	c.contacts_n = 2;
	OK(customer_put(db, &c, &error));
	OK(customer_get(db, c.id, &arena, &out, &error));
	SAME(out.contacts[0].id, SLICE("k1"));
	assert_int_equal(out.contacts[0].since, DATE_NONE);
	OK(customer_set_hold(db, c.id, 50, SLICE("x"), &error));
	OK(customer_list_hold_over(db, 49, 9, &arena, &ids, &n, &error));
	assert_int_equal(n, 0);
	OK(customer_list_hold_over(db, 50, 9, &arena, &ids, &n, &error));
	assert_int_equal(n, 1);
	SAME(ids[0], c.id);
}

static void
test_service(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct service s = {
	    .id = SLICE("s1"),
	    .customer = SLICE("c1"),
	    .name = SLICE("Hosting"),
	    .product = SLICE("pro"),
	    .status = SERVICE_SUSPENDED,
	    .expires_on = 20000,
	    .auto_renew = true,
	};
	struct service out;

	assert_int_equal(service_get(db, s.id, &arena, &out, &error),
			 RC_NOTFOUND);
	OK(service_put(db, &s, 1, &error));
	OK(service_get(db, s.id, &arena, &out, &error));
	SAME(out.customer, s.customer);
	SAME(out.product, s.product);
	assert_true(out.status == SERVICE_SUSPENDED && out.auto_renew);
	assert_int_equal(out.expires_on, 20000);
	s.expires_on = DATE_NONE;
	OK(service_put(db, &s, 2, &error));
	OK(service_get(db, s.id, &arena, &out, &error));
	assert_int_equal(out.expires_on, DATE_NONE);
}

static void
test_invoice(void **state)
{
	const struct slice services[] = {SLICE("s1"), SLICE("s2")};
	struct db *db = ((struct place *)*state)->db;
	struct invoice i = {
	    .id = SLICE("i1"),
	    .customer = SLICE("c1"),
	    .number = SLICE("PF-1"),
	    .policy = SLICE("default"),
	    .ref = ref_new(),
	    .policy_version = {1, 2, 3, 4, 5, 6, 7, 8},
	    .rev = 3,
	    .version = 2,
	    .status = INVOICE_OPEN,
	    .total = {1234567, "ARS"},
	    .balance = {-5, "ARS"},
	    .issued_on = DATE_NONE,
	    .due_on = 20000,
	    .charge_on = 19999,
	    .retry_on = DATE_NONE,
	    .auto_renew = true,
	    .charge_failed = true,
	    .objected_until_us = 9,
	    .objected_due = 20000,
	    .body = SLICE("{\"a\":1}"),
	    .pdf_name = SLICE("a.pdf"),
	    .pdf = SLICE("%PDF\0x"),
	    .created_us = 1,
	    .updated_us = 2,
	    .services = services,
	    .services_n = 2,
	};
	struct invoice out, *all;
	struct slice name, pdf;
	size_t n;

	assert_int_equal(invoice_get(db, i.id, &arena, &out, &error),
			 RC_NOTFOUND);
	OK(invoice_put(db, &i, &error));
	i.pdf.n = 0;
	i.services_n = 1;
	i.version = 4;
	OK(invoice_put(db, &i, &error));
	OK(invoice_get(db, i.id, &arena, &out, &error));
	assert_true(ref_eq(out.ref, i.ref));
	SAME(out.number, i.number);
	SAME(out.policy, i.policy);
	SAME(out.body, i.body);
	SAME(out.pdf_name, i.pdf_name);
	assert_memory_equal(out.policy_version, i.policy_version, 8);
	assert_true(out.rev == 3 && out.version == 4);
	assert_int_equal(out.status, INVOICE_OPEN);
	assert_int_equal(out.total.minor, 1234567);
	assert_int_equal(out.balance.minor, -5);
	assert_string_equal(out.balance.currency, "ARS");
	assert_int_equal(out.issued_on, DATE_NONE);
	assert_int_equal(out.due_on, 20000);
	assert_int_equal(out.charge_on, 19999);
	assert_int_equal(out.retry_on, DATE_NONE);
	assert_true(out.auto_renew && out.charge_failed);
	assert_int_equal(out.objected_until_us, 9);
	assert_int_equal(out.objected_due, 20000);
	assert_true(out.created_us == 1 && out.updated_us == 2);
	assert_int_equal(out.services_n, 1);
	OK(invoice_get_pdf(db, i.id, &arena, &name, &pdf, &error));
	SAME(pdf, SLICE("%PDF\0x"));
	OK(invoice_list_service(db, SLICE("s1"), &arena, &all, &n, &error));
	assert_int_equal(n, 1);
	SAME(all[0].services[0], SLICE("s1"));
	OK(invoice_list_service(db, SLICE("s2"), &arena, &all, &n, &error));
	assert_int_equal(n, 0);
	OK(invoice_list(db, i.customer, 5, &arena, &all, &n, &error));
	assert_int_equal(n, 1);
}

static void
test_act(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct act_row r = {SLICE("i1"), SLICE("suspend"), 20000, 100,
			    ACT_WAITS};
	struct act_row *all;
	size_t n;

	OK(act_put(db, &r, &error));
	OK(act_list_due(db, 99, 5, &arena, &all, &n, &error));
	assert_int_equal(n, 0);
	OK(act_list_due(db, 100, 5, &arena, &all, &n, &error));
	assert_int_equal(n, 1);
	r.state = ACT_OFF;
	OK(act_put(db, &r, &error));
	OK(act_list_due(db, 100, 5, &arena, &all, &n, &error));
	assert_int_equal(n, 0);
	OK(act_list_invoice(db, r.invoice, &arena, &all, &n, &error));
	assert_int_equal(n, 1);
	assert_int_equal(all[0].state, ACT_OFF);
}

static struct notice
notice_like(int i)
{
	return (struct notice){
	    .ref = ref_new(),
	    .subject = slice_z(arena_printf(&arena, "invoice/i%d", i)),
	    .step = SLICE("reminder-1"),
	    .anchor = 20000,
	    .customer = SLICE("c1"),
	    .invoice = slice_z(arena_printf(&arena, "i%d", i)),
	    .brand = SLICE("default"),
	    .template = SLICE("reminder"),
	    .policy = SLICE("default"),
	    .policy_version = {8, 7, 6, 5, 4, 3, 2, 1},
	    .critical = true,
	    .due_us = 100,
	    .release_us = 150 + i,
	    .not_after_us = 900,
	    .roles = SLICE("billing"),
	    .data = SLICE("{}"),
	    .created_us = 5,
	};
}

static void
test_notice(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct notice in = notice_like(1), out, *all;
	int64_t next = 0;
	size_t n;

	OK(notice_next(db, &next, &error));
	assert_true(next == INT64_MAX);
	OK(notice_insert(db, &in, &error));
	assert_true(in.id > 0);
	assert_int_equal(notice_insert(db, &in, &error), RC_STATE);
	OK(notice_next(db, &next, &error));
	assert_int_equal(next, 151);
	OK(notice_find(db, in.subject, in.step, in.anchor, &arena, &out,
		       &error));
	assert_int_equal(out.id, in.id);
	in.state = NOTICE_RELEASED;
	in.reason = SLICE("why");
	in.due_us = 101;
	in.released_us = 160;
	OK(notice_update(db, &in, &error));
	OK(notice_get(db, in.ref, &arena, &out, &error));
	SAME(out.step, in.step);
	SAME(out.invoice, in.invoice);
	SAME(out.reason, SLICE("why"));
	SAME(out.roles, in.roles);
	SAME(out.data, in.data);
	assert_memory_equal(out.policy_version, in.policy_version, 8);
	assert_int_equal(out.state, NOTICE_RELEASED);
	assert_true(out.due_us == 101 && out.release_us == 151);
	assert_true(out.not_after_us == 900 && out.released_us == 160);
	assert_true(out.critical && out.created_us == 5);
	OK(notice_list_due(db, 1000, 5, &arena, &all, &n, &error));
	assert_int_equal(n, 0);
	OK(notice_count_released(db, 160, &next, &error));
	assert_int_equal(next, 1);
	OK(notice_count_released(db, 161, &next, &error));
	assert_int_equal(next, 0);
}

static void
test_notices_in_lists(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct notice in[6], *all;
	size_t n;

	for (int i = 0; i < 6; i++) {
		in[i] = notice_like(i);
		if (i == 5)
			in[i].template = SLICE("other");
		if (i == 4)
			in[i].due_us = 99;
		OK(notice_insert(db, &in[i], &error));
	}
	OK(notice_list_due(db, 152, 10, &arena, &all, &n, &error));
	assert_int_equal(n, 3);
	SAME(all[0].subject, in[0].subject);
	OK(notice_list_mates(db, &in[0], 100, &arena, &all, &n, &error));
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(all[i].id, in[0].id);
	OK(notice_list_invoice(db, SLICE("i3"), &arena, &all, &n, &error));
	assert_int_equal(n, 1);
	/* A page ends where the moment does. */
	OK(notice_list_customer(db, SLICE("c1"), 1000, 2, &arena, &all, &n,
				&error));
	assert_int_equal(n, 5);
	OK(notice_list_customer(db, SLICE("c1"), 100, 2, &arena, &all, &n,
				&error));
	assert_int_equal(n, 1);
	assert_int_equal(all[0].id, in[4].id);
}

static void
test_suppression(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct suppression s = {
	    SLICE("default"), SLICE("a@b"), SLICE("5.1.1"), ref_new(), 9, 0};
	struct suppression out, *all;
	uint8_t hash[32] = {1};
	size_t n;

	assert_int_equal(
	    suppression_get(db, s.brand, hash, &arena, &out, &error),
	    RC_NOTFOUND);
	OK(suppression_put(db, &s, hash, &error));
	OK(suppression_put(db, &s, hash, &error));
	OK(suppression_get(db, s.brand, hash, &arena, &out, &error));
	SAME(out.address, s.address);
	SAME(out.reason, s.reason);
	assert_true(ref_eq(out.message, s.message) && out.created_us == 9);
	OK(suppression_list(db, 10, &arena, &all, &n, &error));
	assert_int_equal(n, 1);
	OK(suppression_delete(db, s.brand, hash, &error));
	assert_int_equal(suppression_delete(db, s.brand, hash, &error),
			 RC_NOTFOUND);
}

/* In either order, and whatever else comes and goes. */
static void
test_leaving_is_kept(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct suppression bounce = {.brand = SLICE("default"),
				     .address = SLICE("a@b"),
				     .reason = SLICE("5.1.1"),
				     .message = ref_new(),
				     .created_us = 9};
	struct suppression left = {.brand = SLICE("default"),
				   .address = SLICE("a@b"),
				   .message = ref_new(),
				   .created_us = 5};
	struct suppression out;
	uint8_t hash[32] = {2};

	for (int i = 0; i < 2; i++) {
		if (i == 0)
			OK(suppression_put(db, &bounce, hash, &error));
		OK(suppression_leave(db, &left, hash, &error));
		if (i == 1)
			OK(suppression_put(db, &bounce, hash, &error));
		OK(suppression_put(db, &bounce, hash, &error));
		OK(suppression_get(db, left.brand, hash, &arena, &out, &error));
		SAME(out.reason, bounce.reason);
		assert_true(out.created_us == 9 && out.left_us == 5);
		OK(suppression_delete(db, left.brand, hash, &error));
		OK(suppression_get(db, left.brand, hash, &arena, &out, &error));
		SAME(out.reason, SLICE(SUPPRESSION_LEFT));
		assert_true(ref_eq(out.message, left.message));
		assert_true(out.created_us == 5 && out.left_us == 5);
		OK(suppression_delete(db, left.brand, hash, &error));
		assert_int_equal(
		    suppression_delete(db, left.brand, hash, &error),
		    RC_NOTFOUND);
	}
}

static void
test_request(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct request_row r = {SLICE("k"), SLICE("{}"), {7}, 202}, out;

	OK(request_put(db, &r, 1, &error));
	assert_int_equal(request_put(db, &r, 1, &error), RC_STATE);
	OK(request_get(db, r.key, &arena, &out, &error));
	assert_memory_equal(out.hash, r.hash, 32);
	assert_int_equal(out.status, 202);
	SAME(out.answer, r.answer);
}

static void
test_api_key(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct api_key k = {.name = SLICE("billing"),
			    .scopes = SCOPE_SEND | SCOPE_READ,
			    .created_us = 3};
	struct api_key *all;
	uint8_t hash[32] = {1}, other[32] = {2};
	size_t n;

	OK(api_key_insert(db, &k, hash, &error));
	assert_int_equal(api_key_insert(db, &k, other, &error), RC_STATE);
	OK(api_key_list(db, &arena, &all, &n, &error));
	assert_int_equal(n, 1);
	SAME(all[0].name, k.name);
	assert_int_equal(all[0].scopes, SCOPE_SEND | SCOPE_READ);
	assert_memory_equal(all[0].hash, hash, sizeof(hash));
	assert_int_equal(all[0].revoked_us, 0);
	OK(api_key_revoke(db, k.name, 8, &error));
	assert_int_equal(api_key_revoke(db, k.name, 8, &error), RC_NOTFOUND);
	OK(api_key_list(db, &arena, &all, &n, &error));
	assert_int_equal(all[0].revoked_us, 8);
}

static void
test_journal(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct ref ref = ref_new();
	int64_t v = -1;

	OK(journal_offset_get(db, SLICE("a"), &v, &error));
	assert_int_equal(v, 0);
	OK(journal_offset_set(db, SLICE("a"), 5, &error));
	OK(journal_offset_set(db, SLICE("a"), 6, &error));
	OK(journal_offset_get(db, SLICE("a"), &v, &error));
	assert_int_equal(v, 6);
	OK(hit_day_add(db, ref, 20000, 3, &v, &error));
	OK(hit_day_add(db, ref, 20000, 2, &v, &error));
	assert_int_equal(v, 5);
	OK(hit_day_add(db, ref, 20001, 2, &v, &error));
	assert_int_equal(v, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, rows_open, rows_close)
	    T(test_customer),	 T(test_service),
	    T(test_invoice),	 T(test_act),
	    T(test_notice),	 T(test_notices_in_lists),
	    T(test_suppression), T(test_request),
	    T(test_api_key),	 T(test_leaving_is_kept),
	    T(test_request),	 T(test_api_key),
	    T(test_journal),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
