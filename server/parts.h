#ifndef SERVER_PARTS_H
#define SERVER_PARTS_H

#include "api/api.h"
#include "base/log.h"
#include "mailer/mailer.h"
#include "portal/portal.h"
#include "queue/planner.h"
#include "server/fast_clock.h"
#include "server/hit_sink.h"
#include "server/pass.h"
#include "server/serve.h"
#include "server/state.h"
#include "tracker/classifier.h"
#include "tracker/hit_alarms.h"
#include "tracker/http_server.h"

/* What the two ends of standby.h know of each other; descriptors: -1, none. */
struct standby {
	int lock, listening; /* of who stands by */
	int peer;
	struct passed sockets;	/* of the public port, to listen on */
	struct http_pair *pair; /* as last read, or NULL */
};

/* The parts of a running server, NULL where one does not run. */
struct server {
	const struct serve_options *o;
	size_t started; /* so many rows of the table */
	char db_path[STATE_PATH_MAX];
	int lock;
	const struct conf *conf; /* as it was at the start */
	/* by what the listeners were opened, NULL where they are not */
	const struct conf *public_conf, *private_conf;
	struct queue queue;
	struct materials_box *materials;
	struct keys_box *keys;
	struct jobs *jobs;
	struct journal *journal;
	struct hits *hits;
	struct hit_sink *sink;
	struct drain *drain;
	struct hit_alarms *alarms;
	char ranges_path[STATE_PATH_MAX];
	struct classifier *classifier;
	struct api *api;
	struct portal *portal;
	struct http_table public_tables[2], private_tables[1];
	struct router *public_router, *private_router;
	struct http_server *public_http, *private_http;
	struct standby standby;
	struct transport *transport;
	struct dns *dns;
	struct sts *sts;
	struct mailer *mailer;
	struct rests *rests; /* of the mailer, for the API */
	struct planner *planner;
	struct fast_clock *clock;
};

/* Starts the parts that o asks for, in order; s is zero but for o.  After a
 * failure too parts_stop() has to come.  Fails: as the part at fault, said for
 * a person. */
enum rc parts_start(struct server *s, struct err *e) MUST_USE;

/* Stops what was started, in the reverse order. */
void parts_stop(struct server *s);

/* The level of a name of the option log_level. */
enum log_level parts_log_level(const char *name);

#endif
