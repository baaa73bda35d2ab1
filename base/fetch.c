#include "base/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

struct transfer {
	struct fetch *f;
	bool denied, over;
};

static void
start_curl(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		die("libcurl does not start");
}

static bool
private_v4(uint32_t a)
{
	static const struct {
		uint32_t net, mask;
	} ranges[] = {
	    {0x00000000, 0xff000000}, /* this network */
	    {0x0a000000, 0xff000000}, /* RFC 1918 */
	    {0x64400000, 0xffc00000}, /* RFC 6598 */
	    {0x7f000000, 0xff000000}, /* loopback */
	    {0xa9fe0000, 0xffff0000}, /* link-local, cloud metadata */
	    {0xac100000, 0xfff00000}, /* RFC 1918 */
	    {0xc0000000, 0xffffff00}, /* RFC 6890 */
	    {0xc0a80000, 0xffff0000}, /* RFC 1918 */
	    {0xc6120000, 0xfffe0000}, /* RFC 2544 */
	    {0xe0000000, 0xe0000000}, /* multicast and reserved */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if ((a & ranges[i].mask) == ranges[i].net)
			return true;
	return false;
}

static bool
private_v6(const uint8_t a[16])
{
	static const uint8_t zero[12];

	if (IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)a))
		return private_v4((uint32_t)a[12] << 24 |
				  (uint32_t)a[13] << 16 | (uint32_t)a[14] << 8 |
				  a[15]);
	/* None, loopback, and IPv4 as RFC 4291 2.5.5.1 wrote it. */
	return memcmp(a, zero, sizeof(zero)) == 0 ||
	       (a[0] & 0xfe) == 0xfc ||	      /* unique local */
	       (a[0] == 0xfe && a[1] >> 7) || /* link-local, site-local */
	       a[0] == 0xff || (a[0] == 0x00 && a[1] == 0x64);
}

bool
fetch_private(const struct sockaddr *a)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	switch (a->sa_family) {
	case AF_INET:
		memcpy(&in, a, sizeof(in));
		return private_v4(ntohl(in.sin_addr.s_addr));
	case AF_INET6:
		memcpy(&in6, a, sizeof(in6));
		return private_v6(in6.sin6_addr.s6_addr);
	default:
		return true;
	}
}

/* Asked with each address just before the socket is opened, so that a name
 * cannot resolve to one thing for a check and to another for the call. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct transfer *t = arg;

	(void)purpose;
	if (!t->f->allow_private && fetch_private(&to->addr)) {
		t->denied = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	struct slice piece = slice_of(p, size * n);

	if (t->f->piece != NULL)
		return t->f->piece(t->f->arg, piece) ? piece.n : 0;
	if (t->f->answer == NULL)
		return piece.n;
	sbuf_add(t->f->answer, piece);
	t->over = !sbuf_ok(t->f->answer);
	return t->over ? 0 : piece.n;
}

/* Asked about once a second; other than 0 breaks the transfer off. */
static int
stopped(void *arg, curl_off_t a, curl_off_t b, curl_off_t x, curl_off_t y)
{
	const struct transfer *t = arg;

	(void)a, (void)b, (void)x, (void)y;
	return t->f->stop != NULL && atomic_load(t->f->stop);
}

static enum rc
perform(CURL *c, struct transfer *t, struct err *e)
{
	char why[CURL_ERROR_SIZE] = "";
	const char *type = NULL;
	long status = 0;
	CURLcode code;

	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
	code = curl_easy_perform(c);
	if (t->denied)
		return err_set(e, RC_DENIED, "%s leads to a private address",
			       t->f->url);
	if (t->over)
		return err_set(e, RC_LIMIT, "the answer is too long");
	if (code != CURLE_OK)
		return err_set(e, RC_IO, "%s: %s", t->f->url,
			       why[0] != '\0' ? why : curl_easy_strerror(code));
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	t->f->status = (int)status;
	curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
	snprintf(t->f->type, sizeof(t->f->type), "%s", type ? type : "");
	return RC_OK;
}

/* Where it goes, and whom to believe there. */
static struct curl_slist *
set_peer(CURL *c, struct transfer *t)
{
	struct fetch *f = t->f;
	struct curl_slist *at = NULL;

	if (f->socket != NULL) {
		curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, f->socket);
		return NULL;
	}
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
	if (f->ca_file != NULL) {
		curl_easy_setopt(c, CURLOPT_CAINFO, f->ca_file);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	if (f->at != NULL) {
		at = curl_slist_append(NULL, f->at);
		curl_easy_setopt(c, CURLOPT_RESOLVE, at);
	}
	return at;
}

static void
set_body(CURL *c, struct fetch *f, FILE *file)
{
	if (file != NULL) {
		curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(c, CURLOPT_READDATA, file);
	} else if (strcmp(f->method, "GET") != 0) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDS,
				 f->body.p != NULL ? f->body.p : "");
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)f->body.n);
	}
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, f->method);
}

enum rc
fetch_run(struct fetch *f, struct err *e)
{
	struct transfer t = {.f = f};
	struct curl_slist *headers = NULL, *at;
	FILE *file = NULL;
	enum rc rc;
	CURL *c;

	pthread_once(&once, start_curl);
	if (f->body_file != NULL && (file = fopen(f->body_file, "re")) == NULL)
		return err_errno(e, f->body_file);
	c = curl_easy_init();
	if (c == NULL)
		die("out of memory");
	for (size_t i = 0; f->headers != NULL && f->headers[i] != NULL; i++)
		headers = curl_slist_append(headers, f->headers[i]);
	headers = curl_slist_append(headers, "Expect:");
	curl_easy_setopt(c, CURLOPT_URL, f->url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)f->timeout_ms);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &t);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, stopped);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, &t);
	at = set_peer(c, &t);
	set_body(c, f, file);
	rc = perform(c, &t, e);
	curl_slist_free_all(at);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	if (file != NULL)
		fclose(file);
	return rc;
}
