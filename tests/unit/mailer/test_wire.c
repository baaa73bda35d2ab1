#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "mailer/wire.h"

/* A wire whose peer is the other end of a socket pair. */
struct pair {
	struct wire wire;
	struct target to;
	struct bell cancel;
	struct tls_facts facts;
	struct sbuf log;
	int peer;
};

static int
set_up(void **state)
{
	struct pair *p = MEM_NEW(struct pair);
	int fd[2], small = 1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) != 0)
		return -1;
	/* The least that the kernel grants, so that writing blocks soon. */
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	p->to.host = p->to.helo = "a.example";
	p->to.stall_ms = p->to.reply_ms = 10000;
	bell_init(&p->cancel);
	sbuf_init(&p->log, 65536);
	wire_init(&p->wire, &p->to, NULL, &p->cancel, &p->facts);
	p->wire.log = &p->log;
	p->wire.fd = fd[0];
	p->peer = fd[1];
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct pair *p = *state;

	wire_fini(&p->wire);
	close(p->peer);
	bell_fini(&p->cancel);
	sbuf_fini(&p->log);
	free(p);
	return 0;
}

static void
peer_says(struct pair *p, const char *text)
{
	assert_int_equal(write(p->peer, text, strlen(text)), strlen(text));
}

static void
put_much(struct pair *p)
{
	static const char much[30000];

	assert_true(wire_put(&p->wire, slice_of(much, sizeof much)));
}

static void
died_of(struct pair *p, const char *fault)
{
	assert_true(p->wire.dead);
	assert_string_equal(p->wire.fault, fault);
	assert_non_null(strstr(sbuf_z(&p->log), fault));
}

static void
replies_are_taken_one_by_one(void **state)
{
	struct pair *p = *state;

	peer_says(p, "250-a\r\n250 b\r\n354 go\r\n25");
	assert_int_equal(wire_reply(&p->wire, 10000), 250);
	assert_true(slice_eq_z(wire_last(&p->wire), "250-a\r\n250 b\r\n"));
	assert_int_equal(wire_reply(&p->wire, 10000), 354);
	assert_int_equal(wire_reply(&p->wire, 10), -1);
	died_of(p, "reply timeout");
	/* Once dead, it stays so. */
	peer_says(p, "0 x\r\n");
	assert_int_equal(wire_reply(&p->wire, 10), -1);
	assert_false(wire_put(&p->wire, SLICE("x")));
	assert_non_null(strstr(sbuf_z(&p->log), " S 250-a\n"));
	assert_non_null(strstr(sbuf_z(&p->log), " ? 25\n"));
}

/* Without it each message waits for a delayed acknowledgement. */
static void
what_is_written_leaves_at_once(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof a, on_size = sizeof(int);
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 0;
	struct pair *p = *state;
	struct wire w;

	assert_int_equal(bind(listener, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &n), 0);
	memcpy(&p->to.peer, &a, sizeof a);
	p->to.connect_ms = 10000;
	wire_init(&w, &p->to, NULL, &p->cancel, &p->facts);
	w.log = &p->log;
	assert_true(wire_connect(&w));
	assert_int_equal(
	    getsockopt(w.fd, IPPROTO_TCP, TCP_NODELAY, &on, &on_size), 0);
	assert_true(on != 0);
	wire_fini(&w);
	close(listener);
}

