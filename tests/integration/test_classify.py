"""Machine or person: from real mail and the hits on its links to the class in
the ledger, the facts of the message, and what the log says."""

import contextlib
import email
import email.policy
import http.client
import json
import os
import re
import struct

from harness import DEADLINE, run, test, wait_for
from hosting import Hosting
from ledger import Ledger
from mailed import metric

APPLE = "Mozilla/5.0"
GMAIL = ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 "
         "(via ggpht.com GoogleImageProxy)")
PHONE = ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) "
         "AppleWebKit/605.1.15 Version/17.4 Mobile/15E148 Safari/604.1")
WINDOWS = ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
           "Chrome/124.0.0.0 Safari/537.36")
OURS = r"https://notices\.hosting\.example(/%s/[^\"]+)"
HOUR = 3600 * 10**6


class Mailed:
    """A server on a fast clock that has sent mail to customers c0, c1 …, and
    visitors of its links."""

    def __init__(self, t, n, speed=600, **fills):
        self.t = t
        self.r = t.receiver()
        fills.setdefault("http", 'trusted_proxies = {"127.0.0.1"}')
        self.a = a = Hosting(t, to=[self.r],
                             clock="2026-11-03T12:00:00Z,%d" % speed, **fills)
        for i in range(n):
            a.customer("c%d" % i, "c%d@one.example" % i)
            a.invoice("i%d" % i, "c%d" % i, "2027-06-01")
            a.notice("c%d" % i, "proforma", invoice="i%d" % i)
        self.mrefs = {m["customer"]: m["mref"] for m in
                      a.wait_messages(n, state="accepted")}
        self.html = {}
        for raw in self.r.messages():
            m = email.message_from_bytes(raw, policy=email.policy.default)
            mref = m["X-Evidence-Ref"].split("/")[-1]
            self.html[mref] = m.get_body(("html",)).get_content()

    def mref(self, i):
        return self.mrefs["c%d" % i]

    def links(self, i, what):
        """Paths of a message's pixel ("o") or links ("c")."""
        found = re.findall(OURS % what, self.html[self.mref(i)])
        return list(dict.fromkeys(found))

    def hit(self, path, agent, address="203.0.113.7", method="GET"):
        c = http.client.HTTPConnection("127.0.0.1", self.a.ports["public"],
                                       timeout=DEADLINE)
        c.request(method, path, headers={"User-Agent": agent,
                                         "X-Forwarded-For": address})
        status = c.getresponse().status
        c.close()
        self.t.ok(status in (200, 302), "%s: %d" % (path, status))

    def now_us(self):
        with open(os.path.join(self.a.state, "clock"), "rb") as f:
            f.seek(8)
            return struct.unpack("<q", f.read(8))[0]

    @contextlib.contextmanager
    def real_time(self):
        """Meanwhile the clock goes on no faster than the world."""
        with open(os.path.join(self.a.state, "clock"), "r+b",
                  buffering=0) as f:
            f.seek(16)
            speed = f.read(8)
            f.seek(16)
            f.write(struct.pack("<q", 1))
            yield
            f.seek(16)
            f.write(speed)

    def wait_us(self, us):
        end = self.now_us() + us
        wait_for(lambda: self.now_us() >= end, what="the clock")

    def hits(self, i, n):
        """Waits until n hits are in the ledger."""
        kinds = ("message.opened", "message.clicked", "message.viewed",
                 "message.visited")
        wait_for(lambda: len([e for e in self.a.events(self.mref(i))
                              if e["type"] in kinds]) >= n,
                 what="%d hits in the ledger" % n)

    def told(self, i):
        return [e["data"] for e in
                self.a.events(self.mref(i), "message.classified")]

    def wait_told(self, i, n=1):
        wait_for(lambda: len(self.told(i)) >= n,
                 what="%d classifications" % n)
        self.t.eq(len(self.told(i)), n, "classifications of c%d" % i)
        return self.told(i)[-1]

    def facts(self, i):
        m = self.a.ok(self.a.get("messages/" + self.mref(i)))
        return [f for f in m["facts"] if f in ("machine", "person_likely")]


