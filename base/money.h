#ifndef BASE_MONEY_H
#define BASE_MONEY_H

#include "base/err.h"
#include "base/sbuf.h"

/* Minor units of an ISO 4217 currency. */
struct money {
	int64_t minor;
	char currency[4];
};

/* Digits after the point of a currency ("ARS" 2, "JPY" 0, "BHD" 3), or -1 when
 * it is not in the table.  Ref: ISO 4217 list one. */
int money_digits(struct slice currency);

/* True for what money_parse() would take in some currency of enough digits. */
bool money_shape(struct slice amount);

/* Parses "-12345.67".  More digits than the currency has, an unknown currency,
 * other signs, leading zeros, spaces, exponents or overflow are refused:
 * RC_INVALID. */
enum rc money_parse(struct slice amount, struct slice currency,
		    struct money *out, struct err *e) MUST_USE;

/* Adds the decimal string with all of the currency's digits; dies where the
 * currency is not in the table. */
void money_add(struct sbuf *out, struct money m);

#endif
