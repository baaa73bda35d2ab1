#ifndef QUEUE_CONTACTS_H
#define QUEUE_CONTACTS_H

#include "queue/queue.h"
#include "store/customer.h"
#include "store/message.h"

/* What a change of a customer's contacts does to its notices. */

/* Whether a message's address is still its contact's, or that of one with a
 * role that its notices go to.  An address that a request named is, and one
 * that may have it already. */
enum rc contacts_have(struct db *db, const struct message *m, struct arena *a,
		      bool *out, struct err *e) MUST_USE;

/* Cancels a message that may not have arrived, and whose address they have no
 * more: its notices go to the addresses that there are, together. */
enum rc contacts_move(struct queue *q, struct db *db, struct message *m,
		      struct arena *a, struct err *e) MUST_USE;

/* After a customer's contacts were replaced: what waits for an address that is
 * its no more goes to those that are.  Where an address is new, what an act
 * needs and nobody got is planned again, unless that act was due already. */
enum rc contacts_changed(struct queue *q, struct db *db,
			 const struct customer *c, const struct contact *before,
			 size_t before_n, struct arena *a,
			 struct err *e) MUST_USE;

#endif