def area(m, i):
    """The client area's page, as the customer's link shows it."""
    url = m.a.ok(m.a.post("customers/c%d/area-link" % i, {}))["url"]
    c = http.client.HTTPConnection("127.0.0.1", m.a.ports["public"])
    c.request("GET", url.split("notices.hosting.example")[1])
    page = c.getresponse().read().decode()
    c.close()
    return page


@test("who follows a link and asks for view and forms at once is a machine")
def _(t):
    m = Mailed(t, 2, speed=1)
    for what in "cmau":
        m.hit(m.links(0, what)[0], WINDOWS, "198.51.100.9")
    m.hit(m.links(1, "a")[0], PHONE)
    for i, n in enumerate((4, 1)):
        m.hits(i, n)
        m.a.ok(m.a.post("messages/%s/classify" % m.mref(i)))
    told = m.wait_told(0)
    t.eq((told["class"], told["facts"]), ("machine", ["machine"]))
    # Each loop's hits come to the ledger by themselves.
    t.eq(sorted((h["on"], h["class"], h["rule"]) for h in told["hits"]),
         [(on, "machine", "burst")
          for on in ("click", "view", "visit", "visit")])
    t.eq(sorted(e["data"]["page"]
                for e in m.a.events(m.mref(0), "message.visited")),
         ["answer", "preferences"])
    t.eq((m.wait_told(1)["class"], m.facts(1)), ("undetermined", []),
         "a form that is asked for says nothing of who did")


@test("views and forms are recorded only where links are, and on a ground")
def _(t):
    for fills in ({"links": "false"}, {"basis": ""}):
        m = Mailed(t, 1, speed=1, name=list(fills)[0], **fills)
        for what in "mauo":
            for path in m.links(0, what):
                m.hit(path, PHONE)
        t.ok(metric(m.a, "acuse_hits_visits") > 0, "a form")
        t.ok(metric(m.a, "acuse_hits_views") > 0, "a view")
        m.a.stop()  # and what was in the journal is in the ledger
        m.a.start()
        kinds = {e["type"] for e in m.a.events(m.mref(0))}
        t.eq(kinds & {"message.viewed", "message.visited"}, set(), fills)


@test("Apple, Gmail, a scanner and a person are told apart when it is quiet")
def _(t):
    m = Mailed(t, 4)
    pixel, = m.links(0, "o")
    m.hit(pixel, APPLE, "172.224.240.9")
    m.hit(m.links(1, "o")[0], GMAIL, "66.249.84.10")
    with m.real_time():
        for link in m.links(2, "c")[:3]:
            m.hit(link, WINDOWS, "209.222.82.5")
    m.wait_us(6 * 60 * 10**6)
    m.hit(m.links(3, "o")[0], PHONE)
    m.hit(m.links(3, "c")[0], PHONE)
    want = [("machine", ["machine"], ["apple-prefetch"]),
            ("undetermined", [], ["gmail-proxy"]),
            ("machine", ["machine"], ["burst"] * 3),
            ("person_likely", ["person_likely"], ["none", "person"])]
    words = ["Not evidence of reading.", "Requested through the mail provider",
             "An automated system processed it", "not proof of, a person"]
    for i, (class_, facts, rules) in enumerate(want):
        told = m.wait_told(i)
        t.eq(told["class"], class_, "c%d" % i)
        t.eq(told["facts"], facts, "c%d" % i)
        t.eq(sorted(h["rule"] for h in told["hits"]), rules, "c%d" % i)
        t.eq(told["why"], "quiet")
        t.eq(m.facts(i), facts, "of the message")
        event = m.a.events(m.mref(i), "message.classified")[0]
        before = max(e["at"] for e in m.a.events(m.mref(i))
                     if e["seq"] < event["seq"])
        t.ok(event["at"] > before, "after the hits")
        log = m.a.ok(m.a.get("customers/c%d/log" % i))
        events = [e["type"] for n in log["items"] for x in n["messages"]
                  for e in x["events"]]
        t.eq(events.count("message.classified"), 1, "in the log")
        shown = {e["seq"]: e.get("class") for e in m.a.events(m.mref(i))}
        t.eq([shown[h["seq"]] for h in told["hits"]],
             [h["class"] for h in told["hits"]], "beside the hits")
        t.ok(words[i] in area(m, i), "c%d: %s" % (i, words[i]))
        code, out = m.a.run("log", "c%d" % i)
        t.eq(code, 0)
        t.ok('"class":"%s"' % class_ in out, "acuse log tells it")
    t.eq([h["class"] for h in told["hits"] if h["on"] == "open"],
         ["undetermined"], "an open is no reading")
    rules = m.a.ok(m.a.get("agents"))
    t.eq(told["rules"], rules["hash"], "the rules by their hash")
    t.ok(rules["rules"] > 10 and len(rules["ranges"]) == 4, "rules shown")


