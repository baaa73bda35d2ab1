#include "tracker/agents.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tracker/agents_private.h"

static const char *const class_names[AGENT_CLASSES] = {
    [AGENT_UNDETERMINED] = "undetermined",
    [AGENT_MACHINE] = "machine",
    [AGENT_MACHINE_LIKELY] = "machine_likely",
    [AGENT_PROXIED] = "proxied",
    [AGENT_RELAY] = "relay",
    [AGENT_PERSON_LIKELY] = "person_likely",
};

const char *
agent_class_name(enum agent_class c)
{
	return class_names[c];
}

int
agent_class_parse(struct slice name)
{
	for (int i = 0; i < AGENT_CLASSES; i++)
		if (slice_eq_z(name, class_names[i]))
			return i;
	return -1;
}

void
agents_hash(const struct agents *a, uint8_t out[SHA256_SIZE])
{
	memcpy(out, a->hash, SHA256_SIZE);
}

size_t
agents_rules(const struct agents *a)
{
	return a->rules_n;
}

const struct agent_ranges *
agents_ranges(const struct agents *a, size_t *n)
{
	*n = a->ranges_n;
	return a->ranges;
}

void
agents_empty_ranges(const struct agents *a, struct sbuf *out)
{
	size_t n, before = out->n;
	const struct agent_ranges *list = agents_ranges(a, &n);

	for (size_t i = 0; i < n; i++) {
		if (list[i].ranges > 0)
			continue;
		if (out->n > before)
			sbuf_add_z(out, ", ");
		sbuf_add_z(out, list[i].name);
	}
}

/* A message under judgement. */
struct bench {
	struct agent_hit *hits;
	size_t n;
	struct agent_times times;
	pcre2_match_data *match;
	pcre2_match_context *limits;
	struct slice *systems;	 /* of each hit: what its device runs */
	bool *bursts[RULES_MAX]; /* of each hit, by rules that ask; or NULL */
};

static bool
matches(const struct bench *b, const pcre2_code *re, struct slice s)
{
	return pcre2_match(re, (PCRE2_SPTR)(s.p ? s.p : ""), s.n, 0, 0,
			   b->match, b->limits) >= 0;
}

static unsigned
kind_bit(const struct agent_hit *h)
{
	return h->answered ? ON_ANSWER : 1u << h->hit.kind;
}

static bool
is_interaction(const struct agent_hit *h)
{
	return h->answered || h->hit.kind != HIT_OPEN;
}

/* The value of one header among a hit's signals; p NULL when absent. */
static struct slice
signal_of(const struct hit *h, const char *name)
{
	struct slice rest = h->signals;

	while (rest.n > 0) {
		struct slice line = slice_cut(&rest, '\n');
		struct slice key = slice_cut(&line, ':');

		if (line.p && slice_eq_z(key, name))
			return slice_trim(line);
	}
	return (struct slice){NULL, 0};
}

/* What the device runs, as roughly as two fetches by the same one agree on. */
static struct slice
system_of(struct slice agent)
{
	static const char *const systems[] = {"iPhone",	 "iPad", "Android",
					      "Windows", "CrOS", "Macintosh",
					      "Linux"};

	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++)
		if (slice_find(agent, slice_z(systems[i])) >= 0)
			return slice_z(systems[i]);
	return agent;
}

static int64_t
apart_us(const struct agent_hit *x, const struct agent_hit *y)
{
	int64_t d = x->hit.time_us - y->hit.time_us;

	return d < 0 ? -d : d;
}

static bool
is_known(struct addr a)
{
	static const struct addr none;

	return !addr_eq(a, none);
}

/* The bits of an address that are known: it may be kept as its network alone
 * (conf: visitor_address).  One that only ends like a network is then taken for
 * it too, which can make a hit look less like a person's, never more. */
static unsigned
known_bits(struct addr a)
{
	size_t kept = addr_is_v4(a) ? 15 : 6;

	for (size_t i = kept; i < sizeof(a.b); i++)
		if (a.b[i] != 0)
			return 128;
	return (unsigned)kept * 8;
}

