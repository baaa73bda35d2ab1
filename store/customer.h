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
/* Until when it is held; 0: it is not, or there is no such customer. */
enum rc customer_get_hold(struct db *db, struct slice id, int64_t *until_us,
			  struct err *e) MUST_USE;
enum rc customer_set_legal_hold(struct db *db, struct slice id, bool held,
				struct err *e) MUST_USE;
/* Whether its contact of an id has an address, written just so. */
enum rc customer_has_contact(struct db *db, struct slice id,
			     struct slice contact, struct slice email,
			     bool *out, struct err *e) MUST_USE;
/* Ids of customers with a contact of an address, in whatever case; looks at all
 * contacts. */
enum rc customer_list_email(struct db *db, struct slice email, struct arena *a,
			    struct slice **out, size_t *n,
			    struct err *e) MUST_USE;
/* Ids of customers whose hold ended at or before now. */
enum rc customer_list_hold_over(struct db *db, int64_t now_us, size_t limit,
				struct arena *a, struct slice **out, size_t *n,
				struct err *e) MUST_USE;
/* The consent alone; empty where there is none, or no such customer. */
enum rc customer_get_consent(struct db *db, struct slice id, struct arena *a,
			     struct slice *out, struct err *e) MUST_USE;
enum rc customer_set_consent(struct db *db, struct slice id,
			     struct slice consent, struct err *e) MUST_USE;

#endif
