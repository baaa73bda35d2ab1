"""Hits and SIGKILL: what was answered is in the ledger, once."""

import collections
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "integration"))
from harness import run, test, wait_for  # noqa: E402
from tracker import Load, Tracker, ref_of, tokens  # noqa: E402


@test("what was answered is in the ledger once, whenever it is killed")
def _(t):
    rounds = 1000 if os.environ.get("ACUSE_SLOW") else 50
    state = t.path("state")
    dice = random.Random(rounds)
    answered = []
    paths = []
    for i in range(rounds):
        if len(paths) < 2000:
            pixels, clicks = tokens(state, 20000)
            paths += [p for pair in zip(pixels, clicks) for p in pair]
        batch, paths = paths[:2000], paths[2000:]
        k = Tracker(t, state=state, name="k%d" % i, loops=2)
        load = Load(k.port, 32, batch)
        end = time.monotonic() + dice.random() * 0.15
        killer = threading.Timer(end - time.monotonic(), k.proc.kill)
        killer.start()
        answered += load.run()
        killer.join()
        k.kill()
    k = Tracker(t, state=state, name="last")
    want = collections.Counter(map(ref_of, answered))

    def there():
        got = collections.Counter(x.split()[2] for x in k.ledger())
        return got if all(got[r] for r in want) else None
    got = wait_for(there)
    t.eq([r for r in got if got[r] > 1], [], "none is there twice")
    t.ok(len(want) > 50 * rounds, "there was load: %d" % len(want))


if __name__ == "__main__":
    run()