@test("a hit that comes later is judged after another quiet half hour")
def _(t):
    m = Mailed(t, 1)
    m.hit(m.links(0, "o")[0], APPLE, "172.224.240.9")
    m.wait_told(0)
    t.eq(m.facts(0), ["machine"])
    m.hit(m.links(0, "c")[0], PHONE)
    told = m.wait_told(0, 2)
    t.eq([h["on"] for h in told["hits"]], ["click"], "the new one alone")
    t.eq(m.facts(0), ["machine", "person_likely"])
    m.wait_us(3 * HOUR)
    t.eq(len(m.told(0)), 2, "nothing is told again")


@test("killed at any moment, each message is classified once")
def _(t):
    m = Mailed(t, 6, speed=500)
    for i in range(6):
        m.hit(m.links(i, "o")[0], APPLE, "172.224.240.9")
        m.a.kill()
        m.a.start()
        m.hit(m.links(i, "c")[0], PHONE)
    for _ in range(6):
        m.wait_us(6 * 60 * 10**6)
        m.a.kill()
        m.a.start()
    for i in range(6):
        m.hits(i, 2)
        m.wait_told(i)
    m.a.stop()
    t.eq(Ledger(os.path.join(m.a.state, "acuse.db")).faults, [])


@test("asked for, it is judged now; asked twice, it is told once")
def _(t):
    m = Mailed(t, 1, speed=1)
    path = "messages/%s/classify" % m.mref(0)
    a = m.a.ok(m.a.post(path))
    t.eq((a["class"], a["facts"], a["recorded"]), (None, [], False))
    m.hit(m.links(0, "o")[0], APPLE, "172.224.240.9")
    m.hits(0, 1)
    a = m.a.ok(m.a.post(path))
    t.eq((a["class"], a["facts"], a["hits"], a["recorded"]),
         ("machine", ["machine"], 1, True))
    t.eq(m.facts(0), ["machine"])
    code, out = m.a.run("classify", m.mref(0), "--json")
    t.eq(code, 0, out)
    t.eq(json.loads(out)["recorded"], False)
    code, out = m.a.run("classify", m.mref(0))
    t.eq(code, 0, out)
    t.ok(out.startswith("class: machine\nfacts: machine\nhits: 1\n"), out)
    t.ok(re.search(r"^2\d{3}-\d\d-\d\dT\S+Z  opened  machine  An automated",
                   out, re.M), out)
    t.eq([x["why"] for x in m.told(0)], ["asked"])
    t.eq(m.a.post("messages/%s/classify" % ("0" * 32)).status, 404)
    t.eq(m.a.run("classify", "0" * 32)[0], 66)
    t.eq(m.a.run("classify")[0], 64)
    m.a.stop()
    code, out = m.a.run("classify", m.mref(0))
    t.eq(code, 0, "without a server: " + out)


