#ifndef SERVER_SETTINGS_H
#define SERVER_SETTINGS_H

#include "conf/conf.h"

/* conf_load(), and then what only ICU can judge: that there are such locales
 * and time zones.  Owns, fails: as conf_load(). */
enum rc settings_load(const char *path, const struct conf **out,
		      struct err *e) MUST_USE;

#endif
