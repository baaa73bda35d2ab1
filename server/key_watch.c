#include "server/key_watch.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

int
key_watch_open(const struct server *s)
{
	char path[STATE_PATH_MAX];
	struct err e = {0};
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (state_path(s->o->state, STATE_KEYS, path, &e) == RC_OK &&
	    inotify_add_watch(fd, path,
			      IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO) >= 0)
		return fd;
	if (errno == ENOENT) { /* the start says so */
		(void)close(fd);
		return -1;
	}
	(void)err_errno(&e, path);
	LOG(KEYS_UNWATCHED, LOG_ERR(&e));
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static bool
has_changed(int fd)
{
	_Alignas(struct inotify_event) char events[4096];
	bool any = false;

	while (read(fd, events, sizeof(events)) > 0)
		any = true;
	return any;
}

static enum rc
take(struct server *s, struct err *e)
{
	struct materials *m = NULL, *fresh = NULL;
	struct keyring *keys = NULL, *mine = NULL;
	enum rc rc = keyring_load(s->o->state, &keys, e);

	if (rc == RC_OK && s->materials != NULL) {
		rc = keyring_load(s->o->state, &mine, e);
		m = materials_box_get(s->materials);
		if (rc == RC_OK)
			rc = materials_with_keys(m, mine, &fresh, e);
		materials_release(m);
	}
	if (rc != RC_OK) {
		keyring_free(keys);
		return rc;
	}
	keys_box_set(s->keys, keys);
	if (fresh != NULL)
		materials_box_set(s->materials, fresh);
	return RC_OK;
}

void
key_watch_step(struct server *s, int fd)
{
	struct err e = {0};

	if (fd < 0 || !has_changed(fd))
		return;
	if (take(s, &e) == RC_OK)
		LOG(KEYS_TAKEN, LOG_Z("state", s->o->state));
	else
		LOG(KEYS_REFUSED, LOG_ERR(&e));
}
