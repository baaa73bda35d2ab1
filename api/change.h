#ifndef API_CHANGE_H
#define API_CHANGE_H

#include "api/api_private.h"

/*
 * A change that a caller asks for: parsed and judged where it arrives, run in
 * the writer's thread, answered after the commit.  Single requests and lines of
 * batches are the same changes.
 */

/* What a change is given to parse. */
struct change_ask {
	struct api *api;
	struct slice id; /* of the path or the line; "" : none */
	json_t *body;	 /* NULL: none was sent */
	struct arena *a;
};

/* What it answers.  body is reset before each run. */
struct change_answer {
	int status;
	struct slice id; /* billing's own, or ours; for lines of batches */
	struct sbuf body;
};

/* What a change runs with. */
struct change_run {
	struct api *api;
	struct db *db;
	const void *what; /* as parsed: not to be written to */
	struct slice by;  /* who asks */
	struct arena *a;  /* lives until the answer was given */
	struct change_answer *out;
};

struct change_kind {
	size_t body_max; /* bytes of the body */
	bool body_required;
	/* Fails: RC_INVALID with the pointer.  Thread: any. */
	enum rc (*parse)(const struct change_ask *ask, void **what,
			 struct err *e);
	/* One operation of the writer's thread; may run again after a failed
	 * commit. */
	enum rc (*run)(struct change_run *r, struct err *e);
};

extern const struct change_kind change_customer, change_service, change_invoice,
    change_event, change_notice;

struct change {
	const struct change_kind *kind;
	struct api *api;
	struct slice id, by;
	struct slice key; /* once-only; "" : none */
	uint8_t hash[32]; /* of what was asked, with its route; by key */
	void *what;
};

/* Parses a body into c, whose kind, api, id, by and key are set.  route: what
 * the key counts for besides the body.  Takes the reference to body (NULL:
 * none).  Owns: the arena.  Fails: RC_INVALID. */
enum rc change_parse(struct change *c, struct slice route, json_t *body,
		     struct arena *a, struct err *e) MUST_USE;

/* Runs it in the writer's thread: once for a key, the same answer again.
 * Fails: those of its kind; RC_DENIED (the key was used for something else). */
enum rc change_run(const struct change *c, struct db *db, struct arena *a,
		   struct change_answer *out, struct err *e) MUST_USE;

/* Handles a request that is one change of this kind: parses, suspends, and
 * answers after the commit.  id: of what it is about.  Thread: loops, jobs. */
void change_handle(struct http_request *rq, const struct change_kind *kind,
		   struct slice id);

/* The status and title of a change's failure. */
int change_status(const struct err *e);

#endif
