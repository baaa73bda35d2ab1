"""A stop amid sending: nothing goes twice that need not."""

import signal
import time

from harness import run, test
from hosting import Hosting, elsewhere


def queue(a, *addresses):
    for n, address in enumerate(addresses):
        a.customer("c%d" % n, address)
        a.notice("c%d" % n)


def tried(r, command):
    return [e["recipient"] for e in r.journal(command)]


@test("a stop waits for replies to what is being sent, and begins no more")
def _(t):
    r = t.receiver(rules="stage=dot action=delay:9s")
    mute = t.receiver(rules="stage=greeting action=hold")
    a = Hosting(t, to=[r], stop_wait="60s", more=elsewhere(
        "one.example", r, more="connections = 1 per_connection = 50 "
        "per_minute = 1000") + elsewhere("mute.example", mute))
    t.eq(a.run("queue", "pause", "--reason", "to gather")[0], 0)
    queue(a, "u0@one.example", "u1@one.example", "u2@one.example",
          "u@mute.example")
    t.eq(a.run("queue", "resume")[0], 0)
    r.wait_journal("data")
    mute.wait_journal("connect")
    a.process.stop()
    t.eq(len(r.journal("message")), 1)
    t.eq(len(tried(r, "rcpt")), 1)
    r.set_rules("")
    mute.set_rules("")
    a.start()
    a.wait_messages(4, state="accepted")
    t.eq(sorted(tried(r, "rcpt")),
         ["u0@one.example", "u1@one.example", "u2@one.example"])
    t.eq({m["uncertain"] for m in a.messages()}, {0})
    t.eq({x["failures"] for x in a.items("queue")}, {0})


@test("a second SIGTERM does not wait: what is cut off is uncertain")
def _(t):
    r = t.receiver(rules="stage=dot action=hold")
    a = Hosting(t, to=[r], stop_wait="10m", smtp='uncertain_delay = "1s"')
    queue(a, "u@one.example")
    r.wait_journal("data")
    a.process.proc.send_signal(signal.SIGTERM)
    a.wait_log("server.stopping")
    begun = time.monotonic()
    a.process.stop()
    t.ok(time.monotonic() - begun < 60, "at once")
    r.set_rules("")
    a.start()
    m, = a.wait_messages(state="accepted")
    t.eq(m["uncertain"], 1)


run()
