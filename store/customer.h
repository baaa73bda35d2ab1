#ifndef STORE_CUSTOMER_H
#define STORE_CUSTOMER_H

#include "base/arena.h"
#include "store/db.h"

#define HOLD_FOREVER INT64_MAX

struct contact {
	struct slice id, role, email, phone, source;
	int32_t since;	      /* DATE_NONE: not told */
	int64_t confirmed_us; /* 0: not told */
};

struct customer {
	struct slice id, brand, name, locale, time_zone;
	struct slice groups; /* JSON array */
	struct ref ref;
	int64_t rev, version;
	int64_t hold_until_us; /* 0: none */
	struct slice hold_reason, consent;
	bool legal_hold;
	int64_t created_us, updated_us;
	const struct contact *contacts;
	size_t contacts_n;
};

enum service_status { SERVICE_ACTIVE, SERVICE_SUSPENDED, SERVICE_TERMINATED };

struct service {
	struct slice id, customer, name, product;
	int status; /* enum service_status */
	int32_t expires_on;
	bool auto_renew;
};

/* Reads it with its contacts (ordered by id).  Fails: RC_NOTFOUND. */
enum rc customer_get(struct db *db, struct slice id, struct arena *a,
		     struct customer *out, struct err *e) MUST_USE;
enum rc customer_get_ref(struct db *db, struct ref ref, struct arena *a,
			 struct customer *out, struct err *e) MUST_USE;

/* Inserts or updates what billing tells; holds, legal hold and consent stay
 * as they are; contacts are replaced. */
enum rc customer_put(struct db *db, const struct customer *c,
		     struct err *e) MUST_USE;
enum rc customer_set_hold(struct db *db, struct slice id, int64_t until_us,
			  struct slice reason, struct err *e) MUST_USE;
enum rc customer_set_consent(struct db *db, struct slice id,
			     struct slice consent, struct err *e) MUST_USE;

enum rc service_get(struct db *db, struct slice id, struct arena *a,
		    struct service *out, struct err *e) MUST_USE;
enum rc service_put(struct db *db, const struct service *s, int64_t now_us,
		    struct err *e) MUST_USE;
/* All of a customer, by id. */
enum rc service_list(struct db *db, struct slice customer, struct arena *a,
		     struct service **out, size_t *n, struct err *e) MUST_USE;

#endif
