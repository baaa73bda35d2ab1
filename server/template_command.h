#ifndef SERVER_TEMPLATE_COMMAND_H
#define SERVER_TEMPLATE_COMMAND_H

#include "server/command.h"

/* acuse template list | lint [MAIL] | preview MAIL | send-test MAIL: shows what
 * mails there are, looks for mistakes, writes one's parts to files, or sends it
 * to an address, with made-up data or that of a file.  Fails: RC_INVALID
 * (usage; a template; what lint found), RC_NOTFOUND, RC_IO; those of
 * template_send(). */
enum rc template_command_run(const struct options *o, struct err *e) MUST_USE;

#endif
