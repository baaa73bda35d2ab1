"""Hits and SIGKILL: what was answered is in the ledger, once."""

import collections
import email
import email.policy
import json
import os
import random
import re
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "integration"))
from harness import run, test, wait_for  # noqa: E402
from hosting import Hosting  # noqa: E402
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
    got = wait_for(there, 180, "all hits in the ledger")
    t.eq([r for r in got if got[r] > 1], [], "none is there twice")
    t.ok(len(want) > 50 * rounds, "there was load: %d" % len(want))


class Numbered(Load):
    """Pixels by (path, number), the number as the user agent."""

    def request(self, item):
        return ("GET %s HTTP/1.1\r\nHost: x\r\nUser-Agent: %d\r\n\r\n" %
                item).encode()


MESSAGES = 40
ROUND_HITS = 40  # of each: all rounds together stay under the day's bound


def pixel(mail):
    m = email.message_from_bytes(mail, policy=email.policy.default)
    return re.search(r"/o/[\w-]+", m.get_body(("html",)).get_content()).group()


def recorded(state):
    db = sqlite3.connect("file:%s/acuse.db?mode=ro" % state, uri=True)
    try:
        return collections.Counter(
            int(json.loads(row[0])["agent"]) for row in db.execute(
                "SELECT payload FROM events WHERE kind = 44"))
    finally:
        db.close()


@test("the same through the whole server and its store")
def _(t):
    rounds = 200 if os.environ.get("ACUSE_SLOW") else 10
    dice = random.Random(rounds)
    r = t.receiver()
    a = Hosting(t, to=[r])
    for i in range(MESSAGES):
        a.customer("c%d" % i, "p%d@one.example" % i)
        a.notice("c%d" % i)
    a.wait_messages(MESSAGES, state="accepted")
    pixels = [pixel(mail) for mail in r.messages()]
    answered = []
    for i in range(rounds):
        items = [(pixels[k % MESSAGES], i * ROUND_HITS + k)
                 for k in range(ROUND_HITS)]
        load = Numbered(a.ports["public"], 4, items)
        end = time.monotonic() + dice.random() * 0.04
        n = dice.randrange(5)

        def kill():
            # On a slow machine nothing would be answered so soon.
            wait_for(lambda: time.monotonic() >= end and
                     len(load.answered) >= n)
            a.process.proc.kill()
        killer = threading.Thread(target=kill)
        killer.start()
        answered += [number for _, number in load.run()]
        killer.join()
        a.kill()
        a.start()

    def there():
        got = recorded(a.state)
        return got if all(got[n] for n in answered) else None
    got = wait_for(there, what="what was answered")
    t.eq([n for n in got if got[n] > 1], [], "none is there twice")
    t.ok(len(answered) > rounds, "there was load: %d" % len(answered))


if __name__ == "__main__":
    run()
