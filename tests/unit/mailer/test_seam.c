#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <unistd.h>

#include "mailer/seam.h"

static int
handle(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(1),
				.sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	/* Nobody listens there: it is the dialogue that takes it. */
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

/* The number of a descriptor that libesmtp has closed is soon a file's. */
static void
what_is_detached_is_anybodys(void **state)
{
	static struct dialogue d;
	char c = 0;
	int fd, ends[2];

	(void)state;
	seam_enter(&d);
	assert_false(seam_leave()); /* it got no socket */
	seam_enter(&d);
	fd = handle();
	seam_detach();
	close(fd);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(ends[0], fd);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(read(ends[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	assert_true(seam_leave());
	close(ends[0]);
	close(ends[1]);
}

static void
one_descriptor_alone_is_served(void **state)
{
	static struct dialogue d;
	char text[4];
	int fd, ends[2];

	(void)state;
	seam_enter(&d);
	fd = handle();
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(read(ends[0], text, 1), 1);
	assert_int_equal(text[0], 'x');
	assert_int_equal(read(fd, text, 4), 4);
	assert_memory_equal(text, "220 ", 4);
	seam_leave();
	assert_int_equal(read(fd, text, 4), -1);
	close(fd);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_detached_is_anybodys),
	    cmocka_unit_test(one_descriptor_alone_is_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
