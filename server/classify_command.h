#ifndef SERVER_CLASSIFY_COMMAND_H
#define SERVER_CLASSIFY_COMMAND_H

#include "server/command.h"

/* "acuse classify MREF | --again": judges one message now, or all of them anew
 * by the present rules, telling how far it is. */
enum rc classify_command_run(const struct options *o, struct err *e) MUST_USE;

/* "acuse agents [update FILE [--name RANGES]]": the rules that tell machines
 * from persons; puts a published list of ranges in the place of the one that
 * came.  Fails: RC_INVALID (the list; whose it is cannot be told), RC_NOTFOUND,
 * RC_IO. */
enum rc classify_command_agents(const struct options *o,
				struct err *e) MUST_USE;

#endif