static bool
in_ranges(const struct agent_rule *r, struct addr a)
{
	for (size_t i = 0; is_known(a) && i < r->ranges_n; i++)
		if (addr_set_touches(r->ranges[i], a, known_bits(a)))
			return true;
	return false;
}

/* Whether the mail's image, all that it loads from us, was fetched before, and
 * from the same network: a visitor of whom no address is kept did not. */
static bool
has_images(const struct bench *b, size_t i)
{
	const struct hit *x = &b->hits[i].hit;
	size_t n = b->hits[i].clock_back ? b->n : i;

	for (size_t k = 0; k < n; k++) {
		const struct hit *y = &b->hits[k].hit;

		if (y->kind == HIT_OPEN && y->method == HIT_GET &&
		    is_known(x->address) &&
		    addr_same_net(x->address, y->address))
			return true;
	}
	return false;
}

/* Which of the mail's links it followed; each kind counts for itself. */
static uint32_t
link_of(const struct hit *h)
{
	return (uint32_t)h->kind << 16 | h->index;
}

/* Marks the hits of every window of "within" with so many different links.
 * Hits are ordered by time. */
static void
bursts_mark(struct bench *b, const struct agent_rule *r, bool *marks)
{
	size_t marked = 0; /* all before are decided */

	for (size_t first = 0; first < b->n; first++) {
		uint32_t seen[BURST_MAX];
		int64_t links = 0;
		size_t k;

		for (k = first;
		     k < b->n &&
		     apart_us(&b->hits[k], &b->hits[first]) <= r->within_us;
		     k++) {
			uint32_t link = link_of(&b->hits[k].hit);
			int64_t old = 0;

			if (!(r->on & kind_bit(&b->hits[k])))
				continue;
			while (old < links && seen[old] != link)
				old++;
			if (old == links && links < r->burst)
				seen[links++] = link;
		}
		if (links < r->burst)
			continue;
		for (marked = marked > first ? marked : first; marked < k;
		     marked++)
			marks[marked] = true;
	}
}

/* True when the same link was fetched close in time by another system, from
 * another network as far as is known. */
static bool
is_elsewhere(const struct bench *b, const struct agent_rule *r, size_t i)
{
	const struct agent_hit *x = &b->hits[i];

	for (size_t k = 0; k < b->n; k++) {
		const struct agent_hit *y = &b->hits[k];

		if (k != i && (r->on & kind_bit(y)) &&
		    link_of(&y->hit) == link_of(&x->hit) &&
		    apart_us(x, y) <= r->elsewhere_us &&
		    !(is_known(x->hit.address) &&
		      addr_same_net(x->hit.address, y->hit.address)) &&
		    !slice_eq(system_of(x->hit.agent), system_of(y->hit.agent)))
			return true;
	}
	return false;
}

/* Telephones go from one network to another; two that say Windows in two
 * networks may be two scanners in a row. */
static bool
moves(struct slice system)
{
	return slice_eq_z(system, "iPhone") || slice_eq_z(system, "iPad") ||
	       slice_eq_z(system, "Android");
}

/* An answer says of itself that somebody acts; anything else is of the same
 * visitor as another from the same network only, or by the same system where
 * that moves, or one of the networks is not known, or the other answered. */
static bool
is_same_visitor(const struct bench *b, size_t i, size_t k)
{
	const struct agent_hit *x = &b->hits[i], *y = &b->hits[k];
	bool known = is_known(x->hit.address) && is_known(y->hit.address);

	if (x->answered ||
	    (known && addr_same_net(x->hit.address, y->hit.address)))
		return true;
	return slice_eq(b->systems[i], b->systems[k]) &&
	       (!known || y->answered || moves(b->systems[i]));
}

/* A second interaction counts unless a rule has judged it otherwise than a
 * person's. */
