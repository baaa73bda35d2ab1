#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

#include <stdbool.h>

#include "base/err.h"

struct serve_options {
	const char *config, *state;
	const char *clock; /* "START,SPEED", or NULL */
	bool redirect;	   /* pixels and clicks alone, from keys and journal */
	bool standby;	   /* so, and only while no server has the port */
	bool limited;	   /* links alone, for want of room: set by serve() */
	bool quiet;	   /* for commands that need a server for a moment: the
			    * socket alone, no sending, no listeners */
	const char
	    *ports_file; /* where the ports in use are written, or NULL */
};

/* Runs until SIGTERM or SIGINT; SIGHUP reloads.  Fails: whatever stops the
 * start, said for a person. */
enum rc serve(const struct serve_options *o, struct err *e) MUST_USE;

#endif
