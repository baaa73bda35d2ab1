#ifndef SERVER_ANSWERS_COMMAND_H
#define SERVER_ANSWERS_COMMAND_H

#include "server/command.h"

/* "acuse answers [AFTER]": what customers answered on messages' pages, oldest
 * first, a line each; the last says what AFTER would be next.  With --json one
 * page of the API's. */
enum rc answers_command_run(const struct options *o, struct err *e) MUST_USE;

#endif
