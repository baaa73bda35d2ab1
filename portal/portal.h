#ifndef PORTAL_PORTAL_H
#define PORTAL_PORTAL_H

#include "mailer/materials.h"
#include "queue/queue.h"
#include "tracker/hits.h"
#include "tracker/router.h"

/* The pages that customers see: client area, and those behind a mail's links
 * (view, answer, preferences), as one route table. */
struct portal;

struct portal_config {
	struct queue *queue;
	const char *db_path;
	unsigned jobs; /* job threads of the server: a reader each */
	struct materials_box *materials;
	struct hits *hits; /* where views and visits go; NULL: nowhere */
};

/* Opens the readers.  Owns: the caller, portal_free(); what config names
 * outlives it.  Fails: those of db_open(). */
enum rc portal_new(const struct portal_config *config, struct portal **out,
		   struct err *e) MUST_USE;

/* After its server, its jobs and the writer have stopped. */
void portal_free(struct portal *p);

/* The routes, to be mounted in the public server. */
struct http_table portal_table(struct portal *p);

#endif
