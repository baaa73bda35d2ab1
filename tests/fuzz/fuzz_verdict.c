#include "base/err.h"
#include "mailer/verdict.h"

/* Rows, and behind a NUL a reply that they judge. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice reply = slice_of(data, size);
	struct slice rows = slice_cut(&reply, '\0');
	struct verdict_rules *v = verdict_rules_new();
	struct err e = {0};
	struct outcome o;

	if (verdict_rules_add(v, "rows", rows, &e) != RC_OK) {
		if (!slice_starts(slice_z(e.pointer), SLICE("rows:")))
			die("refused without file and line");
		verdict_rules_free(v);
		return 0;
	}
	outcome_init(&o);
	o.fate = FATE_REFUSED;
	o.stage = STAGE_RCPT;
	outcome_reply(&o, reply.n >= 5 ? reply : SLICE("550 5.1.1 x\r\n"));
	if (verdict_of(v, &o, NULL) >= VERDICTS)
		die("no verdict");
	outcome_fini(&o);
	verdict_rules_free(v);
	return 0;
}
