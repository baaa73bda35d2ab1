#ifndef SERVER_CLIENT_H
#define SERVER_CLIENT_H

#include "base/sbuf.h"
#include "server/command.h"

/*
 * How subcommands reach the server: the API over the state directory's socket.
 * Where nothing serves, a server of the socket alone is started for the call.
 */

/* Calls the API; body is JSON, or empty.  The answer goes to out.  Fails:
 * RC_IO, and what a status from 400 on says (its detail is the text). */
enum rc client_call(const struct options *o, const char *method,
		    const char *path, struct slice body, struct sbuf *out,
		    struct err *e) MUST_USE;

/* Calls, and prints the answer: as it is with --json or without show, else by
 * show().  Fails: as client_call(). */
enum rc client_print(const struct options *o, const char *method,
		     const char *path, struct slice body,
		     void (*show)(struct slice answer), struct err *e) MUST_USE;

#endif
