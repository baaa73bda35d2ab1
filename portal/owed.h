#ifndef PORTAL_OWED_H
#define PORTAL_OWED_H

#include "portal/page.h"
#include "store/invoice.h"

/* Sets what the area shows of invoices, which come with the newest due first:
 * those that are owed with the oldest first, their totals by currency, and
 * those that are settled.  After page_speak(). */
void owed_set(struct page *pg, const struct invoice *list, size_t n);

#endif
