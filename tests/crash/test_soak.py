"""Many messages through one process: its memory stays where it was, and at its
end nothing is left (in MODE=debug LeakSanitizer looks).

ACUSE_SLOW=1 asks for 100,000 messages; MESSAGES= chooses."""

import os
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.environ.get("SRC_DIR", "."),
                                "tests/integration"))

from harness import Process, run, test, wait_for
from hosting import Hosting

MESSAGES = int(os.environ.get("MESSAGES") or
               (100000 if os.environ.get("ACUSE_SLOW") else 4000))
CUSTOMERS = 500
DOMAINS = 40
BATCH = 500
WAITING = 3000  # handed over and not yet sent, at most
GROWTH_KB = 8 * 1024 # from the half on, when the caches are full
# One in so many is deferred, dropped or uncertain: these ways leak as well.
RULES = """\
match=* stage=rcpt every=97 action=reply:"451 4.3.0 Later"
match=* stage=data every=101 action=reply:"452 4.3.1 full"
match=* stage=dot every=103 action=drop
match=* stage=mail every=211 action=drop
match=* stage=greeting every=50 action=drop
"""


def sink(t):
    """A receiver that keeps nothing; its port."""
    t.write("rules", RULES)
    ports = t.path("sink-ports")
    p = Process(t, [os.environ["RECEIVER"], "--listen", "127.0.0.1:0,starttls",
                    "--rules", t.path("rules"), "--ports-file", ports], "sink")
    t.on_end(p.stop)
    wait_for(lambda: os.path.exists(ports), what="the sink's ports file")
    with open(ports) as f:
        return int(f.read().split()[2])


def anonymous_kb(a):
    """Memory of its own, the page cache's left out."""
    with open("/proc/%d/status" % a.process.proc.pid) as f:
        return next(int(line.split()[1]) for line in f
                    if line.startswith("RssAnon:"))


def uncertain(a):
    db = sqlite3.connect("file:%s/acuse.db?mode=ro" % a.state, uri=True)
    n, = db.execute("SELECT count(*) FROM messages WHERE uncertain > 0"
                    ).fetchone()
    db.close()
    return n


def fill(a):
    lines = [{"put": "customer", "id": "c%d" % i, "body": {
        "name": "Ana %d" % i, "brand": "default", "contacts": [
            {"id": "k", "role": "billing",
             "email": "x%d@d%d.example" % (i, i % DOMAINS)}]}}
        for i in range(CUSTOMERS)]
    for x in a.batch(lines).values():
        if x["status"] >= 300:
            raise AssertionError(x)


def accepted(a):
    return a.ok(a.get("stats"))["messages"]["accepted"]


def wait_accepted(a, n):
    """Nothing rests meanwhile for what went wrong."""
    def there():
        if accepted(a) >= n:
            return True
        a.ok(a.post("queue/retry", {"all": True}))
        return False
    wait_for(there, 300, "%d messages accepted" % n)


def send(a, first, n):
    """Hands n over, never too many ahead of what has left, and waits."""
    for at in range(first, first + n, BATCH):
        wait_accepted(a, at - WAITING)
        a.batch([{"post": "notice", "key": "n%d" % i, "body": {
            "template": "contact-confirmation",
            "customer": "c%d" % (i % CUSTOMERS)}}
            for i in range(at, at + BATCH)])
    wait_accepted(a, first + n)


@test("%d messages: memory stays where it was, and nothing leaks" % MESSAGES)
def _(t):
    port = sink(t)
    a = Hosting(t, general="blast_limit = 1000000 mail_workers = 8",
                smtp='uncertain_delay = "1s" retry = {"1s"}',
                exchangers='exchangers = {"127.0.0.1:%d"}' % port)
    fill(a)
    begun, sizes = time.monotonic(), []
    part = MESSAGES // 4 // BATCH * BATCH
    for i in range(4):
        send(a, i * part, part)
        sizes.append(anonymous_kb(a))
    print("# %d messages in %.0f s, %d of them uncertain; RssAnon by quarter,"
          " kB: %s" % (4 * part, time.monotonic() - begun,
                       uncertain(a), sizes))
    if os.environ.get("MODE", "release") == "release":
        t.ok(sizes[3] - sizes[1] < GROWTH_KB, "it grew: %s" % sizes)


run()
