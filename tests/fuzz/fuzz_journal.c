#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "tracker/journal.h"

/* A segment as a death, or a bad disk, left it: whatever its bytes, a reader
 * gives whole records that belong where they are, and ends. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADER 64

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
check_hit(const struct hit *h)
{
	must(h->kind >= HIT_OPEN && h->kind < HIT_KINDS);
	must(h->agent.n <= HIT_AGENT_MAX && h->signals.n <= HIT_SIGNALS_MAX &&
	     h->destination.n <= HIT_DESTINATION_MAX);
	/* reads every byte */
	must(slice_find_c(h->agent, '\n') >= -1 &&
	     slice_find_c(h->signals, '\0') >= -1 &&
	     slice_find_c(h->destination, '\0') >= -1);
}

/* Records of ours, then the input laid over them. */
static void
decode_changed(struct slice data)
{
	struct hit h = {.time_us = 1,
			.kind = HIT_CLICK,
			.method = HIT_GET,
			.agent = SLICE("Mozilla/5.0"),
			.destination = SLICE("https://pay.example/")};
	struct hit out;
	struct sbuf b;
	size_t size;

	sbuf_init(&b, 1 << 20);
	for (size_t i = 0; i < 3; i++)
		hit_encode(&h, &b);
	for (size_t at = 0; at < b.n;)
		at += hit_place(b.p + at, 7, HEADER + at);
	for (size_t i = 0; i + 1 < data.n && i < b.n; i += 2)
		b.p[(unsigned char)data.p[i] % b.n] ^= data.p[i + 1];
	for (size_t at = 0; hit_decode(slice_of(b.p + at, b.n - at), 7,
				       HEADER + at, &out, &size);
	     at += size) {
		check_hit(&out);
		must(slice_eq(out.agent, h.agent));
	}
	sbuf_fini(&b);
}

static char dir[64];

static void
dir_remove(void)
{
	(void)rmdir(dir);
}

static void
read_file(struct slice data)
{
	char path[128];
	struct journal_reader *r = NULL;
	struct journal_offset after;
	struct hit hits[64];
	struct err e;
	size_t n = 1;
	int fd;

	if (!dir[0]) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		log_init(null, LOG_ERROR);
		(void)snprintf(dir, sizeof(dir), "/tmp/acuse-fuzz-XXXXXX");
		must(mkdtemp(dir) != NULL);
		(void)atexit(dir_remove);
	}
	(void)snprintf(path, sizeof(path), "%s/00-00000001.hits", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(fd >= 0 && write(fd, data.p, data.n) == (ssize_t)data.n);
	must(close(fd) == 0);
	must(journal_reader_new(dir, &r, &e) == RC_OK);
	while (n > 0 && journal_read(r, hits, 64, &n, &after, &e) == RC_OK)
		for (size_t i = 0; i < n; i++)
			check_hit(&hits[i]);
	journal_reader_free(r);
	(void)unlink(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct hit out;
	size_t n;

	if (hit_decode(in, 0, 0, &out, &n)) {
		check_hit(&out);
		must(n <= size);
	}
	decode_changed(in);
	read_file(in);
	return 0;
}
