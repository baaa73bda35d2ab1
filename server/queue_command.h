#ifndef SERVER_QUEUE_COMMAND_H
#define SERVER_QUEUE_COMMAND_H

#include "server/command.h"

/* "acuse queue": what waits, and what by hand holds, resumes, retries or
 * cancels it. */
enum rc queue_command_run(const struct options *o, struct err *e) MUST_USE;

#endif
