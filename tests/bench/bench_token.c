#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/token.h"

/* What the tracker does before it believes a hit: verifying a click's token,
 * beside the bare HMAC of as many bytes by `openssl speed`. */

#define TOKENS 1024
#define ROUNDS 256
#define DESTINATION "https://pay.example/invoice/F-2026-000123?lang=es_AR"
/* The label, the token's head and the destination, under the MAC. */
#define MAC_BYTES 81

struct bench {
	struct keyring *keys;
	char text[TOKENS][TOKEN_TEXT];
};

static bool
setup(struct bench *b, struct err *e)
{
	char dir[] = "/tmp/acuse-bench-XXXXXX", path[64];
	uint32_t id = 0;

	if (!mkdtemp(dir))
		return false;
	enum rc rc = keyring_create(dir, 1, &id, e);
	if (!rc)
		rc = keyring_load(dir, &b->keys, e);
	snprintf(path, sizeof(path), "%s/keys/token-%08" PRIx32, dir, id);
	unlink(path);
	snprintf(path, sizeof(path), "%s/keys", dir);
	rmdir(path);
	rmdir(dir);
	if (rc)
		return false;
	const struct token_key *key = keyring_active(b->keys, 1);
	for (size_t i = 0; i < TOKENS; i++) {
		struct sbuf out;
		sbuf_init(&out, TOKEN_TEXT);
		token_add(&out, key, TOKEN_CLICK, ref_new(), (uint16_t)i,
			  SLICE(DESTINATION));
		memcpy(b->text[i], out.p, TOKEN_TEXT);
		sbuf_fini(&out);
	}
	return true;
}

/* Tokens checked in a second; 0 if one was refused. */
static double
checks_per_second(const struct bench *b)
{
	int64_t start_us = clock_mono_us();

	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < TOKENS; i++) {
			struct token t;
			if (token_check(b->keys,
					slice_of(b->text[i], TOKEN_TEXT),
					TOKEN_CLICK, SLICE(DESTINATION), &t))
				return 0;
		}
	}
	int64_t spent_us = clock_mono_us() - start_us;
	return (double)TOKENS * ROUNDS * 1e6 / (double)spent_us;
}

/* HMACs in a second by openssl's own measuring; negative without it. */
static double
openssl_per_second(void)
{
	char command[128], line[256];
	double bytes = -1;

	snprintf(command, sizeof(command),
		 "openssl speed -mr -seconds 1 -bytes %d -hmac sha256 "
		 "2>/dev/null",
		 MAC_BYTES);
	FILE *p = popen(command, "r");
	if (!p)
		return -1;
	while (fgets(line, sizeof(line), p)) {
		const char *colon = strrchr(line, ':');
		if (strncmp(line, "+F:", 3) == 0 && colon)
			bytes = strtod(colon + 1, NULL);
	}
	int status = pclose(p);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 && bytes > 0
		   ? bytes / MAC_BYTES
		   : -1;
}

int
main(void)
{
	static struct bench b;
	struct err e = {0};

	if (!setup(&b, &e)) {
		fprintf(stderr, "bench_token: %s\n", e.text);
		return 1;
	}
	double ours = checks_per_second(&b), theirs = openssl_per_second();
	keyring_free(b.keys);
	if (ours <= 0)
		return 1;
	printf("base.token.check %.0f checks/s openssl-hmac ", ours);
	if (theirs > 0)
		printf("%.0f\n", theirs);
	else
		printf("-\n");
	return 0;
}
