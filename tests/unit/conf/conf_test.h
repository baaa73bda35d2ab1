#ifndef TESTS_CONF_TEST_H
#define TESTS_CONF_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs the four above. */
#include <cmocka.h>

#include "conf/conf.h"

/* The least that loads, in parts, so that a case changes one of them. */
#define GENERAL                                                                \
	"general { hostname = \"a.example\" origin = \"a.example/log\" }\n"
#define BRAND_OPEN                                                             \
	"brand \"default\" { title = \"T\" "                                   \
	"from_address = \"b@mail.example\" "                                   \
	"return_domain = \"r.mail.example\" "                                  \
	"public_url = \"https://n.mail.example\" locale = es_AR "              \
	"time_zone = \"UTC\" "
#define BRAND BRAND_OPEN "id = 1 }\n"
#define POLICY_OPEN "policy \"default\" { time_zone = \"UTC\" "
#define POLICY POLICY_OPEN "}\n"
#define LEAST GENERAL BRAND POLICY

static inline enum rc
parse(const char *text, const struct conf **out, struct err *e)
{
	*e = (struct err){0};
	return conf_parse(slice_z(text), "t.conf", out, e);
}

/* Loads or fails the test, with the reason. */
static inline const struct conf *
must_parse(const char *text)
{
	const struct conf *c;
	struct err e;

	if (parse(text, &c, &e))
		fail_msg("%s: %s in:\n%s", e.pointer, e.text, text);
	return c;
}

/* Refused at this line, with a text that holds `says`. */
static inline void
must_refuse(const char *text, int line, const char *says)
{
	const struct conf *c = NULL;
	struct err e;
	char at[40];

	if (!parse(text, &c, &e))
		fail_msg("it loaded:\n%s", text);
	assert_null(c);
	(void)snprintf(at, sizeof(at), "t.conf:%d", line);
	if (strcmp(e.pointer, at) != 0 || strstr(e.text, says) == NULL)
		fail_msg("%s: %s; expected %s: … %s … of:\n%s", e.pointer,
			 e.text, at, says, text);
}

#endif
