#include "api/spool.h"

#include <fcntl.h>
#include <unistd.h>

#define MEMORY_MAX ((size_t)64 << 10)
#define PART_MAX ((size_t)1 << 20)

void
spool_init(struct spool *s, const char *dir)
{
	*s = (struct spool){.dir = dir, .fd = -1};
	sbuf_init(&s->head, MEMORY_MAX + PART_MAX);
}

void
spool_fini(struct spool *s)
{
	sbuf_fini(&s->head);
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

struct sbuf *
spool_out(struct spool *s)
{
	return &s->head;
}

static bool
write_all(int fd, struct slice bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n <= 0)
			return false;
		bytes = slice_skip(bytes, (size_t)n);
	}
	return true;
}

static void
to_file(struct spool *s)
{
	if (s->fd < 0)
		s->fd = open(s->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd < 0 || !write_all(s->fd, sbuf_slice(&s->head)))
		s->broken = true;
	s->size += s->head.n;
	sbuf_reset(&s->head);
}

void
spool_flush(struct spool *s)
{
	s->broken |= !sbuf_ok(&s->head);
	if (s->head.n > MEMORY_MAX)
		to_file(s);
}

void
spool_reply(struct spool *s, struct http_request *rq, const char *type)
{
	struct err e;

	if (s->fd >= 0)
		to_file(s);
	if (s->broken || !sbuf_ok(&s->head)) {
		(void)err_set(&e, RC_IO,
			      "the answer could not be kept; what it was about "
			      "was done");
		http_problem(rq, &e);
	} else if (s->fd >= 0) {
		http_reply_fd(rq, 200, type, s->fd, 0, s->size);
		s->fd = -1; /* the reply closes it */
	} else {
		http_reply(rq, 200, type, sbuf_slice(&s->head));
	}
}
