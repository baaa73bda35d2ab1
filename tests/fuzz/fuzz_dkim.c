#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mailer/dkim.h"

/* Any bytes as a message to be signed: refused, or left as they are behind the
 * signature. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sign_key *
make_key(void)
{
	char dir[] = "/tmp/acuse-fuzz-XXXXXX", path[64];
	struct sign_key *key;
	struct err e = {0};

	if (mkdtemp(dir) == NULL)
		die("no directory");
	snprintf(path, sizeof path, "%s/key", dir);
	if (sign_key_create(path, SIGN_ED25519, &e) != RC_OK ||
	    sign_key_load(path, &key, &e) != RC_OK)
		die("%s", e.text);
	unlink(path);
	rmdir(dir);
	return key;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sign_key *key;
	struct slice message = slice_of(data, size);
	struct err e = {0};
	struct sbuf out;

	if (key == NULL)
		key = make_key();
	sbuf_init(&out, (size_t)1 << 20);
	if (dkim_sign(message, &(struct dkim_key){"a.example", "s", key}, 1, 0,
		      0, &out, &e) == RC_OK &&
	    !slice_ends(sbuf_slice(&out), message))
		die("the message was changed");
	sbuf_fini(&out);
	return 0;
}
