"""The fault matrix through the real program: each fault at each stage, on a
destination of its own, all at once.  What the store, the ledger and the
transcript say of the failing message, and of the others of its batch, is what
happened."""

import json
import sqlite3

from harness import run, test, wait_for
from hosting import Hosting

# The fault, and whether it is a reply.
FAULTS = {
    "4xx": 'action=reply:"451 4.3.0 not now"',
    "5xx": 'action=reply:"550 5.1.1 No such user"',
    "garbage": 'action=garbage:"what is this\\r\\n"',
    "partial": "action=partial-reply",
    "stall": "action=stall",
    "cut-record": "action=cut-record",
    "drop": "action=drop",
    "half-closed": "action=half-close",
    "reset": "action=reset",
}
SESSION = ("connect", "tls", "greeting", "ehlo", "starttls", "auth")
MESSAGE = ("mail", "rcpt", "data", "mid-data", "dot", "quit")
# Where there is no reply, none can be cut short.
WITHOUT = {"connect": ("partial",), "tls": ("4xx", "5xx", "partial"),
           "mid-data": ("partial",)}
# By relay, but for plaintext: straight to an exchanger, without AUTH.
MODES = {
    "plain": ("", None, ("tls", "starttls", "auth")),
    "starttls": (",starttls", "must", ()),
    "implicit": (",tls", "implicit", ("starttls",)),
}
# Longer than anything that goes on takes on a busy machine.
PATIENCE = "10s"
WHO = ("one", "two", "three")
NAMES = {"mail": "MAIL", "rcpt": "RCPT", "data": "DATA", "dot": "dot"}

# stage, fault: what becomes of the second message, its state and reason (a
# word of it), and of the third, at their first attempts.  "*": any fault but
# a reply.  The first one is accepted before.
DEFERRED, FAILED, UNCERTAIN = "deferred", "failed", "uncertain"
EXPECTED = {
    # Something of ours: held, with an alarm.
    ("mail", "5xx"): (DEFERRED, "ours", "accepted"),
    ("mail", "4xx"): (DEFERRED, "retry", "accepted"),
    ("mail", "*"): (DEFERRED, "", "untried"),
    ("rcpt", "5xx"): (FAILED, "bad_address", "accepted"),
    ("rcpt", "4xx"): (DEFERRED, "retry", "accepted"),
    ("rcpt", "*"): (DEFERRED, "", "untried"),
    ("data", "5xx"): (FAILED, "bad_address", "accepted"),
    ("data", "4xx"): (DEFERRED, "retry", "accepted"),
    ("data", "*"): (DEFERRED, "", "untried"),
    # A mail of this size has left us, its dot too, before they stop reading.
    ("mid-data", "5xx"): (FAILED, "bad_address", "untried"),
    ("mid-data", "4xx"): (DEFERRED, "retry", "untried"),
    ("mid-data", "*"): (UNCERTAIN, "", "untried"),
    ("dot", "5xx"): (FAILED, "bad_address", "accepted"),
    ("dot", "4xx"): (DEFERRED, "retry", "accepted"),
    ("dot", "*"): (UNCERTAIN, "", "untried"),
}


class Case:
    """A mode, a stage and a fault, on a domain and a listener of their own."""

    def __init__(self, mode, stage, fault):
        self.mode, self.stage, self.fault = mode, stage, fault
        self.name = "%s-%s-%s" % (mode, stage, fault)
        self.domain = self.name + ".example"
        self.reply = fault in ("4xx", "5xx")

    def rule(self):
        once = "" if self.stage in SESSION + ("quit",) else "skip=1 count=1"
        after = "after=2K" if self.stage == "mid-data" else ""
        return "match=listener:%s stage=%s %s %s %s" % (
            self.name, self.stage, FAULTS[self.fault], once, after)

    def destination(self, port, password):
        suffix, tls, _ = MODES[self.mode]
        head = 'destination "%s" { connections = 1 per_minute = 100000 ' % (
            self.domain)
        if tls is None:
            return head + 'exchangers = {"127.0.0.1:%d"} }\n' % port
        return head + 'route = "%s" }\n' % self.name + (
            'relay "%s" { host = "127.0.0.1" port = %d tls = %s verify = false'
            ' user = "user" password_file = "%s" }\n' % (
                self.name, port, tls, password))


