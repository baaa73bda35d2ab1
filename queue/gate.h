#ifndef QUEUE_GATE_H
#define QUEUE_GATE_H

#include "queue/queue.h"
#include "store/invoice.h"

/* "May I suspend this service?": the answer from proof. */
struct gate_question {
	struct slice action;  /* an act of the policy */
	struct slice service; /* or customer; "" */
	struct slice customer;
	struct slice invoice; /* "" : any that is owed */
};

struct gate_proof {
	struct ref mref;
	uint32_t facts;
};

struct gate_answer {
	bool allow;
	const char *reason; /* "too_early", "missing", "allowed" … */
	struct slice invoice;
	struct ref subject; /* the invoice's reference, or the customer's */
	const struct slice *missing;
	size_t missing_n;
	const struct gate_proof *proof;
	size_t proof_n;
	int64_t ask_again_us; /* 0: when something changes */
	int64_t valid_until_us;
};

/* Decides from what is stored at now.  Reads alone.
 * Fails: RC_INVALID (unknown action, or neither service nor customer),
 * RC_NOTFOUND (unknown service or customer). */
enum rc gate_decide(const struct conf *conf, struct db *db,
		    const struct gate_question *ask, int64_t now_us,
		    struct arena *a, struct gate_answer *out,
		    struct err *e) MUST_USE;

/* Appends gate.allowed or gate.denied and gives its reference in id
 * ("gate-POSITION").  Thread: writer. */
enum rc gate_record(struct db *db, const struct gate_question *ask,
		    const struct gate_answer *answer, struct sbuf *id,
		    struct err *e) MUST_USE;

#endif
