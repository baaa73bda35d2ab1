"""Whose turn it is, and who waits for whom: brands, destinations that are dead
or find us too fast, relays.  Judged by order, never by time."""

import datetime
import json

from harness import run, test, wait_for
from hosting import CONF, Hosting, black_hole, elsewhere
from ledger import Ledger

DEFAULT = CONF[CONF.index('brand "default"'):]

RELAY = """
relay "out" {
	host = "localhost"
	port = %d
	tls = must
	verify = false
	%s
}
"""


def configured(t, text, **fills):
    """A server of a text of its own, by CONF's fills."""
    a = Hosting(t, start=False, init=False, **fills)
    a.configure(text=text(a))
    code, out = a.run("init", "--json", *(["--demo"] if a.clock else []))
    t.eq(code, 0, out)
    a.key = json.loads(out)["key"]
    return a.start()


def relayed(t, port, more="", rows="", **fills):
    return configured(t, lambda a: (CONF % a.fills).replace(
        'route = "mx"', 'route = "out"') + RELAY % (port, more) + rows, **fills)


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def queue(t, a, recipients):
    """(brand, address) of each, one after another, all held, then let go."""
    a.ok(a.post("sending/pause", {"reason": "look"}))
    lines = []
    for i, (brand, address) in enumerate(recipients):
        lines.append({"put": "customer", "id": "q%d" % i, "body": {
            "name": "Ana", "brand": brand, "contacts": [
                {"id": "k", "role": "billing", "email": address}]}})
        lines.append({"post": "notice", "key": "q%d" % i, "body": {
            "template": "contact-confirmation", "customer": "q%d" % i}})
    t.eq({x["status"] < 300 for x in a.batch(lines).values()}, {True})
    a.ok(a.post("sending/resume", {}))


def lane(a, domain):
    return a.items("queue?domain=" + domain)[0]


def rests(a, domain, reason):
    wait_for(lambda: [x for x in a.items("queue?domain=" + domain)
                      if x["reason"] == reason],
             what="%s to rest for %s" % (domain, reason))


def alarms(a):
    return [data for name, data in Ledger(a.state + "/acuse.db").payloads
            if name == "alarm.raised"]


def submission(t, *args, **kw):
    return t.receiver(listen=("127.0.0.1:0,starttls",), args=args, **kw)


@test("a brand with much to send delays another's by a turn")
def _(t):
    r = t.receiver()
    other = DEFAULT.replace("default", "other", 1).replace("id = 1", "id = 2")
    a = configured(t, lambda a: (CONF + other) % a.fills, to=[r],
                   general="blast_limit = 100000")
    a.ok(a.post("queue/hold", {"brand": "default"}))
    a.ok(a.post("queue/hold", {"brand": "other"}))
    queue(t, a, [("default", "x%d@one.example" % i) for i in range(600)] +
          [("other", "bo@one.example")])
    a.wait_messages(1, state="queued", customer="q600")
    a.ok(a.post("sending/pause", {"reason": "look"}))
    for brand in ("default", "other"):
        a.ok(a.post("queue/resume", {"brand": brand}))
    a.ok(a.post("sending/resume", {}))
    got = r.wait_journal("message", 601)
    order = [json.dumps(e["recipients"]) for e in got]
    place, = (i for i, x in enumerate(order) if "bo@one.example" in x)
    # It shares the destination's slow start with the batches before it.
    t.ok(place < 300, "number %d of 601" % place)


@test("more dead destinations than workers delay none that answered")
def _(t):
    good = t.receiver()
    dead = black_hole(t)
    a = Hosting(t, to=[good], patience="120s", general="mail_workers = 2",
                more="".join('destination "dead%d.example" { exchangers = '
                             '{"%s:%d"} }\n' % ((i,) + dead)
                             for i in range(8)))
    a.customer("c1", "ana@one.example")
    a.notice("c1")
    a.wait_messages(customer="c1", state="accepted")
    queue(t, a, [("default", "x@dead%d.example" % i) for i in range(8)] +
          [("default", "bo@one.example")])
    a.wait_messages(customer="q8", state="accepted")
    t.eq(a.log("session.failed"), [])