def cases(mode):
    return [Case(mode, stage, fault)
            for stage in SESSION + MESSAGE if stage not in MODES[mode][2]
            for fault in FAULTS if fault not in WITHOUT.get(stage, ()) and (
                fault != "cut-record" or
                mode != "plain" and stage in ("auth",) + MESSAGE)]


class Told:
    """What is on record of one message after its first attempt."""

    def __init__(self, a, m):
        self.mref = m["mref"]
        self.shown = a.ok(a.get("queue/" + m["mref"]))
        events = a.events(m["mref"])
        types = [e["type"] for e in events]
        at = types.index("message.attempted")
        self.before = types[:at]
        self.type = types[at + 1] if at + 1 < len(types) else None
        self.data = events[at + 1]["data"] if self.type else {}
        self.attempt = self.shown["attempts"][0]
        self.transcript = self.attempt["transcript"] or ""


def check_transcript(t, case, told):
    """It tells what was said, and no secret."""
    text = told.transcript
    t.ok("c2VjcmV0" not in text and "secret" not in text, "a secret is told")
    lines = text.splitlines()
    t.ok(lines and " T " in lines[0], "the peer is told")
    t.ok(all(line.split(" ", 2)[0].isdigit() for line in lines if line), text)
    if told.type == "message.accepted":
        t.ok(" S 250 2.0.0" in text, text)


def check_session(t, case, all_three):
    """No session came to be: nothing of it was tried, nothing is known."""
    in_clear = case.mode == "implicit" and case.stage == "connect"
    for told in all_three:
        t.eq((told.type, told.data["reason"]), ("message.deferred", "untried"))
        t.eq(told.attempt["outcome"], "untried")
        said = told.attempt["reply"] or ""
        if case.reply and not in_clear:
            t.ok(said.startswith("451" if case.fault == "4xx" else "550"),
                 "verbatim: %r" % said)
            t.eq(told.data["code"], int(said[:3]))
        else:
            t.eq((told.data["code"], said), (0, ""))
        t.ok(" ! " in told.transcript, "the transcript tells the end")
        t.ok(" C MAIL" not in told.transcript, "no MAIL was said")


def check_batch(t, case, all_three):
    one, two, three = all_three
    t.eq(one.type, "message.accepted", "the first one")
    if case.stage == "quit":
        t.eq((two.type, three.type), ("message.accepted",) * 2)
        return
    state, reason, rest = EXPECTED[
        case.stage, case.fault if case.reply else "*"]
    # They may speak, or go, before or after the last of the content left.
    race = case.stage == "mid-data" and not case.reply and \
        two.type == "message.deferred" and two.data["stage"] == "content"
    t.ok(two.type == "message." + state or race, "%s: %s" % (
        two.type, two.transcript))
    t.eq(two.data["to"], two.type.partition(".")[2])
    t.ok(two.data["reason"].startswith(reason), two.data["reason"])
    if case.stage in NAMES:
        t.eq(two.data["stage"], NAMES[case.stage])
    if case.reply:
        code = 451 if case.fault == "4xx" else 550
        t.eq((two.data["code"], two.attempt["code"]), (code, code))
        t.ok(two.attempt["reply"].startswith(str(code)), "verbatim")
        t.ok(" S %d" % code in two.transcript, two.transcript)
    else:
        t.eq((two.data["code"], two.data["reply"]), (0, ""))
        t.ok(two.data["fault"], "a fault is told")
        t.ok(" ! " in two.transcript, two.transcript)
    t.ok(" C MAIL FROM:" in two.transcript, two.transcript)
    if rest == "untried":
        t.eq(three.type, "message.deferred", "the third one")
        # Where they close behind a reply, it may have begun.
        if not (case.stage == "mid-data" and case.reply):
            t.eq(three.data["reason"], "untried", "the third one")
            t.ok("MAIL FROM" not in three.transcript, "it was not named")
        t.ok(" C DATA" not in three.transcript, "nothing of it was said")
    else:
        t.eq(three.type, "message." + rest, "the third one")


