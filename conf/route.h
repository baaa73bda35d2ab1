#ifndef CONF_ROUTE_H
#define CONF_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

/* By which way, and how fast, mail leaves for a recipient's domain. */

enum tls_mode { TLS_OFF, TLS_MAY, TLS_MUST, TLS_IMPLICIT };
enum relay_sign { RELAY_SIGN_OURS, RELAY_SIGN_RELAY };

enum relay_rewrites {
	REWRITES_MESSAGE_ID = 1 << 0,
	REWRITES_DATE = 1 << 1,
	REWRITES_RETURN_PATH = 1 << 2,
};

struct relay {
	const char *name, *host, *user, *password_file;
	uint16_t port;
	enum tls_mode tls;
	bool verify;
	enum relay_sign sign;
	uint32_t rewrites;
};

/* Rate and concurrency for a destination domain; the row "*" is for others. */
struct destination {
	const char *pattern;	       /* "gmail.com", "*.example", "*" */
	const char *const *exchangers; /* "127.0.0.1:2525": instead of DNS */
	const char *route;	       /* "" : the brand's */
	int connections, per_minute, per_connection;
	enum tls_mode tls;
};

#endif
