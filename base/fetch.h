#ifndef BASE_FETCH_H
#define BASE_FETCH_H

#include <stdatomic.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/sbuf.h"

/* One HTTP request to elsewhere: the sole user of libcurl. */
struct fetch {
	const char *method; /* "GET", "POST", "PUT", "DELETE" */
	const char *url;    /* http or https */
	const char *socket; /* Unix socket to speak through, or NULL */
	const char *const
	    *headers; /* "Name: value", NULL-terminated, or NULL */
	struct slice body;
	const char *body_file; /* sent as it is read, instead of body */
	int timeout_ms;	       /* for all of it; 0: none */
	const char *ca_file;   /* authorities in PEM; NULL: the system's */
	/* "host:443:192.0.2.1,[2001:db8::1]": where the URL's host is, without
	 * asking the system's resolver; NULL: ask it. */
	const char *at;
	const atomic_bool *stop; /* breaks it off within a second; NULL */
	/* Addresses in private, loopback and link-local ranges are refused
	 * unless this is set, after the name was resolved. */
	bool allow_private;

	/* Called with each piece of the answer instead of keeping it. */
	bool (*piece)(void *arg, struct slice piece);
	void *arg;

	int status;	     /* of the answer */
	char type[64];	     /* its Content-Type, cut; empty: none */
	struct sbuf *answer; /* its body goes here, within its max */
};

/* Sends it and waits.  No redirects are followed.  Any status is RC_OK.
 * Fails: RC_IO (no answer; the text says why), RC_DENIED (address guard),
 * RC_LIMIT (answer over its bound). */
enum rc fetch_run(struct fetch *f, struct err *e) MUST_USE;

/* True for an address in a range that is not for the public network. */
bool fetch_private(const struct sockaddr *a);

#endif
