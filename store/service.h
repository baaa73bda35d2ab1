#ifndef STORE_SERVICE_H
#define STORE_SERVICE_H

#include "base/arena.h"
#include "store/db.h"

enum service_status { SERVICE_ACTIVE, SERVICE_SUSPENDED, SERVICE_TERMINATED };

struct service {
	struct slice id, customer, name, product;
	int status; /* enum service_status */
	int32_t expires_on;
	bool auto_renew;
};

/* Fails: RC_NOTFOUND. */
enum rc service_get(struct db *db, struct slice id, struct arena *a,
		    struct service *out, struct err *e) MUST_USE;
enum rc service_put(struct db *db, const struct service *s, int64_t now_us,
		    struct err *e) MUST_USE;

#endif
