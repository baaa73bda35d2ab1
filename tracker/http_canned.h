#ifndef TRACKER_HTTP_CANNED_H
#define TRACKER_HTTP_CANNED_H

#include "tracker/http.h"

/* A response made once and sent often, with its headers.  Content is not
 * copied.  Thread: any may reply with it. */
struct http_canned;
struct http_canned *http_canned_new(int status, const char *content_type,
				    const struct http_field *headers, size_t n,
				    struct slice content);
void http_canned_free(struct http_canned *c);
void http_reply_canned(struct http_request *rq, const struct http_canned *c);

#endif
