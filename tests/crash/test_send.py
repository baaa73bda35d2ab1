"""SIGKILL at random moments while it sends: every message arrives at least
once, those that arrive twice are marked uncertain, and none stays claimed.

ACUSE_SLOW=1 asks for a thousand kills; KILLS= and SEED= choose."""

import collections
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ.get("SRC_DIR", "."),
                                "tests/integration"))

from harness import Failed, run, test, wait_for
from hosting import Hosting

KILLS = int(os.environ.get("KILLS") or
            (1000 if os.environ.get("ACUSE_SLOW") else 50))
SEED = int(os.environ.get("SEED") or time.time())
CUSTOMERS = 40

# Moments to die in: before, inside and after the content.
RULES = """\
match=*@slow.example stage=rcpt action=delay:2ms
match=*@slow.example stage=mid-data after=2K action=delay:3ms
match=*@late.example stage=dot action=delay:5ms
match=*@late.example stage=dot every=20 action=drop
match=*@busy.example stage=rcpt every=7 action=reply:"451 4.3.0 Later"
"""
DOMAINS = ["good.example", "slow.example", "late.example", "busy.example"]


class Load:
    """Hands notices over, one after the other, and remembers those that were
    answered; what was not, may be there or not."""

    def __init__(self, a):
        self.a = a
        self.sent = []
        self.over = threading.Event()
        self.pause = threading.Lock()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        n = 0
        while not self.over.is_set():
            n += 1
            try:
                got = self.a.batch([
                    {"post": "notice", "key": "n%d-%d" % (n, i), "body": {
                        "template": "contact-confirmation",
                        "customer": "c%d" % ((n * 5 + i) % CUSTOMERS)}}
                    for i in range(5)])
                self.sent += [x["id"] for x in got.values()
                              if x["status"] < 300]
            except (OSError, Failed, ValueError,
                    __import__("http.client").client.HTTPException):
                time.sleep(0.001)

    def stop(self):
        self.over.set()
        self.thread.join()


def settle(t, a, messages):
    """All is accepted, or says why it is not yet."""
    states = collections.Counter()

    def over():
        states.clear()
        states.update({k: v for k, v in a.ok(
            a.get("stats"))["messages"].items() if v})
        if set(states) <= {"accepted"}:
            return True
        a.ok(a.post("queue/retry", {"all": True}))
        return False
    try:
        wait_for(over)
    except Failed:
        raise Failed("left over: %s" % dict(states))


@test("%d kills while it sends (SEED=%d)" % (KILLS, SEED))
def _(t):
    chance = random.Random(SEED)
    r = t.receiver(rules=RULES)
    a = Hosting(t, to=[r], smtp='uncertain_delay = "1s" retry = {"1s"}',
                general='blast_limit = 1000000 log_level = "warn"')
    for i in range(CUSTOMERS):
        a.customer("c%d" % i, "x%d@%s" % (i, DOMAINS[i % len(DOMAINS)]))
    load = Load(a)
    try:
        for _ in range(KILLS):
            end = time.monotonic() + chance.uniform(0.0, 0.12)
            # On a slow machine nothing would be answered so soon.
            n = len(load.sent) + chance.randrange(3)
            wait_for(lambda: time.monotonic() >= end and len(load.sent) >= n)
            a.kill()
            a.start()
    finally:
        load.stop()
    a.ok(a.post("queue/retry", {"all": True}))
    settle(t, a, load.sent)

    arrived = collections.Counter(m["envid"] for m in r.journal("message"))
    digests = collections.defaultdict(set)
    for m in r.journal("message"):
        digests[m["envid"]].add(m["sha256"])
    messages = {m["mref"]: m for m in a.messages()}
    notices = set(load.sent)
    t.ok(len(notices) > KILLS, "there was load: %d" % len(notices))
    print("# %d notices, %d messages, %d deliveries, %d uncertain" % (
        len(notices), len(messages), sum(arrived.values()),
        sum(m["uncertain"] > 0 for m in messages.values())))
    t.eq([m for m in messages if not arrived[m]], [], "accepted, not there")
    t.eq([m for m in arrived if m not in messages], [], "there, not stored")
    t.eq([m for m, n in arrived.items()
          if n > 1 and messages[m]["uncertain"] == 0], [], "twice, unmarked")
    t.eq([m for m in arrived if len(digests[m]) > 1], [], "other bytes")
    t.eq([m["mref"] for m in messages.values()
          if m["sha256"] not in digests[m["mref"]]], [], "another hash")
    for n in sorted(notices)[:50]:
        t.eq(a.ok(a.get("notices/" + n))["state"], "done")


run()
