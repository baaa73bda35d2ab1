/*
 * Of a header's 64 bytes: the magic, then at 8 the nonce, 16 the number, 20 the
 * bytes, 24 the writer, 28 up to where it was wiped, 32 the machine's start, 40
 * the beginning of the SHA-256 of bytes 0 to 28.
 *
 * 1. A wipe is told in the header, on disk, before the first byte is zeroed: a
 *    writer that reads the same mark before and after it looked at the records
 *    saw none of them go.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "tracker/journal_private.h"

#define BOOT_FILE "/proc/sys/kernel/random/boot_id"
#define AT_WIPED 28
#define AT_BOOT 32
#define AT_CHECK 40
#define CHECK 8
#define ZEROS ((size_t)64 << 10)

static const char header_magic[8] = "acusehit";
static const char zeros[ZEROS];

void
segment_name(unsigned writer, uint32_t number, char out[SEGMENT_NAME])
{
	(void)snprintf(out, SEGMENT_NAME, "%02u-%08x.hits", writer, number);
}

bool
segment_parse(const char *name, unsigned *writer, uint32_t *number)
{
	struct slice rest = slice_z(name);
	struct slice w = slice_cut(&rest, '-'), n = slice_cut(&rest, '.');
	uint8_t b[4];
	int64_t i;

	if (w.n != 2 || n.n != 2 * sizeof(b) ||
	    !slice_eq(rest, SLICE("hits")) ||
	    !slice_int(w, 0, JOURNAL_WRITERS_MAX - 1, &i) ||
	    !hex_decode(n, b, sizeof(b)))
		return false;
	*writer = (unsigned)i;
	*number = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
		  (uint32_t)b[2] << 8 | b[3];
	return true;
}

static void
check_of(const char *h, char out[CHECK])
{
	uint8_t hash[SHA256_SIZE];

	sha256_of(slice_of(h, AT_WIPED), hash);
	memcpy(out, hash, CHECK);
}

enum rc
segment_read(int fd, struct segment *out, struct err *e)
{
	char h[SEGMENT_HEADER], check[CHECK];
	struct stat st;
	ssize_t n = pread(fd, h, sizeof(h), 0);

	if (n < 0 || fstat(fd, &st) != 0)
		return err_errno(e, "journal segment");
	if (n != sizeof(h) ||
	    memcmp(h, header_magic, sizeof(header_magic)) != 0)
		return err_set(e, RC_INVALID, "not a journal segment");
	memcpy(&out->nonce, h + 8, 8);
	memcpy(&out->number, h + 16, 4);
	memcpy(&out->bytes, h + 20, 4);
	memcpy(&out->writer, h + 24, 2);
	memcpy(&out->wiped, h + AT_WIPED, 4);
	memcpy(&out->boot, h + AT_BOOT, 8);
	check_of(h, check);
	out->sound =
	    memcmp(h + AT_CHECK, check, CHECK) == 0 && out->bytes == st.st_size;
	if (st.st_size <= SEGMENT_HEADER || st.st_size > SEGMENT_MOST)
		return err_set(e, RC_INVALID, "no journal segment's length");
	out->bytes = (uint32_t)st.st_size;
	return RC_OK;
}

/* A number of the machine's start; 0 where it does not tell. */
static uint64_t
boot_number(void)
{
	uint8_t hash[SHA256_SIZE];
	uint64_t n = 0;
	struct err e;
	struct sbuf b;

	sbuf_init(&b, 256);
	if (file_read(BOOT_FILE, 256, &b, &e) == RC_OK && b.n > 0) {
		sha256_of(sbuf_slice(&b), hash);
		memcpy(&n, hash, sizeof(n));
	}
	sbuf_fini(&b);
	return n;
}

enum rc
segment_begin(int fd, struct segment *s, struct err *e)
{
	char h[SEGMENT_HEADER] = {0};
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_errno(e, "journal segment");
	s->bytes = (uint32_t)st.st_size;
	s->wiped = SEGMENT_HEADER;
	s->boot = boot_number();
	random_bytes(&s->nonce, sizeof(s->nonce));
	memcpy(h, header_magic, sizeof(header_magic));
	memcpy(h + 8, &s->nonce, 8);
	memcpy(h + 16, &s->number, 4);
	memcpy(h + 20, &s->bytes, 4);
	memcpy(h + 24, &s->writer, 2);
	memcpy(h + AT_WIPED, &s->wiped, 4);
	memcpy(h + AT_BOOT, &s->boot, 8);
	check_of(h, h + AT_CHECK);
	s->sound = true;
	if (pwrite(fd, h, sizeof(h), 0) != sizeof(h) || fdatasync(fd) != 0)
		return err_errno(e, "journal segment");
	return RC_OK;
}

bool
segment_blank(struct slice s)
{
	for (size_t i = 0; i < s.n; i += ZEROS)
		if (memcmp(s.p + i, zeros, s.n - i < ZEROS ? s.n - i : ZEROS) !=
		    0)
			return false;
	return true;
}

/* Where the whole records of a segment's bytes end; 0 where something else than
 * zeros stands before or behind them. */
static uint32_t
records_end(struct slice all, const struct segment *s)
{
	struct slice in = slice_skip(all, s->wiped);
	struct hit h;
	size_t size;

	if (!segment_blank(
		slice_of(all.p + SEGMENT_HEADER, s->wiped - SEGMENT_HEADER)))
		return 0;
	while (hit_decode(in, s->nonce, all.n - in.n, &h, &size))
		in = slice_skip(in, size);
	return segment_blank(in) ? (uint32_t)(all.n - in.n) : 0;
}

enum rc
segment_end(int fd, struct segment *out, uint32_t *at, struct err *e)
{
	struct segment again;
	enum rc rc = segment_read(fd, out, e);
	char *all;
	ssize_t n;

	if (rc)
		return rc;
	if (!out->sound || out->boot == 0 || out->boot != boot_number() ||
	    out->wiped < SEGMENT_HEADER || out->wiped > out->bytes)
		return err_set(e, RC_STATE, "the segment is closed");
	all = mem_alloc(out->bytes);
	n = pread(fd, all, out->bytes, 0);
	*at = n == (ssize_t)out->bytes
		  ? records_end(slice_of(all, out->bytes), out)
		  : 0;
	free(all);
	rc = segment_read(fd, &again, e);
	if (rc == RC_OK && (*at == 0 || again.wiped != out->wiped))
		rc = err_set(e, RC_STATE, "the segment is closed");
	return rc;
}

void
segment_seal(int fd)
{
	uint64_t none = 0;

	(void)!pwrite(fd, &none, sizeof(none), AT_BOOT);
}

enum rc
segment_wipe(int fd, uint32_t upto, struct err *e)
{
	if (pwrite(fd, &upto, sizeof(upto), AT_WIPED) != sizeof(upto) ||
	    fdatasync(fd) != 0)
		return err_errno(e, "wiping a journal segment");
	for (size_t at = SEGMENT_HEADER; at < upto; at += ZEROS) {
		size_t n = upto - at < ZEROS ? upto - at : ZEROS;

		if (pwrite(fd, zeros, n, (off_t)at) != (ssize_t)n)
			return err_errno(e, "wiping a journal segment");
	}
	if (fdatasync(fd) != 0)
		return err_errno(e, "wiping a journal segment");
	return RC_OK;
}
