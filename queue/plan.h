#ifndef QUEUE_PLAN_H
#define QUEUE_PLAN_H

#include "queue/outbox.h"
#include "queue/schedule.h"
#include "store/invoice.h"

/* What is planned for one invoice: its notices, its acts, and what becomes of
 * its messages that wait. */

#define PLAN_STEPS_MAX 256

/* What the state of an invoice asks of its notices. */
enum course { COURSE_GO, COURSE_HOLD, COURSE_STOP };

/* The caller fills it but for the steps. */
struct plan {
	struct queue *q;
	struct db *db;
	const struct policy *policy; /* NULL: it is gone */
	struct invoice *i;
	struct customer customer;
	struct slice subject; /* "invoice/ID" */
	enum course course;
	const char *reason; /* of a hold or stop */
	int64_t now;
	struct arena *a;

	struct step_time steps[PLAN_STEPS_MAX];
	size_t steps_n;
	bool step_known[PLAN_STEPS_MAX];
};

/* Brings all of it in line with the invoice as it is now.  old_due: the due
 * date before; DATE_NONE: it is new.  in_flight: messages that it could not
 * stop.  Fails: RC_LIMIT (steps).  Thread: writer. */
enum rc plan_align(struct plan *p, int32_t old_due, struct in_flight *in_flight,
		   struct err *e) MUST_USE;

#endif
