#include "base/err.h"
#include "mailer/sts.h"

/* A TXT record, and behind a NUL a policy: what is read of them is theirs, and
 * a policy that was understood covers just what it lists. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
inside(struct slice part, struct slice whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static void
check_policy(const struct sts_policy *p, struct slice text)
{
	if (p->mode != STS_NONE && p->hosts_n == 0)
		die("a policy that lists nobody");
	if (p->max_age_s < 0 || p->max_age_s > 31557600)
		die("max_age out of bounds");
	for (size_t i = 0; i < p->hosts_n; i++) {
		struct slice host = p->hosts[i];

		if (!inside(host, text) || host.n == 0)
			die("a host from elsewhere");
		if (host.p[0] == '*' ? sts_covers(p, slice_skip(host, 1))
				     : !sts_covers(p, host))
			die("a pattern that covers the wrong names");
	}
	if (sts_covers(p, SLICE("")) || sts_covers(p, SLICE(".")))
		die("nothing is covered");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice policy = slice_of(data, size);
	struct slice record = slice_cut(&policy, '\0'), id;
	struct sts_policy p;
	struct err e;

	if (sts_record(record, &id, &e) == RC_OK &&
	    (!inside(id, record) || id.n == 0 || id.n > STS_ID_MAX))
		die("an id from elsewhere");
	if (sts_parse(policy, &p, &e) == RC_OK)
		check_policy(&p, policy);
	return 0;
}
