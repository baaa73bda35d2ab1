#ifndef RECEIVER_TLS_H
#define RECEIVER_TLS_H

#include "base/err.h"
#include "base/slice.h"

/* The only file of the receiver that knows OpenSSL. */
struct tls;
struct tls_link;

#define TLS_NAMES 16

struct tls_options {
	const char *cert, *key;	      /* PEM files; NULL: made at start */
	const char *cert_out;	      /* where to write the made one, or NULL */
	const char *names[TLS_NAMES]; /* of the made one: hosts, addresses */
	size_t name_count;
	int days; /* that the made one is valid; negative: expired */
	const char *min, *max; /* "1.0" to "1.3" */
	int tickets; /* session tickets of TLS 1.3 after a handshake */
};

/* How an operation on a connection, in TLS or not, ended. */
enum io {
	IO_OK,
	IO_WANT_READ,
	IO_WANT_WRITE,
	IO_END, /* they closed in good order */
	IO_FAILED,
};

/* Fails: RC_INVALID (versions, files that do not fit), RC_IO. */
enum rc tls_new(const struct tls_options *o, struct tls **out,
		struct err *e) MUST_USE;
void tls_free(struct tls *t);

/* The server's end of TLS on a descriptor, which stays the caller's. */
struct tls_link *tls_link_new(struct tls *t, int fd);
void tls_link_free(struct tls_link *l);
enum io tls_link_accept(struct tls_link *l);
enum io tls_link_read(struct tls_link *l, void *p, size_t cap, size_t *n);
enum io tls_link_write(struct tls_link *l, struct slice s, size_t *n);

/* Says close_notify, without waiting for theirs. */
void tls_link_close(struct tls_link *l);

/* Sends a session ticket, or a key update that asks for theirs, before the
 * next bytes (TLS 1.3; nothing in older ones). */
void tls_link_ticket(struct tls_link *l);
void tls_link_key_update(struct tls_link *l);

/* "TLSv1.3". */
const char *tls_link_version(const struct tls_link *l);

/* OpenSSL's name of the cipher suite. */
const char *tls_link_cipher(const struct tls_link *l);

/* The name that they asked for (SNI), "" for none. */
const char *tls_link_server_name(const struct tls_link *l);

/* The reason of the last IO_FAILED, for the journal. */
const char *tls_link_error(const struct tls_link *l);

#endif