/* Nobody was asked then, which must not count against the peer. */
static void
want_of_descriptors_is_told_from_a_dead_peer(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof a;
	int closed = socket(AF_INET, SOCK_STREAM, 0);
	struct rlimit before, none;
	struct pair *p = *state;
	struct wire w;

	assert_int_equal(bind(closed, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(closed, (struct sockaddr *)&a, &n), 0);
	memcpy(&p->to.peer, &a, sizeof a);
	p->to.connect_ms = 10000;
	wire_init(&w, &p->to, NULL, NULL, &p->facts);
	assert_false(wire_connect(&w));
	assert_false(w.starved);
	wire_fini(&w);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	wire_init(&w, &p->to, NULL, NULL, &p->facts);
	assert_false(wire_connect(&w));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(w.starved);
	assert_string_equal(w.fault, strerror(EMFILE));
	wire_fini(&w);
	close(closed);
}

static void
a_blocked_sender_hears_who_speaks_too_early(void **state)
{
	struct pair *p = *state;

	p->wire.hush = true;
	put_much(p);
	peer_says(p, "250 2.0.0 queued\r\n");
	assert_false(wire_flush(&p->wire));
	died_of(p, "reply before the end of the message");
	assert_true(p->wire.sent < 30000);
}

/* A peer that reads on, and hangs up later, is heard before it does. */
static void
a_sender_that_is_not_blocked_hears_too(void **state)
{
	static const char much[150000];
	struct pair *p = *state;
	int room = 1 << 20;

	assert_int_equal(
	    setsockopt(p->wire.fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room),
	    0);
	p->wire.hush = true;
	p->wire.stage = STAGE_CONTENT;
	peer_says(p, "451 4.3.0 no room\r\n");
	assert_false(wire_put(&p->wire, slice_of(much, sizeof much)));
	died_of(p, "reply before the end of the message");
	assert_true(p->wire.sent < sizeof much);
	assert_true(
	    slice_eq_z(wire_parting(&p->wire), "451 4.3.0 no room\r\n"));
}

static void
a_stall_from_the_first_byte_on_ends_a_write(void **state)
{
	struct pair *p = *state;
	int64_t start_us;

	while (write(p->wire.fd, "x", 1) == 1)
		;
	put_much(p);
	p->to.stall_ms = 20;
	start_us = clock_mono_us();
	assert_false(wire_flush(&p->wire));
	died_of(p, "write timeout");
	assert_true(clock_mono_us() - start_us < 9 * SECOND_US);
	assert_int_equal(p->wire.sent, 0);
}

static void
a_blocked_sender_reads_what_it_may(void **state)
{
	struct pair *p = *state;

	put_much(p);
	peer_says(p, "250 one\r\n");
	p->to.stall_ms = 20;
	assert_false(wire_flush(&p->wire));
	died_of(p, "write timeout");
	assert_true(
	    slice_eq_z(slice_of(p->wire.in, p->wire.in_n), "250 one\r\n"));
	assert_int_equal(wire_parting(&p->wire).n, 0);
}

static void
who_says_too_much_is_dropped(void **state)
{
	static char garbage[WIRE_IN_MAX];
	struct pair *p = *state;

	memset(garbage, 'x', sizeof garbage);
	memcpy(garbage, "250 ", 4);
	assert_true(write(p->peer, garbage, sizeof garbage) > REPLY_MAX);
	assert_int_equal(wire_reply(&p->wire, 10000), -1);
	died_of(p, "malformed reply");
}

static void
the_deadline_holds_whatever_the_peer_does(void **state)
{
	struct pair *p = *state;

	p->wire.deadline_us = clock_mono_us() + 10000;
	assert_int_equal(wire_reply(&p->wire, 10000), -1);
	died_of(p, "deadline");
}

static void
a_cancel_is_heard_at_once(void **state)
{
	struct pair *p = *state;

	bell_ring(&p->cancel);
	peer_says(p, "250 ok\r\n");
	assert_int_equal(wire_reply(&p->wire, 10000), -1);
	died_of(p, "cancelled");
}

static void
parting_words_are_kept(void **state)
{
	struct pair *p = *state;

	peer_says(p, "421 4.4.2 bye\r\n");
	close(p->peer);
	p->peer = open("/dev/null", O_RDONLY);
	put_much(p);
	assert_false(wire_flush(&p->wire));
	assert_true(slice_eq_z(wire_parting(&p->wire), "421 4.4.2 bye\r\n"));
	assert_true(p->wire.dead);
}

static void
nothing_counts_as_sent_before_it_has_left(void **state)
{
	struct pair *p = *state;

	put_much(p);
	assert_int_equal(p->wire.sent, 0);
	p->to.stall_ms = 1;
	assert_false(wire_flush(&p->wire));
	assert_true(p->wire.sent > 0 && p->wire.sent < 30000);
}

static unsigned
client_key(SSL *ssl, const char *hint, char *identity, unsigned identity_max,
	   unsigned char *key, unsigned key_max)
{
	(void)ssl;
	(void)hint;
	snprintf(identity, identity_max, "a");
	memset(key, 7, key_max < 16 ? key_max : 16);
	return 16;
}

static unsigned
server_key(SSL *ssl, const char *identity, unsigned char *key, unsigned max)
{
	char same[2];

	return client_key(ssl, identity, same, sizeof same, key, max);
}

static SSL *
side(int fd, bool server)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	SSL *ssl;

	assert_int_equal(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION), 1);
	assert_int_equal(SSL_CTX_set_cipher_list(ctx, "PSK"), 1);
	SSL_CTX_set_psk_client_callback(ctx, client_key);
	SSL_CTX_set_psk_server_callback(ctx, server_key);
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	assert_int_equal(SSL_set_fd(ssl, fd), 1);
	if (server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return ssl;
}

static void
part_of_a_record_is_waited_for_as_nothing_is(void **state)
{
	struct pair *p = *state;
	SSL *peer = side(p->peer, true);
	BIO *out = BIO_new(BIO_s_mem());
	char record[256];
	int n;

	p->wire.ssl = side(p->wire.fd, false);
	while (SSL_do_handshake(p->wire.ssl) != 1)
		(void)SSL_do_handshake(peer);
	SSL_set0_wbio(peer, out);
	assert_int_equal(SSL_write(peer, "250 one\r\n", 9), 9);
	n = BIO_read(out, record, sizeof record);
	assert_true(n > 20);
	assert_int_equal(write(p->peer, record, n), n);
	assert_int_equal(wire_reply(&p->wire, 10000), 250);
	assert_int_equal(SSL_write(peer, "250 two\r\n", 9), 9);
	n = BIO_read(out, record, sizeof record);
	assert_int_equal(write(p->peer, record, n - 3), n - 3);
	assert_int_equal(wire_reply(&p->wire, 20), -1);
	died_of(p, "reply timeout");
	SSL_free(peer);
}

int
main(void)
{
#define WITH_PAIR(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    WITH_PAIR(what_is_written_leaves_at_once),
	    WITH_PAIR(replies_are_taken_one_by_one),
	    WITH_PAIR(a_blocked_sender_hears_who_speaks_too_early),
	    WITH_PAIR(a_sender_that_is_not_blocked_hears_too),
	    WITH_PAIR(a_stall_from_the_first_byte_on_ends_a_write),
	    WITH_PAIR(a_blocked_sender_reads_what_it_may),
	    WITH_PAIR(who_says_too_much_is_dropped),
	    WITH_PAIR(the_deadline_holds_whatever_the_peer_does),
	    WITH_PAIR(a_cancel_is_heard_at_once),
	    WITH_PAIR(want_of_descriptors_is_told_from_a_dead_peer),
	    WITH_PAIR(parting_words_are_kept),
	    WITH_PAIR(nothing_counts_as_sent_before_it_has_left),
	    WITH_PAIR(part_of_a_record_is_waited_for_as_nothing_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
