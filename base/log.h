#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"
#include "base/slice.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Names and levels of events are rows of log_events.def. */
enum log_event {
#define LOG_EVENT(id, name, level) LOG_##id,
#include "base/log_events.def"
#undef LOG_EVENT
	LOG_EVENT_COUNT,
};

struct log_field {
	const char *key;
	struct slice text; /* used when p is not NULL */
	int64_t number;
};

#define LOG_S(k, s) ((struct log_field){(k), (s), 0})
#define LOG_Z(k, z) ((struct log_field){(k), slice_z(z), 0})
#define LOG_I(k, i) ((struct log_field){(k), {NULL, 0}, (int64_t)(i)})

/* Writes go to this descriptor (standard error at first), up to this level. */
void log_init(int fd, enum log_level max);

/* One line: "2026-11-21T…Z level=info event=NAME key=value …", values escaped.
 * Callers write LOG(EVENT, LOG_Z("k", v), …).  Thread: any. */
void log_write(enum log_event event, const struct log_field *fields, size_t n);

#define LOG(ev, ...)                                                           \
	log_write(LOG_##ev, (const struct log_field[]){__VA_ARGS__},           \
		  sizeof((const struct log_field[]){__VA_ARGS__}) /            \
		      sizeof(struct log_field))

/* The reason of e as the fields rc, at and error. */
#define LOG_ERR(e)                                                             \
	LOG_Z("rc", rc_name((e)->rc)), LOG_Z("at", (e)->pointer),              \
	    LOG_Z("error", (e)->text)

#endif