def load(a, all_cases):
    """Three messages a destination, in one batch each."""
    lines = []
    for case in all_cases:
        for who in WHO:
            id = "%s-%s" % (case.name, who)
            lines.append({"put": "customer", "id": id, "body": {
                "name": "Ana", "brand": "default", "contacts": [
                    {"id": "k", "role": "billing",
                     "email": "%s@%s" % (who, case.domain)}]}})
            lines.append({"post": "notice", "key": id, "body": {
                "template": "contact-confirmation", "customer": id}})
    a.ok(a.post("queue/hold", {"brand": "default"}))
    for x in a.batch(lines).values():
        if x["status"] >= 300:
            raise AssertionError(x)
    a.wait_messages(len(WHO) * len(all_cases))
    a.ok(a.post("queue/resume", {"brand": "default"}))


def attempted(a, n):
    """True once no first attempt is under way."""
    db = sqlite3.connect("file:%s/acuse.db?mode=ro" % a.state, uri=True)
    with db:
        got, = db.execute("SELECT count(*) FROM attempts WHERE number = 1"
                          " AND ended_us > 0").fetchone()
    db.close()
    return got >= n


def matrix(t, mode):
    all_cases = cases(mode)
    r = t.receiver(
        rules="".join(c.rule() + "\n" for c in all_cases),
        listen=["%s=127.0.0.1:0%s" % (c.name, MODES[c.mode][0])
                for c in all_cases], args=("--auth", "user:secret"))
    password = t.write("password", "secret\n")
    a = Hosting(
        t, patience=PATIENCE, general="blast_limit = 100000 mail_workers = 64",
        smtp='uncertain_delay = "1h" retry = {"1h"}',
        more="".join(c.destination(r.port(c.name), password)
                     for c in all_cases))
    load(a, all_cases)
    n = len(WHO) * len(all_cases)
    wait_for(lambda: attempted(a, n), what="%d first attempts" % n)
    messages = {m["to"]: m for m in a.messages()}
    t.eq(len(messages), n)
    problems = []
    for case in all_cases:
        try:
            three = [Told(a, messages["%s@%s" % (who, case.domain)])
                     for who in WHO]
            for told in three:
                t.eq(told.before, ["message.created"])
                check_transcript(t, case, told)
            if case.stage in SESSION:
                check_session(t, case, three)
            else:
                check_batch(t, case, three)
        except Exception as e:
            problems.append("%s: %s" % (case.name, e))
    t.eq(problems, [], "%d of %d cases" % (len(problems), len(all_cases)))
    print("# %d combinations, %d messages" % (len(all_cases), n))

    # The command shows what the API tells.
    case = next(c for c in all_cases if c.name == mode + "-dot-drop")
    told = Told(a, messages["two@" + case.domain])
    code, shown = a.run("queue", "show", told.mref)
    t.eq(code, 0, shown)
    attempt = json.loads(shown.splitlines()[0])
    t.eq((attempt["outcome"], attempt["attempt"]), ("uncertain", 1))
    t.ok(told.transcript in shown, shown)
    t.eq(r.journal("rules-refused"), [])


@test("what is on record of each fault at each stage, in plaintext")
def _(t):
    matrix(t, "plain")


@test("what is on record of each fault at each stage, after STARTTLS")
def _(t):
    matrix(t, "starttls")


@test("what is on record of each fault at each stage, in implicit TLS")
def _(t):
    matrix(t, "implicit")


run()
