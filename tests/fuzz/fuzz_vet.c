#include "base/err.h"
#include "mailer/transport.h"

/* Envelope and content from outside: what passes holds nothing that could end
 * a command, a line or the content. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
harmless(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127 ||
		    s.p[i] == '>' || s.p[i] == '<')
			die("an address that could be a command");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of(data, size);
	struct transport_message m = {.recipient = {NULL, 0}};
	struct err e = {0};

	m.reverse_path = slice_cut(&rest, '\xff');
	m.recipient = slice_cut(&rest, '\xff');
	m.envid = slice_cut(&rest, '\xff');
	m.orcpt = slice_cut(&rest, '\xff');
	m.content = rest;
	if (transport_check(&m, &e) != RC_OK) {
		if (e.pointer[0] != '/')
			die("refused without a field");
		return 0;
	}
	harmless(m.reverse_path);
	harmless(m.recipient);
	if (slice_has_control(m.envid) || slice_has_control(m.orcpt))
		die("a parameter that could be a command");
	for (rest = m.content; rest.n > 0;) {
		struct slice line = slice_cut(&rest, '\n');

		if (line.n == 0 || line.n > 999 || line.p[line.n - 1] != '\r' ||
		    slice_find_c(line, '\r') != (ptrdiff_t)line.n - 1)
			die("a line that would be changed on the way");
	}
	return 0;
}
