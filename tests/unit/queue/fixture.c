#include "tests/unit/queue/fixture.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "queue/customers.h"
#include "queue/hand.h"
#include "queue/planner.h"

struct err fixture_error;

#define FIXTURE_CONF                                                           \
	"general { hostname = \"acuse.h.example\" "                            \
	"origin = \"acuse.h.example/log\" send = true }\n"                     \
	"brand \"default\" { id = 1 title = \"H\" "                            \
	"from_address = \"b@h.example\" return_domain = \"r.h.example\" "      \
	"public_url = \"https://n.h.example\" locale = \"es_AR\" "             \
	"time_zone = \"America/Argentina/Buenos_Aires\" "                      \
	"policy = \"default\" route = \"mx\" }\n"

#define FIXTURE_POLICY(name)                                                   \
	"policy \"" name "\" {\n"                                              \
	"time_zone = \"America/Argentina/Buenos_Aires\"\n"                     \
	"window = \"mon-sat 09:00-19:00 customer\"\n"                          \
	"group = \"due_date\" minimum = \"ARS 500\" cap = \"3/day\"\n"         \
	"late = \"36h\" spread = \"0h\"\n"                                     \
	"step \"proforma\" { at = \"due-15d\" template = \"proforma\" }\n"     \
	"step \"reminder-1\" { at = \"due-10d\" template = \"reminder\" "      \
	"unless = {\"auto_renew_ok\"} }\n"                                     \
	"step \"reminder-2\" { at = \"due-5d\" template = \"reminder\" "       \
	"unless = {\"auto_renew_ok\"} }\n"                                     \
	"step \"reminder-final\" { at = \"due-1d\" "                           \
	"template = \"reminder-final\" unless = {\"auto_renew_ok\"} }\n"       \
	"step \"pre-suspension\" { at = \"suspend-24h\" "                      \
	"template = \"pre-suspension\" }\n"                                    \
	"act \"suspend\" { at = \"due+2d\" needs = {\"pre-suspension\"} "      \
	"proof = {\"mx_accepted\", \"confirmed\"} "                            \
	"window = \"mon-thu 09:00-15:00\" }\n"                                 \
	"}\n"

void
fixture_policies(struct fixture *f, bool both)
{
	const struct conf *conf;

	OK(conf_parse(both ? SLICE(FIXTURE_CONF FIXTURE_POLICY("default")
				       FIXTURE_POLICY("other"))
			   : SLICE(FIXTURE_CONF FIXTURE_POLICY("default")),
		      "/test/acuse.conf", &conf, e));
	conf_box_set(f->q.conf, conf);
}

/* Moves the clock on to a moment. */
void
fixture_at(const char *when)
{
	int64_t to, now = clock_wall_us();

	assert_true(time_parse(slice_z(when), &to));
	while (now < to)
		now = clock_advance(to - now);
}

int
fixture_make(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	char clock[96], phases[96];
	const struct conf *conf;

	snprintf(f->dir, sizeof(f->dir), "/tmp/acuse-queue-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/acuse.db", f->dir);
	snprintf(clock, sizeof(clock), "%s/clock", f->dir);
	snprintf(phases, sizeof(phases), "%s/phases", f->dir);
	assert_true(time_parse(SLICE("2026-10-26T12:00:00Z"), &f->start_us));
	OK(clock_share(clock, f->start_us, 1, e));
	OK(conf_parse(SLICE(FIXTURE_CONF FIXTURE_POLICY("default")),
		      "/test/acuse.conf", &conf, e));
	f->q.conf = conf_box_new(conf);
	f->q.instance = 1;
	bell_init(&f->q.plan);
	bell_init(&f->q.mail);
	OK(db_create(f->path, e));
	OK(writer_start(f->path, 64, &f->q.writer, e));
	writer_on_commit(f->q.writer, queue_committed, &f->q);
	OK(phases_open(phases, 64, &f->q.phases, e));
	phases_forget(f->q.phases, f->q.instance);
	OK(db_open(f->path, DB_READ, &f->db, e));
	arena_init(&f->a, 64u << 20);
	*state = f;
	return 0;
}

int
fixture_free(void **state)
{
	static const char *const files[] = {"acuse.db", "acuse.db-wal",
					    "acuse.db-shm", "clock", "phases"};
	struct fixture *f = *state;
	char path[160];

	writer_stop(f->q.writer);
	db_close(f->db);
	phases_close(f->q.phases);
	conf_box_free(f->q.conf);
	bell_fini(&f->q.plan);
	bell_fini(&f->q.mail);
	arena_fini(&f->a);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, files[i]);
		unlink(path);
	}
	rmdir(f->dir);
	free(f);
	return 0;
}

/* ---- operations in the writer's thread ---- */

struct op {
	struct write_op op;
	struct fixture *f;
	enum rc (*run)(struct fixture *f, struct db *db, void *arg,
		       struct err *e);
	void *arg;
};

static enum rc
run_op(struct write_op *op, struct db *db, struct err *e)
{
	struct op *x = (struct op *)op;

	return x->run(x->f, db, x->arg, e);
}

enum rc
fixture_do(struct fixture *f,
	   enum rc (*run)(struct fixture *, struct db *, void *, struct err *),
	   void *arg, struct err *e)
{
	struct op x = {{.run = run_op}, f, run, arg};

	return writer_do(f->q.writer, &x.op, e);
}

static enum rc
put_customer(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	bool created;

	return customers_put(&f->q, db, arg, &f->a, &created, e);
}

