#include "tracker/link_scope.h"

enum rc
link_scope_check(const struct http_request *rq, const struct keyring *keys,
		 struct token *out)
{
	static const struct {
		const char *scope;
		enum token_purpose purpose;
		bool expires; /* the second parameter is signed with it */
	} scopes[] = {
	    {"area", TOKEN_AREA, true},
	    {"view", TOKEN_VIEW, false},
	    {"answer", TOKEN_ANSWER, false},
	    {"leave", TOKEN_LEAVE, false},
	};

	for (size_t i = 0; i < sizeof(scopes) / sizeof(*scopes); i++)
		if (strcmp(scopes[i].scope, rq->route->scope) == 0)
			return token_check(
			    keys, rq->params[0], scopes[i].purpose,
			    scopes[i].expires ? rq->params[1] : SLICE(""), out);
	return RC_DENIED;
}
