#ifndef CONF_SHAPE_H
#define CONF_SHAPE_H

#include "base/slice.h"

/* What a text option must look like.  A shape judges texts that are not empty;
 * whether empty will do is the option's lower bound. */
struct shape {
	const char *want; /* "a host name like mail.example.com" */
	bool (*fits)(struct slice s);
};

extern const struct shape shape_line;	    /* any text of one line */
extern const struct shape shape_name;	    /* of a brand, policy, step … */
extern const struct shape shape_act;	    /* the same without "-" */
extern const struct shape shape_host;	    /* host name, A-labels */
extern const struct shape shape_host_addr;  /* host name or IP address */
extern const struct shape shape_hosts;	    /* "*.x.y" or host name */
extern const struct shape shape_pattern;    /* the same, or "*" */
extern const struct shape shape_event;	    /* what billing tells, API.md */
extern const struct shape shape_origin;	    /* host name, then a path */
extern const struct shape shape_url;	    /* http or https */
extern const struct shape shape_base_url;   /* the same, host alone or a path,
					       with no "/" at the end */
extern const struct shape shape_web_origin; /* "https://host[:port]" */
extern const struct shape shape_email;
extern const struct shape shape_color;	   /* "#rrggbb" */
extern const struct shape shape_locale;	   /* "es_AR" */
extern const struct shape shape_zone;	   /* of /usr/share/zoneinfo */
extern const struct shape shape_selector;  /* of DKIM, Ref: RFC 6376 3.1 */
extern const struct shape shape_network;   /* address, or address/bits */
extern const struct shape shape_resolver;  /* "192.0.2.1", "::1@5300" */
extern const struct shape shape_exchanger; /* "host:port" */
extern const struct shape shape_template;  /* a folder of templates/mail */

/* "host:port", "[::1]:25"; *host without its brackets.  False when it is not
 * that, or the port is over 65535. */
bool shape_split_port(struct slice s, struct slice *host, uint16_t *port);

/* The host of an http or https URL; empty when it has none. */
struct slice shape_url_host(struct slice url);

#endif