static bool
is_again(const struct bench *b, const struct agent_rule *r, size_t i)
{
	const struct agent_hit *x = &b->hits[i];

	for (size_t k = 0; k < b->n; k++) {
		const struct agent_hit *y = &b->hits[k];

		if (k != i && is_interaction(y) && (r->on & kind_bit(y)) &&
		    (!y->rule || y->class == AGENT_PERSON_LIKELY) &&
		    apart_us(x, y) >= r->again_us && is_same_visitor(b, i, k))
			return true;
	}
	return false;
}

static bool
is_settled(const struct bench *b, const struct agent_rule *r, size_t i)
{
	int64_t from_us = b->times.delivered_us;

	if (r->after_us && from_us != INT64_MIN &&
	    b->hits[i].hit.time_us > from_us + r->after_us)
		return true;
	return r->again_us && is_again(b, r, i);
}

static bool
rule_fits(const struct bench *b, const struct agents *a, size_t rule, size_t i)
{
	const struct agent_rule *r = &a->rules[rule];
	const struct agent_hit *h = &b->hits[i];

	if (!(r->on & kind_bit(h)))
		return false;
	if (r->methods && !(r->methods & 1u << h->hit.method))
		return false;
	if (r->before && (h->clock_back || h->hit.time_us >= b->times.sent_us))
		return false;
	if (r->ranges_n && !in_ranges(r, h->hit.address))
		return false;
	if (r->no_images && has_images(b, i))
		return false;
	if (r->agent && !matches(b, r->agent, h->hit.agent))
		return false;
	if (r->header) {
		struct slice v = signal_of(&h->hit, r->header);

		if (!v.p || !matches(b, r->header_like, v))
			return false;
	}
	if (r->burst && !b->bursts[rule][i])
		return false;
	if (r->elsewhere_us && !is_elsewhere(b, r, i))
		return false;
	if ((r->after_us || r->again_us) && !is_settled(b, r, i))
		return false;
	return true;
}

/* Two passes over the hits: the first settles what is a machine's, so that
 * nothing leans on such a hit as a second interaction. */
static void
judge(struct bench *b, const struct agents *a, bool leaning)
{
	for (size_t i = 0; i < b->n; i++) {
		struct agent_hit *h = &b->hits[i];

		for (size_t k = 0; k < a->rules_n && !h->rule; k++) {
			const struct agent_rule *r = &a->rules[k];

			if (!leaning && (r->after_us || r->again_us))
				break;
			if (!rule_fits(b, a, k, i))
				continue;
			h->class = r->class;
			h->rule = r->name;
		}
	}
}

static void
bench_open(struct bench *b, const struct agents *a)
{
	b->match = pcre2_match_data_create(1, NULL);
	b->limits = pcre2_match_context_create(NULL);
	if (!b->match || !b->limits)
		die("out of memory (classifying)");
	(void)pcre2_set_match_limit(b->limits, AGENT_MATCH_LIMIT);
	b->systems = mem_alloc(b->n * sizeof(*b->systems));
	for (size_t i = 0; i < b->n; i++)
		b->systems[i] = system_of(b->hits[i].hit.agent);
	for (size_t k = 0; k < a->rules_n; k++) {
		if (!a->rules[k].burst)
			continue;
		b->bursts[k] = mem_alloc(b->n * sizeof(bool));
		bursts_mark(b, &a->rules[k], b->bursts[k]);
	}
}

static void
bench_close(struct bench *b)
{
	pcre2_match_data_free(b->match);
	pcre2_match_context_free(b->limits);
	free(b->systems);
	for (size_t k = 0; k < RULES_MAX; k++)
		free(b->bursts[k]);
}

void
agents_classify(const struct agents *a, struct agent_hit *hits, size_t n,
		const struct agent_times *times)
{
	struct bench b = {.hits = hits,
			  .n = n > AGENT_HITS_MAX ? AGENT_HITS_MAX : n,
			  .times = *times};

	for (size_t i = 0; i < n; i++) {
		hits[i].class = AGENT_UNDETERMINED;
		hits[i].rule = NULL;
	}
	bench_open(&b, a);
	judge(&b, a, false);
	judge(&b, a, true);
	bench_close(&b);
	for (size_t i = 0; i < n; i++)
		if (!hits[i].rule)
			hits[i].rule = "none";
}
