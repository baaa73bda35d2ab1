#include "tracker/http_guess.h"

#include "base/clock.h"
#include "tracker/http_private.h"
#include "tracker/limit.h"

bool
http_guess(struct http_request *rq)
{
	struct http_loop *l = rq->conn->daemon->loop;
	struct limit *guesses = l->server->guesses;
	int64_t wait_us = 0, wait_s;

	if (guesses)
		wait_us = limit_take(guesses, rq->peer, clock_mono_us());
	if (wait_us == 0)
		return true;
	atomic_fetch_add_explicit(&l->counters.limited, 1,
				  memory_order_relaxed);
	wait_s = (wait_us + SECOND_US - 1) / SECOND_US;
	http_header(
	    rq, "Retry-After",
	    slice_z(arena_printf(&rq->arena, "%lld", (long long)wait_s)));
	return false;
}
