#include "server/harmless.h"

#include <stdio.h>

static void
print(struct slice s, bool lines)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool c1 = c == 0xc2 && i + 1 < s.n &&
			  (unsigned char)s.p[i + 1] < 0xa0;

		if ((c < ' ' && (!lines || c != '\n')) || c == 0x7f)
			printf("\\x%02x", c);
		else if (c1)
			printf("\\x%02x", (unsigned char)s.p[++i]);
		else
			putchar(c);
	}
}

void
harmless_print_lines(struct slice text)
{
	print(text, true);
}

void
harmless_print_line(struct slice text)
{
	while (text.n > 0) {
		print(slice_trim(slice_cut(&text, '\n')), false);
		if (text.n > 0)
			printf(" / ");
	}
}
