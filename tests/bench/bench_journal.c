#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "tracker/journal.h"

/* The hit journal without the network: rounds of 64 hits, each synced, and
 * reading them back. */

#define HITS 200000
#define ROUND 64

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "# %s failed\n", what);
	exit(1);
}

static void
row(const char *name, int64_t begun_us)
{
	double s = (double)(clock_mono_us() - begun_us) / 1e6;

	(void)printf("%s %.0f hits/s\n", name, HITS / s);
}

static void
append(struct journal_writer *w)
{
	struct hit h = {.kind = HIT_OPEN,
			.method = HIT_GET,
			.agent = SLICE("Mozilla/5.0 (iPhone; CPU iPhone OS "
				       "17_4 like Mac OS X) AppleWebKit/605"),
			.signals = SLICE("accept: image/avif,image/webp\n"
					 "accept-language: es-AR,es\n")};
	int64_t begun_us = clock_mono_us();

	for (unsigned i = 0; i < HITS; i++) {
		h.mref = (struct ref){{(uint8_t)i, (uint8_t)(i >> 8)}};
		must(journal_append(w, &h), "append");
		if (i % ROUND == ROUND - 1)
			must(journal_sync(w), "sync");
	}
	must(journal_sync(w), "sync");
	row("track.journal.append", begun_us);
}

static void
read_back(const char *dir)
{
	static struct hit hits[512];
	struct journal_reader *r = NULL;
	struct journal_offset after;
	int64_t begun_us = clock_mono_us();
	size_t n = 1, all = 0;
	struct err e;

	must(journal_reader_new(dir, &r, &e) == RC_OK, "opening");
	while (n > 0) {
		must(journal_read(r, hits, 512, &n, &after, &e) == RC_OK,
		     "reading");
		all += n;
	}
	must(all == HITS, "reading all");
	row("track.journal.read", begun_us);
	journal_reader_free(r);
}

int
main(void)
{
	char dir[] = "/tmp/acuse-bench-XXXXXX", command[64];
	struct journal_config c = {
	    .dir = dir, .total_bytes = (size_t)256 << 20, .spare = 16};
	struct journal *j = NULL;
	struct journal_writer *w = NULL;
	struct err e;

	must(mkdtemp(dir) != NULL, "mkdtemp");
	must(journal_open(&c, &j, &e) == RC_OK, "open");
	must(journal_writer_new(j, &w, &e) == RC_OK, "open");
	append(w);
	read_back(dir);
	journal_writer_free(w);
	journal_close(j);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command) != 0;
}