def prove(a, *domains):
    """Mail to each, until it has been served so often that it has all the
    connections that it may have."""
    for i in range(5):
        n = len(a.messages(state="accepted")) + len(domains)
        lines = []
        for d in domains:
            id = "%s-%d" % (d, i)
            lines.append({"put": "customer", "id": id, "body": {
                "name": "Ana", "brand": "default", "contacts": [
                    {"id": "k", "role": "billing", "email": id + "@" + d}]}})
            lines.append({"post": "notice", "key": id, "body": {
                "template": "contact-confirmation", "customer": id}})
        told = a.batch(lines).values()
        if [x for x in told if x["status"] >= 300]:
            raise AssertionError(told)
        a.wait_messages(n, state="accepted")


@test("a good destination that turns slow delays none that does not")
def _(t):
    good, slow = t.receiver(), t.receiver()
    a = Hosting(t, to=[good], patience="120s",
                more=elsewhere("slow.example", slow))
    prove(a, "slow.example", "one.example", "two.example")
    slow.set_rules("stage=mail action=delay:60s")
    queue(t, a, [("default", "x%d@slow.example" % i) for i in range(250)])
    slow.wait_journal("connect", 9)
    for d in ("one", "two", "new"):
        a.customer(d, "ana@%s.example" % d)
        a.notice(d)
    for d in ("one", "two", "new"):
        a.wait_messages(customer=d, state="accepted")


@test("the slow take turns with all others that wait")
def _(t):
    good, slow = t.receiver(), t.receiver()
    domains = ["slow%d.example" % i for i in range(3)]
    a = Hosting(t, to=[good], general="mail_workers = 1",
                more="".join(elsewhere(d, slow) for d in domains))
    prove(a, "one.example", *domains)
    slow.set_rules("stage=mail action=delay:2s")
    queue(t, a, [("default", "x%d@%s" % (i, d)) for i in range(40)
                 for d in domains])
    wait_for(lambda: {m["to"].partition("@")[2]
                      for m in a.messages(state="claimed")} == set(domains))
    a.customer("c1", "ana@one.example")
    a.notice("c1")
    a.wait_messages(customer="c1", state="accepted")


@test("a new destination waits for others' first tries, and short ones, alone")
def _(t):
    good = t.receiver()
    dead = black_hole(t)
    a = Hosting(t, to=[good], patience="21s", general="mail_workers = 2",
                more="".join('destination "dead%d.example" { exchangers = '
                             '{"%s:%d"} }\n' % ((i,) + dead)
                             for i in range(4)))
    queue(t, a, [("default", "x@dead%d.example" % i) for i in range(4)] +
          [("default", "bo@one.example")])
    m = a.wait_messages(customer="q4", state="accepted")[0]
    for i in range(4):
        d, = a.messages(customer="q%d" % i)
        tries = a.ok(a.get("queue/" + d["mref"]))["attempts"]
        t.ok(len(tries) <= 1, tries)
    t.eq(m["attempts"], 1)


@test("too fast: the destination rests after the first that says so")
def _(t):
    r = t.receiver(rules='match=*@fast.example stage=rcpt '
                         'action=reply:"450 4.7.1 rate limit exceeded"\n'
                         'match=*@vague.example stage=rcpt '
                         'action=reply:"451 4.3.0 not now"')
    a = Hosting(t, to=[r])
    queue(t, a, [("default", "x%d@%s.example" % (i, d)) for i in range(100)
                 for d in ("fast", "vague", "good")])
    rests(a, "fast.example", "slow_down")
    rests(a, "vague.example", "slow_down")
    a.wait_messages(100, state="accepted")
    tried = [e["recipient"].partition("@")[2] for e in r.journal("rcpt")]
    t.eq(tried.count("fast.example"), 1)
    t.eq(tried.count("vague.example"), 8)
    t.eq(alarms(a), [])


