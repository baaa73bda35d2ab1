#include "server/client.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fetch.h"
#include "base/json.h"
#include "server/harmless.h"
#include "server/serve.h"
#include "server/state.h"

#define ANSWER_MAX (64u << 20)
#define START_MS 10000
#define CALL_MS 60000

static bool
answers(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	bool ok = false;
	int fd;

	if (strlen(path) >= sizeof(to.sun_path))
		return false;
	memcpy(to.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	ok = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
	close(fd);
	return ok;
}

/* What a child that did not start says by its exit code. */
static enum rc
why_not(int status)
{
	for (int rc = RC_AGAIN; rc <= RC_BUG; rc++)
		if (WIFEXITED(status) &&
		    WEXITSTATUS(status) == rc_exit((enum rc)rc))
			return (enum rc)rc;
	return RC_IO;
}

/* Nothing serves: a child does, for as long as this command lives. */
static enum rc
start_server(const struct options *o, const char *socket, pid_t *child,
	     struct err *e)
{
	struct serve_options quiet = {
	    .config = o->config, .state = o->state, .quiet = true};
	int64_t end = clock_mono_us() + START_MS * INT64_C(1000);

	*child = fork();
	if (*child < 0)
		return err_errno(e, "fork");
	if (*child == 0) {
		struct err mine = {0};
		enum rc rc;

		prctl(PR_SET_PDEATHSIG, SIGTERM);
		rc = serve(&quiet, &mine);
		if (rc != RC_OK)
			fprintf(stderr, "acuse: %s%s%s\n", mine.pointer,
				mine.pointer[0] != '\0' ? ": " : "", mine.text);
		_exit(rc_exit(rc));
	}
	while (!answers(socket)) {
		struct timespec pause = {0, 5000000};
		int status = 0;

		if (waitpid(*child, &status, WNOHANG) == *child) {
			*child = -1;
			return err_set(e, why_not(status),
				       "nothing serves %s, and it could not "
				       "be started for this command",
				       o->state);
		}
		if (clock_mono_us() > end)
			return err_set(e, RC_AGAIN,
				       "nothing serves %s, and it does not "
				       "start for this command: its store may "
				       "be locked",
				       o->state);
		nanosleep(&pause, NULL);
	}
	return RC_OK;
}

static void
stop_server(pid_t child)
{
	if (child <= 0)
		return;
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
}

/* The reason in an application/problem+json answer. */
static enum rc
problem(int status, const struct sbuf *out, struct err *e)
{
	enum rc rc = status == 404   ? RC_NOTFOUND
		     : status == 409 ? RC_STATE
		     : status == 403 ? RC_DENIED
		     : status >= 500 ? RC_AGAIN
				     : RC_INVALID;
	json_t *o = json_loadb(out->p != NULL ? out->p : "", out->n, 0, NULL);
	const char *detail = json_string_value(json_object_get(o, "detail"));
	const char *title = json_string_value(json_object_get(o, "title"));

	rc = err_set(e, rc, "%s",
		     detail != NULL  ? detail
		     : title != NULL ? title
				     : "the server refused it");
	json_decref(o);
	return rc;
}

enum rc
client_call(const struct options *o, const char *method, const char *path,
	    struct slice body, struct sbuf *out, struct err *e)
{
	static const char *const headers[] = {"Content-Type: application/json",
					      NULL};
	char socket[STATE_PATH_MAX], url[4096];
	struct fetch f = {.method = method,
			  .url = url,
			  .socket = socket,
			  .headers = headers,
			  .body = body,
			  .timeout_ms = CALL_MS,
			  .answer = out};
	pid_t child = -1;
	enum rc rc = state_path(o->state, STATE_SOCKET, socket, e);

	snprintf(url, sizeof(url), "http://localhost%s", path);
	if (rc == RC_OK)
		rc = state_become_owner(o->state, e);
	if (rc == RC_OK && !answers(socket))
		rc = start_server(o, socket, &child, e);
	if (rc == RC_OK)
		rc = fetch_run(&f, e);
	stop_server(child);
	if (rc == RC_OK && f.status >= 400)
		rc = problem(f.status, out, e);
	return rc;
}

enum rc
client_print(const struct options *o, const char *method, const char *path,
	     struct slice body, void (*show)(struct slice answer),
	     struct err *e)
{
	struct sbuf out;
	enum rc rc;

	sbuf_init(&out, ANSWER_MAX);
	rc = client_call(o, method, path, body, &out, e);
	if (rc == RC_OK && (o->json || show == NULL)) {
		harmless_print_json(sbuf_slice(&out));
		putchar('\n');
	} else if (rc == RC_OK) {
		show(sbuf_slice(&out));
	}
	sbuf_fini(&out);
	return rc;
}
