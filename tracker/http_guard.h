#ifndef TRACKER_HTTP_GUARD_H
#define TRACKER_HTTP_GUARD_H

#include "tracker/http.h"

/* What a request's headers say of its body. */
struct http_shape {
	bool has_body, chunked, expect_continue;
	int64_t length; /* -1: not said */
};

/* Judges method, version ("HTTP/1.1") and headers before anything else looks
 * at them.  Returns 0, or the status to refuse with, and why; whoever is
 * refused is disconnected, since where the next request begins is in doubt.
 * Ref: RFC 9112, 5.1, 6.1, 6.3, 11.2. */
int http_guard(const struct http_field *headers, size_t n, struct slice method,
	       struct slice version, struct http_shape *out, const char **why);

/* "GET" and its like; HTTP_OTHER for a well-formed one that is not ours. */
enum http_method http_method_of(struct slice name);

/* Whose word on the visitor's address counts, and by which header: the other
 * one would come through them as the visitor wrote it. */
struct http_proxies {
	struct addr_set *trusted; /* NULL: nobody */
	bool forwarded;		  /* Forwarded, instead of X-Forwarded-For */
};

/* The visitor's address and scheme as a trusted proxy tells them: the last
 * address, over all lines of the header, that is no trusted proxy.  Stops at
 * what is no address.  Leaves *peer and *https as they are unless *peer is
 * trusted.  Ref: RFC 7239. */
void http_forwarded(const struct http_field *headers, size_t n,
		    const struct http_proxies *proxies, struct addr *peer,
		    bool *https);

#endif