@test("blocked: nothing more of it begins, on other connections neither")
def _(t):
    slow = "match=slow@* stage=rcpt action=hold:2\n"
    r = t.receiver(
        rules=slow + 'match=bad@* stage=rcpt action=hold\n'
        'match=bad@* stage=rcpt '
        'action=reply:"550 5.7.1 blocked using zen.spamhaus.org"')
    a = Hosting(t, to=[r], more=elsewhere(
        "one.example", r, more="connections = 2 per_connection = 2 "
        "per_minute = 1000"))
    a.customer("c1", "ana@one.example")
    a.notice("c1")
    a.wait_messages(customer="c1", state="accepted")
    queue(t, a, [("default", x + "@one.example")
                 for x in ("bad", "x", "slow", "y", "z")])
    r.wait_journal("rcpt", recipient="bad@one.example")
    r.wait_journal("rcpt", recipient="slow@one.example")
    r.set_rules(slow)
    rests(a, "one.example", "policy_block")
    r.set_rules("")
    a.wait_messages(2, state="accepted")
    m, = a.wait_messages(customer="q3", state="deferred")
    t.eq(m["reason"], "policy_block")
    t.eq(sorted(e["recipient"].partition("@")[0] for e in r.journal("rcpt")),
         ["ana", "bad", "slow"])
    t.eq([e["reason"] for e in alarms(a)], ["policy_block"])
    t.ok(lane(a, "one.example")["reason"], "it rests")


@test("what waits past its time ends then, though its destination rests longer")
def _(t):
    r = t.receiver(rules='match=*@one.example stage=rcpt action=reply:'
                         '"550 5.7.1 blocked using zen.spamhaus.org"')
    a = Hosting(t, to=[r], clock="2026-11-02T12:00:00Z,2000")
    a.ok(a.post("queue/hold", {"domain": "held.example"}))
    ends = {}
    for i, (address, end) in enumerate((
            ("x@one.example", "13:30"), ("y@one.example", "14:00"),
            ("z@held.example", "13:45"), ("y@one.example", "22:00"))):
        a.customer("c%d" % i, address)
        a.notice("c%d" % i, not_after="2026-11-02T%s:00Z" % end)
        ends["c%d" % i] = moment("2026-11-02T%s:00Z" % end)
    for m in a.wait_messages(3, state="expired"):
        e, = a.events(m["mref"], "message.expired")
        late = moment(e["at"]) - ends[m["customer"]]
        t.ok(datetime.timedelta(0) <= late < datetime.timedelta(hours=1),
             (m["to"], late))
        t.eq(e["data"]["reason"], "not_after")
    # between one try and the next
    wait_for(lambda: lane(a, "one.example")["state"] == "resting")
    r.set_rules("")
    m, = a.wait_messages(state="accepted")
    t.eq(m["customer"], "c3")


@test("who is refused for its own sake comes behind those not tried")
def _(t):
    for reply in ('dot action=reply:"550 5.7.1 rejected as spam by its user"',
                  'rcpt action=reply:"450 4.7.1 rate limit exceeded"'):
        r = t.receiver(rules="match=own*@* stage=" + reply)
        a = Hosting(t, to=[r], clock="2026-11-02T12:00:00Z,100000",
                    name="acuse-" + reply[:3])
        queue(t, a, [("default", x + "@one.example") for x in
                     ["own0", "own1"] + ["x%d" % i for i in range(5)]])
        a.wait_messages(5, state="accepted")
        tried = [e["recipient"].partition("@")[0] for e in r.journal("rcpt")]
        t.eq(sorted(tried[:7]), ["own0", "own1", "x0", "x1", "x2", "x3", "x4"])


@test("a fault of ours that others do not share is the message's")
def _(t):
    r = t.receiver(rules='match=big*@* stage=dot '
                         'action=reply:"552 5.3.4 too big"')
    a = Hosting(t, to=[r], clock="2026-11-02T12:00:00Z,100000")
    queue(t, a, [("default", x + "@one.example") for x in
                 ["big0", "big1", "x0", "x1"]])
    a.wait_messages(2, state="accepted")
    wait_for(lambda: len([m for m in a.messages(state="deferred")
                          if m["held"]]) == 2, what="both to be held")
    t.eq({(m["reason"], m["attempts"]) for m in a.messages(state="deferred")},
         {("ours", 1), ("ours", 2)})


@test("a server that hangs up after so many is not a dead one")
def _(t):
    r = t.receiver(rules='stage=mail every=4 action=reply:'
                         '"421 too many messages in this connection"')
    a = Hosting(t, to=[r], clock="2026-11-02T12:00:00Z,100000")
    queue(t, a, [("default", "x%d@one.example" % i) for i in range(30)])
    times = [moment(m["accepted_at"])
             for m in a.wait_messages(30, state="accepted")]
    t.ok(max(times) - min(times) < datetime.timedelta(hours=2),
         max(times) - min(times))


