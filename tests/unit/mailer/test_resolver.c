/* Name servers that change while we run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/thread.h"
#include "mailer/resolver.h"

#define SERVER "127.9.9.9"

static struct bench {
	char dir[64], conf[96], anchor[96];
	int fd;
	struct thread thread;
} b;

/* Answers any question with the address 192.0.2.7. */
static void
serve(void *arg)
{
	static const uint8_t answer[] = {0xc0, 12, 0, 1, 0,   1, 0, 0,
					 0,    60, 0, 4, 192, 0, 2, 7};
	uint8_t m[512];

	(void)arg;
	for (;;) {
		struct sockaddr_in from;
		socklen_t n_from = sizeof(from);
		ssize_t n = recvfrom(b.fd, m, sizeof(m), 0,
				     (struct sockaddr *)&from, &n_from);
		size_t end = 12;

		if (n < 17)
			return;
		while (end < (size_t)n && m[end] != 0)
			end += m[end] + 1u;
		end += 5;
		m[2] = 0x84;
		m[3] = 0x80;
		m[7] = 1;
		memset(m + 8, 0, 4);
		memcpy(m + end, answer, sizeof(answer));
		(void)sendto(b.fd, m, end + sizeof(answer), 0,
			     (struct sockaddr *)&from, n_from);
	}
}

static void
put(const char *path, const char *text)
{
	struct err e;

	assert_int_equal(file_write(path, slice_z(text), 0600, &e), RC_OK);
}

static int
setup(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};

	(void)state;
	b = (struct bench){.dir = "/tmp/acuse-resolver-XXXXXX"};
	if (mkdtemp(b.dir) == NULL)
		return -1;
	(void)snprintf(b.conf, sizeof(b.conf), "%s/resolv.conf", b.dir);
	(void)snprintf(b.anchor, sizeof(b.anchor), "%s/anchor", b.dir);
	/* of a zone that nobody asks for: all else is unsigned */
	put(b.anchor, "signed.example. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D"
		      "7C65D08458E880409BBC683457104237C7F8EC8D\n");
	b.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(inet_pton(AF_INET, SERVER, &at.sin_addr), 1);
	if (bind(b.fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
		(void)close(b.fd);
		b.fd = -1;
	}
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	if (b.fd >= 0)
		(void)close(b.fd);
	(void)snprintf(command, sizeof(command), "rm -r %s", b.dir);
	return system(command);
}

static enum rc
ask(struct resolver *r, int ms)
{
	struct answer a;
	struct err e;
	enum rc rc = resolver_ask(r, "mx.example", RESOLVER_A,
				  clock_mono_us() + ms * INT64_C(1000), &a, &e);

	if (rc == RC_OK) {
		assert_int_equal(a.r->len[0], 4);
		assert_memory_equal(a.r->data[0], "\300\000\002\007", 4);
		answer_fini(&a);
	}
	return rc;
}

static void
test_other_servers_are_asked(void **state)
{
	struct resolver_config c = {.resolv_conf = b.conf,
				    .trust_anchor = b.anchor};
	int64_t end_us = clock_mono_us() + 60 * SECOND_US;
	struct resolver *r = NULL;
	struct err e;

	(void)state;
	if (b.fd < 0)
		skip(); /* not permitted, or taken */
	put(b.conf, "nameserver 127.9.9.8\n");
	assert_int_equal(resolver_new(&c, &r, &e), RC_OK);
	thread_start(&b.thread, "server", serve, NULL);
	assert_int_equal(ask(r, 500), RC_AGAIN);
	put(b.conf, "nameserver " SERVER "\n");
	while (ask(r, 2000) != RC_OK)
		assert_true(clock_mono_us() < end_us);
	resolver_free(r);
	(void)shutdown(b.fd, SHUT_RDWR);
	thread_join(&b.thread);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_other_servers_are_asked, setup,
					    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
