#include "conf/conf.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"

/* The lock is held for a few instructions: between reading the pointer and
 * counting the reference, the old one may not be freed. */
struct conf_box {
	struct mutex lock;
	const struct conf *c;
};

struct conf_box *
conf_box_new(const struct conf *c)
{
	struct conf_box *b = MEM_NEW(struct conf_box);

	mutex_init(&b->lock, "conf_box");
	b->c = c;
	return b;
}

void
conf_box_free(struct conf_box *b)
{
	if (b == NULL)
		return;
	conf_unref(b->c);
	mutex_fini(&b->lock);
	free(b);
}

const struct conf *
conf_box_get(struct conf_box *b)
{
	const struct conf *c;

	mutex_lock(&b->lock);
	c = conf_ref(b->c);
	mutex_unlock(&b->lock);
	return c;
}

void
conf_box_set(struct conf_box *b, const struct conf *c)
{
	const struct conf *old;

	mutex_lock(&b->lock);
	old = b->c;
	b->c = c;
	mutex_unlock(&b->lock);
	conf_unref(old);
}
