#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "tools/receiver/server.h"

static int
refuse(const struct err *e)
{
	fprintf(stderr, "receiver: %s%s%s\n", e->pointer,
		e->pointer[0] ? ": " : "", e->text);
	return rc_exit(e->rc);
}

/* Those that the loop reads must be blocked before it asks for them. */
static void
set_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void
raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int
check_rules(const char *path)
{
	struct rules *rules = NULL;
	struct err e = {0};

	if (rules_load(path, &rules, &e) != RC_OK)
		return refuse(&e);
	printf("%s: %zu rules\n", path, rules_count(rules));
	rules_free(rules);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct options options;
	struct server *server = NULL;
	struct err e = {0};

	if (options_read(argc, argv, &options, &e) != RC_OK) {
		(void)refuse(&e);
		return 64; /* EX_USAGE */
	}
	if (options.help) {
		options_help();
		return 0;
	}
	if (options.version) {
		puts("Acuse test receiver, for tests and the demo");
		return 0;
	}
	if (options.check_rules)
		return check_rules(options.check_rules);
	log_init(STDERR_FILENO, LOG_INFO);
	set_signals();
	raise_file_limit();
	if (server_new(&options, &server, &e) != RC_OK)
		return refuse(&e);
	LOG(SERVER_READY, LOG_I("listeners", options.listen_count));
	if (server_run(server, &e) != RC_OK) {
		server_free(server);
		return refuse(&e);
	}
	server_free(server);
	return 0;
}