@test("a slow server has as many sessions as it needs, and none is cut")
def _(t):
    r = t.receiver(rules="stage=dot action=delay:1s")
    a = Hosting(t, to=[r], clock="2026-11-02T12:00:00Z,100000",
                smtp='session_timeout = "1500ms"')
    queue(t, a, [("default", "x%d@one.example" % i) for i in range(4)])
    for m in a.wait_messages(4, state="accepted"):
        kinds = [e["type"] for e in a.events(m["mref"])]
        t.ok("message.uncertain" not in kinds, kinds)
    t.eq(len(r.journal("message")), 4)


@test("one recipient's greylisting holds up nobody else")
def _(t):
    r = t.receiver(rules='match=grey@* stage=rcpt action=reply:'
                         '"450 4.2.0 Greylisted, see http://grey.example"')
    a = Hosting(t, to=[r])
    queue(t, a, [("default", x) for x in
                 ["grey@one.example"] +
                 ["x%d@one.example" % i for i in range(30)]])
    a.wait_messages(30, state="accepted")
    t.ok(not lane(a, "one.example")["reason"], "it does not rest")


def at_once(r):
    """The most connections that were open at a time."""
    now = most = 0
    for e in r.journal():
        now += {"connect": 1, "close": -1}.get(e["event"], 0)
        most = max(most, now)
    return most


@test("connections to a relay are counted together, whatever the domain")
def _(t):
    for rows, want in (("", 4), ('destination "relay/out" { connections = 2 }',
                                 2)):
        r = submission(t, rules="match=* stage=rcpt action=delay:50ms")
        a = relayed(t, r.port(), rows=rows, general="mail_workers = 16",
                    name="acuse%d" % want)
        queue(t, a, [("default", "x%d@d%d.example" % (i, i % 32))
                     for i in range(96)])
        a.wait_messages(96, state="accepted")
        t.ok(at_once(r) <= want, at_once(r))


@test("a relay's fault is one alarm, and one destination's attempt")
def _(t):
    r = submission(t, "--auth", "user:other", "--auth-required")
    a = relayed(t, r.port(), 'user = "user"\npassword_file = "%s"'
                % t.write("password", "secret\n"))
    domains = ["d%d.example" % i for i in range(8)]
    queue(t, a, [("default", "x@" + d) for d in domains])
    wait_for(lambda: alarms(a), what="an alarm")
    a.customer("c1", "ana@last.example")
    a.notice("c1")
    a.wait_messages(customer="c1")
    wait_for(lambda: len(a.items("queue?limit=50")) == 9)
    t.eq([x["reason"] for x in a.items("queue?limit=50") if x["reason"]],
         ["ours"])
    t.eq([e["reason"] for e in alarms(a)], ["ours"])


def told(a):
    return [(name, data["reason"], data["hop"]) for name, data in
            Ledger(a.state + "/acuse.db").payloads
            if name.startswith("alarm.")]


@test("a relay's fault is told once, whichever destinations find it, and its end")
def _(t):
    listed = 'match=* stage=mail action=reply:"550 5.7.1 listed at spamhaus"'
    r = submission(t, rules=listed)
    a = relayed(t, r.port())
    queue(t, a, [("default", "x@d%d.example" % i) for i in range(3)])
    wait_for(lambda: alarms(a), what="an alarm")
    for i in range(2):
        a.ok(a.post("queue/retry", {"domain": "d%d.example" % i}))
        rests(a, "d%d.example" % i, "policy_block")
    raised = ("alarm.raised", "policy_block", "relay/out")
    cleared = ("alarm.cleared", "policy_block", "relay/out")
    t.eq(told(a), [raised])
    r.set_rules("")
    for i in range(2):
        a.ok(a.post("queue/cancel", {"domain": "d%d.example" % i}))
    a.ok(a.post("queue/retry", {"all": True}))
    a.wait_messages(1, state="accepted")
    wait_for(lambda: len(told(a)) == 2, what="its end")
    t.eq(told(a), [raised, cleared])
    r.set_rules(listed)
    a.customer("c1", "ana@d0.example")
    a.notice("c1")
    wait_for(lambda: len(told(a)) == 3, what="another alarm")
    t.eq(told(a), [raised, cleared, raised])


