#include "tracker/addr.h"

#include <arpa/inet.h>
#include <limits.h>

#include <stdlib.h>

#include "base/mem.h"

/* A node a bit would be 128 deep and is still quick: sets hold some thousands
 * of ranges, and are read once a hit. */
struct addr_node {
	uint32_t child[2]; /* 0: none */
	int value;
};

struct addr_set {
	struct addr_node *nodes;
	size_t n, cap;
};

static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};

bool
addr_is_v4(struct addr a)
{
	return memcmp(a.b, v4_prefix, sizeof(v4_prefix)) == 0;
}

bool
addr_eq(struct addr a, struct addr b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

bool
addr_same_net(struct addr a, struct addr b)
{
	size_t bytes = addr_is_v4(a) ? sizeof(v4_prefix) + 3 : 6;

	return memcmp(a.b, b.b, bytes) == 0;
}

bool
addr_parse(struct slice s, struct addr *out)
{
	char z[ADDR_TEXT];
	struct addr a = {{0}};

	if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = (struct slice){s.p + 1, s.n - 2};
	if (s.n == 0 || s.n >= sizeof(z) || memchr(s.p, 0, s.n))
		return false;
	memcpy(z, s.p, s.n);
	z[s.n] = 0;
	if (strchr(z, ':')) {
		if (inet_pton(AF_INET6, z, a.b) != 1)
			return false;
	} else {
		memcpy(a.b, v4_prefix, sizeof(v4_prefix));
		if (inet_pton(AF_INET, z, a.b + sizeof(v4_prefix)) != 1)
			return false;
	}
	*out = a;
	return true;
}

void
addr_format(struct addr a, char out[ADDR_TEXT])
{
	static const struct addr none;

	if (addr_eq(a, none))
		memcpy(out, "-", 2);
	else if (addr_is_v4(a))
		(void)inet_ntop(AF_INET, a.b + sizeof(v4_prefix), out,
				ADDR_TEXT);
	else
		(void)inet_ntop(AF_INET6, a.b, out, ADDR_TEXT);
}

static uint32_t
node_new(struct addr_set *s)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 256;
		s->nodes = mem_grow(s->nodes, s->cap * sizeof(*s->nodes));
	}
	s->nodes[s->n] = (struct addr_node){{0, 0}, 0};
	return (uint32_t)s->n++;
}

struct addr_set *
addr_set_new(void)
{
	struct addr_set *s = MEM_NEW(struct addr_set);

	(void)node_new(s);
	return s;
}

void
addr_set_free(struct addr_set *s)
{
	if (!s)
		return;
	free(s->nodes);
	free(s);
}

static int
bit_of(struct addr a, unsigned i)
{
	return a.b[i / 8] >> (7 - i % 8) & 1;
}

static bool
host_bits_clear(struct addr a, unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		if (bit_of(a, i))
			return false;
	return true;
}

enum rc
addr_range_parse(struct slice range, struct addr *out, unsigned *prefix,
		 struct err *e)
{
	struct slice rest = range, text = slice_cut(&rest, '/');
	struct addr a;
	int64_t bits = 128;

	if (!addr_parse(text, &a))
		return err_set(e, RC_INVALID, "\"%.*s\" is not an address",
			       SLICE_ARG(range));
	if (rest.p) {
		int64_t most =
		    addr_is_v4(a) && !memchr(text.p, ':', text.n) ? 32 : 128;
		if (!slice_int(rest, 0, most, &bits))
			return err_set(e, RC_INVALID,
				       "\"%.*s\": the prefix is at most %d",
				       SLICE_ARG(range), (int)most);
		bits += 128 - most;
	}
	if (!host_bits_clear(a, (unsigned)bits))
		return err_set(e, RC_INVALID,
			       "\"%.*s\" has bits set past its prefix",
			       SLICE_ARG(range));
	*out = a;
	*prefix = (unsigned)bits;
	return RC_OK;
}

enum rc
addr_set_add(struct addr_set *s, struct slice range, int value, struct err *e)
{
	struct addr a;
	unsigned bits;
	uint32_t at = 0;
	enum rc rc = addr_range_parse(range, &a, &bits, e);

	if (rc != RC_OK)
		return rc;
	for (unsigned i = 0; i < bits; i++) {
		int b = bit_of(a, i);
		uint32_t next = s->nodes[at].child[b];

		if (next == 0) {
			next = node_new(s);
			s->nodes[at].child[b] = next;
		}
		at = next;
	}
	s->nodes[at].value = value;
	return RC_OK;
}

int
addr_set_find(const struct addr_set *s, struct addr a)
{
	uint32_t at = 0;
	int value = s->nodes[0].value;

	for (unsigned i = 0; i < 128; i++) {
		at = s->nodes[at].child[bit_of(a, i)];
		if (at == 0)
			break;
		if (s->nodes[at].value)
			value = s->nodes[at].value;
	}
	return value;
}

bool
addr_set_touches(const struct addr_set *s, struct addr a, unsigned bits)
{
	uint32_t at = 0;

	for (unsigned i = 0; i < bits; i++) {
		if (s->nodes[at].value)
			return true;
		at = s->nodes[at].child[bit_of(a, i)];
		if (at == 0)
			return false;
	}
	return true; /* nodes are made for ranges alone: one is here or below */
}
