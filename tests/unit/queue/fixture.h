#ifndef TESTS_UNIT_QUEUE_FIXTURE_H
#define TESTS_UNIT_QUEUE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/date.h"
#include "queue/claims.h"
#include "queue/invoices.h"

/* A queue over a fresh store, on a clock that the test moves. */
struct fixture {
	char dir[64], path[96];
	struct queue q;
	struct db *db; /* a reader */
	struct arena a;
	int64_t start_us;
};

#define OK(call)                                                               \
	do {                                                                   \
		struct err *e = &fixture_error;                                \
		enum rc rc_ = (call);                                          \
		if (rc_ != RC_OK)                                              \
			fail_msg("%s: %s: %s", #call, rc_name(rc_), e->text);  \
	} while (0)

/* Of the last OK() that failed. */
extern struct err fixture_error;

/* For cmocka's set-up. */
int fixture_make(void **state);
/* For cmocka's tear-down: removes what it made. */
int fixture_free(void **state);

/* A configuration with the policies "default" (the brand's) and, where both is
 * set, "other", of the same steps. */
void fixture_policies(struct fixture *f, bool both);

/* Moves the clock on to a moment ("2026-11-03T12:30:00Z"). */
void fixture_at(const char *when);

/* Runs an operation in the writer's thread. */
enum rc fixture_do(struct fixture *f,
		   enum rc (*run)(struct fixture *, struct db *, void *,
				  struct err *),
		   void *arg, struct err *e) MUST_USE;

/* A customer with one billing contact, ID@cliente.example; with contacts of the
 * test's own. */
void fixture_customer(struct fixture *f, const char *id);
void fixture_contacts(struct fixture *f, const char *id,
		      const struct contact *list, size_t n);

/* An invoice of 1,000.00 ARS. */
struct put {
	const char *id, *customer, *due, *policy; /* NULL: "default" */
	int64_t rev;
	int status; /* enum invoice_status */
	bool auto_renew;
	struct invoice_result result;
};

/* Puts it.  Fails: as invoices_put(). */
enum rc fixture_put(struct fixture *f, struct put *p, struct err *e) MUST_USE;

/* A PUT that must pass. */
struct put fixture_invoice(struct fixture *f, const char *id,
			   const char *customer, const char *due, int64_t rev,
			   int status);

/* Runs the planner until nothing more is due now. */
void fixture_plan(struct fixture *f);

/* The notice of a step for a due date; NULL when it is not there. */
struct notice *fixture_step(struct fixture *f, const char *invoice,
			    const char *step, const char *due);

/* Messages of a customer in a state (-1: any). */
size_t fixture_messages(struct fixture *f, const char *customer, int state,
			struct message **out);

/* ---- claims, all of customer c1 ---- */

struct take {
	struct claim_batch batch;
};

#define DUE "2026-11-18"		     /* a Wednesday */
#define PROFORMA_TIME "2026-11-03T12:30:00Z" /* its opening */

/* A proforma of invoice i1, due at DUE, that waits. */
void fixture_proforma(struct fixture *f);

/* The one message there is. */
struct message *fixture_message(struct fixture *f);

/* For fixture_do(): claims what waits and journals it, arg a struct take; ends
 * an attempt by a struct claim_verdict; applies a struct hand_order. */
enum rc fixture_run_take(struct fixture *f, struct db *db, void *arg,
			 struct err *e) MUST_USE;
enum rc fixture_run_journal(struct fixture *f, struct db *db, void *arg,
			    struct err *e) MUST_USE;
enum rc fixture_run_end(struct fixture *f, struct db *db, void *arg,
			struct err *e) MUST_USE;
enum rc fixture_run_hand(struct fixture *f, struct db *db, void *arg,
			 struct err *e) MUST_USE;

/* Claims and journals the one message that waits. */
struct claim *fixture_begin(struct fixture *f, struct take *t);

/* Its end; a failure suppresses the address. */
void fixture_end(struct fixture *f, struct take *t, enum claim_end how);

#endif