@test("what is told to go now goes, though its relay rests for another")
def _(t):
    r = submission(t, rules='match=*@fast.example stage=rcpt '
                            'action=reply:"451 4.7.1 Rate limit"\n')
    a = relayed(t, r.port())
    a.customer("c1", "a@fast.example")
    a.notice("c1")
    rests(a, "fast.example", "slow_down")
    a.customer("c2", "bo@rests.example")
    a.notice("c2")
    m, = a.wait_messages(1, customer="c2")
    # 409 where it went before the relay's rest began.
    status, body, _ = a.post("queue/retry", {"mref": m["mref"]})
    t.ok(status in (200, 409), body)
    a.wait_messages(1, customer="c2", state="accepted")


@test("the queue tells what rests, since which reply, and until when")
def _(t):
    r = submission(t, rules='match=*@fast.example stage=rcpt count=1 '
                            'action=reply:"451-4.7.1 Rate limit\\n'
                            '451 4.7.1 ask later"\n')
    a = relayed(t, r.port())
    a.customer("c1", "a@fast.example")
    a.notice("c1")
    rests(a, "fast.example", "slow_down")
    a.customer("c2", "bo@other.example")
    a.notice("c2")
    a.wait_messages(1, customer="c2")

    def resting():
        return lane(a, "other.example")["hop"]
    hop = wait_for(resting, what="the relay to rest")
    other, fast = lane(a, "other.example"), lane(a, "fast.example")
    t.eq((other["state"], other["reason"], other["reply"],
          other["blocked_until"]), ("resting", None, None, None))
    t.eq((hop["name"], hop["brand"], hop["domain"], hop["reason"]),
         ("relay/out", "default", "fast.example", "slow_down"))
    t.eq((fast["state"], fast["hop"], hop["reply"]),
         ("resting", None, fast["reply"]))
    t.ok("Rate limit" in fast["reply"] and "ask later" in fast["reply"],
         fast["reply"])
    # The others wait a little longer than who tries again.
    t.ok(hop["rests_until"] > fast["blocked_until"], (hop, fast))
    code, said = a.run("queue", "list")
    t.eq(code, 0, said)
    lines = [x for x in said.splitlines() if "relay/out rests until " +
             hop["rests_until"] in x and "to fast.example" in x]
    t.ok(len(lines) == 1 and "451 4.7.1 ask later" in lines[0], said)
    a.ok(a.post("queue/retry", {"all": True}))
    a.wait_messages(2, state="accepted")
    wait_for(lambda: lane(a, "fast.example")["reply"] is None)
    t.eq([(x["state"], x["hop"], x["reason"], x["failures"])
          for x in a.items("queue")], [("idle", None, None, 0)] * 2)


@test("who answers, and takes nothing, is not told to be out of reach")
def _(t):
    for stage in ("greeting", "mail"):
        r = t.receiver(rules='stage=%s action=reply:"421 closing for now"'
                       % stage)
        a = Hosting(t, to=[r], name="acuse-" + stage)
        a.customer("c1", "ana@one.example")
        a.notice("c1")
        rests(a, "one.example", "put_off")
        t.ok("421 closing for now" in lane(a, "one.example")["reply"], stage)
        code, said = a.run("queue", "list")
        t.ok("takes no mail now: 421 closing for now" in said, said)


@test("a fast clock runs on while what is due waits for a relay that rests")
def _(t):
    r = submission(t, rules='match=*@fast.example stage=rcpt count=1 '
                            'action=reply:"451 4.7.1 Rate limit"\n')
    a = relayed(t, r.port(), clock="2026-11-02T12:00:00Z,10000")
    # The first makes the relay rest; the others are due.
    queue(t, a, [("default", "a@fast.example")] +
          [("default", "bo@rest%d.example" % i) for i in range(5)])
    a.wait_messages(6, state="accepted")


@test("more destinations than a round looks at, all of a relay that rests")
def _(t):
    r = submission(t, rules='match=*@fast.example stage=rcpt count=2 '
                            'action=reply:"451 4.7.1 Rate limit"\n')
    a = relayed(t, r.port(), clock="2026-11-02T12:00:00Z,10000",
                general="blast_limit = 100000")
    queue(t, a, [("default", "a@fast.example")] +
          [("default", "bo@rest%d.example" % i) for i in range(1200)])
    a.wait_messages(1201, state="accepted")


def minutes(events):
    """Between each and the next."""
    at = [moment(e["at"]) for e in events]
    return [(b - a).total_seconds() / 60 for a, b in zip(at, at[1:])]