@test("--again judges by changed rules, and tells what differs alone")
def _(t):
    m = Mailed(t, 3, speed=1)
    for i in range(3):
        m.hit(m.links(i, "o")[0], APPLE if i else PHONE)
        m.hits(i, 1)
        m.a.ok(m.a.post("messages/%s/classify" % m.mref(i)))
    code, out = m.a.run("classify", "--again", "--json")
    t.eq((code, json.loads(out)), (0, {"messages": 3, "recorded": 0}))
    with open(os.path.join(m.a.dir, "mine.conf"), "w") as f:
        f.write('rule "mine" { on = {"open"} agent = "iPhone" '
                'class = machine_likely }\n'
                'rule "apple" { on = {"open"} agent = "^Mozilla/5\\\\.0$" '
                'class = machine }\n')
    m.a.configure(general='agent_file = "mine.conf"')
    t.ok("conf.reloaded" in m.a.reload(), "the reload")
    code, out = m.a.run("classify", "--again")
    t.ok(code == 0 and "3 messages judged; 1 judged otherwise" in out, out)
    told = m.told(0)
    t.eq([(x["why"], x["class"]) for x in told],
         [("asked", "undetermined"), ("again", "machine_likely")])
    t.ok(told[0]["rules"] != told[1]["rules"], "other rules, other hash")
    t.eq(len(m.told(1)), 1, "what did not change is not told")
    with open(os.path.join(m.a.dir, "mine.conf"), "w") as f:
        f.write('rule "mine" {\n on = {"open"}\n class = human }\n')
    line = m.a.reload()
    t.ok("conf.refused" in line and "mine.conf:3" in line, line)
    code, out = m.a.run("classify", "--again", "--json")
    t.eq(json.loads(out)["recorded"], 0, "the old rules stay in force")


@test("a published list is read, judged by at once, and kept")
def _(t):
    m = Mailed(t, 1, speed=1)
    before = m.a.ok(m.a.get("agents"))
    said = m.a.log("ranges.empty")
    t.ok(len(said) == 1 and "apple-egress, hosting" in said[0], said)
    path = t.write("egress-ip-ranges.csv",
                   "198.51.100.0/31,US,US-CA,Los Angeles,\n"
                   "198.51.100.2/31,US,US-NY,New York,\n")
    code, out = m.a.run("agents", "update", path)
    t.eq(code, 0, out)
    t.ok("apple-egress: 2 ranges, 1 after joining" in out, out)
    after = m.a.ok(m.a.get("agents"))
    t.ok(after["hash"] != before["hash"] and after["hash"] in out, out)
    code, out = m.a.run("agents")
    t.ok(re.search(r"^%d rules are in force, with the hash %s\n"
                   r"(.*\n)*apple-egress: 1 ranges from egress-ip-ranges.txt "
                   r"of 2\d{3}-\d\d-\d\d\n(.*\n)*"
                   r"hosting: 0 ranges \(no list was taken; published as ip-r"
                   % (after["rules"], after["hash"]), out), out)
    t.eq(json.loads(m.a.run("agents", "show", "--json")[1]), after)
    m.hit(m.links(0, "o")[0], PHONE, "198.51.100.3")
    m.hits(0, 1)
    m.a.ok(m.a.post("messages/%s/classify" % m.mref(0)))
    t.eq(m.told(0)[0]["hits"][0]["rule"], "apple-relay")
    for name, text, more, want, says in (
            ("egress-ip-ranges.csv", "<html>sign in</html>", [], 65, "line 1"),
            ("egress-ip-ranges.csv", "0.0.0.0/0\n", [], 65, "wider"),
            ("egress-ip-ranges.csv", "", [], 65, "no range"),
            ("egress-ip-ranges.csv", "10.0.0.0/8\n", [], 65,
             "no public network"),
            ("egress-ip-ranges.csv", "\x1b]0;x\x07\x1b[2J1.2.3\n", [], 65,
             "\\x1b]0;x\\x07"),
            ("mine.txt", "192.0.2.0/24\n", [], 64, "--name"),
            ("mine.txt", "192.0.2.0/24\n", ["--name", "nobody"], 66,
             "nobody")):
        code, out = m.a.run("agents", "update", t.write(name, text), *more)
        t.eq(code, want, out)
        t.ok(says in out, out)
        t.eq(m.a.ok(m.a.get("agents"))["hash"], after["hash"], "unchanged")
    os.mkfifo(t.path("pipe"))
    t.eq(m.a.run("agents", "update", t.path("pipe"))[0], 65, "no waiting")
    for name in ("ip-ranges.json", "ServiceTags_Public_20261116.json"):
        text = ('{"prefixes":[{"ip_prefix":"192.0.2.0/24"}]}'
                if name[0] == "i" else
                '{"values":[{"properties":{"addressPrefixes":'
                '["203.0.113.0/24"]}}]}')
        code, out = m.a.run("agents", "update", t.write(name, text))
        t.eq(code, 0, out)
    hosting = [x for x in m.a.ok(m.a.get("agents"))["ranges"]
               if x["name"] == "hosting"][0]
    t.eq((hosting["ranges"], hosting["refreshed"]), (2, 2), "both lists")
    now = m.a.ok(m.a.get("agents"))["hash"]
    m.a.stop()
    m.a.start()
    t.eq(m.a.ok(m.a.get("agents"))["hash"], now, "after a restart")
    t.eq(m.a.log("ranges.empty"), said, "no more of it")


