#ifndef SERVER_TEMPLATE_COMMAND_H
#define SERVER_TEMPLATE_COMMAND_H

#include "server/command.h"

/* acuse template list | lint [MAIL] | preview MAIL: shows what mails there are,
 * looks for mistakes, or writes one's parts to files, with made-up data or that
 * of a file.  Fails: RC_INVALID (usage; a template; what lint found),
 * RC_NOTFOUND, RC_IO. */
enum rc template_command_run(const struct options *o, struct err *e) MUST_USE;

#endif
