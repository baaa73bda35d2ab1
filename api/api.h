#ifndef API_API_H
#define API_API_H

#include "mailer/materials.h"
#include "mailer/rests.h"
#include "queue/queue.h"
#include "tracker/classifier.h"
#include "tracker/router.h"

/* The REST API for billing systems (API.md), as one route table, with the
 * operator's calls, health and metrics. */
struct api;

struct api_config {
	struct queue *queue;
	const char *db_path;
	unsigned jobs; /* job threads of the server: a reader each */
	struct materials_box *materials; /* token keys of area links */
	struct classifier *classifier;
	struct rests *rests;   /* the mailer's */
	const char *state_dir; /* answers of long batches are spooled there */
	/* Adds lines of Prometheus text to those of GET /metrics.  NULL: none.
	 * Thread: jobs. */
	void (*metrics)(void *owner, struct sbuf *out);
	void *metrics_owner;
	/* Of the public listener, told in the OpenAPI document too. */
	const struct http_table *public_tables;
	size_t public_tables_n;
};

/* Opens the readers and loads the keys.
 * Owns: the caller, api_free(); what config names outlives it.
 * Fails: those of db_open(). */
enum rc api_new(const struct api_config *config, struct api **out,
		struct err *e) MUST_USE;

/* After its server, its jobs and the writer have stopped. */
void api_free(struct api *api);

/* The routes, to be mounted in the private server. */
struct http_table api_table(struct api *api);

/* What GET /readyz answers: true at first, false once a stop has begun.
 * Thread: any. */
void api_set_ready(struct api *api, bool ready);

#endif
