#include "base/mailbox.h"

#include "base/idn.h"

#define LOCAL_PART_MAX 64
#define LABEL_MAX 63

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* Characters that no mailbox needs and that look like nothing, like a space or
 * like "." to who reads or maps it (controls, spaces, marks of direction,
 * full stops of other scripts, private use ends of the planes). */
static bool
is_deceptive(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
	    {0x0080, 0x00a0}, {0x00ad, 0x00ad}, {0x061c, 0x061c},
	    {0x1680, 0x1680}, {0x180e, 0x180e}, {0x2000, 0x200f},
	    {0x2024, 0x2024}, {0x2028, 0x202f}, {0x205f, 0x206f},
	    {0x3000, 0x3000}, {0x3002, 0x3002}, {0xfdd0, 0xfdef},
	    {0xfe52, 0xfe52}, {0xfeff, 0xfeff}, {0xff0e, 0xff0e},
	    {0xff20, 0xff20}, {0xff61, 0xff61}, {0xfff0, 0xffff},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return c > 0xffff && ((c & 0xfffe) == 0xfffe || c >= 0xe0000);
}

static uint32_t
code_point(struct slice c)
{
	static const unsigned char first_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t v = (unsigned char)c.p[0] & first_mask[c.n];

	for (size_t i = 1; i < c.n; i++)
		v = v << 6 | ((unsigned char)c.p[i] & 0x3f);
	return v;
}

static bool
has_letter(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return true;
	return false;
}

/* All of s letters, digits, characters of marks, or what of UTF-8 deceives
 * nobody. */
static bool
is_word(struct slice s, const char *marks)
{
	if (s.n == 0)
		return false;
	while (s.n) {
		size_t n = slice_utf8_next(s);

		if (n == 0 || (n == 1 && !is_alnum(s.p[0]) &&
			       strchr(marks, s.p[0]) == NULL))
			return false;
		if (n > 1 && is_deceptive(code_point(slice_of(s.p, n))))
			return false;
		s = slice_skip(s, n);
	}
	return true;
}

/* Ref: RFC 5322, 3.2.3 (dot-atom); RFC 6531, 3.3. */
static bool
local_part_valid(struct slice s)
{
	if (s.n > LOCAL_PART_MAX)
		return false;
	while (s.p) {
		struct slice atom = slice_cut(&s, '.');

		if (!is_word(atom, "!#$%&'*+-/=?^_`{|}~"))
			return false;
	}
	return true;
}

/* Ref: RFC 5321, 4.1.2; RFC 3696, 2: a last label of digits alone would be an
 * address. */
static bool
domain_valid(struct slice s)
{
	while (s.p) {
		struct slice label = slice_cut(&s, '.');

		if (label.n > LABEL_MAX || !is_word(label, "-") ||
		    label.p[0] == '-' || label.p[label.n - 1] == '-')
			return false;
		if (s.p == NULL && !has_letter(label))
			return false;
	}
	return true;
}

static bool
is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] & 0x80) != 0)
			return false;
	return true;
}

/* A-labels are longer, and count too where they are what is said. */
static bool
has_ascii(struct slice local, struct slice domain)
{
	char ascii[IDN_ROOM];

	return idn_ascii(domain, ascii) &&
	       local.n + 1 + strlen(ascii) <= MAILBOX_MAX;
}

bool
mailbox_domain_valid(struct slice domain)
{
	return domain.n > 0 && domain_valid(domain) &&
	       (is_ascii(domain) || has_ascii(SLICE("a"), domain));
}

bool
mailbox_valid(struct slice s)
{
	struct slice domain = s, local;

	if (s.n > MAILBOX_MAX || slice_find_c(s, '@') < 0)
		return false;
	local = slice_cut(&domain, '@');
	return local_part_valid(local) && domain_valid(domain) &&
	       (is_ascii(domain) || has_ascii(local, domain));
}

void
mailbox_add_ascii(struct sbuf *b, struct slice mailbox)
{
	struct slice domain = mailbox, local = slice_cut(&domain, '@');
	char ascii[IDN_ROOM];

	if (is_ascii(domain) || !is_ascii(local) || !idn_ascii(domain, ascii)) {
		sbuf_add(b, mailbox);
		return;
	}
	sbuf_add(b, local);
	sbuf_add_c(b, '@');
	sbuf_add_z(b, ascii);
}
