#include "base/err.h"
#include "mailer/outcome.h"
#include "mailer/reply.h"

/* What a server says.  A whole reply stays one whatever follows it, and none
 * of its parts reaches outside it. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
inside(struct slice part, struct slice whole)
{
	if (part.n > 0 &&
	    (part.p < whole.p || part.p + part.n > whole.p + whole.n))
		die("a part is outside of its reply");
}

static void
take_apart(struct slice reply)
{
	struct slice text, param, rest = reply;
	struct outcome o;
	int enhanced[3];

	if (reply_code(reply) < 200 || reply_code(reply) > 599)
		die("code %d", reply_code(reply));
	while (reply_line(&rest, &text))
		inside(text, reply);
	if (reply_enhanced(reply, enhanced) &&
	    enhanced[0] != reply_code(reply) / 100)
		die("class %d of %d", enhanced[0], reply_code(reply));
	if (reply_offers(reply, SLICE("SIZE"), &param))
		inside(param, reply);
	inside(reply_queue_id(reply), reply);
	outcome_init(&o);
	outcome_reply(&o, reply);
	if (!slice_eq(sbuf_slice(&o.reply), reply))
		die("not verbatim");
	outcome_fini(&o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	ptrdiff_t n = reply_scan(in);

	if (n > (ptrdiff_t)size || n > REPLY_MAX)
		die("longer than what is there");
	if (n <= 0)
		return 0;
	for (ptrdiff_t cut = 0; cut < n; cut++)
		if (reply_scan(slice_of(data, (size_t)cut)) > 0)
			die("whole before its end");
	if (reply_scan(slice_of(data, (size_t)n)) != n)
		die("not whole at its end");
	take_apart(slice_of(data, (size_t)n));
	return 0;
}
