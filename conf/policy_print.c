#include "conf/policy_read.h"

void
policy_print(const struct policy *p, struct sbuf *out)
{
	option_print_section("policy", p, p, 0, out);
	for (size_t i = 0; i < p->steps_n; i++) {
		option_print_section("step", &p->steps[i], p, 1, out);
		sbuf_add_z(out, "\t}\n");
	}
	for (size_t i = 0; i < p->acts_n; i++) {
		option_print_section("act", &p->acts[i], p, 1, out);
		sbuf_add_z(out, "\t}\n");
	}
	for (size_t i = 0; i < p->on_n; i++) {
		option_print_section("on", &p->on[i], p, 1, out);
		sbuf_add_z(out, "\t}\n");
	}
	sbuf_add_z(out, "}\n");
}