@test("opens that are only counted are tied to nobody")
def _(t):
    m = Mailed(t, 2, speed=1, opens="aggregate")
    t.eq(m.links(0, "o"), m.links(1, "o"), "one pixel for all")
    t.ok("how often its images" in m.html[m.mref(0)], "the footer")
    for _ in range(3):
        m.hit(m.links(0, "o")[0], PHONE)
    m.hit(m.links(0, "c")[0], PHONE)
    m.hits(0, 1)
    day = "&to=2026-11-04&by=day"
    wait_for(lambda: m.a.ok(m.a.get("stats?from=2026-11-03" + day))
             ["items"][0]["counted_opens"] == 3, what="three opens")
    t.eq(m.a.ok(m.a.get("stats"))["counted_opens"], 3)
    t.eq(m.a.ok(m.a.get("stats?from=2026-11-04"))["counted_opens"], 0)
    m.a.configure(opens="off")
    t.ok("conf.reloaded" in m.a.reload(), "the reload")
    m.hit(m.links(0, "o")[0], PHONE)
    m.hit(m.links(0, "c")[0], PHONE)
    m.hits(0, 2)
    t.eq(m.a.ok(m.a.get("stats"))["counted_opens"], 3, "given up by now")
    m.a.stop()
    text = json.dumps(Ledger(os.path.join(m.a.state, "acuse.db")).payloads)
    t.ok("message.opened" not in text, "no event of it")


@test("what a brand gives up is no longer recorded, of older mail neither")
def _(t):
    m = Mailed(t, 1, speed=1)
    m.hit(m.links(0, "o")[0], PHONE)
    m.hits(0, 1)
    m.a.configure(opens="off", links="false")
    t.ok("conf.reloaded" in m.a.reload(), "the reload")
    m.hit(m.links(0, "o")[0], PHONE)
    m.hit(m.links(0, "c")[0], PHONE)
    m.wait_us(10**5)  # it stands while hits are not in the ledger
    m.a.configure(opens="aggregate", links="true")
    t.ok("conf.reloaded" in m.a.reload(), "the reload")
    m.hit(m.links(0, "o")[0], PHONE)
    m.hit(m.links(0, "c")[0], PHONE)
    wait_for(lambda: m.a.ok(m.a.get("stats"))["counted_opens"] == 1,
             what="the open being counted")
    m.hits(0, 2)
    t.eq([len(m.a.events(m.mref(0), "message." + k))
          for k in ("opened", "clicked")], [1, 1])


if __name__ == "__main__":
    run()
