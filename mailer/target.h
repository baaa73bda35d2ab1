#ifndef MAILER_TARGET_H
#define MAILER_TARGET_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/slice.h"

enum target_tls {
	TARGET_PLAIN,
	TARGET_MAY, /* STARTTLS where it is offered */
	TARGET_MUST,
	TARGET_IMPLICIT, /* TLS from the first byte (port 465) */
};

enum target_verify {
	TARGET_VERIFY_NONE, /* any certificate; what it is worth is noted */
	TARGET_VERIFY_NAME, /* chain to a anchor, and host's name */
	TARGET_VERIFY_DANE, /* TLSA records.  Ref: RFC 7672 */
};

/* A TLSA record, already authenticated by DNSSEC. */
struct target_tlsa {
	uint8_t usage, selector, matching;
	struct slice data;
};

/* Whom to speak to.  All is borrowed for the session. */
struct target {
	struct sockaddr_storage peer;  /* address and port */
	struct sockaddr_storage local; /* family 0: any source address */
	const char *host;	       /* for SNI, and the name to verify */
	const char *helo;	       /* our name in EHLO */
	enum target_tls tls;
	enum target_verify verify;
	const struct target_tlsa *tlsa;
	size_t tlsa_count;
	const char *user, *password; /* AUTH; NULL: none */
	bool auth_in_clear;	     /* AUTH without TLS too: tests only */
	bool relay;		     /* ours, or the recipient's exchanger */
	/* 0: 30 s, 60 s, 300 s, 600 s.  Ref: RFC 5321 4.5.3.2 */
	int connect_ms;
	int stall_ms; /* longest wait for the peer to take a byte */
	int reply_ms;
	int final_ms; /* for the reply to the final dot */
};

#endif
