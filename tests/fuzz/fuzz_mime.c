#include "base/err.h"
#include "mailer/mime.h"
#include "mailer/transport.h"

/* Texts from outside in every field.  What is written is a message that goes
 * out as it is, with the headers that were meant and no others. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice
field(struct slice *rest)
{
	return slice_cut(rest, '\xff');
}

static void
check(const struct mime *m, struct slice message)
{
	static const char known[] =
	    "Date From Reply-To To Subject Message-ID Content-Language "
	    "Auto-Submitted X-Auto-Response-Suppress Feedback-ID "
	    "List-Unsubscribe List-Unsubscribe-Post X-Evidence-Ref "
	    "X-Evidence-Checkpoint MIME-Version Content-Type "
	    "Content-Transfer-Encoding ";
	struct transport_message t = {.recipient = m->to.address,
				      .content = message};
	struct slice rest = message;
	struct err e = {0};

	if (transport_check(&t, &e) != RC_OK)
		die("not fit to be sent: %s %s", e.pointer, e.text);
	for (;;) {
		struct slice line = slice_cut(&rest, '\n');
		char name[64];
		ptrdiff_t colon;

		if (line.n <= 1)
			break;
		if (line.p[0] == ' ')
			continue;
		colon = slice_find_c(line, ':');
		if (colon <= 0 || colon > 40)
			die("header without a name");
		memcpy(name, line.p, (size_t)colon);
		name[colon] = ' ';
		if (slice_find(slice_z(known),
			       slice_of(name, (size_t)colon + 1)) < 0)
			die("header that was not meant");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of(data, size);
	struct mime_part part = {SLICE("a/b"), {NULL, 0}, {NULL, 0}, {NULL, 0}};
	struct mime m = {.message_id = SLICE("a@b"),
			 .from = {{NULL, 0}, SLICE("a@b.example")},
			 .to = {{NULL, 0}, SLICE("c@d.example")}};
	struct err e = {0};
	struct sbuf out;

	m.subject = field(&rest);
	m.from.name = m.to.name = field(&rest);
	part.name = field(&rest);
	m.unsubscribe_url = field(&rest);
	m.feedback_id = field(&rest);
	m.language = field(&rest);
	m.evidence_ref = field(&rest);
	part.content_id = field(&rest);
	m.html = field(&rest);
	m.text = field(&rest);
	part.content = rest;
	m.parts = &part;
	m.parts_n = part.name.n > 0;
	sbuf_init(&out, (size_t)16 << 20);
	if (mime_write(&m, &out, &e) == RC_OK)
		check(&m, sbuf_slice(&out));
	else if (e.pointer[0] != '/' || e.text[0] == '\0')
		die("refused without a field or a reason");
	sbuf_fini(&out);
	return 0;
}
