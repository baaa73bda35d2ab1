#ifndef RECEIVER_OPTIONS_H
#define RECEIVER_OPTIONS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "tools/receiver/command.h"
#include "tools/receiver/tls.h"

#define OPTIONS_LISTENERS 512
#define OPTIONS_USERS 16
#define OPTIONS_NAME 32

struct endpoint {
	struct sockaddr_storage addr;
	socklen_t addr_len;
};

struct listen_option {
	char name[OPTIONS_NAME];
	struct endpoint at;
	bool starttls, tls;
};

struct user_option {
	struct slice name, password;
};

/* What the command line says. */
struct options {
	struct listen_option listens[OPTIONS_LISTENERS];
	size_t listen_count;
	struct user_option users[OPTIONS_USERS];
	size_t user_count;
	const char *rules, *check_rules, *ports_file, *maildir, *journal;
	const char *clock, *hostname;
	struct endpoint report_to; /* addr_len 0: none */
	struct tls_options tls;
	unsigned without; /* extensions not offered */
	int64_t max_size, max_recipients, max_connections, idle_s;
	int64_t receive_buffer; /* 0: the system's */
	bool sync, auth_required;
	bool help, version;
};

/* Fills o from the arguments; texts are borrowed from argv.
 * Fails: RC_INVALID, naming the option. */
enum rc options_read(int argc, char **argv, struct options *o,
		     struct err *e) MUST_USE;

/* Prints what --help prints. */
void options_help(void);

/* Writes "127.0.0.1" or "::1", and gives the port. */
int endpoint_text(const struct sockaddr_storage *addr, char *out, size_t n);

#endif