void
fixture_contacts(struct fixture *f, const char *id, const struct contact *list,
		 size_t n)
{
	struct customer c = {.id = slice_z(id),
			     .brand = SLICE("default"),
			     .name = SLICE("Ana"),
			     .groups = SLICE("[]"),
			     .contacts = list,
			     .contacts_n = n};

	OK(fixture_do(f, put_customer, &c, e));
}

void
fixture_customer(struct fixture *f, const char *id)
{
	struct contact k = {
	    .id = SLICE("k1"), .role = SLICE("billing"), .since = DATE_NONE};

	k.email = slice_z(arena_printf(&f->a, "%s@cliente.example", id));
	fixture_contacts(f, id, &k, 1);
}

static enum rc
put_invoice(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	struct put *p = arg;
	struct invoice i = {.id = slice_z(p->id),
			    .customer = slice_z(p->customer),
			    .number = slice_z(p->id),
			    .policy =
				slice_z(p->policy ? p->policy : "default"),
			    .rev = p->rev,
			    .status = p->status,
			    .total = {100000, "ARS"},
			    .balance = {100000, "ARS"},
			    .issued_on = DATE_NONE,
			    .charge_on = DATE_NONE,
			    .retry_on = DATE_NONE,
			    .auto_renew = p->auto_renew};

	assert_true(date_parse(slice_z(p->due), &i.due_on));
	i.body = slice_z(arena_printf(&f->a, "{\"due_on\":\"%s\"}", p->due));
	return invoices_put(&f->q, db, &i, &f->a, &p->result, e);
}

enum rc
fixture_put(struct fixture *f, struct put *p, struct err *e)
{
	return fixture_do(f, put_invoice, p, e);
}

/* A PUT that must pass. */
struct put
fixture_invoice(struct fixture *f, const char *id, const char *customer,
		const char *due, int64_t rev, int status)
{
	struct put p = {.id = id,
			.customer = customer,
			.due = due,
			.rev = rev,
			.status = status};

	OK(fixture_put(f, &p, e));
	return p;
}

static enum rc
run_round(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	int64_t next;

	return planner_round(&f->q, db, clock_wall_us(), 100, arg, &next, e);
}

/* Runs the planner until nothing more is due now. */
void
fixture_plan(struct fixture *f)
{
	bool more = true;

	while (more)
		OK(fixture_do(f, run_round, &more, e));
}

/* ---- what is stored ---- */

/* The notice of a step for a due date; NULL when it is not there. */
struct notice *
fixture_step(struct fixture *f, const char *invoice, const char *step,
	     const char *due)
{
	struct notice *list, *found = NULL;
	int32_t date;
	size_t n;

	assert_true(date_parse(slice_z(due), &date));
	OK(notice_list_invoice(f->db, slice_z(invoice), &f->a, &list, &n, e));
	for (size_t i = 0; i < n; i++) {
		if (list[i].anchor != date || !slice_eq_z(list[i].step, step))
			continue;
		assert_null(found);
		found = &list[i];
	}
	return found;
}

/* Messages of a customer in a state (-1: any). */
size_t
fixture_messages(struct fixture *f, const char *customer, int state,
		 struct message **out)
{
	struct message_filter filter = {.customer = slice_z(customer),
					.state = state,
					.before_us = INT64_MAX,
					.limit = 100};
	size_t n;

	OK(message_list(f->db, &filter, &f->a, out, &n, e));
	return n;
}

/* ---- claims ---- */

enum rc
fixture_run_take(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	struct take *t = arg;
	struct message *list;
	size_t n = fixture_messages(f, "c1", -1, &list);

	if (n == 0)
		return err_set(e, RC_NOTFOUND, "no message");
	return claims_take(&f->q, db, list[0].lane, clock_wall_us(), 10, &f->a,
			   &t->batch, e);
}

enum rc
fixture_run_journal(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	return claims_journal(&f->q, db, &((struct take *)arg)->batch,
			      SLICE(""), e);
}

enum rc
fixture_run_end(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	return claims_end(&f->q, db, arg, 1, e);
}

enum rc
fixture_run_hand(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	struct hand_result out;

	return hand_apply(&f->q, db, arg, &f->a, &out, e);
}

struct claim *
fixture_begin(struct fixture *f, struct take *t)
{
	OK(fixture_do(f, fixture_run_take, t, e));
	assert_int_equal(t->batch.n, 1);
	OK(fixture_do(f, fixture_run_journal, t, e));
	return &t->batch.claims[0];
}

void
fixture_end(struct fixture *f, struct take *t, enum claim_end how)
{
	struct claim_verdict v = {.claim = &t->batch.claims[0],
				  .end = how,
				  .verdict = "a test's",
				  .wait_us = SECOND_US,
				  .facts = FACT_MX_ACCEPTED,
				  .suppress = how == CLAIM_FAILED};

	OK(fixture_do(f, fixture_run_end, &v, e));
	claims_free(&f->q, &t->batch);
}

struct message *
fixture_message(struct fixture *f)
{
	struct message *list;

	assert_int_equal(fixture_messages(f, "c1", -1, &list), 1);
	return &list[0];
}

void
fixture_proforma(struct fixture *f)
{
	fixture_customer(f, "c1");
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	fixture_at(PROFORMA_TIME);
	fixture_plan(f);
	assert_int_equal(fixture_message(f)->state, MESSAGE_QUEUED);
}
