#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "mailer/dialogue.h"

#define SIZE 20000 /* fits our buffer, and not the socket's */

/* A dialogue amid DATA, whose peer is the other end of a socket pair. */
struct talk {
	struct wire wire;
	struct target to;
	struct bell cancel;
	struct tls_facts facts;
	struct dialogue d;
	struct transport_calls calls;
	struct transport_message m;
	int peer;
};

static int
set_up(void **state)
{
	static char content[SIZE];
	struct talk *t = MEM_NEW(struct talk);
	int fd[2], small = 1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) != 0)
		return -1;
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	memset(content, 'x', sizeof content);
	memcpy(content + SIZE - 2, "\r\n", 2);
	t->to.host = t->to.helo = "a.example";
	t->to.stall_ms = t->to.reply_ms = t->to.final_ms = 50;
	bell_init(&t->cancel);
	wire_init(&t->wire, &t->to, NULL, &t->cancel, &t->facts);
	t->wire.fd = fd[0];
	t->peer = fd[1];
	transport_message_init(&t->m);
	t->m.content = slice_of(content, SIZE);
	dialogue_init(&t->d, &t->wire);
	t->d.calls = &t->calls;
	dialogue_take(&t->d, &t->m);
	t->d.greeted = t->d.mail_said = true;
	t->d.header.state = STUFFED_LINE;
	*state = t;
	return 0;
}

static int
tear_down(void **state)
{
	struct talk *t = *state;

	wire_fini(&t->wire);
	close(t->peer);
	bell_fini(&t->cancel);
	transport_message_fini(&t->m);
	free(t);
	return 0;
}

/* All of the content and the dot, as the library writes them. */
static void
write_all(struct talk *t)
{
	assert_int_equal(dialogue_write(&t->d, t->m.content.p, SIZE), SIZE);
	assert_int_equal(dialogue_write(&t->d, ".\r\n", 3), 3);
	assert_true(t->d.dot_end > 0);
}

static void
settles(struct talk *t, bool agreed, enum fate fate, enum stage stage)
{
	dialogue_settle(&t->d, agreed);
	assert_int_equal(t->m.outcome.fate, fate);
	assert_int_equal(t->m.outcome.stage, stage);
}

/* The dot was put behind the rest, and never left: it is safe to try again. */
static void
a_dot_that_never_left_is_not_uncertain(void **state)
{
	struct talk *t = *state;

	write_all(t);
	assert_false(dialogue_wait(&t->d));
	assert_true(t->wire.sent < t->d.dot_end);
	settles(t, true, FATE_ABORTED, STAGE_CONTENT);
}

/* The same, where it did. */
static void
a_dot_that_left_without_a_reply_is_uncertain(void **state)
{
	struct talk *t = *state;
	int large = 1 << 20;

	setsockopt(t->wire.fd, SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
	write_all(t);
	assert_false(dialogue_wait(&t->d));
	assert_true(t->wire.sent == t->d.dot_end);
	settles(t, true, FATE_UNCERTAIN, STAGE_DOT);
}

/* Each of the two may be wrong: it is accepted where both say so. */
static void
accepted_is_what_wire_and_library_agree_on(void **state)
{
	for (int agreed = 0; agreed < 2; agreed++) {
		struct talk *t = *state;

		t->d.owed[t->d.owed_n++] = VERB_DOT;
		assert_int_equal(write(t->peer, "250 2.0.0 ok\r\n", 14), 14);
		assert_true(dialogue_wait(&t->d));
		settles(t, agreed, agreed ? FATE_ACCEPTED : FATE_UNCERTAIN,
			STAGE_DOT);
		tear_down(state);
		set_up(state);
	}
}

static void
says(struct talk *t, const char *text)
{
	size_t n = strlen(text);

	assert_int_equal(dialogue_write(&t->d, text, n), n);
}

/* What the library hears next begins so. */
static void
hears(struct talk *t, const char *code)
{
	char told[REPLY_MAX];

	assert_true(dialogue_read(&t->d, told, sizeof told) > 3);
	assert_memory_equal(told, code, 3);
}

/* The peer has got this since it was last asked. */
static void
peer_has(struct talk *t, const char *want)
{
	char got[4096];
	ssize_t n = read(t->peer, got, sizeof got);

	assert_int_equal(n, strlen(want));
	assert_memory_equal(got, want, n);
}

static void
peer_says(struct talk *t, const char *text)
{
	size_t n = strlen(text);

	assert_int_equal(write(t->peer, text, n), n);
}

static void
ignore(void *arg)
{
	(void)arg;
}

/* MAIL, RCPT and DATA in one go, of content. */
static void
pipeline(struct talk *t, const char *content)
{
	t->m.content = slice_z(content);
	dialogue_take(&t->d, &t->m);
	t->d.pipelining = true;
	t->d.refused = ignore;
	says(t, "MAIL FROM:<a@a.example>\r\n");
	hears(t, "250");
	says(t, "RCPT TO:<b@b.example>\r\nDATA\r\n");
}

#define ENVELOPE "MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n"

static void
the_body_goes_with_its_dots_stuffed(void **state)
{
	struct talk *t = *state;

	pipeline(t, "A: b\r\n\r\n.\r\nx.\r\n..y\r\n\r\n.\r\n");
	peer_says(t, "250 a\r\n250 b\r\n354 c\r\n");
	hears(t, "250");
	peer_has(t, ENVELOPE);
	hears(t, "354");
	says(t, "A: b\r\n\r\n");
	says(t, ".\r\n");
	peer_says(t, "250 d\r\n");
	hears(t, "250");
	peer_has(t, "A: b\r\n\r\n..\r\nx.\r\n...y\r\n\r\n..\r\n.\r\n");
	settles(t, true, FATE_ACCEPTED, STAGE_DOT);
}

/* Whatever the peer says to what was already on its way. */
static void
a_refused_mail_sends_nothing_more(void **state)
{
	struct talk *t = *state;

	pipeline(t, "A: b\r\n\r\nx\r\n");
	peer_says(t, "550 a\r\n250 b\r\n354 c\r\n");
	hears(t, "554");
	peer_has(t, ENVELOPE);
	hears(t, "354");
	says(t, ".\r\n");
	peer_says(t, "250 d\r\n");
	hears(t, "250");
	peer_has(t, ".\r\n");
	settles(t, true, FATE_REFUSED, STAGE_MAIL);
	assert_int_equal(t->m.outcome.code, 550);
}

/* The library believes it taken, for whatever reason. */
static void
content_of_a_refused_mail_does_not_go(void **state)
{
	struct talk *t = *state;

	pipeline(t, "A: b\r\n\r\nx\r\n");
	peer_says(t, "450 a\r\n250 b\r\n354 c\r\n");
	hears(t, "554");
	hears(t, "354");
	assert_int_equal(dialogue_write(&t->d, "A: b\r\n\r\n", 8), -1);
	peer_has(t, ENVELOPE);
	settles(t, true, FATE_REFUSED, STAGE_MAIL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_dot_that_never_left_is_not_uncertain),
	    TEST(a_dot_that_left_without_a_reply_is_uncertain),
	    TEST(accepted_is_what_wire_and_library_agree_on),
	    TEST(the_body_goes_with_its_dots_stuffed),
	    TEST(a_refused_mail_sends_nothing_more),
	    TEST(content_of_a_refused_mail_does_not_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
