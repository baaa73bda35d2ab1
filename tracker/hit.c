/*
 * A record: little-endian, padded with zeros to a multiple of 8.
 *
 *   0   u32 magic      "hit1"
 *   4   u32 crc        CRC-32C of nonce and bytes 8 to size
 *   8   u32 size       of all, padding included
 *   12  u8 kind, u8 method, u16 index
 *   16  u64 at         where in its segment it begins
 *   24  i64 time_us
 *   32  u32 key_id, u16 agent_n, u16 signals_n
 *   40  mref[16], address[16]
 *   72  u16 destination_n, then agent, signals, destination
 *
 * Nonce and place are those of the segment, so that what an earlier use of the
 * space left behind is never taken for a record.
 */
#include "tracker/hit.h"

#include <stddef.h>

#define MAGIC 0x31746968u
#define FIXED 74u

static uint32_t crc_table[8][256];

/* CRC-32C (Castagnoli), eight bytes at a time. */
__attribute__((constructor)) static void
crc_prepare(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (unsigned k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
		crc_table[0][i] = c;
	}
	for (uint32_t i = 0; i < 256; i++)
		for (unsigned k = 1; k < 8; k++)
			crc_table[k][i] =
			    crc_table[k - 1][i] >> 8 ^
			    crc_table[0][crc_table[k - 1][i] & 0xff];
}

static uint64_t
get(const char *p, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)(uint8_t)p[i] << 8 * i;
	return v;
}

static void
put(char *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (char)(uint8_t)(v >> 8 * i);
}

static uint32_t
crc_add(uint32_t crc, const char *p, size_t n)
{
	for (; n >= 8; p += 8, n -= 8) {
		uint32_t a = crc ^ (uint32_t)get(p, 4);
		uint32_t b = (uint32_t)get(p + 4, 4);

		crc = crc_table[7][a & 0xff] ^ crc_table[6][a >> 8 & 0xff] ^
		      crc_table[5][a >> 16 & 0xff] ^ crc_table[4][a >> 24] ^
		      crc_table[3][b & 0xff] ^ crc_table[2][b >> 8 & 0xff] ^
		      crc_table[1][b >> 16 & 0xff] ^ crc_table[0][b >> 24];
	}
	for (size_t i = 0; i < n; i++)
		crc = crc >> 8 ^ crc_table[0][(crc ^ (uint8_t)p[i]) & 0xff];
	return crc;
}

static uint32_t
record_crc(uint64_t nonce, const char *p, size_t size)
{
	char seed[8];

	put(seed, nonce, 8);
	return ~crc_add(crc_add(~0u, seed, sizeof(seed)), p + 8, size - 8);
}

static struct slice
bounded(struct slice s, size_t max)
{
	return slice_of(s.p, s.n > max ? max : s.n);
}

static char *
text_put(char *at, struct slice s)
{
	if (s.n)
		memcpy(at, s.p, s.n);
	return at + s.n;
}

void
hit_encode(const struct hit *h, struct sbuf *out)
{
	struct slice agent = bounded(h->agent, HIT_AGENT_MAX);
	struct slice signals = bounded(h->signals, HIT_SIGNALS_MAX);
	struct slice to = bounded(h->destination, HIT_DESTINATION_MAX);
	size_t used = FIXED + agent.n + signals.n + to.n;
	size_t size = (used + 7) & ~(size_t)7;
	char *p = sbuf_room(out, size), *end;

	if (!p)
		return;
	put(p, MAGIC, 4);
	put(p + 8, size, 4);
	put(p + 12, (uint64_t)h->kind, 1);
	put(p + 13, (uint64_t)h->method, 1);
	put(p + 14, h->index, 2);
	put(p + 24, (uint64_t)h->time_us, 8);
	put(p + 32, h->key_id, 4);
	put(p + 36, agent.n, 2);
	put(p + 38, signals.n, 2);
	memcpy(p + 40, h->mref.b, 16);
	memcpy(p + 56, h->address.b, 16);
	put(p + 72, to.n, 2);
	end = text_put(p + FIXED, agent);
	end = text_put(end, signals);
	end = text_put(end, to);
	memset(end, 0, size - used);
	out->n += size;
}

size_t
hit_place(char *record, uint64_t nonce, uint64_t at)
{
	size_t size = get(record + 8, 4);

	put(record + 16, at, 8);
	put(record + 4, record_crc(nonce, record, size), 4);
	return size;
}

static bool
fields_fit(const struct hit *h, size_t size)
{
	size_t used = FIXED + h->agent.n + h->signals.n + h->destination.n;

	return h->agent.n <= HIT_AGENT_MAX && h->signals.n <= HIT_SIGNALS_MAX &&
	       h->destination.n <= HIT_DESTINATION_MAX &&
	       size == ((used + 7) & ~(size_t)7) && h->kind >= HIT_OPEN &&
	       h->kind < HIT_KINDS && h->method >= HIT_GET &&
	       h->method <= HIT_POST;
}

bool
hit_decode(struct slice in, uint64_t nonce, uint64_t at, struct hit *out,
	   size_t *size)
{
	const char *p = in.p;
	struct hit h = {0};
	size_t n;

	if (in.n < FIXED || get(p, 4) != MAGIC)
		return false;
	n = get(p + 8, 4);
	if (n < FIXED || n > in.n || n > HIT_RECORD_MAX || n % 8 != 0 ||
	    get(p + 16, 8) != at || get(p + 4, 4) != record_crc(nonce, p, n))
		return false;
	h.kind = (enum hit_kind)get(p + 12, 1);
	h.method = (enum hit_method)get(p + 13, 1);
	h.index = (uint16_t)get(p + 14, 2);
	h.time_us = (int64_t)get(p + 24, 8);
	h.key_id = (uint32_t)get(p + 32, 4);
	h.agent = slice_of(p + FIXED, get(p + 36, 2));
	h.signals = slice_of(h.agent.p + h.agent.n, get(p + 38, 2));
	memcpy(h.mref.b, p + 40, 16);
	memcpy(h.address.b, p + 56, 16);
	h.destination = slice_of(h.signals.p + h.signals.n, get(p + 72, 2));
	if (!fields_fit(&h, n))
		return false;
	h.end = (uint32_t)(at + n);
	*out = h;
	*size = n;
	return true;
}

static const char *const pages[] = {
    [0] = "",
    [HIT_PAGE_ANSWER] = "answer",
    [HIT_PAGE_PREFERENCES] = "preferences",
};
#define PAGES (sizeof(pages) / sizeof(pages[0]))

const char *
hit_page_name(uint16_t page)
{
	return pages[page < PAGES ? page : 0];
}

uint16_t
hit_page_parse(struct slice name)
{
	for (size_t i = 1; i < PAGES; i++)
		if (slice_eq_z(name, pages[i]))
			return (uint16_t)i;
	return 0;
}