@test("our fault at the only message that waits: backed off, told once, cleared")
def _(t):
    r = t.receiver(rules='match=* stage=dot action=reply:"552 5.3.4 too big"')
    a = Hosting(t, to=[r], clock="2026-11-02T12:00:00Z,1000")
    queue(t, a, [("default", "x@one.example"), ("default", "y@one.example")])

    def tried(n):
        for m in a.messages(state="deferred"):
            events = a.events(m["mref"], "message.attempted")
            if len(events) >= n:
                return m, events
    wait_for(lambda: tried(4), what="four attempts")
    a.set_speed(5000)  # a disk's sync is a few minutes of it
    m, events = wait_for(lambda: tried(8), what="eight attempts")
    gaps = minutes(events[:8])
    for gap, want in zip(gaps, (1, 5, 15, 60, 120, 240, 240)):
        t.ok(want <= gap < want * 1.2 + 2, gaps)
    def told():
        return [(name, data["reason"]) for name, data in
                Ledger(a.state + "/acuse.db").payloads
                if name.startswith("alarm.") and "domain" in data]
    t.eq(told(), [("alarm.raised", "ours")])
    t.eq(lane(a, "one.example")["alarm"], "ours")
    t.ok("552 5.3.4 too big" in lane(a, "one.example")["reply"], "the reply")
    r.set_rules("")
    a.wait_messages(state="accepted")
    wait_for(lambda: lane(a, "one.example")["alarm"] is None)
    t.eq(told(), [("alarm.raised", "ours"), ("alarm.cleared", "ours")])


@test("our fault on several connections at once holds one message")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r], more=elsewhere(
        "one.example", r, more="connections = 4 per_connection = 1 "
        "per_minute = 1000"))
    queue(t, a, [("default", "x%d@one.example" % i) for i in range(4)])
    a.wait_messages(4, state="accepted")
    refuse = 'match=* stage=dot action=reply:"552 5.3.4 too big"'
    r.set_rules("match=* stage=rcpt action=hold\n" + refuse)
    lines = []
    for i in range(4):
        lines.append({"post": "notice", "key": "again%d" % i, "body": {
            "template": "contact-confirmation", "customer": "q%d" % i}})
    a.batch(lines)
    r.wait_journal("rcpt", 8)
    r.set_rules(refuse)
    rests(a, "one.example", "ours")
    a.wait_messages(4, state="deferred")
    t.eq(at_once(r), 4)
    held = [m["reason"] for m in a.messages(state="deferred") if m["held"]]
    t.eq(held, ["ours"])
    t.eq(sorted(x["reason"] for x in alarms(a)), ["ours", "ours"])


@test("a relay's password that cannot be read: told once, and nothing is lost")
def _(t):
    r = submission(t)
    path = t.path("password")
    a = relayed(t, r.port(), 'user = "user"\npassword_file = "%s"' % path)
    queue(t, a, [("default", "x@d%d.example" % (i % 4)) for i in range(8)])
    wait_for(lambda: alarms(a), what="an alarm")
    line, = a.log("destination.blocked")
    t.ok("password" in line, line)
    t.eq([e["reason"] for e in alarms(a)], ["ours"])
    t.eq(r.journal("connect"), [])
    t.eq(len(a.messages(state="failed")), 0)


@test("a brand that is gone: told once, and it rests")
def _(t):
    r = t.receiver()
    other = DEFAULT.replace("default", "other", 1).replace("id = 1", "id = 2")
    a = configured(t, lambda a: (CONF + other) % a.fills, to=[r])
    a.ok(a.post("queue/hold", {"brand": "other"}))
    queue(t, a, [("other", "x@d%d.example" % i) for i in range(4)])
    for i in range(4):
        a.wait_messages(customer="q%d" % i)
    a.configure()
    t.ok("conf.reloaded" in a.reload(), "it is gone")
    a.ok(a.post("queue/resume", {"brand": "other"}))
    wait_for(lambda: alarms(a), what="an alarm")
    a.customer("c1", "ana@one.example")
    a.notice("c1")
    a.wait_messages(customer="c1", state="accepted")
    line, = a.log("destination.blocked")
    t.ok("not in the configuration" in line, line)
    t.eq([(e["brand"], e["reason"]) for e in alarms(a)], [("other", "ours")])


run()
