#ifndef MAILER_OUTCOME_H
#define MAILER_OUTCOME_H

#include "base/hash.h"
#include "base/sbuf.h"

/* Where something was decided, in the order of a session. */
enum stage {
	STAGE_INPUT, /* our own checks, before a socket */
	STAGE_CONNECT,
	STAGE_GREETING,
	STAGE_EHLO,
	STAGE_STARTTLS,
	STAGE_TLS,
	STAGE_AUTH,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_CONTENT, /* between the 354 and the final dot */
	STAGE_DOT,     /* the final dot is out */
	STAGE_QUIT,
	STAGES,
};

enum fate {
	FATE_UNTRIED,	/* no MAIL of it was sent: see the session */
	FATE_INVALID,	/* we refuse it: fault names the field */
	FATE_REFUSED,	/* a whole 4xx or 5xx at stage */
	FATE_ABORTED,	/* ended before its dot left: safe to try again */
	FATE_STOPPED,	/* may_go() said no at its DATA */
	FATE_ACCEPTED,	/* a whole 2xx, asked for, after all its bytes */
	FATE_UNCERTAIN, /* the dot left, no whole reply came */
	FATES,
};

/* What is known of a message, or of a session that failed as a whole. */
struct outcome {
	enum fate fate;
	enum stage stage;
	int code;	     /* of the reply that decided; 0: none came */
	int enhanced[3];     /* RFC 3463, as in the reply; all 0: none */
	struct sbuf reply;   /* verbatim, its CRLFs included */
	char fault[160];     /* why, where no reply decided: "reply timeout" */
	char remote_id[128]; /* queue id in an accepting reply, or empty */
	int64_t started_us, ended_us; /* wall clock */
};

/* Nothing is known yet: FATE_UNTRIED.  Owns: the caller, outcome_fini(). */
void outcome_init(struct outcome *o);
void outcome_fini(struct outcome *o);

/* Forgets what was known, for another try. */
void outcome_reset(struct outcome *o);

/* Takes a whole reply in: code, enhanced code, text, and of a 2xx the queue
 * id.  Ref: RFC 5321 4.2, RFC 2034. */
void outcome_reply(struct outcome *o, struct slice reply);

/* Words of a stage ("greeting", "RCPT") and of a fate ("accepted"). */
const char *stage_name(enum stage stage);
const char *fate_name(enum fate fate);

/* What a peer showed of TLS, and how it was judged. */
struct tls_facts {
	bool on;
	char policy[16]; /* "opportunistic", "dane", "sts enforce" … */
	/* What a policy that only tests would refuse, or why TLS that was
	 * offered is not on. */
	char failure[128];
	char refused[96]; /* the reply to STARTTLS, where it is none of 220 */
	char version[16], cipher[64], subject[160], issuer[160];
	char validated[32]; /* "none", "name", "dane 3 1 1" */
	char verify[96];    /* of the chain: "ok", or why not */
	uint8_t leaf_sha256[SHA256_SIZE];
	struct sbuf chain; /* PEM as the peer sent it, leaf first */
};

/* Adds them as members of an event's payload: tls, tls_policy and, where there
 * is one, tls_failure. */
void outcome_tls_json(const struct tls_facts *t, struct sbuf *b);

#endif
