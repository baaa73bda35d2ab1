#ifndef SERVER_QUEUE_LIST_H
#define SERVER_QUEUE_LIST_H

#include "base/json.h"
#include "server/command.h"

/* All pages of what waits (of --brand and a domain, "" for any) as one answer
 * of GET /v1/queue; the caller frees it. */
enum rc queue_list_get(const struct options *o, const char *domain,
		       json_t **out, struct err *e) MUST_USE;

/* Messages that wait in it, those held one by one included. */
int64_t queue_list_waiting(const json_t *answer);

/* Prints whether mail goes, and who paused it: of such an answer, or one of
 * /v1/sending/… */
void queue_list_print_sending(const json_t *answer);

/* Prints it in words: for each destination what keeps it, and what to do. */
void queue_list_print(const json_t *answer);

#endif
