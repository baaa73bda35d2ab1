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

/* On whose word TLS is demanded, or not. */
enum target_policy {
	TARGET_POLICY_CONFIGURED, /* the operator's: a relay, "tls =" */
	TARGET_POLICY_OPPORTUNISTIC,
	TARGET_POLICY_DANE,
	TARGET_POLICY_STS_TESTING,
	TARGET_POLICY_STS_ENFORCE,
	TARGET_POLICIES,
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
	enum target_policy policy;
	const char *policy_note; /* how it came to that, or NULL */
	bool unlisted;		 /* the policy, in testing, is not for host */
	const struct target_tlsa *tlsa;
	size_t tlsa_count;
	const char *tlsa_base; /* the name above them; NULL: host */
	const char *domain;    /* the recipient's, which DANE takes as well as
				* host; NULL: none */
	const char *user, *password; /* AUTH; NULL: none */
	bool auth_in_clear;	     /* AUTH without TLS too: tests only */
	bool relay;		     /* ours, or the recipient's exchanger */
	bool named;  /* by the operator, instead of the recipient's DNS */
	bool onward; /* named for many domains: perhaps nobody's own server */
	/* 0: 30 s, 60 s, 300 s, 600 s.  Ref: RFC 5321 4.5.3.2 */
	int connect_ms;
	int stall_ms; /* longest wait for the peer to take a byte */
	int reply_ms;
	int final_ms; /* for the reply to the final dot */
};

#endif
