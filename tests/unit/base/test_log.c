#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "base/log.h"

static char *
logged(enum log_event event, const struct log_field *fields, size_t n)
{
	static char text[65536];
	ssize_t got;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	log_init(fds[1], LOG_INFO);
	log_write(event, fields, n);
	log_init(STDERR_FILENO, LOG_INFO);
	(void)close(fds[1]);
	got = read(fds[0], text, sizeof(text) - 1);
	assert_true(got >= 0);
	text[got] = '\0';
	(void)close(fds[0]);
	return text;
}

static void
values_cannot_forge(void **state)
{
	static const struct {
		struct slice value;
		const char *shown;
	} rows[] = {
	    {SLICE_INIT("plain-1.2:3/4@5"), "plain-1.2:3/4@5"},
	    {SLICE_INIT(""), "\"\""},
	    {SLICE_INIT("two words"), "\"two words\""},
	    {SLICE_INIT("a=b"), "\"a=b\""},
	    {SLICE_INIT("x\n2026 level=error event=forged"),
	     "\"x\\n2026 level=error event=forged\""},
	    {SLICE_INIT("x\r\t\x1b[2J"), "\"x\\x0d\\x09\\x1b[2J\""},
	    {SLICE_INIT("say \"hi\" \\"), "\"say \\\"hi\\\" \\\\\""},
	    {SLICE_INIT("Pérez"), "\"Pérez\""},
	    {SLICE_INIT("\xff\x80"), "\"\\xff\\x80\""},
	    {SLICE_INIT("nul\0!"), "\"nul\\x00!\""},
	    {SLICE_INIT("\xc2\x9b"
			"2J"),
	     "\"\\xc2\\x9b2J\""},
	    {SLICE_INIT("\xe2\x80\xa8\xe2\x80\xae"),
	     "\"\\xe2\\x80\\xa8\\xe2\\x80\\xae\""},
	    {SLICE_INIT("€"), "\"€\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct log_field f = LOG_S("key", rows[i].value);
		char *line = logged(LOG_SERVER_READY, &f, 1);
		char *value = strstr(line, " key=");

		assert_non_null(value);
		assert_int_equal(strlen(line), strcspn(line, "\n") + 1);
		value[strlen(value) - 1] = '\0';
		assert_string_equal(value + 5, rows[i].shown);
	}
}

static void
lines_have_time_level_and_event(void **state)
{
	const struct log_field fields[] = {LOG_I("n", INT64_MIN),
					   LOG_Z("z", NULL)};
	char *line = logged(LOG_CONF_REFUSED, fields, 2);

	(void)state;
	assert_int_equal(line[10], 'T');
	assert_non_null(strstr(line, "Z level=error event=conf.refused "
				     "n=-9223372036854775808 z=\"\"\n"));
}

static void
long_values_are_cut_not_the_line(void **state)
{
	static char big[100000];
	struct log_field fields[40];
	char *line;

	(void)state;
	memset(big, '\n', sizeof(big));
	for (size_t i = 0; i < 40; i++)
		fields[i] = LOG_S("key", slice_of(big, sizeof(big)));
	line = logged(LOG_SERVER_READY, fields, 40);
	assert_true(strlen(line) <= 4096);
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
	assert_int_equal(line[strlen(line) - 2], '"');
}

static void
levels_above_the_bound_are_silent(void **state)
{
	int fds[2];
	char c;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	log_init(fds[1], LOG_ERROR);
	LOG(SERVER_READY, LOG_I("n", 1));
	log_init(STDERR_FILENO, LOG_INFO);
	(void)close(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 0);
	(void)close(fds[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_cannot_forge),
	    cmocka_unit_test(lines_have_time_level_and_event),
	    cmocka_unit_test(long_values_are_cut_not_the_line),
	    cmocka_unit_test(levels_above_the_bound_are_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
